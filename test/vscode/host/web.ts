/** Entry of the suite in the extension host of a browser, where mocha is its browser build. */
import 'mocha/mocha'

declare const mocha: Mocha & { setup(options: unknown): void }

export function run(): Promise<void> {
  mocha.setup({ ui: 'tdd', reporter: undefined, timeout: 30_000 })
  require('./tests')
  return new Promise((resolve, reject) => {
    mocha.run((failures) => (failures === 0 ? resolve() : reject(new Error(`${failures} tests failed`))))
  })
}

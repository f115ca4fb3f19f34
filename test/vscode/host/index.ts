/** Entry of the suite in the extension host on Node. */
import Mocha from 'mocha'

export function run(): Promise<void> {
  const mocha = new Mocha({ ui: 'tdd', color: false, timeout: 30_000, reporter: 'spec' })
  mocha.suite.emit('pre-require', globalThis, '', mocha)
  require('./tests')
  require('./crash')
  return new Promise((resolve, reject) => {
    mocha.run((failures) => (failures === 0 ? resolve() : reject(new Error(`${failures} tests failed`))))
  })
}

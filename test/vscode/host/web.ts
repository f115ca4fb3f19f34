/** Entry of the suite in the extension host of a browser, where mocha is its browser build. */
import 'mocha/mocha'

interface Test {
  title: string
}

interface Runner {
  on(event: 'pass', listener: (test: Test) => void): void
  on(event: 'fail', listener: (test: Test, error: Error) => void): void
}

declare const mocha: {
  setup(options: { ui: string; timeout: number; reporter: new (runner: Runner) => unknown }): void
  run(done: (failures: number) => void): void
}

let passed = 0

class Reporter {
  constructor(runner: Runner) {
    runner.on('pass', ({ title }) => {
      passed++
      console.log(`    ✔ ${title}`)
    })
    runner.on('fail', ({ title }, error) => console.log(`    ✖ ${title}\n${error.stack ?? error}`))
  }
}

export function run(): Promise<void> {
  mocha.setup({ ui: 'tdd', timeout: 30_000, reporter: Reporter })
  console.log('  CostLint in a web worker')
  require('./tests')
  return new Promise((resolve, reject) => {
    mocha.run((failures) => {
      console.log(`  ${passed} passing`)
      if (failures > 0) console.log(`  ${failures} failing`)
      if (failures === 0) resolve()
      else reject(new Error(`${failures} tests failed`))
    })
  })
}

/** The command line as a process of its own, over the linter in `fake-engine.ts`. */
import { processConsole } from '../../server/src/cli/console.js'
import { run } from '../../server/src/cli/program.js'
import { fakeEngine } from './fake-engine.js'

process.exitCode = await run(process.argv.slice(2), fakeEngine, processConsole(new AbortController().signal))

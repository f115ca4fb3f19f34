import { processConsole } from './console.js'
import { nodeEngine } from './node-engine.js'
import { run } from './program.js'

const interruption = new AbortController()
process.once('SIGINT', () => {
  interruption.abort()
  // A second Ctrl-C does not wait for anything.
  process.once('SIGINT', () => process.exit(130))
})

// Standard output may still be draining, so the process ends by itself.
void run(process.argv.slice(2), nodeEngine, processConsole(interruption.signal)).then((code) => {
  process.exitCode = code
})

import { exit, processConsole } from './console.js'
import { nodeEngine } from './node-engine.js'
import { run } from './program.js'

const interruption = new AbortController()
let isDone = false
process.on('SIGINT', () => {
  // A second Ctrl-C waits for nothing, and what goes on after the command (the language server) ends at the first.
  if (isDone || interruption.signal.aborted) process.exit(exit.interrupted)
  interruption.abort()
})

void run(process.argv.slice(2), nodeEngine, processConsole(interruption.signal)).then((code) => {
  isDone = true
  // Standard output may still be draining, so the process ends by itself.
  process.exitCode ??= code
  if (interruption.signal.aborted) process.exit(code)
})

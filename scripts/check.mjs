/**
 * Everything that must hold before a change goes in: types, formatter and linter, all tests. `npm run check` goes on
 * after a failure, so that one run tells all that is wrong.
 */
import { spawn } from 'node:child_process'

/** One after the other; what stands in one list runs two at a time, the longest first. */
const steps = [
  // Tests that run the bundle would each build it otherwise.
  ['build'],
  ['test:pages:other', 'test:faces', 'test:pages', 'test:robustness', 'test:engine', 'typecheck', 'lint'],
  // Packaging builds it anew and waits for installers most of the time: the compiler of VS Code's modules and the fuzzer fit in.
  ['test:packaging', 'test:vscode:setup', 'test:fuzz'],
  ['test:vscode'],
]
const atOnce = 2

const failed = []
for (const together of steps) {
  const queue = [...together]
  const lane = async () => {
    for (let step = queue.shift(); step !== undefined; step = queue.shift())
      if ((await run(step, together.length > 1)) !== 0) failed.push(step)
  }
  await Promise.all(Array.from({ length: Math.min(atOnce, queue.length) }, lane))
}
console.log(failed.length === 0 ? '\nAll is well.' : `\nFailed: ${failed.join(', ')}`)
process.exitCode = failed.length === 0 ? 0 : 1

/** Exit status of a script. `held`: its output is shown as a whole when it ends, as another one runs beside it. */
function run(step, held) {
  const header = `\n> npm run ${step}`
  if (!held) console.log(header)
  const child = spawn('npm', ['run', '--silent', step], {
    stdio: held ? ['inherit', 'pipe', 'pipe'] : 'inherit',
    shell: process.platform === 'win32',
  })
  const output = []
  for (const stream of held ? [child.stdout, child.stderr] : [])
    stream.on('data', (chunk) => output.push(chunk))
  return new Promise((resolve) => {
    child.on('error', () => resolve(1))
    child.on('close', (status) => {
      if (held) console.log(`${header}\n${Buffer.concat(output).toString()}`)
      resolve(status ?? 1)
    })
  })
}

/**
 * Everything that must hold before a change goes in: types, formatter and linter, all tests. `npm run check` goes on
 * after a failure, so that one run tells all that is wrong.
 */
import { spawn } from 'node:child_process'

/** One after the other; what stands in one list runs at the same time. */
const steps = [['typecheck'], ['lint'], ['test:pages', 'test:rest'], ['test:packaging'], ['test:vscode']]

const failed = []
for (const together of steps) {
  const states = await Promise.all(together.map((step) => run(step, together.length > 1)))
  failed.push(...together.filter((_, index) => states[index] !== 0))
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

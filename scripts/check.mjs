/**
 * Everything that must hold before a change goes in: types, formatter and linter, all tests. `npm run check` goes on
 * after a failure, so that one run tells all that is wrong.
 */
import { spawnSync } from 'node:child_process'

const steps = ['typecheck', 'lint', 'test', 'test:packaging', 'test:vscode']
const failed = steps.filter((step) => {
  console.log(`\n> npm run ${step}`)
  const { status } = spawnSync('npm', ['run', '--silent', step], {
    stdio: 'inherit',
    shell: process.platform === 'win32',
  })
  return status !== 0
})
console.log(failed.length === 0 ? '\nAll is well.' : `\nFailed: ${failed.join(', ')}`)
process.exitCode = failed.length === 0 ? 0 : 1

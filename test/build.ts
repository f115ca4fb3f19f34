/** The bundle for the tests that run it as it is installed: built once for all of them. */
import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

/** `npm run check` builds before its processes of tests begin, so that none runs what another one is writing. */
let isBuilt = process.env.COSTLINT_BUILT === '1'

export function build(): void {
  if (isBuilt) return
  execFileSync(process.execPath, [fileURLToPath(new URL('../scripts/build.mjs', import.meta.url))], {
    stdio: 'pipe',
  })
  isBuilt = true
}

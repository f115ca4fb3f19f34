/** A variable of the environment that the program sets for a library before it uses it. */
import type { EnvironmentWrite, PythonModule } from '../python/module.js'
import { lookUp } from '../text/records.js'
import type { Binding } from '../workload/claim.js'

/** Null: it does not, or the launch that is bound has set it first. */
export function programVariable(
  python: PythonModule,
  name: string,
  binding: Binding | null,
): EnvironmentWrite | null {
  const write = python.environmentWrites().get(name)
  if (write === undefined) return null
  return write.fallback && lookUp(binding?.launch.environment, name) !== undefined ? null : write
}

/** The region that a program works in, as far as it says so itself. Source: boto3 1, "Configuration". */
import type { PythonModule } from '../../python/module.js'
import type { Expr } from '../../syntax/python-ast.js'
import { once } from '../../text/once.js'
import { fixedArgument, fixedValue, passedExpression } from '../../values/argument.js'
import type { SubjectBuilder } from '../../workload/builder.js'

interface Region {
  name: string
  /** The argument or the variable that says so. */
  key: string
  expr: Expr
}

export function claimRegion(
  python: PythonModule,
  subject: SubjectBuilder<'Compute'> | SubjectBuilder<'Serving'>,
): void {
  const region = once(python, 'region', () => passedRegion(python) ?? regionOfEnvironment(python))
  if (region === null || region === 'several') return
  const builder = subject as SubjectBuilder<'Serving'>
  builder.known('region', region.key, region.name, region.expr)
}

/** The one region that calls are given: `boto3.Session(region_name=…)`, `boto3.client(…, region_name=…)`. */
function passedRegion(python: PythonModule): Region | 'several' | null {
  let found: Region | null = null
  for (const call of python.calls) {
    if (!/^(Session|client|resource|setup_default_session)$/.test(call.method)) continue
    const position = call.method === 'client' || call.method === 'resource' ? 1 : null
    const given = python.argument(call, 'region_name', position)
    const expr = passedExpression(given)
    if (expr === null) continue
    const name = fixedArgument(given)
    if (typeof name !== 'string' || (found !== null && found.name !== name)) return 'several'
    found ??= { name, key: 'region_name', expr }
  }
  return found
}

/** `os.environ['AWS_DEFAULT_REGION'] = 'eu-central-1'`; boto3 does not ask for `AWS_REGION`. */
function regionOfEnvironment(python: PythonModule): Region | null {
  const key = 'AWS_DEFAULT_REGION'
  const write = python.environmentWrites().get(key)
  const name = write === undefined ? undefined : fixedValue(write.folded)
  return write !== undefined && typeof name === 'string' ? { name, key, expr: write.value } : null
}

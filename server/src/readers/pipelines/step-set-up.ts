/** What the code of a step fetches or installs on the machine that the step asks for. */
import type { Func, PythonModule } from '../../python/module.js'
import { calleePlace } from '../../values/places.js'
import type { ClaimBuilder, SubjectBuilder } from '../../workload/builder.js'
import { claimOperation } from '../operation-claims.js'
import { settingUpBy } from '../python/setting-up.js'
import type { ReaderContext } from '../reader.js'
import { reachedCode } from './reached-code.js'

/** A folder that outlives the container may hold what was fetched once. */
const keeps = /volume|mount|bucket|network_?file/i

export function claimStepSetUp(
  claims: ClaimBuilder,
  python: PythonModule,
  context: ReaderContext,
  compute: SubjectBuilder<'Compute'>,
  func: Func,
): void {
  const { job, evidence } = compute.subject
  if (job === null) return
  const reached = reachedCode(python, func)
  const kept = keeps.test(python.code)
  const found = python.calls.flatMap((call) => {
    const { start, end } = call.expr
    // What stands outside of functions runs wherever the module is imported.
    if (call.function === null || !reached.some((one) => one.start <= start && end <= one.end)) return []
    const one = settingUpBy(python, call, context, func)
    return one === null || (one.kept && kept) ? [] : [one]
  })
  const [first] = found
  if (first === undefined) return
  const at = calleePlace(first.call)
  const operation = claimOperation(claims, {
    kind: 'set up',
    place: 'run',
    key: first.what,
    at,
    site: at,
    scope: func.qualified,
    evidence: { ...evidence, role: 'job' },
    places: found.map((one) => ({ what: one.what, node: one.call.expr })),
    weight: 'ordinary',
    job,
    subject: [...new Set(found.map((one) => one.kind))].join(', '),
  })
  operation.known('holder', 'job', 'the step', at)
}

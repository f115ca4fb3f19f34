/** Pods with accelerators that tasks of Airflow start: requests for machines like any other. */

import type { ArgumentValue, PythonModule } from '../../python/module.js'
import { asNumber } from '../../values/parse.js'
import { calleePlace, callSite } from '../../values/places.js'
import type { ClaimBuilder, SubjectBuilder } from '../../workload/builder.js'
import type { Evidence } from '../../workload/claim.js'
import { idAt } from '../job-in-code.js'
import { secondsOf } from '../pipelines/time.js'
import { type Dag, taskArgument } from './dags.js'
import { podOperators } from './names.js'
import type { ReadTask } from './tasks.js'

export function claimPod(
  python: PythonModule,
  claims: ClaimBuilder,
  dag: Dag,
  { task, gpus }: ReadTask,
  evidence: Evidence,
): void {
  const { call } = task
  if (call === null || gpus === null || !(podOperators.test(task.kind) || task.kind === 'task.kubernetes'))
    return
  const place = calleePlace(call)
  const site = callSite(call)
  const job = idAt(claims, 'airflow', place)
  const compute = claims.subject('Compute', place, task.name, { ...evidence, accelerator: 'gpu' }, job)
  compute.known('provider', task.kind, 'kubernetes', place, { site })
  compute.known('choosesCapacity', task.kind, false, place, { site })
  compute.known('trials', task.kind, false, place, { site })
  compute.known('service', task.kind, false, place, { site })
  compute.known('name', 'task_id', task.name, place, { site })
  compute.default('nodes', task.kind, 1, place, { site })
  compute.known('gpus', gpus.key, gpus.count, { start: gpus.at.start, end: gpus.at.end }, { site })
  claimLabels(compute, python.argument(call, 'node_selector'))
  const limits = (
    [
      ['execution_timeout', taskArgument(python, dag, task, 'execution_timeout')],
      ['active_deadline_seconds', python.argument(call, 'active_deadline_seconds')],
      ['dagrun_timeout', python.argument(dag.call, 'dagrun_timeout')],
    ] as const
  ).filter(([, given]) => given.state !== 'absent')
  const [first] = limits
  if (first === undefined) {
    // Templates and specifications in other files may hold one.
    const elsewhere = call.expr.args.find((one) =>
      /^(pod_template_file|full_pod_spec|pod_template_dict)$/.test(one.name ?? ''),
    )
    if (elsewhere === undefined) compute.default('timeLimit', 'execution_timeout', null, place, { site })
    return
  }
  const [key, given] = first
  const at = given.state === 'given' ? { ...given.span } : place
  const folded =
    given.state === 'given' && given.folded.state === 'known' ? asNumber(given.folded.value) : undefined
  const seconds = given.state === 'given' ? (folded ?? secondsOf(python, given.expr)) : null
  if (seconds === null) compute.unknown('timeLimit', key, 'a time that cannot be read', at, { site })
  else compute.known('timeLimit', key, seconds, at, { site })
}

/** Which pool that is, only a file about the cluster can tell. */
function claimLabels(compute: SubjectBuilder<'Compute'>, given: ArgumentValue): void {
  if (given.state !== 'given' || given.folded.state !== 'known') return
  const { value } = given.folded
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return
  const labels = Object.entries(value).filter((one): one is [string, string] => typeof one[1] === 'string')
  if (labels.length > 0)
    compute.known('poolLabels', 'node_selector', Object.fromEntries(labels), { ...given.span })
}

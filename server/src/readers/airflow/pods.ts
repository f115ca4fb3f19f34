/** Pods with accelerators that tasks of Airflow start: requests for machines like any other. */

import type { PythonModule } from '../../python/module.js'
import type { Json } from '../../text/json.js'
import { CallSource } from '../../values/call-source.js'
import { convert, derived } from '../../values/operations.js'
import { asNumber } from '../../values/parse.js'
import { calleePlace, callSite } from '../../values/places.js'
import { isGiven } from '../../values/value.js'
import type { ClaimBuilder } from '../../workload/builder.js'
import type { Evidence } from '../../workload/claim.js'
import { claimContainerInCode } from '../container-in-code.js'
import { idAt } from '../job-in-code.js'
import { timeOf } from '../pipelines/time.js'
import { type Dag, TaskSource } from './dags.js'
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
  claimContainerInCode(python, claims, {
    image: python.argument(call, 'image'),
    command: python.argument(call, 'cmds'),
    args: python.argument(call, 'arguments'),
    job,
    id: `${job}:pod`,
    nodes: 1,
  })
  const source = new CallSource(python, call, claims)
  // Which pool that is, only a file about the cluster can tell.
  compute.say('poolLabels', 'node_selector', derived(source.get('node_selector'), labelsOf))
  const run = new CallSource(python, dag.call, claims)
  const own = new TaskSource(python, dag, task, claims)
  // Of code that stands here, the step says what it does after a failure.
  if (task.func === null) compute.say('retries', 'retries', convert(own.get('retries'), asNumber))
  const [limit] = [
    { key: 'execution_timeout', from: own },
    { key: 'active_deadline_seconds', from: source },
    { key: 'dagrun_timeout', from: run },
  ].filter(({ key, from }) => isGiven(from.get(key)))
  if (limit !== undefined) {
    const { key, from } = limit
    compute.say('timeLimit', key, timeOf(python, from.get(key), from.argument(key)))
    return
  }
  // Templates and specifications in other files may hold one.
  const elsewhere = /^(pod_template_file|full_pod_spec|pod_template_dict)$/
  if (!call.expr.args.some((one) => elsewhere.test(one.name ?? '')))
    compute.default('timeLimit', 'execution_timeout', null, place, { site })
}

function labelsOf(value: Json): Record<string, string> | undefined {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return undefined
  const labels = Object.entries(value).filter((one): one is [string, string] => typeof one[1] === 'string')
  return labels.length > 0 ? Object.fromEntries(labels) : undefined
}

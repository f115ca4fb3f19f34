/** Jobs that are made of Jobs: JobSets (jobset.x-k8s.io/v1alpha2) and the jobs of Volcano (batch.volcano.sh/v1alpha1). */
import { at, entries, items, number, text, written } from '../../config/access.js'
import { orDefault } from '../../values/operations.js'
import type { ClaimBuilder } from '../../workload/builder.js'
import { defineReader, type ReaderContext } from '../reader.js'
import { changeJobOperation, isJobOperation } from '../shell/job-operations.js'
import { carryOut, type Keys } from './change-plan.js'
import {
  type KubernetesObject,
  manifestLanguages,
  numberAt,
  objectsIn,
  placeOf,
  specPlace,
} from './objects.js'
import { acceleratorsOf } from './pod.js'
import {
  type Claimed,
  claimTimeLimit,
  claimWorkload,
  deadlineKey,
  groupAt,
  type PodGroup,
  type Replicas,
  replicasAt,
  type Workload,
} from './workload.js'

export const jobSetReader = defineReader({
  name: 'jobset',
  languages: manifestLanguages,
  triggers: ['jobset.x-k8s.io/', 'batch.volcano.sh/'],
  read(facts, context, claims) {
    for (const object of objectsIn(facts)) {
      if (object.kind === 'JobSet' && object.version.startsWith('jobset.x-k8s.io/'))
        readJobSet(claims, context, object)
      else if (object.kind === 'Job' && object.version.startsWith('batch.volcano.sh/'))
        readVolcano(claims, context, object)
    }
  },
  change(claim, value, facts) {
    if (isJobOperation(claim)) return changeJobOperation(claim, facts)
    return carryOut(claim, value, facts)
  },
})

function readJobSet(claims: ClaimBuilder, context: ReaderContext, object: KubernetesObject): void {
  const place = specPlace(object)
  if (place === null) return
  const jobs = items(at(object.root, 'spec', 'replicatedJobs'))
  const found = jobs.flatMap((_job, number): { group: PodGroup; spec: Keys }[] => {
    const keys: Keys = ['spec', 'replicatedJobs', number]
    const spec: Keys = [...keys, 'template', 'spec']
    const times = replicasAt(object, [...keys, 'replicas'])
    const pods = replicasAt(object, [...spec, 'parallelism'])
    const group = groupAt(object, [...spec, 'template'], multiplied(times, pods))
    return group === null ? [] : [{ group, spec }]
  })
  if (found.length === 0) return
  const workload: Workload = { object, place, groups: found.map((one) => one.group) }
  const claimed = claimWorkload(claims, context, workload)
  // The set itself has no deadline: each of its Jobs has one.
  const holders = found.filter(({ group }) => acceleratorsOf(group.pod) !== null)
  const limited = holders.map(({ spec }) => at(object.root, ...spec, deadlineKey))
  claimTimeLimit(claimed, workload, {
    given: limited.every((one) => one !== undefined) ? limited : [],
    plan: {
      title: `End its jobs after {hours} hours: ${deadlineKey}: {value}`,
      writes: [
        ...holders.map(({ spec }) => ({
          path: [...object.base, ...spec, deadlineKey],
          ...(at(object.root, ...spec, 'backoffLimit') === undefined ? {} : { after: 'backoffLimit' }),
        })),
      ],
    },
  })
  claimRestarts(claimed, object, holders[0]?.spec)
}

function multiplied(times: Replicas, pods: Replicas): Replicas {
  const count = times.count === null || pods.count === null ? null : times.count * pods.count
  const single = times.count === 1 ? pods : pods.count === 1 ? times : null
  return single === null ? { count, node: (pods.node ?? times.node)!, keys: null } : { ...single, count }
}

/** The set starts again as a whole; before that each Job starts its pods again. */
function claimRestarts({ compute }: Claimed, object: KubernetesObject, job: Keys | undefined): void {
  const keys: Keys = ['spec', 'failurePolicy', 'maxRestarts']
  const given = at(object.root, ...keys)
  const count = number(given)
  const rules = at(object.root, 'spec', 'failurePolicy', 'rules')
  if (items(rules).some((rule) => text(at(rule, 'action')) === 'FailJobSet'))
    compute.known('retryFilter', 'failurePolicy', 'failurePolicy', placeOf(rules!))
  const path = given === undefined || count === 0 ? job && [...job, 'backoffLimit'] : keys
  if (path === undefined) return
  const key = path === keys ? 'failurePolicy.maxRestarts' : 'backoffLimit'
  const title = `Retry at most once: ${path.at(-1)}: {value}`
  compute.say('retries', key, numberAt(compute.locator, object, path, specPlace(object)!, title))
}

function readVolcano(claims: ClaimBuilder, context: ReaderContext, object: KubernetesObject): void {
  const place = specPlace(object)
  if (place === null) return
  const tasks = items(at(object.root, 'spec', 'tasks'))
  const groups = tasks.flatMap((_task, number): PodGroup[] => {
    const keys: Keys = ['spec', 'tasks', number]
    const group = groupAt(object, [...keys, 'template'], replicasAt(object, [...keys, 'replicas']))
    return group === null ? [] : [group]
  })
  if (groups.length === 0) return
  // Plugins of frameworks (pytorch, mpi, tensorflow) tell each pod where it is; the others only make the pods reach each other.
  const plugins = entries(at(object.root, 'spec', 'plugins'))
    .map((one) => one.key)
    .filter((name) => !/^(svc|ssh|env)$/.test(name))
  const workload: Workload = {
    object,
    place,
    groups,
    ...(plugins.length > 0 ? { sharing: 'plugins of the job' } : {}),
  }
  const claimed = claimWorkload(claims, context, workload)
  const holders = groups.filter((group) => acceleratorsOf(group.pod) !== null)
  // Volcano's own object has no such key: the pods of its tasks have.
  claimTimeLimit(claimed, workload, {
    given: [],
    plan: {
      title: `End each pod after {hours} hours: ${deadlineKey}: {value}`,
      writes: holders.map((group) => ({ path: [...group.keys, deadlineKey] })),
    },
  })
  const policies = [
    ...items(at(object.root, 'spec', 'policies')),
    ...tasks.flatMap((task) => items(at(task, 'policies'))),
  ]
  const restarts = policies.some(
    (policy) =>
      written(at(policy, 'action')) === 'RestartJob' &&
      /PodFailed|\*/.test(written(at(policy, 'event')) ?? ''),
  )
  if (!restarts) return
  const title = 'Retry at most once: maxRetry: {value}'
  const times = numberAt(claims, object, ['spec', 'maxRetry'], place, title)
  claimed.compute.say('retries', 'maxRetry', orDefault(times, volcanoRetries))
}

/** `spec.maxRetry` where it is not given (batch.volcano.sh/v1alpha1). */
const volcanoRetries = 3

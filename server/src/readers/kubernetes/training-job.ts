/**
 * Jobs of the Kubeflow training operator (`PyTorchJob`, `TFJob`, `MPIJob` …) and of its successor (`TrainJob`). Keys and
 * defaults: the Go types of kubeflow.org/v1, kubeflow.org/v2beta1 and trainer.kubeflow.org/v1alpha1.
 */

import { at, entries, entry, map, number, written } from '../../config/access.js'
import type { ConfigNode } from '../../config/node.js'
import { flagOf, type LaunchParts } from '../../link/launch-parts.js'
import { lookUp } from '../../text/records.js'
import { stated } from '../../values/operations.js'
import { effective, isGiven } from '../../values/value.js'
import type { ClaimBuilder } from '../../workload/builder.js'
import { ownProcesses } from '../../workload/sharing.js'
import { claimOperation } from '../operation-claims.js'
import { defineReader, type ReaderContext } from '../reader.js'
import { changeJobOperation, isJobOperation } from '../shell/job-operations.js'
import { carryOut, type Keys, planned } from './change-plan.js'
import type { ProcessRule } from './containers.js'
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
  deadlinePlan,
  groupAt,
  type PodGroup,
  replicasAt,
  type Workload,
} from './workload.js'

const replicaSpecs: Record<string, string> = {
  PyTorchJob: 'pytorchReplicaSpecs',
  TFJob: 'tfReplicaSpecs',
  MPIJob: 'mpiReplicaSpecs',
  XGBoostJob: 'xgbReplicaSpecs',
  PaddleJob: 'paddleReplicaSpecs',
  MXJob: 'mxReplicaSpecs',
  JAXJob: 'jaxReplicaSpecs',
}

export const trainingJobReader = defineReader({
  name: 'kubeflow-training',
  languages: manifestLanguages,
  triggers: ['kubeflow.org/v1', 'kubeflow.org/v2beta1'],
  read(facts, context, claims) {
    for (const object of objectsIn(facts)) {
      if (
        Object.hasOwn(replicaSpecs, object.kind) &&
        /^kubeflow\.org\/(v1|v1beta[12]|v1alpha2|v2beta1)$/.test(object.version)
      )
        readReplicas(claims, context, object)
      else if (object.kind === 'TrainJob' && object.version.startsWith('trainer.kubeflow.org/'))
        readTrainJob(claims, context, object)
    }
  },
  change(claim, value, facts) {
    const isPlanned = claim.site.target?.kind === 'plan'
    if (isJobOperation(claim) && !isPlanned) return changeJobOperation(claim, facts)
    return carryOut(claim, value, facts)
  },
})

function readReplicas(claims: ClaimBuilder, context: ReaderContext, object: KubernetesObject): void {
  const place = specPlace(object)
  const specs: Keys = ['spec', lookUp(replicaSpecs, object.kind)!]
  if (place === null || map(at(object.root, ...specs)) === undefined) return
  const mpi = object.kind === 'MPIJob'
  const groups = entries(at(object.root, ...specs)).flatMap(({ key }): PodGroup[] => {
    const keys = [...specs, key]
    const starts = !mpi || /^launcher$/i.test(key)
    const group = groupAt(object, [...keys, 'template'], replicasAt(object, [...keys, 'replicas']), starts)
    return group === null ? [] : [group]
  })
  if (groups.length === 0) return
  const workload: Workload = { object, place, groups, ...processesOf(object, groups) }
  const claimed = claimWorkload(claims, context, workload)
  const policy = policyOf(object)
  if (policy !== null)
    claimTimeLimit(claimed, workload, {
      given: [at(object.root, ...policy, 'activeDeadlineSeconds')],
      plan: deadlinePlan(object, policy, { after: 'cleanPodPolicy' }),
    })
  claimRetries(claimed, object, specs)
  claimProcesses(claimed, object)
  if (mpi) claimLeftWorkers(claims, claimed, object, groups)
}

/** Workers of MPI wait for the launcher to log in, also after it has ended: with this policy nobody takes them away. */
function claimLeftWorkers(
  claims: ClaimBuilder,
  { compute: { subject } }: Claimed,
  object: KubernetesObject,
  groups: readonly PodGroup[],
): void {
  const found = [['spec', 'runPolicy'], ['spec']]
    .map((keys) => ({ keys, entry: entry(at(object.root, ...keys), 'cleanPodPolicy') }))
    .find((one) => one.entry !== undefined)
  const workers = groups.find((group) => !group.starts)
  const held = workers === undefined ? null : acceleratorsOf(workers.pod)
  if (found?.entry === undefined || written(found.entry.value) !== 'None' || held === null) return
  // Then they go with the job.
  if (at(object.root, ...found.keys, 'ttlSecondsAfterFinished') !== undefined) return
  const shown = { start: found.entry.keyStart, end: found.entry.value.end }
  const key = 'cleanPodPolicy: None'
  const site = planned(shown, object.document.index, [], {
    title: 'Take the workers away with the launcher: cleanPodPolicy: Running',
    writes: [{ path: [...object.base, ...found.keys, 'cleanPodPolicy'], value: 'Running' }],
  })
  const operation = claimOperation(claims, {
    kind: 'hold',
    place: 'run',
    key,
    at: shown,
    site,
    scope: '',
    evidence: { ...subject.evidence, role: 'job' },
    subject: 'the launcher has ended,',
    ...(subject.job === null ? {} : { job: subject.job }),
  })
  operation.known('stage', key, 'after', shown)
  operation.known('seconds', key, null, shown)
  const count = workers!.replicas.count
  if (held.count !== null && count !== null) operation.known('gpus', held.resource, held.count * count, shown)
}

/**
 * Where the limit and the clean-up stand: under `runPolicy`, at the level above they are refused or ignored. Before v1 they stood
 * there, and there was no `runPolicy`; before that there was no limit (null).
 */
function policyOf({ kind, version }: KubernetesObject): Keys | null {
  if (/\/(v1|v2beta1)$/.test(version)) return ['spec', 'runPolicy']
  const limited = version.endsWith('/v1beta2') || (kind === 'MPIJob' && version.endsWith('/v1alpha2'))
  return limited ? ['spec'] : null
}

/** `nprocPerNode`, a text that torchrun is given where it has no such flag of its own. */
function claimProcesses({ compute }: Claimed, object: KubernetesObject): void {
  const keys: Keys = ['spec', 'nprocPerNode']
  const node = object.kind === 'PyTorchJob' ? at(object.root, ...keys) : undefined
  const count = number(node)
  if (node === undefined || count === undefined) return
  const site = planned(placeOf(node), object.document.index, [], {
    title: 'Start {value} processes on each node: nprocPerNode: "{value}"',
    writes: [{ path: [...object.base, ...keys] }],
  })
  compute.known('processes', 'nprocPerNode', count, placeOf(node), { site })
}

/** What the controller tells the launcher: `PET_*` variables for torchrun, a host file for MPI. */
function processesOf(
  object: KubernetesObject,
  groups: PodGroup[],
): { processes?: ProcessRule; sharing?: string } {
  const spec = at(object.root, 'spec')
  const pods = groups.reduce<number | null>(
    (sum, { replicas }) => (sum === null || replicas.count === null ? null : sum + replicas.count),
    0,
  )
  if (object.kind === 'PyTorchJob') {
    const given = at(spec, 'nprocPerNode') ?? at(spec, 'elasticPolicy', 'nProcPerNode')
    return { processes: (parts) => torchrunIn(parts, given, pods) }
  }
  if (object.kind === 'MPIJob') {
    const workers = groups.find((group) => !group.starts)?.replicas.count ?? null
    const slots = at(spec, 'slotsPerWorker')
    const perWorker = slots === undefined ? 1 : (number(slots) ?? null)
    return { processes: (parts) => mpiIn(parts, workers, perWorker) }
  }
  // TensorFlow finds its place by TF_CONFIG, and only where the code asks for a strategy, a server or an estimator.
  if (object.kind === 'TFJob') return {}
  // Paddle and others read it from variables of the controller, without a word in the code.
  return groups.length > 1 || pods !== 1 ? { sharing: ownProcesses.controller } : {}
}

function torchrunIn(parts: LaunchParts, given: ConfigNode | undefined, pods: number | null) {
  if (parts.launcher !== 'torchrun') return undefined
  if (flagOf(parts.launcherFlags, 'nproc-per-node', 'nproc_per_node') !== undefined) return undefined
  const value = written(given)
  // By itself the controller says `auto`, older ones nothing at all.
  const processes =
    value === undefined ? null : /^(auto|gpu)$/.test(value) ? 0 : /^\d+$/.test(value) ? Number(value) : null
  return { processes, nodes: parts.nodes === 1 ? pods : parts.nodes }
}

function mpiIn(parts: LaunchParts, workers: number | null, slots: number | null) {
  if (!/^(mpirun|mpiexec|horovodrun)$/.test(parts.launcher)) return undefined
  const named = flagOf(parts.launcherFlags, 'H', 'host', 'hosts', 'hostfile', 'npernode', 'N')
  if (named !== undefined || workers === null || workers === 0) return { processes: null, nodes: null }
  const flag = flagOf(parts.launcherFlags, 'np', 'n', 'c')
  const total =
    flag === undefined
      ? slots === null
        ? null
        : slots * workers
      : typeof flag.value === 'string' && /^\d+$/.test(flag.value)
        ? Number(flag.value)
        : null
  const even = total !== null && total % workers === 0
  return { processes: even ? total / workers : null, nodes: workers }
}

/** How often pods are started again: `OnFailure` without a limit does it for ever, inside the same pod. */
function claimRetries({ compute, patch }: Claimed, object: KubernetesObject, specs: Keys): void {
  const spec = at(object.root, 'spec')
  const once = 'Retry at most once:'
  const times = (...keys: Keys) =>
    numberAt(compute.locator, object, keys, specPlace(object)!, `${once} ${keys.at(-1)}: {value}`)
  const restarts = times('spec', 'elasticPolicy', 'maxRestarts')
  if (at(spec, 'elasticPolicy', 'maxRestarts') !== undefined && effective(restarts) !== 0) {
    compute.say('retries', 'elasticPolicy.maxRestarts', restarts)
    return
  }
  const limit = times('spec', 'runPolicy', 'backoffLimit')
  compute.say('retries', 'backoffLimit', limit)
  for (const { value: replica } of entries(at(object.root, ...specs))) {
    const policy = entry(replica, 'restartPolicy')
    const name = written(policy?.value)
    if (name === 'ExitCode')
      compute.known('retryFilter', 'restartPolicy', 'restartPolicy: ExitCode', placeOf(policy!.value))
    // An MPI launcher is a Job, which has a limit by itself; and a run policy that cannot be read may hold one.
    if (isGiven(limit) || patch || object.kind === 'MPIJob') continue
    if (name !== 'OnFailure' && name !== 'Always') continue
    const place = compute.locator.origin(placeOf(policy!.value))
    compute.say('retries', `restartPolicy: ${name}`, stated({ ...place, site: limit.site }, null))
    return
  }
}

/** A TrainJob names what it runs and how many nodes; the rest comes from its runtime. */
function readTrainJob(claims: ClaimBuilder, context: ReaderContext, object: KubernetesObject): void {
  const place = specPlace(object)
  const trainer = at(object.root, 'spec', 'trainer')
  if (place === null || trainer === undefined || trainer.kind !== 'map') return
  const keys: Keys = [...object.base, 'spec', 'trainer']
  // A pod specification with the trainer as its one container, so that all else reads it as any pod.
  const resources = entry(trainer, 'resourcesPerNode')
  const container: ConfigNode = {
    ...trainer,
    entries: [
      ...trainer.entries,
      ...(resources === undefined ? [] : [{ ...resources, key: 'resources' }]),
      // The runtime has the image where the job names none.
      ...(entry(trainer, 'image') === undefined
        ? [{ ...trainer.entries[0]!, key: 'image', value: unreadable(trainer) }]
        : []),
    ],
  }
  const list: ConfigNode = { kind: 'list', items: [container], start: trainer.start, end: trainer.end }
  const pod: ConfigNode = {
    kind: 'map',
    start: trainer.start,
    end: trainer.end,
    entries: [{ key: 'containers', keyStart: trainer.start, keyEnd: trainer.start, value: list }],
    open: 'the runtime',
  }
  const perNode = at(trainer, 'numProcPerNode')
  const replicas = replicasAt(object, ['spec', 'trainer', 'numNodes'])
  if (replicas.node === undefined) replicas.count = null
  const workload: Workload = {
    object,
    place,
    groups: [{ pod, keys, replicas, container: ['resourcesPerNode'], starts: true }],
    processes: (parts) => torchrunIn(parts, perNode, replicas.count),
  }
  const claimed = claimWorkload(claims, context, workload)
  claimTimeLimit(claimed, workload, {
    given: [at(object.root, 'spec', 'activeDeadlineSeconds')],
    unknown: 'the runtime may bring one',
    plan: deadlinePlan(object, ['spec']),
  })
}

function unreadable(node: ConfigNode): ConfigNode {
  return { kind: 'unknown', because: 'the runtime', start: node.start, end: node.end }
}

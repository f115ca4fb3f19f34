/** Ray on Kubernetes: `RayJob` (ray.io/v1). The cluster that it makes stays after the job unless it is told to go. */
import { at, boolean, items, written } from '../../config/access.js'
import type { ClaimBuilder } from '../../workload/builder.js'
import type { Evidence } from '../../workload/claim.js'
import { handedOut } from '../../workload/sharing.js'
import { claimOperation } from '../operation-claims.js'
import { defineReader, type ReaderContext } from '../reader.js'
import { isServer } from '../shell/commands.js'
import { changeJobOperation, claimSetUpPhase, isJobOperation } from '../shell/job-operations.js'
import { claimShellLaunch, launchesOf, workOf } from '../shell/launches.js'
import { carryOut, type Keys, planned } from './change-plan.js'
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
  claimTimeLimit,
  claimWorkload,
  deadlinePlan,
  groupAt,
  jobId,
  type PodGroup,
  type Replicas,
  replicasAt,
  type Workload,
} from './workload.js'

const shutDown = 'shutdownAfterJobFinishes'
const cluster: Keys = ['spec', 'rayClusterSpec']

export const rayJobReader = defineReader({
  name: 'kuberay',
  languages: manifestLanguages,
  triggers: ['ray.io/v1'],
  read(facts, context, claims) {
    for (const object of objectsIn(facts)) {
      if (object.kind === 'RayJob' && object.version.startsWith('ray.io/v1'))
        readRayJob(claims, context, object)
    }
  },
  change(claim, value, facts) {
    if (isJobOperation(claim)) return changeJobOperation(claim, facts)
    return carryOut(claim, value, facts)
  },
})

function readRayJob(claims: ClaimBuilder, context: ReaderContext, object: KubernetesObject): void {
  const place = specPlace(object)
  // With a selector the job runs on a cluster that is there already.
  if (place === null || at(object.root, ...cluster)?.kind !== 'map') return
  const groups = groupsOf(object)
  if (groups.length === 0) return
  const serves = isServed(context, object)
  const workload: Workload = {
    object,
    place,
    groups,
    // Ray itself hands accelerators to tasks and actors.
    sharing: handedOut,
    ...(serves ? { service: true } : {}),
  }
  const claimed = claimWorkload(claims, context, workload)
  claimEntryPoint(claims, context, object)
  claimEnvironment(claims, context, object, groups)
  claimTimeLimit(claimed, workload, {
    given: [at(object.root, 'spec', 'activeDeadlineSeconds')],
    plan: deadlinePlan(object, ['spec'], { after: 'entrypoint' }),
  })
  const title = 'Retry at most once: backoffLimit: {value}'
  const times = numberAt(claims, object, ['spec', 'backoffLimit'], specPlace(object)!, title)
  claimed.compute.say('retries', 'backoffLimit', times)
  // What answers requests has no end after which anything could be left.
  if (!serves) claimStaying(claims, object, groups)
}

/** `entrypoint: vllm serve …`: the job is a server, which runs until somebody ends it. */
function isServed(context: ReaderContext, object: KubernetesObject): boolean {
  const source = written(at(object.root, 'spec', 'entrypoint'))
  return source !== undefined && context.shell(source).commands.some(isServer)
}

function groupsOf(object: KubernetesObject): PodGroup[] {
  const one: Replicas = { count: 1, keys: null }
  const head = groupAt(object, [...cluster, 'headGroupSpec', 'template'], one, false)
  const workers = items(at(object.root, ...cluster, 'workerGroupSpecs')).flatMap((_group, number) => {
    const keys: Keys = [...cluster, 'workerGroupSpecs', number]
    const least = replicasAt(object, [...keys, 'minReplicas'], 0)
    const pods = replicasAt(object, [...keys, 'replicas'], least.count ?? 0)
    const hosts = replicasAt(object, [...keys, 'numOfHosts'])
    if (hosts.count !== 1) {
      pods.count = pods.count === null || hosts.count === null ? null : pods.count * hosts.count
      pods.keys = null
    }
    const group = groupAt(object, [...keys, 'template'], pods, false)
    return group === null ? [] : [group]
  })
  return [...(head === null ? [] : [head]), ...workers]
}

function claimEntryPoint(claims: ClaimBuilder, context: ReaderContext, object: KubernetesObject): void {
  const entrypoint = at(object.root, 'spec', 'entrypoint')
  const source = written(entrypoint)
  if (entrypoint === undefined || source === undefined) return
  const id = jobId(claims, object)
  const facts = context.shell(source)
  const launches = launchesOf(facts.commands, () => claims.locate(entrypoint))
  for (const [index, launch] of launches.entries()) {
    claimShellLaunch(claims, launch, { job: id, id: `${id}:entrypoint:${index}`, place: placeOf(entrypoint) })
  }
  workOf(facts, launches)
}

/** Packages of `runtimeEnvYAML` are installed on every node once the cluster is there, accelerators included. */
function claimEnvironment(
  claims: ClaimBuilder,
  context: ReaderContext,
  object: KubernetesObject,
  groups: readonly PodGroup[],
): void {
  const node = at(object.root, 'spec', 'runtimeEnvYAML')
  const packages = packagesIn(written(node) ?? '')
  const kind = groups.map((group) => acceleratorsOf(group.pod)?.kind).find((one) => one !== undefined)
  if (node === undefined || packages.length === 0 || kind === undefined) return
  const evidence: Evidence = { role: 'job', accelerator: kind, small: null, notebook: false }
  const machine = { holder: 'the cluster', gpus: acceleratorsIn(groups), model: null, evidence }
  const facts = context.shell(`pip install ${packages.join(' ')}`)
  claimSetUpPhase(claims, facts, machine, () => placeOf(node))
}

/** `pip: [torch]`, or the packages below `pip:`, one a line. */
function packagesIn(environment: string): string[] {
  const found = /^(?:pip|uv):[ \t]*(\[[^\]]*\]|(?:\n[ \t]*(?:packages:)?[ \t]*(?:-.*)?)+)/m.exec(environment)
  return [...(found?.[1] ?? '').matchAll(/(?:-|\[|,)\s*["']?([\w.-]+)/g)].map((match) => match[1]!)
}

/** Null: some, but how many is not known. */
function acceleratorsIn(groups: readonly PodGroup[]): number | null {
  let total = 0
  for (const { pod, replicas } of groups) {
    const held = acceleratorsOf(pod)
    if (held === null) continue
    if (held.count === null || replicas.count === null) return null
    total += held.count * replicas.count
  }
  return total
}

/** Accelerators that the cluster still has when the job has ended. */
function claimStaying(claims: ClaimBuilder, object: KubernetesObject, groups: PodGroup[]): void {
  const spec = at(object.root, 'spec')
  if (at(spec, 'deletionStrategy') !== undefined) return
  const given = at(spec, shutDown)
  if (given !== undefined && boolean(given) !== false) return
  const scales = at(spec, 'rayClusterSpec', 'enableInTreeAutoscaling')
  if (scales !== undefined && boolean(scales) === undefined) return
  const shrinks = boolean(scales) === true
  let gpus: number | null = 0
  for (const group of groups) {
    const accelerators = acceleratorsOf(group.pod)
    if (accelerators === null) continue
    const pods = shrinks ? leastOf(object, group) : group.replicas.count
    if (pods === null || accelerators.count === null) gpus = null
    else if (gpus !== null) gpus += pods * accelerators.count
  }
  if (gpus === 0 || gpus === null) return
  const entrypoint = at(spec, 'entrypoint')
  const at_ = given !== undefined ? placeOf(given) : specPlace(object)!
  const site = planned(at_, object.document.index, [], {
    title: `Take the cluster down with the job: ${shutDown}: true`,
    writes: [
      {
        path: [...object.base, 'spec', shutDown],
        value: true,
        ...(entrypoint === undefined ? {} : { after: 'entrypoint' }),
      },
    ],
  })
  const key = `${shutDown}: false`
  const kind = groups.map((group) => acceleratorsOf(group.pod)?.kind).find((one) => one !== undefined)
  const operation = claimOperation(claims, {
    kind: 'hold',
    place: 'run',
    key,
    at: at_,
    site,
    scope: 'spec',
    evidence: { role: 'job', accelerator: kind ?? 'gpu', small: null, notebook: false },
    byDefault: given === undefined,
    subject: 'the job',
  })
  operation.known('stage', key, 'after', at_, { site })
  operation.known('seconds', key, null, at_, { site })
  operation.known('holder', key, 'the cluster', at_, { site })
  operation.known('gpus', key, gpus, at_, { site })
}

/** Pods that the autoscaler leaves; the head always stays. */
function leastOf(object: KubernetesObject, group: PodGroup): number | null {
  const index = group.keys.indexOf('workerGroupSpecs')
  if (index < 0) return 1
  const keys = group.keys.slice(object.base.length, index + 2)
  return replicasAt(object, [...keys, 'minReplicas'], 0).count
}

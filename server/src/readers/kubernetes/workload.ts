/** What jobs of several groups of pods have in common: the machines that they ask for and the programs that they start. */

import { at, entries, items, number } from '../../config/access.js'
import type { ConfigNode } from '../../config/node.js'
import type { PlannedChange } from '../../text/change-target.js'
import { effective } from '../../values/value.js'
import type { ClaimBuilder, Place, SubjectBuilder } from '../../workload/builder.js'
import type { Evidence } from '../../workload/claim.js'
import type { ReaderContext } from '../reader.js'
import type { JobMachine } from '../shell/job-operations.js'
import { openedByHand, smallByCommand, smallByName } from '../tried-out.js'
import { type Keys, type Planned, planned } from './change-plan.js'
import { claimLimits, holdersOf } from './container-limits.js'
import { type ContainerWork, claimContainer, type ProcessRule } from './containers.js'
import { claimMachine } from './machine.js'
import { type KubernetesObject, nameOf, placeOf, shownWith } from './objects.js'
import {
  type Accelerators,
  acceleratorsOf,
  isFilledIn,
  isIdleImage,
  isPatch,
  isServerImage,
  keptOnAccelerators,
  machineOf,
  queueLimits,
} from './pod.js'
import { processorsOnly } from './processors-only.js'
import { claimTimeLimit as claimLimit } from './time-limit.js'

export const deadlineKey = 'activeDeadlineSeconds'

export interface PodGroup {
  /** The pod specification, and the keys from the top of the document to it. */
  pod: ConfigNode
  keys: Keys
  replicas: Replicas
  /** Where the only container stands, where that is not the list of a pod. */
  container?: Keys
  /** Its containers start the program; false: they wait to be told (MPI workers, Ray workers). */
  starts: boolean
}

export interface Replicas {
  /** Null: not readable. */
  count: number | null
  /** Where it is written. */
  node?: ConfigNode
  /** From the top of the document to the number; null: it is the product of several. */
  keys: Keys | null
}

export interface Workload {
  object: KubernetesObject
  /** The kind, as messages and identities call it. */
  place: Place
  groups: PodGroup[]
  processes?: ProcessRule
  /** Why accelerators that a launch leaves alone may be in use all the same. */
  sharing?: string
  service?: boolean
  /** What lies over the pods, so that nobody knows what they ask for: 'podSpecPatch'. */
  patched?: string
  /** Makes the job unique where an object holds several, and its name. */
  part?: string
  name?: string
  /** Why it cannot ask for other accelerators: others are written in the same lines. */
  shared?: string
}

export interface Claimed {
  compute: SubjectBuilder<'Compute'>
  id: string
  evidence: Evidence
  work: ContainerWork[]
  /** Accelerators over all pods; null: some, but how many is not known; 0: none. */
  gpus: number | null
  patch: boolean
}

interface Holder {
  group: PodGroup
  accelerators: Accelerators
}

/** The number at `keys` below the object's root; `otherwise` where it is not given. */
export function replicasAt(object: KubernetesObject, keys: Keys, otherwise = 1): Replicas {
  const node = at(object.root, ...keys)
  const all = [...object.base, ...keys]
  if (node === undefined) return { count: otherwise, keys: all }
  return { count: number(node) ?? null, node, keys: all }
}

/** A group from a pod template (`template: {spec: …}`) below the object; null: there is none. */
export function groupAt(
  object: KubernetesObject,
  template: Keys,
  replicas: Replicas,
  starts = true,
): PodGroup | null {
  const pod = at(object.root, ...template, 'spec')
  if (pod === undefined || pod.kind !== 'map') return null
  return { pod, keys: [...object.base, ...template, 'spec'], replicas, starts }
}

export function jobId(claims: ClaimBuilder, { document, base, kind }: KubernetesObject, part = ''): string {
  return `${claims.path}#${document.index}${base.map((key) => `.${key}`).join('')}:${kind}${part}`
}

export function claimWorkload(claims: ClaimBuilder, context: ReaderContext, workload: Workload): Claimed {
  const { object, place, groups } = workload
  const holders = groups.flatMap((group): Holder[] => {
    const accelerators = acceleratorsOf(group.pod)
    return accelerators === null || group.replicas.count === 0 ? [] : [{ group, accelerators }]
  })
  const evidence: Evidence = {
    role: 'job',
    accelerator: holders[0]?.accelerators.kind ?? 'none',
    small:
      smallByName(workload.name ?? nameOf(object)?.value) ??
      smallByCommand(groups.filter((one) => one.starts).map(({ pod }) => pod)),
    notebook: false,
  }
  const id = jobId(claims, object, workload.part)
  const name = nameOf(object)
  const scope = `${name?.value ?? object.kind}${workload.part ?? ''}`
  const compute = claims.subject('Compute', place, scope, evidence, id)
  compute.known('provider', object.kind, 'kubernetes', place)
  compute.known('trials', object.kind, object.trial, place)
  if (workload.name !== undefined) compute.known('name', 'name', workload.name, place)
  else if (name !== null)
    compute.known('name', 'metadata.name', name.value, { ...placeOf(name.node), keys: name.keys })
  const gpus = workload.patched === undefined ? claimSize(compute, workload, holders) : null
  if (workload.patched !== undefined) compute.unknown('gpus', workload.patched, workload.patched, place)
  const machine = machineOf(claims, (holders[0]?.group ?? groups[0])?.pod)
  const nodes = nodesOf(holders)
  const byHand =
    openedByHand(workload.name ?? name?.value) &&
    (gpus === 1 || (evidence.accelerator === 'tpu' && nodes === 1))
  const work: ContainerWork[] = []
  groups.forEach((group, number) => {
    if (!group.starts) return
    const own = holders.find((one) => one.group === group)
    items(at(group.pod, 'containers')).forEach((container, index) => {
      const holds = own?.accelerators.places.some((one) => one[1] === index) ?? false
      const held: JobMachine | null = holds
        ? { holder: 'the pod', gpus, model: effective(machine.gpuModel?.value) ?? null, evidence, byHand }
        : null
      const found = claimContainer(
        claims,
        context,
        container,
        id,
        `${id}:${number}:${index}`,
        nodes,
        held,
        workload.processes,
      )
      if (found !== null) work.push(found)
    })
  })
  const holder = holders[0]
  // Pods that differ, and containers that do not stand in the list of a pod, say nothing for the others.
  if (holder !== undefined && uniform(holders) && holder.group.container === undefined)
    claimLimits(
      compute,
      holder.group.pod,
      holdersOf(holder.accelerators.places),
      holder.group.keys,
      object.document.index,
    )
  claimMachine(compute, object, holders[0]?.group ?? groups[0], place, uniform(holders))
  const idle = groups.every((group) => items(at(group.pod, 'containers')).every(isIdleImage))
  const servers = holders.some(({ group }) => items(at(group.pod, 'containers')).some(isServerImage))
  const serves = work.length > 0 && work.every((one) => one.service)
  compute.known('service', 'command', workload.service ?? (idle || serves || servers), place)
  const sharing =
    workload.sharing ??
    work.find((one) => one.sharing !== null && !one.sharedByScript)?.sharing ??
    work.find((one) => one.sharing !== null)?.sharing ??
    (holders.some((one) => one.accelerators.containers > 1) ? 'several containers' : null) ??
    (holders.some((one) => hasCores(one.accelerators)) ? 'cores of a device' : null) ??
    (uniform(holders) ? null : 'groups of pods that differ')
  if (sharing !== null) compute.known('sharing', 'command', sharing, place)
  return { compute, id, evidence, work, gpus, patch: groups.some((group) => isPatch(group.pod)) }
}

/** A device of AWS Neuron is made of several cores, each of which a process may take. */
function hasCores({ resource }: Accelerators): boolean {
  return resource.startsWith('aws.amazon.com/neuron')
}

function uniform(holders: Holder[]): boolean {
  return holders.every((one) => one.accelerators.count === holders[0]!.accelerators.count)
}

/** Pods with accelerators, where all of them have as many. */
function nodesOf(holders: Holder[]): number | null {
  if (holders.length === 0) return 1
  if (!uniform(holders)) return null
  return sum(holders.map(({ group }) => group.replicas.count))
}

function sum(counts: (number | null)[]): number | null {
  return counts.some((one) => one === null) ? null : counts.reduce((a, b) => a! + b!, 0)
}

function claimSize(compute: SubjectBuilder<'Compute'>, workload: Workload, holders: Holder[]): number | null {
  const { place, object, groups } = workload
  if (holders.length === 0) {
    const pods = sum(groups.filter((one) => one.starts).map((one) => one.replicas.count))
    if (pods === null) compute.unknown('nodes', 'replicas', 'template', place)
    else compute.default('nodes', 'replicas', pods, place)
    const plain = groups.map(({ pod }) => processorsOnly(pod))
    if (plain[0] != null && plain.every((one) => one !== null))
      compute.known('gpus', 'resources', 0, { start: plain[0].keyStart, end: plain[0].keyEnd })
    return 0
  }
  const total = sum(
    holders.map(({ group, accelerators }) =>
      accelerators.count === null || group.replicas.count === null
        ? null
        : accelerators.count * group.replicas.count,
    ),
  )
  const first = holders[0]!.accelerators
  const shown = shownWith(compute.locator, first.shown)
  const { index } = object.document
  const plan = workload.shared === undefined ? fewerGpus(holders) : { reason: workload.shared }
  const site = planned(shown, index, [], plan)
  const same = uniform(holders)
  const each = same ? first.count : total
  if (each === null) {
    compute.unknown('gpus', first.resource, 'template', shown, { site })
    const later = holders.some(({ accelerators }) => isFilledIn(accelerators))
    if (later) compute.known('gpusFilledIn', first.resource, true, shown)
  } else compute.known('gpus', first.resource, each, shown, { site })
  const nodes = same ? nodesOf(holders) : 1
  const written = holders.length === 1 ? holders[0]!.group.replicas : undefined
  // Of several groups, the one with most pods tells where the others come from.
  const most = holders.reduce((a, b) =>
    (b.group.replicas.count ?? 0) > (a.group.replicas.count ?? 0) ? b : a,
  )
  const node = (written ?? most.group.replicas).node
  const at = node === undefined ? place : placeOf(node)
  const byReplicas: Planned =
    written?.keys == null
      ? { reason: 'several groups of pods take part' }
      : { title: 'Run it on {value} node', writes: [{ path: written.keys }] }
  const nodeSite = planned(at, index, [], byReplicas)
  if (nodes === null) compute.unknown('nodes', 'replicas', 'template', at, { site: nodeSite })
  else if (written !== undefined && written.node === undefined)
    compute.default('nodes', 'replicas', nodes, at, { site: nodeSite })
  else compute.known('nodes', 'replicas', nodes, at, { site: nodeSite })
  return total
}

/** Writes another number where the pods of these groups ask for accelerators, in requests and limits; each has one container that does. */
export function fewerGpus(
  holders: readonly { group: Pick<PodGroup, 'pod' | 'keys' | 'container'>; accelerators: Accelerators }[],
): Planned {
  if (holders.some((one) => one.accelerators.containers > 1))
    return { reason: 'several containers ask for accelerators' }
  const writes = holders.flatMap(({ group, accelerators }) =>
    accelerators.places.map((path) => ({
      path: [
        ...group.keys,
        ...(group.container === undefined ? path : [...group.container, ...path.slice(3)]),
      ],
    })),
  )
  const kept = holders.map(({ group }) => ({ group, on: keptOnAccelerators(group.pod) }))
  const notZero = kept.flatMap(({ on }) => (on === null || 'labels' in on ? [] : [on.reason]))[0]
  const withZero = kept.flatMap(({ group, on }) =>
    on === null || !('labels' in on) ? [] : on.labels.map((keys) => [...group.keys, ...keys]),
  )
  return { title: 'Ask for {value} GPU', writes, withZero, ...(notZero === undefined ? {} : { notZero }) }
}

export interface Deadline {
  /** Where a limit may be written, the first wins. */
  given: (ConfigNode | undefined)[]
  /** Why nobody can say that there is none. */
  unknown?: string
  plan: Planned
}

/** What ends the job: a limit of its own, of its pods, of the queue, or `timeout` around the program. */
export function claimTimeLimit(
  { compute, work, patch }: Claimed,
  { object, place, groups }: Workload,
  deadline: Deadline,
): void {
  const site = planned(place, object.document.index, [], deadline.plan)
  const pods = groups.filter((group) => acceleratorsOf(group.pod) !== null)
  const ofPods = pods.map((group) => at(group.pod, deadlineKey))
  const unknown = patch ? 'a patch of another manifest' : deadline.unknown
  claimLimit(compute, {
    candidates: [
      ...deadline.given.map((node) => [deadlineKey, node] as const),
      ...(ofPods.every((one) => one !== undefined) ? ofPods.map((node) => [deadlineKey, node] as const) : []),
      ...queueLimits(at(object.root, 'metadata')),
    ],
    key: deadlineKey,
    work,
    place,
    site,
    ...(unknown === undefined ? {} : { unknown }),
  })
}

/** The deadline in the map at `keys` (which need not be there yet). */
export function deadlinePlan(
  object: KubernetesObject,
  keys: Keys,
  { after, what = 'job' }: { after?: string; what?: string } = {},
): PlannedChange {
  const there = at(object.root, ...keys)
  const all = [...object.base, ...keys]
  const sibling = entries(there).some((one) => one.key === after) ? { after: after! } : {}
  const writes: PlannedChange['writes'] = [{ path: [...all, deadlineKey], ...sibling }]
  return { title: `End the ${what} after {hours} hours: ${deadlineKey}: {value}`, writes }
}

/** How a job is made to ask for one GPU instead of several, as a whole: the machine, the nodes, and the processes on them. */
import {
  allInstances,
  type Instance,
  instance,
  servicePrefix,
  smallestSingleGpu,
} from '../catalog/instances.js'
import { sameLocation } from '../text/location.js'
import { effective } from '../values/value.js'
import type { Claim, SubjectView } from '../workload/claim.js'
import type { Oversized } from './oversized-training.js'
import type { FixRequest } from './rule.js'
import { subjectIn } from './subject-view.js'

/** `cheaper`: the machine that does the same work for least; absent: not known. Empty: some part cannot be written. */
export function oneGpu(
  view: SubjectView<'Compute'>,
  { fleet }: Pick<Oversized, 'fleet'>,
  cheaper: Instance | undefined,
): FixRequest[] {
  const { instanceType, gpus, nodes } = view.settings
  const type = effective(instanceType)
  const set: FixRequest['set'] = []
  if (instanceType !== undefined && type !== undefined) {
    if (fleet.machine === undefined) return []
    const own = gpus !== undefined && !sameLocation(gpus.location, instanceType.location)
    const then = cheaper ?? smallerMachine(type)
    if (then === undefined || then.gpuCount !== 1) return []
    const prefix = servicePrefix(type)
    set.push({ claim: instanceType as Claim, value: `${prefix}${then.type}` })
    if (own) set.push({ claim: gpus as Claim, value: 1 })
  } else {
    if (gpus === undefined) return []
    set.push({ claim: gpus as Claim, value: 1 })
  }
  if (fleet.nodes > 1) {
    if (nodes === undefined) return []
    set.push({ claim: nodes as Claim, value: 1 })
  }
  const processes = processesOf(view)
  return processes === null ? [] : [{ set: [...set, ...processes, ...askedByPrograms(view)] }]
}

/** A program that asks for more than there are does not start. */
function askedByPrograms(view: SubjectView<'Compute'>): FixRequest['set'] {
  const asked = new Map<string, FixRequest['set'][number]>()
  for (const run of view.run.siblings) {
    const devices = subjectIn(run, 'Program')?.settings.devices
    if (devices === undefined || (effective(devices)?.count ?? 1) <= 1) continue
    const { path, start } = devices.location
    asked.set(`${path}:${start}`, { claim: devices as Claim, value: 1 })
  }
  return [...asked.values()]
}

/** Null: a launcher starts as many processes as there were GPUs, and that cannot be changed with them. */
function processesOf(view: SubjectView<'Compute'>): FixRequest['set'] | null {
  const { processes } = view.settings
  const started = view.run.siblings.map((run) => run.job.launch?.processes)
  if (started.every((one) => one === 0 || one === 1)) return []
  return processes !== undefined && effective(processes) !== undefined && started.length === 1
    ? [{ claim: processes as Claim, value: 1 }]
    : null
}

/** A machine of the same provider with one such GPU, or one with at least its memory; and enough cores to feed it. */
export function smallerMachine(type: string): Instance | undefined {
  const now = instance(type)
  if (now === undefined || now.gpu === null || now.gpuMemoryGB === null) return undefined
  const cores = Math.min(8, now.vcpus / now.gpuCount)
  const same = allInstances()
    .filter(
      (one) =>
        one.provider === now.provider &&
        one.gpu?.name === now.gpu!.name &&
        one.gpuCount === 1 &&
        one.vcpus >= cores &&
        (now.retired || !one.retired),
    )
    .sort((a, b) => a.vcpus - b.vcpus || a.memoryGiB - b.memoryGiB)[0]
  return same ?? withCores(smallestSingleGpu(now.provider, now.gpuMemoryGB), cores)
}

/** The same GPU in a machine with enough cores. */
function withCores(found: Instance | undefined, cores: number): Instance | undefined {
  if (found === undefined || found.vcpus >= cores) return found
  return (
    allInstances()
      .filter(
        (one) => one.provider === found.provider && one.gpu?.name === found.gpu?.name && one.gpuCount === 1,
      )
      .filter((one) => one.vcpus >= cores && !one.retired)
      .sort((a, b) => a.vcpus - b.vcpus || a.memoryGiB - b.memoryGiB)[0] ?? found
  )
}

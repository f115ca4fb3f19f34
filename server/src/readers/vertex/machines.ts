/** Machines of Vertex AI: a type, and accelerators that are attached to it or belong to it. */
import { cpuMachine } from '../../catalog/cpu-families.js'
import { gpu } from '../../catalog/gpus.js'
import { instance } from '../../catalog/instances.js'
import type { Change, Refusal } from '../../edit/write.js'
import { lookUp } from '../../text/records.js'
import { stated, unreadable } from '../../values/operations.js'
import type { Key, Source } from '../../values/source.js'
import { effective, type Given, isGiven } from '../../values/value.js'
import type { Place, SubjectBuilder } from '../../workload/builder.js'
import type { Evidence } from '../../workload/claim.js'
import { changeOf } from '../change-answer.js'

export interface MachineSpec {
  /** 'n1-standard-8'; null: not readable. */
  type: string | null
  /** 'NVIDIA_TESLA_V100', 'TPU_V3'; null: none, or not readable. */
  accelerator: string | null
  /** Accelerators that are attached; undefined: not given, null: not readable. */
  count: number | null | undefined
}

/** What a job asks for on each of its machines. */
export interface MachineFields {
  type: Given<string>
  accelerator: Given<string>
  count: Given<number>
}

/** None and what is left out are the same. */
export function specOf({ type, accelerator, count }: MachineFields): MachineSpec {
  return {
    type: effective(type) ?? null,
    accelerator: effective(accelerator) ?? null,
    count: isGiven(count) ? (effective(count) ?? null) : undefined,
  }
}

export interface HeldMachine {
  /** On each machine; null: not known. */
  gpus: number | null
  model: string | null
  cpus: number | null
  tpu: boolean
}

export function machineHeld({ type, accelerator, count }: MachineSpec): HeldMachine {
  const machine = type === null ? undefined : instance(type)
  const cpus = machine?.vcpus ?? null
  const tpu = /^TPU/i.test(accelerator ?? '') || /^(ct\d|cloud-tpu)/.test(type ?? '')
  // A host of TPUs is named with its chips; beside another name their number tells no more than a slice.
  if (tpu) return { gpus: machine?.gpuCount || null, model: machine?.gpu?.name ?? null, cpus, tpu }
  if (accelerator !== null && !/UNSPECIFIED/.test(accelerator)) {
    const model = gpu(accelerator)?.name ?? null
    return { gpus: count === undefined ? 1 : count, model, cpus, tpu }
  }
  if (accelerator === null && count !== undefined && count !== 0)
    return { gpus: null, model: null, cpus, tpu }
  if (machine === undefined) return { gpus: null, model: null, cpus, tpu }
  return { gpus: machine.gpuCount, model: machine.gpu?.name ?? null, cpus, tpu }
}

/** With an accelerator that cannot be read nothing is known of what a machine holds. */
export function heldBy(fields: MachineFields): HeldMachine {
  const spec = specOf(fields)
  return isGiven(fields.accelerator) && spec.accelerator === null
    ? { gpus: null, model: null, cpus: null, tpu: false }
    : machineHeld(spec)
}

/** `keys`: the words for the fields. What is counted stands where it is written, else at the machine type. */
export function claimMachine(
  compute: SubjectBuilder<'Compute'>,
  fields: MachineFields,
  keys: Record<keyof MachineFields, string>,
): void {
  const { type, accelerator, count } = fields
  const { gpus, model, cpus } = heldBy(fields)
  if (isGiven(type)) compute.say('instanceType', keys.type, type)
  const own = isGiven(count)
  const at = own ? count : type
  const many = gpus === null ? unreadable(at, 'a machine that is not known') : stated(at, gpus)
  compute.say('gpus', own ? keys.count : keys.type, many)
  if (model !== null)
    compute.say('gpuModel', keys.accelerator, stated(isGiven(accelerator) ? accelerator : at, model))
  if (cpus !== null) compute.say('cpus', keys.type, stated(at, cpus))
}

export function sameMachines(all: MachineSpec[]): boolean {
  const [first] = all
  return all.every(
    (one) => one.type === first?.type && one.accelerator === first.accelerator && one.count === first.count,
  )
}

export function jobEvidence({ gpus, tpu }: HeldMachine, role: Evidence['role'] = 'job'): Evidence {
  return {
    role,
    accelerator: tpu ? 'tpu' : gpus === null ? 'maybe' : gpus > 0 ? 'gpu' : 'none',
    small: null,
    notebook: false,
  }
}

/** What holds for every job that the service runs. */
export function claimVertexService(
  compute: SubjectBuilder<'Compute'>,
  key: string,
  place: Place,
  trials: boolean,
): void {
  compute.known('provider', key, 'gcp', place)
  compute.known('managedBy', key, 'vertex', place)
  compute.known('choosesCapacity', key, true, place)
  compute.known('trials', key, trials, place)
  compute.known('service', key, false, place)
}

/** Accelerators as Vertex AI and its notebooks name them where a machine type brings them. */
export const vertexNames: Record<string, string> = {
  L4: 'NVIDIA_L4',
  'A100-40GB': 'NVIDIA_TESLA_A100',
  'A100-80GB': 'NVIDIA_A100_80GB',
  'H100-SXM': 'NVIDIA_H100_80GB',
  'H200-SXM': 'NVIDIA_H200_141GB',
  'RTX-PRO-6000': 'NVIDIA_RTX_PRO_6000',
}

/** Where a request holds the machine type, the kind of its accelerators and their number. */
export type MachinePaths = Record<keyof MachineFields, readonly Key[]>

/** With these words for the fields, which stand side by side. */
export function pathsBelow(
  base: readonly Key[],
  { type, accelerator, count }: Record<keyof MachineFields, string>,
): MachinePaths {
  return { type: [...base, type], accelerator: [...base, accelerator], count: [...base, count] }
}

/** A request for another type: what that machine holds is named beside it, or nothing is. */
export function writeMachine(source: Source, paths: MachinePaths, type: string): Change | Refusal {
  const machine = instance(type)
  const title = `Use ${type}: ${String(paths.type.at(-1))}`
  const written = source.set(paths.type, type)
  if (machine?.gpu == null) {
    // A type without accelerators need not be on record.
    if (machine === undefined && !isGeneral(type)) return { reason: 'the machine type is not known' }
    const bare = withoutAccelerators(source, paths, '')
    return 'reason' in bare ? bare : changeOf(title, [written, ...bare.writes])
  }
  const name = lookUp(vertexNames, machine.gpu.name)
  if (name === undefined) return { reason: `name the accelerator of ${type} beside it` }
  return changeOf(title, [
    written,
    source.set(paths.accelerator, name),
    source.set(paths.count, machine.gpuCount),
  ])
}

/** What attaches accelerators, left out; refused where it is given in another place. */
export function withoutAccelerators(
  source: Source,
  { accelerator, count }: MachinePaths,
  title: string,
): Change | Refusal {
  const given = [accelerator, count].filter((path) => isGiven(source.get(...path)))
  return changeOf(
    title,
    given.map((path) => source.set(path, undefined)),
  )
}

const isGeneral = (type: string): boolean => cpuMachine(type) !== undefined

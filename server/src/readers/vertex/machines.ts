/** Machines of Vertex AI: a type, and accelerators that are attached to it or belong to it. */
import { gpu } from '../../catalog/gpus.js'
import { instance } from '../../catalog/instances.js'
import type { Change, Refusal, Write } from '../../edit/write.js'
import type { Call } from '../../python/module.js'
import { lookUp } from '../../text/records.js'
import { isLeftOut } from '../../values/argument.js'
import { stated, unreadable } from '../../values/operations.js'
import { pythonLiteral, quoteOf } from '../../values/python-literal.js'
import { effective, type Given, isGiven } from '../../values/value.js'
import { writeArgument } from '../../values/write-argument.js'
import type { Place, SubjectBuilder } from '../../workload/builder.js'
import type { Evidence } from '../../workload/claim.js'
import { changeOf } from '../change-answer.js'
import type { FragmentFacts } from '../reader.js'

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
  if (tpu) return { gpus: null, model: null, cpus, tpu }
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

/** Accelerators as Vertex AI names them where a machine type brings them. */
const vertexNames: Record<string, string> = {
  L4: 'NVIDIA_L4',
  'A100-40GB': 'NVIDIA_TESLA_A100',
  'A100-80GB': 'NVIDIA_A100_80GB',
  'H100-SXM': 'NVIDIA_H100_80GB',
  'H200-SXM': 'NVIDIA_H200_141GB',
  'RTX-PRO-6000': 'NVIDIA_RTX_PRO_6000',
}

const attachedBy = ['accelerator_type', 'accelerator_count'] as const

/** The arguments of a call that attach accelerators, left out; refused where they are given in another place. */
export function withoutAccelerators(facts: FragmentFacts, call: Call, title: string): Change | Refusal {
  const { python, path, fragment } = facts
  if (python === undefined) return { reason: 'the call has changed' }
  const range = { fragment: fragment.index, start: call.expr.start, end: call.expr.end }
  const removals = attachedBy.flatMap((name): (Write | Refusal)[] => {
    if (isLeftOut(python.argument(call, name))) return []
    const own = call.expr.args.some((one) => one.name === name)
    return own
      ? [{ kind: 'remove keyword', path, call: range, name }]
      : [{ reason: `${name} is given in another place` }]
  })
  return changeOf(title, removals)
}

/** The arguments of a call that name a machine, for another type: what that holds is named beside it, or nothing is. */
export function writeMachineType(facts: FragmentFacts, call: Call, type: string): Change | Refusal {
  const { python } = facts
  const machine = instance(type)
  if (python === undefined || machine === undefined) return { reason: 'the machine type is not known' }
  const quote = quoteOf(python.text)
  const set = (name: string, code: string) =>
    writeArgument(facts, call, name, python.argument(call, name), code)
  const written = set('machine_type', pythonLiteral(type, quote))
  if (machine.gpu === null) {
    const bare = withoutAccelerators(facts, call, '')
    return 'reason' in bare ? bare : changeOf(`Use ${type}: machine_type`, [written, ...bare.writes])
  }
  const name = lookUp(vertexNames, machine.gpu.name)
  if (name === undefined) return { reason: `name the accelerator of ${type} beside it` }
  return changeOf(`Use ${type}: machine_type`, [
    written,
    set(attachedBy[0], pythonLiteral(name, quote)),
    set(attachedBy[1], String(machine.gpuCount)),
  ])
}

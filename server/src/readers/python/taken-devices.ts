/** How many accelerators a program says that it takes. Sources: Lightning 2.5, TensorFlow 2.18, Ultralytics 8.3, Ray 2.40. */
import type { Change, Refusal } from '../../edit/write.js'
import type { ArgumentValue, Call, PythonModule } from '../../python/module.js'
import type { Json } from '../../text/json.js'
import { lookUp } from '../../text/records.js'
import { fixedArgument, fixedValue, mayBePassed, passedExpression } from '../../values/argument.js'
import { calleePlace } from '../../values/places.js'
import { changeArgument } from '../../values/write-argument.js'
import type { Place } from '../../workload/builder.js'
import type { Claim } from '../../workload/claim.js'
import type { ProgramSettings } from '../../workload/resource-kinds.js'
import { byHand } from '../change-answer.js'
import { claimedCall } from '../claim-argument.js'
import type { FragmentFacts } from '../reader.js'
import { trainCalls } from '../ultralytics/train.js'

export interface TakenDevices {
  devices: ProgramSettings['devices']
  key: string
  place: Place
  /** The call that says it; absent: something else does. */
  call?: Call
}

/** Null: it says nothing of it, takes what there is, or nobody can tell. */
export function takenDevices(python: PythonModule): TakenDevices | null {
  const seen = visible(python)
  const asked = askedFor(python)
  return seen === null || (asked !== null && asked.devices.count < seen.devices.count) ? asked : seen
}

/** `os.environ['CUDA_VISIBLE_DEVICES'] = '0'` */
function visible(python: PythonModule): TakenDevices | null {
  const written = python.environmentWrites().get('CUDA_VISIBLE_DEVICES')
  if (written === undefined || written.fallback) return null
  const { start, end } = written.value
  const value = fixedValue(written.folded)
  const count =
    value === '' || value === '-1'
      ? null
      : countIn(typeof value === 'string' ? [...value.split(',')] : undefined)
  return count === null
    ? null
    : { devices: { count, of: 'node' }, key: 'CUDA_VISIBLE_DEVICES', place: { start, end } }
}

function askedFor(python: PythonModule): TakenDevices | null {
  // Workers of Ray see no more than they are given, whatever is used in them.
  const workers = scaled(python)
  const all = workers.length > 0 ? workers : [...lightning(python), ...mirrored(python), ...listed(python)]
  const [first] = all
  if (first === undefined || first === null) return null
  let most = first
  for (const one of all) {
    // Two frameworks in one program, or one that cannot be read.
    if (one === null || one.key !== first.key) return null
    if (one.devices.count > most.devices.count) most = one
  }
  return most
}

type Found = TakenDevices | null

function found(call: Call, key: string, count: number | null, of: 'node' | 'job' = 'node'): Found {
  return count === null || count < 1 ? null : { devices: { count, of }, key, place: calleePlace(call), call }
}

/** `Trainer(devices=2)`, `Fabric(devices=[0, 1])`. */
function lightning(python: PythonModule): Found[] {
  return python.callsTo('lightning.pytorch.Trainer', 'lightning.fabric.Fabric').map((call) => {
    const accelerator = fixedArgument(python.argument(call, 'accelerator'))
    if (accelerator === 'cpu' || accelerator === 'tpu') return null
    const devices = python.argument(call, 'devices')
    return found(call, 'devices', countOf(mayBePassed(devices) ? devices : python.argument(call, 'gpus')))
  })
}

/** `MirroredStrategy(['GPU:0', 'GPU:1'])`; without a list it takes all. */
function mirrored(python: PythonModule): Found[] {
  return python
    .callsTo('tensorflow.distribute.MirroredStrategy')
    .map((call) => found(call, 'devices', countOf(python.argument(call, 'devices', 0))))
}

/** `model.train(device=[0, 1])`. */
function listed(python: PythonModule): Found[] {
  return trainCalls(python).map((call) => {
    const value = fixedArgument(python.argument(call, 'device'))
    const several = Array.isArray(value) || (typeof value === 'string' && value.includes(','))
    return found(call, 'device', several ? countIn(value) : null)
  })
}

/** `ScalingConfig(num_workers=2, use_gpu=True)`: on whichever machines of the cluster. */
function scaled(python: PythonModule): Found[] {
  const configurations = python.calls.filter(({ name }) =>
    /^ray\.(train|air)\.(config\.)?ScalingConfig$/.test(name ?? ''),
  )
  return configurations.map((call) => {
    const workers = fixedArgument(python.argument(call, 'num_workers'))
    const each = python.argument(call, 'resources_per_worker')
    const resources = passedExpression(each)
    const gpus = resources === null ? 1 : fixedArgument(python.entry(resources, 'GPU'))
    const uses = fixedArgument(python.argument(call, 'use_gpu')) === true
    if (!uses || typeof workers !== 'number' || (resources === null && mayBePassed(each))) return null
    return found(call, 'num_workers', typeof gpus === 'number' ? workers * gpus : null, 'job')
  })
}

/** One device in place of several, on one machine: `devices=1`, `device=0`. */
export function takeOneDevice(claim: Claim, _one: unknown, facts: FragmentFacts): Change | Refusal {
  const { python } = facts
  const call = python === undefined ? null : claimedCall(python, claim.site)
  const code = lookUp(oneDevice, claim.key)
  if (python === undefined || call === null || code === undefined) return byHand(claim)
  const older = claim.key === 'devices' && !mayBePassed(python.argument(call, 'devices'))
  const change = changeArgument(python, call, older ? 'gpus' : claim.key, null, code, facts)
  const nodes = python.argument(call, 'num_nodes')
  // It would wait for the others.
  if ('reason' in change || !mayBePassed(nodes) || fixedArgument(nodes) === 1) return change
  const alone = changeArgument(python, call, 'num_nodes', null, '1', facts)
  if ('reason' in alone) return alone
  return {
    ...change,
    title: `${change.title} and num_nodes=1`,
    writes: [...change.writes, ...alone.writes],
  }
}

const oneDevice: Record<string, string> = { devices: '1', device: '0', num_workers: '1' }

function countOf(given: ArgumentValue): number | null {
  return countIn(fixedArgument(given))
}

/** 2, '2', [0, 1], '0,1'; null: all of them, or who knows. */
export function countIn(value: Json | undefined): number | null {
  if (Array.isArray(value)) return value.length
  if (typeof value === 'number') return Number.isInteger(value) && value > 0 ? value : null
  if (typeof value !== 'string') return null
  if (/^\d+$/.test(value)) return countIn(Number(value))
  return /^\d+(\s*,\s*\d+)+$/.test(value) ? value.split(',').length : null
}

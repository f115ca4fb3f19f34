/** Which accelerators a task asks for on each node: of its own kind, by its machine, by each of its candidates. */
import { instance } from '../../catalog/instances.js'
import { at, entry, number, text } from '../../config/access.js'
import type { ConfigNode } from '../../config/node.js'
import { readAs } from '../../values/operations.js'
import type { SubjectBuilder } from '../../workload/builder.js'
import { keyedPlace, nodePlace } from '../config-change.js'
import { acceleratorsOf } from '../machine-claims.js'
import type { Task } from './task-file.js'

export interface Asked {
  /** On each node; null: not readable, or different in each candidate. */
  count: number | null
  /** Nothing is said of accelerators or machines: whoever launches the task may (`--gpus`). */
  unsaid?: true
  model: string | null
  tpu: boolean
  /** Where the number is written, if in one place only. */
  node: ConfigNode | null
}

export function acceleratorsAsked(task: Task): Asked {
  const found = task.candidates.flatMap((candidate) =>
    kindsOf(at(candidate, 'accelerators') ?? at(task.resources, 'accelerators')),
  )
  const single = task.candidates[0] === undefined ? (at(task.resources, 'accelerators') ?? null) : null
  if (found.includes('tpu')) return { count: null, model: null, tpu: true, node: single }
  if (found.length === 0) {
    const types = task.candidates.map(
      (one) => at(one, 'instance_type') ?? at(task.resources, 'instance_type'),
    )
    if (types.every((one) => one === undefined))
      return { count: 0, unsaid: true, model: null, tpu: false, node: null }
    const machine = types.length === 1 ? instance(text(types[0]) ?? '') : undefined
    return machine === undefined
      ? { count: null, model: null, tpu: false, node: null }
      : { count: machine.gpuCount, model: machine.gpu?.name ?? null, tpu: false, node: null }
  }
  const known = found.filter((one) => one !== null && one !== 'tpu') as Kind[]
  const [first] = known
  if (first === undefined || known.length < found.length)
    return { count: null, model: null, tpu: false, node: single }
  const count = known.every((one) => one.count === first.count) ? first.count : null
  const model = known.every((one) => one.model === first.model) ? first.model : null
  return { count, model, tpu: false, node: known.length === 1 ? single : null }
}

interface Kind {
  model: string | null
  count: number
}

/** `A100:8`, `{A100: 8}`, `{A100:8, V100:8}`, `[A100:8, V100:8]`. */
function kindsOf(node: ConfigNode | undefined): (Kind | 'tpu' | null)[] {
  const read = (written: string): Kind | 'tpu' | null =>
    /^tpu/i.test(written) ? 'tpu' : acceleratorsOf(written)
  if (node === undefined || (node.kind === 'scalar' && node.value === null)) return []
  if (node.kind === 'list') return node.items.map((one) => read(text(one) ?? ''))
  if (node.kind === 'map')
    return node.entries.map(({ key, value }) => {
      const count = number(value)
      return read(count === undefined ? key : `${key}:${count}`)
    })
  return [node.kind === 'scalar' ? read(String(node.value)) : null]
}

export function claimAccelerators(compute: SubjectBuilder<'Compute'>, task: Task, asked: Asked): void {
  const { document, place } = task
  const keys = ['resources', 'accelerators']
  const given = entry(task.resources, 'accelerators')
  const shown = given === undefined ? place : { start: given.keyStart, end: given.value.end }
  const site = keyedPlace(shown, document.index, asked.node === null ? ['resources'] : keys)
  const type = task.candidates[0] === undefined ? at(task.resources, 'instance_type') : undefined
  const name = text(type)
  if (name !== undefined) {
    const machine = nodePlace(type!)
    compute.known('instanceType', 'instance_type', name, machine, {
      site: keyedPlace(machine, document.index, ['resources', 'instance_type']),
    })
    if (given === undefined && asked.count !== null) {
      compute.known('gpus', 'instance_type', asked.count, machine)
      if (asked.model !== null) compute.known('gpuModel', 'instance_type', asked.model, machine)
      return
    }
  }
  const at_ = compute.locator.origin(shown, { site })
  if (asked.unsaid === true) compute.default('gpus', 'accelerators', 0, shown, { site, overridable: true })
  // A slice of a TPU: the number in its name counts chips or cores.
  else if (asked.tpu) compute.say('gpus', 'accelerators', { ...at_, state: 'range', low: 1, high: null })
  else compute.say('gpus', 'accelerators', readAs(at_, asked.count, 'candidates that differ'))
  if (asked.count !== null && asked.model !== null)
    compute.known('gpuModel', 'accelerators', asked.model, shown, { site })
}

/** What the `#SBATCH` lines of a batch script ask for. */
import { gpu } from '../../catalog/gpus.js'
import type { Directive, ShellFacts } from '../../config/shell-facts.js'
import type { SourceFragment } from '../../text/source-fragment.js'
import { gpusOfConstraint, gpusOfMemory } from './constraint.js'

/** The job that everything in a batch script belongs to; null: not a batch script. */
export function slurmJobId(path: string, fragment: SourceFragment, shell: ShellFacts): string | null {
  if (!shell.directives.some((one) => one.scheduler === 'SBATCH')) return null
  return `${path}#slurm${fragment.index === 0 ? '' : `@${fragment.index}`}`
}

/** The last directive of that name, as the scheduler takes it. */
export function directive(directives: Directive[], ...names: string[]): Directive | undefined {
  let found: Directive | undefined
  for (const one of directives) if (one.scheduler === 'SBATCH' && names.includes(one.name)) found = one
  return found
}

/** undefined: not given; null: given, but not a number. */
export function directiveNumber(directives: Directive[], name: string): number | null | undefined {
  const found = directive(directives, name)
  if (found === undefined) return undefined
  return found.value !== null && /^\d+$/.test(found.value) ? Number(found.value) : null
}

/** Nodes of the job; null: not readable. */
export function nodesOf(directives: Directive[]): number | null {
  const given = directive(directives, 'nodes')
  if (given !== undefined) {
    const match = /^(\d+)(?:-(\d+))?$/.exec(given.value ?? '')
    if (match === null || (match[2] !== undefined && match[1] !== match[2])) return null
    return Number(match[1])
  }
  const tasks = directiveNumber(directives, 'ntasks')
  // The scheduler takes as many nodes as the tasks need, which depends on the nodes.
  return tasks === undefined || tasks === 1 ? 1 : null
}

/** Tasks on each node; null: not readable. */
export function tasksPerNode(directives: Directive[]): number | null {
  const perNode = directiveNumber(directives, 'ntasks-per-node')
  if (perNode !== undefined) return perNode
  if (directive(directives, 'ntasks-per-gpu') !== undefined) return null
  const total = directiveNumber(directives, 'ntasks')
  if (total === undefined) return 1
  const nodes = nodesOf(directives)
  if (total === null || nodes === null) return total === 1 ? 1 : null
  return total % nodes === 0 ? total / nodes : null
}

export interface GpuRequest {
  directive: Directive
  /** On each node; null: not readable. */
  count: number | null
  /** As written (`a100`); null: any. */
  model: string | null
  /** The option without dashes, and what its value would be for one GPU on each node. */
  single: string
}

/** `gpu:a100:4`, `a100:4`, `4`, `gpu`. */
export function gpusNamed(text: string): { count: number | null; model: string | null } {
  const parts = text
    .replace(/^gpu(:|$)/, '')
    .replace(/\(.*$/, '')
    .split(':')
    .filter(Boolean)
  if (parts.length === 0) return { count: 1, model: null }
  const last = parts[parts.length - 1]!
  if (/^\d+$/.test(last)) return { count: Number(last), model: parts[0] === last ? null : parts[0]! }
  return { count: /^[A-Za-z]\w*$/.test(last) && parts.length === 1 ? 1 : null, model: last }
}

/** The GPUs that the job asks for; null: it names none (a partition may still bring some). */
export function gpuRequest(
  directives: Directive[],
  tasks = tasksPerNode(directives),
  nodes = nodesOf(directives),
): GpuRequest | null {
  const perNode = directive(directives, 'gpus-per-node')
  if (perNode !== undefined) return request(perNode, perNode.value, 1)
  const gres = directive(directives, 'gres')
  if (gres !== undefined) {
    if (gres.value === null || gres.value.includes('$'))
      return { directive: gres, count: null, model: null, single: '' }
    const kinds = gres.value.split(',').filter((kind) => /^gpu(:|$)/.test(kind.trim()))
    if (kinds.length === 1) {
      const found = request(gres, kinds[0]!.trim(), 1)
      const single = found.model === null ? 'gpu:1' : `gpu:${found.model}:1`
      return { ...found, single: gres.value.replace(kinds[0]!.trim(), single) }
    }
    if (kinds.length > 1) return { directive: gres, count: null, model: null, single: '' }
  }
  const total = directive(directives, 'gpus')
  if (total !== undefined) return request(total, total.value, nodes === null ? null : 1 / nodes)
  const perTask = directive(directives, 'gpus-per-task')
  if (perTask !== undefined) return request(perTask, perTask.value, tasks)
  return null
}

function request(from: Directive, value: string | null, factor: number | null): GpuRequest {
  const read = value === null || value.includes('$') ? { count: null, model: null } : gpusNamed(value)
  const count = read.count === null || factor === null ? null : read.count * factor
  return {
    directive: from,
    count: count !== null && Number.isInteger(count) ? count : null,
    model: read.model,
    single: read.model === null ? '1' : `${read.model}:1`,
  }
}

/**
 * The accelerators that `--constraint` allows, by catalogue name, or the memory that is asked for beside them
 * (`--gres=gpu:1,VRAM:32G`). Null: neither names any.
 */
export function gpusAllowed(directives: Directive[]): { option: Directive; models: string[] } | null {
  const constraint = directive(directives, 'constraint')
  const featured = gpusOfConstraint(constraint?.value ?? '')
  if (constraint !== undefined && featured.length > 0) return { option: constraint, models: featured }
  const gres = directive(directives, 'gres')
  const large = gpusOfMemory(gres?.value ?? '')
  return gres !== undefined && large.length > 0 ? { option: gres, models: large } : null
}

/**
 * The accelerators that the job's partitions are named after, by catalogue name: `gpu_a100`, `h100-long`; or what its account is
 * charged for, where a centre parts its machines so: `abc@v100`. Null: none of them, or one of several names none.
 */
export function gpusOfPartition(directives: Directive[]): { option: Directive; models: string[] } | null {
  const account = directive(directives, 'account')
  const machines = /@(\w+)$/.exec(account?.value ?? '')?.[1]
  const option = machines === undefined ? directive(directives, 'partition') : account
  if (option === undefined) return null
  const models = (machines ?? option.value ?? '').split(',').map((name) => {
    const words = name.split(/[-_.]+/)
    const pairs = words.slice(1).map((word, index) => words[index]! + word)
    // `a100x8`: how many a node has stands beside it.
    const single = words.map((word) => word.replace(/^\d{1,2}x|x\d{1,2}$/i, ''))
    const named = [name, ...pairs, ...single].filter((word) => /[a-z]\d/i.test(word))
    return named.flatMap((word) => gpu(word)?.name ?? [])[0]
  })
  const known = models.flatMap((one) => one ?? [])
  return known.length < models.length ? null : { option, models: [...new Set(known)] }
}

/** Accelerators of each machine of the partition, where its name says so: `dgx`, `dgx-h100`, `a100x8`, `8xh100`. */
export function gpusOfNodes(directives: Directive[]): { option: Directive; count: number } | null {
  for (const name of ['partition', 'constraint']) {
    const option = directive(directives, name)
    const value = option?.value ?? ''
    if (option === undefined || /[,|&]/.test(value)) continue
    const written =
      /(?:^|[-_])(?:gpu|[a-z]{1,2}\d{2,3}[a-z]?)[-_]?x(\d{1,2})(?:[-_]|$)|(?:^|[-_])(\d{1,2})x(?=gpu|[a-z]{1,2}\d{2,3})/i.exec(
        value,
      )
    const count = written === null ? null : Number(written[1] ?? written[2])
    if (count !== null && count >= 2 && count <= 16) return { option, count }
    if (/(^|[-_])dgx-?2([-_]|$)/i.test(value)) return { option, count: 16 }
    if (/(^|[-_])dgx[-_]?spark/i.test(value)) return { option, count: 1 }
    // A workstation of the name has four; the boards that others build in (HGX) have four or eight.
    if (/(^|[-_])dgx(?!.*station)/i.test(value)) return { option, count: 8 }
  }
  return null
}

/** The option that sends the job where others may take its machine away: `--partition=preempt`; null: none does. */
export function preemptible(directives: Directive[]): Directive | null {
  const options = ['partition', 'qos'].map((name) => directive(directives, name))
  return options.find((one) => givesWay.test(one?.value ?? '')) ?? null
}

/** Not `nopreempt`, `non-preemptible`. */
const givesWay = /(?<!(no|non|un|not)[-_]?)preempt(?!or)|scaveng|(^|[-_])(spot|ckpt)([-_]|$)/i

/** Seconds after which a partition ends its jobs, where its name says so: `gpu-2h`, `1day`. */
export function limitByName(directives: Directive[]): number | null {
  const [, count, unit] =
    /(?:^|[-_])(\d{1,3})(h|hrs?|hours?|d|days?)(?:[-_]|$)/i.exec(
      directive(directives, 'partition')?.value ?? '',
    ) ?? []
  return count === undefined ? null : Number(count) * (/^h/i.test(unit!) ? 3600 : 86_400)
}

/** Seconds of `--time`; null: no limit; undefined: not readable. */
export function secondsOf(value: string): number | null | undefined {
  const text = value.trim()
  if (/^(unlimited|infinite|-1|0+)$/i.test(text)) return null
  const match = /^(?:(\d+)-)?(\d+)(?::(\d+))?(?::(\d+))?$/.exec(text)
  if (match === null) return undefined
  const [, days, a, b, c] = match
  const [first, second, third] = [Number(a), Number(b ?? 0), Number(c ?? 0)]
  let seconds: number
  // With days, or with two colons, the first number is hours; else minutes.
  if (days !== undefined) seconds = Number(days) * 86_400 + first * 3600 + second * 60 + third
  else if (c !== undefined) seconds = first * 3600 + second * 60 + third
  else seconds = first * 60 + second
  return seconds === 0 ? null : seconds
}

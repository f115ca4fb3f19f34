/** What a task of Airflow does and asks for. */
import { instance } from '../../catalog/instances.js'
import { parseLaunch } from '../../link/launch-line.js'
import type { Call, PythonModule } from '../../python/module.js'
import type { Argument, Expr } from '../../syntax/python-ast.js'
import { childrenOf } from '../../syntax/python-children.js'
import { effective } from '../../values/value.js'
import type { StepWork } from '../../workload/resource-kinds.js'
import { workOfCode, workOfName } from '../pipelines/step-work.js'
import { trainsAnywhere } from '../pytorch/evidence.js'
import type { ReaderContext } from '../reader.js'
import type { Task } from './dags.js'
import { jobOf } from './names.js'

export interface TaskWork {
  work: StepWork[]
  /** It is known from its name only. */
  unseen: boolean
  /** A machine of its own is started for it. */
  job: boolean
}

export function workOf(python: PythonModule, context: ReaderContext, task: Task): TaskWork {
  const job = jobOf(task.kind)
  const apart =
    job !== undefined || /^task\.(kubernetes|docker)/.test(task.kind) || task.kind === 'DockerOperator'
  if (job?.work != null) return { work: [job.work], unseen: false, job: true }
  if (task.func !== null) {
    const work = workOfCode(python, task.func).map((one) => one.work)
    if (work.length > 0) return { work, unseen: false, job: apart }
  }
  const commanded = commandWork(python, context, task)
  if (commanded !== null) return { work: commanded, unseen: true, job: apart }
  // A branch or a trigger is named after what it decides on.
  if (/^(Branch|ShortCircuit|Trigger|Empty|Dummy|Email|Slack|External|Latest|Http|Simple)/.test(task.kind))
    return { work: [], unseen: true, job: false }
  const names = [task.name, task.callable ?? ''].flatMap(workOfName)
  return { work: [...new Set(names)], unseen: true, job: apart }
}

/** What the command of a shell task or a container starts; null: nothing that says so. */
function commandWork(python: PythonModule, context: ReaderContext, task: Task): StepWork[] | null {
  const texts = ['bash_command', 'command', 'cmds', 'arguments'].flatMap((name) => {
    const given = task.call?.expr.args.find((one) => one.name === name)
    return given === undefined ? [] : [textOf(python, given)]
  })
  const text = texts.join(' ')
  if (text.trim() === '') return null
  const nowhere = { path: python.path, cell: null, start: 0, end: 0 }
  for (const command of context.shell(text).commands) {
    const parts = parseLaunch(command.words, command.environment, () => nowhere)
    const program = parts?.program.path ?? parts?.program.module ?? null
    if (program === null) continue
    if (/^(torchrun|accelerate|deepspeed|horovodrun)$/.test(parts!.launcher)) return ['train']
    const base = program.replace(/\.py$/, '').split(/[/.]/).at(-1)!
    const work = workOfName(base)
    if (work.length > 0) return work
  }
  return null
}

function textOf(python: PythonModule, argument: Argument): string {
  const known = effective(python.fold(argument.value))
  if (known !== undefined)
    return typeof known === 'string' ? known : Array.isArray(known) ? known.map(String).join(' ') : ''
  const value = python.definition(argument.value)
  if (value.type === 'fstring')
    return value.parts.map((part) => (typeof part === 'string' ? part : '$x')).join('')
  if (value.type === 'list' || value.type === 'tuple')
    return value.items.map((item) => String(effective(python.fold(item)) ?? '$x')).join(' ')
  return ''
}

const accelerators =
  /^(nvidia\.com\/gpu|amd\.com\/gpu|google\.com\/tpu|aws\.amazon\.com\/neuron|habana\.ai\/gaudi|limit_gpu|accelerator_count|acceleratorCount|gpus)$/
const deepest = 12

/** Accelerators that a task asks for; null: none that can be seen. */
export function gpusOf(
  python: PythonModule,
  { call }: { call: Call | null },
): { count: number; at: Expr; key: string } | null {
  let found: { count: number; at: Expr; key: string } | null = null
  const take = (key: string, value: Expr): void => {
    const count = Number(effective(python.fold(value)) ?? Number.NaN)
    if (found === null && Number.isFinite(count) && count > 0) found = { count, at: value, key }
  }
  const instanceType = (value: Expr): void => {
    const type = effective(python.fold(value))
    const machine = typeof type === 'string' ? instance(type) : undefined
    if (found === null && machine !== undefined && machine.gpuCount > 0)
      found = { count: machine.gpuCount, at: value, key: String(type) }
  }
  const visit = (expr: Expr, depth: number): void => {
    if (found !== null || depth > deepest) return
    const value = python.definition(expr)
    if (value.type === 'dict') {
      for (const entry of value.entries) {
        const key = entry.key === null ? undefined : effective(python.fold(entry.key))
        if (typeof key === 'string' && accelerators.test(key)) take(key, entry.value)
        else if (key === 'InstanceType' || key === 'machine_type') instanceType(entry.value)
        visit(entry.value, depth + 1)
      }
      return
    }
    if (value.type === 'call') {
      for (const argument of value.args) {
        if (argument.name !== null && accelerators.test(argument.name)) take(argument.name, argument.value)
        visit(argument.value, depth + 1)
      }
      return
    }
    if (value.type === 'list' || value.type === 'tuple')
      for (const item of value.items) visit(item, depth + 1)
    else if (value.type === 'subscript') for (const entry of entriesOf(python, value)) visit(entry, depth + 1)
    else if (value !== expr) for (const child of childrenOf(value)) visit(child, depth + 1)
  }
  if (call === null) return null
  for (const argument of call.expr.args) {
    if (argument.name !== null && accelerators.test(argument.name)) take(argument.name, argument.value)
    else if (argument.name === 'machine_type') instanceType(argument.value)
    if (argument.name !== 'dag' && argument.name !== 'python_callable') visit(argument.value, 0)
  }
  return found
}

/** `RESOURCES[size]`: the entry that is meant; where only callers tell, all of them. */
function entriesOf(python: PythonModule, { value, index }: Expr & { type: 'subscript' }): Expr[] {
  const table = python.definition(value)
  if (table.type !== 'dict') return []
  const key = effective(python.fold(index))
  if (key === undefined && index.type !== 'name') return []
  return table.entries.flatMap((one) =>
    one.key !== null && (key === undefined || effective(python.fold(one.key)) === key) ? [one.value] : [],
  )
}

/** The task trains on the accelerator of the worker that runs it. */
export function usesAccelerator(python: PythonModule, task: Task): boolean {
  const { accelerator } = python.evidence
  return task.func !== null && (accelerator === 'gpu' || accelerator === 'maybe') && trainsAnywhere(python)
}

export interface ReadTask {
  task: Task
  work: TaskWork
  gpus: ReturnType<typeof gpusOf>
  /** Seconds; null: it may run for ever. */
  limit: number | null
}

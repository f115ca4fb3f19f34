/** The DAGs of a file and the tasks in them, whatever way they are written in. */

import type { Refusal } from '../../edit/write.js'
import type { ArgumentValue, Call, Func, PythonModule } from '../../python/module.js'
import type { Expr } from '../../syntax/python-ast.js'
import type { Json } from '../../text/json.js'
import { mayBePassed } from '../../values/argument.js'
import { argumentValue, CallSource } from '../../values/call-source.js'
import { calleePlace, callSite } from '../../values/places.js'
import type { Key, Locator, Source } from '../../values/source.js'
import { effective, type Given } from '../../values/value.js'
import type { Place } from '../../workload/builder.js'
import { dagDecorators, dagNames, taskDecorators } from './names.js'

export interface Dag {
  /** `DAG(…)`, or the decorator `@dag(…)`. */
  call: Call
  /** The function below the decorator. */
  func: Func | null
  tasks: Task[]
}

export interface Task {
  /** The operator, or the decorator `@task(…)`; null for a bare `@task`. */
  call: Call | null
  /** For a bare `@task`: the decorator. */
  decorator: Expr | null
  /** Class of the operator as written, or the decorator: 'PythonOperator', 'task.kubernetes'. */
  kind: string
  /** `task_id`, else the name of the function. */
  name: string
  /** What a Python task runs, where it stands in this file. */
  func: Func | null
  /** What a Python task runs, as it is written. */
  callable: string | null
}

export function dagsOf(python: PythonModule): Dag[] {
  const dags: Dag[] = []
  const decorators = new Map<Expr, Func>()
  for (const func of python.functions) for (const one of func.node.decorators) decorators.set(one, func)
  for (const call of python.calls) {
    if (call.name === null) continue
    const func = decorators.get(call.expr) ?? null
    if (dagNames.includes(call.name) ? func === null : func !== null && dagDecorators.includes(call.name))
      dags.push({ call, func, tasks: [] })
  }
  if (dags.length === 0) return dags
  const belong = (call: Call): Dag | null => dagAround(python, dags, call)
  for (const call of python.calls) {
    const task = decorators.has(call.expr) ? null : operatorTask(python, call)
    if (task !== null) belong(call)?.tasks.push(task)
  }
  for (const func of python.functions) {
    const task = decoratedTask(python, func)
    if (task === null) continue
    const within = dags.find((dag) => dag.func !== null && inside(func.node, dag.func.node))
    // Where it is called is where it belongs.
    const used =
      within === undefined
        ? python.calls.filter((call) => python.functionOf(rootOf(call.expr.callee)) === func)
        : []
    const owners = new Set(within === undefined ? used.map(belong) : [within])
    for (const owner of owners) owner?.tasks.push(task)
  }
  return dags
}

function inside(inner: { start: number; end: number }, outer: { start: number; end: number }): boolean {
  return inner !== outer && inner.start >= outer.start && inner.end <= outer.end
}

/** `train` of `train.override(retries=2)(x)` and `train.expand(x=…)`. */
export function rootOf(expr: Expr): Expr {
  let root = expr
  for (;;) {
    if (root.type === 'call') root = root.callee
    else if (root.type === 'attribute' && /^(override|expand|partial|expand_kwargs)$/.test(root.attr))
      root = root.value
    else return root
  }
}

/** `dag=dag`, `with DAG(…) as dag:`, the function under `@dag`; else the only one of the file. */
function dagAround(python: PythonModule, dags: Dag[], call: Call): Dag | null {
  const given = call.expr.args.find((one) => one.name === 'dag')
  if (given !== undefined) {
    const named = python.definition(given.value)
    return dags.find((dag) => dag.call.expr === named) ?? (dags.length === 1 ? dags[0]! : null)
  }
  for (const one of [...call.withs].reverse()) {
    for (const item of one.items) {
      const value = python.definition(item.value)
      const found = dags.find((dag) => dag.call.expr === value)
      if (found !== undefined) return found
    }
  }
  const within = dags.find((dag) => dag.func !== null && inside(call.expr, dag.func.node))
  return within ?? (dags.length === 1 ? dags[0]! : null)
}

function operatorTask(python: PythonModule, call: Call): Task | null {
  if (!/(Operator|Sensor)$/.test(call.method)) {
    // `SageMakerTrainingOperator.partial(task_id=…).expand(config=…)`.
    const { callee } = call.expr
    if (call.method !== 'partial' || callee.type !== 'attribute') return null
    const owner =
      callee.value.type === 'name'
        ? callee.value.id
        : callee.value.type === 'attribute'
          ? callee.value.attr
          : ''
    if (!owner.endsWith('Operator')) return null
    return asTask(python, call, owner)
  }
  if (/Sensor$/.test(call.method)) return null
  return asTask(python, call, call.method)
}

function asTask(python: PythonModule, call: Call, kind: string): Task | null {
  const id = call.expr.args.find((one) => one.name === 'task_id')
  if (id === undefined) return null
  const given = effective(python.fold(id.value))
  const callable = call.expr.args.find((one) => one.name === 'python_callable')
  const written = callable === undefined ? null : python.text.slice(callable.value.start, callable.value.end)
  return {
    call,
    decorator: null,
    kind,
    name: typeof given === 'string' ? given : outline(id.value),
    func: callable === undefined ? null : python.functionOf(callable.value),
    callable: written !== null && /^[\w.]+$/.test(written) ? written : null,
  }
}

/** The parts of `f"train_{name}"` that are known. */
function outline(expr: Expr): string {
  return expr.type === 'fstring'
    ? expr.parts.map((part) => (typeof part === 'string' ? part : '…')).join('')
    : ''
}

function decoratedTask(python: PythonModule, func: Func): Task | null {
  for (const decorator of func.node.decorators) {
    const callee = decorator.type === 'call' ? decorator.callee : decorator
    const name = python.nameOf(callee)
    const base =
      name === null ? undefined : taskDecorators.find((one) => name === one || name.startsWith(`${one}.`))
    if (base === undefined || /\.(sensor|branch|short_circuit|run_if|skip_if)/.test(name!)) continue
    const call = decorator.type === 'call' ? python.callOf(decorator) : null
    const id = call?.expr.args.find((one) => one.name === 'task_id')
    const given = id === undefined ? undefined : effective(python.fold(id.value))
    return {
      call,
      decorator: call === null ? decorator : null,
      kind: `task${name!.slice(base.length)}`,
      name: typeof given === 'string' ? given : func.name,
      func,
      callable: func.name,
    }
  }
  return null
}

/** Where a task stands, and what a change of it edits; null: nowhere in this file. */
export function placesOf({ call, decorator }: Task): { place: Place; site: Place } | null {
  if (call !== null) return { place: calleePlace(call), site: callSite(call) }
  if (decorator === null) return null
  const place = { start: decorator.start, end: decorator.end }
  return { place, site: { ...place, target: { kind: 'decorator' } } }
}

/** What a task is given itself, else by the `default_args` of its DAG. */
export class TaskSource implements Source {
  private readonly dag: CallSource

  constructor(
    private readonly python: PythonModule,
    dag: Dag,
    private readonly task: Task,
    private readonly locator: Locator,
  ) {
    this.dag = new CallSource(python, dag.call, locator)
  }

  argument(key: string): ArgumentValue {
    const { call } = this.task
    const own: ArgumentValue = call === null ? { state: 'absent' } : this.python.argument(call, key)
    return mayBePassed(own) ? own : this.dag.argument('default_args', key)
  }

  get(...path: Key[]): Given<Json> {
    const key = String(path[0])
    const places = placesOf(this.task)
    return places === null
      ? this.dag.get('default_args', key)
      : argumentValue(this.argument(key), places.place, places.site, this.locator)
  }

  set(path: readonly Key[]): Refusal {
    return { reason: `${path.join('.')} is set elsewhere` }
  }
}

/** What becomes of a command of SDK v2 in its program: submitted, swept, called as a step; what is set on it later. */

import type { ArgumentValue, Call, PythonModule } from '../../python/module.js'
import type { Expr } from '../../syntax/python-ast.js'
import type { Json } from '../../text/json.js'
import { lookUp } from '../../text/records.js'
import { asArgument, isLeftOut, passedExpression } from '../../values/argument.js'
import { CallSource } from '../../values/call-source.js'
import { unreadable } from '../../values/operations.js'
import { calleePlace } from '../../values/places.js'
import type { Key, Locator } from '../../values/source.js'
import { type Given, isGiven } from '../../values/value.js'
import type { Place } from '../../workload/builder.js'
import { decoratedFunctions } from '../pipelines/decorated-function.js'
import { type Target, targetOf } from './targets.js'

export const pipelineNames = /^azure\.ai\.ml\.dsl\.(_?\w+\.)?pipeline$/

export interface CommandUse {
  target: Target
  /** Where the target is named. */
  place: Place | null
  /** Names of the variables that hold it, or steps made of it. */
  holders: Set<string>
  submitted: boolean
  swept: boolean
  /** Inputs that copies of it are given: `job(learning_rate=Uniform(…))`. */
  inputs: Set<string>
  /** Calls of it as a step of a pipeline. */
  steps: number
  /** Attributes that are assigned later: `job.resources.instance_count = 2` → 'resources'. */
  assigned: Set<string>
}

export function useOf(python: PythonModule, call: Call): CommandUse {
  const holders = new Set<string>()
  if (call.assignedTo !== null) holders.add(call.assignedTo)
  const use: CommandUse = {
    target: { kind: 'none' },
    place: null,
    holders,
    submitted: false,
    swept: false,
    inputs: new Set(),
    steps: 0,
    assigned: new Set(),
  }
  const made = (expr: Expr) => python.callOf(expr)
  // `step = component(…)`: made anew with other inputs.
  const copies = python.calls.filter((one) => one !== call && made(one.expr.callee) === call)
  for (const copy of copies) {
    if (copy.assignedTo !== null) holders.add(copy.assignedTo)
    if (copy.function !== null) use.steps++
    for (const { name } of copy.expr.args) if (name !== null) use.inputs.add(name)
  }
  const isIt = (one: Call | null) => one !== null && (one === call || copies.includes(one))
  const targets: { target: Target; place: Place }[] = []
  for (const one of python.calls) {
    const first = one.expr.args[0]?.value
    if (/^(begin_)?create_or_update$/.test(one.method) && first !== undefined) {
      if (isIt(made(first))) use.submitted = true
    } else if (one.method === 'sweep' && isIt(one.receiverCall)) {
      use.swept = true
      add(python, targets, python.argument(one, 'compute'), one)
    }
  }
  for (const { attribute, value } of assignments(python, holders)) {
    use.assigned.add(attribute)
    if (attribute !== 'compute' || value === null) continue
    add(python, targets, asArgument(python, value), call)
  }
  if (targets.length === 0) add(python, targets, python.argument(call, 'compute'), call)
  if (targets.length === 0 && use.steps > 0) addDefaults(python, copies, targets)
  const [first] = targets
  if (first === undefined) {
    // The pipeline gives it one, or has no cluster at all.
    if (use.steps > 0) use.target = { kind: 'cluster', name: null }
    return use
  }
  const same = targets.every(({ target }) => JSON.stringify(target) === JSON.stringify(first.target))
  use.target = same ? first.target : { kind: 'cluster', name: null }
  use.place = first.place
  return use
}

function add(
  python: PythonModule,
  targets: { target: Target; place: Place }[],
  argument: ArgumentValue,
  call: Call,
): void {
  const target = targetOf(python, argument)
  if (target.kind === 'none') return
  const expr = passedExpression(argument)
  targets.push({ target, place: expr === null ? calleePlace(call) : { start: expr.start, end: expr.end } })
}

/** The cluster of the whole pipeline: `@pipeline(compute=…)`, `job.settings.default_compute = …`. */
function addDefaults(
  python: PythonModule,
  copies: Call[],
  targets: { target: Target; place: Place }[],
): void {
  for (const { func, call } of decoratedFunctions(python, pipelineNames)) {
    if (call === null || !copies.some((copy) => copy.function === func)) continue
    for (const key of ['compute', 'default_compute']) add(python, targets, python.argument(call, key), call)
  }
  if (targets.length > 0 || !python.code.includes('.default_compute')) return
  for (const statement of python.statements) {
    const target = statement.type === 'assign' ? statement.targets[0] : undefined
    if (statement.type !== 'assign' || statement.value === null) continue
    if (target?.type !== 'attribute' || target.attr !== 'default_compute') continue
    const { value } = statement
    const found = targetOf(python, asArgument(python, value))
    targets.push({ target: found, place: { start: value.start, end: value.end } })
  }
}

/** `job.attribute = value`, `job.attribute.more = value` for one of these names. */
export function* assignments(
  python: PythonModule,
  holders: Set<string>,
): Generator<{ attribute: string; value: Expr | null }> {
  if (holders.size === 0) return
  for (const statement of python.statements) {
    if (statement.type !== 'assign') continue
    const [target] = statement.targets
    if (target?.type !== 'attribute') continue
    const owner = target.value
    if (owner.type === 'name' && holders.has(owner.id))
      yield { attribute: target.attr, value: statement.value }
    else if (owner.type === 'attribute' && owner.value.type === 'name' && holders.has(owner.value.id))
      yield { attribute: owner.attr, value: null }
  }
}

/** `job.set_limits(timeout=…)` for one of its names; null: none, or several. */
export function laterCall(python: PythonModule, use: CommandUse, method: string): Call | null {
  const found = python.calls.filter(({ method: own, expr }) => {
    if (own !== method || expr.callee.type !== 'attribute') return false
    const owner = expr.callee.value
    return owner.type === 'name' && use.holders.has(owner.id)
  })
  return found.length === 1 ? found[0]! : null
}

/** Objects that hold a field, and how they are set later. */
const holders: Record<string, { object: string; setter: string }> = {
  instance_type: { object: 'resources', setter: 'set_resources' },
  instance_count: { object: 'resources', setter: 'set_resources' },
  timeout: { object: 'limits', setter: 'set_limits' },
  job_tier: { object: 'queue_settings', setter: 'set_queue_settings' },
}

/** Fields of a command: in its call, in the object that the call is given, or set afterwards. */
export class CommandSource extends CallSource {
  constructor(
    python: PythonModule,
    call: Call,
    private readonly use: CommandUse,
    private readonly places: Locator,
  ) {
    super(python, call, places, { objects: true })
  }

  override get(...path: Key[]): Given<Json> {
    const own = super.get(...path)
    const holder = path.length === 1 ? lookUp(holders, String(path[0])) : undefined
    if (holder === undefined || isGiven(own)) return own
    if (!isLeftOut(this.argument(holder.object))) return super.get(holder.object, ...path)
    const later = laterCall(this.python, this.use, holder.setter)
    if (later !== null) return new CallSource(this.python, later, this.places).get(...path)
    return this.use.assigned.has(holder.object) ? unreadable(own, 'it is set afterwards') : own
  }
}

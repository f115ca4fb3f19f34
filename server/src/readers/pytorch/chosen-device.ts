/** The device that code computes on where nobody chooses another: `device: str = 'cpu'`, `if args.use_cuda`. */
import type { Call, Func, PythonModule } from '../../python/module.js'
import type { Expr } from '../../syntax/python-ast.js'
import { once } from '../../text/once.js'
import { passedExpression } from '../../values/argument.js'
import { effective } from '../../values/value.js'

/** `by default`: the processor, unless a caller or a launch that is not known says otherwise. `follows`: that of another tensor. */
type Device = 'processor' | 'by default' | 'other' | 'follows'

const mostSteps = 6

/** Every place that names a device names the processor; null: one may name another. */
export function processorOf(python: PythonModule): 'processor' | 'by default' | null {
  return once(python, 'computes on processor', () => {
    const trains = trainingCode(python)
    const named = [
      // `torch.load(path, map_location=torch.device('cpu'))` says nothing of where the model runs.
      ...python
        .callsTo('torch.device')
        .filter((call) => trains(call) && call.assignedTo !== null && !isReplaced(python, call))
        .flatMap(({ expr }) => expr.args.slice(0, 1)),
      ...python
        .methodCalls('to')
        .filter(trains)
        .flatMap(({ expr }) => {
          const given =
            expr.args.find((one) => one.name === 'device') ?? expr.args.find((one) => one.name === null)
          return given !== undefined && namesDevice(python, given.value) ? [given] : []
        }),
    ].map(({ value }) => deviceOf(python, value))
    const moved = python
      .methodCalls('cuda')
      .filter(trains)
      .map(({ expr }): Device => {
        const reach = python.reach(expr.start)
        if (reach.state === 'never') return 'processor'
        return reach.state === 'sometimes' && reach.byDefault === false ? 'by default' : 'other'
      })
    return together([...named, ...moved])
  })
}

/** What several places come to; null where one of them is another device, or nothing is said. */
function together(devices: readonly Device[]): 'processor' | 'by default' | null {
  const chosen = devices.filter((one) => one !== 'follows')
  if (chosen.length === 0 || chosen.includes('other')) return null
  return chosen.includes('by default') ? 'by default' : 'processor'
}

/** In functions and classes that train, where the module has some: what samples or evaluates may run elsewhere. */
function trainingCode(python: PythonModule): (call: Call) => boolean {
  const trainers = new Set<Func | null>()
  for (const { role, function: func } of python.loops)
    if (role === 'train' || role === 'epoch') trainers.add(func)
  const classes = new Set([...trainers].map((func) => func?.class ?? null))
  return ({ function: func }) =>
    trainers.size === 0 ||
    func === null ||
    trainers.has(func) ||
    (func.class !== null && classes.has(func.class))
}

function namesDevice(python: PythonModule, value: Expr): boolean {
  // `x.to('cpu')` brings back a result.
  if (value.type === 'constant') return typeof value.value === 'string' && !value.value.startsWith('cpu')
  return /(^|[._])(device|dev|rank|gpu)$/i.test(python.code.slice(value.start, value.end))
}

function deviceOf(python: PythonModule, expr: Expr, depth = 0): Device {
  const folded = python.fold(expr)
  if (folded.state === 'known') return asDevice(folded.value, folded.overridable)
  if (depth > mostSteps) return 'other'
  const value = python.definition(expr)
  const next = (one: Expr) => deviceOf(python, one, depth + 1)
  if (value.type === 'call') {
    const [first] = value.args
    return python.nameOf(value.callee) === 'torch.device' && first !== undefined ? next(first.value) : 'other'
  }
  if (value.type === 'attribute') {
    const own = value.value.type === 'name' && /^(self|cls)$/.test(value.value.id)
    if (!own) return value.attr === 'device' && !isOption(value.value) ? 'follows' : 'other'
    const assigned = python.attributeValues(value)
    return together(assigned.map((one) => (one === null ? 'other' : next(one)))) ?? 'other'
  }
  if (value.type !== 'name') return 'other'
  const last = lastOfModule(python, value.id)
  return last === null ? parameterDefault(python, value) : next(last)
}

/** `device = 'cpu'` below `device = torch.device('cuda')`, which nothing has used by then. */
function isReplaced(python: PythonModule, call: Call): boolean {
  if (call.function !== null || call.assignedTo === null) return false
  const last = lastOfModule(python, call.assignedTo)
  return last !== null && call.expr.end <= last.start
}

/** What a name of the module is given in the end, where it is given several things and none of the earlier ones is used; else null. */
function lastOfModule(python: PythonModule, name: string): Expr | null {
  const bindings = python.moduleBindings.get(name) ?? []
  const last = bindings.at(-1)
  if (bindings.length < 2 || bindings.some(({ kind, unpack }) => kind !== 'assign' || unpack !== null))
    return null
  if (last === undefined || last.conditional || last.value === null) return null
  // Code between them may use what holds by then.
  const from = bindings[0]!.at
  const between = python.tree.body.filter(({ start, end }) => from <= start && end <= last.at)
  const idle = between.every(({ type }) => /^(assign|import|function|class|if)$/.test(type))
  const uses = python.code.slice(from, last.at).match(new RegExp(`\\b${name}\\b`, 'g')) ?? []
  return idle && uses.length < bindings.length ? last.value : null
}

function asDevice(value: unknown, overridable: boolean): Device {
  // That of a desk computer of Apple, which nobody rents, computes beside its processor.
  if (!/^(cpu|mps)/.test(String(value))) return 'other'
  return overridable ? 'by default' : 'processor'
}

function isOption(expr: Expr): boolean {
  return expr.type === 'name' && /^(args?|opts?|cfg|conf(ig)?|hparams|params|flags)$/i.test(expr.id)
}

/** What calls pass for a parameter, and its default, where no call that can be seen passes another device. */
function parameterDefault(python: PythonModule, name: Expr & { type: 'name' }): Device {
  const [binding, ...others] = python.bindingsOf(name)
  if (binding?.kind !== 'param' || others.length > 0) return 'other'
  const owner = python.parameterOf(binding)
  if (owner === null) return 'other'
  const given = passed(python, owner.func, binding.name, owner.position)
  if (binding.value === null) return together(given) ?? 'other'
  const otherwise = effective(python.fold(binding.value))
  if (otherwise === undefined) return 'other'
  return together([asDevice(otherwise, true), ...given]) ?? 'other'
}

function passed(python: PythonModule, func: Func, name: string, position: number): Device[] {
  const here = (python.callSites(func) ?? []).flatMap((site): Device[] => {
    const argument = python.argument(site, name, position)
    const expr = passedExpression(argument)
    if (argument.state === 'absent') return []
    const folded = argument.state === 'given' && expr !== null ? argument.folded : null
    return [folded?.state === 'known' ? asDevice(folded.value, folded.overridable) : 'other']
  })
  const outside = python.outsideCalls(func).flatMap(({ args }): Device[] => {
    const given = args?.find((one) => one.name === name) ?? args?.find((one) => one.position === position)
    if (given === undefined) return []
    return [given.value.state === 'known' ? asDevice(given.value.value, given.value.overridable) : 'other']
  })
  return [...here, ...outside]
}

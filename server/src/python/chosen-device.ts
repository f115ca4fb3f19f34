/** The device that code computes on where nobody chooses another: `device: str = 'cpu'`, `if args.use_cuda`. */

import type { Expr } from '../syntax/python-ast.js'
import { once } from '../text/once.js'
import { CircularAnswers } from './circular-answers.js'
import type { Call, Func, PythonModule } from './module.js'

/** `by default`: the processor, unless a caller or a launch that is not known says otherwise. `follows`: that of another tensor. */
type Device = 'processor' | 'by default' | 'other' | 'follows'

/** A device, and the expressions that choose it. */
interface Choice {
  device: Device
  chosenBy: Expr[]
  elsewhere?: boolean
}

export interface ProcessorChoice {
  device: 'processor' | 'by default'
  /** `'cpu'`, where it is written in this module; else the places that name the device. */
  chosenBy: Expr[]
  /** Whoever calls the function decides, and does so in another module, or is not seen. */
  elsewhere?: boolean
}

const mostSteps = 6

/** Every place that names a device names the processor; 'other': one may name another; null: none names any. */
export function deviceSaid(python: PythonModule): 'processor' | 'by default' | 'other' | null {
  const choices = deviceChoices(python)
  return choices.length === 0 ? null : (together(choices)?.device ?? 'other')
}

/** What chooses the processor; null: something may choose another device, or nothing does. */
export function processorChoice(python: PythonModule): ProcessorChoice | null {
  return together(deviceChoices(python))
}

function deviceChoices(python: PythonModule): readonly Choice[] {
  return once(python, 'devices that are named', () => {
    const trains = trainingCode(python)
    const devices: Devices = new CircularAnswers(other(), mostSteps)
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
    ].map(({ value }) => deviceOf(python, value, devices))
    const moved = python
      .methodCalls('cuda')
      .filter(trains)
      .map(({ expr }): Choice => {
        const reach = python.reach(expr.start)
        if (reach.state === 'never') return { device: 'processor', chosenBy: [expr] }
        const asked = reach.state === 'sometimes' && reach.byDefault === false
        return { device: asked ? 'by default' : 'other', chosenBy: [expr] }
      })
    return [...named, ...moved].filter(({ device }) => device !== 'follows')
  })
}

/** What several places come to; null where one of them is another device, or nothing is said. */
function together(choices: readonly Choice[]): ProcessorChoice | null {
  const chosen = choices.filter(({ device }) => device !== 'follows')
  if (chosen.length === 0 || chosen.some(({ device }) => device === 'other')) return null
  return {
    device: chosen.some(({ device }) => device === 'by default') ? 'by default' : 'processor',
    chosenBy: [...new Set(chosen.flatMap(({ chosenBy }) => chosenBy))],
    ...(chosen.some(({ elsewhere }) => elsewhere) ? { elsewhere: true } : {}),
  }
}

function other(...chosenBy: Expr[]): Choice {
  return { device: 'other', chosenBy }
}

/** In functions and classes that train, where the module has some: what samples or evaluates may run elsewhere. */
function trainingCode(python: PythonModule): (call: Call) => boolean {
  const trainers = new Set<Func | null>()
  for (const { role, function: func } of python.loops)
    if (role === 'train' || role === 'epoch') trainers.add(func)
  // `for batch in loader: gan.step(batch)`: the step is where the arithmetic is.
  if (trainers.size > 0) for (const { function: func } of python.methodCalls('backward')) trainers.add(func)
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

/** By the expressions that stand for them; attributes may be assigned each other. */
type Devices = CircularAnswers<Expr, Choice>

function deviceOf(python: PythonModule, expr: Expr, devices: Devices): Choice {
  const folded = python.fold(expr)
  if (folded.state === 'known') {
    const choice = asDevice(folded.value, folded.overridable, writtenAs(python, expr))
    return isGivenElsewhere(python, expr) ? { ...choice, elsewhere: true } : choice
  }
  return devices.of(expr, () => followed(python, expr, devices))
}

function followed(python: PythonModule, expr: Expr, devices: Devices): Choice {
  const value = python.definition(expr)
  const next = (one: Expr) => deviceOf(python, one, devices)
  if (value.type === 'call') {
    const [first] = value.args
    return python.nameOf(value.callee) === 'torch.device' && first !== undefined
      ? next(first.value)
      : other(expr)
  }
  if (value.type === 'attribute') {
    const own = value.value.type === 'name' && /^(self|cls)$/.test(value.value.id)
    if (!own)
      return value.attr === 'device' && !isOption(value.value)
        ? { device: 'follows', chosenBy: [] }
        : other(expr)
    const assigned = python
      .attributeValues(value)
      .filter((one) => one === null || python.reach(one.start).state !== 'never')
    return together(assigned.map((one) => (one === null ? other() : next(one)))) ?? other(expr)
  }
  if (value.type !== 'name') return other(expr)
  const last = lastOfModule(python, value.id)
  return last === null ? parameterDefault(python, value) : next(last)
}

/** A parameter that only other modules pass anything for. */
function isGivenElsewhere(python: PythonModule, expr: Expr): boolean {
  if (expr.type !== 'name') return false
  const [binding] = python.bindingsOf(expr)
  const owner = binding?.kind === 'param' ? python.parameterOf(binding) : null
  return owner !== null && (python.callSites(owner.func)?.length ?? 0) === 0
}

/** The text that the expression comes to, where it is written in this module. */
function writtenAs(python: PythonModule, expr: Expr): Expr {
  const value = python.definition(expr)
  const [option, ...others] =
    value.type === 'attribute' ? python.programArguments.filter(({ name }) => name === value.attr) : []
  const text = option === undefined || others.length > 0 ? value : (option.default ?? value)
  return text.type === 'constant' && text.end > text.start ? text : expr
}

/** `device = 'cpu'` below `device = torch.device('cuda')`, which nothing has used by then. */
function isReplaced(python: PythonModule, call: Call): boolean {
  if (call.function !== null || call.assignedTo === null) return false
  const last = lastOfModule(python, call.assignedTo)
  return last !== null && call.expr.end <= last.start
}

/** What a name of the module is given in the end, where it is given several things and none of the earlier ones is used; else null. */
function lastOfModule(python: PythonModule, name: string): Expr | null {
  return once(python, `what ${name} is in the end`, () => lastGiven(python, name))
}

function lastGiven(python: PythonModule, name: string): Expr | null {
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

function asDevice(value: unknown, overridable: boolean, expr: Expr): Choice {
  // That of a desk computer of Apple, which nobody rents, computes beside its processor.
  if (!/^(cpu|mps)/.test(String(value))) return other(expr)
  return { device: overridable ? 'by default' : 'processor', chosenBy: [expr] }
}

function isOption(expr: Expr): boolean {
  return expr.type === 'name' && /^(args?|opts?|cfg|conf(ig)?|hparams|params|flags)$/i.test(expr.id)
}

/** What calls pass for a parameter, and its default, where no call that can be seen passes another device. */
function parameterDefault(python: PythonModule, name: Expr & { type: 'name' }): Choice {
  const [binding, ...others] = python.bindingsOf(name)
  if (binding?.kind !== 'param' || others.length > 0) return other(name)
  const owner = python.parameterOf(binding)
  if (owner === null) return other(name)
  const given = passed(python, owner.func, name, owner.position)
  if (binding.value === null) return together(given) ?? other(name)
  const otherwise = python.fold(binding.value)
  if (otherwise.state !== 'known') return other(name)
  const byDefault = asDevice(otherwise.value, true, binding.value)
  const called = given.length > 0 || (python.callSites(owner.func)?.length ?? 0) > 0
  return together([called ? byDefault : { ...byDefault, elsewhere: true }, ...given]) ?? other(name)
}

function passed(
  python: PythonModule,
  func: Func,
  parameter: Expr & { type: 'name' },
  position: number,
): Choice[] {
  const name = parameter.id
  const here = (python.callSites(func) ?? []).flatMap((site): Choice[] => {
    const argument = python.argument(site, name, position)
    if (argument.state === 'absent') return []
    if (argument.state !== 'given' || argument.folded.state !== 'known') return [other(site.expr)]
    const { expr, folded } = argument
    return [asDevice(folded.value, folded.overridable, writtenAs(python, expr))]
  })
  const outside = python.outsideCalls(func).flatMap(({ args }): Choice[] => {
    const given = args?.find((one) => one.name === name) ?? args?.find((one) => one.position === position)
    if (given === undefined) return []
    return [
      given.value.state === 'known'
        ? { ...asDevice(given.value.value, given.value.overridable, parameter), elsewhere: true }
        : other(parameter),
    ]
  })
  return [...here, ...outside]
}

/** Evaluations that build graphs for a backward pass that never comes. */

import type { Call, Func, Loop, PythonModule } from '../../python/module.js'
import { isNetworkType, networkName } from '../../python/network-types.js'
import { lastIdentifier } from '../../python/training-calls.js'
import type { Expr, With } from '../../syntax/python-ast.js'
import { once } from '../../text/once.js'
import { passedExpression } from '../../values/argument.js'
import { comprehendedFrom } from './comprehensions.js'
import { codeText } from './evidence.js'
import { switchesForGood, switchesItself } from './gradient-switches.js'
import { callsIn, type HotCode, hotCode } from './hot-code.js'
import { networkText, optimizedNetworks } from './optimized-networks.js'
import { otherPhase, phasesOf } from './phases.js'

export interface Evaluation {
  loop: Loop
  /** The forward pass. */
  call: Call
  /** What the loop itself calls for it: the same, or the function that holds it, which may be a part of training too. */
  here: Call
  /** The function that evaluates and does nothing else; null: the loop stands among other work. */
  func: Func | null
  /** The loop trains in one phase and evaluates in another: that one, and the test that holds where it trains. */
  phase?: { name: string; training: string }
}

const switches = ['torch.no_grad', 'torch.inference_mode', 'torch.set_grad_enabled']
const others = ['torch.autograd.grad', 'torch.autograd.functional.', 'torch.func.', 'torch.enable_grad']
const anySwitch = /no_?grad|inference_?mode|set_grad_enabled|eval_?mode/i

export function evaluationsWithGradients(python: PythonModule): Evaluation[] {
  if (!keepsGradients(python)) return []
  const found: Evaluation[] = evaluatingPhases(python)
  for (const loop of python.loops) {
    if (loop.role !== 'evaluate' || loop.node.type !== 'for') continue
    if (found.some((one) => inside(loop, one.loop))) continue
    const { effects } = loop
    if (effects.backward || effects.optimizerStep) continue
    if ([...switches, ...others].some((name) => has(effects.calls, name))) continue
    const code = hotCode(python, loop.node.body, loop.function)
    const call = forwardPass(python, code)
    if (call === null || isSwitchedOff(python, call, loop)) continue
    found.push({ loop, call, here: callInLoop(code, call, loop), func: evaluatingFunction(python, loop) })
  }
  return found
}

/** Nothing in the program says that networks run without gradients, or need them. */
export function keepsGradients(python: PythonModule): boolean {
  return once(python, 'keeps gradients', () => {
    const computes = [...python.imports].some((name) =>
      /^(torch|fastai|timm|transformers|diffusers|torchvision|open_clip)(\.|$)/.test(name),
    )
    if (!python.uses('torch.') && !computes) return false
    if (onlyLoads(python) || switchesForGood(python)) return false
    if (/requires_grad_\(\s*False\s*\)|\.freeze\(\)|init_inference/.test(codeText(python))) return false
    return !networksTakeGradients(python)
  })
}

/** The code takes gradients in other ways than by a backward pass. */
export function takesGradients(calls: ReadonlySet<string>): boolean {
  return others.some((name) => has(calls, name))
}

const otherArrays = ['jax.', 'flax.', 'tensorflow.', 'mlx.', 'paddle.', 'mindspore.']

/** Its batches come from a loader of PyTorch, and another library computes, which keeps no graph behind a value. */
function onlyLoads(python: PythonModule): boolean {
  // Samples are put together into batches as tensors.
  const loading =
    /^torch(vision|audio)?(\.(utils(\.(data|tensorboard)(\.|$)|$)|datasets(\.|$)|transforms(\.|$)|(stack|cat|tensor|as_tensor|from_numpy|Tensor|manual_seed)$)|$)/
  const computes = [...python.imports, ...python.calls.map(({ name }) => name ?? '')].some(
    (name) => /^torch(\.|$)/.test(name) && !loading.test(name),
  )
  return !computes && python.uses(...otherArrays)
}

/** A network whose forward pass takes gradients fails without them: the forces of a potential. */
function networksTakeGradients(python: PythonModule): boolean {
  const takes = (calls: Iterable<string>): boolean => {
    const all = new Set(calls)
    return others.some((name) => has(all, name))
  }
  const own = python.classes.some(
    ({ bases, methods }) =>
      bases.some(isNetworkType) &&
      [...methods.values()].some(({ calls }) => takes(calls.flatMap(({ name }) => name ?? []))),
  )
  return (
    own ||
    python.imported.some(({ classes }) =>
      Object.values(classes).some(({ bases, calls }) => bases.some(isNetworkType) && takes(calls)),
    )
  )
}

/** Training loops that are run for a phase of validation as well, in which nothing switches gradients off. */
function evaluatingPhases(python: PythonModule): Evaluation[] {
  return python.loops.flatMap((loop): Evaluation[] => {
    if (loop.role !== 'train' || loop.node.type !== 'for') return []
    const phases = phasesOf(python, loop)
    const code = phases === null ? null : otherPhase(python, loop, phases)
    if (phases === null || code === null) return []
    if (
      others.some((name) => has(loop.effects.calls, name)) ||
      /requires_grad\s*=\s*False/.test(codeText(python))
    )
      return []
    const hot = hotCode(python, code.statements, loop.function)
    const call = forwardPass(python, hot)
    if (call === null || isSwitchedOff(python, call, loop)) return []
    const phase = { name: phases.other, training: code.training }
    return [{ loop, call, here: callInLoop(hot, call, loop), func: null, phase }]
  })
}

function has(calls: ReadonlySet<string>, name: string): boolean {
  if (!name.endsWith('.')) return calls.has(name)
  for (const call of calls) if (call.startsWith(name)) return true
  return false
}

function inside(inner: Loop, outer: Loop): boolean {
  for (let loop: Loop | null = inner; loop !== null; loop = loop.parent) if (loop === outer) return true
  return false
}

/** Passes through most of a network. */
const partOfForward = /^(features|forward_features|extract_features|encode|decode)$/

/** Methods that only a network has. */
const ofWhole = /^(encode_(image|text)|get_(image|text|audio)_features|forward_features|extract_features)$/

/** A call of the model itself: `model(x)`, `self.net(x)`, `model.forward(x)`, or of most of it: `model.features(x)`. */
export function forwardPass(analysis: PythonModule, code: HotCode): Call | null {
  for (const { expressions } of code.statements)
    for (const expr of expressions)
      for (const call of callsIn(analysis, expr)) if (runsNetwork(analysis, call)) return call
  return null
}

export function runsNetwork(analysis: PythonModule, call: Call): boolean {
  const { callee } = call.expr
  if (handsNetwork(analysis, call)) return true
  if (call.name !== null || (callee.type !== 'name' && callee.type !== 'attribute')) return false
  if (callee.type === 'attribute' && partOfForward.test(callee.attr)) {
    const whole = analysis.typeOf(callee.value)
    const own = analysis.functionOf(callee)
    if (whole !== null && isNetworkType(whole) && (own === null || !isDecorated(analysis, own))) return true
  }
  if (
    callee.type === 'attribute' &&
    ofWhole.test(callee.attr) &&
    networkName.test(lastIdentifier(callee.value))
  )
    return true
  const network = networkOf(call)
  // A module as well, but one without weights.
  if (/(loss|criterion|metric)s?(_?fn|_?func)?$/i.test(lastIdentifier(network))) return false
  const type = analysis.typeOf(network)
  if (type !== null && isNetworkType(type)) return true
  // A class that nobody sees is a network where an optimizer is given its weights.
  if (isOptimized(analysis, network)) return call.expr.args.length > 0
  if (type !== null) return false
  if (isOneOfNetworks(analysis, network)) return call.expr.args.length > 0
  if (!networkName.test(lastIdentifier(network)) || analysis.functionOf(network) !== null) return false
  if (isFunctionElsewhere(analysis, network) || takesArrays(call)) return false
  // A class makes a network, and runs none.
  if (/^[A-Z]/.test(lastIdentifier(network))) return false
  // `model.encoder(x)` is a part of a model, `model.model(x)` a wrapper of who knows what.
  if (
    network.type === 'attribute' &&
    !(network.value.type === 'name' && network.value.id === 'self') &&
    !isPutToWork(analysis, network)
  )
    return false
  return call.expr.args.length > 0
}

function networkOf({ expr: { callee } }: Call): Expr {
  return callee.type === 'attribute' && callee.attr === 'forward' ? callee.value : callee
}

/** A function of another module: by its definition, or by a name that nothing here gives a value, which came with `import *`. */
function isFunctionElsewhere(analysis: PythonModule, network: Expr): boolean {
  if (network.type !== 'name') return false
  return analysis.importedFunction(network) !== null || analysis.bindingsOf(network).length === 0
}

/** `classify(x.cpu().numpy())`: no network of PyTorch takes arrays, nor does a graph reach through them. */
function takesArrays({ expr }: Call): boolean {
  return expr.args.some(
    ({ value }) =>
      value.type === 'call' && value.callee.type === 'attribute' && value.callee.attr === 'numpy',
  )
}

function isOptimized(analysis: PythonModule, network: Expr): boolean {
  const text = networkText(analysis, network)
  return [...optimizedNetworks(analysis).values()].some((one) => one.has(text))
}

const severalNetworks = /^(\w+_)?(models|nets|networks|classifiers|backbones|learners|ensemble|members)\d*$/i

/** `for m in models:`, `[m(x) for m in models]`. */
function isOneOfNetworks(analysis: PythonModule, network: Expr): boolean {
  if (network.type !== 'name') return false
  const from = elementOf(analysis, network)
  return from !== null && severalNetworks.test(lastIdentifier(from))
}

/** What a loop or a comprehension takes a name from. */
function elementOf(analysis: PythonModule, name: Expr & { type: 'name' }): Expr | null {
  const [first] = analysis.bindingsOf(name).filter(({ kind }) => kind === 'loop')
  return comprehendedFrom(analysis, name) ?? first?.value ?? null
}

/** `wrapper.network.eval()` somewhere: that is the whole network. */
function isPutToWork(analysis: PythonModule, network: Expr): boolean {
  const written = ({ start, end }: Expr): string => analysis.code.slice(start, end)
  return ['eval', 'train'].some((method) =>
    analysis
      .methodCalls(method)
      .some(
        ({ expr: { callee } }) => callee.type === 'attribute' && written(callee.value) === written(network),
      ),
  )
}

/** A function of another module, also under a name of its own here, that runs a network which it is passed. */
function handsNetwork(analysis: PythonModule, call: Call): boolean {
  const { callee } = call.expr
  if (callee.type !== 'name') return false
  const called = heldBy(analysis, callee).map((one) => analysis.importedFunction(one))
  return (
    called.length > 0 &&
    called.every((one) => {
      if (
        one?.applies === undefined ||
        one.trains ||
        one.backward ||
        switches.some((name) => one.calls.includes(name))
      )
        return false
      return one.applies.some(({ name, position }) => {
        const network = passedExpression(analysis.argument(call, name, position))
        return network !== null && isNetwork(analysis, network)
      })
    })
  )
}

/** What a name stands for that is one function here and another there: `step = a if binary else b`. */
function heldBy(analysis: PythonModule, callee: Expr & { type: 'name' }): Expr[] {
  const held = analysis.bindingsOf(callee).map(({ kind, value }) => (kind === 'assign' ? namesIn(value) : []))
  return held.length > 0 && held.every((names) => names.length > 0) ? held.flat() : [callee]
}

function namesIn(expr: Expr | null): Expr[] {
  if (expr?.type === 'conditional') return [...namesIn(expr.then), ...namesIn(expr.otherwise)]
  return expr?.type === 'name' ? [expr] : []
}

function isNetwork(analysis: PythonModule, expr: Expr): boolean {
  const type = analysis.typeOf(expr)
  return type === null ? networkName.test(lastIdentifier(expr)) : isNetworkType(type)
}

/** Back from the forward pass to the call by which the loop reaches it. */
function callInLoop({ followed }: HotCode, call: Call, loop: Loop): Call {
  let here = call
  for (let step = 0; step < 4 && here.function !== loop.function && here.function !== null; step++) {
    const caller = followed.get(here.function)
    if (caller === undefined) return call
    here = caller
  }
  return here
}

function isSwitchedOff(analysis: PythonModule, call: Call, loop: Loop): boolean {
  const [around] = loop.calls
  if (switchAround(analysis, around?.withs ?? [])) return true
  return isSwitchedOffAt(analysis, call, loop.function)
}

/** Gradients are switched off around a call, in the function that holds it, or where that one is called. */
export function isSwitchedOffAt(analysis: PythonModule, call: Call, func: Func | null): boolean {
  return (
    switchAround(analysis, call.withs) ||
    isEnteredByHand(analysis, func) ||
    switchesItself(analysis, networkOf(call)) ||
    callersSwitch(analysis, func, 0)
  )
}

/** `switch = torch.inference_mode()`, `switch.__enter__()`, or `stack.enter_context(torch.no_grad())`: no block shows how far it holds. */
function isEnteredByHand(analysis: PythonModule, func: Func | null): boolean {
  return analysis
    .callsTo(...switches)
    .some(
      (one) =>
        one.function === func &&
        one.statement.type !== 'with' &&
        !isDecorator(func, one) &&
        (one.assignedTo !== null ||
          /__enter__|enter_context/.test(codeText(analysis, one.statement.start, one.statement.end))),
    )
}

const isDecorator = (func: Func | null, { expr }: Call): boolean =>
  func?.node.decorators.some(({ start, end }) => start <= expr.start && expr.end <= end) === true

function switchAround(analysis: PythonModule, withs: readonly With[]): boolean {
  return withs.some((one) =>
    one.items.some((item) => {
      const written = analysis.text.slice(item.value.start, item.value.end)
      // A context that comes from elsewhere may be the switch.
      return anySwitch.test(written) || /context|ctx|grad/i.test(written)
    }),
  )
}

function isDecorated(analysis: PythonModule, func: Func): boolean {
  return func.node.decorators.some((decorator: Expr) => {
    const name = analysis.nameOf(decorator.type === 'call' ? decorator.callee : decorator)
    // A decorator of the project that switches them off.
    const own = analysis.functionOf(decorator.type === 'call' ? decorator.callee : decorator)
    return (
      (own !== null && anySwitch.test(codeText(analysis, own.node.start, own.node.end))) ||
      (name !== null && switches.includes(name)) ||
      anySwitch.test(analysis.code.slice(decorator.start, decorator.end))
    )
  })
}

/** The function is called under a switch, here or in a module that imports it. */
function callersSwitch(analysis: PythonModule, func: Func | null, depth: number): boolean {
  if (func === null) return false
  if (isDecorated(analysis, func)) return true
  // What trains as well is not called without gradients.
  if (analysis.effectsOfFunction(func).backward) return false
  const outer = analysis.functions.find(
    (one) => one !== func && one.node.start < func.node.start && func.node.end <= one.node.end,
  )
  if (outer !== undefined && isDecorated(analysis, outer)) return true
  if (depth === 0) {
    const elsewhere = analysis.importers.flatMap((module) => module.uses)
    if (elsewhere.some((use) => switches.includes(use))) return true
  }
  const sites = analysis.callSites(func)
  // Handed around as a value: whoever calls it may switch gradients off.
  if (sites === null) return analysis.usesHere(...switches)
  if (depth >= 3) return false
  return sites.some(
    (site) =>
      switchAround(analysis, site.withs) ||
      (site.function !== null && site.function !== func && callersSwitch(analysis, site.function, depth + 1)),
  )
}

const evaluator = /eval|valid|test|predict|infer/i

function evaluatingFunction(analysis: PythonModule, loop: Loop): Func | null {
  const func = loop.function
  if (func === null || !evaluator.test(func.name) || func.node.decorators.length > 0) return null
  const effects = analysis.effectsOfFunction(func)
  return effects.backward || effects.optimizerStep || effects.trains ? null : func
}

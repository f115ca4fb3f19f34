/** Functions that the steps of a training loop in another module run: its losses, metrics, meters. */
import type { Func, Klass, PythonModule } from '../../python/module.js'
import { isNetworkType } from '../../python/network-types.js'
import type { Expr } from '../../syntax/python-ast.js'
import { someExpression } from '../../syntax/python-children.js'
import { once } from '../../text/once.js'
import { trainsAnywhere } from './evidence.js'

export interface Helper {
  func: Func
  /** Its parameters that lie on the accelerator. */
  onDevice: ReadonlySet<string>
}

/** Functions of this module that take no step of an optimiser themselves. */
export function helpersOf(python: PythonModule): readonly Helper[] {
  return once(python, 'helpers of steps', () => [
    ...calledElsewhere(python),
    ...losses(python),
    ...networks(python),
  ])
}

function calledElsewhere(python: PythonModule): Helper[] {
  return python.functions.flatMap((func) => {
    const calls = python.outsideCalls(func).filter(({ eachStep }) => eachStep === true)
    if (calls.length === 0 || func.name === '__init__' || python.effectsOfFunction(func).backward) return []
    if (python.loops.some((loop) => loop.function === func && loop.role !== 'other')) return []
    const params = parametersOf(func)
    const names = calls.flatMap(({ args }) =>
      (args ?? []).flatMap(({ name, position, onDevice }) => {
        const param = name ?? params[position ?? -1]
        return onDevice === true && param !== undefined ? [param] : []
      }),
    )
    return [{ func, onDevice: tensorsAmong(python, func, names) }]
  })
}

function parametersOf({ node, class: klass }: Func): string[] {
  const names = node.params.map(({ name }) => name)
  return klass !== null && /^(self|cls)$/.test(names[0] ?? '') ? names.slice(1) : names
}

const lossName = /loss|criterion/i

/** Each step computes the losses that a program makes, wherever its loop is. */
function losses(python: PythonModule): Helper[] {
  const classes = python.classes.filter(({ name, bases }) => lossName.test(name) && bases.some(isNetworkType))
  if (classes.length === 0 || !trainsAnywhere(python)) return []
  return classes.flatMap((klass) => {
    const forward = klass.methods.get('forward')
    if (forward === undefined || !isMade(python, klass)) return []
    return [{ func: forward, onDevice: tensorsAmong(python, forward, parametersOf(forward)) }]
  })
}

/** What judges results rather than makes them: Inception for a FID, metrics as modules. */
const measureName = /metric|scor(e|er|ing)(?![a-z])|eval|fid(?![a-z])|inception|lpips|accuracy/i

/** Each step runs the networks that a program makes and trains, wherever its loop is. */
function networks(python: PythonModule): Helper[] {
  return trainedForwards(python).map((func) => ({ func, onDevice: computedWith(func) }))
}

/** The forward passes of networks that a program makes and trains. */
export function trainedForwards(python: PythonModule): Func[] {
  const classes = python.classes.filter(
    ({ name, bases, methods }) =>
      !lossName.test(name) &&
      !measureName.test(name) &&
      bases.includes('torch.nn.Module') &&
      methods.has('forward'),
  )
  if (classes.length === 0 || measureName.test(python.path) || !trainsAnywhere(python)) return []
  return classes.flatMap((klass) => {
    const forward = klass.methods.get('forward')!
    return isMade(python, klass) && !isPassedBy(python, klass, forward) ? forward : []
  })
}

/** Programs call `model.logits(x)`, which the forward pass calls as well, and makes something to look at of it. */
function isPassedBy({ importers, programs }: PythonModule, { methods }: Klass, forward: Func): boolean {
  const own = forward.calls.flatMap(({ expr: { callee } }) =>
    callee.type === 'attribute' &&
    callee.value.type === 'name' &&
    callee.value.id === 'self' &&
    methods.has(callee.attr)
      ? [callee.attr]
      : [],
  )
  return own.some((name) =>
    [...importers, ...programs].some(({ uses }) => uses.some((one) => one.endsWith(`.${name}`))),
  )
}

/** The parameters that a network hands to its layers: lengths and names of a batch may stay on the host. */
function computedWith(forward: Func): ReadonlySet<string> {
  const handed = forward.calls.flatMap(({ expr: { callee, args } }) => {
    const own = callee.type === 'attribute' && callee.value.type === 'name' && callee.value.id === 'self'
    const [first] = args
    return own && first?.name === null && first.value.type === 'name' ? [first.value.id] : []
  })
  return new Set(parametersOf(forward).filter((name) => handed.includes(name)))
}

/** An object of the class, or of one that extends it, is made here or in a module that imports this one. */
function isMade(python: PythonModule, klass: Klass, depth = 0): boolean {
  if (python.isMadeOutside(klass) || python.constructionsOf(klass).length > 0) return true
  return (
    depth < 4 &&
    python.classes.some(
      (one) =>
        one !== klass &&
        one.node.bases.some(({ name, value }) => name === null && python.classOf(value) === klass) &&
        isMade(python, one, depth + 1),
    )
  )
}

const ofTensors =
  /^(item|detach|cpu|numpy|tolist|size|view|reshape|float|long|to|sum|mean|max|min|argmax|softmax|log_softmax|sigmoid|dim|permute|transpose|unsqueeze|squeeze|flatten|contiguous|clone|log|exp|abs|gather|topk|eq|t|any|all|new_\w+|masked_\w+)$/

/** The parameters that a function uses as tensors, or takes such from by a key. */
function tensorsAmong(python: PythonModule, func: Func, names: readonly string[]): ReadonlySet<string> {
  const elements = elementsOf(python, func)
  const given = (expr: Expr, name: string) =>
    expr.type === 'name' && (expr.id === name || elements.get(expr.id) === name)
  const describes = (expr: Expr, name: string) =>
    expr.type === 'attribute'
      ? /^(shape|device|dtype|ndim)$/.test(expr.attr) && given(expr.value, name)
      : expr.type === 'subscript' && given(expr.value, name) && isText(expr.index)
  return new Set(
    names.filter(
      (name) =>
        someExpression(func.node.body, (expr) => describes(expr, name)) ||
        func.calls.some(({ expr: { callee, args }, name: called }) =>
          callee.type === 'attribute' && given(callee.value, name)
            ? ofTensors.test(callee.attr)
            : args.some(({ value }) => given(value, name)) &&
              (called ?? python.typeOf(callee) ?? '').startsWith('torch.'),
        ),
    ),
  )
}

/** Names of what loops of the function go through, by it: the `value` of `for key, value in losses.items()`. */
function elementsOf(python: PythonModule, func: Func): Map<string, string> {
  const found = new Map<string, string>()
  for (const { function: owner, node } of python.loops) {
    if (owner !== func || node.type !== 'for' || node.iterable.type !== 'call') continue
    const { callee } = node.iterable
    if (callee.type !== 'attribute' || callee.value.type !== 'name') continue
    const { target } = node
    const element =
      callee.attr === 'items' && target.type === 'tuple'
        ? target.items[1]
        : callee.attr === 'values'
          ? target
          : null
    if (element?.type === 'name') found.set(element.id, callee.value.id)
  }
  return found
}

function isText(expr: Expr): boolean {
  return expr.type === 'constant' && typeof expr.value === 'string'
}

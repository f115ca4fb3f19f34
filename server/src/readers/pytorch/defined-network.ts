/** The network that a module defines and trains, with the size of its samples. */
import { type LayerTotals, Unfollowed } from '../../estimate/layers.js'
import { classAt, functionAt } from '../../python/definition-places.js'
import type { PythonModule } from '../../python/module.js'
import type { CallExpr, Expr } from '../../syntax/python-ast.js'
import { childrenOf } from '../../syntax/python-children.js'
import type { Span } from '../../text/location.js'
import { once } from '../../text/once.js'
import { numberArgument } from '../../values/argument.js'
import { followNetwork } from './follow-network.js'
import { isNetwork } from './network-values.js'

export interface DefinedModel extends LayerTotals {
  name: string
  /** What makes it: `Net()`. */
  place: Span
}

/**
 * The one network of the module whose parameters an optimiser takes, followed for an input of this shape (without batch);
 * null: there is none, it is defined elsewhere, or it does what is not followed.
 */
export function definedModel(python: PythonModule, input: readonly number[]): DefinedModel | null {
  return once(python, `defined model ${input.join('x')}`, () => {
    const made = trainedNetwork(python)
    if (made === null) return null
    try {
      return { ...followNetwork(python, made, input), place: { start: made.start, end: made.end } }
    } catch (error) {
      // Expressions may be nested deeper than the stack.
      if (error instanceof Unfollowed || error instanceof RangeError) return null
      throw error
    }
  })
}

/** Edges of images in common use, in pixels. */
const edges = [28, 32, 48, 64, 84, 96, 112, 128, 150, 160, 192, 224, 227, 256, 299, 384, 512]
const channels = [1, 3]

/**
 * The network and the shape of one sample. Without a known edge of the images the sizes of its layers must leave only one
 * of the usual ones.
 */
export function definedModelFor(
  python: PythonModule,
  edge: number | null,
): { model: DefinedModel; input: number[] } | null {
  const made = trainedNetwork(python)
  if (made === null) return null
  return once(python, `defined model for ${edge}`, () => {
    const images = (edge === null ? edges : [edge]).flatMap((size) =>
      channels.map((count) => [count, size, size]),
    )
    const vectors = edge === null ? widths(python).map((size) => [size]) : []
    const fitting = [...images, ...vectors].flatMap((input) => {
      const model = definedModel(python, input)
      return model === null ? [] : [{ model, input }]
    })
    const [first] = fitting
    // Images and their pixels in a row are the same to a network that begins by flattening them.
    const same = fitting.every(
      ({ model }) => model.full === first!.model.full && model.parameters === first!.model.parameters,
    )
    return first !== undefined && same ? first : null
  })
}

/** What linear layers of the module take. */
function widths(python: PythonModule): number[] {
  const found = python.callsTo('torch.nn.Linear').flatMap((call) => {
    const value = python.argument(call, 'in_features', 0)
    const count = numberArgument(value)
    return count === null ? [] : [count]
  })
  return [...new Set(found)].slice(0, 20)
}

/** The call that makes the network: of `optim.X(net.parameters())`. */
export function trainedNetwork(python: PythonModule): CallExpr | null {
  return once(python, 'trained network', () => {
    const found = new Set<CallExpr>()
    for (const call of python.calls) {
      if (call.name === null || !/^torch\.optim\.(?!lr_scheduler|swa_utils)(\w+\.)?[A-Z]\w*$/.test(call.name))
        continue
      const first = call.expr.args.find((one) => one.name === null || one.name === 'params')?.value
      const owner = first === undefined ? null : parameterOwner(python, first)
      const made = owner === null ? null : bare(python, owner)
      if (made === null) return null
      found.add(made)
    }
    const [only] = found
    return found.size === 1 ? only! : null
  })
}

/** `net` of `net.parameters()`, also filtered or in groups; null: there are several, or none that can be seen. */
function parameterOwner(python: PythonModule, expr: Expr): Expr | null {
  const owners = ownersIn(python, expr, 0)
  const [first] = owners
  const same = new Set(owners.map(({ start, end }) => python.text.slice(start, end))).size === 1
  return first !== undefined && same ? first : null
}

function ownersIn(python: PythonModule, expr: Expr, depth: number): Expr[] {
  if (
    expr.type === 'call' &&
    expr.callee.type === 'attribute' &&
    /^(named_)?parameters$/.test(expr.callee.attr)
  )
    return [expr.callee.value]
  if (expr.type === 'name' && depth < 3) {
    const made = python.definition(expr)
    return made === expr ? [] : ownersIn(python, made, depth + 1)
  }
  return childrenOf(expr).flatMap((child) => ownersIn(python, child, depth))
}

const wrappers = /^torch\.(compile|nn\.DataParallel|nn\.parallel\.(\w+\.)?DistributedDataParallel)$/

const mostChoices = 20

/** Without `.to(device)`, wrappers and compilers. `chosen`: what conditional expressions come to, null while they are looked into. */
function bare(python: PythonModule, expr: Expr, chosen = new Map<Expr, CallExpr | null>()): CallExpr | null {
  let current: Expr = expr
  for (let step = 0; step < 10; step++) {
    const made = current.type === 'call' ? current : python.definition(current)
    if (made.type === 'conditional') {
      // `DataParallel(model) if several else model`
      const before = chosen.get(made)
      if (before !== undefined || chosen.size === mostChoices) return before ?? null
      chosen.set(made, null)
      const one = bare(python, made.then, chosen)
      const both = one === bare(python, made.otherwise, chosen) ? one : null
      chosen.set(made, both)
      return both
    }
    if (made.type !== 'call') {
      const given = handedOver(python, made)
      if (given === null) return null
      current = given
      continue
    }
    const { callee } = made
    const name = python.nameOf(callee)
    if (name !== null && wrappers.test(name)) {
      const inner = made.args[0]?.value
      if (inner === undefined) return null
      current = inner
    } else if (
      callee.type === 'attribute' &&
      /^(to|cuda|train|float|cpu|module)$/.test(callee.attr) &&
      name === null
    )
      current = callee.value
    else if (name === 'torch.nn.Sequential' || isNetwork(classAt(python, callee)?.klass ?? null)) return made
    else return functionAt(python, callee) === null ? null : made
  }
  return null
}

/** What every caller passes for a parameter, or the one thing that an attribute is given. */
function handedOver(python: PythonModule, expr: Expr): Expr | null {
  if (expr.type === 'attribute') {
    const [value, ...others] = python.attributeValues(expr)
    return value == null || others.length > 0 ? null : value
  }
  if (expr.type !== 'name') return null
  const possible = python.possible(expr)
  const [only] = possible ?? []
  return possible?.length === 1 && only !== expr ? only! : null
}

/** Passes of a training loop through networks that it does not train, over the batch as the loader gives it. */
import type { Call, Loop, PythonModule } from '../../python/module.js'
import { isNetworkType } from '../../python/network-types.js'
import { readyNetworkOf } from '../../python/ready-networks.js'
import type { Expr, Stmt } from '../../syntax/python-ast.js'
import { childrenOf, expressionsOf, lastName, namesIn } from '../../syntax/python-children.js'
import { effective } from '../../values/value.js'
import { type CalledNetwork, calledNetwork, isFromLibrary, isUntouched } from './called-networks.js'
import { networkText, optimizedNetworks } from './optimized-networks.js'
import { targetNames, textOfTarget } from './step-values.js'

export interface FrozenPass {
  network: CalledNetwork
  /** What stands for the network where it is frozen or made. */
  made: Expr
  run: { call: Call; loop: Loop }
}

/** `frozen`: the networks whose weights the program freezes, by name. */
export function frozenPasses(python: PythonModule, frozen: ReadonlyMap<string, Expr>): FrozenPass[] {
  const found: FrozenPass[] = []
  for (const call of python.calls) {
    const loop = [...call.loops].reverse().find((one) => one.role === 'train')
    if (loop === undefined || loop.node.type !== 'for' || call.expr.args.length === 0) continue
    const network = calledNetwork(python, call)
    if (network === null) continue
    const batch = new Set(namesIn(loop.node.target))
    // `normalize=True` is the same for all samples.
    const given = call.expr.args.filter(({ value }) => effective(python.fold(value)) === undefined)
    if (given.length === 0 || !given.every(({ value }) => fromBatch(python, value, batch, loop))) continue
    const name = network.names.find((one) => frozen.has(one))
    const made = name === undefined ? untrained(python, network, call) : frozen.get(name)!
    if (made === null) continue
    // The whole model is frozen but for a head that was put on it.
    if (network.names.some((one) => hasNewHead(python, one)) || feedsAnother(python, call, loop))
      found.push({ network, made, run: { call, loop } })
  }
  return found
}

/** No optimizer is given its weights, and it always gives the same: the caller froze it, or it is in evaluation mode. */
function untrained(python: PythonModule, network: CalledNetwork, call: Call): Expr | null {
  const made = network.origins.at(-1)!
  if (frozenOutside(python, network)) return made
  const optimizers = [...optimizedNetworks(python).values()]
  if (optimizers.length === 0 || optimizers.some((one) => one.size === 0)) return null
  const text = python.code
  const says = (method: string) =>
    network.names.some((name) =>
      new RegExp(`(?<![\\w.])${name.replace('.', '\\.')}\\.${method}\\(`).test(text),
    )
  const origin = python.definition(made)
  // What embeds texts does so in evaluation mode and without gradients.
  const embeds = call.method === 'encode' && readyNetworkOf(python, network.expr) !== null
  const evaluates = embeds || says('eval') || /\.eval\(\)/.test(python.code.slice(origin.start, origin.end))
  if (!evaluates || call.conditional) return null
  const ready = isFromLibrary(python, network) || readyNetworkOf(python, network.expr) !== null
  if (!ready && !says('load_state_dict')) return null
  return isUntouched(python, network) ? made : null
}

/** All callers in other modules pass a network that they have frozen. */
function frozenOutside(python: PythonModule, { expr }: CalledNetwork): boolean {
  if (expr.type !== 'name') return false
  const bindings = python.bindingsOf(expr)
  const owner =
    bindings.length === 1 && bindings[0]!.kind === 'param' ? python.parameterOf(bindings[0]!) : null
  if (owner === null || (python.callSites(owner.func) ?? []).length > 0) return false
  const calls = python.outsideCalls(owner.func)
  return (
    calls.length > 0 &&
    calls.every(
      ({ args }) =>
        args?.some(
          ({ name, position, frozen }) =>
            frozen === true && (name === expr.id || (name === null && position === owner.position)),
        ) === true,
    )
  )
}

/** Methods that give what they are called on, elsewhere or in another shape. */
export const keepsContent =
  /^(to|cuda|float|half|long|view|reshape|squeeze|unsqueeze|transpose|permute|contiguous|flatten|get)$/

const rearranges = /^(list|tuple|enumerate|zip|map|sorted)$/
const prepares = /token|processor|extractor|converter|preprocess|^(proc|fe|encode_texts)$/i

/** Not a tokenizer: a layer may learn, and gives something else in each epoch. */
function isLayer(python: PythonModule, callee: Expr): boolean {
  const type = python.typeOf(callee)
  if (type !== null && isNetworkType(type)) return true
  const text = networkText(python, callee)
  return [...optimizedNetworks(python).values()].some((one) => one.has(text))
}

/** What the loader gave, moved to another device at most. */
export function fromBatch(
  python: PythonModule,
  expr: Expr,
  batch: ReadonlySet<string>,
  loop: Loop,
  depth = 0,
): boolean {
  if (depth > 6) return false
  const inner = (one: Expr): boolean => fromBatch(python, one, batch, loop, depth + 1)
  if (expr.type === 'subscript')
    return inner(expr.value) || namesIn(expr.index).some((name) => batch.has(name))
  if (expr.type === 'starred') return inner(expr.value)
  if (expr.type === 'attribute') return inner(expr.value)
  if (expr.type === 'call') {
    const { callee, args } = expr
    if (callee.type === 'attribute' && keepsContent.test(callee.attr) && inner(callee.value)) return true
    // `list(texts)`, `tokenizer(texts, return_tensors='pt')`: the same of the same.
    const first = args[0]?.value
    const same = callee.type === 'name' && rearranges.test(callee.id)
    return (
      first !== undefined &&
      (same || (prepares.test(lastName(callee)) && !isLayer(python, callee))) &&
      inner(first)
    )
  }
  // `{key: value.to(device) for key, value in batch.items()}`.
  if (expr.type === 'comprehension') {
    const { iterable } = expr.clauses[0]!
    const over =
      iterable.type === 'call' && iterable.callee.type === 'attribute' ? iterable.callee.value : iterable
    return expr.clauses.length === 1 && (inner(over) || inner(iterable))
  }
  if (expr.type !== 'name') return false
  const made = python.definition(expr)
  const holds = ({ start, end }: Expr) => loop.node.start <= start && end <= loop.node.end
  if (made !== expr) return holds(made) && (inner(made) || (made.type === 'name' && batch.has(made.id)))
  // `images, labels = batch`.
  const binding = python.bindingsOf(expr).at(-1)
  if (
    binding?.kind === 'assign' &&
    binding.value !== null &&
    binding.unpack !== null &&
    holds(binding.value)
  ) {
    const part = binding.value.type === 'tuple' ? binding.value.items[binding.unpack[0] ?? 0] : binding.value
    return part !== undefined && inner(part)
  }
  return batch.has(expr.id)
}

export function hasNewHead(python: PythonModule, name: string): boolean {
  const head = new RegExp(
    `(^|[^\\w.])${name.replace(/[.]/g, '\\.')}\\.(fc|classifier|head|heads|last_linear)(\\.\\w+|\\[-?\\d+\\])?\\s*=[^=]`,
  )
  return head.test(python.code)
}

/** Its result goes into another network, by itself or after further arithmetic; one that is compared with only does not. */
export function feedsAnother(python: PythonModule, call: Call, loop: Loop): boolean {
  const holding = new Set<string>()
  let begun = false
  for (const statement of python.statements) {
    if (statement.start < loop.node.start || statement.end > loop.node.end) continue
    begun ||= statement === call.statement
    if (!begun) continue
    const carries = (expr: Expr): boolean =>
      expr === call.expr || holding.has(textOfTarget(expr) ?? '') || childrenOf(expr).some(carries)
    const feeds = (expr: Expr): boolean =>
      (expr.type === 'call' &&
        expr !== call.expr &&
        isNetworkCall(python, expr) &&
        expr.args.some(({ value }) => carries(value))) ||
      childrenOf(expr).some(feeds)
    if (expressionsOf(statement).some(feeds)) return true
    for (const name of targetsOf(statement, carries)) holding.add(name)
  }
  return false
}

function targetsOf(statement: Stmt, carries: (expr: Expr) => boolean): string[] {
  if (statement.type === 'assign' && statement.value !== null && carries(statement.value))
    return statement.targets.flatMap(targetNames)
  return statement.type === 'augassign' && carries(statement.value) ? targetNames(statement.target) : []
}

const measures = /loss|crit|metric|dist|score|acc/i

/** A network, or a function or an object of the project that takes the step. */
function isNetworkCall(python: PythonModule, expr: Expr & { type: 'call' }): boolean {
  const { callee } = expr
  if (python.effects(expr).backward) return true
  const name = textOfTarget(callee) ?? (callee.type === 'attribute' ? textOfTarget(callee.value) : null)
  if (name === null || measures.test(name) || python.nameOf(callee) !== null) return false
  if (callee.type !== 'attribute' || textOfTarget(callee) !== null) return python.functionOf(callee) === null
  // `model.head(features)`: a part of what is trained, or the whole of it.
  const networks = [...optimizedNetworks(python).values()].flatMap((one) => [...one])
  return networks.includes(name) || networks.includes(networkText(python, callee))
}

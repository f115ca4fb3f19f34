/** Values that the host reads from the accelerator many times in one step, one by one. */

import type { Func, PythonModule } from '../../python/module.js'
import { lastIdentifier } from '../../python/training-calls.js'
import type { CallExpr, Expr, For, Stmt, While } from '../../syntax/python-ast.js'
import { blocksOf, namesIn, someExpression } from '../../syntax/python-children.js'
import type { Span } from '../../text/location.js'
import { numberIn } from '../../values/argument.js'
import { type DeviceValues, deviceValues, readingMethods } from './device-values.js'
import { isModelCall } from './forward-block.js'
import type { HotStatement } from './hot-code.js'
import type { Step } from './step-operations.js'
import { synchronisation } from './synchronisation.js'

/** What it is read for each of: samples of a batch, parameters of a network, what a loop finds until none is left. */
export type Repeated = 'sample' | 'parameter' | 'element'

export interface RepeatedRead {
  /** `.item()`, `an index on the accelerator`. */
  what: string
  node: Span
  /** Null: an index, which nothing in the code asks for. */
  expr: Expr | null
  each: Repeated
}

/** What a loop counts that a step looks at one by one. */
const kinds = /class|label|categor|joint|keypoint|channel|head|anchor|task/i

/** Batches of fewer samples are read in no time. */
const fewSamples = 8

/** The reads of a step that a loop inside of it repeats, be it around the call of the function that reads. */
export function repeatedReads(python: PythonModule, step: Step): RepeatedRead[] {
  const { statements } = step.code
  const loops = statements.filter(({ statement }) => statement.type === 'for' || statement.type === 'while')
  const batches = new Batches(python, step)
  const known = new Map(loops.map((loop) => [loop, batches.repeats(loop)]))
  if (![...known.values()].some((each) => each !== null) && !batches.values.comprehends) return []
  const { extractions } = synchronisation(python, step.code, { onDevice: step.onDevice, conditional: true })
  const reads = extractions.flatMap(
    ({ what, node, expr, func, loops: around, comprehensions }): RepeatedRead[] => {
      const each =
        around.map((one) => known.get(one) ?? null).find((one) => one !== null) ??
        comprehensions.map((one) => batches.repeatsIn(one, func)).find((one) => one !== null)
      if (each === undefined || each === null || expr === null) return []
      if (each === 'sample' && (batches.isOnHost(expr, func) || isCopyOfOne(expr, comprehensions.length > 0)))
        return []
      return [{ what, node, expr, each }]
    },
  )
  for (const { statement, func } of loops.filter((one) => known.get(one) === 'sample'))
    if (statement.type === 'for') reads.push(...batches.indices(statement, func))
  return reads.sort((a, b) => a.node.start - b.node.start)
}

/** It leaves after a few samples, or draws them. */
function showsSome(python: PythonModule, loop: For): boolean {
  return (
    leaves(loop.body) ||
    someExpression(
      loop.body,
      (expr) => expr.type === 'call' && /^matplotlib\./.test(python.nameOf(expr.callee) ?? ''),
    )
  )
}

function leaves(block: readonly Stmt[]): boolean {
  return block.some(
    (one) => one.type === 'return' || one.type === 'break' || blocksOf(one).some((inner) => leaves(inner)),
  )
}

class Batches {
  readonly values: DeviceValues

  constructor(
    private readonly python: PythonModule,
    private readonly step: Step,
  ) {
    this.values = deviceValues(python, step.code, step.onDevice)
  }

  /** What a loop of the step goes through one by one; null: nothing that takes long, or not in each step. */
  repeats({ statement, func, guarded, conditional, exceptional }: HotStatement): Repeated | null {
    if (guarded || conditional || exceptional) return null
    if (statement.type === 'while') return this.isUsedUp(statement, func) ? 'element' : null
    if (statement.type !== 'for' || showsSome(this.python, statement)) return null
    const { target, iterable, body } = statement
    if (isOfParameters(this.python, iterable) || readsGradients(target, body)) return 'parameter'
    if (this.isGoneThrough(statement, func)) return 'sample'
    return this.counts(statement) ? 'element' : null
  }

  /** `for c in range(num_classes): …`, in which no network runs: each read waits for the same step. */
  private counts({ iterable, body }: For): boolean {
    const over =
      iterable.type === 'call' && lastIdentifier(iterable.callee) === 'tqdm'
        ? iterable.args[0]?.value
        : iterable
    if (over?.type !== 'call' || this.python.nameOf(over.callee) !== 'range') return false
    const [only, end] = over.args
    const last = (end ?? only)?.value
    if (last === undefined) return false
    const count = numberIn(this.python.fold(last))
    const many =
      count === null ? kinds.test(this.python.code.slice(last.start, last.end)) : count >= fewSamples
    if (!many || this.python.effects(body).backward) return false
    return !someExpression(body, (expr) => expr.type === 'call' && isModelCall(this.python, expr))
  }

  /** The same of a comprehension. */
  repeatsIn({ clauses }: Expr & { type: 'comprehension' }, func: Func | null): Repeated | null {
    if (clauses.some(({ iterable }) => isOfParameters(this.python, iterable))) return 'parameter'
    return clauses.some(({ target, iterable }) => this.isGoneThrough({ target, iterable, body: [] }, func))
      ? 'sample'
      : null
  }

  /** `while order.numel() > 0: … order = order[1:][mask]`: a tensor of which each pass takes some. */
  private isUsedUp({ test, body }: While, func: Func | null): boolean {
    return body.some((one) => {
      if (one.type !== 'assign' || one.value?.type !== 'subscript') return false
      const [target] = one.targets
      return (
        target?.type === 'name' &&
        rootOf(one.value).type === 'name' &&
        (rootOf(one.value) as Expr & { type: 'name' }).id === target.id &&
        namesIn(test).includes(target.id) &&
        this.values.holds(one.value, func)
      )
    })
  }

  /** `for t, p in zip(labels, preds)`, `for i in range(len(labels)): labels[i]`. */
  isGoneThrough(
    { target, iterable, body }: Pick<For, 'target' | 'iterable' | 'body'>,
    func: Func | null,
  ): boolean {
    const [elements, over] = counted(target, iterable)
    const parts = over.type === 'call' && lastIdentifier(over.callee) === 'zip' ? over.args : null
    if (parts !== null) return parts.some(({ value }) => this.isBatch(value, func))
    if (over.type !== 'call' || this.python.nameOf(over.callee) !== 'range') return this.isBatch(over, func)
    const [only, end] = over.args
    const count = only === undefined ? null : numberIn(this.python.fold((end ?? only).value))
    if ((count ?? Number.POSITIVE_INFINITY) < fewSamples || elements.type !== 'name') return false
    const { id } = elements
    return someExpression(
      body,
      (expr) =>
        expr.type === 'subscript' && isIndexedBy(expr.index, id) && this.isBatch(readFrom(expr.value), func),
    )
  }

  /** A tensor on the accelerator, rather than a list of what a network finds. */
  private isBatch(expr: Expr, func: Func | null, depth = 0): boolean {
    return depth < 8 && this.values.holds(expr, func) && this.isTensor(expr, depth)
  }

  private isTensor(expr: Expr, depth: number): boolean {
    if (depth > 8) return false
    switch (expr.type) {
      case 'name': {
        const bindings = this.python.bindingsOf(expr)
        return (
          // What a loader gives, until it is moved.
          bindings.some(({ kind }) => kind === 'assign') &&
          bindings.every(({ kind, value, unpack }) => {
            const given = value?.type === 'tuple' ? value.items[unpack?.[0] ?? -1] : value
            return kind === 'loop' || (kind === 'assign' && given != null && this.isTensor(given, depth + 1))
          })
        )
      }
      case 'attribute':
        return /^(data|T|mT)$/.test(expr.attr) && this.isTensor(expr.value, depth + 1)
      case 'binary':
        return (
          /^([<>]=?|[=!]=|[-+*/&|])$/.test(expr.op) &&
          [expr.left, expr.right].some((side) => this.isTensor(side, depth + 1))
        )
      case 'call': {
        const { callee } = expr
        const name = this.python.nameOf(callee)
        if (name !== null) return tensorFunctions.test(name)
        return callee.type === 'attribute' && tensorMethods.test(callee.attr)
      }
      default:
        return false
    }
  }

  /** What a read goes to is a copy on the host by then: `preds = preds.cpu()`. */
  isOnHost(expr: Expr, func: Func | null, depth = 0): boolean {
    const root = rootOf(expr)
    if (root.type !== 'name' || depth > 4) return false
    return this.python.bindingsOf(root).some(({ kind, value: bound, unpack }) => {
      const value = bound === null ? null : partOf(bound, unpack ?? [])
      if (value === null) return false
      // The batches themselves come from the host.
      if (kind === 'loop')
        return value.start > this.step.body[0]!.start && this.isOnHost(value, func, depth + 1)
      return kind === 'assign' && !this.values.holds(value, func)
    })
  }

  /** `confusion[t.long(), p.long()] += 1`: the host has to know which element that is. */
  indices({ target, iterable, body }: For, func: Func | null): RepeatedRead[] {
    const [elements, over] = counted(target, iterable)
    const zipped = over.type === 'call' && lastIdentifier(over.callee) === 'zip' ? over.args : null
    const names = new Set<string>()
    if (zipped === null) {
      if (elements.type === 'name' && this.isBatch(over, func)) names.add(elements.id)
    } else if (elements.type === 'tuple')
      elements.items.forEach((item, at) => {
        const part = zipped[at]?.value
        if (item.type === 'name' && part !== undefined && this.isBatch(part, func)) names.add(item.id)
      })
    if (names.size === 0) return []
    const found: RepeatedRead[] = []
    const isElement = (expr: Expr): boolean => {
      if (expr.type === 'name') return names.has(expr.id)
      if (expr.type === 'attribute') return expr.attr === 'data' && isElement(expr.value)
      return (
        expr.type === 'call' &&
        expr.callee.type === 'attribute' &&
        /^(long|int|view|squeeze|detach)$/.test(expr.callee.attr) &&
        isElement(expr.callee.value)
      )
    }
    someExpression(body, (expr) => {
      if (expr.type !== 'subscript') return false
      const { index } = expr
      const at = index.type === 'tuple' ? index.items.find(isElement) : isElement(index) ? index : undefined
      if (at !== undefined)
        found.push({ what: 'an index on the accelerator', node: at, expr: null, each: 'sample' })
      return false
    })
    return found
  }
}

/** `errors` of `for i, e in zip(indices, errors)`, by where the name stands among its targets. */
function partOf(iterable: Expr, unpack: readonly number[]): Expr {
  const [at, ...rest] = unpack
  if (iterable.type !== 'call' || at === undefined) return iterable
  const called = lastIdentifier(iterable.callee)
  const part =
    called === 'zip' ? iterable.args[at] : called === 'enumerate' && at === 1 ? iterable.args[0] : undefined
  return part === undefined ? iterable : partOf(part.value, rest)
}

/** `model.parameters()`, `model.named_parameters()`, and what is picked of them. */
function isOfParameters(python: PythonModule, expr: Expr, depth = 0): boolean {
  const made = python.definition(expr)
  if (depth > 4) return false
  const inner = (one: Expr | undefined) => one !== undefined && isOfParameters(python, one, depth + 1)
  if (made.type === 'comprehension') return made.clauses.some(({ iterable }) => inner(iterable))
  if (made.type !== 'call') return false
  const called = lastIdentifier(made.callee)
  if (/^(named_)?parameters$/.test(called)) return true
  return (
    /^(list|tuple|enumerate|zip|filter|tqdm)$/.test(called) && made.args.some(({ value }) => inner(value))
  )
}

/** `for p in parameters: total += p.grad.norm().item()`: what has a gradient is a parameter. */
function readsGradients(target: Expr, body: readonly Stmt[]): boolean {
  const names = target.type === 'name' ? [target.id] : target.type === 'tuple' ? namesIn(target) : []
  return someExpression(
    [...body],
    (expr) =>
      expr.type === 'attribute' &&
      expr.attr === 'grad' &&
      expr.value.type === 'name' &&
      names.includes(expr.value.id),
  )
}

const tensorMethods =
  /^(to|cuda|view|reshape|flatten|squeeze|argmax|max|softmax|sigmoid|round|long|float|int|bool|eq|ne|gt|ge|lt|le|detach|clone|contiguous|permute|transpose|view_as|expand_as|topk|abs|neg|pow|square|sqrt|exp|log|clamp|gather|masked_fill|unsqueeze)$/
const tensorFunctions =
  /^torch\.(nn\.functional\.)?(max|argmax|sigmoid|softmax|log_softmax|round|eq|ne|gt|ge|lt|le|where|squeeze|flatten|stack|cat|one_hot|topk|sign)$/

/** `for i, (a, b) in enumerate(zip(…))`: what it goes over, and the names of an element. */
function counted(target: Expr, iterable: Expr): [Expr, Expr] {
  if (iterable.type !== 'call' || !/^(enumerate|tqdm)$/.test(lastIdentifier(iterable.callee)))
    return [target, iterable]
  const over = iterable.args[0]?.value
  if (over === undefined) return [target, iterable]
  if (lastIdentifier(iterable.callee) === 'tqdm') return counted(target, over)
  const element = target.type === 'tuple' ? target.items[1] : undefined
  return element === undefined ? [target, iterable] : [element, over]
}

/** `pictures[i].cpu()`: all that is copied belongs to the sample, which takes as long for a batch at once. */
function isCopyOfOne(expr: Expr, ofElement: boolean): boolean {
  const read = readFrom(expr)
  // `[prepare(picture.cpu()) for picture in pictures]`.
  if (ofElement && read !== expr && lastIdentifier((expr as CallExpr).callee) !== 'item') return true
  if (read === expr || (expr.type === 'call' && lastIdentifier(expr.callee) === 'item')) return false
  return rootedInSubscript(read)
}

function rootedInSubscript(expr: Expr): boolean {
  if (expr.type === 'subscript') return true
  if (expr.type === 'attribute') return rootedInSubscript(expr.value)
  return expr.type === 'call' && expr.callee.type === 'attribute' && rootedInSubscript(expr.callee)
}

/** `labels.cpu().numpy()`: the whole batch is copied. */
function readFrom(expr: Expr): Expr {
  if (expr.type !== 'call' || expr.callee.type !== 'attribute') return expr
  return readingMethods.test(expr.callee.attr) ? readFrom(expr.callee.value) : expr
}

function isIndexedBy(index: Expr, name: string): boolean {
  const first = index.type === 'tuple' ? index.items[0] : index
  return first?.type === 'name' && first.id === name
}

/** `preds` of `preds[i].item()` and of `int(preds[i])`. */
function rootOf(expr: Expr): Expr {
  if (expr.type === 'call') {
    const given = expr.args[0]?.value
    return rootOf(expr.callee.type === 'attribute' || given === undefined ? expr.callee : given)
  }
  return expr.type === 'attribute' || expr.type === 'subscript' ? rootOf(expr.value) : expr
}

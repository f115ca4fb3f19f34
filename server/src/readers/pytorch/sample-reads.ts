/** Values that the host reads from the accelerator for each sample of a batch, one by one. */
import { lastIdentifier } from '../../python/effects.js'
import type { Func, PythonModule } from '../../python/module.js'
import type { Expr, For, Stmt } from '../../syntax/python-ast.js'
import { blocksOf, someExpression } from '../../syntax/python-children.js'
import type { Span } from '../../text/location.js'
import { numberIn } from '../../values/argument.js'
import { DeviceValues, readingMethods, torchDialect } from './device-values.js'
import type { Step } from './step-operations.js'
import { synchronisation } from './synchronisation.js'

export interface SampleRead {
  /** `.item()`, `an index on the accelerator`. */
  what: string
  node: Span
  /** Null: an index, which nothing in the code asks for. */
  expr: Expr | null
}

/** Batches of fewer samples are read in no time. */
const fewSamples = 8

/** The reads of a step that stand in a loop over the samples of its batch, or over the elements of its results. */
export function sampleReads(python: PythonModule, step: Step): SampleRead[] {
  const inner = step.code.statements.flatMap(({ statement, func, guarded, conditional, exceptional }) =>
    statement.type === 'for' && !guarded && !conditional && !exceptional && !showsSome(python, statement)
      ? [{ node: statement, func }]
      : [],
  )
  if (inner.length === 0) return []
  const batches = new Batches(python, step)
  const over = inner.filter(({ node, func }) => batches.isGoneThrough(node, func))
  if (over.length === 0) return []
  const within = (span: Span) =>
    over.some(({ node }) => node.iterable.end <= span.start && span.end <= node.end)
  const called = [...step.code.followed].filter(([, call]) => within(call.expr))
  const bodies = called.map(([func]) => func.node)
  const isRepeated = (span: Span) =>
    within(span) || bodies.some((body) => body.start <= span.start && span.end <= body.end)
  const { extractions } = synchronisation(python, step.code, { onDevice: step.onDevice, conditional: true })
  const reads: SampleRead[] = extractions.filter(
    ({ node, expr, func }) =>
      isRepeated(node) && expr !== null && !batches.isOnHost(expr, func) && !isCopyOfOne(expr),
  )
  for (const { node, func } of over) for (const found of batches.indices(node, func)) reads.push(found)
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
  private readonly values: DeviceValues

  constructor(
    private readonly python: PythonModule,
    private readonly step: Step,
  ) {
    this.values = new DeviceValues(python, step.code, torchDialect, step.onDevice)
  }

  /** `for t, p in zip(labels, preds)`, `for i in range(len(labels)): labels[i]`. */
  isGoneThrough({ target, iterable, body }: For, func: Func | null): boolean {
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
    return this.python.bindingsOf(root).some(({ kind, value }) => {
      if (value === null) return false
      // The batches themselves come from the host.
      if (kind === 'loop')
        return value.start > this.step.body[0]!.start && this.isOnHost(value, func, depth + 1)
      return kind === 'assign' && !this.values.holds(value, func)
    })
  }

  /** `confusion[t.long(), p.long()] += 1`: the host has to know which element that is. */
  indices({ target, iterable, body }: For, func: Func | null): SampleRead[] {
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
    const found: SampleRead[] = []
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
      if (at !== undefined) found.push({ what: 'an index on the accelerator', node: at, expr: null })
      return false
    })
    return found
  }
}

const tensorMethods =
  /^(to|cuda|view|reshape|flatten|squeeze|argmax|max|softmax|sigmoid|round|long|float|int|bool|eq|ne|gt|ge|lt|le|detach|clone|contiguous|permute|transpose|view_as|expand_as|ge|topk)$/
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
function isCopyOfOne(expr: Expr): boolean {
  const read = readFrom(expr)
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

/** Loops that run a network on one record after the other: which they are, and over how many records they go. */

import type { Call, Func, Loop, PythonModule } from '../../python/module.js'
import type { Binding } from '../../python/scope.js'
import { isSeveral, type SinglePass } from '../../python/single-passes.js'
import { originsOf } from '../../python/value-origins.js'
import type { Argument, Comprehension, Expr } from '../../syntax/python-ast.js'
import { expressionsOf, forEachChild, lastName, namesIn } from '../../syntax/python-children.js'
import type { Span } from '../../text/location.js'
import { countRecords, lengthOf, type Records, rangeEnd, unwrapped } from './record-counts.js'

export interface RecordLoop {
  /** The loop, the comprehension, or the call that hands each element to a function. */
  span: Span
  /** Null: it has no statements. */
  loop: Loop | null
  /** 'element of `prompts`' */
  each: string
  records: Records
  /** They are rows of a table, lines of a file or samples of a data set. */
  whole: boolean
}

/** The innermost loop that makes the record of a pass another one each time; null: there is none. */
export function recordLoopOf(python: PythonModule, pass: SinglePass): RecordLoop | null {
  const { call, record } = pass
  const { loops, params, carried } = originsOf(python, record)
  if (carried || (pass.unsure && isSeveral(python, record))) return null
  // A state that goes from one to the next.
  if (call.expr.args.some(({ value }) => originsOf(python, value).carried)) return null
  const around = [...loops].flatMap((binding) => enclosing(python, binding, call.expr) ?? [])
  around.sort((a, b) => b.span.start - a.span.start)
  const [innermost] = around
  const found = innermost === undefined ? handedOver(python, params, call.function) : innermost
  if (found === null) return null
  // The network is another one each time.
  if (innermost !== undefined && originsOf(python, call.expr.callee).loops.size > 0) return null
  const { iterable, target } = found
  if (found.loop !== null && changes(python, found.loop, iterable)) return null
  if (isOneText(python, iterable)) return null
  if (givesBatches(python, iterable) || (target !== null && batchWords.test(target))) return null
  if (pass.unsure && (isStepped(python, iterable) || (pass.pads && target !== null && isPlural(record))))
    return null
  return {
    span: found.span,
    loop: found.loop,
    each: eachOf(python, iterable),
    records: countRecords(python, iterable),
    whole: isStored(python, iterable),
  }
}

/** What a pass gives is put among the records to come. */
function changes({ code }: PythonModule, { node }: Loop, iterable: Expr): boolean {
  if (iterable.type !== 'name') return false
  const body = code.slice(iterable.end, node.end)
  return new RegExp(`\\b${iterable.id}\\.(append|extend|insert|remove|pop|add|put)\\(`).test(body)
}

interface Around {
  span: Span
  loop: Loop | null
  iterable: Expr
  /** Null: a parameter. */
  target: string | null
}

function enclosing(python: PythonModule, binding: Binding, inner: Span): Around | null {
  const iterable = binding.value
  if (iterable === null) return null
  if (binding.loop !== null) {
    const loop = python.loops.find(
      ({ node }) =>
        node.type === 'for' && node.iterable.start === iterable.start && node.end === binding.loop!.end,
    )
    if (loop === undefined || inner.start < loop.node.start || inner.end > loop.node.end) return null
    return { span: loop.node, loop, iterable, target: binding.name }
  }
  const span = comprehensionAt(python, binding.at)
  return span === null || inner.start < span.start || inner.end > span.end
    ? null
    : { span, loop: null, iterable, target: binding.name }
}

function comprehensionAt(python: PythonModule, offset: number): Comprehension | null {
  const statement = python.statementAt(offset)
  let found: Comprehension | null = null
  const visit = (expr: Expr): void => {
    if (found !== null || offset < expr.start || offset >= expr.end) return
    if (expr.type === 'comprehension' && expr.start === offset) found = expr
    else forEachChild(expr, visit)
  }
  if (statement !== null) expressionsOf(statement).forEach(visit)
  return found
}

const handsEach = /^(map|apply|progress_apply|applymap|progress_map)$/

/** What is handed each element: not in batches, or by several threads. */
function givenEach({ method, expr: { args } }: Call): Argument | null {
  const [given] = args
  const single =
    handsEach.test(method) && given?.name === null && !args.some(({ name }) => name === 'batched')
  return single ? given : null
}

/** `df['text'].map(encoder.encode)`, `map(classifier, texts)`: the elements; null: the call is none. */
export function elementsHandedTo(python: PythonModule, call: Call): RecordLoop | null {
  const { callee, args } = call.expr
  const iterable =
    callee.type === 'name' ? args[1]?.value : callee.type === 'attribute' ? callee.value : undefined
  if (givenEach(call) === null || iterable === undefined) return null
  return {
    span: call.expr,
    loop: null,
    each: eachOf(python, iterable),
    records: countRecords(python, iterable),
    whole: isStored(python, iterable),
  }
}

/** `df['text'].apply(classify)`, `data.map(lambda row: …)`, `map(classify, texts)`. */
function handedOver(python: PythonModule, params: ReadonlySet<Binding>, func: Func | null): Around | null {
  for (const call of python.calls) {
    const given = givenEach(call)
    const { callee, args } = call.expr
    if (given === null) continue
    const taken =
      given.value.type === 'lambda'
        ? [...params].some(({ at }) => given.value.start <= at && at < given.value.end)
        : given.value.type === 'name' &&
          func !== null &&
          python.functionOf(given.value) === func &&
          [...params].some((binding) => python.parameterOf(binding)?.func === func)
    if (!taken) continue
    if (callee.type === 'name') {
      const over = args[1]?.value
      return over === undefined ? null : { span: call.expr, loop: null, iterable: over, target: null }
    }
    if (callee.type !== 'attribute' || /pool|executor|^ex$/i.test(lastName(callee.value))) continue
    return { span: call.expr, loop: null, iterable: callee.value, target: null }
  }
  return null
}

const partsOfText = /\.sents\b|\.split(lines)?\(|sent_tokenize\(/

const stores =
  /^(pandas\.read_\w+|(polars|dask\.dataframe|pyarrow\.\w+)\.(read|scan)_\w+|datasets\.(\w+\.)*(load_\w+|from_\w+)|numpy\.(load|memmap|loadtxt)|torchvision\.datasets\.\w+|h5py\.File|json\.load|csv\.(reader|DictReader)|jsonlines\.open|zarr\.open\w*|tensorflow_datasets\.load|open)$/

/** Made of what a file or a store of data holds, which is seldom a handful. */
function isStored(python: PythonModule, iterable: Expr): boolean {
  return [...originsOf(python, iterable).calls].some((name) => stores.test(name))
}

/** A handful that one text falls into; the lines of a file may be many. */
function isOneText(python: PythonModule, iterable: Expr): boolean {
  if (!partsOfText.test(python.code.slice(iterable.start, iterable.end))) return false
  const { calls } = originsOf(python, iterable)
  return ![...calls].some((name) => /^open$|\.(read|read_text|readlines|getvalue)$/.test(name))
}

const batchWords = /batch|chunk|group|window|fold|epoch/i
const loaders = /loader|(^|_)(dl|batch(es)?|chunks?|mini_?batches|iterator)(_|$)/i

/** A loader, `batched(texts, 8)`, `data.iter(batch_size=8)`, `np.array_split(texts, 10)`. */
function givesBatches(python: PythonModule, iterable: Expr): boolean {
  const over = unwrapped(python, iterable)
  const made = python.definition(over)
  const written = python.code.slice(over.start, over.end)
  if (/batch_size\s*=|array_split|\bbatch|chunk/i.test(written)) return true
  if (loaders.test(lastName(over.type === 'call' ? over.callee : over))) return true
  if (made.type !== 'call') return false
  const type = python.typeOf(over)
  return (
    /DataLoader$/.test(type ?? '') ||
    loaders.test(lastName(made.callee)) ||
    /batch_size\s*=|\.batch\(/.test(python.code.slice(made.start, made.end))
  )
}

/** `range(0, n, size)`. */
function isStepped(python: PythonModule, iterable: Expr): boolean {
  const over = unwrapped(python, iterable)
  return over.type === 'call' && /^t?n?range$/.test(lastName(over.callee)) && over.args.length === 3
}

function isPlural(expr: Expr): boolean {
  const name = namesIn(expr).at(-1) ?? ''
  return /[^s]s$/i.test(name)
}

/** 'element of `prompts`'; `range(len(prompts))` goes through `prompts`. */
function eachOf(python: PythonModule, iterable: Expr): string {
  const over = unwrapped(python, iterable)
  const counted = lengthOf(rangeEnd(over))
  const shown = counted ?? over
  const written = python.text.slice(shown.start, shown.end)
  return written.length > 40 || written.includes('\n') ? 'record' : `element of \`${written}\``
}

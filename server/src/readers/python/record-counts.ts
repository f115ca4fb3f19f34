/** What a loop goes through, and how many records that are. */
import type { PythonModule } from '../../python/module.js'
import { heldBy } from '../../python/value-origins.js'
import type { Expr } from '../../syntax/python-ast.js'
import { lastName } from '../../syntax/python-children.js'
import { numberIn } from '../../values/argument.js'

export interface Records {
  /** How many there are at most; null: nobody says. */
  most: number | null
  /** What bounds them, where that is no known number. */
  bound: string | null
}

const passingOn =
  /^(tqdm|trange|track|progress_bar|enumerate|auto|list|tuple|iter|zip|sorted|reversed|shuffle)$/
const rows =
  /^(iterrows|itertuples|items|values|to_dict|tolist|to_list|keys|copy|reset_index|dropna|unique|astype)$/

/** Without progress bars, counters and views. */
export function unwrapped(python: PythonModule, expr: Expr, depth = 0): Expr {
  if (depth > 8 || expr.type !== 'call') return expr
  const method = lastName(expr.callee)
  const [first] = expr.args
  if (expr.callee.type === 'attribute' && rows.test(method))
    return unwrapped(python, expr.callee.value, depth + 1)
  if (passingOn.test(method) && first !== undefined && first.name === null)
    return unwrapped(python, first.value, depth + 1)
  return expr
}

export function rangeEnd(expr: Expr): Expr | null {
  if (expr.type !== 'call' || lastName(expr.callee) !== 'range') return null
  const plain = expr.args.filter(({ name, star }) => name === null && star === 0)
  return (plain.length === 1 ? plain[0] : plain[1])?.value ?? null
}

/** `len(x)`, `x.shape[0]`, `x.size(0)`: what it is the length of. */
export function lengthOf(expr: Expr | null): Expr | null {
  if (expr === null) return null
  if (expr.type === 'call') {
    if (expr.callee.type === 'name' && expr.callee.id === 'len') return expr.args[0]?.value ?? null
    if (expr.callee.type === 'attribute' && expr.callee.attr === 'size') return expr.callee.value
  }
  if (expr.type === 'subscript' && expr.value.type === 'attribute' && expr.value.attr === 'shape')
    return expr.value.value
  return null
}

const unbounded: Records = { most: null, bound: null }
const picks = /^(head|take|select|sample|islice|nlargest|choice|choices|tail|shard)$/

/** How many records an iterable holds, where something says so. */
export function countRecords(python: PythonModule, iterable: Expr, depth = 0): Records {
  if (depth > 10) return unbounded
  const inner = (one: Expr): Records => countRecords(python, one, depth + 1)
  if (iterable.type === 'list' || iterable.type === 'tuple' || iterable.type === 'set')
    return iterable.items.some(({ type }) => type === 'starred')
      ? unbounded
      : { most: iterable.items.length, bound: null }
  if (iterable.type === 'dict') return { most: iterable.entries.length, bound: null }
  if (iterable.type === 'comprehension') return inner(iterable.clauses[0]!.iterable)
  if (iterable.type === 'subscript') return ofSlice(python, iterable, inner)
  if (iterable.type === 'name') {
    if (python.isChanged(iterable)) return unbounded
    const held = heldBy(python, iterable).bindings.map(({ kind, value, unpack }) =>
      kind === 'assign' && value !== null && unpack === null ? inner(value) : unbounded,
    )
    return held.length === 0 || held.includes(unbounded) ? ofKnown(python, iterable) : most(held)
  }
  if (iterable.type === 'attribute') return ofKnown(python, iterable)
  if (iterable.type !== 'call') return unbounded
  const { callee, args } = iterable
  const method = lastName(callee)
  const values = args.filter(({ star }) => star === 0)
  const end = rangeEnd(iterable)
  if (end !== null) {
    const over = lengthOf(python.definition(end))
    return over === null ? ofNumber(python, end) : inner(over)
  }
  if (method === 'zip') return fewest(values.map(({ value }) => inner(value)))
  if (picks.test(method) && values.length > 0) {
    const [first, second] = values
    const count = values.find(({ name }) => /^(n|k|size|count)$/.test(name ?? ''))
    if (values.some(({ name }) => name === 'frac')) return unbounded
    if (count !== undefined) return ofNumber(python, count.value)
    // `random.sample(texts, 5)`, `islice(texts, 5)`.
    const counts = callee.type === 'attribute' && python.nameOf(callee) === null ? first! : (second ?? first!)
    return method === 'select' || method === 'shard' ? inner(counts.value) : ofNumber(python, counts.value)
  }
  // `load_dataset('imdb', split='test[:100]')`.
  const split = /\[:(\d+)\]['"]/.exec(python.code.slice(iterable.callee.end, iterable.end))
  if (split !== null) return { most: Number(split[1]), bound: null }
  const without = unwrapped(python, iterable)
  if (without !== iterable) return inner(without)
  // `data.filter(…)`, `data.shuffle().select(range(50))`.
  return callee.type === 'attribute' && python.nameOf(callee) === null ? inner(callee.value) : unbounded
}

/** Of several that it may be. */
function most(all: readonly Records[]): Records {
  const counts = all.flatMap(({ most }) => most ?? [])
  return {
    most: counts.length === all.length ? Math.max(...counts) : null,
    bound: all.find(({ bound }) => bound !== null)?.bound ?? null,
  }
}

function fewest(all: readonly Records[]): Records {
  const counts = all.flatMap(({ most }) => most ?? [])
  return {
    most: counts.length === 0 ? null : Math.min(...counts),
    bound: all.find(({ bound }) => bound !== null)?.bound ?? null,
  }
}

/** `texts[:5]`, `texts[10:20]`. */
function ofSlice(
  python: PythonModule,
  { value, index }: Expr & { type: 'subscript' },
  inner: (one: Expr) => Records,
): Records {
  const written = python.code.slice(index.start, index.end)
  if (!written.includes(':')) {
    // `data['test']`, `results['texts']`.
    return index.type === 'constant' ? inner(value) : unbounded
  }
  const [, from = '', to = ''] = /^\s*([^:,]*):([^:,]*)/.exec(written) ?? []
  if (to.trim() === '') return inner(value)
  const first = from.trim() === '' ? 0 : Number(from)
  const last = Number(to)
  if (Number.isInteger(first) && Number.isInteger(last))
    return last < 0 ? inner(value) : { most: last - first, bound: null }
  const bound = index.type === 'other' ? index.children.at(-1) : undefined
  return bound === undefined ? { most: null, bound: to.trim() } : ofNumber(python, bound)
}

function ofNumber(python: PythonModule, expr: Expr): Records {
  const number = numberIn(python.fold(expr))
  if (number !== null) return { most: number, bound: null }
  const made = python.definition(expr)
  // The least of what is known bounds it.
  if (made.type === 'call' && lastName(made.callee) === 'min')
    return fewest(
      made.args.map(({ value }) => {
        const over = lengthOf(value)
        return over === null ? ofNumber(python, value) : countRecords(python, over)
      }),
    )
  const over = lengthOf(made)
  if (over !== null) return countRecords(python, over)
  return { most: null, bound: python.text.slice(expr.start, expr.end) }
}

function ofKnown(python: PythonModule, expr: Expr): Records {
  // Somebody types them.
  const typed = python.programArguments.find(({ kind, name }) => kind === 'list' && name === lastName(expr))
  if (typed !== undefined || python.code.slice(expr.start, expr.end) === 'sys.argv')
    return { most: null, bound: python.text.slice(expr.start, expr.end) }
  const folded = python.fold(expr)
  return folded.state === 'known' && Array.isArray(folded.value)
    ? { most: folded.value.length, bound: null }
    : unbounded
}

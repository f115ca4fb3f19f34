/** The number of tokens, or of steps of a series, that a sample of a program has, as its code calls that number. */
import type { Call, PythonModule } from '../../python/module.js'
import type { Expr } from '../../syntax/python-ast.js'
import { forEachChild, forEachExpression } from '../../syntax/python-children.js'
import type { Span } from '../../text/location.js'
import { numberIn } from '../../values/argument.js'
import { calleePlace } from '../../values/places.js'
import { sequenceLength } from '../huggingface/sequence-length.js'
import { defineReader } from '../reader.js'

export const textLengthsReader = defineReader({
  name: 'python-text-lengths',
  languages: ['python'],
  triggers: [
    'max_len',
    'max_seq',
    'maxlen',
    'MAX_LEN',
    'seq_len',
    'SEQ_LEN',
    'sequence_length',
    'SEQUENCE_LENGTH',
    'context_len',
    'context_size',
    'CONTEXT_L',
    'block_size',
    'BLOCK_SIZE',
    'lookback',
    'look_back',
    'window_size',
    'WINDOW_SIZE',
    'timesteps',
    'time_steps',
    'TIME_STEPS',
  ],
  read({ python }, _context, claims) {
    if (python === undefined || python.evidence.role === 'test') return
    const cut = sequenceLength(python)
    if (cut !== null && 'length' in cut && cut.length !== null) {
      const set = claims.subject('Dataset', cut.place, '', python.evidence)
      set.known('textLength', cut.key, { low: cut.length, high: cut.length }, cut.place)
      return
    }
    const passed = python.calls.flatMap((call) =>
      lengthsIn(python, call).map((length) => ({
        key: call.method,
        place: calleePlace(call),
        scope: call.function?.qualified ?? '',
        length,
      })),
    )
    const found = passed.length > 0 ? passed : lengthsRead(python)
    const [first] = found
    if (first === undefined) return
    const lengths = found.map(({ length }) => length)
    const [low, high] = [Math.min(...lengths), Math.max(...lengths)]
    // Numbers that differ by more are not all the length of a sample.
    if (high > mostApart * low) return
    const set = claims.subject('Dataset', first.place, first.scope, python.evidence)
    set.known('textLength', first.key, { low, high }, first.place)
  },
})

/** Also of the two sides of a pair. */
const mostApart = 2
const lengthName =
  /^(max_?)?((src|tgt|source|target|input|text|token|train)_)?(seq|sequence|context|ctx)_?(len|length|size)$|^max_?(seq|text|input|source|token)?_?(len|length)$|^block_size$|^(look_?back|window_size|time_?steps)$/i
/** What such names end in, as an attribute. */
const lengthRead = /[.'"]\s*\w*(len|length|size|back|steps)\b/i
/** What it is told is how much it writes, or how many positions it knows at most. */
const writes = /generate|sample|position|embedding|embed|rope|rotary|summar/i
const least = 2
const longest = 200_000

interface LengthRead {
  key: string
  place: Span
  scope: string
  length: number
}

/** Numbers of such a name that settings hold: `limit = cfg.max_seq_length`, `data[i : i + config.block_size]`. */
function lengthsRead(python: PythonModule): LengthRead[] {
  const found: LengthRead[] = []
  if (!lengthRead.test(python.text)) return found
  const visit = (expr: Expr): void => {
    const length = expr.type === 'attribute' && lengthName.test(expr.attr) ? lengthOf(python, expr) : null
    if (expr.type === 'attribute' && length !== null)
      found.push({ key: expr.attr, place: { start: expr.start, end: expr.end }, scope: '', length })
    forEachChild(expr, visit)
  }
  for (const statement of python.statements) forEachExpression(statement, visit)
  return found
}

function lengthOf(python: PythonModule, expr: Expr): number | null {
  const length = numberIn(python.fold(expr))
  return length !== null && Number.isInteger(length) && length >= least && length <= longest ? length : null
}

/** Numbers that a call is given under such a name: by keyword, or as `config.block_size`. */
function lengthsIn(python: PythonModule, call: Call): number[] {
  if (writes.test(call.method) || call.method === 'add_argument') return []
  return call.expr.args.flatMap(({ name, value }) => {
    const found: number[] = []
    const take = (expr: Expr): void => {
      const length = lengthOf(python, expr)
      if (length !== null) found.push(length)
    }
    if (name !== null && lengthName.test(name)) take(value)
    else if (value.type === 'attribute' && lengthName.test(value.attr)) take(value)
    else if (value.type === 'name' && lengthName.test(value.id)) take(value)
    else if (value.type === 'tuple' || value.type === 'list')
      forEachChild(value, (item) => {
        if (item.type === 'name' && lengthName.test(item.id)) take(item)
      })
    return found
  })
}

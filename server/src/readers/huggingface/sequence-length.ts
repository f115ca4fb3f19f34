/** How long the sequences are at most that a program trains on. */

import type { Call, Folded, PythonModule } from '../../python/module.js'
import type { Expr } from '../../syntax/python-ast.js'
import { once } from '../../text/once.js'
import {
  isLeftOut,
  knownArgument,
  numberArgument,
  passedExpression,
  whyUnreadable,
} from '../../values/argument.js'
import { asNumber } from '../../values/parse.js'
import { effective } from '../../values/value.js'
import type { Place, SubjectBuilder } from '../../workload/builder.js'
import { claimFolded } from '../claim-argument.js'

export type LengthResult =
  | { length: number; key: string; place: Place; folded: Folded }
  /** Cut at what the model takes. */
  | { length: null; key: string; place: Place }
  | { because: string }

const tokenizerCallee = /(^|[._])(tokenizer|tok|encode_plus|batch_encode_plus|processor)$/i

/** Null: nothing in the module cuts its texts. */
export function sequenceLength(python: PythonModule): LengthResult | null {
  return once(python, 'sequence length', () => {
    const found = [...tokenizerCalls(python), ...blocks(python), ...slices(python), ...blockFiles(python)]
    if (found.length === 0) return null
    let longest: LengthResult | null = null
    for (const one of found) {
      if ('because' in one) return one
      if (longest === null || 'because' in longest || (one.length ?? 0) > (longest.length ?? 0)) longest = one
    }
    return longest
  })
}

function tokenizerCalls(python: PythonModule): LengthResult[] {
  return python.calls.flatMap((call): LengthResult[] => {
    const callee = python.text.slice(call.expr.callee.start, call.expr.callee.end)
    if (!tokenizerCallee.test(callee)) return []
    if (!call.expr.args.some((one) => one.name === 'truncation' || one.name === 'max_length')) return []
    return [lengthOf(python, call)]
  })
}

function lengthOf(python: PythonModule, call: Call): LengthResult {
  const place: Place = { start: call.expr.start, end: call.expr.callee.end }
  const key = 'max_length'
  const given = python.argument(call, key)
  const expr = passedExpression(given)
  const ofTokenizer = isLeftOut(given) || (expr?.type === 'attribute' && expr.attr === ownLength)
  const because = ofTokenizer ? null : whyUnreadable(given)
  if (because !== null) return { because }
  const length = numberArgument(given)
  if (length !== null && expr !== null)
    return { length, key, place: { start: expr.start, end: expr.end }, folded: python.fold(expr) }
  if (!ofTokenizer) return { because: 'the length of its texts' }
  const cut = knownArgument(python.argument(call, 'truncation')) ?? false
  const own = cut === false ? null : lengthOfTokenizer(python)
  if (own !== null) return own
  return cut !== false ? { length: null, key: 'truncation', place } : { because: 'texts that are not cut' }
}

const ownLength = 'model_max_length'

const setLength = /^[ \t]*\w+(?:\.\w+)?\.model_max_length\s*=\s*(\d+|[A-Za-z_][\w.]*)[ \t]*(?:#.*)?$/gm

/** `tokenizer.model_max_length = 512` */
function assignedLengths(python: PythonModule): LengthResult[] {
  return [...python.text.matchAll(setLength)].map((match): LengthResult => {
    const written = match[1]!
    const start = match.index + match[0].lastIndexOf(written, match[0].replace(/#.*$/, '').length)
    const end = start + written.length
    const expr: Expr | null = /^\d/.test(written)
      ? { type: 'constant', value: Number(written), start, end }
      : /^\w+$/.test(written)
        ? { type: 'name', id: written, start, end }
        : null
    const folded = expr === null ? null : python.fold(expr)
    const length = folded === null ? undefined : effective(folded)
    return folded !== null && typeof length === 'number'
      ? { length, key: ownLength, place: { start, end }, folded }
      : { because: 'the length of its texts' }
  })
}

/** `AutoTokenizer.from_pretrained(name, model_max_length=2048)`; null: no tokenizer is told, or several differ. */
function lengthOfTokenizer(python: PythonModule): LengthResult | null {
  const told = python.methodCalls('from_pretrained').flatMap((call): LengthResult[] => {
    const expr = passedExpression(python.argument(call, ownLength))
    if (expr === null) return []
    const folded = python.fold(expr)
    const length = effective(folded)
    return typeof length === 'number'
      ? [{ length, key: ownLength, place: { start: expr.start, end: expr.end }, folded }]
      : [{ because: 'the length of its texts' }]
  })
  // What is assigned later holds.
  const assigned = assignedLengths(python)
  const [first] = assigned.length > 0 ? assigned : told
  return (assigned.length > 0 ? assigned : told).length === 1 && first !== undefined ? first : null
}

/** `range(0, total_length, block_size)`: texts are joined and cut into blocks. */
function blocks(python: PythonModule): LengthResult[] {
  return python.calls.flatMap((call): LengthResult[] => {
    if (call.method !== 'range' || call.expr.args.length !== 3) return []
    const step = call.expr.args[2]!.value
    const text = python.text.slice(step.start, step.end)
    if (!/block|chunk|seq_?len|context_length|max_length/i.test(text)) return []
    const folded = python.fold(step)
    const length = effective(folded)
    if (length === undefined) return [{ because: 'the length of its blocks' }]
    return typeof length === 'number'
      ? [{ length, key: text, place: { start: step.start, end: step.end }, folded }]
      : []
  })
}

const blockReaders = /^transformers\.(\w+\.)*(LineByLine)?TextDataset$/

/** `TextDataset(tokenizer, file_path, block_size=128)`: a file that is cut into blocks. */
function blockFiles(python: PythonModule): LengthResult[] {
  return python.calls.flatMap((call): LengthResult[] => {
    if (call.name === null || !blockReaders.test(call.name)) return []
    const given = python.argument(call, 'block_size', 2)
    const expr = passedExpression(given)
    const length = numberArgument(given)
    return expr === null || length === null
      ? [{ because: 'the length of its blocks' }]
      : [
          {
            length,
            key: 'block_size',
            place: { start: expr.start, end: expr.end },
            folded: python.fold(expr),
          },
        ]
  })
}

/** Also of what is put together on the line. */
const cutIds =
  /\b(?:\w+_)?(?:input_ids?|token_ids?|tokens)(?:['"]?\s*[=:](?!=)[^\n#]*[)\]])?\s*\[\s*:\s*(\d+|[A-Za-z_]\w*(?:\.\w+)?)\s*\]/g

/** Without one of these there is nothing to look for. */
const cutWords = ['input_id', 'token_id', 'tokens']

/** `input_ids = input_ids[:MAX_LENGTH]`, `input_ids = (prompt_ids + answer_ids)[:MAX_LENGTH]` */
function slices(python: PythonModule): LengthResult[] {
  const { text } = python
  if (!cutWords.some((word) => text.includes(word))) return []
  return [...text.matchAll(cutIds)].slice(0, mostSlices).flatMap((match): LengthResult[] => {
    if (/#/.test(text.slice(text.lastIndexOf('\n', match.index) + 1, match.index))) return []
    const written = match[1]!
    const start = match.index + match[0].lastIndexOf(written)
    const end = start + written.length
    const [name, attr] = written.split('.') as [string, string?]
    const value: Expr = { type: 'name', id: name, start, end: start + name.length }
    const expr: Expr = /^\d/.test(written)
      ? { type: 'constant', value: Number(written), start, end }
      : attr === undefined
        ? value
        : { type: 'attribute', value, attr, start, end }
    const folded = python.fold(expr)
    const length = effective(folded)
    // Shorter pieces are looked at rather than trained on.
    return typeof length === 'number' && length >= 16
      ? [{ length, key: written, place: { start, end }, folded }]
      : []
  })
}

const mostSlices = 20

/** `positions`: the longest text that the model takes; undefined: not known. */
export function claimLength(
  python: PythonModule,
  training: SubjectBuilder<'Training'>,
  positions: number | undefined,
  place: Place,
): void {
  const found = sequenceLength(python)
  if (found === null || 'because' in found)
    training.unknown('sequenceLength', 'max_length', found?.because ?? 'texts are prepared elsewhere', place)
  else if (found.length !== null)
    claimFolded(training, 'sequenceLength', found.key, found.folded, found.place, asNumber)
  // Cut at the longest that the model takes.
  else if (positions !== undefined && positions <= 1024)
    training.default('sequenceLength', found.key, positions, found.place)
  else training.unknown('sequenceLength', found.key, 'the longest text that the model takes', found.place)
}

/** Writes keys of the dictionaries that a call is given, however deep, where they stand or where they belong. */
import type { Refusal, Write } from '../edit/write.js'
import type { ArgumentValue, Call, PythonModule } from '../python/module.js'
import type { Expr } from '../syntax/python-ast.js'
import type { Json } from '../text/json.js'
import type { Span } from '../text/location.js'
import { pythonLiteral, quoteOf } from './python-literal.js'
import type { Key } from './source.js'
import type { Written } from './write-argument.js'

export interface CallEntries extends Written {
  python: PythonModule
  call: Call
  /** What is given at the end of these keys. */
  at(path: readonly Key[]): ArgumentValue
}

/** The argument stands in a dictionary that the call unpacks, or would, since all of them do. */
export function isUnpacked(call: Call, name: string, argument: ArgumentValue): boolean {
  const { args } = call.expr
  const unpacks = args.some((one) => one.star === 2)
  if (argument.state !== 'given') return unpacks && args.every((one) => one.star === 2)
  return (
    unpacks && !args.some((one) => one.name === name || (one.name === null && one.value === argument.expr))
  )
}

/** `value` undefined: the key is taken out. */
export function writeEntry(
  entries: CallEntries,
  keys: readonly Key[],
  value: Json | undefined,
): Write | Refusal {
  const { path, python, call, fragment } = entries
  const range = ({ start, end }: Span) => ({ fragment: fragment.index, start, end })
  const last = String(keys.at(-1))
  const elsewhere: Refusal = { reason: `${last} is set in another place` }
  const given = entries.at(keys)
  if (given.state === 'unknown') return { reason: `${last} arrives through ${given.because}` }
  if (given.state === 'given') {
    const { expr } = given
    if (value === undefined) return removal(entries, keys, expr)
    const there = writtenThere(given, path, value)
    if (there !== null) return there
    if (expr.type !== 'constant' || expr.end <= expr.start) return elsewhere
    const style = python.text.slice(call.expr.start, call.expr.end) + python.text.slice(expr.start, expr.end)
    return { kind: 'replace', path, range: range(expr), text: pythonLiteral(value, quoteOf(style)) }
  }
  if (value === undefined) return elsewhere
  let depth = keys.length - 1
  while (depth > 0 && entries.at(keys.slice(0, depth)).state === 'absent') depth--
  const key = String(keys[depth])
  const whole = keys.slice(depth + 1).reduceRight<Json>((inside, one) => ({ [one]: inside }), value)
  const holder = holderOf(entries, keys.slice(0, depth))
  if (holder === null) return elsewhere
  const quote = quoteOf(python.text.slice(holder.start, holder.end))
  const code = pythonLiteral(whole, quote)
  return holder.type === 'call'
    ? { kind: 'set keyword', path, call: range(holder), name: key, value: code }
    : {
        kind: 'append item',
        path,
        list: range(holder),
        value: `${pythonLiteral(key, quote)}: ${code}`,
      }
}

/** The literal of another module of the project that says it; null: this one does, or a launch. */
function writtenThere(
  { folded }: ArgumentValue & { state: 'given' },
  path: string,
  value: Json,
): Write | null {
  const written = folded.state === 'known' && folded.channel === 'code' ? folded.written : undefined
  if (written === undefined || written.path === path || (typeof value === 'object' && value !== null))
    return null
  const range = { fragment: 0, start: written.start, end: written.end }
  return { kind: 'replace', path: written.path, range, text: pythonLiteral(value) }
}

/** The call or the dictionary that keys at this level stand in; null: it is made in a way that is not seen. */
function holderOf(
  { python, call, at }: CallEntries,
  keys: readonly Key[],
): (Expr & { type: 'call' | 'dict' }) | null {
  if (keys.length > 0) {
    const value = at(keys)
    const made = value.state === 'given' ? python.definition(value.expr) : null
    return made?.type === 'dict' && made.end > made.start ? made : null
  }
  const unpacked = call.expr.args.filter((one) => one.star === 2)
  if (unpacked.length === 0) return call.expr
  const made = python.definition(unpacked[0]!.value)
  return unpacked.length === 1 && made.type === 'dict' ? made : null
}

function removal(entries: CallEntries, keys: readonly Key[], expr: Expr): Write | Refusal {
  const { path, fragment, python } = entries
  const byHand: Refusal = { reason: `take ${String(keys.at(-1))} out by hand` }
  const holder = holderOf(entries, keys.slice(0, -1))
  if (holder?.type !== 'dict') return byHand
  const index = holder.entries.findIndex((one) => one.value === expr)
  const entry = holder.entries[index]
  const [before, behind] = [holder.entries[index - 1], holder.entries[index + 1]]
  if (entry === undefined || (before === undefined && behind === undefined)) return byHand
  const [start, end] = before === undefined ? [entry.start, behind!.start] : [before.end, entry.end]
  if (python.text.slice(start, end).includes('#')) return byHand
  return { kind: 'replace', path, range: { fragment: fragment.index, start, end }, text: '' }
}

/** Requests to the SageMaker API in Python: keywords, dictionaries, and variables that hold them. */

import type { Refusal, Write } from '../../edit/write.js'
import type { ArgumentValue, Call, PythonModule } from '../../python/module.js'
import type { Expr } from '../../syntax/python-ast.js'
import type { Json } from '../../text/json.js'
import { calleePlace, callSite } from '../../values/places.js'
import type { ClaimBuilder, Place } from '../../workload/builder.js'
import type { Evidence } from '../../workload/claim.js'
import { evidenceOfJob, idAt, scopeOf } from '../job-in-code.js'
import type { UnitFacts } from '../reader.js'
import { anchorOf, type Key, type Request, type Said } from './request.js'

export class PythonRequest implements Request {
  readonly header: Place
  readonly job: string
  readonly scope: string
  readonly evidence: Evidence

  /** `base`: the argument that holds the whole request; empty: the arguments are its keys. */
  constructor(
    private readonly python: PythonModule,
    readonly claims: ClaimBuilder,
    readonly call: Call,
    private readonly base: Key[],
  ) {
    this.header = calleePlace(call)
    this.job = idAt(claims, 'sagemaker', this.header)
    this.scope = scopeOf(call)
    this.evidence = evidenceOfJob(python, 'maybe')
  }

  value(...keys: Key[]): ArgumentValue {
    return valueAt(this.python, this.call, [...this.base, ...keys])
  }

  read(...keys: Key[]): Said {
    const value = this.value(...keys)
    if (value.state === 'absent') return value
    if (value.state === 'unknown') return { ...value, place: this.header }
    const { folded, span } = value
    const place: Place = { ...span }
    if (folded.state === 'unknown') return { state: 'unknown', because: folded.because, place }
    const { overridable, channel, location } = folded
    const options = { overridable, channel, ...(location === undefined ? {} : { location }) }
    return { state: 'known', value: folded.value, place, options }
  }

  keysOf(...keys: Key[]): string[] | null {
    const value = this.value(...keys)
    if (value.state !== 'given') return null
    return this.python.keysOf(unwrapped(this.python, value.expr), this.call.expr.start)
  }

  length(...keys: Key[]): number | null {
    const value = this.value(...keys)
    const list = value.state === 'given' ? this.python.definition(value.expr) : undefined
    return list?.type === 'list' ? list.items.length : null
  }

  site(...keys: Key[]): Place {
    return callSite(this.call, anchorOf(keys))
  }

  textOf(...keys: Key[]): string {
    const value = this.value(...keys)
    if (value.state !== 'given') return ''
    const { folded, expr } = value
    if (folded.state === 'known' && typeof folded.value === 'string') return folded.value
    const { start, end } = this.python.definition(expr)
    return this.python.text.slice(start, Math.min(end, start + 300))
  }
}

/** Values of hyperparameters are text: programs turn a dictionary of other values into one of texts. */
const encoders = /^(json_)?encode_(hyper_?)?param\w*$|^stringify\w*$/i

function unwrapped(python: PythonModule, expr: Expr): Expr {
  const value = python.definition(expr)
  if (value.type !== 'call' || value.args.length !== 1) return expr
  const name =
    value.callee.type === 'name'
      ? value.callee.id
      : value.callee.type === 'attribute'
        ? value.callee.attr
        : ''
  return encoders.test(name) ? value.args[0]!.value : expr
}

export function valueAt(python: PythonModule, call: Call, keys: Key[]): ArgumentValue {
  let current = python.argument(call, String(keys[0]))
  for (const key of keys.slice(1)) {
    if (current.state !== 'given') return current
    const inside = unwrapped(python, current.expr)
    if (typeof key === 'string') {
      current = python.entry(inside, key, call.expr.start)
      continue
    }
    const list = python.definition(inside)
    const item = list.type === 'list' ? list.items[key] : undefined
    if (item === undefined) return { state: 'unknown', because: 'a list that is not readable' }
    current = {
      state: 'given',
      expr: item,
      folded: python.fold(item),
      span: { start: item.start, end: item.end },
    }
  }
  return current
}

/** A JSON value as Python code. */
function code(value: Json, quote: string): string {
  if (value === null) return 'None'
  if (typeof value === 'boolean') return value ? 'True' : 'False'
  if (typeof value === 'number') return String(value)
  if (typeof value === 'string') return quote + value.replace(/[\\'"]/g, (one) => `\\${one}`) + quote
  if (Array.isArray(value)) return `[${value.map((one) => code(one, quote)).join(', ')}]`
  const inner = Object.entries(value).map(([key, one]) => `${quote}${key}${quote}: ${code(one, quote)}`)
  return `{${inner.join(', ')}}`
}

/** Writes a value of the request where it stands, or where it belongs. `value` undefined: the key is taken out. */
export function writePythonRequest(
  facts: UnitFacts,
  call: Call,
  keys: Key[],
  value: Json | undefined,
): Write | Refusal {
  const { path, unit } = facts
  const python = facts.python!
  const range = (at: { start: number; end: number }) => ({ unit: unit.index, start: at.start, end: at.end })
  const text = (at: { start: number; end: number }) => facts.unit.text.slice(at.start, at.end)
  const last = String(keys.at(-1))
  const elsewhere: Refusal = { reason: `${last} is set in another place` }
  const given = valueAt(python, call, keys)
  if (given.state === 'unknown') return { reason: `${last} arrives through ${given.because}` }
  if (given.state === 'given') {
    if (value === undefined) return removal(facts, call, keys, given.expr)
    const quote = text(given.expr).startsWith('"') ? '"' : "'"
    return given.expr.type === 'constant' && given.expr.end > given.expr.start
      ? {
          kind: 'replace',
          path,
          range: range(given.expr),
          text: code(value, quoteOf(text(call.expr), quote)),
        }
      : elsewhere
  }
  if (value === undefined) return elsewhere
  let depth = keys.length - 1
  while (depth > 0 && valueAt(python, call, keys.slice(0, depth)).state === 'absent') depth--
  const key = String(keys[depth])
  const whole = keys.slice(depth + 1).reduceRight<Json>((inside, one) => ({ [one]: inside }), value)
  const holder = holderOf(python, call, keys.slice(0, depth))
  if (holder === null) return elsewhere
  const quote = quoteOf(text(holder), "'")
  if (holder.type === 'call') {
    return {
      kind: 'set keyword',
      path,
      call: range(holder),
      name: key,
      value: code(whole, quoteOf(text(call.expr), quote)),
    }
  }
  return {
    kind: 'append item',
    path,
    list: range(holder),
    value: `${quote}${key}${quote}: ${code(whole, quote)}`,
  }
}

function quoteOf(source: string, otherwise: string): string {
  return /["']/.exec(source)?.[0] ?? otherwise
}

/** The call or the dictionary that keys at this level stand in; null: it is made in a way that is not seen. */
function holderOf(python: PythonModule, call: Call, keys: Key[]): (Expr & { type: 'call' | 'dict' }) | null {
  if (keys.length > 0) {
    const value = valueAt(python, call, keys)
    const made = value.state === 'given' ? python.definition(value.expr) : null
    return made?.type === 'dict' ? made : null
  }
  const unpacked = call.expr.args.filter((one) => one.star === 2)
  if (unpacked.length === 0) return call.expr
  const made = python.definition(unpacked[0]!.value)
  return unpacked.length === 1 && made.type === 'dict' ? made : null
}

function removal(facts: UnitFacts, call: Call, keys: Key[], expr: Expr): Write | Refusal {
  const { path, unit } = facts
  const holder = holderOf(facts.python!, call, keys.slice(0, -1))
  if (holder?.type !== 'dict') return { reason: `take ${String(keys.at(-1))} out by hand` }
  const index = holder.entries.findIndex((one) => one.value === expr)
  const entry = holder.entries[index]
  const [before, behind] = [holder.entries[index - 1], holder.entries[index + 1]]
  if (entry === undefined || (before === undefined && behind === undefined))
    return { reason: `take ${String(keys.at(-1))} out by hand` }
  const [start, end] = before === undefined ? [entry.start, behind!.start] : [before.end, entry.end]
  if (unit.text.slice(start, end).includes('#')) return { reason: `take ${String(keys.at(-1))} out by hand` }
  return { kind: 'replace', path, range: { unit: unit.index, start, end }, text: '' }
}

/**
 * Jobs of Databricks that a Python program asks for: the dictionary that it hands to the Jobs API, or keywords of an
 * operator (`new_cluster=`, `notebook_task=`).
 */

import type { ArgumentValue, PythonModule } from '../../python/module.js'
import type { Expr } from '../../syntax/python-ast.js'
import { calleePlace } from '../../values/places.js'
import type { ClaimOptions, Place } from '../../workload/builder.js'
import type { Keys } from '../config-change.js'
import { defineReader } from '../reader.js'
import type { Fields, Said } from './fields.js'
import { readJob } from './job.js'

export const databricksRequestReader = defineReader({
  name: 'databricks-request',
  languages: ['python'],
  triggers: ['new_cluster', 'job_clusters'],
  read(facts, _context, claims) {
    const python = facts.python!
    if (python.evidence.role === 'test') return
    const seen = new Set<number>()
    for (const call of python.calls) {
      if (isRequest((key) => call.expr.args.some((one) => one.name === key))) {
        const fields = new PythonFields(python, (key) => python.argument(call, key), calleePlace(call))
        readJob(claims, fields, { key: call.method, place: calleePlace(call), site: calleePlace(call) })
        continue
      }
      for (const { value } of call.expr.args) {
        const dict = value.type === 'name' || value.type === 'dict' ? python.definition(value) : value
        if (dict.type !== 'dict' || seen.has(dict.start)) continue
        seen.add(dict.start)
        const keys = new Set(python.keysOf(dict) ?? [])
        if (!isRequest((key) => keys.has(key))) continue
        const first = dict.entries[0]!
        const place: Place = { start: first.start, end: first.end }
        const fields = new PythonFields(python, (key) => python.entry(dict, key), place)
        readJob(claims, fields, { key: value.type === 'name' ? value.id : 'job', place, site: place })
      }
    }
  },
  change: (claim) => ({ reason: `set ${claim.key} in the request by hand` }),
})

const tasks = [
  'notebook_task',
  'spark_python_task',
  'spark_jar_task',
  'python_wheel_task',
  'spark_submit_task',
]

/** A cluster, and something that runs on it. */
function isRequest(has: (key: string) => boolean): boolean {
  if (has('job_clusters') && has('tasks')) return true
  return has('new_cluster') && tasks.some(has)
}

class PythonFields implements Fields {
  constructor(
    private readonly python: PythonModule,
    private readonly entry: (key: string) => ArgumentValue,
    private readonly shown: Place,
  ) {}

  private value(keys: Keys): ArgumentValue {
    let current = this.entry(String(keys[0]))
    for (const key of keys.slice(1)) {
      if (current.state !== 'given') return current
      current = this.below(current.expr, key)
    }
    return current
  }

  private below(expr: Expr, key: string | number): ArgumentValue {
    if (typeof key === 'string') return this.python.entry(expr, key)
    const item = this.items(expr)?.[key]
    if (item === undefined) return { state: 'unknown', because: 'a list that is not readable' }
    return {
      state: 'given',
      expr: item,
      folded: this.python.fold(item),
      span: { start: item.start, end: item.end },
    }
  }

  private items(expr: Expr): Expr[] | undefined {
    const list = this.python.definition(expr)
    return list.type === 'list' ? list.items : undefined
  }

  private said<T>(keys: Keys, read: (value: unknown) => T | undefined): Said<T> {
    const value = this.value(keys)
    if (value.state === 'absent') return { state: 'absent' }
    if (value.state === 'unknown') return { ...value, place: this.shown, options: {} }
    const place: Place = { ...value.span }
    const { folded } = value
    if (folded.state === 'unknown') return { state: 'unknown', because: folded.because, place, options: {} }
    if (folded.value === null) return { state: 'absent' }
    const { overridable, channel, location } = folded
    const options: ClaimOptions = { overridable, channel, ...(location === undefined ? {} : { location }) }
    const read_ = read(folded.value)
    return read_ === undefined
      ? { state: 'unknown', because: 'another kind of value', place, options }
      : { state: 'known', value: read_, place, options }
  }

  text(...keys: Keys): Said<string> {
    return this.said(keys, (value) => (typeof value === 'string' ? value : undefined))
  }
  number(...keys: Keys): Said<number> {
    return this.said(keys, (value) => (typeof value === 'number' ? value : undefined))
  }
  boolean(...keys: Keys): Said<boolean> {
    return this.said(keys, (value) => (typeof value === 'boolean' ? value : undefined))
  }
  has(...keys: Keys): boolean {
    return this.value(keys).state !== 'absent'
  }

  inside(...keys: Keys): Fields | undefined {
    const value = this.value(keys)
    return value.state === 'given' ? this.fields(value.expr) : undefined
  }

  list(...keys: Keys): Fields[] {
    const value = this.value(keys)
    const found = value.state === 'given' ? (this.items(value.expr) ?? []) : []
    return found.flatMap((one) => this.fields(one) ?? [])
  }

  private fields(expr: Expr): PythonFields | undefined {
    const dict = this.python.definition(expr)
    if (dict.type !== 'dict') return undefined
    const first = dict.entries[0]
    const shown: Place = first === undefined ? this.shown : { start: first.start, end: first.end }
    return new PythonFields(this.python, (key) => this.python.entry(dict, key), shown)
  }

  texts(...keys: Keys): (string | null)[] | null {
    const value = this.value(keys)
    if (value.state === 'absent') return []
    const found = value.state === 'given' ? this.items(value.expr) : undefined
    if (found === undefined) return null
    return found.map((one) => {
      const folded = this.python.fold(one)
      return folded.state === 'known' && folded.value !== null && typeof folded.value !== 'object'
        ? String(folded.value)
        : null
    })
  }

  mentions(pattern: RegExp, ...keys: Keys): boolean {
    const value = this.value(keys)
    if (value.state !== 'given') return value.state === 'unknown'
    const { start, end } = this.python.definition(value.expr)
    return (this.python.text.slice(start, end).match(/[\w.-]+/g) ?? []).some((word) => pattern.test(word))
  }

  missing(): { place: Place; options: ClaimOptions } {
    return { place: this.shown, options: {} }
  }
}

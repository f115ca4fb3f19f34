/**
 * Jobs of Databricks that a Python program asks for: the dictionary that it hands to the Jobs API, or keywords of an
 * operator (`new_cluster=`, `notebook_task=`).
 */

import type { Refusal } from '../../edit/write.js'
import type { ArgumentValue, Call, PythonModule } from '../../python/module.js'
import type { Expr } from '../../syntax/python-ast.js'
import type { Json } from '../../text/json.js'
import { mayBePassed, passedExpression, passedPlace } from '../../values/argument.js'
import { argumentValue } from '../../values/call-source.js'
import { absent } from '../../values/operations.js'
import { calleePlace } from '../../values/places.js'
import type { Key } from '../../values/source.js'
import { type Absent, effective, type Given } from '../../values/value.js'
import type { ClaimBuilder, Place } from '../../workload/builder.js'
import type { Keys } from '../config-change.js'
import { defineReader } from '../reader.js'
import { Fields } from './fields.js'
import { readJob } from './job.js'
import { claimStandingCluster } from './standing-cluster.js'

export const databricksRequestReader = defineReader({
  name: 'databricks-request',
  leads: true,
  languages: ['python'],
  triggers: ['new_cluster', 'job_clusters', 'existing_cluster_id', 'spark_version'],
  read(facts, _context, claims) {
    const python = facts.python!
    if (python.evidence.role === 'test') return
    const seen = new Set<number>()
    let asked = 0
    const submits = python.calls.some((call) => asksForJob(call.expr.callee))
    for (const call of python.calls) {
      // Part of a job that is read as a whole.
      if (submits && /^(Submit)?Task$/.test(call.method)) continue
      const has = (key: string) => call.expr.args.some((one) => one.name === key)
      const isJob = isRequest(has) || (has('tasks') && asksForJob(call.expr.callee))
      const isCluster = !isJob && isClusterRequest(has) && asksForCluster(call.expr.callee)
      if (isJob || isCluster) {
        const place = calleePlace(call)
        const fields = new PythonFields(claims, python, (key) => python.argument(call, key), place)
        // Several jobs are asked for by methods of one name.
        const key = asked === 0 ? call.method : `${call.method}.${asked}`
        asked++
        if (isJob) readJob(claims, fields, { key, place, site: place })
        else claimStandingCluster(claims, fields, key, place, true)
        continue
      }
      for (const { value: given } of call.expr.args) {
        const value = asText(python, given)
        const dict = value.type === 'name' || value.type === 'dict' ? python.definition(value) : value
        if (dict.type !== 'dict' || seen.has(dict.start)) continue
        const keys = new Set(python.keysOf(dict) ?? [])
        const isJob = isRequest((key) => keys.has(key))
        const isCluster = keys.has('cluster_name') && isClusterRequest((key) => keys.has(key))
        if (!isJob && !(isCluster && handsToService(python, call))) continue
        seen.add(dict.start)
        const first = dict.entries[0]!
        const place: Place = { start: first.start, end: first.end }
        const fields = new PythonFields(claims, python, (key) => python.entry(dict, key), place)
        if (isJob)
          readJob(claims, fields, { key: value.type === 'name' ? value.id : 'job', place, site: place })
        else claimStandingCluster(claims, fields, 'cluster', place, true)
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
  return (has('new_cluster') || has('existing_cluster_id')) && tasks.some(has)
}

function isClusterRequest(has: (key: string) => boolean): boolean {
  return has('spark_version') && (has('node_type_id') || has('instance_pool_id'))
}

/** `w.jobs.create(…)` and `w.jobs.submit(…)` of the SDK. */
const asksForJob = (callee: Expr): boolean => endsIn(callee, 'jobs', /^(create|submit|submit_and_wait)$/)

const asksForCluster = (callee: Expr): boolean =>
  endsIn(callee, 'clusters', /^(create|create_and_wait|ensure_cluster_is_running)$/)

/** It sends what it is given, which is no part of a job: that names its own machines under `new_cluster`. */
function handsToService(python: PythonModule, { method }: Call): boolean {
  if (!/^(post|put|request|perform_query|urlopen|Request|create_cluster)$/.test(method)) return false
  return !python.text.includes('new_cluster') || python.text.includes('clusters/create')
}

function endsIn(callee: Expr, of: string, method: RegExp): boolean {
  return (
    callee.type === 'attribute' &&
    method.test(callee.attr) &&
    callee.value.type === 'attribute' &&
    callee.value.attr === of
  )
}

/** `json.dumps(job)`: what it makes a text of. */
function asText(python: PythonModule, expr: Expr): Expr {
  const inner = expr.type === 'call' && python.nameOf(expr.callee) === 'json.dumps' ? expr.args[0] : undefined
  return inner?.value ?? expr
}

class PythonFields extends Fields {
  constructor(
    private readonly claims: ClaimBuilder,
    private readonly python: PythonModule,
    private readonly entry: (key: string) => ArgumentValue,
    readonly shown: Place,
  ) {
    super()
  }

  private value(keys: Keys): ArgumentValue {
    let current = this.entry(String(keys[0]))
    for (const key of keys.slice(1)) {
      const expr = passedExpression(current)
      if (expr === null) return current
      current = this.below(expr, key)
    }
    return current
  }

  private below(expr: Expr, key: string | number): ArgumentValue {
    if (typeof key === 'string') {
      const made = this.python.definition(expr)
      const object = made.type === 'call' ? this.python.callOf(made) : null
      return object === null ? this.python.entry(expr, key) : this.python.argument(object, key)
    }
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

  get(...keys: Keys): Given<Json> {
    const argument = this.value(keys)
    const site: Place = passedPlace(argument) ?? this.shown
    const given = argumentValue(argument, this.shown, site, this.claims)
    return effective(given) === null ? absent(given) : given
  }

  set(keys: readonly Key[]): Refusal {
    return { reason: `set ${keys.join('.')} in the request by hand` }
  }

  inside(...keys: Keys): Fields | undefined {
    const value = this.value(keys)
    const expr = passedExpression(value)
    return expr === null ? undefined : this.fields(expr)
  }

  list(...keys: Keys): Fields[] {
    const value = this.value(keys)
    const expr = passedExpression(value)
    const found = expr === null ? [] : (this.items(expr) ?? [])
    return found.flatMap((one) => this.fields(one) ?? [])
  }

  private fields(expr: Expr): PythonFields | undefined {
    const dict = this.python.definition(expr)
    // `jobs.Task(…)`, `compute.ClusterSpec(…)` of the SDK.
    const object = dict.type === 'call' ? this.python.callOf(dict) : null
    if (object !== null && /^[A-Z]/.test(object.method))
      return new PythonFields(
        this.claims,
        this.python,
        (key) => this.python.argument(object, key),
        calleePlace(object),
      )
    if (dict.type !== 'dict') return undefined
    const first = dict.entries[0]
    const shown: Place = first === undefined ? this.shown : { start: first.start, end: first.end }
    return new PythonFields(this.claims, this.python, (key) => this.python.entry(dict, key), shown)
  }

  texts(...keys: Keys): (string | null)[] | null {
    const value = this.value(keys)
    if (!mayBePassed(value)) return []
    const expr = passedExpression(value)
    const found = expr === null ? undefined : this.items(expr)
    if (found === undefined) return null
    return found.map((one) => {
      const folded = effective(this.python.fold(one))
      return folded === undefined || folded === null || typeof folded === 'object' ? null : String(folded)
    })
  }

  mentions(pattern: RegExp, ...keys: Keys): boolean {
    const value = this.value(keys)
    const expr = passedExpression(value)
    if (expr === null) return mayBePassed(value)
    const { start, end } = this.python.definition(expr)
    return (this.python.code.slice(start, end).match(/[\w.-]+/g) ?? []).some((word) => pattern.test(word))
  }

  absent(): Absent {
    return absent(this.claims.origin(this.shown, { channel: 'library default' }))
  }
}

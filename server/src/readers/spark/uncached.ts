/**
 * Data frames of Spark that each model of a loop is fitted on: they are lazy, and read and transformed again for each unless they
 * are kept. Source: Spark 3.5, "RDD Persistence" and `DataFrame.cache`.
 */
import type { Change, Refusal } from '../../edit/write.js'
import type { Call, Loop, PythonModule } from '../../python/module.js'
import type { Expr } from '../../syntax/python-ast.js'
import { childrenOf } from '../../syntax/python-children.js'
import { passedExpression, textArgument } from '../../values/argument.js'
import { callSite, methodPlace } from '../../values/places.js'
import type { ClaimBuilder } from '../../workload/builder.js'
import type { Claim } from '../../workload/claim.js'
import { append, changeOf } from '../change-answer.js'
import { claimedCall } from '../claim-argument.js'
import { passesOf } from '../python/preprocessing.js'
import { trainingEvidence } from '../pytorch/evidence.js'
import { defineReader, type FragmentFacts } from '../reader.js'
import { type SeveralActions, severalActions } from './actions.js'

export const sparkDataReader = defineReader({
  name: 'spark-data',
  languages: ['python'],
  triggers: ['pyspark.ml', 'pyspark.sql'],
  read(facts, _context, claims) {
    const python = facts.python
    if (python === undefined || python.evidence.role === 'test') return
    for (const repeated of repeatedIn(python)) claimRepeated(python, repeated, claims)
    for (const one of severalActions(python)) claimActions(python, one, claims)
  },
  change: keep,
})

/** Moves the data between machines, or goes over all of it. */
const costly =
  /^(join|crossJoin|groupBy|groupby|agg|distinct|dropDuplicates|drop_duplicates|orderBy|sort|pivot|transform)$/
const keeps = /^(cache|persist|checkpoint|localCheckpoint)$/
/** Makes a table of it, which can be kept by that name. */
const named = /^create\w*TempView$/
const reads = /^(json|csv|parquet|orc|load|table|text|jdbc|sql)$/
/** Texts are parsed anew as well. */
const parses = /^(json|csv|text)$/

interface Repeated {
  loops: Loop[]
  /** From the call that reads; the data can be kept behind the last. */
  chain: Call[]
}

function repeatedIn(python: PythonModule): Repeated[] {
  const found: Repeated[] = []
  for (const call of python.calls) {
    const estimator = call.receiver ?? call.receiverCall?.name ?? ''
    if (call.method !== 'fit' || !/^pyspark\.ml\./.test(estimator) || call.loops.length === 0) continue
    const data = passedExpression(python.argument(call, 'dataset', 0))
    const chain = data?.type === 'name' ? chainOf(python, data) : null
    // What is made inside of the loop may differ from pass to pass.
    if (chain === null || chain.some(({ loops }) => loops.length > 0)) continue
    if (!chain.some(({ method }) => costly.test(method))) continue
    if (!found.some((one) => one.chain.at(-1) === chain.at(-1))) found.push({ loops: call.loops, chain })
  }
  return found
}

/** From the call that reads on; null: it does not begin with one, or something keeps the data. */
function chainOf(python: PythonModule, data: Expr): Call[] | null {
  const chain: Call[] = []
  let expr = data
  for (let depth = 0; depth < 40; depth++) {
    if (expr.type === 'name' && isKeptLater(python, expr)) return null
    const value = expr.type === 'name' ? assigned(python, expr) : expr
    if (value?.type !== 'call' || value.callee.type !== 'attribute') return null
    const call = python.callAt(value)
    if (call === null || keeps.test(call.method)) return null
    // `Tokenizer(…).transform(frame)`: the data is what it is given, not what makes it.
    const given =
      call.method === 'transform' && isOfStage(python, value.callee.value) ? value.args[0] : undefined
    const from: Expr = given?.value ?? value.callee.value
    if (!/^randomSplit$/.test(call.method)) chain.unshift(call)
    const reader = from.type === 'attribute' && from.attr === 'read'
    if (reader || isReader(from) || (from.type === 'name' && from.id === 'spark'))
      return reads.test(call.method) ? chain : null
    expr = from
  }
  return null
}

/** A stage of `pyspark.ml`, or what it was fitted to. */
function isOfStage(python: PythonModule, expr: Expr): boolean {
  const made = python.definition(expr)
  if (made.type !== 'call') return false
  if (/^pyspark\.ml\./.test(python.nameOf(made.callee) ?? '')) return true
  const { callee } = made
  return callee.type === 'attribute' && callee.attr === 'fit' && isOfStage(python, callee.value)
}

/** `spark.read.format('csv').option(…)`. */
function isReader(expr: Expr): boolean {
  if (expr.type !== 'call' || expr.callee.type !== 'attribute') return false
  const { attr, value } = expr.callee
  if (!/^(format|options?|schema)$/.test(attr)) return false
  return (value.type === 'attribute' && value.attr === 'read') || isReader(value)
}

/** `train.cache()` on a line of its own, `for part in (train, test): part.cache()`, `keep(train)` that does it. */
function isKeptLater(python: PythonModule, name: Expr & { type: 'name' }): boolean {
  const bound = (expr: Expr) => (expr.type === 'name' ? python.bindingsOf(expr)[0] : undefined)
  const made = bound(name)?.at
  const tables = cachesTables(python)
  const isSame = (expr: Expr): boolean =>
    expr.type === 'name' && expr.id === name.id && bound(expr)?.at === made
  return python.calls.some(({ method, expr: { callee, args } }) => {
    if ((keeps.test(method) || (named.test(method) && tables)) && callee.type === 'attribute') {
      const from = bound(callee.value)
      const each = from?.kind === 'loop' ? from.value : null
      return isSame(callee.value) || (each !== null && childrenOf(each).some(isSame))
    }
    const func = args.some(({ value }) => isSame(value)) ? python.functionOf(callee) : null
    return func?.calls.some((call) => keeps.test(call.method)) === true
  })
}

/** `spark.catalog.cacheTable('plays')`, `spark.sql('CACHE TABLE plays')`. */
function cachesTables(python: PythonModule): boolean {
  return python.calls.some((call) => {
    const query = call.method === 'sql' ? textArgument(python.argument(call, 'sqlQuery', 0)) : null
    return call.method === 'cacheTable' || /^\s*cache\s/i.test(query ?? '')
  })
}

/** What a name was assigned; of `train, test = data.randomSplit(…)` the call. */
function assigned(python: PythonModule, name: Expr & { type: 'name' }): Expr | null {
  const value = python.definition(name)
  if (value !== name) return value
  const [only, another] = python.bindingsOf(name)
  const split = only?.kind === 'assign' && another === undefined ? only.value : null
  return split?.type === 'call' && split.callee.type === 'attribute' && split.callee.attr === 'randomSplit'
    ? split
    : null
}

function claimRepeated(python: PythonModule, { loops, chain }: Repeated, claims: ClaimBuilder): void {
  const last = chain.at(-1)!
  const steps = chain.filter(({ method }) => costly.test(method))
  const place = methodPlace(last)
  const site = callSite(last)
  const evidence = trainingEvidence(python)
  if (evidence.role !== 'test') evidence.role = 'tuning'
  const work = claims.subject('Preprocessing', place, last.function?.qualified ?? '', evidence, null, 'cache')
  work.known('cached', 'cache', false, place, { site })
  work.known('transformation', 'cache', 'lazy data', place, { site })
  const shown = steps.map((one) => ({ what: one.method, location: claims.locate(methodPlace(one)) }))
  work.known('steps', 'cache', shown, place, { site })
  const trips = loops.map((loop) => passesOf(python, loop))
  const times = trips.reduce(
    (all, one) => (all === null || one === null ? null : all * one),
    1 as number | null,
  )
  work.known('again', 'cache', { per: 'pass', times }, place, { site })
  const heavy =
    steps.some(({ method }) => /join|^pivot/i.test(method)) || chain.some(({ method }) => parses.test(method))
  work.known('weight', 'cache', heavy ? 'heavy' : 'ordinary', place, { site })
}

function claimActions(python: PythonModule, { actions, name }: SeveralActions, claims: ClaimBuilder): void {
  const [first] = actions
  if (first === undefined) return
  const place = methodPlace(first)
  const reason = `keep \`${name}\` with cache() where it is made`
  const site = { ...callSite(first), target: { kind: 'refused' as const, reason } }
  const evidence = trainingEvidence(python)
  const scope = first.function?.qualified ?? ''
  const work = claims.subject('Preprocessing', place, scope, evidence, null, `actions ${name}`)
  work.known('cached', 'cache', false, place, { site })
  work.known('transformation', 'cache', 'lazy data', place, { site })
  const shown = actions.map((one) => ({ what: one.method, location: claims.locate(methodPlace(one)) }))
  work.known('steps', 'cache', shown, place, { site })
  work.known('again', 'cache', { per: 'action', times: actions.length }, place, { site })
}

function keep(claim: Claim, _value: unknown, facts: FragmentFacts): Change | Refusal {
  if (claim.site.target?.kind === 'refused') return { reason: claim.site.target.reason }
  const call = claimedCall(facts.python, claim.site)
  if (call === null) return { reason: 'the call is no longer in the file' }
  return changeOf('Keep the data after the first pass (.cache())', [append(facts, call, '.cache()')])
}

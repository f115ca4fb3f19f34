/** Data frames of Spark that several calls go through one after the other: each computes all of it from the source. */
import type { Call, PythonModule } from '../../python/module.js'
import type { Binding } from '../../python/scope.js'
import type { Expr } from '../../syntax/python-ast.js'
import { forEachChild } from '../../syntax/python-children.js'

export interface SeveralActions {
  /** In the order in which they stand. */
  actions: Call[]
  name: string
}

/** So many, of which one may look at a part only. */
const many = 3
/** They go through all of the data. */
const actions = /^(count|collect|toPandas|display|describe|foreachPartition)$/
const models = /^(fit|evaluate)$/
const lazy =
  /\.(select|filter|where|withColumn|join|groupBy|limit|transform|randomSplit|load_df|dropna|union)\(/
const keeps = /^(cache|persist|checkpoint|localCheckpoint|createOrReplaceTempView)$/

export function severalActions(python: PythonModule): SeveralActions[] {
  if (![...python.imports].some((name) => /^pyspark\.(sql|ml)/.test(name))) return []
  const used = new Map<Binding, Call[]>()
  const kept = new Set<Binding>()
  for (const call of python.calls) {
    const { callee, args } = call.expr
    const on = callee.type === 'attribute' ? ownerOf(callee.value) : null
    const given = models.test(call.method) ? args[0]?.value : undefined
    const data = on !== null && (actions.test(call.method) || writes(callee)) ? on : given
    if (on !== null && keeps.test(call.method)) noteBinding(python, on, (one) => kept.add(one))
    if (data === undefined || call.loops.length > 0 || call.conditional) continue
    noteBinding(python, data, (one) => used.set(one, [...(used.get(one) ?? []), call]))
  }
  return [...used].flatMap(([binding, calls]) => {
    const value = binding.value
    if (calls.length < many || kept.has(binding) || value === null || binding.kind !== 'assign') return []
    const text = python.code.slice(value.start, value.end)
    if (!lazy.test(text) || /\.(cache|persist|toPandas|collect)\(/.test(text)) return []
    const name = nameIn(calls[0]!, python)
    return name === null ? [] : [{ actions: calls, name }]
  })
}

/** `train` of `train.write.mode('overwrite').parquet(path)`. */
function ownerOf(expr: Expr): Expr | null {
  if (expr.type === 'name') return expr
  if (expr.type === 'attribute') return ownerOf(expr.value)
  return expr.type === 'call' && expr.callee.type === 'attribute' ? ownerOf(expr.callee.value) : null
}

function writes(callee: Expr): boolean {
  let found = false
  const visit = (expr: Expr): void => {
    if (expr.type === 'attribute' && expr.attr === 'write') found = true
    forEachChild(expr, visit)
  }
  visit(callee)
  return (
    found &&
    callee.type === 'attribute' &&
    /^(parquet|csv|json|orc|save|saveAsTable|insertInto)$/.test(callee.attr)
  )
}

function noteBinding(python: PythonModule, data: Expr, note: (binding: Binding) => void): void {
  if (data.type !== 'name') return
  const bindings = python.bindingsOf(data)
  if (bindings.length === 1) note(bindings[0]!)
}

function nameIn({ expr: { callee, args } }: Call, { text }: PythonModule): string | null {
  const on = callee.type === 'attribute' ? ownerOf(callee.value) : null
  const shown = args[0]?.value.type === 'name' && on?.type !== 'name' ? args[0].value : on
  return shown === null || shown === undefined ? null : text.slice(shown.start, shown.end)
}

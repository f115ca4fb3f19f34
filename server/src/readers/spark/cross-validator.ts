/** Spark ML: grids that `CrossValidator` and `TrainValidationSplit` go through. Source: pyspark 3.5, ml/tuning.py. */
import { nameFor } from '../../edit/imports.js'
import type { Change, Refusal, Write } from '../../edit/write.js'
import { distinctCount } from '../../estimate/dimension.js'
import { gridSize } from '../../estimate/grid.js'
import type { Call, PythonModule } from '../../python/module.js'
import type { Expr } from '../../syntax/python-ast.js'
import { lookUp } from '../../text/records.js'
import { mayBePassed, numberArgument, passedExpression } from '../../values/argument.js'
import { calleePlace, callSite } from '../../values/places.js'
import { effective } from '../../values/value.js'
import type { ClaimBuilder } from '../../workload/builder.js'
import type { Dimension } from '../../workload/resource-kinds.js'
import { byHand } from '../change-answer.js'
import { tuningEvidence } from '../pytorch/evidence.js'
import { defineReader, type FragmentFacts } from '../reader.js'

/** Folds where `numFolds` is left out; null: each combination is fitted once. */
const tuners: Record<string, number | null> = {
  'pyspark.ml.tuning.CrossValidator': 3,
  'pyspark.ml.tuning.TrainValidationSplit': null,
}

export const sparkTuningReader = defineReader({
  name: 'spark-tuning',
  languages: ['python'],
  triggers: ['ParamGridBuilder'],
  read(facts, _context, claims) {
    const python = facts.python!
    for (const call of python.callsTo(...Object.keys(tuners))) readTuner(python, call, claims)
  },
  change(claim, value, facts): Change | Refusal {
    const python = facts.python!
    const call = python.callAt(claim.site)
    const maps = call === null ? null : passedExpression(python.argument(call, 'estimatorParamMaps', 1))
    if (call === null || maps === null) return { reason: 'the call has changed' }
    if (claim.setting !== 'strategy') return byHand(claim)
    const wanted = value as { strategy: 'random'; trials: number } | { strategy: 'holdout' }
    return wanted.strategy === 'holdout' ? toHoldout(facts, call) : toRandom(facts, call, maps, wanted.trials)
  },
})

/** One split in place of the folds: what only folds have must not be asked for. */
function toHoldout(facts: FragmentFacts, call: Call): Change | Refusal {
  const python = facts.python!
  if (/\bavgMetrics\b|\bstdMetrics\b|\bsubModels\b/.test(python.code))
    return { reason: 'the metrics of the folds are looked at afterwards' }
  if (call.expr.args.some((one) => one.star > 0 || one.name === 'foldCol'))
    return { reason: 'the folds are given' }
  const { path, fragment } = facts
  const range = { fragment: fragment.index, start: call.expr.start, end: call.expr.end }
  const place = { path, fragment: fragment.index, offset: call.expr.start }
  const spelled = nameFor(python.tree, 'pyspark.ml.tuning', 'TrainValidationSplit', place)
  const writes: Write[] = [{ kind: 'rename callee', path, call: range, to: spelled.text }]
  if (passedExpression(python.argument(call, 'numFolds')) !== null)
    writes.push({ kind: 'remove keyword', path, call: range, name: 'numFolds' })
  return {
    title: 'Fit each combination once (TrainValidationSplit)',
    safety: 'unsafe',
    writes,
    imports: spelled.import === null ? [] : [spelled.import],
  }
}

function toRandom(facts: FragmentFacts, call: Call, maps: Expr, trials: number): Change | Refusal {
  const python = facts.python!
  const { path, fragment } = facts
  const place = { path, fragment: fragment.index, offset: call.expr.start }
  const sample = nameFor(python.tree, 'random', 'sample', place)
  const drawn = `${sample.text}(${python.text.slice(maps.start, maps.end)}, ${trials})`
  const range = { fragment: fragment.index, start: maps.start, end: maps.end }
  return {
    title: `Try ${trials} random combinations (the best ${trials > 29 ? 5 : 10} % with 95 % probability)`,
    safety: 'unsafe',
    writes: [{ kind: 'replace', path, range, text: drawn }],
    imports: sample.import === null ? [] : [sample.import],
  }
}

function readTuner(python: PythonModule, call: Call, claims: ClaimBuilder): void {
  const maps = passedExpression(python.argument(call, 'estimatorParamMaps', 1))
  const dimensions = maps === null ? null : builtGrid(python, maps)
  if (dimensions === null) return
  const place = calleePlace(call)
  const evidence = { ...tuningEvidence(python), accelerator: 'none' as const }
  const search = claims.subject('Search', place, call.function?.qualified ?? '', evidence)
  search.known('strategy', call.method, 'grid', place, { site: callSite(call) })
  search.known('unit', 'fit', 'fit', place)
  search.known('space', 'estimatorParamMaps', { grids: [dimensions], ...gridSize([dimensions]) }, place)
  const otherwise = lookUp(tuners, call.name!)
  const given = python.argument(call, 'numFolds')
  const folds = otherwise == null ? 1 : mayBePassed(given) ? numberArgument(given) : otherwise
  if (folds === null) search.unknown('folds', 'numFolds', 'a number that cannot be read', place)
  else search.known('folds', 'numFolds', folds, place)
  search.known('fitCost', 'estimator', 'ordinary', place)
  search.known(
    'alternatives',
    call.method,
    call.method === 'CrossValidator' ? ['random', 'holdout'] : ['random'],
    place,
  )
}

/** `ParamGridBuilder().addGrid(rf.maxDepth, [3, 5]).build()`; null: it is something else. */
function builtGrid(python: PythonModule, maps: Expr): Dimension[] | null {
  const dimensions: Dimension[] = []
  let value = python.definition(maps)
  if (value.type !== 'call' || value.callee.type !== 'attribute' || value.callee.attr !== 'build') return null
  value = python.definition(value.callee.value)
  while (value.type === 'call') {
    if (python.nameOf(value.callee) === 'pyspark.ml.tuning.ParamGridBuilder')
      return dimensions.length === 0 ? null : dimensions.reverse()
    if (value.callee.type !== 'attribute') return null
    const { attr } = value.callee
    const [param, values] = value.args
    if (attr === 'addGrid' && param !== undefined && values !== undefined)
      dimensions.push(dimensionOf(python, param.value, values.value))
    else if (attr !== 'baseOn') return null
    value = python.definition(value.callee.value)
  }
  return null
}

function dimensionOf(python: PythonModule, param: Expr, values: Expr): Dimension {
  const name = param.type === 'attribute' ? param.attr : param.type === 'name' ? param.id : '?'
  const known = effective(python.fold(values))
  if (Array.isArray(known)) return { name, size: distinctCount(known), values: known }
  const written = python.definition(values)
  const counted = written.type === 'list' && written.items.every((item) => item.type !== 'starred')
  return { name, size: counted ? written.items.length : null }
}

/** Grids that are searched by hand: nested loops, or a loop over `itertools.product`, around a training call. */

import { distinctCount } from '../../estimate/dimension.js'
import type { Call, Func, Loop, PythonModule } from '../../python/module.js'
import type { Expr, For, Stmt } from '../../syntax/python-ast.js'
import { blocksOf, childrenOf, forEachChild, forEachExpression } from '../../syntax/python-children.js'
import type { Json } from '../../text/json.js'
import { mayBePassed, numberArgument, passedExpression } from '../../values/argument.js'
import { effective } from '../../values/value.js'
import type { Place } from '../../workload/builder.js'
import type { Dimension, NestedDimension } from '../../workload/resource-kinds.js'
import { fastaiFits } from '../fastai/learners.js'
import { claimHandGrid } from '../hand-grid.js'
import { tuningEvidence } from '../pytorch/evidence.js'
import { isMeasurement } from '../pytorch/model-evidence.js'
import { defineReader } from '../reader.js'
import { coveredBy } from '../sklearn/parameter-effects.js'
import { startedIn, type Work } from './grid-commands.js'
import { comprehensionLoops } from './grid-comprehension.js'
import { listedConfigurations, parameterGrid, productOf } from './grid-factors.js'
import { gridLoopChange } from './grid-loop-change.js'
import { mappedLoops } from './grid-mapped.js'
import { collectionOf, nameOfValue } from './grid-names.js'
import { recursiveGrid } from './grid-recursion.js'
import { chosenNetwork, hyperparameter, repetitionTarget } from './hyperparameter-names.js'
import { startsJob } from './started-jobs.js'
import { trainerRuns } from './swallowed.js'

export const gridLoopReader = defineReader({
  name: 'grid-loop',
  languages: ['python'],
  triggers: [
    '.fit',
    'import fit',
    'train',
    'backward',
    'fine_tune',
    'run_experiment',
    'itertools',
    '.cv(',
    'cross_val',
    'subprocess',
    'papermill',
    'os.system',
    'with_options',
    '.submit(',
    'create_run_from_pipeline',
    'create_namespaced_job',
    'create_or_update',
  ],
  read(facts, context, claims) {
    const python = facts.python!
    // A benchmark runs every combination because it wants the numbers.
    if (isMeasurement(facts.path)) return
    const written = python.loops.map((loop) => ({ loop, parallel: false }))
    for (const { loop, parallel } of [...written, ...comprehensionLoops(python), ...mappedLoops(python)]) {
      const recursive = recursiveGrid(python, loop)
      const nest = recursive ?? nestOf(python, loop)
      if (nest === null) continue
      const work =
        'func' in nest
          ? workOfFunction(python, nest.func)
          : workOf(python, nest, (call) => startedIn(python, context, claims, call))
      if (work === null) continue
      const evidence = tuningEvidence(python)
      const place: Place = { start: loop.node.start, end: (loop.node as For).iterable.end }
      const site = { start: loop.node.start, end: loop.node.end }
      const search = claims.subject('Search', place, loop.function?.qualified ?? '', evidence)
      const dimensions = nest.dimensions.map(({ name, size, values, location, expr }): Dimension => {
        const plain = { name, size, ...(values === undefined ? {} : { values }) }
        if (expr !== null) return { ...plain, location: claims.locate(expr) }
        return location === undefined ? plain : { ...plain, location }
      })
      const { unit, folds = 1 } = work
      const launched = work.launched ?? (parallel && unit === 'run' ? 'trainings' : null)
      claimHandGrid(search, { key: 'for', dimensions, unit, launched, folds }, place, { site })
      const nested = 'func' in nest ? [] : coveredDimensions(python, nest)
      if (nested.length > 0) search.known('nested', 'for', nested, place, { site })
    }
  },
  change: gridLoopChange,
})

/** `for n in [100, 300, 500]: … RandomForestRegressor(n_estimators=n)`: the longest fit passes through the others. */
function coveredDimensions(python: PythonModule, { loops, dimensions }: Nest): NestedDimension[] {
  const { start, end } = loops[0]!.node
  const fits = python.calls.filter(({ expr }) => start < expr.start && expr.end <= end)
  return dimensions.flatMap(({ name, target }) => {
    // Several that one name holds are handed on together: `Model(**values)`.
    const together = dimensions.some((one) => one.name !== name && one.target === target)
    for (const { method, expr } of fits) {
      const given = expr.args.find(({ star, value }) =>
        together ? star === 2 : star === 0 && value.type === 'name' && value.id === target,
      )
      const parameter = together ? name : given?.name
      const because = given === undefined || parameter == null ? null : coveredBy(method, parameter)
      if (because !== null) return [{ name, because }]
    }
    return []
  })
}

interface LoopDimension extends Dimension {
  /** The values as written. */
  expr: Expr | null
  /** The variable that holds the value. */
  target: string
}

export interface Nest {
  /** From the outside in. */
  loops: Loop[]
  dimensions: LoopDimension[]
}

/** The grid whose outermost loop this is; null for loops that do something else. */
export function nestOf(python: PythonModule, outer: Loop): Nest | null {
  // One loop alone is a grid only where it goes through a product.
  if (outer.inner.length === 0 && factorsOf(python, outer).product === null) return null
  if (outer.parent !== null && dimensionsOf(python, outer.parent) !== null) return null
  const loops: Loop[] = []
  const dimensions: LoopDimension[] = []
  const short = new Set<LoopDimension>()
  let current: Loop | undefined = outer
  while (current !== undefined) {
    const own = dimensionsOf(python, current)
    if (own === null) break
    // Whoever breaks out of a grid has a rule of their own for when to stop.
    if (current.hasBreak) return null
    loops.push(current)
    dimensions.push(...own)
    const { inner }: Loop = current
    const next: Loop | undefined = inner.find((one) => dimensionsOf(python, one) !== null)
    for (const [one, found] of next === undefined ? shortDimensions(python, inner, dimensions) : []) {
      loops.push(one)
      dimensions.push(found)
      short.add(found)
    }
    current = next
  }
  const searched = dimensions.filter(
    (one) => (hyperparameter.test(one.name) || short.has(one)) && one.size !== 1,
  )
  return searched.length < 2 ? null : { loops, dimensions }
}

/** `for d in [512, 256]: for p in [0.5, 0.2]: train(lr=lr, d=d, p=p)`: what is handed on beside a hyperparameter. */
function shortDimensions(
  python: PythonModule,
  inner: readonly Loop[],
  before: readonly LoopDimension[],
): [Loop, LoopDimension][] {
  const found: [Loop, LoopDimension][] = []
  let [current, other] = inner
  while (current !== undefined && other === undefined) {
    const { node } = current
    if (node.type !== 'for' || node.target.type !== 'name' || scale.test(node.target.id)) break
    const values = effective(python.fold(node.iterable))
    if (!Array.isArray(values) || !values.every((one) => typeof one === 'number') || isCount(values)) break
    const target = node.target.id
    found.push([current, { ...dimension(python, target, node.iterable), target }])
    ;[current, other] = current.inner
  }
  const names = [...before, ...found.map(([, one]) => one)].map(({ target }) => target)
  const together = found
    .at(-1)?.[0]
    .calls.some(({ expr }) =>
      names.every((name) => expr.args.some(({ value }) => mentions(value, new Set([name])))),
    )
  return together === true ? found : []
}

/** What an experiment is made larger by, or repeated on. */
const scale =
  /seed|fold|split|run|rep|trial|iter|data|sample|size|year|month|day|level|ratio|fraction|percent|snr|noise|threshold|attack|client|horizon|step/i

/** 0, 1, 2: seeds, folds, places. */
function isCount(values: readonly unknown[]): boolean {
  return values.every((one, index) => one === index || one === index + 1)
}

/** A loop is asked about for itself, and for those around it and inside. */
const known = new WeakMap<Loop, LoopDimension[] | null>()

/** What one loop goes through; null where it is no dimension of a grid. */
function dimensionsOf(python: PythonModule, loop: Loop): LoopDimension[] | null {
  let found = known.get(loop)
  if (found === undefined) {
    found = dimensionsNow(python, loop)
    known.set(loop, found)
  }
  return found
}

/** Several dimensions that one loop goes through; null: it goes through one, or none. */
function factorsOf(python: PythonModule, { node, index }: Loop) {
  if (node.type !== 'for') return { listed: null, product: null }
  const { iterable } = unwrapped(python, node)
  // A loop that is written around `ParameterGrid` is the business of scikit-learn's reader.
  const listed =
    listedConfigurations(python, iterable) ?? (index < 0 ? parameterGrid(python, iterable) : null)
  return { listed, product: listed ?? productOf(python, iterable) }
}

function dimensionsNow(python: PythonModule, loop: Loop): LoopDimension[] | null {
  const { node } = loop
  if (node.type !== 'for' || loop.role === 'train' || loop.role === 'evaluate') return null
  const { iterable, target } = unwrapped(python, node)
  const { listed, product } = factorsOf(python, loop)
  if (product !== null) {
    const targets = target.type === 'tuple' || target.type === 'list' ? target.items : [target]
    // `for values in product(*grid.values())`: the names are those of the grid.
    const spread = listed !== null || (targets.length === 1 && product.length > 1)
    if (!spread && targets.length !== product.length) return null
    const dimensions = product.map((one, index) => {
      const written = spread ? undefined : targets[index]
      const name =
        one.name ??
        (written?.type === 'name'
          ? nameOfValue(python, loop, written.id, one.values)
          : (collectionOf(one.values) ?? ''))
      return {
        ...(one.loaded === undefined
          ? dimension(python, name, one.values)
          : { ...sized(name, one.loaded), location: one.location, expr: null }),
        target: written?.type === 'name' ? written.id : '',
      }
    })
    if (!dimensions.some((one) => hyperparameter.test(one.name))) return null
    return spread
      ? dimensions.map((one) => ({ ...one, target: target.type === 'name' ? target.id : '' }))
      : dimensions
  }
  if (target.type !== 'name') return null
  const name = nameOfValue(python, loop, target.id, iterable)
  const found = { ...dimension(python, name, iterable), target: target.id }
  if (found.size === null) return null
  // `for epoch in range(10)` counts; `for batch in …` goes through data.
  const counts = python.definition(iterable)
  const range = counts.type === 'call' && python.nameOf(counts.callee) === 'range'
  if (hyperparameter.test(name)) return range && /epoch|batch$/i.test(target.id) ? null : [found]
  const factor = repetitionTarget.test(target.id) || (chosenNetwork.test(name) && named(found.values))
  return factor && found.size <= 20 ? [found] : null
}

/** `for arch in ['resnet18', 'resnet50']` */
const named = (values: readonly Json[] | undefined): boolean =>
  values?.every((one) => typeof one === 'string') === true

/** `enumerate(…)`, `tqdm(…)` pass on what they wrap. */
function unwrapped(python: PythonModule, node: For): { iterable: Expr; target: Expr } {
  let { iterable, target }: { iterable: Expr; target: Expr } = node
  for (let depth = 0; depth < 3; depth++) {
    const value = python.definition(iterable)
    if (value.type !== 'call' || value.args[0] === undefined) break
    const method =
      value.callee.type === 'attribute'
        ? value.callee.attr
        : value.callee.type === 'name'
          ? value.callee.id
          : ''
    if (method === 'enumerate' && target.type === 'tuple' && target.items.length === 2)
      target = target.items[1]!
    else if (!/^(tqdm|track|list|tuple|progress_bar|shuffled?)$/.test(method)) break
    iterable = value.args[0].value
  }
  return { iterable, target }
}

function sized(name: string, values: Json[]): Pick<LoopDimension, 'name' | 'size' | 'values'> {
  return { name, size: distinctCount(values), values }
}

function dimension(python: PythonModule, name: string, expr: Expr): Omit<LoopDimension, 'target'> {
  const known = effective(python.fold(expr))
  if (known !== undefined) {
    if (!Array.isArray(known)) return { name, size: null, expr: null }
    return { ...sized(name, known), expr }
  }
  const value = python.definition(expr)
  const counted = value.type === 'list' || value.type === 'tuple' ? value.items : null
  const size = counted === null || counted.some((item) => item.type === 'starred') ? null : counted.length
  return { name, size, expr: null }
}

const trainingCall = /^(train|fit|run_?(training|experiment|train)|train_?(model|net|network|and_\w+|\w*))$/i
/** Library functions that fit a model, or several, by themselves. */
const fitter =
  /^(xgboost|lightgbm|catboost)\.(train|cv)$|^sklearn\.model_selection\.cross_(val_score|validate|val_predict)$/

/** What one pass of the innermost loop costs; null where it does not train with the loop's values. */
function workOf(python: PythonModule, nest: Nest, startedBy: (call: Call) => Work | null): Work | null {
  const inner = nest.loops.at(-1)!
  const names = new Set(nest.dimensions.map((one) => one.target))
  if (!usesAll(inner.node.body, names)) return null
  const { effects } = inner
  const run: Work = { unit: 'run', launched: null }
  if (effects.trains || [...effects.calls].some((name) => trainerRuns.test(name))) return run
  const { calls } = inner
  // `learn.fine_tune(8, lr)`
  if (fastaiFits(python).some(({ call }) => calls.includes(call))) return run
  if (
    calls.some((call) => call.method === 'fit' && passedExpression(python.argument(call, 'epochs')) !== null)
  )
    return run
  if ((effects.calls.has('.fit') || effects.calls.has('.partial_fit')) && learns(effects.calls))
    return { unit: 'fit', launched: null }
  const fits = calls.find((call) => call.name !== null && fitter.test(call.name))
  if (fits !== undefined) return { unit: 'fit', launched: null, ...foldsOf(python, fits) }
  if ([...effects.calls].some((name) => fitter.test(name))) return { unit: 'fit', launched: null }
  const started = calls.map((call) => startsJob(python, call)).find((one) => one !== null)
  if (started != null) return { unit: started, launched: started === 'job' ? 'jobs' : 'trainings' }
  for (const call of calls) {
    const work = startedBy(call)
    if (work !== null) return work
  }
  // A function of another module that is named for what it does and is given the values.
  const handed = calls.some(
    (call) =>
      trainingCall.test(call.method) &&
      call.expr.callee.type === 'name' &&
      python.functionOf(call.expr.callee) === null &&
      !isLibrary(call.name) &&
      call.expr.args.some((argument) => mentions(argument.value, names)),
  )
  return handed ? run : null
}

const isLibrary = (name: string | null): boolean =>
  name !== null && /^(torch|tensorflow|keras|sklearn|numpy|pandas)\./.test(name)

/** What a function that goes through a grid by itself does with each combination. */
function workOfFunction(python: PythonModule, func: Func): Work | null {
  const { trains, calls } = python.effectsOfFunction(func)
  const run = trains || [...calls].some((name) => trainerRuns.test(name))
  const handed = func.calls.some(
    ({ method, name, expr }) =>
      trainingCall.test(method) && !isLibrary(name) && python.functionOf(expr.callee) !== func,
  )
  return run || handed ? { unit: 'run', launched: null } : null
}

/** Fits of one `xgb.cv(…, nfold=5)`, `cross_val_score(…, cv=5)`. */
function foldsOf(python: PythonModule, call: Call): Pick<Work, 'folds'> {
  if (call.method === 'train') return {}
  // Source: xgboost 2.1, lightgbm 4.5, catboost 1.2: 3, 5 and 3 folds; scikit-learn 1.5: 5.
  const [keyword, otherwise] = call.name!.startsWith('sklearn.')
    ? (['cv', 5] as const)
    : call.name!.startsWith('catboost.')
      ? (['fold_count', 3] as const)
      : (['nfold', call.name!.startsWith('xgboost.') ? 3 : 5] as const)
  const given = python.argument(call, keyword)
  const folds = mayBePassed(given) ? numberArgument(given) : otherwise
  return folds === null ? {} : { folds }
}

/** `.fit` of something that predicts, rather than of a scaler. */
function learns(calls: Set<string>): boolean {
  return [
    '.predict',
    '.predict_proba',
    '.score',
    '.evaluate',
    'sklearn.model_selection.cross_val_score',
  ].some((name) => calls.has(name))
}

function mentions(expr: Expr, names: Set<string>): boolean {
  if (expr.type === 'name') return names.has(expr.id)
  return childrenOf(expr).some((child) => mentions(child, names))
}

/** The loops' values are used in the body, so they are no counters: two of them, or all where there are fewer. */
function usesAll(body: Stmt[], names: Set<string>): boolean {
  const used = new Set<string>()
  const visit = (expr: Expr): void => {
    if (expr.type === 'name' && names.has(expr.id)) used.add(expr.id)
    forEachChild(expr, visit)
  }
  const walk = (statement: Stmt): void => {
    forEachExpression(statement, visit)
    for (const block of blocksOf(statement)) block.forEach(walk)
  }
  body.forEach(walk)
  return used.size >= Math.min(2, names.size)
}

/** Preparation that a program does at each start, and of which it keeps nothing. */

import { isGenerator } from '../../python/generators.js'
import { usesMatch } from '../../python/library-uses.js'
import type { Call, Func, Klass, PythonModule } from '../../python/module.js'
import type { Expr } from '../../syntax/python-ast.js'
import { comprehensionsAround, lastName } from '../../syntax/python-children.js'
import { once } from '../../text/once.js'
import { reachedBy } from '../search/trial-function.js'
import type { PreparationCost } from './preparation-cost.js'
import { costOf, type Repetition, type Step, trainsRepeatedly } from './repetition.js'
import { isSlow } from './slow-samples.js'
import { tokenizing } from './tokenizer-costs.js'

/** Something in the program keeps prepared data, or takes it from where it is kept. */
const kept =
  /to_(parquet|feather|pickle|hdf|csv|json)\(|joblib\.dump|pickle\.dump|np\.(save|savez|savez_compressed|memmap)\b|numpy\.save|save_to_disk|load_from_disk|lru_cache|Memory\(|diskcache|\bcache|exists\(|isfile\(|is_file\(|h5py|lmdb|zarr|pyarrow|feast|tecton|hopsworks|FeatureStore|feature_store|mlflow\.artifacts|tfrecord/i
/** What is read may be results that are kept, unless much is done all the same to one after the other. */
const readsKept = /(joblib|pickle|np|numpy)\.load\b|read_(pickle|parquet|feather|hdf)\b/

const keptElsewhere = /joblib|pickle|h5py|lmdb|\.to_parquet|\.to_pickle|\.exists/

/** Data that is written; `to_csv` and pickles may well be what the model predicts, or itself. */
const savesData = /\bto_(parquet|feather)\(|\b(np|numpy)\.(save|savez|savez_compressed)\(|\bsave_to_disk\(/g

/** @param ofSamples what makes samples */
export function atStart(
  python: PythonModule,
  seen: ReadonlySet<Call>,
  ofSamples: ReadonlySet<Repetition['around']>,
): Repetition | null {
  const { evidence, isEntry } = python
  if (!isEntry || evidence.role !== 'training' || evidence.notebook) return null
  const text = python.code
  const written = once(python.tree, 'without saved data', () => text.replace(savesData, ''))
  // What is saved and never looked for is prepared again all the same.
  if (once(python.tree, 'keeps data', () => kept.test(written))) return null
  if (python.imported.some((module) => usesMatch(module, keptElsewhere))) return null
  const readsOthers = readsKept.test(text)
  const steps: Step[] = []
  for (const call of python.calls) {
    if (seen.has(call) || call.conditional || call.loops.some(trainsRepeatedly)) continue
    if (call.function !== null && (ofSamples.has(call.function) || inBatches(python).has(call.function)))
      continue
    // Reading is no preparation yet, and maps of points are drawn when the training is over.
    if (/^(pandas|numpy)\.\w*(read_|load|genfrom)|manifold|TSNE|UMAP/.test(`${call.name} ${call.receiver}`))
      continue
    if (call.function !== null && !preparesAtStart(python, call.function)) continue
    const cost = isKeptByMap(python, call) ? null : (costOf(python, call) ?? slowForOne(call))
    if (cost === null || (cost.quick === true && !cutsTexts(python, call))) continue
    // What a file holds that a network goes over is no result yet.
    const mayBeKept = readsOthers && cost.weight !== 'dear' && cost.network !== true
    if (cost.single ? !isOfMany(python, call) : mayBeKept) continue
    const oneByOne = cost.single || (cost.quick === true && isOfMany(python, call))
    steps.push({ call, cost: oneByOne ? { ...cost, weight: 'dear' } : cost, statement: call.statement })
  }
  const saved = written !== text
  // Among light steps it is not known what is saved.
  if (steps.length === 0 || (saved && !steps.some(({ cost }) => cost.weight !== 'ordinary'))) return null
  return { per: 'run', times: null, steps, around: null, ...(saved ? { saved: true as const } : {}) }
}

/** Functions that loops over batches call, however far down: their work is another for each batch. */
function inBatches(python: PythonModule): ReadonlySet<Func> {
  return once(python, 'functions that batches reach', () => {
    const calls = python.loops
      .filter((loop) => trainsRepeatedly(loop) || loop.role === 'evaluate')
      .flatMap((loop) => loop.calls)
    return new Set(reachedBy(python, calls, new Set()))
  })
}

/** `tokenizer(texts)`, `[tokenizer.encode(text) for text in texts]`, rather than the prompt of an answer. */
function cutsTexts(python: PythonModule, call: Call): boolean {
  const { function: func, loops } = call
  if (tokenizing(python, call) === null || notBefore.test(func?.name ?? '')) return false
  const sources = sourcesOf(call)
  if (sources.length > 0 && sources.every((one) => one !== null && isWrittenDown(python, one))) return false
  return loops.every(({ role }) => role !== 'train' && role !== 'evaluate')
}

const notBefore =
  /eval|valid|test|predict|generat|infer|collat|batch|step|forward|chat|ask|answer|demo|sampl/i

/** `data.map(lambda rows: tokenizer(rows['text']))`: the library of data sets keeps what it gives. */
function isKeptByMap(python: PythonModule, { expr, function: func }: Call): boolean {
  if (!keepsMaps(python)) return false
  return python.methodCalls('map').some(({ expr: { callee, args } }) => {
    const given = (args.find(({ name }) => name === 'function') ?? args[0])?.value
    if (given === undefined || callee.type !== 'attribute' || callee.value.type === 'subscript') return false
    const { start, end } = given
    if (start <= expr.start && expr.end <= end) return true
    return (
      func !== null &&
      (python.functionOf(given) === func || python.code.slice(start, end).includes(func.name))
    )
  })
}

const keepsMaps = (python: PythonModule): boolean =>
  [...python.imports].some((name) => /^datasets(\.|$)/.test(name))

const madeOnce = /^(__init__|setup|prepare_data)$/
const ofData = /(^|\.)\w*(Dataset|DataModule|DataSet)$/
const deepest = 3

function preparesAtStart(python: PythonModule, func: Func): boolean {
  const known = once(python, 'functions that run at the start', () => new Map<Func, boolean>())
  const runs = known.get(func) ?? (!isGenerator(python, func) && runsAtStart(python, func))
  known.set(func, runs)
  return runs
}

/** The program calls it before it trains: as a function, where a data set is made, or on the way there. */
function runsAtStart(python: PythonModule, func: Func, depth = 0): boolean {
  if (func.class === null) return isCalled(python, func)
  const written = func.class.node.bases.map(({ value }) => lastName(value))
  if (madeOnce.test(func.name))
    return [...func.class.bases, ...written].some((base) => ofData.test(base)) && !keptByBase(func.class)
  // `self._load()` of the constructor.
  if (depth > deepest || keptMethods.test(func.name)) return false
  return python.calls.some(
    ({ method, expr: { callee }, function: by, conditional }) =>
      method === func.name &&
      by !== null &&
      by !== func &&
      by.class === func.class &&
      !conditional &&
      callee.type === 'attribute' &&
      callee.value.type === 'name' &&
      callee.value.id === 'self' &&
      runsAtStart(python, by, depth + 1),
  )
}

/** What libraries call once, and keep the result of. */
const keptMethods = /^(process|download|process_item|build_datapipes)$/
const keptByBase = ({ bases }: Klass): boolean =>
  bases.some((base) => /^(torch_geometric|dgl|streaming|litdata)\./.test(base))

/** It stands in a loop or a comprehension, or in a function that one of these calls, or that goes through a collection. */
function isOfMany(python: PythonModule, call: Call): boolean {
  if (sourcesOf(call).some((one) => one === null || !isWrittenDown(python, one))) return true
  return call.function !== null && isCalledForMany(python, call.function)
}

/** What the loops and comprehensions around a call go through; null: a `while` goes through no collection. */
function sourcesOf({ loops, statement, expr }: Call): (Expr | null)[] {
  return [
    ...loops.map(({ node }) => (node.type === 'for' ? node.iterable : null)),
    ...comprehensionsAround(statement, expr).flatMap(({ clauses }) =>
      clauses.map(({ iterable }) => iterable),
    ),
  ]
}

/** `for word in ['yes', 'no']`: a handful of words, rather than data. */
function isWrittenDown(python: PythonModule, iterable: Expr): boolean {
  const list = python.definition(iterable)
  return (
    (list.type === 'list' || list.type === 'tuple') &&
    list.items.length > 0 &&
    list.items.every(({ type }) => type === 'constant') &&
    !python.isChanged(iterable)
  )
}

function isCalledForMany(python: PythonModule, func: Func): boolean {
  const known = once(python, 'functions that are called for many', () => new Map<Func, boolean>())
  const before = known.get(func)
  if (before !== undefined) return before
  // Functions that only call each other are called for one.
  known.set(func, false)
  const isSite = (site: Call): boolean => site.function !== func && isOfMany(python, site)
  const found =
    handedFunctions(python).has(func) ||
    (python.callSites(func) ?? []).some(isSite) ||
    (func.class !== null &&
      python.methodCalls(func.name).some((site) => isOwnCall(site, func) && isSite(site)))
  known.set(func, found)
  return found
}

/** `self._read(path)` in another method of the class. */
function isOwnCall({ method, function: by, expr: { callee } }: Call, func: Func): boolean {
  return (
    method === func.name &&
    by !== null &&
    by !== func &&
    by.class === func.class &&
    callee.type === 'attribute' &&
    callee.value.type === 'name' &&
    callee.value.id === 'self'
  )
}

const poolMaps = /^(map|imap|imap_unordered|starmap|uimap|submit|apply_async)$/

/** Functions that `map(load, paths)`, `pool.map(load, paths)` or `table['text'].apply(clean)` call for each of many, with these calls. */
function handedFunctions(python: PythonModule): ReadonlyMap<Func, Call[]> {
  return once(python, 'functions handed many', () => {
    const found = new Map<Func, Call[]>()
    for (const call of python.calls) {
      const [first] = call.expr.args
      if (first === undefined || !handsAll(call)) continue
      const func = python.functionOf(first.value)
      if (func === null) continue
      const before = found.get(func)
      if (before === undefined) found.set(func, [call])
      else before.push(call)
    }
    return found
  })
}

function handsAll({ method, name, expr: { callee } }: Call): boolean {
  if (callee.type === 'name')
    return callee.id === 'map' || /^(thread_map|process_map|p_map|delayed)$/.test(callee.id)
  if (name !== null) return /\.(thread_map|process_map|delayed)$/.test(name)
  if (callee.type !== 'attribute') return false
  if (poolMaps.test(method) && /pool|executor|^(ex|p)$/i.test(lastName(callee.value))) return true
  return (
    /^(map|apply|progress_apply|parallel_apply|progress_map)$/.test(method) &&
    callee.value.type === 'subscript'
  )
}

const films =
  /^(decord\.VideoReader|cv2\.VideoCapture|av\.open|torchvision\.io\.read_video|torchcodec\.decoders\.\w+|imageio\.(v\d\.)?get_reader)$/

/** What takes milliseconds and more for one sample, by whatever library. */
function slowForOne({ name, expr }: Call): PreparationCost | null {
  if (name === null || !(isSlow(name) || films.test(name))) return null
  return { what: name, weight: 'heavy', single: true, inputs: expr.args.map(({ value }) => value) }
}

function isCalled(python: PythonModule, func: Func): boolean {
  const sites = python.callSites(func)
  if (sites === null) return handedAround(python, func)
  return sites.some(
    ({ conditional, loops, function: by }) =>
      !conditional &&
      !loops.some(trainsRepeatedly) &&
      !(by !== null && runsInTraining(python, by)) &&
      (by === null ||
        by.class === null ||
        by === func ||
        madeOnce.test(by.name) ||
        /^_?(load|read|prepare|build|make)/.test(by.name)),
  )
}

/** Every call of it stands in the loop of a training, or in a function of which that holds. */
function runsInTraining(python: PythonModule, func: Func): boolean {
  const known = once(python, 'functions that run in the training', () => new Map<Func, boolean>())
  const before = known.get(func)
  if (before !== undefined) return before
  known.set(func, false)
  const sites = python.callSites(func) ?? []
  const runs =
    sites.length > 0 &&
    sites.every(
      ({ loops, function: by }) =>
        loops.some(trainsRepeatedly) || (by !== null && runsInTraining(python, by)),
    )
  known.set(func, runs)
  return runs
}

/** `table['text'].map(clean)` and the like at the top, or in functions. */
function handedAround(python: PythonModule, func: Func): boolean {
  return (handedFunctions(python).get(func) ?? []).some(
    (call) => !call.conditional && !call.loops.some(trainsRepeatedly),
  )
}

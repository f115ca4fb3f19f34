/** Functions that run once for each of many: elements, rows, requests, tasks. */
import type { Call, Func, Klass, Loop, PythonModule } from '../../python/module.js'
import type { Expr } from '../../syntax/python-ast.js'
import { once } from '../../text/once.js'
import { requestHandlers } from './request-handlers.js'

export interface ElementFunction {
  func: Func
  /** What it runs for: 'element of the collection'. */
  each: string
  /** Where a model is loaded once instead. */
  remedy: string
  /** How code that runs once is written there. `setup`: a method of the class; `module`: beside the function. */
  once: 'setup' | '__init__' | 'module' | null
  klass: Klass | null
}

const doFn = /^apache_beam\.(transforms\.core\.)?DoFn$/
const beamMaps = /^apache_beam\.(transforms\.core\.)?(Map|FlatMap|Filter|MapTuple|FlatMapTuple|ParDo)$/
const webMakers =
  /^(fastapi\.(FastAPI|APIRouter)|fastapi\.routing\.APIRouter|flask\.(Flask|Blueprint)|starlette\.\w+|sanic\.(Sanic|Blueprint)|quart\.(Quart|Blueprint)|litestar\.\w+|robyn\.Robyn)$/
const routes = /^(get|post|put|patch|route|api_route|websocket)$/
const celeryTasks = /^(celery\.shared_task|celery\.task|dramatiq\.actor|huey\.task)$/

/** What is asked for on purpose: a route that loads, reloads or trains. */
const onPurpose =
  /(^|_)(re)?(load|init|start|startup|train|fit|update|refresh|switch|warm|deploy|swap)(_|$)|lifespan|health/i

export function elementFunctions(python: PythonModule): readonly ElementFunction[] {
  return once(python, 'element functions', () =>
    foundIn(python).filter(({ func }) => !trainsOwn(python, func)),
  )
}

function foundIn(python: PythonModule): ElementFunction[] {
  const found: ElementFunction[] = []
  for (const klass of python.classes) {
    const process = klass.methods.get('process')
    if (process !== undefined && klass.bases.some((base) => doFn.test(base)))
      found.push({
        func: process,
        each: 'element of the collection',
        remedy:
          'in `setup()` of the class, which runs once on each worker, or use the inference transform of the library',
        once: 'setup',
        klass,
      })
    const call = klass.methods.get('__call__')
    if (call !== undefined && isDecorated(python, klass.node.decorators, /^ray\.serve\.deployment$/))
      found.push(ofClass(klass, call, 'deployment'))
    if (!isDecorated(python, klass.node.decorators, /^bentoml\.service$/)) continue
    for (const method of klass.methods.values())
      if (
        isDecorated(python, method.node.decorators, /^bentoml\.(api|task)$/) &&
        !onPurpose.test(method.name)
      )
        found.push(ofClass(klass, method, 'service'))
  }
  for (const func of python.functions) {
    const one = decorated(python, func) ?? handler(func)
    if (one !== null && !onPurpose.test(func.name)) found.push(one)
  }
  const others = [
    ...requestHandlers(python),
    ...python.calls.flatMap((call) => handedOver(python, call) ?? []),
  ]
  for (const one of others)
    if (!found.some((other) => other.func === one.func) && !onPurpose.test(one.func.name)) found.push(one)
  return found
}

function isDecorated(python: PythonModule, decorators: readonly Expr[], names: RegExp): boolean {
  return decorators.some((one) => names.test(python.nameOf(one.type === 'call' ? one.callee : one) ?? ''))
}

/** A method of a class that a server makes once. */
function ofClass(klass: Klass, func: Func, what: string): ElementFunction {
  return { func, each: 'request', remedy: `in \`__init__()\` of the ${what}`, once: '__init__', klass }
}

const atImport = 'when the module is imported, or behind a cache'

function decorated(python: PythonModule, func: Func): ElementFunction | null {
  for (const decorator of func.node.decorators) {
    const callee = decorator.type === 'call' ? decorator.callee : decorator
    const name = python.nameOf(callee)
    if (name !== null) {
      if (celeryTasks.test(name)) return plain(func, 'task', atImport)
      if (/^pyspark\.sql\.functions\.udf$/.test(name)) return row(func)
      if (name === 'ray.remote') continue
    }
    if (callee.type !== 'attribute') continue
    const maker = python.typeOf(callee.value)
    if (maker === null) continue
    if (maker === 'celery.Celery' && callee.attr === 'task') return plain(func, 'task', atImport)
    if (webMakers.test(maker) && routes.test(callee.attr)) return plain(func, 'request', atImport)
  }
  return null
}

function plain(func: Func, each: string, remedy: string): ElementFunction {
  return { func, each, remedy, once: 'module', klass: null }
}

function row(func: Func): ElementFunction {
  const remedy = 'once for each partition: `mapInPandas`, or a `pandas_udf` over an iterator of batches'
  return { func, each: 'row', remedy, once: null, klass: null }
}

/** `lambda_handler(event, context)`: what the module loads stays for as long as the instance is warm. */
function handler(func: Func): ElementFunction | null {
  const { params } = func.node
  if (
    func.class !== null ||
    params.length !== 2 ||
    params[0]!.name !== 'event' ||
    !/^_?(ctx|context)$/.test(params[1]!.name)
  )
    return null
  return plain(func, 'call of the function', atImport)
}

/** Functions that are handed to a library, which calls them for each element. */
function handedOver(python: PythonModule, call: Call): ElementFunction | null {
  const first = call.expr.args[0]
  if (first === undefined || first.star > 0) return null
  const func = python.functionOf(first.value)
  if (func === null) return null
  if (call.name !== null && beamMaps.test(call.name)) {
    const remedy = 'in `setup()` of a `DoFn`, which runs once on each worker'
    return { func, each: 'element of the collection', remedy, once: null, klass: null }
  }
  if (call.name === 'pyspark.sql.functions.udf') return row(func)
  const { callee } = call.expr
  const ofTables = python.uses('pandas.', 'polars.', 'dask.', 'swifter.', 'modin.', 'pandarallel.')
  if (/^(progress_|parallel_|swifter_)?apply$|^(map_elements|map_rows)$/.test(call.method) && ofTables)
    return { func, each: 'row', remedy: 'before it is applied', once: 'module', klass: null }
  if (callee.type === 'name' && callee.id === 'map' && call.expr.args.length === 2)
    return {
      func,
      each: 'element',
      remedy: 'before the elements are gone through',
      once: 'module',
      klass: null,
    }
  // `delayed(score)(path)`
  if (call.name === 'joblib.delayed')
    return { func, each: 'element', remedy: inWorker, once: null, klass: null }
  if (callee.type !== 'attribute') return null
  if (
    /^(map|progress_map)$/.test(call.method) &&
    ofTables &&
    (isColumn(callee.value) || python.uses('dask.bag.'))
  )
    return { func, each: 'row', remedy: 'before it is applied', once: 'module', klass: null }
  if (pools.test(call.receiver ?? '') && poolMethods.test(call.method))
    return { func, each: 'element', remedy: inWorker, once: null, klass: null }
  if (
    /^(map|foreach|flatMap)$/.test(call.method) &&
    callee.value.type === 'attribute' &&
    callee.value.attr === 'rdd'
  )
    return row(func)
  if (/^(map|map_batches|flat_map|filter)$/.test(call.method) && ofRayData(python, callee.value)) {
    const remedy = 'in `__init__()` of a class that is handed over in place of the function'
    return { func, each: call.method === 'map_batches' ? 'batch' : 'row', remedy, once: null, klass: null }
  }
  return null
}

/** Each call trains a model of its own, which begins with the weights that it loads. */
function trainsOwn(python: PythonModule, func: Func): boolean {
  const { trains, calls } = python.effectsOfFunction(func)
  return trains || [...calls].some((name) => trainsNetworks.test(name) || /^\.(fit|train)$/.test(name))
}

const trainsNetworks =
  /^(transformers|trl|keras|lightning|fastai|sentence_transformers|setfit|ultralytics)\..*\.(fit|train|fine_tune|fit_one_cycle)$/
const inWorker = 'in the initializer of each worker, or behind a cache'
const pools =
  /^(concurrent\.futures\.(\w+\.)*\w*Executor|multiprocessing\.(\w+\.)*(Pool|ThreadPool)|multiprocess\.(\w+\.)*Pool|torch\.multiprocessing\.(\w+\.)*Pool|joblib\.Parallel|pathos\.\w+|mpire\.WorkerPool|dask\.distributed\.Client)/
const poolMethods = /^(map|imap|imap_unordered|starmap|map_async|submit|apply_async|apply|uimap|amap)$/

/** `table['text']`, `table.text`. */
function isColumn(expr: Expr): boolean {
  return expr.type === 'subscript' || (expr.type === 'attribute' && expr.value.type === 'name')
}

/** `ray.data.read_images(…).map(…)`, through names and further steps. */
function ofRayData(python: PythonModule, expr: Expr, depth = 0): boolean {
  if (depth > 10) return false
  const value = python.definition(expr)
  if (value.type !== 'call') return false
  const name = python.nameOf(value.callee)
  if (name?.startsWith('ray.data.') === true) return true
  return value.callee.type === 'attribute' && ofRayData(python, value.callee.value, depth + 1)
}

/** A loop that only applies a model: nothing in it trains. */
export function appliesOnly(loop: Loop): boolean {
  return (
    !trainsModels(loop) &&
    [...loop.effects.calls].some((name) =>
      /\.(predict|predict_proba|transform|generate|encode|infer|run|transcribe)$/.test(name),
    )
  )
}

/** A model is trained, or changed in another way, in the loop. */
export function trainsModels({ role, effects }: Loop): boolean {
  return (
    role === 'train' ||
    role === 'epoch' ||
    effects.backward ||
    effects.trains ||
    [...effects.calls].some(changesModel)
  )
}

export function changesModel(name: string): boolean {
  return /\.(fit|fit_generator|train|partial_fit|train_on_batch|fine_tune|fit_transform)$|prune|quanti|\.save(_model|_pretrained|_weights)?$/.test(
    name,
  )
}

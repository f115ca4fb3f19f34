/**
 * Work for each sample that need not be done for each: what gives the same every time, and what asks the network.
 */

import { isGenerator } from '../../python/generators.js'
import type { Call, Func, Klass, PythonModule } from '../../python/module.js'
import { onlyReturn } from '../../python/returns.js'
import type { Expr, Stmt } from '../../syntax/python-ast.js'
import { blocksOf, childrenOf, comprehensionsAround, lastName } from '../../syntax/python-children.js'
import { once } from '../../text/once.js'
import { alwaysRun, inTry, plainCalls, Varying } from '../repeated-code.js'
import { arrayReader, pictureReader } from './datasets.js'
import { trainsAnywhere } from './evidence.js'
import { handedToDataSet } from './handed-callables.js'
import { type HotStatement, hotCode } from './hot-code.js'
import { remoteRead } from './remote-reads.js'
import { costOf, costsElsewhere } from './sample-costs.js'
import { fontFile, readsSharedFile, repeatedWork, runsModel } from './sample-repeats.js'
import { branchForAll } from './settled-tests.js'

/** A function that makes samples. */
export interface Maker {
  func: Func
  /** What one call makes. */
  each: 'sample' | 'batch' | 'row'
  /** Called once for all rows, whose results are kept. */
  kept: boolean
  /** A generator: only what its loops do is done for each sample. */
  generates: boolean
  /** It runs in the process that trains, which has the device. */
  beside?: boolean
  /** A function that a library calls for each sample. */
  handed?: boolean
}

export interface SampleWork {
  kind:
    | 'constant work'
    | 'repeated work'
    | 'single pass'
    | 'several files'
    | 'shared file'
    | 'font'
    | 'table row'
    | 'sample on device'
    | 'remote read'
  maker: Maker
  call: Call
  /** The function that holds the call. */
  func: Func
  statement: Stmt
  /** Done once for all, as a clause; for requests: what is asked. */
  what: string
  /** `slight`: it opens something, and reads little. */
  weight: 'slight' | 'ordinary'
  /** Every name in it means the same in `__init__`. */
  hoistable: boolean
}

/** Its `__getitem__` calls a method of the project. */
const graphData = /^torch_geometric\.data\.(\w+\.)*Dataset$/
const datasetClass = /(^|\.)\w*(Dataset|DataSet|ImageFolder|DatasetFolder)$/
/** These read over the network by design, and keep what they have read. */
const streamingClass = /^(streaming|webdataset|s3torchconnector|litdata|ffcv)\./

export function makersOf(python: PythonModule): readonly Maker[] {
  return once(python, 'makers of samples', () => makersNow(python))
}

function makersNow(python: PythonModule): Maker[] {
  const makers = new Map<Func, Omit<Maker, 'func'>>()
  for (const klass of python.classes) {
    const each = madeBy(klass)
    if (each === null) {
      const item = withoutBase(python, klass)
      // Whether it runs in the process that trains, which has the device, is not seen.
      if (item !== null)
        makers.set(item, { each: 'sample', kept: false, generates: item.name === '__iter__', beside: true })
      continue
    }
    const item = klass.methods.get(klass.bases.some((base) => graphData.test(base)) ? 'get' : '__getitem__')
    if (item !== undefined) makers.set(item, { each, kept: false, generates: false })
    const stream = klass.methods.get('__iter__')
    if (stream !== undefined && item === undefined) makers.set(stream, { each, kept: false, generates: true })
  }
  const add = (
    expr: Expr,
    each: Maker['each'],
    kept = false,
    generates = false,
    beside = false,
    handed = false,
  ): void => {
    const klass = python.classOf(expr) ?? python.instanceClass(expr)
    const func = python.functionOf(expr) ?? klass?.methods.get('__call__') ?? null
    if (func !== null && !makers.has(func)) makers.set(func, { each, kept, generates, beside, handed })
  }
  for (const call of python.calls) {
    if (call.name !== null && inPython.test(call.name)) {
      const [first] = call.expr.args
      const given = call.expr.args.find((one) => one.name === 'func' || one.name === 'generator') ?? first
      if (given !== undefined && given.star === 0)
        add(given.value, 'sample', false, call.name.endsWith('.from_generator'))
      continue
    }
    const steps = stepsOf(python, call)
    if (steps !== null) {
      for (const step of steps) add(step, 'sample')
      continue
    }
    for (const given of [...handedToSamples(call), ...handedToDataSet(python, call)])
      add(given, 'sample', false, false, false, true)
    // Ray calls its collator in the training process, which has the device.
    const beside = call.method === 'iter_torch_batches'
    for (const argument of call.expr.args)
      if (argument.name === 'collate_fn' || argument.name === 'data_collator')
        add(argument.value, 'batch', false, false, beside)
    if (!/^(map|set_transform|with_transform)$/.test(call.method)) continue
    if (!python.imports.has('datasets') && ![...python.imports].some((name) => name.startsWith('datasets.')))
      continue
    const [first] = call.expr.args
    if (first === undefined || first.star !== 0) continue
    if (first.name === null || first.name === 'function' || first.name === 'transform') {
      const batched = call.method !== 'map' || call.expr.args.some((one) => one.name === 'batched')
      add(first.value, batched ? 'batch' : 'row', call.method === 'map')
    }
  }
  for (const func of namedCollators(python))
    if (!makers.has(func)) makers.set(func, { each: 'batch', kept: false, generates: false })
  return [...makers].map(([func, rest]) => ({ func, ...rest }))
}

const libraryTransforms =
  /^(torchvision\.transforms(\.v2)?\.(\w+\.)*Lambda|monai\.transforms\.(\w+\.)*Lambdad?|albumentations\.(\w+\.)*Lambda|torchio\.(\w+\.)*Lambda|mxnet\.gluon\.data\.\w+|ignite\.\w+)$/
const perSampleArguments =
  /^(item_tfms|get_x|get_y|loader|transform|target_transform|transforms|preprocess_fn|decoder|map_fn|lambd|func|image|preprocessing_function)$/
const takesSteps =
  /^(fastai\.(\w+\.)*(DataBlock|\w+DataLoaders(\.\w+)?)|torchvision\.datasets\.\w+|torch_geometric\.datasets\.\w+|keras\.(\w+\.)*ImageDataGenerator)$/

/** Functions that a library calls for each sample: `item_tfms=[spectrogram]`, `Lambda(decode)`, `ImageFolder(root, loader=read)`. */
function handedToSamples({ name, method, expr: { args, callee } }: Call): Expr[] {
  if (name !== null && libraryTransforms.test(name))
    return args.flatMap(({ name: key, value }) =>
      key === null || perSampleArguments.test(key) ? [value] : [],
    )
  const own = name !== null && takesSteps.test(name)
  // `shards.map(decode)`, `.map_dict(jpg=decode)` of webdataset.
  const ofShards = name === null && /^map_(dict|tuple)$/.test(method) && callee.type === 'attribute'
  if (ofShards) return args.map(({ value }) => value)
  const asked = own
    ? args.filter(({ name: key }) => perSampleArguments.test(key ?? ''))
    : args.filter(({ name: key }) => key === 'item_tfms' || key === 'preprocessing_function')
  return asked.flatMap(({ value }) => (value.type === 'list' ? value.items : [value]))
}

/** `def collate_fn(rows)`, what `make_collate(tokenizer)` returns, `class Collator`: the loader may be in another module. */
function namedCollators(python: PythonModule): Func[] {
  const called = python.classes.flatMap(({ name, methods }) =>
    /collat/i.test(name) ? (methods.get('__call__') ?? []) : [],
  )
  const functions = python.functions.flatMap((func) => {
    if (!/collat/i.test(func.name) || func.class !== null) return []
    const returned = onlyReturn(func)
    const inner = returned === null ? null : python.functionOf(returned)
    return inner !== null && func.node.start < inner.node.start && inner.node.end <= func.node.end
      ? inner
      : func
  })
  return [...called, ...functions]
}

/** What a pipeline of transformations does with a sample, in order; null: the call makes none. */
export function stepsOf(python: PythonModule, { name, expr }: Call): readonly Expr[] | null {
  if (name === null || !composes.test(name)) return null
  const [list] = expr.args
  const steps = list === undefined || list.star > 0 ? null : python.definition(list.value)
  return steps?.type === 'list' ? steps.items : []
}

const composes = /^torchvision\.transforms(\.v2)?\.(\w+\.)*Compose$/

/** Python functions that a pipeline of TensorFlow calls for each element. */
const inPython =
  /^tensorflow\.(compat\.v\d\.)?(py_function|numpy_function|py_func|data\.Dataset\.from_generator)$/
const batchClass = /^keras\.(\w+\.)*(Sequence|PyDataset)$/

/**
 * What a class that is no kind of anything hands samples out by, in a program that trains: all that a loader asks for is
 * `__getitem__` and `__len__`, and a loop goes through what an `__iter__` yields.
 */
function withoutBase(python: PythonModule, { node, methods }: Klass): Func | null {
  if (node.bases.some(({ value }) => lastName(value) !== 'object') || !trainsAnywhere(python)) return null
  const item = methods.get('__getitem__')
  if (item !== undefined) return methods.has('__len__') ? item : null
  const stream = methods.get('__iter__')
  return stream !== undefined && isGenerator(python, stream) ? stream : null
}

/** What one call of a data set's method makes; null: it is no data set. */
function madeBy(klass: Klass): Maker['each'] | null {
  if (klass.bases.some((base) => batchClass.test(base))) return 'batch'
  return isDataset(klass) ? 'sample' : null
}

export function isDataset(klass: Klass): boolean {
  if (klass.bases.some((base) => streamingClass.test(base))) return false
  const written = klass.node.bases.map(({ value }) => lastName(value))
  return [...klass.bases, ...written].some((base) => datasetClass.test(base))
}

export function sampleWork(python: PythonModule): SampleWork[] {
  const found: SampleWork[] = []
  const seen = new Set<Call>()
  for (const maker of makersOf(python)) {
    for (const one of workOf(python, maker)) {
      if (seen.has(one.call) || (maker.beside === true && one.kind === 'sample on device')) continue
      seen.add(one.call)
      found.push(one)
    }
  }
  return found
}

/** Some samples are handed out above: one that is kept, say, but not what only a data set without a tokenizer does. */
function leavesForSome(analysis: PythonModule, { node }: Func, offset: number): boolean {
  return node.body.some(
    (one) =>
      one.type === 'if' &&
      one.end <= offset &&
      one.body.some(({ type }) => type === 'return') &&
      branchForAll(analysis, one.test) !== 'orelse',
  )
}

function inLoop(func: Func, statement: Stmt): boolean {
  const visit = (body: Stmt[]): boolean =>
    body.some((one) => {
      if (one.start > statement.start || one.end < statement.end) return false
      if (one.type === 'for' || one.type === 'while')
        return one.body.some((inner) => inner.start <= statement.start && statement.end <= inner.end)
      return blocksOf(one).some(visit)
    })
  return visit(func.node.body)
}

/** `if self.on_gpu:` around it: somebody chooses. */
function asksForDevice({ text }: PythonModule, func: Func, call: Call): boolean {
  return isUnder(func.node.body, call, ({ test }) =>
    /cuda|gpu|device/i.test(text.slice(test.start, test.end)),
  )
}

/** `if self.held is None: self.held = …`, `if index not in held: held[index] = …`: done until it is there. */
function fillsOnce({ text }: PythonModule, func: Func, call: Call): boolean {
  return isUnder(func.node.body, call, ({ test, body }) => {
    const asked = text.slice(test.start, test.end)
    return body.some(
      (one) =>
        one.type === 'assign' &&
        one.targets.some((target) => {
          const kept = target.type === 'subscript' ? target.value : target
          const name = kept.type === 'attribute' ? kept.attr : kept.type === 'name' ? kept.id : ''
          return name !== '' && new RegExp(`\\b${name}\\b`).test(asked)
        }),
    )
  })
}

/** An `if` around the call, of which this holds. */
function isUnder(
  code: readonly Stmt[],
  call: Call,
  holds: (test: Extract<Stmt, { type: 'if' }>) => boolean,
): boolean {
  return code.some((one) => {
    if (one.start > call.expr.start || one.end < call.expr.end) return false
    return (one.type === 'if' && holds(one)) || blocksOf(one).some((block) => isUnder(block, call, holds))
  })
}

function workOf(analysis: PythonModule, maker: Maker): SampleWork[] {
  const code = hotCode(analysis, maker.func.node.body, maker.func)
  const { statements, followed } = code
  const inOrder = [...statements].sort((a, b) => a.statement.start - b.statement.start)
  const names = maker.func.node.params.map((param) => param.name).filter((name) => name !== 'self')
  const varying = new Varying(analysis, { func: maker.func, names, passes: 'item' }, inOrder, followed)
  const found: SampleWork[] = []
  const runsAlways = alwaysRun(followed)
  for (const hot of inOrder) {
    const { func, statement } = hot
    if (func === null || hot.guarded || hot.exceptional) continue
    if (inTry(func, statement)) continue
    // What stands before the loops of a generator is done once for each pass.
    if (maker.generates && func === maker.func && !inLoop(func, statement)) continue
    for (const expr of hot.expressions) {
      for (const call of plainCalls(analysis, expr)) {
        if (!runsAlways(func) || leavesForSome(analysis, func, call.expr.start)) continue
        const request = hot.conditional ? null : remoteRead(analysis, call)
        if (request !== null) {
          if (maker.kept) continue
          found.push({
            ...{ kind: 'remote read', maker, call, func, statement },
            ...{ what: request, weight: 'ordinary', hoistable: false },
          })
          continue
        }
        const repeated = maker.kept ? null : repeatedWork(analysis, call)
        // Samples that lie on the device now and then are as wrong in a worker as those that always do.
        if (
          hot.conditional &&
          (repeated?.kind !== 'sample on device' ||
            asksForDevice(analysis, func, call) ||
            fillsOnce(analysis, func, call))
        )
          continue
        if (repeated !== null) {
          const { what, weight } = repeated
          const drawn = repeated.kind === 'repeated work' && drawsLots(analysis, maker.func, call)
          // What chance has changed is another sample each time, and a batch of them still costs less.
          if (drawn && what !== runsModel) continue
          const kind = drawn ? 'single pass' : repeated.kind
          // One sample has several parts: one decision.
          if (kind === 'table row' && found.some((one) => one.kind === kind)) continue
          // What a function that puts a batch together copies at once is no single sample.
          if (
            kind === 'sample on device' &&
            maker.each === 'batch' &&
            func === maker.func &&
            !inLoop(func, statement) &&
            comprehensionsAround(statement, call.expr).length === 0
          )
            continue
          // Both branches, and each part of a sample: one decision.
          if (kind === 'sample on device' && found.some((one) => one.kind === kind)) continue
          found.push({ kind, maker, call, func, statement, what, weight, hoistable: false })
          continue
        }
        if (readsFiles(analysis, maker, hot, call, followed)) {
          if (found.some((one) => one.kind === 'several files')) continue
          const what = 'reads several files'
          const weight = 'slight'
          found.push({ kind: 'several files', maker, call, func, statement, what, weight, hoistable: false })
          continue
        }
        if (maker.each === 'sample' && !maker.generates && readsSharedFile(analysis, call)) {
          const font = call.name === fontFile
          found.push({
            ...{ kind: font ? ('font' as const) : ('shared file' as const), maker, call, func, statement },
            hoistable: false,
            what: font ? 'opens a font' : 'reads a whole file',
            weight: font ? 'slight' : 'ordinary',
          })
          continue
        }
        const own = costOf(analysis, call)
        const costs = own === null ? costsElsewhere(analysis, call) : [own]
        const cost = costs.find(({ inputs }) => !inputs.some((input) => varying.has(input, func)))
        if (cost === undefined) continue
        found.push({
          ...{ kind: 'constant work', maker, call, func, statement },
          ...{ what: cost.what, weight: cost.weight },
          hoistable: cost.complete && isFixed(analysis, call.expr, func),
        })
      }
    }
  }
  return found
}

/** `for name in os.listdir(folder): masks.append(cv2.imread(name))`: one sample lies in many files, which chance did not choose. */
function readsFiles(
  analysis: PythonModule,
  maker: Maker,
  hot: HotStatement,
  call: Call,
  followed: ReadonlyMap<Func, Call>,
): boolean {
  if (maker.each !== 'sample' || maker.kept || maker.generates) return false
  if (!pictureReader.test(call.name ?? '') && !arrayReader.test(call.name ?? '')) return false
  const goes =
    comprehensionsAround(hot.statement, call.expr).length > 0 ||
    hot.loops.some(
      ({ statement }) =>
        statement.type === 'for' &&
        !retries.test(analysis.code.slice(statement.target.start, statement.target.end)),
    )
  if (!goes || drawsLots(analysis, maker.func, call)) return false
  // What is drawn behind it changes nothing of what is read.
  const own = maker.func.node
  const isIn = ({ expr }: Call) => own.start <= expr.start && expr.end <= own.end
  /** The call in the maker itself that leads to it. */
  const inMaker = (one: Call, depth = 0): Call | null => {
    if (isIn(one)) return one
    const next = one.function === null || depth > mostHelpers ? undefined : followed.get(one.function)
    return next === undefined ? null : inMaker(next, depth + 1)
  }
  const end = inMaker(call)?.expr.end ?? own.end
  return ![...followed].some(
    ([{ node }, site]) =>
      (inMaker(site)?.expr.start ?? 0) < end && lots.test(analysis.code.slice(node.start, node.end)),
  )
}

/** Functions that call each other on the way to a file. */
const mostHelpers = 6

const retries = /^_|attempt|retr|tries|trial/i
/** What chance has cut out of a sample is not the same in the next epoch. */
function drawsLots({ code }: PythonModule, { node }: Func, { expr }: Call): boolean {
  const end = node.start <= expr.start && expr.end <= node.end ? expr.end : node.end
  return lots.test(code.slice(node.start, end))
}

const lots = /\brandom\b|\brng\b|\brand(n|int|perm)?\(|augment|jitter/i

/** Only `self`, module names and literals: it can be computed in `__init__`. */
function isFixed(analysis: PythonModule, expr: Expr, func: Func): boolean {
  if (expr.type === 'lambda' || expr.type === 'comprehension' || expr.type === 'walrus') return false
  if (expr.type === 'name')
    return expr.id === 'self' || !isLocal(func, expr.id) || analysis.nameOf(expr) !== null
  return childrenOf(expr).every((child) => isFixed(analysis, child, func))
}

function isLocal(func: Func, name: string): boolean {
  return func.node.params.some((param) => param.name === name) || assigned(func.node.body).has(name)
}

function assigned(body: Stmt[]): Set<string> {
  const names = new Set<string>()
  const target = (expr: Expr): void => {
    if (expr.type === 'name') names.add(expr.id)
    else if (expr.type === 'tuple' || expr.type === 'list' || expr.type === 'starred')
      childrenOf(expr).forEach(target)
  }
  const visit = (statement: Stmt): void => {
    if (statement.type === 'assign') statement.targets.forEach(target)
    else if (statement.type === 'augassign' || statement.type === 'for') target(statement.target)
    else if (statement.type === 'with')
      for (const item of statement.items) if (item.target !== null) target(item.target)
    for (const value of Object.values(statement))
      if (Array.isArray(value))
        for (const child of value)
          if (child !== null && typeof child === 'object' && 'type' in child && 'start' in child)
            visit(child as Stmt)
  }
  body.forEach(visit)
  return names
}

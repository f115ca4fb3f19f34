/** What one sample of a loader costs: followed from the loader's data set to the code that makes a sample. */

import { functionAt } from '../../python/definition-places.js'
import { loadedOnDevice, toDevice } from '../../python/device-moves.js'
import { wrapsDataSet } from '../../python/handed-data-sets.js'
import type { ClassSummary, DataSetKind, Func, Klass, PythonModule } from '../../python/module.js'
import { argumentFor } from '../../python/passed-values.js'
import { movesSamples } from '../../python/resident-data.js'
import { onlyReturn, returnsOf } from '../../python/returns.js'
import type { Binding } from '../../python/scope.js'
import { lastIdentifier } from '../../python/training-calls.js'
import type { Comprehension, Expr } from '../../syntax/python-ast.js'
import { once } from '../../text/once.js'
import { passedExpression } from '../../values/argument.js'
import type { InputPipelineSettings } from '../../workload/resource-kinds.js'
import { decoderIn, decodingModules, decodingSetIn, decodingWork, inMemoryDataSets } from './datasets.js'

/** What is known of a data set. */
export interface DatasetWork {
  /** Null: it cannot be told. */
  work: InputPipelineSettings['work'] | null
  /** What decodes; null unless it does. */
  decoder: string | null
  /** A stream that is not sharded among workers. */
  unsharded: boolean
}

export const plain = (work: SampleWork['work'], decoder: string | null = null): SampleWork => ({
  work,
  decoder,
  unsharded: false,
})

const tensorDataSet = 'torch.utils.data.TensorDataset'
const arrays = /^(torch|numpy|sklearn)\./

/** What one sample costs; null: it cannot be told. */
export interface SampleWork extends DatasetWork {
  work: InputPipelineSettings['work']
}

export function sampleWork(python: PythonModule, dataset: Expr): SampleWork | null {
  const { work, ...rest } = datasetWork(python, dataset) ?? { work: null }
  return work === null ? null : ({ ...rest, work } as SampleWork)
}

/** Null: it cannot be told. */
export function datasetWork(python: PythonModule, dataset: Expr, depth = 0): DatasetWork | null {
  if (depth > 6) return null
  const value = python.definition(dataset)
  if (value.type === 'comprehension') return depth > 0 ? ofEach(python, value, depth) : plain('memory')
  if (value.type === 'list' || value.type === 'tuple') {
    if (value.items.length > 0 && depth > 0) return datasetWork(python, value.items[0]!, depth + 1)
    return plain('memory')
  }
  if (value.type === 'name') {
    // Loaders over indices sample from something else by themselves.
    if (/(^|_)(idx|idxs|ids|index|indices)$/.test(value.id)) return plain('memory')
    return fromUnpacking(python, value, depth)
  }
  if (value.type === 'attribute') {
    const values = assignedTo(python, value)
    return values === null ? null : costliest(values.map((one) => datasetWork(python, one, depth + 1)))
  }
  if (value.type === 'subscript') {
    const container = datasetWork(python, value.value, depth + 1)
    // One part of something: a split of a data set dictionary, a column of a frame.
    return container
  }
  if (value.type === 'dict' || value.type === 'conditional') {
    const parts =
      value.type === 'dict' ? value.entries.map((one) => one.value) : [value.then, value.otherwise]
    return costliest(parts.filter(isThere).map((part) => datasetWork(python, part, depth + 1)))
  }
  if (value.type === 'binary' && value.op === '+') {
    return costliest([
      datasetWork(python, value.left, depth + 1),
      datasetWork(python, value.right, depth + 1),
    ])
  }
  if (value.type !== 'call') return null
  return fromCall(python, value, depth)
}

/** One of `{split: ImageFolder(split) for split in splits}`. */
function ofEach(python: PythonModule, { element, value }: Comprehension, depth: number): DatasetWork | null {
  const made = value ?? element
  const work = made.type === 'call' ? datasetWork(python, made, depth + 1) : null
  const isObject = made.type === 'call' && /^[A-Z]/.test(lastIdentifier(made.callee))
  return work ?? (isObject ? null : plain('memory'))
}

/** What `self.train_set` may be, beside the None that a constructor begins with; null: it cannot be told. */
export function assignedTo(python: PythonModule, attribute: Expr): Expr[] | null {
  const values = python.attributeValues(attribute).filter((value) => value === null || isThere(value))
  return values.length > 0 && values.every((value) => value !== null) ? values : null
}

/** Nothing is loaded where there is None. */
const isThere = (value: Expr): boolean => value.type !== 'constant' || value.value !== null

const order: DatasetWork['work'][] = ['memory', 'light', 'tokenize', 'decode']

function costliest(parts: (DatasetWork | null)[]): DatasetWork | null {
  let found: DatasetWork | null = null
  for (const part of parts) {
    if (part === null) return null
    // A batch of it can neither be pinned nor made in a worker, whatever the rest does.
    if (part.work === 'device') return part
    if (part.work === null) return part
    if (found === null || order.indexOf(part.work) > order.indexOf(found.work!)) found = part
  }
  return found
}

/** `train, val = random_split(data, …)`. */
function fromUnpacking(
  python: PythonModule,
  name: Expr & { type: 'name' },
  depth: number,
): DatasetWork | null {
  const bindings = python
    .bindingsOf(name)
    .filter(({ kind, value }) => kind !== 'assign' || value === null || isThere(value))
    // `data, rest = split(data)`: what it was before.
    .filter(({ value }, _, all) => all.length === 1 || value === null || !holds(value, name))
  const works = bindings.map((binding) => {
    if (binding.value === null || (binding.kind !== 'assign' && binding.kind !== 'loop')) return null
    if (binding.kind === 'assign' && binding.unpack === null)
      return datasetWork(python, binding.value, depth + 1)
    return binding.kind === 'assign' && binding.value.type === 'call'
      ? fromCall(python, binding.value, depth + 1)
      : null
  })
  if (bindings.length === 0) return null
  const [binding, another] = bindings
  return (
    costliest(works) ??
    (another === undefined
      ? (asDeclared(python, binding!, depth) ?? asPassed(python, binding!, depth))
      : null)
  )
}

/** `data: TensorDataset`, `data: Pictures` among the parameters. */
function asDeclared(python: PythonModule, binding: Binding, depth: number): DatasetWork | null {
  const annotation = python.parameterOf(binding)?.annotation ?? null
  const declared = annotation === null ? null : annotatedClass(annotation)
  if (declared === null) return null
  if (python.nameOf(declared) === tensorDataSet) return plain('memory')
  const klass = python.classOf(declared)
  if (klass !== null) return fromClass(python, klass, null, depth)
  const imported = python.importedClass(declared)
  return imported === null ? null : fromSummary(imported)
}

/** Callers that one function has: a helper of many takes anything. */
const mostCallers = 8

/** What all calls of a function pass for its parameter. Each parameter is asked once. */
function asPassed(python: PythonModule, binding: Binding, depth: number): DatasetWork | null {
  const known = once(python, 'data sets of parameters', () => new Map<Binding, DatasetWork | null>())
  const before = known.get(binding)
  if (before !== undefined) return before
  // Functions may call each other in a circle.
  known.set(binding, null)
  const owner = python.parameterOf(binding)
  if (owner === null) return null
  const sites = python.callSites(owner.func) ?? []
  const outside = python.outsideCalls(owner.func)
  if (sites.length + outside.length > mostCallers) return null
  const passed = sites.map((site) => passedExpression(python.argument(site, binding.name, owner.position)))
  const work = costliest([
    ...passed.map((one) => (one === null ? null : datasetWork(python, one, depth + 1))),
    ...outside.map(({ args }) =>
      ofKinds((args === null ? undefined : argumentFor(args, binding.name, owner.position))?.dataSets),
    ),
  ])
  known.set(binding, work)
  return work
}

/** The class of `Optional[TensorDataset]` or `TensorDataset | None`. */
function annotatedClass(annotation: Expr): Expr | null {
  if (annotation.type === 'binary' && annotation.op === '|') return annotatedClass(annotation.left)
  if (annotation.type === 'subscript')
    return lastIdentifier(annotation.value) === 'Optional' ? annotatedClass(annotation.index) : null
  return annotation.type === 'name' || annotation.type === 'attribute' ? annotation : null
}

const holds = (outer: Expr, inner: Expr): boolean => outer.start <= inner.start && inner.end <= outer.end

function fromCall(python: PythonModule, value: Expr & { type: 'call' }, depth: number): DatasetWork | null {
  const call = python.callAt(value)
  const klass = python.classOf(value.callee) ?? python.instanceClass(value)
  if (klass !== null) return fromClass(python, klass, value, depth)
  const imported = python.importedClass(value.callee)
  if (imported !== null) return fromSummary(imported)
  const name = call?.name ?? null
  if (name === null) {
    // `dataset.shuffle().select(…)`, `make_dataset()`: what it is made from or returns.
    const func = python.functionOf(value.callee)
    const returned = func === null ? [] : returnsOf(func).filter(isThere)
    if (returned.length > 0 && returned.length <= mostCallers)
      return costliest(returned.map((one) => datasetWork(python, one, depth + 1)))
    const ready = readyElsewhere(python, value.callee)
    if (ready !== null) return ready
    const split = splitElsewhere(python, value, depth)
    if (split !== null) return split
    // A function of another module that makes it.
    const listed = fromRegistry(python, value.callee, depth)
    if (listed !== null) return listed
    const chosen = python.definition(value.callee)
    const handed = ofKinds(
      chosen.type === 'call'
        ? python.importedFunction(chosen.callee)?.dataSetClasses
        : python.importedFunction(value.callee)?.dataSets,
    )
    if (handed !== null) return handed
    const maker = functionAt(python, value.callee)
    const made = maker === null ? null : onlyReturn(maker.func)
    if (maker !== null && made !== null) return datasetWork(maker.python, made, depth + 1)
    if (value.callee.type === 'attribute') return fromMethod(python, value, value.callee.attr, depth)
    return null
  }
  if (wrapsDataSet.test(name)) {
    const inner = value.args[0]?.value
    return inner === undefined ? null : datasetWork(python, inner, depth + 1)
  }
  return fromLibrary(name)
}

/** `KINDS[name](root)`, where a dictionary of this module lists the classes. */
function fromRegistry(python: PythonModule, callee: Expr, depth: number): DatasetWork | null {
  const table = callee.type === 'subscript' ? python.definition(callee.value) : null
  if (table?.type !== 'dict') return null
  return costliest(
    table.entries.map(({ value }) => {
      const klass = python.classOf(value)
      if (klass !== null) return fromClass(python, klass, null, depth + 1)
      const imported = python.importedClass(value)
      return imported === null ? fromLibrary(python.nameOf(value) ?? '') : fromSummary(imported)
    }),
  )
}

function fromLibrary(name: string): DatasetWork | null {
  if (name === tensorDataSet) return plain('memory')
  if (inMemoryDataSets.has(name)) return plain('light')
  if (name === 'datasets.load_dataset' || name === 'datasets.load_from_disk') return plain('light')
  if (decodingModules.some((prefix) => name.startsWith(prefix))) {
    return plain(
      'decode',
      name.startsWith('webdataset.') ? 'WebDataset' : name.slice(name.lastIndexOf('.') + 1),
    )
  }
  if (name.startsWith('torch_geometric.datasets.')) return plain('memory')
  if (name === 'list' || name === 'zip' || name === 'range' || arrays.test(name)) return plain('memory')
  return null
}

/** What functions of other modules hand out or over; the costliest of those that it may be. */
function ofKinds(kinds: readonly DataSetKind[] | undefined): DatasetWork | null {
  return costliest(
    (kinds ?? []).map((one) => (one.library === null ? fromSummary(one) : fromLibrary(one.library))),
  )
}

/** What a function of another module hands out was pickled, or lies in a table. */
function readyElsewhere(python: PythonModule, callee: Expr): DatasetWork | null {
  const ready = python.importedFunction(callee)?.ready
  if (ready === undefined) return null
  if (ready.kind === 'table') return plain('light')
  const work = fromCalls([...ready.calls, ...converters(ready.calls.filter(ofAnObject))], [], false)
  // Else it is open which class an object of was pickled.
  return work.work === 'memory' ? work : null
}

/** A function of another module hands out parts of what it is passed: `split_dataset(data, 0.9)`. */
function splitElsewhere(
  python: PythonModule,
  { callee, args }: Expr & { type: 'call' },
  depth: number,
): DatasetWork | null {
  const imported = python.importedFunction(callee)
  if (imported?.calls.some((name) => wrapsDataSet.test(name)) !== true) return null
  const parts = args.flatMap(({ value }) => datasetWork(python, value, depth + 1) ?? [])
  return costliest(parts)
}

function fromMethod(
  python: PythonModule,
  value: Expr & { type: 'call' },
  method: string,
  depth: number,
): DatasetWork | null {
  if (value.callee.type !== 'attribute') return null
  const base = datasetWork(python, value.callee.value, depth + 1)
  if (base === null) return null
  // A transformation that runs at each access costs what it does.
  if (method === 'set_transform' || method === 'with_transform') return plain('decode', method)
  return base
}

/** A data set class of another module of the project. */
function fromSummary({
  items,
  bases,
  calls,
  resident,
}: Pick<ClassSummary, 'items' | 'bases' | 'calls' | 'resident'>): DatasetWork | null {
  // Without a method that makes a sample, that module does not say how it does.
  if (items === undefined) return null
  const work = fromCalls(
    [...items, ...converters(items.filter(ofAnObject))],
    bases,
    calls.includes('torch.utils.data.get_worker_info'),
  )
  return resident === true ? onAccelerator(work) : aroundSet(work, calls)
}

/** Samples are taken from a data set of a library that the class makes: `self.pictures = ImageFolder(root)`. */
function aroundSet(work: DatasetWork, calls: Iterable<string>): DatasetWork {
  if (work.work !== 'memory' && work.work !== null) return work
  const inner = decodingSetIn(calls)
  return inner === undefined
    ? work
    : { ...work, work: 'decode', decoder: inner.slice(inner.lastIndexOf('.') + 1) }
}

/** @param making the call that makes it; null: it is not seen */
function fromClass(
  python: PythonModule,
  klass: Klass,
  making: (Expr & { type: 'call' }) | null,
  depth: number,
): DatasetWork | null {
  const item =
    klass.methods.get('__getitem__') ?? klass.methods.get('__iter__') ?? klass.methods.get('__getitems__')
  if (item === undefined) {
    for (const base of klass.node.bases) {
      const imported = base.name === null ? python.importedClass(base.value) : null
      if (imported?.items !== undefined) return fromSummary(imported)
    }
    const base = klass.bases.find(
      (one) => decodingModules.some((prefix) => one.startsWith(prefix)) && !inMemoryDataSets.has(one),
    )
    return base === undefined ? null : plain('decode', base.slice(base.lastIndexOf('.') + 1))
  }
  const calls = new Set<string>()
  const add = (func: Func | undefined): void => {
    if (func !== undefined) for (const name of python.effectsOfFunction(func).calls) calls.add(name)
  }
  add(item)
  const sharded = [...klass.methods.values()].some((one) =>
    python.effectsOfFunction(one).calls.has('torch.utils.data.get_worker_info'),
  )
  for (const name of convertersIn(python, item)) calls.add(name)
  const made = [...klass.methods.values()].flatMap((one) => [...python.effectsOfFunction(one).calls])
  const result = aroundSet(fromCalls([...calls], klass.bases, sharded), made)
  if (movesSamples(python, klass)) return onAccelerator(result)
  if (result.work !== null || depth > 4) return result
  // A wrapper around another data set costs at least what that one does.
  for (const argument of making?.args ?? []) {
    if (argument.name !== null && !/data/i.test(argument.name)) continue
    const inner =
      argument.value.type === 'name' || argument.value.type === 'call'
        ? datasetWork(python, argument.value, depth + 1)
        : null
    if (inner?.work === 'decode' || inner?.work === 'tokenize')
      return { ...inner, unsharded: result.unsharded }
  }
  return result
}

/** `self.tokenizer(text, …)` in the code that makes a sample; a collator that is made with a tokenizer pads. */
export function convertersIn(python: PythonModule, func: Func): string[] {
  return converters(
    func.calls.map(({ expr }) => {
      const named = expr.callee.type === 'call' ? expr.callee.callee : expr.callee
      return python.code.slice(named.start, named.end)
    }),
  )
}

/** `self.tokenizer(text)`, as a summary has it. */
export const ofAnObject = (name: string): boolean => /^\.\w+$/.test(name)

/** What turns samples into numbers among these callees, as calls of the table of decoders. */
export function converters(callees: readonly string[]): string[] {
  return [
    ...(callees.some((name) => /tokenizer/i.test(name)) ? ['.tokenize'] : []),
    // It takes pictures and sound as well.
    ...(callees.some((name) => /processor|feature_extractor/i.test(name)) ? ['.processor'] : []),
  ]
}

const onlyIndexing = new Set([
  'torch.tensor',
  'torch.Tensor',
  'torch.as_tensor',
  'torch.from_numpy',
  'torch.FloatTensor',
  'torch.LongTensor',
  'torch.stack',
  'torch.cat',
  'torch.is_tensor',
  'torch.randn',
  'torch.rand',
  'torch.randint',
  'torch.zeros',
  'torch.ones',
  'numpy.array',
  'numpy.asarray',
  'len',
  'int',
  'float',
  'range',
  'list',
  'dict',
  'tuple',
  'isinstance',
  'super',
])
/** Methods that cost next to nothing on an array or table. */
const cheapMethods =
  /(^|\.)(astype|long|float|int|tolist|iloc|loc|copy|clone|item|items|get|keys|values|append|is_tensor|tensor|from_numpy|as_tensor|size|squeeze|unsqueeze|reshape|view|__getitem__|contiguous|detach|type|array|asarray|Tensor|FloatTensor|LongTensor|stack|cat|randn|rand|randint|zeros|ones)$/

export function onDevice(calls: string[]): boolean {
  return ['.cuda', 'torch.cuda.', toDevice, loadedOnDevice].some((one) => calls.includes(one))
}

function fromCalls(calls: string[], bases: string[], sharded: boolean): DatasetWork {
  const stream = bases.includes('torch.utils.data.IterableDataset')
  const unsharded = stream && !sharded
  const decoder = decoderIn(calls)
  if (onDevice(calls)) return { work: 'device', decoder: null, unsharded }
  if (decoder !== null) return { work: decodingWork(decoder), decoder, unsharded }
  const rest = calls.filter((name) => !onlyIndexing.has(name) && !cheapMethods.test(name))
  // What is called beside indexing may cost anything.
  return { work: rest.length === 0 && !stream ? 'memory' : null, decoder: null, unsharded }
}

/** What is moved there when the data set is made; files that each sample opens are not. */
function onAccelerator(work: DatasetWork): DatasetWork {
  return work.work === 'decode' ? work : { ...work, work: 'device' }
}

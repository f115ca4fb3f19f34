/**
 * Data sets that functions hand out, and that calls hand over: what making one of their samples calls, whichever module their
 * class stands in.
 */
import type { Expr } from '../syntax/python-ast.js'
import { once } from '../text/once.js'
import type { Analysis } from './analysis.js'
import { methodOf } from './callables.js'
import type { ClassSummary, DataSetKind, Func, FunctionSummary, Klass } from './module.js'
import { movesSamples } from './resident-data.js'
import { returnsOf } from './returns.js'

/** More than these is no choice among data sets of one program. */
const mostKinds = 6

/** Data sets of libraries, and what puts rows of a table at hand. */
const library =
  /^(torchvision|torchaudio|torchtext|torch_geometric)\.datasets\.(\w+\.)*[A-Z]\w*$|^datasets\.(load_dataset|load_from_disk)$|^torch\.utils\.data\.TensorDataset$|^(webdataset|litdata|streaming)\.\w+$/
/** What gives all or parts of the data set that it is passed first: its samples cost the same. */
export const wrapsDataSet =
  /^torch\.utils\.data\.(dataset\.)?(Subset|random_split|ConcatDataset|ChainDataset)$|^sklearn\.model_selection\.train_test_split$/
/** What decides what a class costs beside its items: a data set of a library inside, and whether workers share a stream. */
const told = /(^|\.)datasets\.|get_worker_info$|^(webdataset|litdata|streaming)\./

/** What a function returns, alone, or among others in a tuple or a dictionary; and the classes that it gives to choose from. */
export function returnedDataSets(
  analysis: Analysis,
  func: Func,
): Pick<FunctionSummary, 'dataSets' | 'dataSetClasses'> {
  if (!mayMakeDataSets(analysis)) return {}
  const returned = returnsOf(func)
  const kinds = returned.flatMap((value) => dataSetsOf(analysis, value))
  const classes = returned.flatMap((value) => ofClassNamed(analysis, value))
  return {
    ...(kinds.length === 0 || kinds.length > mostKinds ? {} : { dataSets: kinds }),
    ...(classes.length === 0 || classes.length > mostKinds ? {} : { dataSetClasses: classes }),
  }
}

function ofClassNamed(analysis: Analysis, expr: Expr): readonly DataSetKind[] {
  if (expr.type !== 'name' && expr.type !== 'attribute') return []
  const klass = analysis.classOf(expr)
  if (klass !== null) return ofClass(analysis, klass)
  const imported = analysis.importedClass(expr)
  return imported === null ? [] : ofSummary(imported)
}

/** Whether the module has to do with data sets at all, which few have. */
function mayMakeDataSets(analysis: Analysis): boolean {
  return once(
    analysis,
    'may make data sets',
    () =>
      analysis.classes.some(isOfSamples) ||
      [...analysis.ownUses].some((name) => library.test(name)) ||
      analysis.imported.some(
        ({ classes, functions }) =>
          Object.values(classes).some(({ items }) => items !== undefined) ||
          Object.values(functions).some(({ dataSets }) => dataSets !== undefined),
      ),
  )
}

const isOfSamples = ({ methods }: Klass): boolean => methods.has('__getitem__') || methods.has('__iter__')

/** Each that the expression may be, or hold; none where that cannot be told. */
export function dataSetsOf(analysis: Analysis, expr: Expr): readonly DataSetKind[] {
  if (!mayMakeDataSets(analysis)) return []
  const known = once(
    analysis,
    'data sets by their expressions',
    () => new Map<Expr, readonly DataSetKind[]>(),
  )
  const value = analysis.definition(expr)
  const before = known.get(value)
  if (before !== undefined) return before
  // Functions may call each other in a circle.
  known.set(value, [])
  const found = kindsOf(analysis, value)
  const kinds = found.length > mostKinds ? [] : found
  known.set(value, kinds)
  return kinds
}

function kindsOf(analysis: Analysis, value: Expr): readonly DataSetKind[] {
  const all = (parts: readonly Expr[]) => parts.flatMap((part) => dataSetsOf(analysis, part))
  if (value.type === 'tuple' || value.type === 'list') return all(value.items)
  if (value.type === 'dict') return all(value.entries.map((one) => one.value))
  if (value.type === 'conditional') return all([value.then, value.otherwise])
  if (value.type === 'subscript') return dataSetsOf(analysis, value.value)
  if (value.type === 'attribute')
    return all(analysis.attributeValues(value).flatMap((one) => (one === null ? [] : [one])))
  if (value.type === 'name')
    return analysis.bindingsOf(value).flatMap(({ kind, value: given, unpack }) => {
      if (kind !== 'assign' || given === null) return []
      const part = unpack?.length === 1 && given.type === 'tuple' ? given.items[unpack[0]!] : given
      return part === undefined ? [] : dataSetsOf(analysis, part)
    })
  return value.type === 'call' ? madeBy(analysis, value) : []
}

function madeBy(analysis: Analysis, { callee, args }: Expr & { type: 'call' }): readonly DataSetKind[] {
  const klass = analysis.classOf(callee)
  if (klass !== null) return ofClass(analysis, klass)
  const imported = analysis.importedClass(callee)
  if (imported !== null) return ofSummary(imported)
  const name = analysis.nameOf(callee)
  if (name !== null) {
    if (library.test(name)) return [{ library: name, bases: [], items: [], calls: [] }]
    const first = args[0]?.value
    return wrapsDataSet.test(name) && first !== undefined ? dataSetsOf(analysis, first) : []
  }
  const func = analysis.functionOf(callee)
  if (func !== null) return returnsOf(func).flatMap((one) => dataSetsOf(analysis, one))
  // `kind = class_for(name)`, `kind(root)`.
  const chosen = analysis.definition(callee)
  if (chosen.type === 'call') return analysis.importedFunction(chosen.callee)?.dataSetClasses ?? []
  return analysis.importedFunction(callee)?.dataSets ?? []
}

function ofClass(analysis: Analysis, klass: Klass): DataSetKind[] {
  const item = methodOf(analysis, klass, '__getitem__') ?? methodOf(analysis, klass, '__iter__')
  if (item === null) {
    const base = klass.bases.find((one) => library.test(one))
    return base === undefined ? [] : [{ library: base, bases: [], items: [], calls: [] }]
  }
  const calls = [...klass.methods.values()].flatMap((one) => [...analysis.effectsOfFunction(one).calls])
  return ofSummary({
    bases: klass.bases,
    methods: [...klass.methods.keys()],
    items: [...analysis.effectsOfFunction(item).calls],
    calls: [...new Set(calls)],
    ...(movesSamples(analysis, klass) ? { resident: true as const } : {}),
  })
}

function ofSummary({
  bases,
  methods,
  items,
  calls,
  resident,
}: Pick<ClassSummary, 'bases' | 'methods' | 'items' | 'calls' | 'resident'>): DataSetKind[] {
  // Settings and vocabularies answer to keys as well.
  const isDataSet = methods.includes('__len__') || bases.some((base) => /data_?set/i.test(base))
  if (items === undefined || !isDataSet) return []
  const kept = calls.filter((name) => told.test(name))
  return [{ library: null, bases, items, calls: kept, ...(resident === true ? { resident } : {}) }]
}

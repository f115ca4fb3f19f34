/** Functions that hand out data whose samples were made before: what was pickled, or the rows of a table. */
import type { Expr } from '../syntax/python-ast.js'
import type { Analysis } from './analysis.js'
import type { Func, FunctionSummary } from './module.js'
import { returnsOf } from './returns.js'

type Kind = NonNullable<FunctionSummary['ready']>['kind']

/** `return torch.load(train_path), torch.load(valid_path)`: so is all that it returns. */
export function readyData(analysis: Analysis, func: Func): Pick<FunctionSummary, 'ready'> {
  // A transformation that runs at each access costs what it does.
  if (func.calls.some(({ method }) => /^(set|with)_transform$/.test(method))) return {}
  const returned = returnsOf(func).flatMap((value) => (value.type === 'tuple' ? value.items : [value]))
  const kinds = new Set(returned.map((value) => kindOf(analysis, value, 0)))
  const [kind, other] = kinds
  if (kind == null || other !== undefined) return {}
  return { ready: { kind, calls: kind === 'pickled' ? callsOfSamples(analysis) : [] } }
}

/** An object of one of the module's data sets may be what was pickled: its samples cost what its class does. */
function callsOfSamples(analysis: Analysis): string[] {
  const items = analysis.classes.flatMap(
    ({ methods }) => methods.get('__getitem__') ?? methods.get('__iter__') ?? [],
  )
  return [...new Set(items.flatMap((item) => [...analysis.effectsOfFunction(item).calls]))]
}

function kindOf(analysis: Analysis, value: Expr, depth: number): Kind | null {
  if (depth > mostSteps) return null
  const made = analysis.definition(value)
  // One split of a table.
  if (made.type === 'subscript') return kindOf(analysis, made.value, depth + 1) === 'table' ? 'table' : null
  if (made.type !== 'call') return null
  const name = analysis.nameOf(made.callee)
  if (name === 'torch.load' || name === 'pickle.load' || name === 'joblib.load') return 'pickled'
  return name === null && isMapped(analysis, made, depth) ? 'table' : null
}

/** Rows that `map` has stored, whatever was taken of them since; those of a table as it was loaded may still be decoded. */
function isMapped(analysis: Analysis, expr: Expr, depth: number, mapped = false): boolean {
  const made = analysis.definition(expr)
  if (depth > mostSteps || made.type !== 'call') return false
  const name = analysis.nameOf(made.callee)
  if (name === 'datasets.load_dataset' || name === 'datasets.load_from_disk')
    return mapped && !made.args.some((one) => one.name === 'streaming')
  const { callee } = made
  if (callee.type !== 'attribute' || !keepingRows.test(callee.attr)) return false
  return isMapped(analysis, callee.value, depth + 1, mapped || callee.attr === 'map')
}

/** Steps from a table that was loaded to what is returned of it. */
const mostSteps = 8
/** What gives another table of rows that are stored. */
const keepingRows =
  /^(map|filter|select|shuffle|sort|train_test_split|remove_columns|rename_columns?|cast\w*)$/

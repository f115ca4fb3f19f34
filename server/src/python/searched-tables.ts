/** Tables that are searched row by row: `df[df['id'] == key]`, `df.loc[df.day > start]`. */
import type { Expr, Stmt, Subscript } from '../syntax/python-ast.js'
import { childrenOf, expressionsOf } from '../syntax/python-children.js'
import { once } from '../text/once.js'
import { define, lookUp } from '../text/records.js'
import type { Analysis } from './analysis.js'
import { passedFor } from './function-loads.js'
import { importedFunction, importedMethod } from './import-targets.js'
import type { Call, ClassSummary, Func, Klass, NamedParameter } from './module.js'

/** What a subscript picks rows of, by a test of all of them. `asksColumn`: only a table is asked so. */
export interface Search {
  table: Expr
  asksColumn: boolean
}

/** Null: it picks something else. */
export function searchIn(text: string, { value, index }: Subscript): Search | null {
  const table = value.type === 'attribute' && value.attr === 'loc' ? value.value : value
  const written = text.slice(table.start, table.end)
  const isTable = (one: Expr) => text.slice(one.start, one.end) === written
  const holds = (one: Expr): boolean => isTable(one) || childrenOf(one).some(holds)
  const tests = (one: Expr): boolean =>
    (one.type === 'binary' && /^(==|!=|<|>|<=|>=)$/.test(one.op) && holds(one)) ||
    (one.type === 'call' && one.callee.type === 'attribute' && one.callee.attr === 'isin' && holds(one)) ||
    (one.type === 'binary' && /^[&|]$/.test(one.op) && (tests(one.left) || tests(one.right))) ||
    (one.type === 'unary' && tests(one.operand)) ||
    (one.type === 'tuple' && one.items[0] !== undefined && tests(one.items[0]))
  if (!tests(index)) return null
  const isColumn = (one: Expr): boolean =>
    one.type === 'subscript' &&
    isTable(one.value) &&
    one.index.type === 'constant' &&
    typeof one.index.value === 'string'
  const asks = (one: Expr): boolean =>
    one.type === 'binary' &&
    (/^[&|]$/.test(one.op)
      ? asks(one.left) || asks(one.right)
      : one.op === '==' && (isColumn(one.left) || isColumn(one.right)))
  return { table, asksColumn: asks(index) }
}

/** Parameters of a function that are tables which each call of it searches. */
export function searchedParameters(analysis: Analysis, func: Func): readonly NamedParameter[] {
  return once(func, 'searched tables', () => searchedNow(analysis, func))
}

function searchedNow({ text }: Analysis, { node, class: klass }: Func): NamedParameter[] {
  // `df[df…`, `df.loc[df…`
  if (!/\b(\w+)(\.loc)?\[[\s(~]*\1\b/.test(text.slice(node.start, node.end))) return []
  const names = new Set<string>()
  const visit = (expr: Expr): void => {
    if (expr.type === 'lambda') return
    const search = expr.type === 'subscript' ? searchIn(text, expr) : null
    if (search?.asksColumn === true && search.table.type === 'name') names.add(search.table.id)
    childrenOf(expr).forEach(visit)
  }
  for (const statement of eachTime(node.body)) expressionsOf(statement).forEach(visit)
  const own = klass !== null && node.params[0]?.name === 'self' ? node.params.slice(1) : node.params
  return own.flatMap(({ name }, position) => (names.has(name) ? [{ name, position }] : []))
}

/** The same by method. */
export function searchingMethods(analysis: Analysis, { methods }: Klass): ClassSummary['searches'] | null {
  const found: NonNullable<ClassSummary['searches']> = {}
  for (const [name, method] of methods) {
    const searched = searchedParameters(analysis, method)
    if (searched.length > 0) define(found, name, searched)
  }
  return Object.keys(found).length === 0 ? null : found
}

/** Statements that every call runs. */
function eachTime(block: readonly Stmt[]): Stmt[] {
  return block.flatMap((one) =>
    one.type === 'with' || one.type === 'for' ? [one, ...eachTime(one.body)] : one,
  )
}

/** Tables among the arguments of a call that a function or a method of another module searches. */
export function searchedElsewhere(analysis: Analysis, { expr }: Call): readonly Expr[] {
  const method = importedMethod(analysis, expr.callee)
  const searched =
    method === null
      ? importedFunction(analysis, expr.callee)?.searches
      : lookUp(method.klass.searches ?? {}, method.method)
  return searched === undefined ? [] : (passedFor(expr, searched) ?? [])
}

/** Names that a function of the module imports only when it is asked for them: `def load(): import trl; return trl`. */
import type { CallExpr, Expr } from '../syntax/python-ast.js'
import { once } from '../text/once.js'
import type { Analysis } from './analysis.js'
import { bindingsOf, nameOf } from './names.js'
import { returnsOf } from './returns.js'

/** What `trl = load()`, or `Config, Trainer = load()` at one of its places, stands for. */
export function importedBy(
  analysis: Analysis,
  call: CallExpr,
  unpack: readonly number[] | null,
  depth: number,
): string | null {
  const returned = returnedBy(analysis, call)
  if (returned === null) return null
  const [index, ...inner] = unpack ?? []
  if (index === undefined) return nameOfImport(analysis, returned, depth)
  if (inner.length > 0 || (returned.type !== 'tuple' && returned.type !== 'list')) return null
  return nameOfImport(analysis, returned.items[index], depth)
}

/** `modules['SFTTrainer']` of `modules = load()`, which returns a dictionary of what it imports. */
export function importedUnder(
  analysis: Analysis,
  { value, index }: Extract<Expr, { type: 'subscript' }>,
  depth: number,
): string | null {
  if (value.type !== 'name' || index.type !== 'constant' || typeof index.value !== 'string') return null
  const [binding, another] = bindingsOf(analysis, value.id, value.start)
  if (binding?.kind !== 'assign' || another !== undefined || binding.unpack !== null) return null
  const table = binding.value?.type === 'call' ? returnedBy(analysis, binding.value) : null
  return table?.type === 'dict' ? nameOfImport(analysis, entriesOf(table).get(index.value), depth) : null
}

/** A table may be long, and be asked for each of its keys. */
function entriesOf(table: Extract<Expr, { type: 'dict' }>): ReadonlyMap<string, Expr> {
  return once(table, 'entries', () => {
    const entries = table.entries.flatMap(({ key, value }): [string, Expr][] =>
      key?.type === 'constant' && typeof key.value === 'string' ? [[key.value, value]] : [],
    )
    return new Map(entries)
  })
}

function nameOfImport(analysis: Analysis, expr: Expr | undefined, depth: number): string | null {
  return expr?.type === 'name' || expr?.type === 'attribute' ? nameOf(analysis, expr, depth + 1) : null
}

/** The only thing that a function of the module gives back; nothing where the import fails. */
function returnedBy(analysis: Analysis, { callee }: CallExpr): Expr | null {
  if (callee.type !== 'name') return null
  const binding = bindingsOf(analysis, callee.id, callee.start).at(-1)
  const func = binding?.kind === 'function' ? analysis.functionByNode.get(binding.node as never) : undefined
  if (func === undefined) return null
  return once(func.node, 'only result', () => {
    const returned = returnsOf(func).filter((one) => one.type !== 'constant' || one.value !== null)
    return returned.length === 1 ? returned[0]! : null
  })
}

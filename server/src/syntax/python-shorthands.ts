/**
 * Two ways of writing a name that mean nothing else, written as the name: `getattr(torch, 'compile')`, and what a table of the module
 * holds under a key (`MODELS['small']`). Places stay those of what is written.
 */
import type { Span } from '../text/location.js'
import { lowerBound } from '../text/sorted.js'
import type { CallExpr, DictExpr, Expr, PythonTree, Stmt } from './python-ast.js'
import { blocksOf, forEachChild, forEachExpression } from './python-children.js'

/** Changes the tree, which nobody else has seen yet. */
export function withoutShorthands(tree: PythonTree, text: string): PythonTree {
  const asked = placesOf(text, ['getattr'])
  if (asked.length > 0) eachExpression(tree.body, asked, attributeOfText)
  const tables = tablesOf(tree)
  if (tables.size > 0)
    eachExpression(tree.body, placesOf(text, [...tables.keys()]), (expr) => entryOf(tables, expr))
  return tree
}

const word = /^[A-Za-z_]\w*$/

function attributeOfText(expr: Expr): Expr | null {
  if (expr.type !== 'call' || expr.callee.type !== 'name' || expr.callee.id !== 'getattr') return null
  const [object, name, more] = expr.args
  if (more !== undefined || object === undefined || name === undefined || !isPlain(expr)) return null
  const attr = name.value.type === 'constant' ? name.value.value : null
  if (typeof attr !== 'string' || !word.test(attr)) return null
  return { type: 'attribute', value: object.value, attr, start: expr.start, end: expr.end }
}

const isPlain = ({ args }: CallExpr): boolean => args.every(({ name, star }) => name === null && star === 0)

type Table = ReadonlyMap<string, Expr>

/** Dictionaries of names that the module writes once and only looks up. */
function tablesOf({ body }: PythonTree): ReadonlyMap<string, Table> {
  const candidates = new Map<string, Table>()
  for (const statement of body) {
    if (statement.type !== 'assign' || statement.value?.type !== 'dict') continue
    const [target, more] = statement.targets
    if (target?.type !== 'name' || more !== undefined) continue
    const entries = namesIn(statement.value)
    if (entries !== null) candidates.set(target.id, entries)
  }
  const tables = new Map<string, Table>()
  if (candidates.size === 0) return tables
  const bound = timesBound(body)
  const changed = changedNames(body, candidates)
  for (const [name, entries] of candidates) {
    if (bound.get(name) !== 1 || changed.has(name)) continue
    const fixed = [...entries].filter(([, value]) => (bound.get(rootOf(value)) ?? 0) < 2)
    if (fixed.length > 0) tables.set(name, new Map(fixed))
  }
  return tables
}

/** Those of its entries that name something; null: there are none, or its keys cannot be told. */
function namesIn({ entries }: DictExpr): Table | null {
  const found = new Map<string, Expr>()
  const keys = new Set<string>()
  for (const { key, value } of entries) {
    if (key?.type !== 'constant' || typeof key.value !== 'string' || keys.has(key.value)) return null
    keys.add(key.value)
    if (rootOf(value) !== '') found.set(key.value, value)
  }
  return found.size === 0 ? null : found
}

/** `torch` of `torch.optim.Adam`; '': it is no name. */
function rootOf(expr: Expr): string {
  if (expr.type === 'name') return expr.id
  return expr.type === 'attribute' ? rootOf(expr.value) : ''
}

/** In how many places of the module, functions and classes among them, a name is bound. */
function timesBound(body: readonly Stmt[]): ReadonlyMap<string, number> {
  const times = new Map<string, number>()
  const add = (name: string): void => void times.set(name, (times.get(name) ?? 0) + 1)
  const target = (expr: Expr): void => {
    if (expr.type === 'name') add(expr.id)
    else if (expr.type === 'tuple' || expr.type === 'list') expr.items.forEach(target)
    else if (expr.type === 'starred') target(expr.value)
  }
  const inside = (expr: Expr): void => {
    if (expr.type === 'walrus') add(expr.name)
    else if (expr.type === 'comprehension') for (const one of expr.clauses) target(one.target)
    else if (expr.type === 'lambda') for (const { name } of expr.params) add(name)
    forEachChild(expr, inside)
  }
  const visit = (statement: Stmt): void => {
    forEachExpression(statement, inside)
    if (statement.type === 'assign') statement.targets.forEach(target)
    else if (statement.type === 'augassign' || statement.type === 'for') target(statement.target)
    else if (statement.type === 'with') for (const one of statement.items) if (one.target) target(one.target)
    if (statement.type === 'function' || statement.type === 'class') add(statement.name)
    if (statement.type === 'function') for (const { name } of statement.params) add(name)
    if (statement.type === 'import')
      for (const { name, alias } of statement.names)
        add(alias ?? (statement.from ? name : name.split('.')[0]!))
    if (statement.type === 'try') for (const { name } of statement.handlers) if (name !== undefined) add(name)
    if (statement.type === 'match') for (const { names } of statement.cases) names?.forEach(add)
    for (const block of blocksOf(statement)) block.forEach(visit)
  }
  body.forEach(visit)
  return times
}

const changing = new Set(['update', 'setdefault', 'pop', 'popitem', 'clear'])

/** Those of the names that get another entry, or of which more is made than to look a key up: somebody else may change them. */
function changedNames(body: readonly Stmt[], names: ReadonlyMap<string, unknown>): ReadonlySet<string> {
  const changed = new Set<string>()
  /** Uses that change nothing. */
  const harmless = new Set<Expr>()
  const inside = (expr: Expr): void => {
    const held = expr.type === 'subscript' || expr.type === 'attribute' ? expr.value : null
    if (held !== null && !(expr.type === 'attribute' && changing.has(expr.attr))) harmless.add(held)
    if (expr.type === 'binary' && / ?in$/.test(expr.op)) harmless.add(expr.right)
    if (expr.type === 'name' && names.has(expr.id) && !harmless.has(expr)) changed.add(expr.id)
    forEachChild(expr, inside)
  }
  const target = (one: Expr): void => {
    if (one.type === 'name') harmless.add(one)
    else if (one.type === 'subscript' && one.value.type === 'name') changed.add(one.value.id)
    else if (one.type === 'tuple' || one.type === 'list') one.items.forEach(target)
    else if (one.type === 'starred') target(one.value)
  }
  const visit = (statement: Stmt): void => {
    storedIn(statement).forEach(target)
    forEachExpression(statement, inside)
    for (const block of blocksOf(statement)) block.forEach(visit)
  }
  body.forEach(visit)
  return changed
}

function storedIn(statement: Stmt): readonly Expr[] {
  if (statement.type === 'assign') return statement.targets
  if (statement.type === 'delete') return statement.children
  return statement.type === 'augassign' || statement.type === 'for' ? [statement.target] : []
}

function entryOf(tables: ReadonlyMap<string, Table>, expr: Expr): Expr | null {
  if (expr.type !== 'subscript') return null
  const { value, index } = expr
  if (value.type !== 'name' || index.type !== 'constant' || typeof index.value !== 'string') return null
  const found = tables.get(value.id)?.get(index.value)
  return found === undefined ? null : placed(found, expr)
}

function placed(expr: Expr, { start, end }: Span): Expr {
  return expr.type === 'attribute'
    ? { ...expr, value: placed(expr.value, { start, end }), start, end }
    : { ...expr, start, end }
}

/** Where a text has one of the words, in its order. */
function placesOf(text: string, words: readonly string[]): number[] {
  const found: number[] = []
  for (const word of words)
    for (let at = text.indexOf(word); at >= 0; at = text.indexOf(word, at + word.length)) found.push(at)
  return found.sort((a, b) => a - b)
}

/** Puts what `instead` gives in the place of each expression that it gives something for. `places`: where it may, in order. */
function eachExpression(
  body: readonly Stmt[],
  places: readonly number[],
  instead: (expr: Expr) => Expr | null,
): void {
  const replace = (expr: Expr): void => {
    const place = places[lowerBound(places, (one) => one < expr.start)]
    if (place === undefined || place >= expr.end) return
    forEachChild(expr, replace)
    const made = instead(expr)
    // In place: whatever holds it holds the other then.
    if (made !== null) become(expr, made)
  }
  const visit = (statement: Stmt): void => {
    forEachExpression(statement, replace)
    for (const block of blocksOf(statement)) block.forEach(visit)
  }
  body.forEach(visit)
}

function become(expr: Expr, made: Expr): void {
  for (const key of Object.keys(expr)) Reflect.deleteProperty(expr, key)
  Object.assign(expr, made)
}

/** Tables of functions and classes: `ACTIONS = {'train': train, 'show': show}`, then `ACTIONS[args.action](data)`. */
import type { CallExpr, Expr, Stmt } from '../syntax/python-ast.js'
import { forEachChild, forEachExpression } from '../syntax/python-children.js'
import { once } from '../text/once.js'
import { define, lookUp } from '../text/records.js'
import type { Analysis } from './analysis.js'
import { moduleAbove, projectTarget, targetOf } from './import-targets.js'
import { statementsNaming } from './mentions.js'
import { bindingsOf } from './names.js'

/** More than these are a registry of anything. */
const mostEntries = 20
const deepest = 3

/** What is called of a table: where it stands, and under which key. */
interface TableCall {
  table: Expr
  key: Expr
}

/** `TABLE[key](…)`, `TABLE.get(key)(…)`, `make = TABLE[key]`, then `make(…)`; null: it is no such callee. */
function tableCall(analysis: Analysis, callee: Expr, depth = 0): TableCall | null {
  if (callee.type === 'subscript') return { table: callee.value, key: callee.index }
  const getter = callee.type === 'call' ? callee : null
  if (getter !== null && getter.callee.type === 'attribute' && getter.callee.attr === 'get') {
    const [key] = getter.args
    return key === undefined || key.name !== null ? null : { table: getter.callee.value, key: key.value }
  }
  if (callee.type !== 'name' || depth > deepest) return null
  const bindings = bindingsOf(analysis, callee.id, callee.start)
  const [only] = bindings
  if (bindings.length !== 1 || only!.kind !== 'assign' || only!.unpack !== null || only!.value === null)
    return null
  return tableCall(analysis, only!.value, depth + 1)
}

/** The display behind a table that nothing changes. */
function displayOf(analysis: Analysis, table: Expr): (Expr & { type: 'dict' }) | null {
  if (table.type !== 'name') return table.type === 'dict' ? table : null
  const bindings = bindingsOf(analysis, table.id, table.start)
  const [only] = bindings
  const value = bindings.length === 1 && only!.kind === 'assign' && only!.unpack === null ? only!.value : null
  return value?.type === 'dict' && !analysis.mutatedNames.has(table.id) ? value : null
}

/** The functions and classes of a table that a call may run, as they are written; null: it calls something else. */
export function tableEntries(analysis: Analysis, callee: Expr): readonly Expr[] | null {
  const called = tableCall(analysis, callee)
  const display = called === null ? null : displayOf(analysis, called.table)
  if (called === null || display === null || display.entries.length > mostEntries) return null
  const entries = display.entries.flatMap(({ key, value }) =>
    key?.type === 'constant' && isNamed(value) ? [{ key: key.value, value }] : [],
  )
  if (entries.length < display.entries.length) return null
  const key = constantKey(analysis, called.key)
  return entries.filter((one) => key === undefined || one.key === key).map(({ value }) => value)
}

const isNamed = ({ type }: Expr): boolean => type === 'name' || type === 'attribute'

/** Undefined: it is not known, or a launch may give another. */
function constantKey(analysis: Analysis, key: Expr): unknown {
  if (key.type === 'constant') return key.value
  const folded = analysis.complete ? analysis.fold(key) : null
  return folded?.state === 'known' && !folded.overridable ? folded.value : undefined
}

/** The same of a table, as imported: one of another module, or one of this module that names what others define. */
export function tableTargets(analysis: Analysis, callee: Expr): string[] {
  const entries = tableEntries(analysis, callee)
  if (entries !== null) return entries.flatMap((one) => targetOf(analysis, one) ?? [])
  const called = tableCall(analysis, callee)
  if (called === null) return []
  const members = importedMembers(analysis, called.table)
  const key = constantKey(analysis, called.key)
  return members.filter((one) => typeof key !== 'string' || one.key === key).map(({ target }) => target)
}

/** What a table of another module holds, as imported; empty: the expression names none. */
export function importedMembers(analysis: Analysis, table: Expr): { key: string; target: string }[] {
  const target = targetOf(analysis, table)
  const found = target === null ? null : projectTarget(analysis, target)
  const members = found === null ? undefined : lookUp(found.summary.tables ?? {}, found.rest)
  const above = target === null ? null : moduleAbove(target)
  if (members === undefined || above === null) return []
  return Object.entries(members).map(([key, name]) => {
    return { key, target: above.endsWith('.') ? above + name : `${above}.${name}` }
  })
}

/** It is called by way of a table, and all that may be called then is known: `TABLE[key]`, `make` of `make = TABLE[key]`. */
export function isTableCall(analysis: Analysis, callee: Expr): boolean {
  return tableEntries(analysis, callee) !== null || tableTargets(analysis, callee).length > 0
}

/** `make = TABLE[key]`, where the name is used for nothing but such calls. */
export function namesEntry(analysis: Analysis, { targets, value }: Stmt & { type: 'assign' }): boolean {
  const [target, another] = targets
  if (target?.type !== 'name' || another !== undefined || value === null) return false
  if (value.type !== 'subscript' && value.type !== 'call') return false
  const { id } = target
  return isTableCall(analysis, value) && isOnlyCallee(analysis, id, (callee) => isTableCall(analysis, callee))
}

/** Tables that the module defines for others, by name: what each key stands for. */
export function moduleTables(analysis: Analysis): Record<string, Record<string, string>> {
  const found: Record<string, Record<string, string>> = {}
  for (const [name, [binding, another]] of analysis.scopes.bindings) {
    const table = binding?.kind === 'assign' && another === undefined ? binding.value : null
    if (table?.type !== 'dict' || table.entries.length > mostEntries || analysis.mutatedNames.has(name))
      continue
    const entries = table.entries.flatMap(({ key, value }) =>
      key?.type === 'constant' &&
      typeof key.value === 'string' &&
      value.type === 'name' &&
      isOfProject(analysis, value)
        ? [[key.value, value.id] as const]
        : [],
    )
    if (entries.length > 0 && entries.length === table.entries.length)
      define(found, name, Object.fromEntries(entries))
  }
  return found
}

function isOfProject(analysis: Analysis, value: Expr): boolean {
  if (analysis.functionOf(value) !== null || analysis.classOf(value) !== null) return true
  const target = targetOf(analysis, value)
  return target !== null && projectTarget(analysis, target) !== null
}

/** The name of a table is used for nothing but to call what it holds, all of which is known, and to list its keys. */
export function isOnlyCalled(analysis: Analysis, id: string): boolean {
  return once(analysis, `only called: ${id}`, () => {
    const named = (expr: Expr): boolean => expr.type === 'name' && expr.id === id
    let isPlain = true
    const visit = (expr: Expr): void => {
      if (named(expr)) isPlain = false
      else if (expr.type === 'call') visitCall(expr)
      else if (expr.type === 'binary' && /^(not )?in$/.test(expr.op) && named(expr.right)) visit(expr.left)
      else if (isEntry(expr)) isPlain = false
      else forEachChild(expr, visit)
    }
    const isEntry = (expr: Expr): boolean => expr.type === 'subscript' && named(expr.value)
    const visitCall = ({ callee, args }: CallExpr): void => {
      const getter = callee.type === 'call' && isGetter(callee) ? callee : null
      if ((isEntry(callee) || getter !== null) && tableEntries(analysis, callee) === null) isPlain = false
      if (isEntry(callee) && callee.type === 'subscript') visit(callee.index)
      else if (getter !== null) for (const { value } of getter.args) visit(value)
      else if (!(callee.type === 'attribute' && named(callee.value) && callee.attr === 'keys')) visit(callee)
      const lists = callee.type === 'name' && listing.test(callee.id)
      for (const { name, value } of args) if (!(named(value) && (lists || name === 'choices'))) visit(value)
    }
    const isGetter = ({ callee }: CallExpr): boolean =>
      callee.type === 'attribute' && callee.attr === 'get' && named(callee.value)
    for (const statement of statementsNaming(analysis, id)) {
      if (statement.type === 'assign' && statement.targets.some(named)) continue
      // `make = TABLE[name]`, then `make(…)`.
      if (statement.type === 'assign' && statement.value !== null)
        if (isEntry(statement.value) || (statement.value.type === 'call' && isGetter(statement.value))) {
          if (!namesEntry(analysis, statement)) return false
          continue
        }
      forEachExpression(statement, visit)
    }
    return isPlain
  })
}

/** What only looks at the keys of what it is given. */
const listing = /^(list|tuple|set|sorted|len|print|isinstance)$/

/** A name is used for nothing but calls of what is known. */
export function isOnlyCallee(analysis: Analysis, id: string, isKnown: (callee: Expr) => boolean): boolean {
  const named = (expr: Expr): boolean => expr.type === 'name' && expr.id === id
  let isPlain = true
  const visit = (expr: Expr): void => {
    if (named(expr)) isPlain = false
    else if (expr.type === 'call' && named(expr.callee) && isKnown(expr.callee))
      for (const { value } of expr.args) visit(value)
    else forEachChild(expr, visit)
  }
  for (const statement of statementsNaming(analysis, id)) {
    if (statement.type === 'assign' && statement.targets.some(named)) {
      if (statement.value !== null) visit(statement.value)
    } else forEachExpression(statement, visit)
  }
  return isPlain
}

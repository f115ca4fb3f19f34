/** Which names of libraries a module uses, and whether those that are asked for are among them. */
import type { Expr, Stmt } from '../syntax/python-ast.js'
import type { Analysis } from './analysis.js'
import type { ModuleSummary } from './module.js'

/** Adds names that a statement uses without calling them: `with torch.no_grad`, flags that are set, decorators. */
export function addUses(analysis: Analysis, statement: Stmt): void {
  const add = (expr: Expr): void => {
    const name = analysis.nameOf(expr)
    if (name !== null) analysis.ownUses.add(name)
  }
  switch (statement.type) {
    case 'assign': {
      for (const target of statement.targets) if (target.type === 'attribute') add(target)
      const { value } = statement
      if (value !== null && (value.type === 'attribute' || value.type === 'name')) add(value)
      break
    }
    case 'function':
      for (const decorator of statement.decorators)
        add(decorator.type === 'call' ? decorator.callee : decorator)
      break
    case 'class':
      for (const base of statement.bases) add(base.value)
      break
    case 'import':
      for (const { alias, name } of statement.names)
        if (
          !statement.from ||
          isPackage(analysis) ||
          isMentioned(analysis.code, alias ?? name, statement.end)
        )
          add({ type: 'name', id: alias ?? name, start: statement.end, end: statement.end })
  }
}

/** A package imports names for others to take. */
function isPackage({ path }: Analysis): boolean {
  return /(^|\/)__init__\.py$/.test(path)
}

/** Importing a module runs it; a class or function that is taken out of it, and never mentioned again, does nothing. */
function isMentioned(text: string, name: string, from: number): boolean {
  // Modules are imported in this way as well (`from torch import distributed`), and constants cost nothing.
  if (!/^[A-Z]\w*[a-z]/.test(name)) return true
  for (let at = text.indexOf(name, from); at >= 0; at = text.indexOf(name, at + 1)) {
    if (!/\w/.test(text[at - 1] ?? '') && !/\w/.test(text[at + name.length] ?? '')) return true
  }
  return false
}

/** By module: each is asked by all that it works with. */
const usesOfModules = new WeakMap<ModuleSummary, ReadonlySet<string>>()

export function usesOf(summary: ModuleSummary): ReadonlySet<string> {
  const uses = usesOfModules.get(summary) ?? new Set(summary.uses)
  usesOfModules.set(summary, uses)
  return uses
}

/** By the list of uses, which all that work with the module ask the same. */
const matches = new WeakMap<readonly string[], Map<RegExp, boolean>>()

/** Whether any of the names that a module uses matches. `pattern` must be one and the same each time. */
export function usesMatch({ uses }: Pick<ModuleSummary, 'uses'>, pattern: RegExp): boolean {
  let answers = matches.get(uses)
  if (answers === undefined) {
    answers = new Map()
    matches.set(uses, answers)
  }
  let known = answers.get(pattern)
  if (known === undefined) {
    known = uses.some((use) => pattern.test(use))
    answers.set(pattern, known)
  }
  return known
}

/** `wanted`: whole names, or beginnings that end in a dot: 'optuna.'. */
export function holdsAny(uses: ReadonlySet<string>, wanted: readonly string[]): boolean {
  return wanted.some((name) => holds(uses, name))
}

function holds(uses: ReadonlySet<string>, wanted: string): boolean {
  if (uses.has(wanted)) return true
  return wanted.endsWith('.') && beginningsOf(uses).has(wanted)
}

/** All that their names begin with, up to each dot, and how many names that was made of. */
const beginnings = new WeakMap<ReadonlySet<string>, { size: number; found: Set<string> }>()

/** Libraries are asked for by the dozen. A set of uses only grows. */
function beginningsOf(uses: ReadonlySet<string>): ReadonlySet<string> {
  const known = beginnings.get(uses)
  if (known !== undefined && known.size === uses.size) return known.found
  const found = new Set<string>()
  for (const use of uses)
    for (let dot = use.indexOf('.'); dot >= 0; dot = use.indexOf('.', dot + 1))
      found.add(use.slice(0, dot + 1))
  beginnings.set(uses, { size: uses.size, found })
  return found
}

/** What of other modules of the project, and what of this one, may stand behind a name or an attribute chain. */
import type { Expr } from '../syntax/python-ast.js'
import type { Analysis } from './analysis.js'
import { importedTarget, projectTarget, starTarget, targetOf } from './import-targets.js'
import type { ModuleSummary } from './module.js'
import { bindingsOf } from './names.js'

export interface ProjectMember {
  summary: ModuleSummary
  /** What remains of the import target within the module. */
  rest: string
}

/** What a name or an attribute chain is in another module of the project; null: it leads to none. */
export function projectMember(analysis: Analysis, expr: Expr): ProjectMember | null {
  const root = importOf(analysis, expr)
  if (root === null || !mayBeOfProject(analysis, root)) return null
  const target = targetOf(analysis, expr)
  return target === null ? null : projectTarget(analysis, target)
}

/** The same of a callee, which may be a method of an object whose class is imported. */
export function importedMember(analysis: Analysis, callee: Expr): ProjectMember | null {
  if (callee.type !== 'name' && callee.type !== 'attribute') return null
  if (analysis.importedByName.size === 0) return null
  const root = importOf(analysis, callee)
  if (root !== null && !mayBeOfProject(analysis, root)) return null
  const target = importedTarget(analysis, callee)
  return target === null ? null : projectTarget(analysis, target)
}

/** The import target of the name that a chain begins with; null: it is not imported, or nothing of the project is. */
function importOf(analysis: Analysis, expr: Expr): string | null {
  if (analysis.importedByName.size === 0) return null
  let root = expr
  while (root.type === 'attribute') root = root.value
  if (root.type !== 'name') return null
  const last = bindingsOf(analysis, root.id, root.start).at(-1)
  return last === undefined ? starTarget(analysis, root.id) : last.target
}

/** Most imports are those of libraries: what follows their first word need not be spelled. */
function mayBeOfProject(analysis: Analysis, target: string): boolean {
  const { projectRoots, ofProject } = analysis
  if (projectRoots.size === 0)
    for (const spec of analysis.importedByName.keys()) projectRoots.add(firstWord(spec))
  let known = ofProject.get(target)
  if (known === undefined) {
    known = projectRoots.has(firstWord(target))
    ofProject.set(target, known)
  }
  return known
}

/** 'torch' of 'torch.nn', '' of '..data'. */
function firstWord(target: string): string {
  const dot = target.indexOf('.')
  return dot < 0 ? target : target.slice(0, dot)
}

/** The first attribute of a chain: `torch.nn` of `torch.nn.Linear`. Most calls are asked for it, so nothing is allocated. */
function innermost(expr: Expr): (Expr & { type: 'attribute' }) | null {
  if (expr.type !== 'attribute') return null
  let inner = expr
  while (inner.value.type === 'attribute') inner = inner.value
  return inner
}

/**
 * No function or class of this module is meant: the first name is imported, or bound nowhere, and what follows is as the library
 * has it. Most calls are so.
 */
export function isForeign(analysis: Analysis, expr: Expr): boolean {
  const inner = innermost(expr)
  const root = inner === null ? expr : inner.value
  if (root.type !== 'name' || root.id === 'self' || root.id === 'cls') return false
  const bindings = bindingsOf(analysis, root.id, root.start)
  for (let index = 0; index < bindings.length; index++) if (bindings[index]!.kind !== 'import') return false
  // `torch.nn = …` replaces what `torch.nn.Linear` begins with.
  return inner === null || inner === expr || !analysis.attributeStores.has(`${root.id}.${inner.attr}`)
}

/** A name that only an import of a library binds, or what such a library has; nothing here replaces it. */
export function isOfLibrary(analysis: Analysis, expr: Expr): boolean {
  const inner = innermost(expr)
  const root = inner === null ? expr : inner.value
  if (root.type !== 'name') return false
  const bindings = bindingsOf(analysis, root.id, root.start)
  const target = bindings.length === 1 ? bindings[0]!.target : null
  if (target === null || target.startsWith('.') || mayBeOfProject(analysis, target)) return false
  return inner === null || !analysis.attributeStores.has(`${root.id}.${inner.attr}`)
}

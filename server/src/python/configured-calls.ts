/** Configurations that functions and classes of the module give back. */
import type { CallExpr, Expr } from '../syntax/python-ast.js'
import { forEachChild } from '../syntax/python-children.js'
import type { Analysis } from './analysis.js'
import { constructed, filled, ownClass, structuringMethods } from './configured-classes.js'
import { loadedElsewhere } from './configured-elsewhere.js'
import { isEmpty } from './configured-lookups.js'
import { fileRoot } from './configured-made.js'
import { type ConfiguredPath, configuredPath, type Followed, samePath } from './configured-path.js'
import { mappingInside } from './filled-objects.js'
import type { Func, Klass } from './module.js'
import { bindingsOf } from './names.js'
import { overlaidNamespace } from './overlaid-arguments.js'
import { returnsOf } from './returns.js'

const plainCopies = /^(copy|clone|dict|to_dict|toDict|as_dict|asdict|_asdict|model_dump|model_copy)$/

/** Calls of functions, methods and classes of the project, and methods of what they give back. */
export function pathOfProject(
  analysis: Analysis,
  expr: CallExpr,
  depth: number,
  followed: Followed | null,
): ConfiguredPath | null {
  const { callee, args } = expr
  const inner = (part: Expr): ConfiguredPath | null => configuredPath(analysis, part, depth + 1, followed)
  if (callee.type === 'attribute') {
    if (plainCopies.test(callee.attr) && args.length === 0) return inner(callee.value)
    if (/^parse_(args|known_args|intermixed_args)$/.test(callee.attr)) return overlaidNamespace(analysis)
  }
  const called = analysis.functionOf(callee)
  if (called !== null) return pathReturned(analysis, called, expr, depth, followed)
  const loaded = loadedElsewhere(analysis, expr, depth, followed)
  if (loaded !== null) return loaded
  if (callee.type === 'attribute' && structuringMethods.test(callee.attr) && args.length > 0) {
    const data = args[0]!.value
    return filled(analysis, callee.value, expr, inner(data) ?? fileRoot(analysis, data, followed))
  }
  const klass = analysis.classOf(callee) ?? ownClass(analysis, callee)
  return (
    (klass === null ? null : pathInside(analysis, klass, expr, depth, followed)) ??
    constructed(analysis, expr, inner)
  )
}

/** What the constructor of a class fills its object from, where the class finds that itself; `call` null: some call. */
export function pathInside(
  analysis: Analysis,
  klass: Klass,
  call: CallExpr | null,
  depth: number,
  outer: Followed | null,
): ConfiguredPath | null {
  const inside = mappingInside(klass)
  if (inside === null) return null
  const { init, mapping } = inside
  return isFollowed(init, outer)
    ? null
    : configuredPath(analysis, mapping, depth + 1, { func: init, call, outer })
}

/** It is being followed already: what calls itself stands for nothing. */
function isFollowed(func: Func, followed: Followed | null): boolean {
  return followed !== null && (followed.func === func || isFollowed(func, followed.outer))
}

/** What a function of this module gives back. */
function pathReturned(
  analysis: Analysis,
  func: Func,
  call: CallExpr,
  depth: number,
  outer: Followed | null,
): ConfiguredPath | null {
  return isFollowed(func, outer) ? null : agreed(analysis, func, depth, { func, call, outer })
}

/** `args, config = parse()`: one of the things that a function of this module gives back. */
export function pathOfItem(
  analysis: Analysis,
  call: CallExpr,
  index: number,
  depth: number,
  outer: Followed | null,
): ConfiguredPath | null {
  const func = analysis.functionOf(call.callee)
  if (func === null || isFollowed(func, outer)) return null
  const items = returnsOf(func).map((value) =>
    value.type === 'tuple' || value.type === 'list' ? value.items[index] : undefined,
  )
  return theSame(analysis, items, depth, { func, call, outer })
}

/**
 * `merge(load(cfg.pop('base')), cfg)` in the function `load`: the linker lays files under those that name them
 * (`linking/inheriting-files.ts`).
 */
function laysItself(analysis: Analysis, value: Expr, followed: Followed | null): boolean {
  if (followed === null) return false
  const callsItself = (expr: Expr | null): boolean => {
    const func = expr?.type === 'call' ? analysis.functionOf(expr.callee) : null
    return func !== null && isFollowed(func, followed)
  }
  let found = false
  const visit = (expr: Expr): void => {
    if (found) return
    const bindings = expr.type === 'name' ? bindingsOf(analysis, expr.id, expr.start) : []
    found = callsItself(expr) || bindings.some((one) => one.kind === 'assign' && callsItself(one.value))
    forEachChild(expr, visit)
  }
  visit(value)
  return found
}

/** The one path of all that it returns. */
export function agreed(
  analysis: Analysis,
  func: Func,
  depth: number,
  followed: Followed,
): ConfiguredPath | null {
  return theSame(analysis, returnsOf(func), depth, followed)
}

export function theSame(
  analysis: Analysis,
  values: readonly (Expr | undefined)[],
  depth: number,
  followed: Followed | null,
): ConfiguredPath | null {
  let found: ConfiguredPath | null = null
  for (const value of values) {
    // What stands for a file that is not there; `[convert(item) for item in data]` of what is no mapping.
    if (value !== undefined && values.length > 1 && (isEmpty(value) || value.type === 'comprehension'))
      continue
    if (value !== undefined && values.length > 1 && laysItself(analysis, value, followed)) continue
    const path = value === undefined ? null : configuredPath(analysis, value, depth + 1, followed)
    if (path === null || (found !== null && !samePath(found, path))) return null
    found = path
  }
  return found
}

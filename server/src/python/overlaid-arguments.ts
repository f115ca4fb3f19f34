/** Files that are laid over the parsed command line: `setattr(args, k, v)`, `vars(args).update(…)`, `set_defaults(**…)`. */
import type { Expr, For, Stmt } from '../syntax/python-ast.js'
import { blocksOf } from '../syntax/python-children.js'
import type { Analysis } from './analysis.js'
import { foldFound, look } from './configured.js'
import { below, type ConfiguredPath, configuredPath } from './configured-path.js'
import { unknown } from './folded.js'
import { isDictionaryOf, setFrom } from './mapping-classes.js'
import type { Folded } from './module.js'
import { truthy } from './operators.js'
import { isHandedOn } from './tracked-configuration.js'

interface Overlay {
  data: Expr
  /** It replaces what the command line says; otherwise it only holds where nothing is said there. */
  replaces: boolean
  /** Each key that it has is set. */
  certain: boolean
}

interface Resolved extends Overlay {
  /** Null: it is not known what. */
  path: ConfiguredPath | null
}

const most = 20

const remembered = new WeakMap<Analysis, Resolved[] | 'being resolved'>()

/** True while it is being found out what lies over the command line: until then it seems to be as it was parsed. */
export function isResolving(analysis: Analysis): boolean {
  return remembered.get(analysis) === 'being resolved'
}

function overlaysOf(analysis: Analysis): Resolved[] {
  const before = remembered.get(analysis)
  if (before !== undefined) return before === 'being resolved' ? [] : before
  remembered.set(analysis, 'being resolved')
  const written = writtenOverlays(analysis)
  const found: Resolved[] = written
    .slice(0, most)
    .filter(({ data }) => !isDead(analysis, data.start) && !isHandedOn(analysis, data))
    .map((one) => ({ ...one, path: configuredPath(analysis, one.data) }))
  // What more there is, nobody wrote by hand.
  found.push(...written.slice(most).map((one) => ({ ...one, path: null })))
  remembered.set(analysis, found)
  return found
}

function writtenOverlays(analysis: Analysis): Overlay[] {
  const found: Overlay[] = []
  for (const { node } of analysis.loops) {
    const looped = node.type === 'for' ? setIn(analysis, node) : null
    if (looped !== null) found.push({ data: looped.mapping, replaces: true, certain: looped.certain })
  }
  for (const call of analysis.calls) {
    const { callee, args } = call.expr
    const first = args[0]
    if (callee.type !== 'attribute' || first === undefined || first.star === 1) continue
    const spread = first.star === 2
    const updates =
      callee.attr === 'update' &&
      (spread || first.name === null) &&
      isNamespaceDictionary(analysis, callee.value)
    if (updates) found.push({ data: first.value, replaces: true, certain: true })
    else if (callee.attr === 'set_defaults' && spread)
      found.push({ data: first.value, replaces: false, certain: true })
  }
  return found
}

function isNamespaceDictionary(analysis: Analysis, expr: Expr): boolean {
  const holder =
    expr.type === 'call' ? expr.args[0]?.value : expr.type === 'attribute' ? expr.value : undefined
  return (
    holder?.type === 'name' &&
    isDictionaryOf(expr, holder.id) &&
    analysis.programParameters.isNamespace(holder)
  )
}

/** The mapping that a loop lays over a parsed command line. */
function setIn(analysis: Analysis, loop: For): { mapping: Expr; certain: boolean } | null {
  for (const { name, conditions } of targetsIn(loop.body, [])) {
    if (!analysis.programParameters.isNamespace(name)) continue
    const mapping = setFrom(loop, name.id)
    // `if hasattr(args, k)` is true for what the program takes.
    if (mapping !== null) return { mapping, certain: conditions.every((one) => asksFor(one)) }
  }
  return null
}

function asksFor(test: Expr): boolean {
  return test.type === 'call' && test.callee.type === 'name' && test.callee.id === 'hasattr'
}

interface Target {
  name: Expr & { type: 'name' }
  conditions: Expr[]
}

function targetsIn(body: readonly Stmt[], conditions: Expr[]): Target[] {
  return body.flatMap((statement): Target[] => {
    if (statement.type === 'if') return targetsIn(statement.body, [...conditions, statement.test])
    const target =
      statement.type === 'expr' && statement.value.type === 'call' && statement.value.callee.type === 'name'
        ? statement.value.args[0]?.value
        : statement.type === 'assign' && statement.targets[0]?.type === 'subscript'
          ? dictionaryHolder(statement.targets[0].value)
          : undefined
    return target?.type === 'name' ? [{ name: target, conditions }] : []
  })
}

function dictionaryHolder(expr: Expr): Expr | undefined {
  if (expr.type === 'attribute') return expr.attr === '__dict__' ? expr.value : undefined
  return expr.type === 'call' ? expr.args[0]?.value : undefined
}

/** Under a condition that does not hold: `if args.config is not None`, where nothing gives one. */
function isDead(analysis: Analysis, offset: number): boolean {
  let blocks: readonly Stmt[][] = [analysis.tree.body]
  for (;;) {
    const statement = blocks.flat().find((one) => one.start <= offset && offset < one.end)
    if (statement === undefined) return false
    if (statement.type === 'if') {
      const test = analysis.fold(statement.test)
      const inBody = statement.body.some((one) => one.start <= offset && offset < one.end)
      if (test.state === 'known' && truthy(test.value) !== inBody) return true
    }
    blocks = blocksOf(statement)
  }
}

/** What a file says of an argument of the program. `given`: the command line says something. Null: nothing. */
export function overlaidValue(analysis: Analysis, name: string, given: boolean): Folded | null {
  if (!analysis.complete) return null
  let value: Folded | null = null
  for (const overlay of overlaysOf(analysis)) {
    if (!overlay.replaces && given) continue
    const found = overlay.path === null ? null : look(analysis, below(overlay.path, name))
    const folded = found === null ? unknown('a file that is laid over the command line') : foldFound(found)
    if (folded !== null) value = overlay.certain ? folded : unknown('a file that may replace it')
  }
  return value
}

/** Keys of the files that no argument of the program has. */
export function overlaidNamespace(analysis: Analysis): ConfiguredPath | null {
  const overlays = analysis.complete ? overlaysOf(analysis) : []
  return overlays.length === 1 ? overlays[0]!.path : null
}

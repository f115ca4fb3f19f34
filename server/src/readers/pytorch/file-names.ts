/** Which files of a loop an expression may name: what was written in a pass, and what is removed in a later one. */

import type { Call, Loop, PythonModule } from '../../python/module.js'
import type { Expr, Stmt } from '../../syntax/python-ast.js'
import { blocksOf, isName } from '../../syntax/python-children.js'
import { codeText } from './evidence.js'
import { dotted } from './numbered-files.js'

/** The file that one call of a loop removes was written by one of these other calls, not by this one. */
export function isOfOthers(
  python: PythonModule,
  outer: Loop,
  removed: Expr,
  written: Expr,
  others: readonly Expr[],
): boolean {
  const names = namesOf(python, outer, removed)
  const meets = (path: Expr) => [...namesOf(python, outer, path)].some((one) => names.has(one))
  return !meets(written) && others.some(meets)
}

/** How the loop writes it: `previous`, what is assigned to that, and what is put into the list that it is taken from. */
function namesOf(python: PythonModule, outer: Loop, path: Expr): Set<string> {
  const found = new Set<string>()
  const waiting = [path]
  for (let expr = waiting.pop(); expr !== undefined; expr = waiting.pop()) {
    const bare = withoutWrapping(python, expr)
    const text = codeText(python, bare.start, bare.end)
    if (found.has(text)) continue
    found.add(text)
    if (dotted(bare) !== null) waiting.push(...givenTo(outer, bare, text, python))
  }
  return found
}

/** `Path(name)`, `str(name)`, `names.pop(0)`, `names[0]`. */
function withoutWrapping(python: PythonModule, expr: Expr): Expr {
  if (expr.type === 'subscript') return expr.value
  if (expr.type !== 'call') return expr
  const call = python.callAt(expr)
  const only = expr.args.length === 1 ? expr.args[0]!.value : undefined
  if (only !== undefined && /^(str|pathlib\.Path|os\.fspath)$/.test(call?.name ?? '')) return only
  const { callee } = expr
  return callee.type === 'attribute' && /^pop(left)?$/.test(callee.attr) ? callee.value : expr
}

function givenTo(outer: Loop, target: Expr, text: string, python: PythonModule): Expr[] {
  const isTarget = (one: Expr) =>
    target.type === 'name' ? isName(one, target.id) : codeText(python, one.start, one.end) === text
  const given: Expr[] = []
  const visit = (statement: Stmt): void => {
    if (statement.type === 'assign' && statement.value !== null && statement.targets.some(isTarget))
      given.push(statement.value)
    for (const block of blocksOf(statement)) block.forEach(visit)
  }
  outer.node.body.forEach(visit)
  return [...given, ...outer.calls.flatMap((call) => appended(call, isTarget))]
}

function appended({ expr: { callee, args } }: Call, isTarget: (one: Expr) => boolean): Expr[] {
  const adds = callee.type === 'attribute' && /^append(left)?$/.test(callee.attr) && isTarget(callee.value)
  return adds && args.length === 1 ? [args[0]!.value] : []
}

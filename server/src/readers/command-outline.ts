/** Commands that code puts together: what of them can be read, with a variable of the shell for each part that cannot. */

import type { PythonModule } from '../python/module.js'
import type { CallExpr, Expr } from '../syntax/python-ast.js'
import { fixedValue } from '../values/argument.js'

/** A variable that nothing sets: as many words as it likes. */
const open = '$COMMAND_PART'
/** Definitions that lead on to each other. */
const deepest = 6
/** More belong to no command; what is added to itself again and again doubles. */
const mostParts = 2000

/** `f'python train.py --lr {lr}'`, `'python train.py --lr %s' % lr`, `' '.join(['python', 'train.py', name])`; null: nothing of it can be read. */
export function commandOutline(python: PythonModule, expr: Expr): string | null {
  const text = outlineOf(python, expr, 0, { left: mostParts })
  return text === open ? null : text
}

function outlineOf(python: PythonModule, expr: Expr, depth: number, parts: { left: number }): string {
  if (depth > deepest || parts.left-- <= 0) return open
  const fixed = fixedValue(python.fold(expr))
  if (typeof fixed === 'string' || typeof fixed === 'number') return String(fixed)
  if (python.nameOf(expr) === 'sys.executable') return 'python'
  if (expr.type === 'name') {
    const appended = appendedTo(python, expr)
    if (appended !== null)
      return appended
        .map((one) => outlineOf(python, one, depth + 1, parts))
        .reduce((text, one) => text + (one === open ? ` ${open}` : one))
  }
  const value = python.definition(expr)
  const below = value === expr ? depth : depth + 1
  const inner = (one: Expr): string => outlineOf(python, one, below, parts)
  switch (value.type) {
    case 'fstring':
      return value.parts.map((part) => (typeof part === 'string' ? part : inner(part))).join('')
    case 'binary':
      if (value.op === '+') return inner(value.left) + inner(value.right)
      if (value.op !== '%') return open
      return inner(value.left).replace(/%(\(\w+\))?[-+ #0]*[\d.]*[sdifgr]/g, open)
    case 'call':
      return ofCall(python, value, inner)
    default:
      return open
  }
}

/** `command = 'python train.py'`, then `command += ' --fast'`, which may be under a condition; null: it is not put together so. */
export function appendedTo(python: PythonModule, name: Expr & { type: 'name' }): Expr[] | null {
  const parts = partsOf(python, name, 0)
  return parts === null || parts.length < 2 ? null : parts
}

function partsOf(python: PythonModule, name: Expr & { type: 'name' }, depth: number): Expr[] | null {
  const [first, ...more] = python.bindingsOf(name)
  if (first === undefined || depth > deepest || !more.every(({ kind }) => kind === 'augmented')) return null
  const added = more.flatMap(({ value }) => value ?? [])
  if (first.kind === 'assign' && first.unpack === null && first.value !== null) return [first.value, ...added]
  if (first.kind !== 'augmented') return null
  const adding = python.statements.find((one) => one.type === 'augassign' && one.end === first.at)
  if (adding?.type !== 'augassign' || adding.target.type !== 'name') return null
  const before = partsOf(python, adding.target, depth + 1)
  return before && [...before, adding.value, ...added]
}

function ofCall(python: PythonModule, { callee, args }: CallExpr, inner: (one: Expr) => string): string {
  const [first] = args
  if (python.nameOf(callee) === 'textwrap.dedent') return first === undefined ? open : inner(first.value)
  if (callee.type !== 'attribute') return open
  if (callee.attr === 'format') return inner(callee.value).replace(/\{[\w.[\]]*(![rsa])?(:[^{}]*)?\}/g, open)
  if (/^(strip|lstrip|rstrip|replace)$/.test(callee.attr)) return inner(callee.value)
  if (callee.attr !== 'join' || first === undefined) return open
  const list = python.definition(first.value)
  const between = fixedValue(python.fold(callee.value))
  if ((list.type !== 'list' && list.type !== 'tuple') || typeof between !== 'string') return open
  const items = list.items.map((item) => (item.type === 'starred' ? open : inner(item)))
  // What is added to the list later stands behind it.
  return [...items, ...(python.isChanged(first.value) ? [open] : [])].join(between)
}

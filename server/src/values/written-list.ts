/** Lists that code puts together: written out, joined, returned, grown by `append`. */
import type { PythonModule } from '../python/module.js'
import { returnsOf } from '../python/returns.js'
import type { Collection, Expr } from '../syntax/python-ast.js'
import { givenByCallers } from './given-by-callers.js'

export interface WrittenList {
  items: Expr[]
  /** The display that a further item can be added to; null where there is none. */
  display: Collection | null
  /** A single item without a list around it. */
  alone: boolean
}

/** Null: its items cannot all be seen. */
export function writtenList(python: PythonModule, expr: Expr): WrittenList | null {
  return listOf(python, expr, new Set(), 0)
}

/** `seen` grows with every name that is followed, so that lists made from each other end. */
function listOf(python: PythonModule, expr: Expr, seen: Set<string>, depth: number): WrittenList | null {
  if (depth > 8) return null
  if (expr.type === 'name') {
    if (seen.has(expr.id)) return null
    seen.add(expr.id)
  }
  const value = python.definition(expr)
  // A parameter: what the one call of its function passes.
  if (value.type === 'name') {
    const [passed, ...others] = python.possible(value) ?? []
    if (passed !== undefined && passed !== value && others.length === 0)
      return listOf(python, passed, seen, depth + 1)
    if (givenByCallers(python, value) === false) return { items: [], display: null, alone: false }
  }
  let found: WrittenList | null = null
  if (value.type === 'list' || value.type === 'tuple') {
    found = { items: unpacked(python, value, seen, depth), display: value, alone: false }
  }
  // `[instantiate(one) for one in cfg.callbacks.values()]`
  else if (value.type === 'comprehension' && value.kind === 'list')
    found = { items: [value.element], display: null, alone: false }
  else if (value.type === 'constant' && value.value === null)
    found = { items: [], display: null, alone: false }
  else if (value.type === 'call')
    found = returnedList(python, value.callee, depth) ??
      givenElsewhere(python, value, seen, depth) ?? { items: [value], display: null, alone: true }
  else if (value.type === 'conditional') {
    // Both ways may name the same list: `fixed + drawn if train else fixed`.
    const parts = [
      listOf(python, value.then, new Set(seen), depth + 1),
      listOf(python, value.otherwise, new Set(seen), depth + 1),
    ]
    if (parts.some((part) => part === null)) return null
    return { items: parts.flatMap((part) => part!.items), display: null, alone: false }
  } else if (value.type === 'binary' && value.op === '+') {
    const left = listOf(python, value.left, seen, depth + 1)
    const right = listOf(python, value.right, seen, depth + 1)
    if (left === null || right === null) return null
    return { items: [...left.items, ...right.items], display: right.display ?? left.display, alone: false }
  }
  if (found === null || expr.type !== 'name') return found
  return addLater(python, expr.id, found, seen, depth)
}

/** `[*steps, Flip()]` */
function unpacked(python: PythonModule, display: Collection, seen: Set<string>, depth: number): Expr[] {
  const items: Expr[] = []
  for (const item of display.items) {
    const list = item.type === 'starred' ? listOf(python, item.value, new Set(seen), depth + 1) : null
    if (item.type === 'starred' && (list === null || list.alone)) items.push(item)
    else items.push(...(list?.items ?? [item]))
  }
  return items
}

/** `callbacks=make_callbacks(path)`: the list that a function of the module gives back, or all that it may give back. */
function returnedList(python: PythonModule, callee: Expr, depth: number): WrittenList | null {
  const func = python.classOf(callee) === null ? python.functionOf(callee) : null
  const lists = (func === null ? [] : returnsOf(func)).map((one) => listOf(python, one, new Set(), depth + 1))
  const [first] = lists
  if (first === undefined || lists.some((list) => list === null || list.alone)) return null
  if (lists.length === 1) return first
  return { items: lists.flatMap((list) => list!.items), display: null, alone: false }
}

/** The list, or the one object, that a function of another module gives back. */
function givenElsewhere(
  python: PythonModule,
  value: Expr,
  seen: Set<string>,
  depth: number,
): WrittenList | null {
  const given = python.givenElsewhere(value)
  if (given === null) return null
  if (given.type === 'call') return { items: [given], display: null, alone: true }
  const list = listOf(python, given, seen, depth + 1)
  return list === null ? null : { ...list, display: null }
}

/** `callbacks.append(EarlyStopping(…))`. */
function addLater(
  python: PythonModule,
  name: string,
  list: WrittenList,
  seen: Set<string>,
  depth: number,
): WrittenList | null {
  for (const call of python.calls) {
    const { callee, args } = call.expr
    if (callee.type !== 'attribute' || callee.value.type !== 'name' || callee.value.id !== name) continue
    if (callee.attr === 'append' && args[0] !== undefined) list.items.push(args[0].value)
    else if (callee.attr === 'insert' && args[1] !== undefined) list.items.push(args[1].value)
    else if (callee.attr === 'extend' && args[0] !== undefined) {
      const more = listOf(python, args[0].value, seen, depth + 1)
      if (more === null) return null
      list.items.push(...more.items)
    } else return null
  }
  return list
}

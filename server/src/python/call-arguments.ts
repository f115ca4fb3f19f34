/** Arguments of a call: keywords, positions, unpacked dictionaries, arguments frozen by `partial`. */
import type { Argument, Expr } from '../syntax/python-ast.js'
import type { Analysis } from './analysis.js'
import type { ArgumentValue, Call } from './module.js'
import { bindingsOf, partialBehind } from './names.js'

export function argumentOf(
  analysis: Analysis,
  call: Call,
  keyword: string,
  position: number | null,
): ArgumentValue {
  const frozen = partialBehind(analysis, call.expr.callee)
  const shift = frozen === null ? 0 : frozen.expr.args.filter((argument) => argument.name === null).length - 1
  const own = search(analysis, call.expr.args, keyword, position === null ? null : position - shift)
  if (own.state !== 'absent' || frozen === null) return own
  // The first argument of `partial` is the callable itself.
  return search(analysis, frozen.expr.args.slice(1), keyword, position)
}

function given(analysis: Analysis, expr: Expr): ArgumentValue {
  return { state: 'given', expr, folded: analysis.fold(expr), span: { start: expr.start, end: expr.end } }
}

function search(
  analysis: Analysis,
  args: Argument[],
  keyword: string,
  position: number | null,
): ArgumentValue {
  let seen = 0
  let unpacked: string | null = null
  for (const argument of args) {
    if (argument.star === 1) {
      const items = analysis.definition(argument.value)
      if (items.type === 'list' || items.type === 'tuple') {
        const index = position === null ? -1 : position - seen
        if (index >= 0 && index < items.items.length) return given(analysis, items.items[index]!)
        seen += items.items.length
      } else if (position !== null) unpacked = '*args'
    } else if (argument.star === 2) {
      const found = inDictionary(analysis, argument.value, keyword)
      if (found.state === 'given') return found
      if (found.state === 'unknown') unpacked = found.because
    } else if (argument.name !== null) {
      if (argument.name === keyword) return given(analysis, argument.value)
    } else {
      if (position !== null && seen === position && unpacked === null) return given(analysis, argument.value)
      seen++
    }
  }
  return unpacked === null ? { state: 'absent' } : { state: 'unknown', because: unpacked }
}

/** The value of a key in a dictionary: as written, then as changed by assignments and `update`. */
export function inDictionary(analysis: Analysis, expr: Expr, keyword: string): ArgumentValue {
  const value = analysis.definition(expr)
  if (value.type === 'conditional') {
    const branches = [
      inDictionary(analysis, value.then, keyword),
      inDictionary(analysis, value.otherwise, keyword),
    ]
    return branches.every((branch) => branch.state === 'absent')
      ? { state: 'absent' }
      : { state: 'unknown', because: '**kwargs' }
  }
  if (value.type === 'binary' && value.op === '|') {
    const right = inDictionary(analysis, value.right, keyword)
    return right.state === 'absent' ? inDictionary(analysis, value.left, keyword) : right
  }
  if (value.type === 'call' && value.callee.type === 'name' && value.callee.id === 'dict') {
    const inside = search(analysis, value.args, keyword, null)
    return afterChanges(analysis, expr, keyword, inside)
  }
  if (value.type !== 'dict') return { state: 'unknown', because: '**kwargs' }
  let result: ArgumentValue = { state: 'absent' }
  for (const entry of value.entries) {
    if (entry.key === null) {
      const inside = inDictionary(analysis, entry.value, keyword)
      if (inside.state !== 'absent') result = inside
      continue
    }
    const key = analysis.fold(entry.key)
    if (key.state === 'unknown') result = { state: 'unknown', because: '**kwargs' }
    else if (key.value === keyword) result = given(analysis, entry.value)
  }
  return afterChanges(analysis, expr, keyword, result)
}

/** `kwargs['num_workers'] = 4` and `kwargs.update(...)` between the dictionary and the call. */
function afterChanges(analysis: Analysis, expr: Expr, keyword: string, result: ArgumentValue): ArgumentValue {
  if (expr.type !== 'name') return result
  const { scope } = bindingsOf(analysis, expr.id, expr.start)
  const changes = scope.bindings.get(`${expr.id}[]`) ?? []
  let current = result
  for (const change of changes) {
    const target = change.value
    if (target?.type !== 'subscript') continue
    const key = analysis.fold(target.index)
    if (key.state === 'unknown') return { state: 'unknown', because: `${expr.id} is changed` }
    if (key.value !== keyword) continue
    const statement = analysis.statementAt(target.start)
    if (statement?.type !== 'assign' || statement.value === null || change.conditional) {
      return { state: 'unknown', because: `${expr.id}['${keyword}'] is set under a condition` }
    }
    current = given(analysis, statement.value)
  }
  for (const call of analysis.calls) {
    const { callee } = call.expr
    if (callee.type !== 'attribute' || callee.value.type !== 'name' || callee.value.id !== expr.id) continue
    if (callee.attr === 'update') {
      const inside = call.expr.args.every((argument) => argument.name !== null)
        ? search(analysis, call.expr.args, keyword, null)
        : call.expr.args[0] === undefined
          ? ({ state: 'absent' } as const)
          : inDictionary(analysis, call.expr.args[0].value, keyword)
      if (inside.state === 'unknown') return inside
      if (inside.state === 'given') {
        if (call.conditional) return { state: 'unknown', because: `${expr.id} is updated under a condition` }
        current = inside
      }
    } else if (callee.attr === 'setdefault' || callee.attr === 'pop')
      return { state: 'unknown', because: `${expr.id} is changed` }
  }
  return current
}

/** All keys of a dictionary, as written and as added later; null where they cannot all be known. */
export function dictionaryKeys(analysis: Analysis, expr: Expr): string[] | null {
  const value = analysis.definition(expr)
  const keys = new Set<string>()
  const collect = (source: Expr): boolean => {
    const found = analysis.definition(source)
    if (found.type === 'call' && found.callee.type === 'name' && found.callee.id === 'dict') {
      for (const argument of found.args) {
        if (argument.name === null) return false
        keys.add(argument.name)
      }
      return true
    }
    if (found.type !== 'dict') return false
    for (const entry of found.entries) {
      if (entry.key === null) {
        if (!collect(entry.value)) return false
        continue
      }
      const key = analysis.fold(entry.key)
      if (key.state === 'unknown') return false
      keys.add(String(key.value))
    }
    return true
  }
  if (!collect(value)) return null
  if (expr.type !== 'name') return [...keys]
  const { scope } = bindingsOf(analysis, expr.id, expr.start)
  for (const change of scope.bindings.get(`${expr.id}[]`) ?? []) {
    if (change.value?.type !== 'subscript') continue
    const key = analysis.fold(change.value.index)
    if (key.state === 'unknown') return null
    keys.add(String(key.value))
  }
  for (const call of analysis.calls) {
    const { callee } = call.expr
    if (callee.type !== 'attribute' || callee.value.type !== 'name' || callee.value.id !== expr.id) continue
    if (callee.attr !== 'update') continue
    for (const argument of call.expr.args) {
      if (argument.name !== null) keys.add(argument.name)
      else if (!collect(argument.value)) return null
    }
  }
  return [...keys]
}

/** Strings that stand side by side in Python. */
import type { Expr } from './python-ast.js'

/** Adjacent strings are one. */
export function joinedStrings(strings: Expr[], place: { start: number; end: number }): Expr {
  const parts: (string | Expr)[] = []
  const add = (part: string | Expr) => {
    const last = parts.length - 1
    if (typeof part === 'string' && typeof parts[last] === 'string') parts[last] += part
    else if (part !== '') parts.push(part)
  }
  for (const one of strings) {
    if (one.type === 'constant' && typeof one.value === 'string') add(one.value)
    else if (one.type === 'fstring') for (const part of one.parts) add(part)
    else return { type: 'other', ...place, children: strings }
  }
  if (parts.every((part) => typeof part === 'string'))
    return { type: 'constant', ...place, value: parts.join('') }
  return { type: 'fstring', ...place, parts }
}

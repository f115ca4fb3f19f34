/** Lists in Python code that become words of a command line. */

import type { ShellWord } from '../config/shell-facts.js'
import type { ArgumentValue, PythonModule } from '../python/module.js'
import type { Expr } from '../syntax/python-ast.js'
import type { Json } from '../text/json.js'
import { fixedValue, knownArgument, mayBePassed, passedExpression } from '../values/argument.js'

/** Null where it is not known how many words there are. `['--lr', 0.1, '--data', folder]` */
export function wordsOf(python: PythonModule, given: ArgumentValue): ShellWord[] | null {
  if (!mayBePassed(given)) return []
  const expr = passedExpression(given)
  if (expr === null || python.isChanged(expr)) return null
  const value = python.definition(expr)
  if (value.type === 'list' || value.type === 'tuple') {
    if (value.items.some((item) => item.type === 'starred')) return null
    return value.items.map((item) => wordOf(python, item))
  }
  if (value.type !== 'dict') return knownArgument(given) === null ? [] : null
  // An estimator puts names and values behind each other.
  const words: ShellWord[] = []
  for (const { key, value: one } of value.entries) {
    if (key === null) return null
    words.push(wordOf(python, key))
    const word = wordOf(python, one)
    // `{'--use-gpu': ''}` is a flag without a value.
    if (word.text !== '') words.push(word)
  }
  return words
}

/** Words of a command whose last ones may be what the program itself is given: `['python', 'train.py', *args]`. */
export function commandWords(
  python: PythonModule,
  given: ArgumentValue,
): { words: ShellWord[]; whole: boolean } | null {
  const words = wordsOf(python, given)
  if (words !== null) return { words, whole: true }
  const expr = passedExpression(given)
  if (expr === null || python.isChanged(expr)) return null
  const value = python.definition(expr)
  if (value.type !== 'list' && value.type !== 'tuple') return null
  const known = value.items.findIndex((item) => item.type === 'starred')
  return known > 0
    ? { words: value.items.slice(0, known).map((item) => wordOf(python, item)), whole: false }
    : null
}

/** As outlines of words write it. */
const unreadable = `$\{?}`

/** What may be replaced from outside is not known. */
export function wordOf(python: PythonModule, expr: Expr): ShellWord {
  const fixed = fixedValue(python.fold(expr))
  const text = fixed === undefined ? null : asText(fixed)
  const word = { text, raw: text ?? '$', start: expr.start, end: expr.end }
  const value = text === null ? python.definition(expr) : expr
  // `f'--data={folder}'`: which flag it is can be read.
  return text === null && value.type === 'fstring'
    ? { ...word, outline: value.parts.map((part) => (typeof part === 'string' ? part : unreadable)).join('') }
    : word
}

/** As it stands on a command line; null: not readable. */
function asText(value: Json): string | null {
  if (typeof value === 'string') return value
  if (typeof value === 'number') return String(value)
  return typeof value === 'boolean' ? (value ? 'True' : 'False') : null
}

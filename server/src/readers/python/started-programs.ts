/** Commands that a Python program hands to the system. */
import type { PythonModule } from '../../python/module.js'
import type { Expr } from '../../syntax/python-ast.js'

/** Calls that start another program. */
export const starters =
  /^(subprocess\.(run|call|Popen|check_call|check_output|getoutput)|os\.(system|popen|execvp|execv|spawnv))$/

/** The command as one text, `x` for what cannot be read; null: nothing of it can. */
export function commandText(python: PythonModule, expr: Expr): string | null {
  const folded = python.fold(expr)
  if (folded.state === 'known') {
    if (typeof folded.value === 'string') return folded.value
    return Array.isArray(folded.value) ? folded.value.map(String).join(' ') : null
  }
  const value = python.definition(expr)
  if (value.type === 'fstring')
    return value.parts.map((part) => (typeof part === 'string' ? part : 'x')).join('')
  if (value.type === 'list' || value.type === 'tuple') {
    const first = value.items[0] === undefined ? null : python.fold(value.items[0])
    return first?.state === 'known' && typeof first.value === 'string'
      ? value.items.map((item) => textOf(python, item)).join(' ')
      : null
  }
  return null
}

function textOf(python: PythonModule, expr: Expr): string {
  const value = python.fold(expr)
  return value.state === 'known' ? String(value.value) : 'x'
}

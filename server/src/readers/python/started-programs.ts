/** Commands that a Python program hands to the system. */

import type { PythonModule } from '../../python/module.js'
import type { Expr } from '../../syntax/python-ast.js'
import { textIn } from '../../values/argument.js'
import { effective } from '../../values/value.js'

/** Calls that start another program. */
export const starters =
  /^(subprocess\.(run|call|Popen|check_call|check_output|getoutput)|os\.(system|popen|execvp|execv|spawnv))$/

/** The command as one text, `x` for what cannot be read; null: nothing of it can. */
export function commandText(python: PythonModule, expr: Expr): string | null {
  const known = effective(python.fold(expr))
  if (typeof known === 'string') return known
  if (known !== undefined) return Array.isArray(known) ? known.map(String).join(' ') : null
  const value = python.definition(expr)
  if (value.type === 'fstring')
    return value.parts.map((part) => (typeof part === 'string' ? part : 'x')).join('')
  if (value.type === 'list' || value.type === 'tuple') {
    const [first] = value.items
    return first !== undefined && textIn(python.fold(first)) !== null
      ? value.items.map((item) => textOf(python, item)).join(' ')
      : null
  }
  return null
}

function textOf(python: PythonModule, expr: Expr): string {
  const value = effective(python.fold(expr))
  return value === undefined ? 'x' : String(value)
}

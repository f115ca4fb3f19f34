/** What else a Python program starts: commands that it hands to the system, other notebooks. */

import type { Call, PythonModule } from '../../python/module.js'
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
    return first !== undefined && (textIn(python.fold(first)) !== null || isInterpreter(python, first))
      ? value.items.map((item) => textOf(python, item)).join(' ')
      : null
  }
  return null
}

/** `sys.executable`, the interpreter that runs the program itself. */
function isInterpreter(python: PythonModule, expr: Expr): boolean {
  return python.nameOf(python.definition(expr)) === 'sys.executable'
}

function textOf(python: PythonModule, expr: Expr): string {
  if (isInterpreter(python, expr)) return 'python'
  const value = effective(python.fold(expr))
  return value === undefined ? 'x' : String(value)
}

/** A notebook of Databricks that runs another one, in its own session or beside it. */
const otherNotebook = /^# MAGIC[ \t]+%run\b|\bdbutils\.notebook\.run\(/m

export function runsNotebook(text: string): boolean {
  return (text.includes('# MAGIC') || text.includes('dbutils.notebook.run(')) && otherNotebook.test(text)
}

/** These compute nothing on an accelerator. */
export const harmless =
  /^(git|nvidia-smi|ls|cp|mv|rm|mkdir|pip|tar|unzip|wget|curl|aws|gsutil|hostname|which|scontrol|ffmpeg|dot|tensorboard)$/
/** It starts something that may compute on an accelerator. */
export function startsUnknown(python: PythonModule, call: Call): boolean {
  if (call.name === null || !starters.test(call.name)) return false
  const command = call.expr.args[0]
  const text = command === undefined ? null : commandText(python, command.value)
  const program = text?.trim().split(/\s+/)[0]?.replace(/^.*\//, '')
  return program === undefined || !harmless.test(program) || /cuda|nvenc|cuvid|gpu/i.test(text!)
}

/**
 * Libraries that read variables of the environment. Source: python-decouple 3.8 (`config`), environs 11 (`Env`), django-environ
 * 0.11 (`Env`), starlette 0.41 (`Config`).
 */
import type { CallExpr, Expr } from '../syntax/python-ast.js'
import { once } from '../text/once.js'
import type { Analysis } from './analysis.js'
import { environmentValue } from './fold-outside.js'
import { type Fold, unknown } from './folded.js'
import type { Folded } from './module.js'
import { nameOf } from './names.js'
import { plainWord } from './plain-word.js'

const readers =
  /^(environs\.Env|environ\.(Env|FileAwareEnv)|decouple\.(AutoConfig|Config)|starlette\.config\.Config)$/
/** Methods that read a variable as text, or as what the text says. */
const typed = /^(bool|int|float|str|decimal|enum|path|unicode)$/

/** Whether the module names one of them. */
export function mayReadVariables({ tree, code }: Analysis): boolean {
  return once(tree, 'readers of variables', () => /\b(decouple|environs?|starlette)\b/.test(code))
}

/** Null: the call reads no variable. */
export function readVariable(analysis: Analysis, fold: Fold, expr: CallExpr): Folded | null {
  const [variable, second] = expr.args
  if (variable === undefined || variable.name !== null || variable.star > 0) return null
  const type = typeRead(analysis, expr)
  if (type === null) return null
  const otherwise =
    expr.args.find(({ name }) => name === 'default') ?? (second?.name === null ? second : undefined)
  const fallback = otherwise === undefined ? unknown('the environment') : fold(otherwise.value)
  const value = environmentValue(analysis, fold(variable.value), fallback)
  return value.state === 'known' && typeof value.value === 'string' && type !== 'text'
    ? { ...value, value: plainWord(value.value) }
    : value
}

/** `config('X', cast=int)`, `env('X')`, `env.int('X')`; null: something else. */
function typeRead(analysis: Analysis, { callee, args }: CallExpr): 'text' | 'typed' | null {
  const cast = args.find(({ name }) => name === 'cast')?.value
  const whole = cast === undefined || (cast.type === 'name' && cast.id === 'str') ? 'text' : 'typed'
  if (nameOf(analysis, callee) === 'decouple.config' || isReader(analysis, callee)) return whole
  if (callee.type !== 'attribute' || !typed.test(callee.attr) || !isReader(analysis, callee.value))
    return null
  return /^(str|unicode|path|enum)$/.test(callee.attr) ? 'text' : 'typed'
}

function isReader(analysis: Analysis, expr: Expr): boolean {
  if (expr.type !== 'name') return false
  const made = analysis.definition(expr)
  return made.type === 'call' && readers.test(nameOf(analysis, made.callee) ?? '')
}

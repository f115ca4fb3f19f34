/** Options that a program gives other names once they are parsed: `setattr(config, name.upper(), value)`. */
import type { CallExpr, Expr } from '../syntax/python-ast.js'
import { once } from '../text/once.js'
import type { Analysis } from './analysis.js'
import type { ProgramArgument } from './module.js'
import { bindingsOf } from './names.js'

interface Renaming {
  /** Where the name in capitals stands. */
  at: number
  /** The dictionary that has them as keys; null: another expression holds them. */
  keys: string | null
  /** The object whose attributes they become; null: they become keys or names of the module. */
  object: string | null
  /** They become names of the module: `globals()[name.upper()] = value`. */
  global: boolean
}

/** The program writes its options in capitals somewhere; none: it keeps their names. */
function renamings(analysis: Analysis): readonly Renaming[] {
  return once(analysis.tree, 'options in capitals', () =>
    analysis.calls.flatMap(({ method, expr }): Renaming[] => {
      const { callee, args } = expr
      if (method !== 'upper' || callee.type !== 'attribute' || args.length > 0) return []
      return goesThroughOptions(analysis, callee.value) ? [renamingAt(analysis, expr)] : []
    }),
  )
}

/** `name` of `for name, value in vars(args).items()`. */
function goesThroughOptions(analysis: Analysis, key: Expr): boolean {
  if (key.type !== 'name') return false
  const binding = bindingsOf(analysis, key.id, key.start).at(-1)
  const { kind, value, unpack } = binding ?? {}
  if (kind !== 'loop' || value === undefined || value === null) return false
  if (unpack !== null && unpack?.[0] !== 0) return false
  return isOptions(analysis, value, 0)
}

/** `vars(args)`, `args.__dict__`, `args._get_kwargs()`, and what goes through one of them. */
function isOptions(analysis: Analysis, expr: Expr, depth: number): boolean {
  if (depth > 4) return false
  if (expr.type === 'attribute') return expr.attr === '__dict__' && expr.value.type !== 'other'
  if (expr.type === 'name') {
    const value = bindingsOf(analysis, expr.id, expr.start).at(-1)?.value
    return value !== undefined && value !== null && isOptions(analysis, value, depth + 1)
  }
  if (expr.type !== 'call') return false
  const { callee, args } = expr
  const [first] = args
  if (callee.type === 'attribute') {
    if (callee.attr === '_get_kwargs') return true
    return /^(items|keys|copy)$/.test(callee.attr) && isOptions(analysis, callee.value, depth + 1)
  }
  if (callee.type !== 'name' || first === undefined) return false
  return (
    callee.id === 'vars' ||
    (/^(dict|list|sorted)$/.test(callee.id) && isOptions(analysis, first.value, depth + 1))
  )
}

/** What the name in capitals is used for. */
function renamingAt(analysis: Analysis, key: Expr): Renaming {
  const around = analysis.calls.find(
    ({ expr: { callee, args } }) =>
      callee.type === 'name' && callee.id === 'setattr' && args[1]?.value.start === key.start,
  )
  const object = around?.expr.args[0]?.value
  const statement = analysis.statementAt(key.start)
  const global = statement !== null && /\bglobals\(\)/.test(analysis.text.slice(statement.start, key.end))
  const target = statement?.type === 'assign' ? statement.targets[0] : undefined
  const holder = target?.type === 'subscript' && target.index.start === key.start ? target.value : undefined
  return {
    at: key.start,
    keys: holder?.type === 'name' ? holder.id : null,
    object: object?.type === 'name' ? object.id : null,
    global,
  }
}

/** The options, with those added whose names the program writes in capitals. */
export function withRenamed(analysis: Analysis, options: ProgramArgument[]): ProgramArgument[] {
  if (options.length === 0 || renamings(analysis).length === 0) return options
  return options.flatMap((option): ProgramArgument[] => {
    const name = option.name.toUpperCase()
    return name === option.name || option.positional === true ? [option] : [option, { ...option, name }]
  })
}

/** `Namespace(**renamed)`, `SimpleNamespace(**{name.upper(): value for …})`. */
export function holdsRenamed(analysis: Analysis, { args }: CallExpr): boolean {
  const [only, other] = args
  if (only?.star !== 2 || other !== undefined) return false
  const { value } = only
  return renamings(analysis).some(({ at, keys }) =>
    value.type === 'name'
      ? value.id === keys || isMadeOf(bindingsOf(analysis, value.id, value.start).at(-1)?.value, at)
      : isMadeOf(value, at),
  )
}

function isMadeOf(made: Expr | null | undefined, at: number): boolean {
  return made?.type === 'comprehension' && made.kind === 'dict' && made.element.start === at
}

/** The option in capitals that an attribute of an object is set to; null: none is. */
export function optionSetOn(analysis: Analysis, object: Expr, attr: string): readonly ProgramArgument[] {
  if (object.type !== 'name' || attr !== attr.toUpperCase()) return []
  return renamings(analysis).some((one) => one.object === object.id)
    ? analysis.programArguments.filter(({ name }) => name === attr)
    : []
}

/** The option in capitals that a name of the module stands for, where nothing else binds it. */
export function optionNamed(analysis: Analysis, id: string): readonly ProgramArgument[] {
  if (!analysis.complete || id !== id.toUpperCase()) return []
  return renamings(analysis).some((one) => one.global)
    ? analysis.programArguments.filter(({ name }) => name === id)
    : []
}

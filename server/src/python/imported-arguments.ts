/** Arguments of the program that another module of the project defines: `from options import get_args`. */
import type { Expr } from '../syntax/python-ast.js'
import type { Location } from '../text/location.js'
import { define, lookUp } from '../text/records.js'
import type { Analysis } from './analysis.js'
import { withDefaults } from './arguments.js'
import { importedTarget, projectTarget, targetOf } from './import-targets.js'
import { lineFillers } from './line-fillers.js'
import { callAt } from './look-up.js'
import type { Klass, ModuleSummary, ProgramArgument, SharedArgument } from './module.js'

const parser = /(^|\.)(add_argument|parse_(args|known_args|intermixed_args|args_into_dataclasses))$/
const parsing = /(^|\.)parse_(args|known_args|intermixed_args|args_into_dataclasses)$/
const most = 200

/** Functions, methods and names of the module that hold its parser or what that parsed, with the arguments. */
export function sharedArguments(analysis: Analysis): ModuleSummary['parses'] {
  const own = analysis.ownArguments.slice(0, most)
  // With those that functions of other modules add.
  const all = analysis.programArguments.slice(0, most)
  if (all.length === 0) return undefined
  const found: NonNullable<ModuleSummary['parses']> = {}
  const fillers = lineFillers(analysis)
  for (const func of analysis.functions) {
    const { node, qualified, calls } = func
    const nested = qualified !== func.name && qualified !== `${func.class?.name}.${func.name}`
    if (nested) continue
    if (fillers.has(func)) {
      const klass = fillers.get(func)!.node
      const fields = own.filter(({ span }) => klass.start <= span.start && span.end <= klass.end)
      define(
        found,
        qualified,
        fields.map((one) => shared(analysis, one)),
      )
      continue
    }
    if (![...analysis.effectsOfFunction(func).calls].some((name) => parser.test(name))) continue
    const inside = own.filter(({ span }) => node.start <= span.start && span.end <= node.end)
    const parses = calls.some(({ method }) => parsing.test(method))
    const gives = parses ? all : inside.length === 0 ? own : inside
    if (gives.length === 0) continue
    define(
      found,
      qualified,
      gives.map((one) => shared(analysis, one)),
    )
  }
  for (const [name, bindings] of analysis.moduleBindings) {
    const [only] = bindings
    const value = bindings.length === 1 && only?.kind === 'assign' ? only.value : null
    const parses =
      value?.type === 'call' && value.callee.type === 'attribute' && parsing.test(value.callee.attr)
    if (parses)
      define(
        found,
        name,
        all.map((one) => shared(analysis, one)),
      )
  }
  for (const klass of analysis.classes) inherit(analysis, klass, own, found)
  return Object.keys(found).length === 0 ? undefined : found
}

/** `class TrainOptions(BaseOptions)`: what the base parses with, and what the class adds. */
function inherit(
  analysis: Analysis,
  klass: Klass,
  own: readonly ProgramArgument[],
  found: NonNullable<ModuleSummary['parses']>,
): void {
  const { start, end } = klass.node
  const added = own.filter(({ span }) => start <= span.start && span.end <= end)
  for (const { name, value } of klass.node.bases) {
    const target = name === null ? targetOf(analysis, value) : null
    const module = target === null ? null : projectTarget(analysis, target)
    const prefix = `${module?.rest}.`
    for (const [qualified, given] of Object.entries(module?.summary.parses ?? {})) {
      const method = qualified.startsWith(prefix) ? qualified.slice(prefix.length) : null
      if (method === null || klass.methods.has(method)) continue
      const names = new Set(added.map((one) => one.name))
      const kept = withDefaults(given.filter((one) => !names.has(one.name)).map(argumentFrom), analysis.calls)
      define(
        found,
        `${klass.name}.${method}`,
        [...kept, ...added].map((one) => shared(analysis, one)),
      )
    }
  }
}

function shared(analysis: Analysis, { default: fallback, span, ...rest }: ProgramArgument): SharedArgument {
  if (fallback === null) return rest
  const place = defaultPlace(analysis, { ...rest, default: fallback, span })
  const folded = analysis.fold(fallback)
  const plain = folded.state === 'known' && (folded.value === null || typeof folded.value !== 'object')
  const placed = place === null ? rest : { ...rest, place }
  return { ...placed, default: plain ? { value: folded.value as string | number | boolean | null } : null }
}

/** Where the option's default is written, if that is a number and may be any other; null: it is not. */
export function defaultPlace(
  { path, calls, code }: Analysis,
  { kind, default: fallback, span, filled }: ProgramArgument,
): Location | null {
  if (kind !== 'value' || filled === true || fallback?.type !== 'constant') return null
  const { start, end } = fallback
  if (typeof fallback.value !== 'number' || end <= start || /[^\d.e+-]/.test(code.slice(start, end)))
    return null
  const declared = callAt(calls, span.start, span.end)?.expr.args ?? []
  if (declared.length === 0 || declared.some(({ name, star }) => name === 'choices' || star > 0)) return null
  return { path, cell: null, start, end }
}

/** Those of the modules that this one imports them from. */
export function importedArguments(analysis: Analysis): ProgramArgument[] {
  if (analysis.importedByName.size === 0) return []
  const found = new Map<string, ProgramArgument>()
  for (const target of analysis.imports) {
    const module = projectTarget(analysis, target)
    for (const [name, given] of Object.entries(module?.summary.parses ?? {})) {
      const meant = module!.rest === '' || name === module!.rest || name.startsWith(`${module!.rest}.`)
      for (const one of meant ? given : []) found.set(JSON.stringify(one), argumentFrom(one))
    }
  }
  return [...found.values()].slice(0, most)
}

function argumentFrom({ default: fallback, ...rest }: SharedArgument): ProgramArgument {
  const nowhere = { start: 0, end: 0 }
  const otherwise: Expr | null =
    fallback === undefined
      ? null
      : fallback === null
        ? { type: 'other', children: [], ...nowhere }
        : { type: 'constant', value: fallback.value, ...nowhere }
  return { ...rest, default: otherwise, span: nowhere }
}

/** The expression calls what parses the command line in another module, or is what that module has parsed. */
export function isParsedElsewhere(analysis: Analysis, expr: Expr): boolean {
  const target = expr.type === 'call' ? importedTarget(analysis, expr.callee) : targetOf(analysis, expr)
  const module = target === null ? null : projectTarget(analysis, target)
  return module !== null && lookUp(module.summary.parses, module.rest) !== undefined
}

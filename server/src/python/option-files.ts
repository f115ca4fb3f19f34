/**
 * Configuration files that the command line names: `--config configs/base.yaml`, or the first word of it. Which file that is,
 * launches tell.
 */
import type { Expr } from '../syntax/python-ast.js'
import { forEachChild, forEachExpression } from '../syntax/python-children.js'
import type { Analysis } from './analysis.js'
import { boundValue } from './arguments.js'
import { flagLookedUp } from './command-line-words.js'
import { asFile } from './configured-file.js'
import { type ConfiguredPath, configuredPath } from './configured-path.js'
import type { ConfigurationUse, ProgramArgument } from './module.js'
import { bindingsOf } from './names.js'

const mark = '<option> '

/** The flags behind `args.config`, or a parameter of a command; null: it is no option of the program. */
function optionOf(analysis: Analysis, expr: Expr): string[] | null {
  return programOption(analysis, expr)?.flags ?? null
}

/** The option itself. */
export function programOption(analysis: Analysis, expr: Expr): ProgramArgument | null {
  const value = analysis.definition(expr)
  if (value.type === 'name') {
    const [binding] = bindingsOf(analysis, value.id, value.start)
    const owner = binding?.kind === 'param' ? analysis.parameterOwner(binding) : null
    const argument = owner === null ? null : analysis.programParameters.argumentOf(owner.func, value.id)
    return argument === null || argument.positional === true ? null : argument
  }
  if (value.type !== 'attribute') return null
  const [only, other] = analysis.programArguments.filter(({ name }) => name === value.attr)
  return only === undefined || other !== undefined || only.kind !== 'value' || only.positional === true
    ? null
    : only
}

/** The root of what the file holds; null: a launch that is bound tells the file, or no option does. */
export function rootOfOption(analysis: Analysis, expr: Expr): string | null {
  if (!analysis.complete || isTold(analysis, expr)) return null
  const flags = optionOf(analysis, expr) ?? wordOf(analysis, expr) ?? optionElsewhere(analysis, expr)
  return flags === null || flags.length === 0 ? null : rootOfFlags(flags)
}

/** The launch that is bound says which file it is, by a word or by leaving the option out. */
function isTold(analysis: Analysis, expr: Expr): boolean {
  const { binding } = analysis
  if (binding === null) return false
  const option = programOption(analysis, expr)
  // `--config "$CONFIG"`
  return option === null || boundValue(option, analysis.programArguments, binding)?.state !== 'unknown'
}

const wordMark = '@'

/** The word of the command line that is meant, counted from 0; null: it is the flag of an option. */
export function wordMeant(flag: string): number | null {
  return flag.startsWith(wordMark) ? Number(flag.slice(wordMark.length)) : null
}

/** `sys.argv[1]`, or a positional argument of the program; null: it is no word, or it is not known which. */
function wordOf(analysis: Analysis, expr: Expr): string[] | null {
  const value = analysis.definition(expr)
  const flag = flagLookedUp(analysis, value)
  if (flag !== null) return [flag]
  if (value.type === 'subscript') {
    const index = value.index.type === 'constant' ? value.index.value : null
    const named = typeof index === 'number' && index >= 1 && analysis.nameOf(value.value) === 'sys.argv'
    return named ? [`${wordMark}${index - 1}`] : null
  }
  if (value.type !== 'attribute' || !analysis.programParameters.holdsArguments(value.value)) return null
  const words = analysis.programArguments.filter(({ positional }) => positional === true)
  const index = words.findIndex(({ name }) => name === value.attr)
  // How many words a list before it takes nobody knows.
  return index < 0 || words.slice(0, index + 1).some(({ kind }) => kind !== 'value')
    ? null
    : [`${wordMark}${index}`]
}

/** `args.config` of `args = parser.parse_args()`, where another module has given the parser its options. */
function optionElsewhere(analysis: Analysis, expr: Expr): string[] | null {
  const value = analysis.definition(expr)
  if (value.type !== 'attribute' || value.value.type !== 'name' || analysis.programArguments.length > 0)
    return null
  const { id, start } = value.value
  const parsed = bindingsOf(analysis, id, start).some(({ value: made }) => {
    const callee = made?.type === 'call' ? made.callee : null
    return callee?.type === 'attribute' && callee.attr === 'parse_args'
  })
  return parsed ? [value.attr] : null
}

export function rootOfFlags(flags: readonly string[]): string {
  return `${mark}${flags.join(' ')}`
}

export function isRootOfOption(root: string): boolean {
  return root.startsWith(mark)
}

/** Options of the module whose files it reads values from. `read`: see `keysRead`. */
export function optionUses(
  analysis: Analysis,
  read: ReadonlyMap<string, (string | number)[][]>,
): (ConfigurationUse & { kind: 'option' })[] {
  if (![...read.keys()].some(isRootOfOption)) return []
  const options = [...analysis.programArguments, ...commandArguments(analysis)].filter(
    ({ kind, positional, flags }) => kind === 'value' && positional !== true && flags.length > 0,
  )
  const uses = options.flatMap(({ flags, default: written }) => {
    const keys = read.get(rootOfFlags(flags))
    const folded = written === null ? null : analysis.fold(written)
    const otherwise = folded?.state === 'known' ? asFile(folded.value) : null
    return keys === undefined ? [] : [{ kind: 'option' as const, flags, otherwise, keys }]
  })
  const known = new Set(uses.map((use) => rootOfFlags(use.flags)))
  const words = analysis.programArguments.filter(({ positional }) => positional === true)
  for (const [root, keys] of read) {
    if (!isRootOfOption(root) || known.has(root)) continue
    const flags = root.slice(mark.length).split(' ')
    const written = words[wordMeant(flags[0]!) ?? words.length]?.default ?? null
    const folded = written === null ? null : analysis.fold(written)
    uses.push({
      kind: 'option',
      flags,
      otherwise: folded?.state === 'known' ? asFile(folded.value) : null,
      keys,
    })
  }
  // click's options are arguments of the program as well.
  return [...new Map(uses.map((use) => [rootOfFlags(use.flags), use])).values()]
}

/** Parameters that click, typer or fire take from the command line. */
function commandArguments({ functions, programParameters }: Analysis): ProgramArgument[] {
  return functions.flatMap((func) =>
    func.node.params.flatMap(({ name }) => programParameters.argumentOf(func, name) ?? []),
  )
}

const mostKeys = 60

/** Whether there is a file to read keys of: a call loads it, or another module keeps what it holds. */
function mayReadKeys(analysis: Analysis): boolean {
  return (
    analysis.imported.some(({ kept }) => Object.values(kept ?? {}).some(isOfFile)) ||
    analysis.calls.some(({ expr }) => isOfFile(configuredPath(analysis, expr)))
  )
}

interface FromFile {
  root: string | null
  under?: FromFile
  parts?: { paths: Readonly<Record<string, FromFile>> }
}

/** The file is named, by itself or by an option: what only callers can name says nothing here. */
function isOfFile(path: FromFile | null): boolean {
  return (
    path !== null &&
    ((path.root !== null && (isRootOfOption(path.root) || asFile(path.root) !== null)) ||
      isOfFile(path.under ?? null) ||
      Object.values(path.parts?.paths ?? {}).some(isOfFile))
  )
}

/** By the roots of the configurations that it reads: the keys that it reads without a fallback. */
export function keysRead(analysis: Analysis): Map<string, (string | number)[][]> {
  if (!mayReadKeys(analysis)) return new Map()
  const found = new Map<string, Map<string, (string | number)[]>>()
  const note = (path: ConfiguredPath | null): void => {
    for (const part of Object.values(path?.parts?.paths ?? {})) note(part)
    if (path?.under !== undefined) note(path.under)
    if (path?.root == null) return
    const keys = found.get(path.root) ?? new Map<string, (string | number)[]>()
    found.set(path.root, keys)
    if (path.keys.length > 0 && keys.size < mostKeys) keys.set(path.keys.join('\0'), path.keys)
  }
  const visit = (expr: Expr): void => {
    // `Trainer(yaml.safe_load(file))`
    if (expr.type === 'call') note(configuredPath(analysis, expr))
    if (expr.type === 'call' && expr.callee.type === 'attribute') {
      // `cfg.get(…)` reads no key `get`.
      visit(expr.callee.value)
      for (const { value } of expr.args) visit(value)
      return
    }
    if (expr.type === 'attribute' || expr.type === 'subscript' || expr.type === 'name')
      note(configuredPath(analysis, expr))
    forEachChild(expr, visit)
  }
  for (const statement of analysis.statements) forEachExpression(statement, visit)
  return new Map([...found].map(([root, keys]) => [root, [...keys.values()]]))
}

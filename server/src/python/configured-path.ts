/**
 * Which configuration an expression stands for: the file and the keys down to the value, the class whose defaults hold
 * where the file leaves a key out, and what lies under it.
 */
import type { CallExpr, Expr } from '../syntax/python-ast.js'
import type { Json } from '../text/json.js'
import type { Analysis } from './analysis.js'
import { containerPath, dictionaryPath, isOwnWrite } from './attribute-containers.js'
import { attributeValues } from './attribute-values.js'
import { configFlag, hasConfigFlags, rootOfConfigFlag } from './config-flags.js'
import { lastByDefault, sideByDefault, standIn } from './configured-branches.js'
import { pathOfItem, theSame } from './configured-calls.js'
import { keysChangedBy } from './configured-changes.js'
import { pathDeclared, pathOfClass } from './configured-classes.js'
import { anyOfImported, pathElsewhere } from './configured-elsewhere.js'
import { isEmpty, keyOf } from './configured-lookups.js'
import { isEmptyNamespace, pathOfCall } from './configured-made.js'
import type { EnvironmentFields } from './environment-fields.js'
import { sideThatCounts } from './fallbacks.js'
import type { FieldValues } from './field-values.js'
import { mappingSetOn } from './filled-objects.js'
import type { Func, OutsideCall } from './module.js'
import type { Mutation } from './mutations.js'
import { bindingsOf } from './names.js'
import { isResolving } from './overlaid-arguments.js'
import { argumentFor } from './passed-values.js'
import { isOfLibrary } from './project-members.js'
import type { Binding } from './scope.js'

export type Key = string | number

export interface ConfiguredPath {
  /** Key of `Neighbours.configurations`; null: no file, only what stands in code. */
  root: string | null
  keys: Key[]
  /** What the object holds that is filled from the `from`-th key on; `all`: every key of it, where they are written out; `open`: those that cannot be told. */
  fields?: { from: number; values: FieldValues; all?: readonly string[]; open?: readonly string[] }
  /** What keys at this place hold that are read from elsewhere: `Config(data=DataConfig(**raw['data']))`. */
  parts?: { from: number; paths: Readonly<Record<string, ConfiguredPath>> }
  /** What shows through where this one has nothing: the earlier arguments of `OmegaConf.merge`. */
  under?: ConfiguredPath
  /** `key=value` of the command line. */
  commandLine?: true
  /** What code says stronger than the file, by dotted key: `compose(overrides=['epochs=90'])`. */
  overrides?: Readonly<Record<string, Json>>
  /** The variables that fill the fields of the object. */
  environment?: EnvironmentFields
  /** A launch that is not known could replace what code says. */
  overridable?: true
  /** Keys that another module writes to before it hands the object on. */
  changed?: Key[][]
  /** The same where it is asked to: by the command line, say. */
  mayChange?: Key[][]
}

/** What the parameters of a function stand for while one call of it is followed. */
export interface Followed {
  func: Func
  /** Absent: the caller's module tells (`Loading`). */
  call: CallExpr | null
  outer: Followed | null
}

export const hydraRoot = 'hydra'
/** What DVC reads where no file is named. */
export const parametersOfDvc = 'params.yaml'

const depthLimit = 12

/** Roots that only a caller can name: a parameter that is a file's path, or the data itself. */
export const fileMark = '\0file '

const dataMark = '\0data '

const remembered = new WeakMap<Analysis, Map<Expr, ConfiguredPath | null>>()

export function configuredPath(
  analysis: Analysis,
  expr: Expr,
  depth = 0,
  followed: Followed | null = null,
): ConfiguredPath | null {
  if (depth > depthLimit) return null
  // Most of what is asked about begins with a library.
  if (isOfLibrary(analysis, expr) && !hasConfigFlags(analysis)) return null
  if (followed !== null || !analysis.complete || isResolving(analysis))
    return findPath(analysis, expr, depth, followed)
  const kept = remembered.get(analysis) ?? new Map<Expr, ConfiguredPath | null>()
  remembered.set(analysis, kept)
  const before = kept.get(expr)
  if (before !== undefined) return before
  // What refers to itself stands for nothing.
  kept.set(expr, null)
  const path = findPath(analysis, expr, depth, null)
  // Cut off by the depth it may be found from another place.
  if (path !== null || depth < depthLimit / 2) kept.set(expr, path)
  else kept.delete(expr)
  return path
}

function findPath(
  analysis: Analysis,
  expr: Expr,
  depth: number,
  followed: Followed | null,
): ConfiguredPath | null {
  switch (expr.type) {
    case 'name':
      return pathOfName(analysis, expr, depth, followed)
    case 'attribute': {
      const flag = configFlag(analysis, expr)
      if (flag !== null) return { root: rootOfConfigFlag(flag), keys: [] }
      // `cfg.data = make()`: no longer what the file says.
      if (attributeValues(analysis, expr).length > 0) return pathOfAttribute(analysis, expr, depth)
      const base = configuredPath(analysis, expr.value, depth + 1, followed)
      return base === null ? pathOfAttribute(analysis, expr, depth) : below(base, expr.attr)
    }
    case 'subscript': {
      const base = configuredPath(analysis, expr.value, depth + 1, followed)
      const key = base === null ? null : keyOf(analysis, expr.index, followed)
      return base === null || key === null ? null : below(base, key)
    }
    case 'call':
      return pathOfCall(analysis, expr, depth, followed)
    case 'binary': {
      // `yaml.safe_load(file) or {}`
      const side = expr.op === 'or' && isEmpty(expr.right) ? expr.left : sideThatCounts(analysis, expr)
      if (side !== null) return configuredPath(analysis, side, depth + 1, followed)
      return followed === null
        ? standIn(analysis, expr, (one) => configuredPath(analysis, one, depth + 1))
        : null
    }
    case 'conditional': {
      // `yaml.safe_load(file) if path.exists() else {}`
      const side = isEmpty(expr.otherwise) ? expr.then : isEmpty(expr.then) ? expr.otherwise : null
      if (side !== null) return configuredPath(analysis, side, depth + 1, followed)
      return followed === null
        ? sideByDefault(analysis, expr, (one) => configuredPath(analysis, one, depth + 1))
        : null
    }
    case 'dict':
      return followed === null || !analysis.complete || analysis.fold(expr).state === 'known'
        ? null
        : dictionaryPath(analysis, expr)
    default:
      return null
  }
}

export function below(path: ConfiguredPath, key: Key): ConfiguredPath {
  const under = path.under === undefined ? {} : { under: below(path.under, key) }
  return { ...path, keys: [...path.keys, key], ...under }
}

/** `self.cfg`, where the class keeps what it is handed. */
function pathOfAttribute(
  analysis: Analysis,
  expr: Expr & { type: 'attribute' },
  depth: number,
): ConfiguredPath | null {
  const value = analysis.definition(expr)
  return value === expr ? pathElsewhere(analysis, expr) : configuredPath(analysis, value, depth + 1)
}

function pathOfName(
  analysis: Analysis,
  expr: Expr & { type: 'name' },
  depth: number,
  followed: Followed | null,
): ConfiguredPath | null {
  const changes = analysis.mutatedNames.has(expr.id) ? analysis.changesOf(expr.id, expr.start) : []
  const filled = changes.length > 0 ? filledByKeys(analysis, expr, changes) : null
  if (filled !== null) return filled
  const path = pathBound(analysis, expr, depth, followed)
  // What is written to single keys is told where they are looked up.
  const unclear = changes.filter((change) => change.target === null && !tellsKeys(analysis, change))
  return unclear.every(({ call }) => call !== null && bringsTheSame(analysis, path, call)) ? path : null
}

/** `config.update(json.load(file))` with the file that it comes from, for a run that goes on. */
export function bringsTheSame(
  analysis: Analysis,
  path: ConfiguredPath | null,
  { callee, args }: CallExpr,
): boolean {
  const [first, more] = args
  if (callee.type !== 'attribute' || callee.attr !== 'update' || first?.name !== null || more !== undefined)
    return false
  const brought = path === null ? null : configuredPath(analysis, first.value)
  return path !== null && brought !== null && samePath(path, brought)
}

function pathBound(
  analysis: Analysis,
  expr: Expr & { type: 'name' },
  depth: number,
  followed: Followed | null,
): ConfiguredPath | null {
  const bindings = bindingsOf(analysis, expr.id, expr.start)
  if (bindings.length === 0) return pathElsewhere(analysis, expr)
  const binding = bindings.length === 1 ? bindings[0]! : null
  if (binding === null)
    return anyOfImported(analysis, bindings) ?? anyOfAssigned(analysis, bindings, expr.start, depth, followed)
  if (binding.kind === 'import') return pathElsewhere(analysis, expr)
  if (binding.kind === 'class') return pathOfClass(analysis, expr)
  if (binding.kind === 'param') return pathOfParameter(analysis, binding, depth, followed)
  const mapping = binding.value?.type === 'call' ? mappingSetOn(analysis, expr.id, binding.at) : null
  if (mapping !== null && binding.value?.type === 'call' && isEmptyNamespace(analysis, binding.value))
    return configuredPath(analysis, mapping, depth + 1, followed)
  if (binding.kind === 'assign' && binding.value !== null && binding.unpack === null)
    return configuredPath(analysis, binding.value, depth + 1, followed)
  if (binding.kind === 'assign' && binding.value?.type === 'call' && binding.unpack?.length === 1)
    return pathOfItem(analysis, binding.value, binding.unpack[0]!, depth, followed)
  return null
}

function pathOfParameter(
  analysis: Analysis,
  binding: Binding,
  depth: number,
  followed: Followed | null,
): ConfiguredPath | null {
  const owner = analysis.parameterOwner(binding)
  if (owner === null) return null
  if (followed?.func === owner.func) {
    if (followed.call === null) return { root: `${dataMark}${binding.name}`, keys: [] }
    const given = argumentOf(followed.call, binding.name, owner.position)
    if (given !== null) return configuredPath(analysis, given, depth + 1, followed.outer)
    const otherwise = defaultFor(owner.func, followed.call, binding.name)
    return otherwise === null ? null : configuredPath(analysis, otherwise, depth + 1)
  }
  if (owner.position === 0 && isHydraMain(analysis, owner.func)) return { root: hydraRoot, keys: [] }
  const sites = analysis.callSites(owner.func) ?? []
  // `main()`, where a decorator fills the parameter.
  const isFilled = owner.func.node.decorators.length > 0 && sites.every(({ expr }) => expr.args.length === 0)
  let found: ConfiguredPath | null = null
  for (const site of isFilled ? [] : sites) {
    const given =
      argumentOf(site.expr, binding.name, owner.position) ?? defaultFor(owner.func, site.expr, binding.name)
    const path = given === null ? null : configuredPath(analysis, given, depth + 1)
    if (path === null || (found !== null && !samePath(found, path))) return null
    found = path
  }
  if (found !== null) return found
  if (sites.length > 0 && !isFilled) return null
  const outside = analysis.outside.path(owner.func, binding.name, owner.position)
  const calls = analysis.outsideCalls(owner.func)
  if (outside !== null || calls.length > 0) {
    const leftOut = ({ args, open }: OutsideCall): boolean =>
      args !== null && !open && argumentFor(args, binding.name, owner.position) === undefined
    const otherwise = outside === null && calls.every(leftOut) ? defaultOf(owner.func, binding.name) : null
    return otherwise === null ? outside : configuredPath(analysis, otherwise, depth + 1)
  }
  const annotation = analysis.parameterAnnotation(binding)
  const declared = annotation === null ? null : pathDeclared(analysis, annotation)
  return declared === null || !isFilled ? declared : { ...declared, commandLine: true }
}

/** `def main(config=Settings())`: what a parameter holds where a call leaves it out; null: it has no default, or the call may fill it. */
function defaultFor(func: Func, { args }: CallExpr, name: string): Expr | null {
  return args.some(({ star }) => star > 0) ? null : defaultOf(func, name)
}

function defaultOf({ node }: Func, name: string): Expr | null {
  return node.params.find((one) => one.name === name && one.star === 0)?.default ?? null
}

/**
 * `config = json.load(file)` under a condition, `config = yaml.safe_load(file)` otherwise: one file whichever it is. Or what is
 * handed in, and `cfg = OmegaConf.merge(cfg, cfg.more)` where it holds more.
 */
function anyOfAssigned(
  analysis: Analysis,
  bindings: readonly Binding[],
  offset: number,
  depth: number,
  followed: Followed | null,
): ConfiguredPath | null {
  const isGiven = bindings[0]?.kind === 'param'
  const assigned = isGiven ? bindings.slice(1) : bindings
  const written = assigned.flatMap(({ kind, value, unpack }) =>
    kind === 'assign' && unpack === null ? (value ?? []) : [],
  )
  if (written.length < assigned.length || written.length > mostBindings) return null
  const same = isGiven ? null : theSame(analysis, written, depth, followed)
  if (same !== null || followed !== null) return same
  return lastByDefault(analysis, bindings, offset, (one) =>
    one.kind === 'param'
      ? pathOfParameter(analysis, one, depth + 1, null)
      : configuredPath(analysis, one.value!, depth + 1),
  )
}

const mostBindings = 4

function tellsKeys(analysis: Analysis, { call, method }: Mutation): boolean {
  return (
    call !== null && method !== null && keysChangedBy(analysis, method, call.args)?.includes(null) === false
  )
}

/** `cfg = EasyDict()`, then `cfg['lr'] = 0.1`: what is written to such an object is part of it. */
function filledByKeys(
  analysis: Analysis,
  expr: Expr & { type: 'name' },
  changes: readonly Mutation[],
): ConfiguredPath | null {
  const bindings = bindingsOf(analysis, expr.id, expr.start)
  const value = bindings.length === 1 ? bindings[0]!.value : null
  const path = value?.type === 'call' ? containerPath(analysis, value) : null
  const own = changes.every(({ target }) => target !== null && isOwnWrite(path?.fields?.values, target))
  return own ? path : null
}

/** What a call passes for a parameter, as it is written. */
export function argumentOf({ args }: CallExpr, name: string, position: number): Expr | null {
  const named = args.find((one) => one.name === name)
  if (named !== undefined) return named.value
  if (args.some((one) => one.star > 0)) return null
  return args.filter((one) => one.name === null)[position]?.value ?? null
}

/** The parameter that a root stands for; null: it names a file by itself. */
export function parameterOf(
  root: string | null,
): { name: string; of: 'file' | 'data'; otherwise?: string } | null {
  if (root?.startsWith(fileMark)) {
    const [name = '', otherwise] = root.slice(fileMark.length).split('\0')
    return { name, of: 'file', ...(otherwise === undefined ? {} : { otherwise }) }
  }
  return root?.startsWith(dataMark) ? { name: root.slice(dataMark.length), of: 'data' } : null
}

export function samePath(a: ConfiguredPath, b: ConfiguredPath): boolean {
  return sameSource(a, b) && a.keys.length === b.keys.length && a.keys.every((key, at) => key === b.keys[at])
}

/** Both lead into one file, or one object of code. */
function sameSource(a: ConfiguredPath, b: ConfiguredPath): boolean {
  return a.root === b.root && (a.root !== null || a.fields?.values === b.fields?.values)
}

function isHydraMain(analysis: Analysis, func: Func): boolean {
  return func.node.decorators.some(
    (decorator) => decorator.type === 'call' && hydraMains.has(analysis.nameOf(decorator.callee) ?? ''),
  )
}

/** NeMo's is around Hydra's; its examples are collections of files to be launched with other names and values. */
export const nemoMain = 'nemo.core.config.hydra_runner'

export const hydraMains = new Set(['hydra.main', nemoMain, `${nemoMain}.hydra_runner`])

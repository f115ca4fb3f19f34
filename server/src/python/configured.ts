/** Values that a script takes from configuration files, from objects of the project's classes, and from both together. */
import type { Expr, Stmt } from '../syntax/python-ast.js'
import { type Configured, configuredAt, plainConfigured } from '../text/configured.js'
import { mergeConfigured } from '../text/merge-configured.js'
import { lookUp } from '../text/records.js'
import type { Analysis } from './analysis.js'
import { isOwnWrite } from './attribute-containers.js'
import { constantKey, keysChangedBy } from './configured-changes.js'
import { below, bringsTheSame, type ConfiguredPath, configuredPath, type Key } from './configured-path.js'
import { fieldFromEnvironment, mayBeSet } from './environment-fields.js'
import { fieldAt } from './field-values.js'
import { chosen, configuredAs, known, unknown } from './folded.js'
import type { Call, Folded } from './module.js'
import { truthy } from './operators.js'
import { overlaidNamespace } from './overlaid-arguments.js'
import { plainWord } from './plain-word.js'

/** What a path leads to. */
export interface Found {
  /** The value in a file; undefined: nothing is there. */
  node: Configured | undefined
  /** Where nothing is: what the code holds, or the command line says. */
  folded?: Folded
  path: ConfiguredPath
  overridable: boolean
}

/** Null: it is no configuration, or the file is not known. */
export function configuredNode(analysis: Analysis, expr: Expr): Found | null {
  const path = configuredPath(analysis, expr)
  return path === null ? null : look(analysis, path)
}

export function look(analysis: Analysis, path: ConfiguredPath): Found | null {
  const { root, keys, fields, under, commandLine, overrides, environment } = path
  const part = partOf(path)
  if (part !== null) return look(analysis, part)
  const file = root === null ? undefined : analysis.configurations.get(root)
  if (root !== null && file === undefined) return null
  const written = file === undefined ? undefined : configuredAt(file.root, ...keys)
  const stored = storesOf(analysis, path, false)
  const mayStore = storesOf(analysis, path, true).length > 0
  const overridable =
    (file?.overridable ?? false) ||
    path.overridable === true ||
    (environment !== undefined && mayBeSet(analysis, environment)) ||
    mayStore ||
    (commandLine === true && analysis.binding === null)
  const said = overrides === undefined ? undefined : lookUp(overrides, keys.join('.'))
  if (said !== undefined) return { node: undefined, folded: known(said), path, overridable: false }
  const line = commandLine === true ? commandLineValue(analysis, keys.join('.')) : null
  if (line !== null) return { node: undefined, folded: line, path, overridable }
  const lower = under === undefined ? undefined : look(analysis, under)
  if (lower === null) return null
  const open = overridable || (lower?.overridable ?? false)
  const node = joined(written, lower?.node, hasFields(path))
  if (node !== undefined) return { node: obscuredBy(node, stored), path, overridable: open }
  if (stored.length > 0) return { node, folded: unknown('the program changes it'), path, overridable: open }
  const inside = keys.slice(fields?.from ?? keys.length)
  const set = environment === undefined ? null : fieldFromEnvironment(analysis, environment, inside)
  if (set !== null) return { node, folded: set, path, overridable: false }
  const field = fields === undefined ? undefined : fieldAt(fields.values, inside)
  const folded = lower?.folded ?? field
  if (folded === undefined) return { node, path, overridable: open }
  const here = folded.state === 'known' && open ? { ...folded, overridable: true } : folded
  return { node, folded: here, path, overridable: open }
}

/** What its next key leads to elsewhere; null: nothing. */
function partOf({ keys, parts }: ConfiguredPath): ConfiguredPath | null {
  const key = parts === undefined ? undefined : keys[parts.from]
  const part = key === undefined ? undefined : lookUp(parts!.paths, String(key))
  return part === undefined ? null : keys.slice(parts!.from + 1).reduce(below, part)
}

/** A class may hold more than the file says. */
function hasFields({ fields, keys }: ConfiguredPath): boolean {
  const prefix =
    fields === undefined
      ? ''
      : keys
          .slice(fields.from)
          .map((key) => `${key}.`)
          .join('')
  return [...(fields?.values.keys() ?? [])].some((name) => name.startsWith(prefix))
}

function joined(
  node: Configured | undefined,
  lower: Configured | undefined,
  mayHoldMore: boolean,
): Configured | undefined {
  const whole = node?.kind === 'map' && lower?.kind === 'map' ? mergeConfigured(lower, node) : (node ?? lower)
  return whole?.kind === 'map' && mayHoldMore ? { open: 'a default in code', ...whole } : whole
}

/** `key=value` on the command line; null: it is not there. */
function commandLineValue({ binding }: Analysis, name: string): Folded | null {
  if (binding === null) return null
  const { flags, complete } = binding.launch
  const dashed = name.replaceAll('_', '-')
  const off = lookUp(flags, dashed.replace(/([^.]+)$/, 'no-$1'))
  const given = lookUp(flags, name) ?? lookUp(flags, dashed) ?? off
  if (given === undefined) return complete ? null : unknown('the launch line')
  if (given.value === null) return unknown('the launch line')
  const value = typeof given.value === 'string' ? plainWord(given.value) : given !== off
  return {
    state: 'known',
    value,
    channel: 'launch flag',
    overridable: given.overridable === true,
    location: given.location,
  }
}

function writtenBy(statement: Stmt): readonly Expr[] {
  if (statement.type === 'assign') return statement.targets
  if (statement.type === 'augassign') return [statement.target]
  return statement.type === 'delete' ? statement.children : []
}

interface Store {
  path: ConfiguredPath
  /** Only where the command line, say, gives something: `if args.epochs is not None: cfg.epochs = args.epochs`. */
  asked?: true
}

/** Places of configurations that the program writes to: `cfg.trainer.devices = 1`, `OmegaConf.update(cfg, 'a.b', 1)`. */
function storedPaths(analysis: Analysis): Store[] {
  const found: Store[] = []
  const add = (path: ConfiguredPath, at: number): void => {
    const reach = analysis.reach(at)
    if (reach.state === 'never') return
    found.push(reach.state === 'sometimes' && reach.byDefault === false ? { path, asked: true } : { path })
  }
  const store = (object: Expr, key: string | number | null, target: Expr | null = null): void => {
    const base = configuredPath(analysis, object)
    if (target !== null && isOwnWrite(base?.fields?.values, target)) return
    // What is laid over the command line is set key by key.
    if (base === null || (key === null && base === overlaidNamespace(analysis))) return
    add(key === null ? base : below(base, key), object.start)
  }
  for (const statement of analysis.statements) {
    for (const target of writtenBy(statement)) {
      if (statement.type === 'assign' && leavesAsItIs(analysis, target, statement.value)) {
        const path = configuredPath(analysis, target)
        if (path !== null) found.push({ path, asked: true })
        continue
      }
      if (target.type === 'attribute') store(target.value, target.attr, target)
      else if (target.type === 'subscript') store(target.value, constantKey(target.index), target)
    }
  }
  for (const { expr } of analysis.calls) {
    const { callee, args } = expr
    if (callee.type !== 'attribute' || !/^(name|subscript|attribute)$/.test(callee.value.type)) continue
    if (bringsTheSame(analysis, configuredPath(analysis, callee.value), expr)) continue
    for (const key of keysChangedBy(analysis, callee.attr, args) ?? []) store(callee.value, key)
  }
  for (const call of analysis.callsTo('omegaconf.OmegaConf.update')) {
    const [config, key] = call.expr.args
    const base = config === undefined ? null : configuredPath(analysis, config.value)
    const path =
      key?.value.type === 'constant' && typeof key.value.value === 'string' ? key.value.value : null
    if (base !== null) add(path === null ? base : path.split('.').reduce(below, base), call.expr.start)
  }
  for (const call of analysis.callsTo('setattr')) {
    const [object, key] = call.expr.args
    if (object !== undefined && key !== undefined) store(object.value, constantKey(key.value))
  }
  return found
}

/** `cfg['epochs'] = args.epochs or cfg['epochs']` where no `--epochs` is passed. */
function leavesAsItIs(analysis: Analysis, target: Expr, value: Expr | null): boolean {
  const text = ({ start, end }: Expr): string => analysis.text.slice(start, end)
  if (value?.type === 'binary' && value.op === 'or' && text(value.right) === text(target)) {
    const first = analysis.fold(value.left)
    return first.state === 'known' && !truthy(first.value)
  }
  if (value?.type !== 'conditional' || text(value.otherwise) !== text(target)) return false
  return analysis.condition(value.test).byDefault === false
}

/** What the program writes to the object that a path leads into, as keys of the object; `asked`: only where it is asked to. */
export function changedKeys(analysis: Analysis, path: ConfiguredPath, asked: boolean): Key[][] {
  const here = storeIndex(analysis, asked).get(sourceOf(path))
  return [...(here?.values() ?? [])].flat().concat((asked ? path.mayChange : path.changed) ?? [])
}

/** Stores by what they lead into, then by their first key; those of the whole under null. */
type StoreIndex = Map<unknown, Map<Key | null, Key[][]>>

const indexes = new WeakMap<Analysis, { asked: StoreIndex; certain: StoreIndex }>()

function storeIndex(analysis: Analysis, asked: boolean): StoreIndex {
  let both = indexes.get(analysis)
  if (both === undefined) {
    both = { asked: new Map(), certain: new Map() }
    indexes.set(analysis, both)
    for (const store of storedPaths(analysis))
      note(store.asked === true ? both.asked : both.certain, store.path)
  }
  return asked ? both.asked : both.certain
}

function note(index: StoreIndex, path: ConfiguredPath): void {
  const source = index.get(sourceOf(path)) ?? new Map<Key | null, Key[][]>()
  index.set(sourceOf(path), source)
  const first = path.keys[0] ?? null
  const list = source.get(first)
  if (list === undefined) source.set(first, [path.keys])
  else list.push(path.keys)
}

const sourceOf = ({ root, fields }: ConfiguredPath): unknown => root ?? fields?.values

/** What the program writes at or below a path, as keys from there; above it, as none. `asked`: see `changedKeys`. */
function storesOf(analysis: Analysis, path: ConfiguredPath, asked: boolean): Key[][] {
  if (!analysis.complete) return []
  const [first] = path.keys
  const here = storeIndex(analysis, asked).get(sourceOf(path))
  const near =
    first === undefined ? [...(here?.values() ?? [])] : [here?.get(first) ?? [], here?.get(null) ?? []]
  return [...near.flat(), ...((asked ? path.mayChange : path.changed) ?? [])].flatMap((keys) => {
    const common = Math.min(keys.length, path.keys.length)
    const meets = keys.slice(0, common).every((key, index) => key === path.keys[index])
    return meets ? [keys.slice(common)] : []
  })
}

/** What the program writes itself is not known from the file. */
function obscuredBy(node: Configured, stored: readonly (string | number)[][]): Configured {
  return stored.reduce(obscured, node)
}

function obscured(node: Configured, keys: (string | number)[]): Configured {
  const unknown: Configured = { kind: 'unknown', because: 'the program changes it', at: node.at }
  const [first, ...rest] = keys
  if (first === undefined || node.kind !== 'map') return unknown
  const child = lookUp(node.entries, String(first)) ?? unknown
  return { ...node, entries: { ...node.entries, [String(first)]: obscured(child, rest) } }
}

/** What was found as code sees it; null: nothing. */
export function foldFound({ node, folded, overridable }: Found): Folded | null {
  return folded ?? (node === undefined ? null : foldConfigured(node, overridable))
}

/** A value of a configuration as code sees it. */
export function foldConfigured(node: Configured, overridable: boolean): Folded {
  if (node.kind === 'unknown') {
    const { because, options } = node
    if (options === undefined) return { state: 'unknown', because }
    const each = options.map(({ value, at, when }) => ({
      folded: configuredAs(value, at, overridable),
      when,
      byDefault: false,
    }))
    return chosen(because, each)
  }
  const value = plainConfigured(node)
  if (value === undefined) return { state: 'unknown', because: 'a part of the configuration' }
  return configuredAs(value, node.at, overridable)
}

const instantiators = new Set(['hydra.utils.instantiate', 'hydra.utils.call', 'hydra.instantiate'])

export function isInstantiation(name: string | null): boolean {
  return name !== null && instantiators.has(name)
}

/** The configuration of `instantiate(cfg.trainer, …)`, and what its `_target_` names. */
export function instantiated(
  analysis: Analysis,
  call: Call,
): { node: Configured & { kind: 'map' }; target: string; overridable: boolean } | null {
  const first = call.expr.args.find((one) => one.name === null || one.name === 'config')
  if (first === undefined || first.star > 0) return null
  const found = configuredNode(analysis, first.value)
  if (found === null || found.node?.kind !== 'map') return null
  const target = configuredAt(found.node, '_target_')
  if (target?.kind !== 'scalar' || typeof target.value !== 'string') return null
  return { node: found.node, target: target.value, overridable: found.overridable }
}

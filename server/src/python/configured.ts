/** Values that a script takes from configuration files, from objects of the project's classes, and from both together. */
import type { Argument, Expr, Stmt } from '../syntax/python-ast.js'
import { type Configured, configuredAt, plainConfigured } from '../text/configured.js'
import { mergeConfigured } from '../text/merge-configured.js'
import { lookUp } from '../text/records.js'
import type { Analysis } from './analysis.js'
import { isOwnWrite } from './attribute-containers.js'
import { below, type ConfiguredPath, configuredPath, type Key } from './configured-path.js'
import { fieldAt } from './field-values.js'
import { configuredAs, known, unknown } from './folded.js'
import type { Call, Folded } from './module.js'
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

/** The same for a key of it. */
export function configuredChildOf(analysis: Analysis, expr: Expr, key: string | number): Found | null {
  const path = configuredPath(analysis, expr)
  return path === null ? null : look(analysis, below(path, key))
}

export function look(analysis: Analysis, path: ConfiguredPath): Found | null {
  const { root, keys, fields, under, commandLine, overrides } = path
  const file = root === null ? undefined : analysis.configurations.get(root)
  if (root !== null && file === undefined) return null
  const written = file === undefined ? undefined : configuredAt(file.root, ...keys)
  const stored = storesOf(analysis, path)
  const overridable =
    (file?.overridable ?? false) ||
    path.overridable === true ||
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
  const field = fields === undefined ? undefined : fieldAt(fields.values, keys.slice(fields.from))
  const folded = lower?.folded ?? field
  if (folded === undefined) return { node, path, overridable: open }
  const here = folded.state === 'known' && open ? { ...folded, overridable: true } : folded
  return { node, folded: here, path, overridable: open }
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

/** What a method of a dictionary changes: `config['train'].update({'lr': 0.1})`; null among them: keys that cannot be told. */
function keysChangedBy(method: string, args: readonly Argument[]): (Key | null)[] {
  if (method === 'clear' || method === 'popitem') return args.length === 0 ? [null] : []
  if (method === 'pop') return args[0] === undefined ? [] : [constantKey(args[0].value)]
  if (method !== 'update') return []
  return args.flatMap(({ name, value }): (Key | null)[] => {
    if (name !== null) return [name]
    return value.type === 'dict'
      ? value.entries.map(({ key }) => (key === null ? null : constantKey(key)))
      : [null]
  })
}

const stores = new WeakMap<Analysis, ConfiguredPath[]>()

/** Places of configurations that the program writes to: `cfg.trainer.devices = 1`, `OmegaConf.update(cfg, 'a.b', 1)`. */
function storedPaths(analysis: Analysis): ConfiguredPath[] {
  const before = stores.get(analysis)
  if (before !== undefined) return before
  const found: ConfiguredPath[] = []
  stores.set(analysis, found)
  const store = (object: Expr, key: string | number | null, target: Expr | null = null): void => {
    const base = configuredPath(analysis, object)
    if (target !== null && isOwnWrite(base?.fields?.values, target)) return
    // What is laid over the command line is set key by key.
    if (base === null || (key === null && base === overlaidNamespace(analysis))) return
    found.push(key === null ? base : below(base, key))
  }
  for (const statement of analysis.statements) {
    for (const target of writtenBy(statement)) {
      if (target.type === 'attribute') store(target.value, target.attr, target)
      else if (target.type === 'subscript') store(target.value, constantKey(target.index), target)
    }
  }
  for (const { expr } of analysis.calls) {
    const { callee, args } = expr
    if (
      callee.type !== 'attribute' ||
      (callee.value.type !== 'subscript' && callee.value.type !== 'attribute')
    )
      continue
    for (const key of keysChangedBy(callee.attr, args)) store(callee.value, key)
  }
  for (const call of analysis.callsTo('omegaconf.OmegaConf.update')) {
    const [config, key] = call.expr.args
    const base = config === undefined ? null : configuredPath(analysis, config.value)
    const path =
      key?.value.type === 'constant' && typeof key.value.value === 'string' ? key.value.value : null
    if (base !== null) found.push(path === null ? base : path.split('.').reduce(below, base))
  }
  for (const call of analysis.callsTo('setattr')) {
    const [object, key] = call.expr.args
    if (object !== undefined && key !== undefined) store(object.value, constantKey(key.value))
  }
  return found
}

/** What the program writes to the object that a path leads into, as keys of the object. */
export function changedKeys(analysis: Analysis, path: ConfiguredPath): Key[][] {
  const here = storeIndex(analysis).get(sourceOf(path))
  return [...(here?.values() ?? [])].flat().concat(path.changed ?? [])
}

/** Stores by what they lead into, then by their first key; those of the whole under null. */
type StoreIndex = Map<unknown, Map<Key | null, Key[][]>>

const indexes = new WeakMap<Analysis, StoreIndex>()

function storeIndex(analysis: Analysis): StoreIndex {
  const before = indexes.get(analysis)
  if (before !== undefined) return before
  const index: StoreIndex = new Map()
  indexes.set(analysis, index)
  for (const store of storedPaths(analysis)) {
    const source = index.get(sourceOf(store)) ?? new Map<Key | null, Key[][]>()
    index.set(sourceOf(store), source)
    const first = store.keys[0] ?? null
    const list = source.get(first)
    if (list === undefined) source.set(first, [store.keys])
    else list.push(store.keys)
  }
  return index
}

const sourceOf = ({ root, fields }: ConfiguredPath): unknown => root ?? fields?.values

/** What the program writes at or below a path, as keys from there; above it, as none. */
function storesOf(analysis: Analysis, path: ConfiguredPath): Key[][] {
  if (!analysis.complete) return []
  const [first] = path.keys
  const here = storeIndex(analysis).get(sourceOf(path))
  const near =
    first === undefined ? [...(here?.values() ?? [])] : [here?.get(first) ?? [], here?.get(null) ?? []]
  return [...near.flat(), ...(path.changed ?? [])].flatMap((keys) => {
    const common = Math.min(keys.length, path.keys.length)
    const meets = keys.slice(0, common).every((key, index) => key === path.keys[index])
    return meets ? [keys.slice(common)] : []
  })
}

function constantKey(expr: Expr): string | number | null {
  const value = expr.type === 'constant' ? expr.value : null
  return typeof value === 'string' || typeof value === 'number' ? value : null
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
  if (node.kind === 'unknown') return { state: 'unknown', because: node.because }
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

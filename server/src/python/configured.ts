/**
 * Values that a script takes from configuration files: which file and keys an expression stands for, and what stands
 * there. Hydra's composed configuration, OmegaConf, YAML and JSON that the program loads.
 */
import type { Expr } from '../syntax/python-ast.js'
import { type Configured, configuredAt, plainConfigured } from '../text/configured.js'
import { lookUp } from '../text/records.js'
import type { Analysis } from './analysis.js'
import type { Call, ConfigurationUse, Folded, Func, HandedConfiguration } from './module.js'
import { attributeValues, bindingsOf, targetOf } from './names.js'

/** Which configuration, and the keys down to the value. */
export interface ConfiguredPath {
  /** Key of `Neighbours.configurations`. */
  root: string
  keys: (string | number)[]
}

export const hydraRoot = 'hydra'
const depthLimit = 12

const loaders = new Set([
  'omegaconf.OmegaConf.load',
  'yaml.safe_load',
  'yaml.load',
  'yaml.full_load',
  'yaml.unsafe_load',
  'json.load',
  'json.loads',
  'tomllib.load',
  'toml.load',
])
/** Functions that give back what they are handed, in another class. */
const wrappers = new Set([
  'omegaconf.OmegaConf.to_container',
  'omegaconf.OmegaConf.create',
  'omegaconf.OmegaConf.structured',
  'dict',
  'easydict.EasyDict',
  'munch.Munch',
  'munch.munchify',
  'munch.DefaultMunch.fromDict',
  'box.Box',
  'addict.Dict',
  'dotmap.DotMap',
  'ml_collections.ConfigDict',
  'copy.deepcopy',
  'copy.copy',
])
const namespaces = new Set([
  'types.SimpleNamespace',
  'argparse.Namespace',
  'easydict.EasyDict',
  'box.Box',
  'munch.Munch',
])
const configurationFile = /\.(ya?ml|json|toml)$/i

export function configuredPath(analysis: Analysis, expr: Expr, depth = 0): ConfiguredPath | null {
  if (depth > depthLimit) return null
  switch (expr.type) {
    case 'name':
      return pathOfName(analysis, expr, depth)
    case 'attribute': {
      // `cfg.data = make()`: no longer what the file says.
      if (attributeValues(analysis, expr).length > 0) return pathOfAttribute(analysis, expr, depth)
      const base = configuredPath(analysis, expr.value, depth + 1)
      return base === null
        ? pathOfAttribute(analysis, expr, depth)
        : { ...base, keys: [...base.keys, expr.attr] }
    }
    case 'subscript': {
      const key = expr.index.type === 'constant' ? expr.index.value : null
      if (typeof key !== 'string' && typeof key !== 'number') return null
      const base = configuredPath(analysis, expr.value, depth + 1)
      return base === null ? null : { ...base, keys: [...base.keys, key] }
    }
    case 'call':
      return pathOfCall(analysis, expr, depth)
    default:
      return null
  }
}

/** `self.cfg`, where the class keeps what it is handed. */
function pathOfAttribute(
  analysis: Analysis,
  expr: Expr & { type: 'attribute' },
  depth: number,
): ConfiguredPath | null {
  const value = analysis.definition(expr)
  return value === expr ? null : configuredPath(analysis, value, depth + 1)
}

function pathOfName(analysis: Analysis, expr: Expr & { type: 'name' }, depth: number): ConfiguredPath | null {
  if (analysis.mutatedNames.has(expr.id) && analysis.changesOf(expr.id, expr.start).length > 0) return null
  const { bindings } = bindingsOf(analysis, expr.id, expr.start)
  const binding = bindings.length === 1 ? bindings[0]! : null
  if (binding === null) return null
  if (binding.kind === 'assign' && binding.value !== null && binding.unpack === null)
    return configuredPath(analysis, binding.value, depth + 1)
  if (binding.kind !== 'param') return null
  const owner = analysis.parameterOwner(binding)
  if (owner === null) return null
  if (owner.position === 0 && isHydraMain(analysis, owner.func)) return { root: hydraRoot, keys: [] }
  const sites = analysis.callSites(owner.func) ?? []
  let found: ConfiguredPath | null = null
  for (const site of sites) {
    const args = site.expr.args
    const given =
      args.find((one) => one.name === binding.name)?.value ??
      (args.some((one) => one.star > 0) ? undefined : positional(site, owner.position))
    const path = given === undefined ? null : configuredPath(analysis, given, depth + 1)
    if (path === null || (found !== null && !samePath(found, path))) return null
    found = path
  }
  if (found !== null) return found
  return sites.length === 0 ? handedOver(analysis, owner.func, binding.name, owner.position) : null
}

function positional(call: Call, position: number): Expr | undefined {
  return call.expr.args.filter((one) => one.name === null)[position]?.value
}

function samePath(a: ConfiguredPath, b: ConfiguredPath): boolean {
  return (
    a.root === b.root &&
    a.keys.length === b.keys.length &&
    a.keys.every((key, index) => key === b.keys[index])
  )
}

/** What a module that imports this one passes to the function. */
function handedOver(analysis: Analysis, func: Func, name: string, position: number): ConfiguredPath | null {
  if (func.class !== null && func.name !== '__init__') return null
  const called = func.class === null ? func.name : func.class.name
  const found = analysis.handed.filter(
    (one) => one.target === called && (one.name === null ? one.position === position : one.name === name),
  )
  const first = found[0]
  return first !== undefined && found.every((one) => samePath(one, first))
    ? { root: first.root, keys: first.keys }
    : null
}

export function isHydraMain(analysis: Analysis, func: Func): boolean {
  return func.node.decorators.some(
    (decorator) => decorator.type === 'call' && mains.has(analysis.nameOf(decorator.callee) ?? ''),
  )
}

/** NeMo's is around Hydra's; its examples are collections of files to be launched with other names and values. */
const nemoMain = 'nemo.core.config.hydra_runner'
const mains = new Set(['hydra.main', nemoMain, `${nemoMain}.hydra_runner`])

function pathOfCall(analysis: Analysis, expr: Expr & { type: 'call' }, depth: number): ConfiguredPath | null {
  const name = analysis.nameOf(expr.callee)
  const first = expr.args[0]
  if (name === null) {
    // `cfg.get('trainer')`
    if (expr.callee.type !== 'attribute') return null
    if (expr.callee.attr === 'copy' && expr.args.length === 0)
      return configuredPath(analysis, expr.callee.value, depth + 1)
    if (expr.callee.attr !== 'get' || expr.args.length !== 1) return null
    const key = first?.value.type === 'constant' ? first.value.value : null
    if (typeof key !== 'string') return null
    const base = configuredPath(analysis, expr.callee.value, depth + 1)
    return base === null ? null : { ...base, keys: [...base.keys, key] }
  }
  if (name === 'hydra.compose' || name === 'hydra.experimental.compose') {
    const overrides = expr.args.find((one) => one.name === 'overrides') ?? expr.args[1]
    const none =
      overrides === undefined || (overrides.value.type === 'list' && overrides.value.items.length === 0)
    return none ? { root: hydraRoot, keys: [] } : null
  }
  if (first === undefined) return null
  if (loaders.has(name)) {
    const path = filePath(analysis, first.value)
    return path === null ? null : { root: path, keys: [] }
  }
  if (namespaces.has(name) && first.star === 2) return configuredPath(analysis, first.value, depth + 1)
  if (
    wrappers.has(name) &&
    first.star === 0 &&
    first.name === null &&
    (name !== 'dict' || expr.args.length === 1)
  )
    return configuredPath(analysis, first.value, depth + 1)
  return null
}

/** The file behind `'x.yaml'`, `open('x.yaml')`, `f` of `with open('x.yaml') as f`, `Path('x.yaml').read_text()`. */
function filePath(analysis: Analysis, expr: Expr, depth = 0): string | null {
  if (depth > 6) return null
  if (expr.type === 'name') {
    const { bindings } = bindingsOf(analysis, expr.id, expr.start)
    const binding = bindings.length === 1 ? bindings[0]! : null
    if (binding?.kind === 'with' && binding.value !== null)
      return filePath(analysis, binding.value, depth + 1)
  }
  const value = analysis.definition(expr)
  if (value.type === 'call') {
    const name = analysis.nameOf(value.callee)
    const first = value.args[0]?.value
    if (name === 'open' || name === 'io.open' || name === 'pathlib.Path' || name === 'codecs.open')
      return first === undefined ? null : filePath(analysis, first, depth + 1)
    if (value.callee.type === 'attribute' && /^(open|read_text|read)$/.test(value.callee.attr))
      return filePath(analysis, value.callee.value, depth + 1)
  }
  if (value.type === 'constant') return asFile(value.value)
  if (analysis.complete) {
    const folded = analysis.fold(value)
    if (folded.state === 'known') return asFile(folded.value)
  }
  return null
}

function asFile(value: unknown): string | null {
  return typeof value === 'string' && configurationFile.test(value) ? value : null
}

/** The value in the configuration; undefined: nothing is there. Null: it is not one, or the file is not known. */
export function configuredNode(
  analysis: Analysis,
  expr: Expr,
): { node: Configured | undefined; path: ConfiguredPath; overridable: boolean } | null {
  if (analysis.configurations.size === 0) return null
  const path = configuredPath(analysis, expr)
  if (path === null) return null
  const root = analysis.configurations.get(path.root)
  if (root === undefined) return null
  const node = configuredAt(root.root, ...path.keys)
  return {
    node: node === undefined ? node : asStored(analysis, node, path),
    path,
    overridable: root.overridable,
  }
}

const stores = new WeakMap<Analysis, ConfiguredPath[]>()

/** Places of configurations that the program writes to: `cfg.trainer.devices = 1`, `OmegaConf.update(cfg, 'a.b', 1)`. */
function storedPaths(analysis: Analysis): ConfiguredPath[] {
  const before = stores.get(analysis)
  if (before !== undefined) return before
  const found: ConfiguredPath[] = []
  stores.set(analysis, found)
  for (const statement of analysis.statements) {
    if (statement.type !== 'assign') continue
    for (const target of statement.targets) {
      if (target.type !== 'attribute' && target.type !== 'subscript') continue
      const base = configuredPath(analysis, target.value)
      const key = target.type === 'attribute' ? target.attr : constantKey(target.index)
      if (base !== null) found.push(key === null ? base : { ...base, keys: [...base.keys, key] })
    }
  }
  for (const call of analysis.callsTo('omegaconf.OmegaConf.update')) {
    const [config, key] = call.expr.args
    const base = config === undefined ? null : configuredPath(analysis, config.value)
    const path =
      key?.value.type === 'constant' && typeof key.value.value === 'string' ? key.value.value : null
    if (base !== null)
      found.push(path === null ? base : { ...base, keys: [...base.keys, ...path.split('.')] })
  }
  return found
}

function constantKey(expr: Expr): string | number | null {
  const value = expr.type === 'constant' ? expr.value : null
  return typeof value === 'string' || typeof value === 'number' ? value : null
}

/** What the program writes itself is not known from the file. */
function asStored(analysis: Analysis, node: Configured, { root, keys }: ConfiguredPath): Configured {
  let current = node
  for (const store of analysis.complete ? storedPaths(analysis) : []) {
    if (store.root !== root) continue
    const common = Math.min(store.keys.length, keys.length)
    if (!store.keys.slice(0, common).every((key, index) => key === keys[index])) continue
    current = obscured(current, store.keys.slice(common))
  }
  return current
}

function obscured(node: Configured, keys: (string | number)[]): Configured {
  const unknown: Configured = { kind: 'unknown', because: 'the program changes it', at: node.at }
  const [first, ...rest] = keys
  if (first === undefined || node.kind !== 'map') return unknown
  const child = lookUp(node.entries, String(first)) ?? unknown
  return { ...node, entries: { ...node.entries, [String(first)]: obscured(child, rest) } }
}

/** A value of a configuration as code sees it. */
export function foldConfigured(node: Configured, overridable: boolean): Folded {
  if (node.kind === 'unknown') return { state: 'unknown', because: node.because }
  const value = plainConfigured(node)
  if (value === undefined) return { state: 'unknown', because: 'a part of the configuration' }
  const launched = node.at.keys === null
  return {
    state: 'known',
    value,
    channel: launched ? 'launch flag' : 'named file',
    overridable: overridable && !launched,
    location: node.at.location,
    ...(launched ? {} : { configured: node.at }),
  }
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

// What a module tells the linker.

/** Uses without which the name of a file in a module is not that of a configuration. */
const readers = [
  ...[...loaders].filter((name) => name !== 'json.loads'),
  'deepspeed.',
  'transformers.HfArgumentParser',
  'transformers.TrainingArguments',
  'transformers.Seq2SeqTrainingArguments',
  'trl.',
  'lightning.',
  'accelerate.',
  'ultralytics.',
]

const configurationName = /conf|cfg|deepspeed|ds[._-]|zero|stage|args|param|setting|recipe/i
const mostUses = 50

/** Configuration files that the module names: what the linker has to find for it. */
export function configurationUses(analysis: Analysis): ConfigurationUse[] {
  const found = new Map<string, ConfigurationUse>()
  const text = (expr: Expr | undefined): string | null | undefined => {
    if (expr === undefined) return undefined
    const folded = analysis.fold(expr)
    return folded.state === 'known' && (typeof folded.value === 'string' || folded.value === null)
      ? folded.value
      : undefined
  }
  const hydra = (args: Call['expr']['args'], launched: boolean): void => {
    const given = (name: string, position: number): string | null | undefined => {
      const one = args.find((arg) => arg.name === name) ?? args.filter((arg) => arg.name === null)[position]
      return one === undefined ? null : text(one.value)
    }
    const folder = given('config_path', 0)
    const name = given('config_name', 1)
    if (folder === undefined || name === undefined) return
    found.set(hydraRoot, { kind: 'hydra', folder, name, ...(launched ? { launched } : {}) })
  }
  for (const func of analysis.functions) {
    for (const decorator of func.node.decorators) {
      const main = decorator.type === 'call' ? (analysis.nameOf(decorator.callee) ?? '') : ''
      if (decorator.type === 'call' && mains.has(main)) hydra(decorator.args, main.startsWith(nemoMain))
    }
  }
  const initialized = analysis.callsTo('hydra.initialize', 'hydra.experimental.initialize')[0]
  const composed = analysis.callsTo('hydra.compose', 'hydra.experimental.compose')[0]
  if (!found.has(hydraRoot) && initialized !== undefined && composed !== undefined) {
    const folder = initialized.expr.args.find((one) => one.name === 'config_path') ?? initialized.expr.args[0]
    const name = composed.expr.args.find((one) => one.name === 'config_name') ?? composed.expr.args[0]
    const path = folder === undefined ? null : text(folder.value)
    const file = name === undefined ? null : text(name.value)
    if (path !== undefined && file !== undefined && file !== null)
      found.set(hydraRoot, { kind: 'hydra', folder: path, name: file })
  }
  const file = (path: string | null): void => {
    if (path !== null && path.length < 300 && !found.has(path) && found.size < mostUses)
      found.set(path, { kind: 'file', path })
  }
  for (const call of analysis.callsTo(...loaders)) {
    const first = call.expr.args[0]
    if (first !== undefined) file(filePath(analysis, first.value))
  }
  if (!readers.some((name) => analysis.usesHere(name))) return [...found.values()]
  const anyJson = analysis.usesHere('deepspeed.')
  const named = new Set([...found.values()].flatMap((use) => (use.kind === 'hydra' ? [use.name] : [])))
  for (const value of analysis.strings) {
    if (named.has(value)) continue
    // Data comes as JSON as well.
    if (anyJson || !/\.json$/i.test(value) || configurationName.test(value)) file(asFile(value))
  }
  return [...found.values()]
}

/** Configurations that the module passes to functions and classes of other modules of the project. */
export function handedConfigurations(analysis: Analysis): HandedConfiguration[] {
  const found: HandedConfiguration[] = []
  for (const call of analysis.calls) {
    if (call.expr.args.length === 0 || found.length >= 100) continue
    const { callee } = call.expr
    if (callee.type !== 'name' && callee.type !== 'attribute') continue
    const target = targetOf(analysis, callee)
    if (target === null) continue
    call.expr.args.forEach((argument, position) => {
      if (argument.star > 0) return
      const path = configuredPath(analysis, argument.value)
      if (path !== null) found.push({ target, name: argument.name, position, ...path })
    })
  }
  return found
}

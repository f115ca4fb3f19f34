/**
 * Configurations of OpenMMLab (mmdetection, mmsegmentation, mmpretrain, mmpose …): Python files of assignments that
 * inherit from each other, for MMEngine and for the mmcv before it. Keys and defaults: mmengine, runner/runner.py,
 * runner/loops.py, hooks/checkpoint_hook.py, optim/optimizer/amp_optimizer_wrapper.py; mmcv 1.x, `fp16` and `data`.
 */
import { ownConfiguration } from '../../link/inherited-configuration.js'
import { configurationModule } from '../../python/configuration-module.js'
import type { PythonModule } from '../../python/module.js'
import type { Stmt } from '../../syntax/python-ast.js'
import { type Configured, type ConfiguredMap, configuredAt } from '../../text/configured.js'
import { lookUp } from '../../text/records.js'
import { convert, orDefault } from '../../values/operations.js'
import { asBoolean, asNumber } from '../../values/parse.js'
import type { ClaimBuilder, Place } from '../../workload/builder.js'
import type { Binding, Evidence } from '../../workload/claim.js'
import type { Precision, ResourceKind } from '../../workload/resource-kinds.js'
import {
  frameworkConfigPlace,
  InheritedClaims,
  startsTraining,
} from '../framework-configs/inherited-claims.js'
import { claimOperation } from '../operation-claims.js'
import { defineReader, type FragmentFacts } from '../reader.js'
import { changeConfig } from './change.js'
import { withLaunch } from './launch.js'
import { readRun } from './run.js'

export const openmmlabReader = defineReader({
  name: 'openmmlab',
  leads: ({ tree }) => !tree.body.some(({ type }) => type === 'class' || type === 'function'),
  languages: ['python'],
  triggers: ['train_dataloader', 'workers_per_gpu', 'optim_wrapper', 'find_unused_parameters', '_base_'],
  read(facts, context, claims) {
    const { python } = facts
    if (python === undefined || facts.fragment.index !== 0) return
    const names = configurationNames(python)
    if (names === null) return
    const inherits = names.has('_base_') || /\bread_base\b/.test(python.code)
    // What only others inherit is judged with them.
    if (!inherits && /(^|\/)_base_\//.test(python.path)) return
    const { binding } = context
    if (binding !== null && !startsTraining(binding.launch)) return
    claims.frameworkConfig('openmmlab', inherits)
    const root = facts.inherited ?? rootOf(facts, python, inherits)
    if (root === null) return
    const merged = binding === null ? root : withLaunch(root, binding.launch)
    readConfig(new Config(python, merged, claims, binding))
  },
  change: changeConfig,
})

/** The file by itself; null: it waits for those that it inherits from. */
function rootOf(
  { fragment, path }: FragmentFacts,
  python: PythonModule,
  inherits: boolean,
): ConfiguredMap | null {
  const module = inherits ? null : configurationModule(python, fragment)
  return module === null ? null : ownConfiguration(path, module)
}

/** Keys of a run; a file with none of them configures something else. */
const own = [
  'model',
  'data',
  'train_dataloader',
  'optim_wrapper',
  'optimizer',
  'train_cfg',
  'runner',
  'default_hooks',
  'load_from',
  'param_scheduler',
  'lr_config',
  'checkpoint_config',
  '_base_',
]

/** Assignments, imports and loops over them are all that such a file holds. Null: it is something else. */
function configurationNames(python: PythonModule): Set<string> | null {
  if (python.functions.length > 0 || python.classes.length > 0 || python.isEntry) return null
  if ([...python.imports].some((name) => /^(torch|argparse|tensorflow|pytorch_lightning)(\.|$)/.test(name)))
    return null
  const names = new Set(python.tree.body.flatMap((statement) => assigned(statement) ?? []))
  return names.has('_base_') || own.filter((name) => names.has(name)).length >= 2 ? names : null
}

function assigned(statement: Stmt): string | null {
  if (statement.type !== 'assign' || statement.targets.length !== 1) return null
  const target = statement.targets[0]!
  return target.type === 'name' ? target.id : null
}

export class Config {
  constructor(
    readonly python: PythonModule,
    readonly root: ConfiguredMap,
    readonly claims: ClaimBuilder,
    readonly binding: Binding | null,
  ) {}

  node(...keys: string[]): Configured | undefined {
    return configuredAt(this.root, ...keys)
  }

  /** Undefined: left out, or not readable. */
  number(...keys: string[]): number | undefined {
    const node = this.node(...keys)
    return node?.kind === 'scalar' && typeof node.value === 'number' ? node.value : undefined
  }

  /** What stands for the file as a whole: its first statement's name. */
  get place(): Place {
    const [first] = this.python.tree.body.filter((statement) => statement.type === 'assign')
    const target = first?.type === 'assign' ? first.targets[0] : undefined
    return target === undefined ? { start: 0, end: 1 } : { start: target.start, end: target.end }
  }

  /** A configuration that nothing starts is a job that may still be launched with something else. */
  evidence(role: Evidence['role']): Evidence {
    const launched = this.binding !== null
    return {
      role: launched ? 'training' : role,
      accelerator: launched ? 'gpu' : 'maybe',
      small: this.small(),
      notebook: false,
      published: true,
    }
  }

  about<W extends ResourceKind>(
    kind: W,
    scope: string,
    role: Evidence['role'],
    node?: Configured,
  ): InheritedClaims<W> {
    const { place } = frameworkConfigPlace(node, this.python.path, this.place)
    const subject = this.claims.subject(kind, place, scope, this.evidence(role))
    return new InheritedClaims(subject, this.python.path, place, this.binding === null)
  }

  private small(): string | null {
    const type = this.node('train_dataloader', 'dataset', 'type') ?? this.node('data', 'train', 'type')
    const name = type?.kind === 'scalar' ? String(type.value) : ''
    return /^(Fashion)?MNIST$|^CIFAR100?$/.test(name) ? name : null
  }
}

function readConfig(config: Config): void {
  readLoader(config)
  if (isWhole(config)) {
    const training = readPrecision(config)
    if (training !== null) readRun(config, training)
  }
  readUnused(config)
  readDeterminism(config)
}

/** A model with its data and optimiser; less than that is a part, or inherits them from outside of the project. */
function isWhole({ root }: Config): boolean {
  const has = (name: string) => lookUp(root.entries, name)?.kind === 'map'
  return (
    has('model') && (has('train_dataloader') || has('data')) && (has('optim_wrapper') || has('optimizer'))
  )
}

const decoders = /^(Load(Image|Video|MultiView|Points)\w*|Decord\w+|RawFrameDecode)$/

/** The transform of a pipeline that decodes, by its name; null: none, as far as is seen. */
function decoderIn(node: Configured | undefined, depth = 0): string | null {
  if (node === undefined || depth > 20) return null
  if (node.kind === 'scalar') return decoders.test(String(node.value)) ? String(node.value) : null
  if (node.kind === 'unknown') return decoders.test(node.text ?? '') ? node.text! : null
  for (const child of node.kind === 'list' ? node.items : Object.values(node.entries)) {
    const found = decoderIn(child, depth + 1)
    if (found !== null) return found
  }
  return null
}

/** `train_dataloader = dict(num_workers=0, …)`, before that `data = dict(workers_per_gpu=0, …)`. */
function readLoader(config: Config): void {
  const name = config.node('train_dataloader')?.kind === 'map' ? 'train_dataloader' : 'data'
  const key = name === 'data' ? 'workers_per_gpu' : 'num_workers'
  const holder = config.node(name)
  const workers = config.node(name, key)
  if (holder?.kind !== 'map' || (workers === undefined && (name === 'data' || config.binding === null)))
    return
  const pipeline = config.about('InputPipeline', name, 'training', workers ?? holder)
  pipeline.say('workers', key, orDefault(convert(pipeline.value(workers, holder, true), asNumber), 0))
  const at = workers ?? holder
  pipeline.known('feeds', name, 'training', at)
  const decoder = decoderIn(holder) ?? decoderIn(config.node('train_pipeline'))
  if (decoder !== null) {
    pipeline.known('work', name, 'decode', at)
    pipeline.known('decoder', name, decoder, at)
  } else pipeline.unknown('work', name, 'its transforms are inherited')
  const kept = config.node(name, 'persistent_workers')
  const persists = pipeline.value(kept)
  pipeline.say('persistentWorkers', 'persistent_workers', convert(persists, asBoolean))
}

export const wrappers: Record<string, Precision> = {
  OptimWrapper: 'fp32',
  AmpOptimWrapper: 'fp16-mixed',
  ApexOptimWrapper: 'fp16-mixed',
}

function readPrecision(config: Config): InheritedClaims<'Training'> | null {
  const wrapper = config.node('optim_wrapper')
  if (wrapper?.kind !== 'map') {
    readOldPrecision(config)
    return null
  }
  const type = config.node('optim_wrapper', 'type')
  const training = config.about('Training', 'optim_wrapper', 'job', type ?? wrapper)
  // A strategy brings a wrapper of its own, of another name: where one is named, none comes from a file that is not read.
  if (isGiven(config, 'strategy', type) || isGiven(config, 'runner_type', type))
    training.unknown('precision', 'strategy', 'the strategy decides')
  else if (
    type === undefined &&
    config.node('optim_wrapper', 'constructor') !== undefined &&
    !hasOptimizer(wrapper)
  )
    training.unknown('precision', 'constructor', 'optimisers that are made one by one')
  else if (type === undefined) training.default('precision', 'AmpOptimWrapper', 'fp32', wrapper)
  else {
    const name =
      type.kind === 'scalar' ? String(type.value) : type.kind === 'unknown' ? (type.text ?? '') : ''
    const format = lookUp(wrappers, name.split('.').at(-1)!)
    const dtype = config.node('optim_wrapper', 'dtype')
    if (format === undefined) training.unknown('precision', 'type', 'an optimiser wrapper of its own')
    else if (format === 'fp32') training.known('precision', `type='${name}'`, format, type)
    else if (dtype?.kind === 'scalar' && dtype.value === 'bfloat16')
      training.known('precision', name, 'bf16-mixed', type)
    else training.known('precision', name, format, type)
  }
  return training
}

function isGiven(config: Config, key: string, wrapper: Configured | undefined): boolean {
  const node = config.node(key)
  return node !== undefined && (node.kind !== 'unknown' || wrapper?.kind !== 'scalar')
}

function hasOptimizer(wrapper: ConfiguredMap): boolean {
  return wrapper.entries.optimizer !== undefined
}

/** mmcv: `fp16 = dict(loss_scale=…)` beside the optimiser, or a hook that brings it. */
function readOldPrecision(config: Config): void {
  const optimizer = config.node('optimizer')
  if (optimizer?.kind !== 'map' || config.node('data')?.kind !== 'map') return
  const training = config.about('Training', 'optimizer', 'job', optimizer)
  const given = config.node('fp16') ?? config.node('optimizer_config', 'type')
  if (given?.kind === 'unknown') training.unknown('precision', 'fp16', given.because)
  else if (given?.kind === 'scalar' && (given.value === null || given.value === false))
    training.known('precision', 'fp16', 'fp32', given)
  else if (given !== undefined) training.known('precision', 'fp16', 'fp16-mixed', given)
  else training.default('precision', 'fp16', 'fp32', optimizer)
}

/** A wrapper around the model for several processes, of which this switch is all that a file says. */
function readUnused(config: Config): void {
  const given = config.node('find_unused_parameters')
  if (given?.kind !== 'scalar' || typeof given.value !== 'boolean') return
  const parallelism = config.about('Parallelism', 'find_unused_parameters', 'training', given)
  parallelism.known('method', 'MMDistributedDataParallel', 'distributed', given)
  parallelism.known('findsUnused', 'find_unused_parameters', given.value, given)
  const reason =
    /\b(frozen_stages|freeze|distill\w*|teacher|MoE|with_cp|two_stage|GAN|discriminator)\b/i.exec(
      config.python.text,
    )
  const inherited = config.root.open !== undefined || config.node('model') === undefined
  if (reason !== null) parallelism.known('unusedBecause', 'find_unused_parameters', reason[0], given)
  else if (inherited || wordIn(config.node('model'), /^(frozen_stages|with_cp|teacher\w*|discriminator)$/))
    parallelism.known('unusedBecause', 'find_unused_parameters', 'a model that is inherited', given)
}

function wordIn(node: Configured | undefined, word: RegExp, depth = 0): boolean {
  if (node === undefined || depth > 20) return false
  if (node.kind === 'list') return node.items.some((one) => wordIn(one, word, depth + 1))
  if (node.kind !== 'map') return false
  return Object.entries(node.entries).some(([key, one]) => word.test(key) || wordIn(one, word, depth + 1))
}

function readDeterminism(config: Config): void {
  const node = config.node('randomness', 'deterministic') ?? config.node('deterministic')
  if (node?.kind !== 'scalar' || node.value !== true) return
  const { place, options } = frameworkConfigPlace(node, config.python.path, config.place)
  claimOperation(config.claims, {
    kind: 'deterministic kernels',
    place: 'run',
    key: 'deterministic=True',
    at: place,
    site: options.site ?? place,
    options,
    scope: 'randomness',
    apart: ':deterministic',
    evidence: config.evidence('training'),
    subject: 'convolutions',
  })
}

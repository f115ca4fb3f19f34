/**
 * Configurations of OpenMMLab (mmdetection, mmsegmentation, mmpretrain, mmpose …): Python files of assignments, for
 * MMEngine and for the mmcv before it. Keys and defaults: mmengine, runner/runner.py, optim/optimizer/amp_optimizer_wrapper.py;
 * mmcv 1.x, `fp16` and `data`.
 */
import type { Change, Refusal } from '../../edit/write.js'
import type { ArgumentValue, PythonModule } from '../../python/module.js'
import type { Expr, Stmt } from '../../syntax/python-ast.js'
import type { ClaimBuilder, Place } from '../../workload/builder.js'
import type { Claim, Evidence } from '../../workload/claim.js'
import { byHand } from '../change-answer.js'
import { asBoolean, asNumber, claimFolded } from '../claim-argument.js'
import { claimOperation } from '../operation-claims.js'
import { defineReader, type UnitFacts } from '../reader.js'

export const openmmlabReader = defineReader({
  name: 'openmmlab',
  languages: ['python'],
  triggers: ['train_dataloader', 'workers_per_gpu', 'optim_wrapper', 'find_unused_parameters'],
  read(facts, _context, claims) {
    const python = facts.python
    if (python === undefined || facts.unit.index !== 0) return
    const config = configOf(python)
    if (config !== null) readConfig(config, claims)
  },
  change: changeConfig,
})

interface Config {
  python: PythonModule
  /** What the last assignment to each name gives it. */
  values: Map<string, Expr>
  /** Nothing is inherited: what is left out is what the library does by itself. */
  whole: boolean
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

/** Assignments, imports and loops over them are all that such a file holds. */
function configOf(python: PythonModule): Config | null {
  if (python.functions.length > 0 || python.classes.length > 0 || python.isEntry) return null
  if ([...python.imports].some((name) => /^(torch|argparse|tensorflow|pytorch_lightning)(\.|$)/.test(name)))
    return null
  const values = new Map<string, Expr>()
  for (const statement of python.tree.body) {
    const name = assigned(statement)
    if (name !== null && statement.type === 'assign' && statement.value !== null)
      values.set(name, statement.value)
  }
  if (own.filter((name) => values.has(name)).length < 2) return null
  const inherits = values.has('_base_') || /\bread_base\b/.test(python.text)
  return { python, values, whole: !inherits && !/(^|\/)_base_\//.test(python.path) }
}

function assigned(statement: Stmt): string | null {
  if (statement.type !== 'assign' || statement.targets.length !== 1) return null
  const target = statement.targets[0]!
  return target.type === 'name' ? target.id : null
}

function evidenceOf(role: Evidence['role']): Evidence {
  return { role, accelerator: 'maybe', small: null, notebook: false }
}

function readConfig(config: Config, claims: ClaimBuilder): void {
  readLoader(config, claims)
  readPrecision(config, claims)
  readUnused(config, claims)
  const randomness = entryOf(config, 'randomness', 'deterministic') ?? entryOf(config, null, 'deterministic')
  if (
    randomness?.state !== 'given' ||
    randomness.folded.state !== 'known' ||
    randomness.folded.value !== true
  )
    return
  claimOperation(claims, {
    kind: 'deterministic kernels',
    place: 'run',
    key: 'deterministic=True',
    at: randomness.span,
    site: { ...randomness.span, anchor: 'deterministic' },
    scope: 'randomness',
    evidence: evidenceOf('training'),
    subject: 'convolutions',
  })
}

/** The entry of a top-level dictionary; of the file itself where `name` is null. */
function entryOf({ python, values }: Config, name: string | null, key: string): ArgumentValue | null {
  if (name === null) {
    const expr = values.get(key)
    if (expr === undefined) return null
    return { state: 'given', expr, folded: python.fold(expr), span: { start: expr.start, end: expr.end } }
  }
  const holder = values.get(name)
  return holder === undefined ? null : python.entry(holder, key, python.text.length)
}

/** `train_dataloader = dict(num_workers=0, …)`, before that `data = dict(workers_per_gpu=0, …)`. */
function readLoader(config: Config, claims: ClaimBuilder): void {
  const name = config.values.has('train_dataloader') ? 'train_dataloader' : 'data'
  const key = name === 'data' ? 'workers_per_gpu' : 'num_workers'
  const workers = entryOf(config, name, key)
  const holder = config.values.get(name)
  if (workers === null || workers.state !== 'given' || holder === undefined) return
  const site: Place = { start: holder.start, end: holder.end, anchor: name }
  const pipeline = claims.subject('InputPipeline', workers.span, name, evidenceOf('training'))
  claimFolded(pipeline, 'workers', key, workers.folded, { ...workers.span }, asNumber, site)
  pipeline.known('feeds', name, 'training', workers.span)
  const decoder = /\bLoad(Image|Video|MultiView\w*|Points)\w*|\bDecord\w+|\bRawFrameDecode\b/.exec(
    config.python.text,
  )
  if (decoder !== null) {
    pipeline.known('work', name, 'decode', workers.span)
    pipeline.known('decoder', name, decoder[0], workers.span)
  } else pipeline.unknown('work', name, 'its transforms are inherited', workers.span)
  const kept = entryOf(config, name, 'persistent_workers')
  if (kept?.state === 'given')
    claimFolded(
      pipeline,
      'persistentWorkers',
      'persistent_workers',
      kept.folded,
      { ...kept.span },
      asBoolean,
      site,
    )
}

/** `tools/train.py --amp` may still replace what a file says. */
function readPrecision(config: Config, claims: ClaimBuilder): void {
  const { python, values, whole } = config
  const wrapper = values.get('optim_wrapper')
  const data = values.has('train_dataloader') || values.has('data')
  // A file that only inherits, or is inherited, does not decide by itself.
  if (!whole || !values.has('model') || !data) return
  if (wrapper !== undefined) {
    const type = python.entry(wrapper, 'type', python.text.length)
    const place: Place = { start: wrapper.start, end: 'callee' in wrapper ? wrapper.callee.end : wrapper.end }
    const site = { site: { start: wrapper.start, end: wrapper.end, anchor: 'optim_wrapper' } }
    const training = claims.subject('Training', place, 'optim_wrapper', evidenceOf('job'))
    if (type.state === 'absent')
      training.default('precision', 'AmpOptimWrapper', 'fp32', place, { ...site, overridable: true })
    else if (type.state === 'given' && type.folded.state === 'known') {
      const written = String(type.folded.value)
      if (written === 'OptimWrapper')
        training.known('precision', "type='OptimWrapper'", 'fp32', type.span, { ...site, overridable: true })
      else if (written === 'AmpOptimWrapper')
        training.known('precision', written, 'fp16-mixed', type.span, site)
      else training.unknown('precision', 'type', 'an optimiser wrapper of its own', type.span, site)
    } else training.unknown('precision', 'type', 'an optimiser wrapper of its own', place, site)
    return
  }
  const optimizer = values.get('optimizer')
  if (optimizer === undefined || !values.has('data')) return
  const place: Place = {
    start: optimizer.start,
    end: 'callee' in optimizer ? optimizer.callee.end : optimizer.end,
  }
  const training = claims.subject('Training', place, 'optimizer', evidenceOf('job'))
  const hook = entryOf(config, 'optimizer_config', 'type')
  const site = { site: { ...place, anchor: 'fp16' } }
  if (values.has('fp16') || (hook !== null && hook.state !== 'absent'))
    training.known('precision', 'fp16', 'fp16-mixed', place, site)
  else training.default('precision', 'fp16', 'fp32', place, { ...site, overridable: true })
}

/** A wrapper around the model for several processes, of which this switch is all that a file says. */
function readUnused(config: Config, claims: ClaimBuilder): void {
  const given = entryOf(config, null, 'find_unused_parameters')
  if (given?.state !== 'given') return
  const site: Place = { ...given.span, anchor: 'find_unused_parameters' }
  const parallelism = claims.subject(
    'Parallelism',
    given.span,
    'find_unused_parameters',
    evidenceOf('training'),
  )
  parallelism.known('method', 'MMDistributedDataParallel', 'distributed', given.span)
  claimFolded(parallelism, 'findsUnused', 'find_unused_parameters', given.folded, given.span, asBoolean, site)
  const reason =
    /\b(frozen_stages|freeze|distill\w*|teacher|MoE|with_cp|two_stage|GAN|discriminator)\b/i.exec(
      config.python.text,
    )
  if (reason !== null) parallelism.known('unusedBecause', 'find_unused_parameters', reason[0], given.span)
  else if (!config.whole)
    parallelism.known('unusedBecause', 'find_unused_parameters', 'a model that is inherited', given.span)
}

function changeConfig(claim: Claim, value: unknown, facts: UnitFacts): Change | Refusal {
  const { unit, start, end, anchor } = claim.site
  const python = facts.python
  if (python === undefined) return { reason: 'the file has changed' }
  const change = (title: string, writes: Change['writes']): Change => ({
    title,
    safety: 'unsafe',
    writes,
    imports: [],
  })
  const isCall = python.callAt({ start, end }) !== null
  const keyword = (name: string, text: string): Change['writes'][number] => ({
    kind: 'set keyword',
    path: facts.path,
    call: { unit, start, end },
    name,
    value: text,
  })
  switch (claim.setting) {
    case 'workers':
      if (!isCall) return { reason: 'the dictionary has changed' }
      return change(`Load with ${value ?? 4} workers`, [keyword(claim.key, String(value ?? 4))])
    case 'precision':
      if (anchor !== 'optim_wrapper' || !isCall)
        return { reason: 'mixed precision is an assignment of its own here: fp16 = dict(loss_scale=…)' }
      if (value !== 'fp16-mixed' && value !== 'bf16-mixed')
        return { reason: 'only 16-bit formats are offered' }
      return change(`Train in ${value === 'bf16-mixed' ? 'bf16' : 'fp16'} (AmpOptimWrapper)`, [
        keyword('type', "'AmpOptimWrapper'"),
        keyword('dtype', value === 'bf16-mixed' ? "'bfloat16'" : "'float16'"),
      ])
    case 'findsUnused':
      return change('Do not look for unused parameters', [
        { kind: 'replace', path: facts.path, range: { unit, start, end }, text: 'False' },
      ])
    case 'kind':
      return change('Allow faster kernels', [
        { kind: 'replace', path: facts.path, range: { unit, start, end }, text: 'False' },
      ])
    default:
      return byHand(claim)
  }
}

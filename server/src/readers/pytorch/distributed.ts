/** How processes of PyTorch share the work: what carries gradients, when they are exchanged, who reads which data. */
import { nameFor } from '../../edit/imports.js'
import type { Change, Import, Refusal, Write } from '../../edit/write.js'
import type { Analysis } from '../../python/analysis.js'
import { isBackward, isOptimizerStep } from '../../python/effects.js'
import type { Call, Loop, PythonModule } from '../../python/module.js'
import type { Expr } from '../../syntax/python-ast.js'
import type { ClaimBuilder } from '../../workload/builder.js'
import type { Claim, Evidence } from '../../workload/claim.js'
import { byHand } from '../change-answer.js'
import { asBoolean, calleePlace, callSite, claimArgument, claimedCall } from '../claim-argument.js'
import { reached } from '../python/reached.js'
import { defineReader, type UnitFacts } from '../reader.js'
import { writeArgument } from '../write-argument.js'
import { codeText, trainsAnywhere } from './evidence.js'
import { callsIn } from './hot-code.js'
import { feedsOf } from './loader-use.js'
import { epochLoopOf } from './loop-facts.js'
import { isMeasurement } from './model-evidence.js'
import { stepEvidence } from './operations.js'
import { type Step, stepsOf } from './step-operations.js'

const wrappers = ['torch.nn.parallel.DistributedDataParallel', 'apex.parallel.DistributedDataParallel']
/** Each process trains on data of its own. */
const dataParallel = [
  ...wrappers,
  'torch.distributed.fsdp.',
  'horovod.torch.DistributedOptimizer',
  'horovod.torch.',
  'torch.distributed._composable.',
]
/** Libraries that hand each process its share by themselves, or split the model instead. */
const sharing = [
  'accelerate.',
  'lightning.',
  'transformers.Trainer',
  'deepspeed.',
  'megatron.',
  'composer.',
  'torch.distributed.tensor.',
  'torch.distributed.pipelining.',
  'torch.distributed.rpc.',
  'ray.train.',
  'ignite.distributed.',
  'webdataset.',
  'nvidia.dali.',
  'ffcv.',
]

export const pytorchDistributedReader = defineReader({
  name: 'pytorch-distributed',
  languages: ['python'],
  triggers: [
    'init_process_group',
    'DistributedDataParallel',
    'DDP',
    'DataLoader',
    'horovod',
    'fsdp',
    'FullyShardedDataParallel',
    'Fabric',
  ],
  read(facts, _context, claims) {
    const python = facts.python
    if (python === undefined || !trainsAnywhere(python)) return
    const evidence = stepEvidence(python)
    readBackend(python, evidence, claims)
    for (const call of python.callsTo(...wrappers)) readWrapper(python, call, evidence, claims)
    for (const call of python.callsTo(
      'accelerate.DistributedDataParallelKwargs',
      'accelerate.utils.DistributedDataParallelKwargs',
    ))
      readWrapper(python, call, evidence, claims)
    readAccumulation(python, evidence, claims)
    readLoaders(python, claims)
  },
  change: changeDistributed,
})

function readBackend(python: PythonModule, evidence: Evidence, claims: ClaimBuilder): void {
  // Messages between programs, not gradients.
  if (python.uses('torch.distributed.rpc.')) return
  const groups = python.callsTo('torch.distributed.init_process_group')
  const backends = groups.map((call) => python.argument(call, 'backend', 0))
  // With both in one file, the program chooses.
  const mixed = backends.some(
    (one) => one.state === 'given' && (one.folded.state === 'unknown' || one.folded.value !== 'gloo'),
  )
  groups.forEach((call, index) => {
    const given = backends[index]!
    const way = reached(python as Analysis, call.statement)
    if (mixed || given.state !== 'given' || way === 'no' || isExplained(python, call)) return
    // A program that can also do without a GPU starts like this for both.
    if (/\(\s*["']cpu["']\s*\)/.test(codeText(python))) return
    const group = claims.subject('Parallelism', given.span, call.function?.qualified ?? '', evidence)
    claimArgument(group, 'backend', 'backend', call, given, {
      convert: (value) => (typeof value === 'string' ? value : undefined),
      anchor: 'backend',
    })
  })
}

/** A comment in the call or beside it that speaks of the choice. */
function isExplained(python: PythonModule, call: Call): boolean {
  const { start, end } = call.statement
  const line = python.text.indexOf('\n', end)
  return python.tree.comments.some(
    (one) =>
      one.start >= start &&
      one.end <= (line < 0 ? python.text.length : line) &&
      /nccl|cpu|gloo/i.test(one.text),
  )
}

function readWrapper(python: PythonModule, call: Call, evidence: Evidence, claims: ClaimBuilder): void {
  const key = 'find_unused_parameters'
  const given = python.argument(call, key)
  if (given.state !== 'given') return
  const argument = call.expr.args.find((one) => one.name === key)
  const place = argument === undefined ? { ...given.span } : { start: argument.start, end: argument.end }
  const wrapper = claims.subject('Parallelism', place, call.function?.qualified ?? '', evidence)
  claimArgument(wrapper, 'findsUnused', key, call, given, { convert: asBoolean, anchor: 'unused' })
  const why = unusedBecause(python)
  if (why !== null) wrapper.known('unusedBecause', key, why, place)
}

/** Words of code in which parameters are often left out of a step. */
export function unusedBecause(python: PythonModule): string | null {
  const text = codeText(python)
  for (const [pattern, reason] of [
    [/layer_?drop|drop_?path|stochastic_depth/i, 'layer drop'],
    [/\bmoe\b|mixture_of_experts|num_experts|top_?k_?gat/i, 'experts'],
    [/discriminator|\bgan\b|netD|generator/i, 'adversarial training'],
    [/requires_grad\s*=\s*False|requires_grad_\(\s*False|freeze/i, 'frozen parameters'],
    [/multi_?task|multi_?head_?loss|task_?heads|aux(iliary)?_loss|aux_?head/i, 'several heads'],
    [/momentum_encoder|ema_model|teacher/i, 'a second model'],
    [/gradient_checkpoint|lora|adapter|peft/i, 'adapters or checkpoints'],
    [/modalit|vision_language|clip\b|multimodal/i, 'several modalities'],
  ] as const)
    if (pattern.test(text)) return reason
  return null
}

// Accumulation.

interface Accumulation {
  step: Step
  backward: Call
  /** Backward passes for one step of the optimiser; null: not known. */
  count: number | null
}

const exchanging =
  /no_sync|require_backward_grad_sync|\.accumulate\(|set_requires_gradient_sync|no_backward_sync|backward_passes_per_step|set_is_last_backward/

export function accumulations(python: PythonModule): Accumulation[] {
  const analysis = python as Analysis
  const fabric = fabricOfSeveral(python)
  if (!fabric && !python.uses(...wrappers, 'torch.distributed.fsdp.')) return []
  if (python.uses('accelerate.', 'deepspeed.', 'transformers.Trainer')) return []
  if (!fabric && python.uses('lightning.')) return []
  if (exchanging.test(codeText(python))) return []
  const around = [...python.importers, ...python.imported]
  if (around.some((module) => module.uses.some((use) => use === '.no_sync'))) return []
  const found: Accumulation[] = []
  for (const step of stepsOf(python)) {
    if (step.loop === null) continue
    let backward: { call: Call; guarded: boolean } | null = null
    let several = false
    const updates: { call: Call; guarded: boolean; test: Expr | null }[] = []
    for (const hot of step.code.statements)
      for (const expr of hot.expressions)
        for (const call of callsIn(analysis, expr)) {
          if (isBackward(call)) {
            if (backward !== null) several = true
            backward = { call, guarded: hot.guarded || hot.conditional }
          } else if (isOptimizerStep(analysis, call))
            updates.push({ call, guarded: hot.guarded, test: testAround(step.loop, call) })
        }
    if (backward === null || several || backward.guarded || updates.length === 0) continue
    const { call } = backward
    if (updates.every((one) => one.guarded)) {
      found.push({ step, backward: call, count: remainderOf(analysis, updates[0]!.test) })
      continue
    }
    const inner = call.loops.at(-1)
    // Micro-batches in a loop of their own, the step behind it.
    if (inner === undefined || inner === step.loop || updates.some((one) => one.call.loops.includes(inner)))
      continue
    if (!step.loop.node.body.some((one) => one.start <= inner.node.start && inner.node.end <= one.end))
      continue
    const { trips } = inner
    found.push({
      step,
      backward: call,
      count: trips.state === 'known' && typeof trips.value === 'number' ? trips.value : null,
    })
  }
  return found
}

/** Lightning Fabric that is told to use several processes. */
function fabricOfSeveral(python: PythonModule): boolean {
  return python.callsTo('lightning.fabric.Fabric').some((call) => {
    const devices = python.argument(call, 'devices', 2)
    const strategy = python.argument(call, 'strategy', 1)
    const value = (given: typeof devices) =>
      given.state === 'given' && given.folded.state === 'known' ? given.folded.value : null
    const count = value(devices)
    if ((typeof count === 'number' && count > 1) || (Array.isArray(count) && count.length > 1)) return true
    return /^(ddp|fsdp)/.test(String(value(strategy))) && count !== 1
  })
}

function testAround(loop: Loop, call: Call): Expr | null {
  let found: Expr | null = null
  const visit = (block: Loop['node']['body']): void => {
    for (const statement of block) {
      if (statement.start > call.expr.start || statement.end < call.expr.end) continue
      if (statement.type === 'if') {
        found = statement.test
        visit(statement.body)
        visit(statement.orelse)
      } else if (statement.type === 'for' || statement.type === 'while' || statement.type === 'with')
        visit(statement.body)
    }
  }
  visit(loop.node.body)
  return found
}

/** `8` of `(i + 1) % 8 == 0`. */
function remainderOf(analysis: Analysis, test: Expr | null): number | null {
  if (test === null || test.type !== 'binary') return null
  for (const side of [test.left, test.right]) {
    if (side.type === 'binary' && side.op === '%') {
      const value = analysis.fold(side.right)
      return value.state === 'known' && typeof value.value === 'number' ? value.value : null
    }
  }
  return remainderOf(analysis, test.left) ?? remainderOf(analysis, test.right)
}

function readAccumulation(python: PythonModule, evidence: Evidence, claims: ClaimBuilder): void {
  for (const { backward, count, step } of accumulations(python)) {
    if (count === 1) continue
    const place = callSite(backward)
    const site = { start: step.node.start, end: step.node.end, anchor: 'accumulation' }
    const parallel = claims.subject('Parallelism', place, backward.function?.qualified ?? '', evidence)
    const key = fabricOfSeveral(python) ? 'no_backward_sync' : 'no_sync'
    parallel.known('exchangesEach', key, true, place, { site })
    parallel.known('accumulation', key, count, place, { site })
  }
}

// Data.

const shares =
  /\[\s*\w*rank\w*\s*::|(?<!devices?|gpus?|ids)(?<=[\w)\]])\[\s*([\w.]+\.)?\w*rank\w*\s*\]|\.shard\(|tensor_split|split_dataset_by_node|split_by_(node|rank)|\brank\s*::|DistributedSampler|distributed_sampler|% *(args\.|self\.)?world_size|num_replicas|shard_by_rank|partition/i

const loaders = ['torch.utils.data.DataLoader', 'torch_geometric.loader.DataLoader']

function readLoaders(python: PythonModule, claims: ClaimBuilder): void {
  if (!sharesModel(python) || isMeasurement(python.path)) return
  for (const call of python.callsTo(...loaders)) {
    if (feedsOf(python, call) !== 'training') continue
    const { location } = { location: claims.locate(calleePlace(call)) }
    const id = `${claims.path}#InputPipeline@${location.cell ?? ''}:${location.start}`
    const pipeline = claims.extend('InputPipeline', id)
    const place = calleePlace(call)
    const site = callSite(call, 'sampler')
    const sampler = python.argument(call, 'sampler', 3)
    const batches = python.argument(call, 'batch_sampler', 4)
    if (sampler.state === 'absent' && batches.state === 'absent') {
      if (shares.test(codeText(python)))
        pipeline.unknown('sharded', 'sampler', 'data is divided elsewhere', place, { site })
      else pipeline.default('sharded', 'sampler', false, place, { site })
      const shuffle = python.argument(call, 'shuffle', 2)
      claimArgument(pipeline, 'shuffled', 'shuffle', call, shuffle, { convert: asBoolean, otherwise: false })
      continue
    }
    if (sampler.state !== 'given') continue
    const made = python.callOf(sampler.expr)
    if (
      made?.name !== 'torch.utils.data.distributed.DistributedSampler' &&
      made?.name !== 'torch.utils.data.DistributedSampler'
    )
      continue
    pipeline.known('sharded', 'sampler', true, { ...sampler.span }, { site })
    readOrder(python, call, made, claims, id)
  }
}

/** Processes that each hold the whole model, seen in this program and not looked after by a library. */
function sharesModel(python: PythonModule): boolean {
  if (!python.uses(...dataParallel) || python.uses(...sharing)) return false
  return python.uses(
    'torch.distributed.init_process_group',
    'horovod.torch.init',
    'horovod.',
    'torch.distributed.',
  )
}

/** `sampler.set_epoch(epoch)`: without it every epoch comes in the order of the first. */
function readOrder(
  python: PythonModule,
  loader: Call,
  sampler: Call,
  claims: ClaimBuilder,
  id: string,
): void {
  const shuffle = python.argument(sampler, 'shuffle', 3)
  if (shuffle.state === 'given' && (shuffle.folded.state === 'unknown' || shuffle.folded.value !== true))
    return
  const epochs = python.loops.some((one) => one.role === 'epoch')
  if (!epochs || python.uses('.set_epoch') || /set_epoch/.test(python.text)) return
  // Somebody else runs the epochs.
  if (!python.loops.some((one) => one.role === 'train' && epochLoopOf(python, one) !== null)) return
  const name = sampler.assignedTo
  if (name === null || loader.function !== sampler.function) return
  claims.extend('InputPipeline', id).known('reshuffled', 'set_epoch', false, calleePlace(sampler), {
    site: callSite(sampler, 'set_epoch'),
  })
}

// Changes.

function changeDistributed(claim: Claim, value: unknown, facts: UnitFacts): Change | Refusal {
  const { python, path, unit } = facts
  if (python === undefined) return { reason: 'the value comes from the launch' }
  if (claim.site.anchor === 'accumulation')
    return {
      reason: `put the backward passes before the last one of each step under ${claim.key === 'no_backward_sync' ? 'fabric.no_backward_sync(model)' : 'model.no_sync()'}`,
    }
  const call = claimedCall(python, claim.site)
  if (call === null) return { reason: 'the code is not in the file any more' }
  const range = { unit: unit.index, start: call.expr.start, end: call.expr.end }
  if (claim.setting === 'findsUnused') {
    const written = call.expr.args.find((one) => one.name === 'find_unused_parameters')
    if (written === undefined) return { reason: 'it is set in another place' }
    return {
      title: 'Remove find_unused_parameters',
      safety: 'unsafe',
      writes: [{ kind: 'remove keyword', path, call: range, name: 'find_unused_parameters' }],
      imports: [],
    }
  }
  if (claim.setting === 'backend') {
    const given = python.argument(call, 'backend', 0)
    const quote = given.state === 'given' && python.text[given.span.start] === "'" ? "'" : '"'
    const written = writeArgument(facts, call, 'backend', given, `${quote}${String(value)}${quote}`)
    return 'reason' in written
      ? written
      : { title: `Use the ${String(value)} backend`, safety: 'unsafe', writes: [written], imports: [] }
  }
  if (claim.setting === 'sharded') return addSampler(python, call, facts)
  if (claim.setting === 'reshuffled') return addEpoch(python, call, facts)
  return byHand(claim)
}

/** `sampler = DistributedSampler(data)` before the loader, and `set_epoch` at the start of each epoch. */
function addSampler(python: PythonModule, call: Call, facts: UnitFacts): Change | Refusal {
  const { path, unit } = facts
  const dataset = python.argument(call, 'dataset', 0)
  if (dataset.state !== 'given') return { reason: 'the data set of the loader cannot be read' }
  const shuffle = python.argument(call, 'shuffle', 2)
  if (shuffle.state === 'unknown' || (shuffle.state === 'given' && shuffle.folded.state === 'unknown'))
    return { reason: 'whether it shuffles cannot be read' }
  const positional = call.expr.args.filter((one) => one.name === null).length
  if (positional > 2) return { reason: 'its arguments are given by position' }
  const shuffled =
    shuffle.state === 'given' && shuffle.folded.state === 'known' && shuffle.folded.value === true
  const use = { path, unit: unit.index, offset: call.expr.start }
  const made = nameFor(python.tree, 'torch.utils.data.distributed', 'DistributedSampler', use)
  const data = python.text.slice(dataset.span.start, dataset.span.end)
  if (dataset.expr.type !== 'name' && dataset.expr.type !== 'attribute')
    return { reason: 'give the data set a name first' }
  const name = freeName(python, 'train_sampler')
  const range = { unit: unit.index, start: call.expr.start, end: call.expr.end }
  const writes: Write[] = [
    {
      kind: 'insert lines',
      path,
      where: 'before',
      statement: { unit: unit.index, start: call.statement.start, end: call.statement.end },
      lines: [`${name} = ${made.text}(${data}, shuffle=${shuffled ? 'True' : 'False'})`],
    },
    ...(shuffle.state === 'given'
      ? [{ kind: 'remove keyword', path, call: range, name: 'shuffle' } as const]
      : []),
    { kind: 'set keyword', path, call: range, name: 'sampler', value: name },
  ]
  const imports: Import[] = made.import === null ? [] : [made.import]
  const epoch = shuffled ? setEpoch(python, call, name, facts) : null
  if (epoch !== null) writes.push(epoch)
  const title = 'Give each process its share (DistributedSampler)'
  // The loop over epochs is out of reach: its order has to be drawn there.
  if (shuffled && epoch === null)
    return {
      title: `${title}, and call its set_epoch(epoch) in each epoch`,
      safety: 'display',
      writes,
      imports,
    }
  return { title, safety: 'unsafe', writes, imports }
}

function freeName(python: PythonModule, wanted: string): string {
  const taken = (name: string) => new RegExp(`\\b${name}\\b`).test(python.text)
  if (!taken(wanted)) return wanted
  for (let count = 2; ; count++) if (!taken(`${wanted}_${count}`)) return `${wanted}_${count}`
}

/** In the same function as the loader, where the sampler's name is known. */
function setEpoch(python: PythonModule, made: Call, name: string, facts: UnitFacts): Write | null {
  const loop = python.loops.find((one) => one.role === 'epoch' && one.function === made.function)
  if (loop === undefined || loop.node.type !== 'for' || loop.node.target.type !== 'name') return null
  const first = loop.node.body[0]
  if (first === undefined || loop.node.start < made.expr.end) return null
  return {
    kind: 'insert lines',
    path: facts.path,
    where: 'before',
    statement: { unit: facts.unit.index, start: first.start, end: first.end },
    lines: [`${name}.set_epoch(${loop.node.target.id})`],
  }
}

function addEpoch(python: PythonModule, sampler: Call, facts: UnitFacts): Change | Refusal {
  const name = sampler.assignedTo
  const write = name === null ? null : setEpoch(python, sampler, name, facts)
  if (write === null) return { reason: 'the epochs run in another function: call set_epoch there' }
  return {
    title: `Draw a new order for each epoch (${name}.set_epoch)`,
    safety: 'unsafe',
    writes: [write],
    imports: [],
  }
}

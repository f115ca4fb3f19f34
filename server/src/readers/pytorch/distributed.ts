/** How processes of PyTorch share the work: what carries gradients, when they are exchanged, who reads which data. */

import type { Call, PythonModule } from '../../python/module.js'
import type { Place } from '../../text/origin.js'
import {
  knownArgument,
  mayBePassed,
  passedCall,
  passedExpression,
  passedPlace,
} from '../../values/argument.js'
import { argumentValue } from '../../values/call-source.js'
import { convert } from '../../values/operations.js'
import { asBoolean, asNumber } from '../../values/parse.js'
import { calleePlace, callSite } from '../../values/places.js'
import { isGiven } from '../../values/value.js'
import type { ClaimBuilder, SubjectBuilder } from '../../workload/builder.js'
import type { Evidence } from '../../workload/claim.js'
import { claimArgument } from '../claim-argument.js'
import { idAt } from '../job-in-code.js'
import { reached } from '../python/reached.js'
import { defineReader } from '../reader.js'
import { accumulations, fabricOfSeveral, wrappers } from './accumulation.js'
import { changeDistributed } from './distributed-changes.js'
import { codeText, trainsAnywhere } from './evidence.js'
import { feedsOf } from './loader-use.js'
import { epochLoopOf } from './loop-facts.js'
import { isMeasurement } from './model-evidence.js'
import { stepEvidence } from './operations.js'

/** Each process trains on data of its own. */
const dataParallel = [
  ...wrappers,
  'torch.distributed.fsdp.',
  'horovod.torch.DistributedOptimizer',
  'horovod.torch.',
  'torch.distributed._composable.',
  'ray.train.torch.prepare_model',
  'ray.train.torch.train_loop_utils.prepare_model',
]
/** Ray hands each worker its share where it prepares the loader, or makes the batches itself. */
const sharedByRay = [
  'ray.train.torch.prepare_data_loader',
  'ray.train.torch.train_loop_utils.prepare_data_loader',
  'ray.train.get_dataset_shard',
  '.get_dataset_shard',
  'ray.train.lightning.',
  'ray.train.huggingface.',
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
  ...sharedByRay,
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
    'prepare_model',
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
  const mixed = backends.some((one) => passedExpression(one) !== null && knownArgument(one) !== 'gloo')
  groups.forEach((call, index) => {
    const given = backends[index]!
    const way = reached(python, call.statement)
    const place = passedPlace(given)
    if (mixed || place === null || way === 'no' || isExplained(python, call)) return
    // A program that can also do without a GPU starts like this for both.
    if (/\(\s*["']cpu["']\s*\)/.test(codeText(python))) return
    const group = claims.subject('Parallelism', place, call.function?.qualified ?? '', evidence)
    claimArgument(group, 'backend', 'backend', call, given, {
      convert: (value) => (typeof value === 'string' ? value : undefined),
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
  const at = passedPlace(given)
  if (at === null) return
  const argument = call.expr.args.find((one) => one.name === key)
  const place = argument === undefined ? at : { start: argument.start, end: argument.end }
  const wrapper = claims.subject('Parallelism', place, call.function?.qualified ?? '', evidence)
  claimArgument(wrapper, 'findsUnused', key, call, given, { convert: asBoolean })
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

function readAccumulation(python: PythonModule, evidence: Evidence, claims: ClaimBuilder): void {
  for (const { backward, count, step } of accumulations(python)) {
    if (count === 1) continue
    const place = callSite(backward)
    const site: Place = { start: step.node.start, end: step.node.end, target: { kind: 'step' } }
    const parallel = claims.subject('Parallelism', place, backward.function?.qualified ?? '', evidence)
    const key = fabricOfSeveral(python) ? 'no_backward_sync' : 'no_sync'
    parallel.known('exchangesEach', key, true, place, { site })
    parallel.known('accumulation', key, count, place, { site })
  }
}

const shares =
  /\[\s*\w*rank\w*\s*::|(?<!devices?|gpus?|ids)(?<=[\w)\]])\[\s*([\w.]+\.)?\w*rank\w*\s*\]|\.shard\(|tensor_split|split_dataset_by_node|split_by_(node|rank)|\brank\s*::|DistributedSampler|distributed_sampler|% *(args\.|self\.)?world_size|num_replicas|shard_by_rank|partition/i

const loaders = ['torch.utils.data.DataLoader', 'torch_geometric.loader.DataLoader']

function readLoaders(python: PythonModule, claims: ClaimBuilder): void {
  if (!sharesModel(python) || isMeasurement(python.path)) return
  for (const call of python.callsTo(...loaders)) {
    if (feedsOf(python, call) !== 'training') continue
    const id = idAt(claims, 'InputPipeline', calleePlace(call))
    const pipeline = claims.extend('InputPipeline', id)
    const place = calleePlace(call)
    const site = callSite(call)
    const sampler = python.argument(call, 'sampler', 3)
    const batches = python.argument(call, 'batch_sampler', 4)
    if (!mayBePassed(sampler) && !mayBePassed(batches)) {
      const looped = call.function !== null && python.outsideCalls(call.function).some((one) => one.looped)
      if (shares.test(codeText(python)))
        pipeline.unknown('sharded', 'sampler', 'data is divided elsewhere', place, { site })
      // Its data may be a part of what a loop goes through that is divided already.
      else if (looped)
        pipeline.unknown('sharded', 'sampler', 'it is made in a loop elsewhere', place, { site })
      else pipeline.default('sharded', 'sampler', false, place, { site })
      claimStarted(python, pipeline, place)
      const shuffle = python.argument(call, 'shuffle', 2)
      claimArgument(pipeline, 'shuffled', 'shuffle', call, shuffle, { convert: asBoolean, otherwise: false })
      continue
    }
    const made = passedCall(python, sampler)
    const at = passedPlace(sampler)
    const distributed = /^torch\.utils\.data\.(distributed\.)?DistributedSampler$/.test(made?.name ?? '')
    if (made === null || at === null || !distributed) continue
    pipeline.known('sharded', 'sampler', true, at, { site })
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
    'ray.train.torch.',
    // Another module sets the group up.
    'torch.utils.data.DistributedSampler',
    'torch.utils.data.distributed.DistributedSampler',
  )
}

/** What starts processes from within a program, and where it is told how many. */
const starters: { name: RegExp; count: string; position?: number }[] = [
  { name: /^torch\.multiprocessing\.spawn$/, count: 'nprocs', position: 2 },
  { name: /^(sparkdl\.|horovod\.spark\.)(\w+\.)*HorovodRunner$/, count: 'np', position: 0 },
  { name: /^pyspark\.ml\.torch\.distributor\.TorchDistributor$/, count: 'num_processes', position: 0 },
  { name: /^ray\.(train|air)\.(config\.)?ScalingConfig$/, count: 'num_workers' },
]

/** The launch starts one process, and that starts those which train. */
function claimStarted(python: PythonModule, pipeline: SubjectBuilder<'InputPipeline'>, loader: Place): void {
  const found = python.calls.flatMap((call) => {
    const starter = starters.find(({ name }) => name.test(call.name ?? ''))
    return starter === undefined ? [] : [{ call, starter }]
  })
  const [first, ...others] = found
  if (first === undefined) {
    if (python.uses('ray.train.torch.', 'sparkdl.'))
      pipeline.unknown('madeBy', 'processes', 'another module starts them', loader)
    return
  }
  const { call, starter } = first
  const { count: key, position } = starter
  const argument = python.argument(call, key, position)
  const given = argumentValue(argument, calleePlace(call), callSite(call), pipeline.locator)
  // HorovodRunner(np=-4) trains with four processes on the driver.
  const count = convert(given, (value) => {
    const number = asNumber(value)
    return number === undefined || number === 0 ? undefined : Math.abs(number)
  })
  if (others.length > 0 || !isGiven(count))
    pipeline.unknown('madeBy', key, 'several starters', calleePlace(call))
  else pipeline.say('madeBy', key, count)
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
  if (passedExpression(shuffle) !== null && knownArgument(shuffle) !== true) return
  if (python.uses('.set_epoch') || /set_epoch/.test(python.code) || !runsEpochs(python)) return
  if (loader.function !== sampler.function) return
  claims.extend('InputPipeline', id).known('reshuffled', 'set_epoch', false, calleePlace(sampler), {
    site: callSite(sampler),
  })
}

/** The epochs run here, or in modules that take the loader and none of which gives a sampler its epoch. */
function runsEpochs(python: PythonModule): boolean {
  if (python.loops.some((one) => one.role === 'train' && epochLoopOf(python, one) !== null)) return true
  const users = [...python.importers, ...python.programs]
  return (
    users.some(({ epochs }) => epochs?.some(({ value }) => value > 1) === true) &&
    !users.some(({ uses }) => uses.some((one) => /(^|\.)set_epoch$/.test(one)))
  )
}

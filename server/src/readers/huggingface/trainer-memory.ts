/** What decides how much memory a Trainer needs: model, batch, length, optimiser, adapters, what is shared or recomputed. */

import { model as known } from '../../catalog/models.js'
import type { ArgumentValue, Call, PythonModule } from '../../python/module.js'
import { configuredAt } from '../../text/configured.js'
import type { Json } from '../../text/json.js'
import { lookUp } from '../../text/records.js'
import { asBoolean, asNumber } from '../../values/parse.js'
import { calleePlace, callSite } from '../../values/places.js'
import type { Place, SubjectBuilder } from '../../workload/builder.js'
import type { TrainingSettings } from '../../workload/words.js'
import { claimArgument, claimFolded } from '../claim-argument.js'
import { sourceOf } from '../deepspeed/configuration.js'
import type { ReaderContext } from '../reader.js'
import { sizeOfModel } from './model-sizes.js'
import { optimizerWords } from './optimizer-words.js'
import { sequenceLength } from './sequence-length.js'
import { claimModel, type TrainedModel, trainedModel } from './trained-model.js'
import { type Trainers, trainerName } from './trainers.js'
import { field, type TrainerArguments } from './training-arguments.js'
import { adaptersOf, switchesCheckpointing, weightBits } from './weight-bits.js'
import { transformersVersion } from './weights.js'

type Training = SubjectBuilder<'Training'>

export function readMemory(
  python: PythonModule,
  made: TrainerArguments,
  trainers: Trainers,
  context: ReaderContext,
  training: Training,
): void {
  const kind = kindOf(python, made, trainers)
  const place = calleePlace(made.call)
  const site = callSite(made.call, made.parsed ? 'parsed' : 'arguments')
  const argument = (key: string) => field(python, made, key, context.binding)
  const anchor = made.parsed ? 'parsed' : 'arguments'
  const found = modelOf(python, trainers)
  if (found === null || 'because' in found)
    training.unknown('model', 'model', found?.because ?? 'the model of another module', place, { site })
  else {
    claimModel(training, found, found.loads[0] === undefined ? site : callSite(found.loads[0], 'load'))
    readWeights(python, found, context, training)
    // A Trainer that is handed a name loads pretrained weights.
    if (found.loads.length === 0) training.known('fineTuning', 'model', true, found.place)
  }
  readAdapters(python, trainers, training, place)

  const finds = argument('auto_find_batch_size')
  const several = python.uses('torch.nn.DataParallel')
  if (kind === 'other' || (finds.state !== 'absent' && !isFalse(finds)) || several)
    training.unknown('batchSize', 'per_device_train_batch_size', 'how a batch is made up', place, { site })
  else
    claimArgument(
      training,
      'batchSize',
      'per_device_train_batch_size',
      made.call,
      argument('per_device_train_batch_size'),
      { convert: asNumber, otherwise: 8, anchor },
    )
  claimArgument(
    training,
    'accumulation',
    'gradient_accumulation_steps',
    made.call,
    argument('gradient_accumulation_steps'),
    { convert: asNumber, otherwise: 1, anchor },
  )
  readOptimizer(python, made, trainers, argument('optim'), training, place, site)
  readLength(python, made, trainers, kind, argument, training, place)
  readCheckpointing(python, made, argument('gradient_checkpointing'), training, place, site)
  readSharding(python, made, context, argument, training, place, site)
  readAttention(python, found !== null && 'id' in found ? found.loads : [], context, training, place, site)
}

/** Plain fine-tuning takes one sample for one text; preference and policy training take pairs, or write texts first. */
function kindOf(python: PythonModule, made: TrainerArguments, trainers: Trainers): 'plain' | 'sft' | 'other' {
  const names = trainers.calls.map((call) => trainerName(python, call) ?? '')
  if (names.length > 0 && names.every((name) => /^transformers\./.test(name))) return 'plain'
  if (names.length > 0 && names.every((name) => /\.SFTTrainer$/.test(name))) return 'sft'
  return names.length === 0 && !made.family.halfByDefault ? 'plain' : 'other'
}

function isFalse(argument: ArgumentValue): boolean {
  return argument.state === 'given' && argument.folded.state === 'known' && !argument.folded.value
}

/** What the Trainer is handed, or the only model of the module. */
function modelOf(python: PythonModule, trainers: Trainers): ReturnType<typeof trainedModel> {
  const [trainer] = trainers.calls
  if (trainer !== undefined) {
    const given = python.argument(trainer, 'model', 0)
    if (given.state === 'given' && given.folded.state === 'known' && typeof given.folded.value === 'string') {
      const id = given.folded.value
      const byName: TrainedModel = {
        id,
        parameters: known(id)?.parameters ?? sizeOfModel(id),
        place: { ...given.span },
        folded: given.folded,
        loads: [],
        library: 'transformers',
        languageHead: true,
      }
      return byName
    }
  }
  return trainedModel(python)
}

function readWeights(
  python: PythonModule,
  found: TrainedModel,
  context: ReaderContext,
  training: Training,
): void {
  const major = transformersVersion(python, context.versions)?.major ?? null
  const key = 'torch_dtype'
  const results = found.loads.map((load) => weightBits(python, load, found.id, major))
  const [first] = results
  if (first === undefined) {
    // A Trainer that loads the model itself.
    const stored = known(found.id)?.shape?.stored
    if (stored === 32) training.default('weightBits', key, 32, found.place)
    else training.unknown('weightBits', key, 'how the Trainer loads the model', found.place)
    return
  }
  const bits = 'bits' in first ? first.bits : null
  if (!('bits' in first) || results.some((one) => !('bits' in one) || one.bits !== bits)) {
    const because = results.find((one): one is { because: string } => 'because' in one)?.because
    training.unknown('weightBits', key, because ?? 'several formats', found.place)
  } else training.known('weightBits', first.key, first.bits, calleePlace(first.call))
}

function readAdapters(python: PythonModule, trainers: Trainers, training: Training, place: Place): void {
  const [trainer] = trainers.calls
  const handed: ArgumentValue =
    trainer === undefined ? { state: 'absent' } : python.argument(trainer, 'peft_config')
  const result = adaptersOf(python, handed)
  const site = callSite(trainer ?? python.calls[0]!, 'trainer')
  if ('because' in result) training.unknown('adapters', 'peft_config', result.because, place, { site })
  else if (result.call === null)
    training.default('adapters', result.key, null, trainer === undefined ? place : calleePlace(trainer), {
      site,
    })
  else training.known('adapters', result.key, result.adapters, calleePlace(result.call), { site })
}

function readOptimizer(
  python: PythonModule,
  made: TrainerArguments,
  trainers: Trainers,
  optim: ArgumentValue,
  training: Training,
  place: Place,
  site: Place,
): void {
  const key = 'optim'
  const own = trainers.calls.some((call) => {
    const given = python.argument(call, 'optimizers')
    return (
      given.state !== 'absent' && !(given.state === 'given' && /^\(\s*None/.test(textOf(python, given.expr)))
    )
  })
  // A Trainer of the project may make its own.
  if (own || /def create_optimizer\b/.test(python.text)) {
    training.unknown('optimizer', key, 'an optimiser of the program', place, { site })
    return
  }
  claimArgument(training, 'optimizer', key, made.call, optim, {
    convert: (value) => (typeof value === 'string' ? lookUp(optimizerWords, value) : undefined),
    otherwise: 'adamw',
    anchor: made.parsed ? 'parsed' : 'arguments',
  })
}

function textOf(python: PythonModule, node: { start: number; end: number }): string {
  return python.text.slice(node.start, node.end)
}

function readLength(
  python: PythonModule,
  made: TrainerArguments,
  trainers: Trainers,
  kind: 'plain' | 'sft' | 'other',
  argument: (key: string) => ArgumentValue,
  training: Training,
  place: Place,
): void {
  if (kind === 'sft') {
    const carriers: [string, Call, ArgumentValue][] = []
    for (const key of ['max_length', 'max_seq_length']) {
      carriers.push([key, made.call, argument(key)])
      for (const call of trainers.calls) carriers.push([key, call, python.argument(call, key)])
    }
    const given = carriers.find(([, , value]) => value.state !== 'absent')
    const [key, call, value] = given ?? (['max_length', made.call, { state: 'absent' }] as const)
    claimArgument(training, 'sequenceLength', key, call, value, { convert: asNumber, otherwise: 1024 })
    return
  }
  const found = sequenceLength(python)
  const key = 'max_length'
  if (found === null || 'because' in found)
    training.unknown('sequenceLength', key, found?.because ?? 'texts are prepared elsewhere', place)
  else if (found.length === null) {
    // Cut at the longest that the model takes.
    const model = trainedModel(python)
    const positions = model !== null && 'id' in model ? known(model.id)?.shape?.positions : undefined
    if (positions === undefined || positions > 1024)
      training.unknown('sequenceLength', found.key, 'the longest text that the model takes', found.place)
    else training.default('sequenceLength', found.key, positions, found.place)
  } else claimFolded(training, 'sequenceLength', found.key, found.folded, found.place, asNumber)
}

function readCheckpointing(
  python: PythonModule,
  made: TrainerArguments,
  argument: ArgumentValue,
  training: Training,
  place: Place,
  site: Place,
): void {
  const key = 'gradient_checkpointing'
  const switched = switchesCheckpointing(python)
  if (argument.state === 'absent' && switched !== false) {
    if (switched === null) training.unknown('checkpointing', key, 'the code of the model', place, { site })
    else {
      const call = python.calls.find((one) => /gradient_checkpointing_enable|kbit_training/.test(one.method))!
      training.known('checkpointing', call.method, true, calleePlace(call), {
        site: callSite(call, 'enable'),
      })
    }
    return
  }
  claimArgument(training, 'checkpointing', key, made.call, argument, {
    convert: asBoolean,
    // TRL recomputes activations unless it is told not to.
    otherwise: made.family.halfByDefault,
    anchor: made.parsed ? 'parsed' : 'arguments',
  })
}

// Sharing.

function readSharding(
  python: PythonModule,
  made: TrainerArguments,
  context: ReaderContext,
  argument: (key: string) => ArgumentValue,
  training: Training,
  place: Place,
  site: Place,
): void {
  const key = 'deepspeed'
  const unknown = (because: string) => training.unknown('sharding', key, because, place, { site })
  const deepspeed = argument('deepspeed')
  if (deepspeed.state !== 'absent' && !isFalse(deepspeed)) {
    const sharding =
      deepspeed.state === 'given' && deepspeed.expr !== made.call.expr ? zero(python, deepspeed) : undefined
    if (sharding === undefined) unknown('the DeepSpeed configuration')
    else
      training.known('sharding', key, sharding, deepspeed.state === 'given' ? { ...deepspeed.span } : place, {
        site,
      })
    return
  }
  const fsdp = argument('fsdp')
  if (fsdp.state !== 'absent' && !isFalse(fsdp)) {
    const words = fsdp.state === 'given' && fsdp.folded.state === 'known' ? String(fsdp.folded.value) : null
    const stage =
      words === null ? null : /full_shard|True/.test(words) ? 3 : /shard_grad_op/.test(words) ? 2 : null
    if (stage === null || words === null) unknown('the FSDP configuration')
    else {
      const offload = /offload/.test(words)
      training.known(
        'sharding',
        'fsdp',
        { kind: 'fsdp', stage, offload: { optimizer: offload, parameters: offload } },
        place,
        { site },
      )
    }
    return
  }
  const { binding } = context
  // The launcher brings states to share from a file or flags of its own.
  const launched =
    binding !== null &&
    (binding.launch.launcher.startsWith('deepspeed') ||
      (binding.launch.launcher.startsWith('accelerate') &&
        (binding.launch.files.length > 0 ||
          Object.keys(binding.launch.launcherFlags).some((flag) => /deepspeed|fsdp|zero/.test(flag)))))
  const file = binding?.settings.find((one) => one.setting === 'sharding')
  const flags = Object.keys(binding?.launch.launcherFlags ?? {})
  if (launched && file?.state === 'known' && !flags.some((flag) => /deepspeed|fsdp|zero/.test(flag)))
    training.known('sharding', file.key, file.value as TrainingSettings['sharding'], place, {
      site,
      channel: 'named file',
      location: file.location,
    })
  else if (launched) unknown('the configuration of the launch')
  // Without a launch line in the project, a launcher may bring it.
  else training.default('sharding', key, null, place, { site, overridable: binding === null })
}

/** Undefined: it cannot be read. */
function zero(
  python: PythonModule,
  given: ArgumentValue & { state: 'given' },
): TrainingSettings['sharding'] | undefined {
  const source = sourceOf(python, given.expr)
  if (source.kind === 'unknown') return undefined
  const value = (...keys: string[]): Json | undefined => {
    if (source.kind === 'file') {
      const node = configuredAt(source.root, ...keys)
      return node === undefined ? null : node.kind === 'scalar' ? node.value : undefined
    }
    let dictionary = source.dictionary
    for (const [index, key] of keys.entries()) {
      const entry = python.entry(dictionary, key)
      if (entry.state === 'absent') return null
      if (entry.state === 'unknown') return undefined
      if (index === keys.length - 1) return entry.folded.state === 'known' ? entry.folded.value : undefined
      dictionary = entry.expr
    }
    return undefined
  }
  const stage = value('zero_optimization', 'stage')
  if (stage === null || stage === 0) return null
  if (stage !== 1 && stage !== 2 && stage !== 3) return undefined
  const device = (section: string) => value('zero_optimization', section, 'device')
  const optimizer = device('offload_optimizer')
  const parameters = device('offload_param')
  const old = value('zero_optimization', 'cpu_offload')
  if (optimizer === undefined || parameters === undefined) return undefined
  const on = (where: Json) => where === 'cpu' || where === 'nvme'
  return {
    kind: 'deepspeed',
    stage,
    offload: { optimizer: on(optimizer) || old === true, parameters: on(parameters) },
  }
}

function readAttention(
  python: PythonModule,
  loads: Call[],
  context: ReaderContext,
  training: Training,
  place: Place,
  site: Place,
): void {
  const key = 'attn_implementation'
  for (const load of loads) {
    const given = python.argument(load, key)
    const value = given.state === 'given' && given.folded.state === 'known' ? given.folded.value : null
    if (given.state !== 'given' || typeof value !== 'string') continue
    const kind = value === 'eager' ? 'eager' : /^flash_attention_[23]$/.test(value) ? 'flash' : 'fused'
    training.known('attention', key, kind, { ...given.span }, { site: callSite(load, 'attention') })
    return
  }
  const pinned = context.versions['transformers==']
  const version = transformersVersion(python, pinned === undefined ? {} : { transformers: pinned })
  // Fused attention came with 4.36.
  const old = version !== null && version.major === 4 && version.minor > 0 && version.minor < 36
  training.default('attention', key, old ? 'eager' : 'fused', place, { site })
}

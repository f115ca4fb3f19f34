/** What decides how much memory a Trainer needs: model, batch, length, optimiser, adapters, what is shared or recomputed. */

import { model as known } from '../../catalog/models.js'
import type { ArgumentValue, Call, PythonModule } from '../../python/module.js'
import type { Json } from '../../text/json.js'
import { isLeftOut, mayBePassed, passedExpression } from '../../values/argument.js'
import { CallSource } from '../../values/call-source.js'
import { convert, firstKeyed, type Keyed, orDefault, stated, unreadable } from '../../values/operations.js'
import { asNumber } from '../../values/parse.js'
import { calleePlace, callSite } from '../../values/places.js'
import { effective, isGiven } from '../../values/value.js'
import type { Place, SubjectBuilder } from '../../workload/builder.js'
import type { TrainingSettings } from '../../workload/resource-kinds.js'
import { claimFolded } from '../claim-argument.js'
import { lookInto, sharingOf } from '../deepspeed/sharing.js'
import type { ReaderContext } from '../reader.js'
import type { ArgumentsSource } from './arguments-source.js'
import { checkpointingBy } from './checkpointing.js'

import { deepspeedSource } from './deepspeed-argument.js'
import { modelElsewhere } from './loads-elsewhere.js'
import { sizeOfModel } from './model-sizes.js'
import { claimLength, sequenceLength } from './sequence-length.js'
import { claimModel, nameIn, type TrainedModel, trainedModel } from './trained-model.js'
import { trainerSettings, trlSettings } from './trainer-settings.js'
import { type Trainers, trainerName } from './trainers.js'
import type { TrainerArguments } from './training-arguments.js'
import { type AdaptersResult, adaptersOf, weightBits } from './weight-bits.js'
import { transformersVersion } from './weights.js'

type Training = SubjectBuilder<'Training'>

export function readMemory(
  source: ArgumentsSource,
  trainers: Trainers,
  context: ReaderContext,
  training: Training,
): void {
  const { python, made, place, site } = source
  const kind = kindOf(python, made, trainers)
  const found = modelOf(python, trainers)
  if (found === null || 'because' in found)
    training.unknown('model', 'model', found?.because ?? 'the model of another module', place, { site })
  else {
    claimModel(training, found, found.loads[0] === undefined ? site : callSite(found.loads[0]))
    readWeights(python, found, context, training)
    // A Trainer that is handed a name loads pretrained weights.
    if (found.loads.length === 0) training.known('fineTuning', 'model', true, found.place)
  }
  readAdapters(
    python,
    trainers,
    found !== null && 'id' in found ? (found.elsewhere ?? []) : [],
    training,
    place,
  )

  const searched = effective(orDefault(source.get('auto_find_batch_size'), false))
  if (kind === 'other' || isOn(searched) || python.uses('torch.nn.DataParallel'))
    training.unknown('batchSize', 'per_device_train_batch_size', 'how a batch is made up', place, { site })
  else trainerSettings.claim(training, source, {}, ['batchSize'])
  trainerSettings.claim(training, source, {}, ['accumulation'])
  readOptimizer(source, trainers, training)
  readLength(source, trainers, kind, training)
  readCheckpointing(source, context, training)
  readSharding(source, training)
  readAttention(python, found !== null && 'id' in found ? found.loads : [], context, training, place, site)
}

/** What cannot be read may be on. */
const isOn = (value: Json | undefined): boolean => value === undefined || Boolean(value)

/** Plain fine-tuning takes one sample for one text; preference and policy training take pairs, or write texts first. */
function kindOf(python: PythonModule, made: TrainerArguments, trainers: Trainers): 'plain' | 'sft' | 'other' {
  const names = trainers.calls.map((call) => trainerName(python, call) ?? '')
  if (names.length > 0 && names.every((name) => /^transformers\./.test(name))) return 'plain'
  if (names.length > 0 && names.every((name) => /\.SFTTrainer$/.test(name))) return 'sft'
  return names.length === 0 && !made.family.trl ? 'plain' : 'other'
}

/** What the Trainer is handed, or the only model of the module. */
function modelOf(python: PythonModule, trainers: Trainers): ReturnType<typeof trainedModel> {
  const [trainer] = trainers.calls
  if (trainer !== undefined) {
    const name = nameIn(python.argument(trainer, 'model', 0))
    if (name !== null)
      return {
        ...name,
        parameters: known(name.id)?.parameters ?? sizeOfModel(name.id),
        loads: [],
        library: 'transformers',
        languageHead: true,
      }
  }
  return trainedModel(python) ?? modelElsewhere(python)
}

function readWeights(
  python: PythonModule,
  found: TrainedModel,
  context: ReaderContext,
  training: Training,
): void {
  const major = transformersVersion(python, context.versions)?.major ?? null
  const key = 'torch_dtype'
  const loads = found.elsewhere ?? found.loads.map((load) => ({ load, python }))
  const results = loads.map(({ load, python: there }) => weightBits(there, load, found.id, major))
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
  } else
    training.known(
      'weightBits',
      first.key,
      first.bits,
      found.elsewhere === undefined ? calleePlace(first.call) : found.place,
    )
}

function readAdapters(
  python: PythonModule,
  trainers: Trainers,
  elsewhere: readonly { python: PythonModule }[],
  training: Training,
  place: Place,
): void {
  const [trainer] = trainers.calls
  const handed: ArgumentValue =
    trainer === undefined ? { state: 'absent' } : python.argument(trainer, 'peft_config')
  const own = adaptersOf(python, handed)
  // What loads the model may put adapters on it as well.
  const wrapped = isLeftOut(handed) ? adaptersOfLoads(elsewhere) : null
  const result = wrapped ?? own
  const site = callSite(
    trainer ?? python.calls[0]!,
    trainer === undefined ? undefined : { kind: 'call', role: 'trainer' },
  )
  if ('because' in result) training.unknown('adapters', 'peft_config', result.because, place, { site })
  else if (result.call === null)
    training.default('adapters', result.key, null, trainer === undefined ? place : calleePlace(trainer), {
      site,
      overridable: result.overridable === true,
    })
  else
    training.known(
      'adapters',
      result.key,
      result.adapters,
      wrapped === null ? calleePlace(result.call) : place,
      { site },
    )
}

/** Null: the modules that load the model put no adapters on it. */
function adaptersOfLoads(elsewhere: readonly { python: PythonModule }[]): AdaptersResult | null {
  const modules = [...new Set(elsewhere.map(({ python }) => python))]
  const results = modules.map((python) => adaptersOf(python, { state: 'absent' }))
  return results.find((one) => 'because' in one || one.call !== null) ?? null
}

function readOptimizer(source: ArgumentsSource, trainers: Trainers, training: Training): void {
  const { python, place, site } = source
  const own = trainers.calls.some((call) => {
    const given = python.argument(call, 'optimizers')
    const expr = passedExpression(given)
    return expr === null ? mayBePassed(given) : !/^\(\s*None/.test(textOf(python, expr))
  })
  // A Trainer of the project may make its own.
  if (own || /def create_optimizer\b/.test(python.code))
    training.unknown('optimizer', 'optim', 'an optimiser of the program', place, { site })
  else trainerSettings.claim(training, source, {}, ['optimizer'])
}

function textOf(python: PythonModule, node: { start: number; end: number }): string {
  return python.text.slice(node.start, node.end)
}

function readLength(
  source: ArgumentsSource,
  trainers: Trainers,
  kind: 'plain' | 'sft' | 'other',
  training: Training,
): void {
  const { python, place, locator } = source
  if (kind === 'sft') {
    const carriers = [source, ...trainers.calls.map((call) => new CallSource(python, call, locator))]
    const [first, ...others] = ['max_length', 'max_seq_length'].flatMap((key) =>
      carriers.map((one): Keyed<Json> => ({ key, value: one.get(key) })),
    )
    const { key, value } = firstKeyed(first!, ...others)
    // Texts that the program itself has cut shorter stay so.
    const cut = isGiven(value) ? null : sequenceLength(python)
    if (cut !== null && !('because' in cut) && cut.length !== null && cut.length < 1024)
      claimFolded(training, 'sequenceLength', cut.key, cut.folded, cut.place, asNumber)
    else training.say('sequenceLength', key, orDefault(convert(value, asNumber), 1024))
    return
  }
  const model = trainedModel(python) ?? modelElsewhere(python)
  const positions = model !== null && 'id' in model ? known(model.id)?.shape?.positions : undefined
  claimLength(python, training, positions, place)
}

function readCheckpointing(source: ArgumentsSource, context: ReaderContext, training: Training): void {
  const { python, made, place, site, locator } = source
  const table = made.family.trl ? trlSettings : trainerSettings
  const { key, value: read } = table.read('checkpointing', source, context.versions)
  const value = orDefault(read, false)
  // Off in the arguments, it stays on where the model itself was told.
  const off = effective(value) === false
  if (isGiven(source.get('gradient_checkpointing')) && !off) training.say('checkpointing', key, value)
  else {
    const switched = checkpointingBy(python, { locator, place, site }, value)
    training.say('checkpointing', switched.value === value ? key : switched.key, switched.value)
  }
}

// Sharing.

type Sharding = TrainingSettings['sharding']

function readSharding(source: ArgumentsSource, training: Training): void {
  const { python, binding, place, site, locator } = source
  const key = 'deepspeed'
  const deepspeed = source.get(key)
  if (isGiven(deepspeed) && isOn(effective(deepspeed))) {
    const look = lookInto(python, deepspeedSource(source, effective(deepspeed)), locator, site)
    const sharding = look === null ? undefined : sharingOf(look)
    const because = 'the DeepSpeed configuration'
    training.say(
      'sharding',
      key,
      sharding === undefined ? unreadable(deepspeed, because) : stated(deepspeed, sharding),
    )
    return
  }
  const fsdp = source.get('fsdp')
  if (isGiven(fsdp) && isOn(effective(fsdp))) {
    training.say('sharding', 'fsdp', convert(fsdp, fullyShared, 'the FSDP configuration'))
    return
  }
  // The launcher brings states to share from a file or flags of its own.
  const flags = Object.keys(binding?.launch.launcherFlags ?? {})
  const flagged = flags.some((flag) => /deepspeed|fsdp|zero/.test(flag))
  const launched =
    binding !== null &&
    (binding.launch.launcher.startsWith('deepspeed') ||
      (binding.launch.launcher.startsWith('accelerate') && (binding.launch.files.length > 0 || flagged)))
  const file = binding?.settings.find((one) => one.setting === 'sharding')
  const inFile = effective(file)
  if (launched && file !== undefined && inFile !== undefined && !flagged)
    training.known('sharding', file.key, inFile as Sharding, place, {
      site,
      channel: 'named file',
      location: file.location,
    })
  else if (launched) training.unknown('sharding', key, 'the configuration of the launch', place, { site })
  // Without a launch line in the project, a launcher may bring it.
  else training.default('sharding', key, null, place, { site, overridable: binding === null })
}

/** Words of `fsdp`. */
function fullyShared(value: Json): Sharding | undefined {
  const words = value === true ? 'full_shard' : String(value)
  const stage = /full_shard/.test(words) ? 3 : /shard_grad_op/.test(words) ? 2 : null
  const offload = /offload/.test(words)
  return stage === null
    ? undefined
    : { kind: 'fsdp', stage, offload: { optimizer: offload, parameters: offload } }
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
    const given = new CallSource(python, load, training.locator).get(key)
    if (typeof effective(given) !== 'string') continue
    training.say('attention', key, convert(given, attentionOf))
    return
  }
  const pinned = context.versions['transformers==']
  const version = transformersVersion(python, pinned === undefined ? {} : { transformers: pinned })
  // Fused attention came with 4.36.
  const old = version !== null && version.major === 4 && version.minor > 0 && version.minor < 36
  training.default('attention', key, old ? 'eager' : 'fused', place, { site })
}

const attentionOf = (name: Json): TrainingSettings['attention'] =>
  name === 'eager' ? 'eager' : /^flash_attention_[23]$/.test(String(name)) ? 'flash' : 'fused'

import { convert, firstGiven, orDefault, stated } from '../../values/operations.js'
import { asBoolean, asNumber } from '../../values/parse.js'
import { effective, isGiven } from '../../values/value.js'
import type { SubjectBuilder } from '../../workload/builder.js'
import type { TrainingSettings } from '../../workload/resource-kinds.js'
import { llamafactorySettings } from '../framework-configs/llamafactory.js'
import { trainerSettings } from '../huggingface/trainer-settings.js'
import { settingTable } from '../setting-table.js'
import { claimDataset } from './data.js'
import { switchedFormat } from './formats.js'
import type { LaunchSource } from './launch-source.js'
import { claimModel } from './model.js'
import type { PublishedScript } from './published-script.js'
import { isToldToTrain } from './transformers.js'

export const megatronSettings = settingTable('Training', {
  maxSteps: { keys: ['train-iters'], parse: asNumber },
  batchSize: { keys: ['micro-batch-size'], parse: asNumber, write: (size) => size },
  sequenceLength: { keys: ['seq-length'], parse: asNumber },
  saves: { keys: ['save'], parse: () => 'while it runs' as const, otherwise: 'never' },
  resumable: { keys: ['load'], parse: () => true, otherwise: false },
})

export const languageModelScripts: readonly PublishedScript[] = [
  {
    named: /^(trl\.scripts\.)?(sft|dpo|kto|orpo|cpo|grpo|rloo|reward|reward_modeling|online_dpo|gkd)(\.py)?$/,
    within: /^trl\.scripts\.|(^|\/)(trl|examples)\/scripts\//,
    known: ['model_name_or_path'],
    read(source, training, around) {
      trainerSettings.claim(
        training,
        source,
        {},
        trainerSettings.settings.filter((setting) => setting !== 'checkpointing'),
      )
      // What is left out differs from version to version.
      const checkpointing = convert(source.get('gradient_checkpointing'), asBoolean)
      if (isGiven(checkpointing)) training.say('checkpointing', 'gradient_checkpointing', checkpointing)
      readModel(source, training)
      const lora = convert(orDefault(source.get('use_peft'), false), asBoolean)
      const rank = effective(orDefault(source.number('lora_r'), 16)) ?? 16
      training.say(
        'adapters',
        'use_peft',
        convert(lora, (on) => (on ? { rank, targets: 'attention' } : null)),
      )
      readFormat(source, training)
      claimDataset(source, source.text('dataset_name'), around)
    },
  },
  {
    named: /^(train_bash\.py|train\.py|llamafactory\.cli)$/,
    within: /(^|\/)train_bash\.py$|(^|\/)src\/train\.py$|^llamafactory\.cli$/,
    known: ['finetuning_type', 'dataset', 'template'],
    trains: isToldToTrain,
    read(source, training) {
      const kind = orDefault(source.text('finetuning_type'), 'lora')
      llamafactorySettings.claim(training, source)
      readModel(source, training)
      const rank = effective(orDefault(source.number('lora_rank'), 8)) ?? 8
      training.say(
        'adapters',
        'finetuning_type',
        convert(kind, (word): TrainingSettings['adapters'] | undefined =>
          word === 'lora' ? { rank, targets: 'attention' } : word === 'full' ? null : undefined,
        ),
      )
      readFormat(source, training)
    },
  },
  {
    named: /^pretrain_(gpt|bert|t5|llama|mamba)\.py$/,
    known: ['num-layers'],
    read(source, training) {
      megatronSettings.claim(training, source)
      training.known('languageHead', 'pretrain', true, source.place, { location: source.launch.location })
      const layers = effective(source.number('num-layers'))
      const width = source.number('hidden-size')
      // Attention and a block of four times the width: twelve squares of it for each layer.
      if (layers !== undefined)
        training.say(
          'parameters',
          'hidden-size',
          convert(width, (size) => 12 * layers * size * size),
        )
      claimSwitched(source, training)
      claimIntervals(source, training)
    },
  },
]

/** It saves and evaluates by iterations, and takes no checkpoint away again. Source: Megatron-LM, megatron/training/arguments.py. */
function claimIntervals(source: LaunchSource, training: SubjectBuilder<'Training'>): void {
  const { place } = source
  const at = { location: source.launch.location }
  const every = effective(source.number('save-interval'))
  const all = effective(source.number('train-iters'))
  if (source.has('save') && every !== undefined && every >= 1) {
    training.known('savedEvery', 'save-interval', { count: every, unit: 'steps' }, place, at)
    training.say('keptCheckpoints', 'save-interval', stated(source.get('save-interval'), null))
    const whole = !source.has('no-save-optim')
    training.known('checkpointHolds', 'save', whole ? 'training state' : 'weights', place, at)
    if (all === undefined)
      training.unknown('checkpointCount', 'train-iters', 'how many steps it takes is not known', place, at)
    else training.known('checkpointCount', 'save-interval', Math.ceil(all / every), place, at)
  }
  const evaluated = effective(orDefault(source.number('eval-interval'), 1000))
  if (evaluated !== undefined && evaluated >= 1 && effective(source.number('eval-iters')) !== 0)
    training.known('evaluatedEvery', 'eval-interval', { count: evaluated, unit: 'steps' }, place, at)
}

function readModel(source: LaunchSource, training: SubjectBuilder<'Training'>): void {
  const { location } = source.launch
  claimModel(source, training)
  training.known('fineTuning', 'model_name_or_path', true, source.place, { location })
  training.known('languageHead', 'model_name_or_path', true, source.place, { location })
}

/** Only what is written: without it the format is that of the weights, or one that the version prefers. */
function readFormat(source: LaunchSource, training: SubjectBuilder<'Training'>): void {
  const asked = firstGiven(source.get('bf16'), source.get('fp16'))
  if (isGiven(asked)) claimSwitched(source, training)
  else
    training.unknown('precision', 'bf16', 'the format of the weights', source.place, {
      location: source.launch.location,
    })
}

function claimSwitched(source: LaunchSource, training: SubjectBuilder<'Training'>): void {
  const { key, value } = switchedFormat(source)
  training.say('precision', key, value)
}

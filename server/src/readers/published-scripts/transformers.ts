import { convert, firstGiven, orDefault, originOf } from '../../values/operations.js'
import { asBoolean, asNumber } from '../../values/parse.js'
import { effective, isGiven } from '../../values/value.js'
import type { SubjectBuilder } from '../../workload/builder.js'
import { claimUncached } from '../claim-uncached.js'
import { launchPrecision } from '../huggingface/launch-precision.js'
import { claimRhythm, stepsByDefault } from '../huggingface/trainer-run.js'
import { loaderSettings, trainerSettings } from '../huggingface/trainer-settings.js'
import { claimOperation } from '../operation-claims.js'
import { settingTable } from '../setting-table.js'
import { claimDataset } from './data.js'
import { acceleratedFormat, switchedFormat } from './formats.js'
import type { LaunchSource } from './launch-source.js'
import { claimModel } from './model.js'
import type { Around, PublishedScript } from './published-script.js'

/** What a script does with texts by itself: the length to which it cuts them, and whether it fills them up to it. */
interface Texts {
  named: RegExp
  keys: readonly string[]
  length?: number
  padded?: true
}

const texts: readonly Texts[] = [
  { named: /^run_(glue|xnli)/, keys: ['max_seq_length', 'max_length'], length: 128, padded: true },
  { named: /^run_qa/, keys: ['max_seq_length'], length: 384, padded: true },
  { named: /^run_clm/, keys: ['block_size'] },
  { named: /^run_seq2seq_qa/, keys: ['max_seq_length'], length: 384 },
  { named: /^run_(summarization|translation)/, keys: ['max_source_length'], length: 1024 },
  { named: /^run_/, keys: ['max_seq_length', 'max_length'] },
]

const withoutOne = /^run_\w+_no_trainer\.py$/
const pictures = /^run_(image_classification|mae|mim|semantic_segmentation|instance_segmentation)/
const ofLanguage = /^run_(clm|mlm|plm|fim|summarization|translation|seq2seq)/

const withoutTrainer = settingTable('Training', {
  epochs: { keys: ['num_train_epochs'], parse: asNumber, otherwise: 3 },
  maxSteps: { keys: ['max_train_steps'], parse: asNumber },
  batchSize: {
    keys: ['per_device_train_batch_size'],
    parse: asNumber,
    otherwise: 8,
    write: (size) => size,
  },
  accumulation: {
    keys: ['gradient_accumulation_steps'],
    parse: asNumber,
    otherwise: 1,
    write: (steps) => steps,
  },
  saves: {
    keys: ['checkpointing_steps'],
    parse: () => 'while it runs' as const,
    otherwise: 'at the end',
  },
})

export const transformersTables = [trainerSettings, withoutTrainer]

export const transformersScripts: readonly PublishedScript[] = [
  {
    named: withoutOne,
    known: ['model_name_or_path', 'config_name', 'model_type'],
    needsLauncher: true,
    read(source, training, around) {
      withoutTrainer.claim(training, source)
      training.default('optimizer', 'AdamW', 'adamw', source.place, { location: source.launch.location })
      const { key, value } = acceleratedFormat(source)
      training.say('precision', key, value)
      readModel(source, training, around)
      readTexts(source, training, around)
      readData(source, around)
    },
  },
  {
    named:
      /^run_(glue|xnli|ner|qa|qa_beam_search|seq2seq_qa|swag|clm|mlm|plm|fim|summarization|translation|image_classification|mae|mim|semantic_segmentation|instance_segmentation|object_detection|audio_classification|speech_recognition_\w+|classification)\.py$/,
    known: ['model_name_or_path', 'config_name', 'model_type', 'dataset_name'],
    needsLauncher: true,
    trains: isToldToTrain,
    read(source, training, around) {
      trainerSettings.claim(training, source)
      readFormat(source, training)
      readModel(source, training, around)
      readTexts(source, training, around)
      readData(source, around)
      if (pictures.test(around.name)) readLoader(source, around)
      readCache(source, around)
      // They look for a checkpoint in the folder of their outputs, unless they may overwrite it.
      const anew = orDefault(convert(source.get('overwrite_output_dir'), asBoolean), false)
      training.say(
        'resumable',
        'overwrite_output_dir',
        convert(anew, (on) => !on),
      )
      readRhythms(source, training, around)
      training.default('earlyStopping', 'callbacks', false, source.place, {
        location: source.launch.location,
      })
    },
  },
]

/** Without `--do_train` they evaluate or predict. */
export function isToldToTrain(source: LaunchSource): boolean {
  const told = convert(source.get('do_train'), asBoolean)
  return told.state === 'unknown' || effective(told) === true
}

/** Steps between two of them, few enough to matter. */
const often = 50

function readRhythms(source: LaunchSource, training: SubjectBuilder<'Training'>, around: Around): void {
  const asked = firstGiven(source.get('eval_strategy'), source.get('evaluation_strategy'))
  const strategy = { key: 'eval_strategy', value: orDefault(asked, 'no') }
  training.say(
    'validation',
    'eval_strategy',
    convert(strategy.value, (word) => word !== 'no'),
  )
  const logged = effective(orDefault(source.get('logging_steps'), stepsByDefault)) ?? null
  const evaluates = { key: 'eval_steps', value: orDefault(source.get('eval_steps'), logged) }
  claimRhythm(training, 'evaluatedEvery', strategy, evaluates, source.place)
  const saves = { key: 'save_strategy', value: orDefault(source.get('save_strategy'), 'steps') }
  const interval = { key: 'save_steps', value: orDefault(source.get('save_steps'), stepsByDefault) }
  claimRhythm(training, 'savedEvery', saves, interval, source.place)
  if (effective(saves.value) === 'steps')
    training.unknown('checkpointCount', 'save_steps', 'how many steps it takes is not known', source.place, {
      location: source.launch.location,
    })
  for (const [kind, by, { key }] of [
    ['evaluate', strategy, evaluates],
    ['save', saves, interval],
  ] as const) {
    const given = source.number(key)
    const every = effective(given)
    if (effective(by.value) !== 'steps' || every === undefined || every < 1 || every > often) continue
    if (!isGiven(given)) continue
    const { claims, evidence, job } = around
    const at = source.place
    const operation = claimOperation(claims, {
      kind,
      place: 'step',
      key,
      at,
      site: at,
      scope: 'launch',
      evidence: { ...evidence },
      job,
      from: given,
    })
    operation.say('every', key, given)
  }
}

/** `--mixed_precision no` of a launcher is what holds without it too: the Trainer's own switch is what is missing. */
function readFormat(source: LaunchSource, training: SubjectBuilder<'Training'>): void {
  const own = switchedFormat(source)
  const launched =
    effective(own.value) === 'fp32'
      ? launchPrecision({ launch: source.launch, settings: [] }, source.left)
      : null
  const { key, value } = launched === null || effective(launched.value) === 'fp32' ? own : launched
  training.say('precision', key, value)
}

function readModel(source: LaunchSource, training: SubjectBuilder<'Training'>, { name }: Around): void {
  const id = claimModel(source, training)
  if (!isGiven(id)) return
  training.say(
    'fineTuning',
    'model_name_or_path',
    convert(id, () => true),
  )
  if (ofLanguage.test(name))
    training.say(
      'languageHead',
      'model_name_or_path',
      convert(id, () => true),
    )
}

/** `--task_name mnli` of the scripts for GLUE, `--dataset_name wikitext --dataset_config_name wikitext-103-raw-v1`. */
function readData(source: LaunchSource, around: Around): void {
  const task = /glue/.test(around.name)
    ? convert(source.text('task_name'), (word) => `glue/${word.toLowerCase()}`)
    : undefined
  const named = source.text('dataset_name')
  const part = effective(source.text('dataset_config_name'))
  const whole = convert(named, (word) => (part === undefined ? word : `${word}/${part}`))
  const given = task === undefined ? whole : firstGiven(task, whole)
  claimDataset(source, given, around)
}

function readTexts(source: LaunchSource, training: SubjectBuilder<'Training'>, around: Around): void {
  if (pictures.test(around.name)) return
  const row = texts.find(({ named }) => named.test(around.name))!
  const [first, ...others] = row.keys.map((key) => source.number(key))
  const given = firstGiven(first!, ...others)
  const length = row.length === undefined ? given : orDefault(given, row.length)
  training.say('sequenceLength', row.keys[0]!, length)
  const never = convert(source.get('no_pad_to_max_length'), (value) => asBoolean(value) === false)
  const fills = firstGiven(convert(source.get('pad_to_max_length'), asBoolean), never)
  // Without a Trainer it is a switch, which is off.
  const padded = row.padded === true && !withoutOne.test(around.name) ? orDefault(fills, true) : fills
  if (effective(padded) !== true || effective(length) === undefined) return
  const { claims, evidence, job } = around
  const pipeline = claims.subject('InputPipeline', source.place, 'launch', { ...evidence }, job)
  pipeline.subject.location = source.launch.location
  pipeline.say(
    'paddedTo',
    'pad_to_max_length',
    convert(padded, () => effective(length)),
  )
}

/** `--overwrite_cache`: what `map` has kept is not looked for. */
function readCache(source: LaunchSource, { claims, evidence, job }: Around): void {
  const given = convert(source.get('overwrite_cache'), asBoolean)
  if (!isGiven(given) || effective(given) !== true) return
  const { start, end } = given.location
  claimUncached(
    claims,
    { ...evidence, role: 'job' },
    'launch',
    {
      key: 'overwrite_cache',
      transformation: 'the preparation of the whole data set',
      because: '`--overwrite_cache` has it made anew at each start',
      place: { start, end },
      site: { start, end },
      origin: originOf(given),
    },
    job,
  )
}

/** Pictures are decoded and cut when they are asked for. */
function readLoader(source: LaunchSource, { claims, evidence, job }: Around): void {
  const pipeline = claims.subject('InputPipeline', source.place, 'launch', { ...evidence }, job)
  pipeline.subject.location = source.launch.location
  loaderSettings.claim(pipeline, source)
  pipeline.known('feeds', 'train_dataset', 'training', source.place, { location: source.launch.location })
  pipeline.known('work', 'set_transform', 'decode', source.place, { location: source.launch.location })
  pipeline.known('decoder', 'set_transform', 'set_transform', source.place, {
    location: source.launch.location,
  })
}

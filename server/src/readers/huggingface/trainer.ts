/** Trainers of transformers, TRL and sentence-transformers: one `Training` for each set of arguments. */

import type { PythonModule } from '../../python/module.js'
import { noteSmall } from '../../text/evidence.js'
import { knownArgument, mayBePassed } from '../../values/argument.js'
import { convert, orDefault } from '../../values/operations.js'
import { asBoolean } from '../../values/parse.js'
import { calleePlace } from '../../values/places.js'
import { effective, isLaunchDefault } from '../../values/value.js'
import type { ClaimBuilder, SubjectBuilder } from '../../workload/builder.js'
import type { Evidence } from '../../workload/claim.js'
import { decodesMedia } from '../pytorch/datasets.js'
import { trainingEvidence } from '../pytorch/evidence.js'
import { defineReader, type ReaderContext } from '../reader.js'
import { ArgumentsSource } from './arguments-source.js'
import { claimGeneration, generationSettings } from './generation.js'
import { paddedRecordings } from './recordings.js'
import { fewTrainingSamples } from './samples.js'
import { changeTrainer } from './trainer-changes.js'
import { loadWork } from './trainer-input.js'
import { readMemory } from './trainer-memory.js'
import { readPrecision } from './trainer-precision.js'
import { readRun } from './trainer-run.js'
import { loaderSettings, trainerSettings, trlSettings } from './trainer-settings.js'
import { type Trainers, trainedArguments } from './trainers.js'
import { field, type TrainerArguments } from './training-arguments.js'

export const huggingfaceTrainerReader = defineReader({
  name: 'huggingface-trainer',
  title: 'Hugging Face Trainer',
  languages: ['python'],
  triggers: ['TrainingArguments', 'trl'],
  settings: [trainerSettings, trlSettings, loaderSettings, generationSettings],
  read(facts, context, claims) {
    const python = facts.python
    if (python === undefined) return
    for (const { made, trainers } of trainedArguments(python))
      if (!onlyEvaluates(python, made, context)) readTrainer(python, made, trainers, context, claims)
  },
  change: changeTrainer,
})

/** A launch without `--do_train` of a script that asks for it. */
function onlyEvaluates(python: PythonModule, made: TrainerArguments, context: ReaderContext): boolean {
  if (!made.parsed || context.binding === null || !/\.do_train\b/.test(python.code)) return false
  const said = field(python, made, 'do_train', context.binding)
  return !mayBePassed(said) || knownArgument(said) === false
}

function readTrainer(
  python: PythonModule,
  made: TrainerArguments,
  trainers: Trainers,
  context: ReaderContext,
  claims: ClaimBuilder,
): void {
  const evidence = trainerEvidence(python, made, context)
  const place = calleePlace(made.call)
  const scope = made.call.function?.qualified ?? ''
  const training = claims.subject('Training', place, scope, evidence)
  const source = new ArgumentsSource(python, made, context.binding, claims)
  readPrecision(source, context, training)
  readRun(source, trainers, training)
  readMemory(source, trainers, context, training)
  claimGeneration(source, trainers, context, training)
  readInput(source, trainers, claims, evidence)
}

function readInput(
  source: ArgumentsSource,
  trainers: Trainers,
  claims: ClaimBuilder,
  evidence: Evidence,
): void {
  const { python, made, place, site } = source
  const work = loadWork(python, trainers)
  const padded = paddedRecordings(python, trainers)
  // Most data sets of the library are prepared ahead: without knowing what is loaded there is nothing to say.
  if (work === null && padded === null) return
  const pipeline = claims.subject('InputPipeline', place, made.call.function?.qualified ?? '', evidence)
  loaderSettings.claim(pipeline, source)
  pipeline.known('feeds', 'Trainer', 'training', place, { site })
  if (padded === 'waves') claimGrouping(source, pipeline)
  if (work === null || (work.work === 'memory' && padded !== null)) {
    // Each row is turned from a list of as many numbers as the recording has.
    pipeline.unknown('work', 'train_dataset', 'its rows hold recordings', place, { site })
    return
  }
  pipeline.known('work', 'train_dataset', work.work, place, { site })
  if (work.decoder !== null) pipeline.known('decoder', 'train_dataset', work.decoder, place, { site })
  if (decodesMedia.test(work.decoder ?? '')) pipeline.known('media', 'train_dataset', true, place, { site })
  if (work.unsharded) pipeline.known('unshardedStream', 'IterableDataset', true, place, { site })
}

/** Recordings of all lengths share a batch, unless the sampler puts like to like. */
function claimGrouping(source: ArgumentsSource, pipeline: SubjectBuilder<'InputPipeline'>): void {
  const key = 'group_by_length'
  const strategy = effective(orDefault(source.get('train_sampling_strategy'), 'random'))
  if (strategy !== 'random' || effective(orDefault(source.get('per_device_train_batch_size'), 8)) === 1)
    return
  const grouped = convert(orDefault(source.get(key), false), asBoolean, 'it cannot be read')
  pipeline.say('groupedByLength', key, grouped)
}

/** Runs of no more steps than this only try out that everything works. */
const trialSteps = 50

export function trainerEvidence(
  python: PythonModule,
  made: TrainerArguments,
  context: ReaderContext,
): Evidence {
  const evidence = trainingEvidence(python)
  if (evidence.role !== 'test') evidence.role = 'training'
  const value = (key: string) => knownArgument(field(python, made, key, context.binding))
  const visible = context.binding?.launch.environment.CUDA_VISIBLE_DEVICES?.value
  const told = value('use_cpu') === true || value('no_cuda') === true
  if (told || python.processorOnly || visible === '' || visible === '-1') evidence.accelerator = 'cpu'
  // A Trainer takes the accelerator that it finds, whatever else the file does on the processor.
  else if (evidence.accelerator === 'none' || evidence.accelerator === 'cpu') evidence.accelerator = 'maybe'
  const limit = field(python, made, 'max_steps', context.binding)
  const steps = knownArgument(limit)
  const open = limit.state === 'given' && isLaunchDefault(limit.folded)
  if (typeof steps === 'number' && steps > 0 && steps <= trialSteps && !open) evidence.role = 'test'
  noteSmall(evidence, fewTrainingSamples(python))
  return evidence
}

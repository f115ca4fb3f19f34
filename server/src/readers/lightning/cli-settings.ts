/** What a YAML file of `LightningCLI` says of the run, its callbacks and its data. Each is given with a class and its arguments. */
import type { ConfigDocument } from '../../config/node.js'
import type { Configured } from '../../text/configured.js'
import { ConfigSource } from '../../values/config-source.js'
import { convert, firstKeyed } from '../../values/operations.js'
import { asNumber } from '../../values/parse.js'
import { below, type TreeSource } from '../../values/source.js'
import { effective, isGiven } from '../../values/value.js'
import type { ClaimBuilder, Place, SubjectBuilder } from '../../workload/builder.js'
import type { Evidence } from '../../workload/claim.js'
import { claimRhythm } from './checkpoint-rhythm.js'
import { stoppingInFile } from './cli-callbacks.js'
import { checkpointSettings, stoppingSettings, trainerSettings } from './settings.js'

/** What shows that the file is for a training, and not for what is done with its model. */
const trainingKeys = ['max_epochs', 'max_steps', 'accumulate_grad_batches', 'gradient_clip_val']

export function isForTraining(source: TreeSource): boolean {
  return trainingKeys.some((key) => isGiven(source.get('trainer', key))) || callbacksOf(source).length > 0
}

export function cliSource(document: ConfigDocument, locator: ClaimBuilder, shown: Place): TreeSource {
  return new ConfigSource(document.root, locator, {
    document: document.index,
    keys: [],
    shown,
    overridable: true,
  })
}

interface Callback {
  name: string
  given: TreeSource
}

function callbacksOf(source: TreeSource): Callback[] {
  const count = source.lengthOf('trainer', 'callbacks') ?? 0
  return Array.from({ length: count }, (_, index) => {
    const name = effective(source.get('trainer', 'callbacks', index, 'class_path'))
    return {
      name: typeof name === 'string' ? name.slice(name.lastIndexOf('.') + 1) : '',
      given: below(source, 'trainer', 'callbacks', index, 'init_args'),
    }
  })
}

/** Epochs, checkpoints and early stopping of the trainer of a file. */
export function readCliRun(
  source: TreeSource,
  callbacks: Configured | undefined,
  place: Place,
  training: SubjectBuilder<'Training'>,
): void {
  const trainer = below(source, 'trainer')
  const given = (key: string) => isGiven(trainer.get(key))
  if (given('max_epochs')) trainerSettings.claim(training, trainer, {}, ['epochs'])
  if (given('max_steps')) trainerSettings.claim(training, trainer, {}, ['maxSteps'])
  if (given('accumulate_grad_batches')) trainerSettings.claim(training, trainer, {}, ['accumulation'])
  if (callbacks !== undefined && stoppingInFile(callbacks) === 'stops')
    training.known('earlyStopping', 'callbacks', true, place)
  const ownRhythm = given('check_val_every_n_epoch') || given('val_check_interval')
  for (const { name, given } of callbacksOf(source)) {
    if (name === 'ModelCheckpoint') readCheckpoint(given, trainer, place, training)
    if (name !== 'EarlyStopping') continue
    stoppingSettings.claim(training, given, {}, ['stopMetric', 'stopDirection'])
    if (!ownRhythm) stoppingSettings.claim(training, given, {}, ['patience'])
  }
}

function readCheckpoint(
  given: TreeSource,
  trainer: TreeSource,
  place: Place,
  training: SubjectBuilder<'Training'>,
): void {
  checkpointSettings.claim(training, given)
  claimRhythm(given, trainer, place, training)
}

/** `num_workers` of the data module, given as it is or to a class. */
export function readCliData(
  source: TreeSource,
  place: Place,
  evidence: Evidence,
  claims: ClaimBuilder,
): void {
  const key = 'num_workers'
  const { value } = firstKeyed(
    { key, value: source.get('data', key) },
    { key, value: source.get('data', 'init_args', key) },
  )
  if (!isGiven(value)) return
  const pipeline = claims.subject('InputPipeline', place, 'data', evidence)
  pipeline.say('workers', key, convert(value, asNumber))
  pipeline.known('feeds', 'data', 'training', place)
}

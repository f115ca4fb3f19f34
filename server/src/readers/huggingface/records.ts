/** What a Trainer keeps of a run: checkpoints, and the metrics that it reports. Source: transformers 4.46 and 5.0, training_args.py. */

import type { Change, Refusal } from '../../edit/write.js'
import type { Call, PythonModule } from '../../python/module.js'
import type { Json } from '../../text/json.js'
import { lookUp } from '../../text/records.js'
import { passedExpression } from '../../values/argument.js'
import { both, convert, orDefault } from '../../values/operations.js'
import { asNumber } from '../../values/parse.js'
import { calleePlace } from '../../values/places.js'
import { effective, isGiven } from '../../values/value.js'
import type { SubjectBuilder } from '../../workload/builder.js'
import type { Claim } from '../../workload/claim.js'
import { byHand, changeOf } from '../change-answer.js'
import { claimedCall } from '../claim-argument.js'
import { isOnLaunchLine } from '../launch-flag.js'
import { defineReader, type FragmentFacts, type ReaderContext } from '../reader.js'
import { claimResuming } from '../resuming.js'
import { trackerOf, trainingId } from '../tracking.js'
import { ArgumentsSource } from './arguments-source.js'
import { trainingSamples } from './samples.js'
import { codeArguments } from './trainer-changes.js'
import { trainerSettings } from './trainer-settings.js'
import { type Trainers, trainedArguments } from './trainers.js'
import { trainerArguments } from './training-arguments.js'

export const huggingfaceRecordsReader = defineReader({
  name: 'huggingface-records',
  languages: ['python'],
  triggers: ['TrainingArguments', 'trl'],
  read(facts, context, claims) {
    const python = facts.python
    if (python === undefined) return
    for (const { made, trainers } of trainedArguments(python)) {
      const training = claims.extend('Training', trainingId(claims, calleePlace(made.call)))
      const source = new ArgumentsSource(python, made, context.binding, claims)
      readSaving(source, training)
      readResuming(source, trainers, training)
      readReports(source, context, training)
      const samples = trainingSamples(python)
      if (samples !== null) training.known('samples', 'select', samples, source.place)
    }
  },
  change: changeRecords,
})

function readSaving(source: ArgumentsSource, training: SubjectBuilder<'Training'>): void {
  const { python, place } = source
  const strategy = effective(orDefault(source.get('save_strategy'), 'steps'))
  trainerSettings.claim(training, source, {}, ['saves'])
  if (strategy === 'no') return
  trainerSettings.claim(training, source, {}, ['keptCheckpoints', 'checkpointHolds'])
  if (/average_checkpoints|model_soup|swa_utils|merge_checkpoints/i.test(python.code))
    training.known('checkpointsFor', 'average', 'they are averaged', place)
  if (strategy === 'steps') {
    const every = convert(orDefault(source.get('save_steps'), 500), asNumber)
    const most = convert(orDefault(source.get('max_steps'), -1), asNumber)
    const count = both(every, most, (each, all) =>
      each >= 1 && all > 0 ? Math.floor(all / each) : undefined,
    )
    // Without a number of steps, how many there will be depends on the data.
    training.say('checkpointCount', 'save_steps', count)
  } else if (strategy !== 'epoch')
    training.unknown('checkpointCount', 'save_strategy', `save_strategy=${strategy}`, place)
}

/** `trainer.train()`: what `TrainingArguments` says of it is for the program to pass on. */
function readResuming(
  source: ArgumentsSource,
  { calls }: Trainers,
  training: SubjectBuilder<'Training'>,
): void {
  const { python } = source
  const trains = python
    .methodCalls('train')
    .filter((call) =>
      call.receiverCall !== null ? calls.includes(call.receiverCall) : isOnTrainer(python, call),
    )
  const [first] = trains
  if (first === undefined) return
  const given = trains.map((call) => python.argument(call, 'resume_from_checkpoint', 0))
  claimResuming(python, training, first, 'resume_from_checkpoint', given, [source.argument('output_dir')])
}

function isOnTrainer(python: PythonModule, { expr: { callee } }: Call): boolean {
  return (
    callee.type === 'attribute' && /trainer$/i.test(python.code.slice(callee.value.start, callee.value.end))
  )
}

function readReports(
  source: ArgumentsSource,
  context: ReaderContext,
  training: SubjectBuilder<'Training'>,
): void {
  const { python, place, site } = source
  const tracker = trackerOf(python)
  const given = source.get('report_to')
  // Until version 5 it reports to every tracker that is installed, also where it is told None.
  const version = context.versions.transformers
  const recent = version === undefined ? null : Number(version.split('.')[0]) >= 5
  const allInstalled = recent === false && effective(given) === null
  if (recordsInCallback(python)) {
    training.unknown('tracked', 'report_to', 'a callback of its own may keep the metrics', place, { site })
    return
  }
  if (isGiven(given) && !allInstalled) {
    const reports = (value: Json) =>
      tracker !== null || ![value].flat().every((one) => one === 'none' || one === null)
    training.say('tracked', 'report_to', convert(given, reports))
    return
  }
  if (tracker !== null) training.known('tracked', tracker, true, place, { site })
  else if (recent === true && !isGiven(given)) training.say('tracked', 'report_to', orDefault(given, false))
  else training.unknown('tracked', 'report_to', 'the trackers that are installed', place, { site })
}

/** A class that is told what the trainer logs. */
function recordsInCallback(python: PythonModule): boolean {
  const told = ({ bases, methods }: { bases: readonly string[]; methods: Iterable<string> }): boolean =>
    bases.some((one) => /(^|\.)TrainerCallback$/.test(one)) &&
    [...methods].some((one) => /^on_(log|evaluate)$/.test(one))
  return (
    python.calls.some((call) => /Trainer$/.test(call.method) && isGivenUnknown(python, call)) ||
    python.classes.some(({ bases, methods }) => told({ bases, methods: methods.keys() })) ||
    python.imported.some(({ classes }) => Object.values(classes).some(told))
  )
}

/** `Trainer(callbacks=[CardCallback(tracked_metrics=['loss'])])`, of a package that is made to keep something. */
function isGivenUnknown(python: PythonModule, trainer: Call): boolean {
  const given = passedExpression(python.argument(trainer, 'callbacks'))
  const list = given === null ? null : python.definition(given)
  if (list?.type !== 'list') return false
  return list.items.some((item) => {
    const made = python.callOf(item)
    return made?.expr.args.some(({ name }) => keptByName.test(name ?? '')) === true
  })
}

const keptByName = /metrics?$|^(run|experiment|project|logger|writer)(_?(name|id))?$/i

/** Packages that write for TensorBoard, which the program has then. */
const writers = ['torch.utils.tensorboard.', 'tensorboard.', 'tensorboardX.', 'tensorflow.']

function changeRecords(claim: Claim, value: unknown, facts: FragmentFacts): Change | Refusal {
  const { python } = facts
  if (isOnLaunchLine(claim))
    return claim.setting === 'keptCheckpoints' ? trainerSettings.change(claim, value, facts) : byHand(claim)
  const call = claimedCall(python, claim.site)
  if (python === undefined || call === null) return { reason: 'the call is no longer in the file' }
  if (claim.setting === 'resumable')
    return {
      reason:
        'pass get_last_checkpoint(…) of the output folder, once there is such a folder: `True` fails at the first start',
    }
  const made = trainerArguments(python).find((one) => one.call === call)
  if (made === undefined) return { reason: 'the call is no longer in the file' }
  const source = codeArguments(facts, python, made)
  switch (claim.setting) {
    case 'saves':
      return changeOf('Save after each epoch, and keep the last two', [
        source.set(['save_strategy'], 'epoch'),
        source.set(['save_total_limit'], 2),
      ])
    case 'keptCheckpoints':
      return trainerSettings.change(claim, value, facts, source)
    case 'tracked': {
      const given = passedExpression(source.argument('report_to'))
      if (given?.type === 'conditional' || given?.type === 'binary')
        return { reason: 'report_to is what the program is given' }
      const change = changeOf('Report to TensorBoard', [source.set(['report_to'], 'tensorboard')])
      // A Trainer refuses to start without the package.
      const installed = python.uses(...writers) || lookUp(facts.versions, 'tensorboard') !== undefined
      return 'reason' in change || installed
        ? change
        : { ...change, title: `${change.title}, once tensorboard is installed`, safety: 'display' }
    }
    default:
      return byHand(claim)
  }
}

/** What a Trainer keeps of a run: checkpoints, and the metrics that it reports. Source: transformers 4.46 and 5.0, training_args.py. */

import type { Change, Refusal, Write } from '../../edit/write.js'
import type { ArgumentValue, PythonModule } from '../../python/module.js'
import type { Json } from '../../text/json.js'
import { asNumber } from '../../values/parse.js'
import { calleePlace, callSite } from '../../values/places.js'
import { writeArgument } from '../../values/write-argument.js'
import type { SubjectBuilder } from '../../workload/builder.js'
import type { Claim } from '../../workload/claim.js'
import { byHand, changeOf } from '../change-answer.js'
import { claimArgument, claimedCall } from '../claim-argument.js'
import { moduleText } from '../pytorch/evidence.js'
import { defineReader, type ReaderContext, type UnitFacts } from '../reader.js'
import { trackerOf, trainingId } from '../tracking.js'
import { trainedArguments } from './trainers.js'
import { field, type TrainerArguments, trainerArguments } from './training-arguments.js'

export const huggingfaceRecordsReader = defineReader({
  name: 'huggingface-records',
  languages: ['python'],
  triggers: ['TrainingArguments', 'trl'],
  read(facts, context, claims) {
    const python = facts.python
    if (python === undefined) return
    for (const { made } of trainedArguments(python)) {
      const training = claims.extend('Training', trainingId(claims, calleePlace(made.call)))
      readSaving(python, made, context, training)
      readReports(python, made, context, training)
    }
  },
  change: changeRecords,
})

const anchorOf = (made: TrainerArguments) => (made.parsed ? 'parsed' : 'arguments')

function known(argument: ArgumentValue): Json | undefined {
  if (argument.state !== 'given') return undefined
  if (argument.folded.state === 'known') return argument.folded.value
  // `IntervalStrategy.NO`
  return argument.expr.type === 'attribute' && /Strategy$/.test(lastName(argument.expr.value))
    ? argument.expr.attr.toLowerCase()
    : undefined
}

function lastName(expr: { type: string; id?: string; attr?: string }): string {
  return expr.id ?? expr.attr ?? ''
}

function readSaving(
  python: PythonModule,
  made: TrainerArguments,
  context: ReaderContext,
  training: SubjectBuilder<'Training'>,
): void {
  const argument = (key: string) => field(python, made, key, context.binding)
  const open = made.parsed && context.binding === null
  const place = calleePlace(made.call)
  const site = callSite(made.call, anchorOf(made))
  const strategy = argument('save_strategy')
  const kind = strategy.state === 'absent' ? 'steps' : known(strategy)
  if (typeof kind !== 'string') training.unknown('saves', 'save_strategy', 'its value', place, { site })
  else
    claimArgument(training, 'saves', 'save_strategy', made.call, strategy, {
      convert: () => (kind === 'no' ? 'never' : 'while it runs'),
      otherwise: 'while it runs',
      openDefault: open,
      anchor: anchorOf(made),
    })
  if (kind === 'no') return
  const limit = argument('save_total_limit')
  claimArgument(training, 'keptCheckpoints', 'save_total_limit', made.call, limit, {
    convert: (value) => (value === null ? null : asNumber(value)),
    otherwise: null,
    openDefault: open,
    anchor: anchorOf(made),
  })
  const only = known(argument('save_only_model'))
  training.known('checkpointHolds', 'save_only_model', only === true ? 'weights' : 'training state', place)
  if (/average_checkpoints|model_soup|swa_utils|merge_checkpoints/i.test(moduleText(python)))
    training.known('checkpointsFor', 'average', 'they are averaged', place)
  if (kind === 'steps') {
    const every = argument('save_steps')
    const steps = every.state === 'absent' ? 500 : known(every)
    const most = known(argument('max_steps'))
    if (typeof steps === 'number' && steps >= 1 && typeof most === 'number' && most > 0)
      training.known('checkpointCount', 'save_steps', Math.floor(most / steps), place)
    // Without a number of steps, how many there will be depends on the data.
    else training.unknown('checkpointCount', 'save_steps', 'the number of steps', place)
  } else if (kind !== 'epoch')
    training.unknown('checkpointCount', 'save_strategy', `save_strategy=${kind}`, place)
}

function readReports(
  python: PythonModule,
  made: TrainerArguments,
  context: ReaderContext,
  training: SubjectBuilder<'Training'>,
): void {
  const given = field(python, made, 'report_to', context.binding)
  const tracker = trackerOf(python)
  const place = calleePlace(made.call)
  const site = callSite(made.call, anchorOf(made))
  if (given.state === 'absent') {
    // Until version 5 it reports to every tracker that is installed.
    const version = context.versions.transformers
    if (tracker !== null) training.known('tracked', tracker, true, place, { site })
    else if (version !== undefined && Number(version.split('.')[0]) >= 5)
      training.default('tracked', 'report_to', false, place, { site, overridable: made.parsed })
    else training.unknown('tracked', 'report_to', 'the trackers that are installed', place, { site })
    return
  }
  claimArgument(training, 'tracked', 'report_to', made.call, given, {
    convert: (value) => {
      const list = Array.isArray(value) ? value : [value]
      const none = list.every((one) => one === 'none' || one === null)
      return !none || tracker !== null
    },
    anchor: anchorOf(made),
  })
}

function changeRecords(claim: Claim, value: unknown, facts: UnitFacts): Change | Refusal {
  const { python } = facts
  const call = claimedCall(python, claim.site)
  if (python === undefined || call === null) return { reason: 'the call is not in the file any more' }
  if (claim.site.anchor === 'parsed') return { reason: 'its arguments come from the launch line' }
  const made = trainerArguments(python).find((one) => one.call === call)
  if (made === undefined) return { reason: 'the call is not in the file any more' }
  const set = (key: string, code: string): Write | Refusal =>
    writeArgument(facts, call, key, field(python, made, key, null), code)
  const quote = /["']/.exec(facts.unit.text.slice(call.expr.start, call.expr.end))?.[0] ?? "'"
  const text = (word: string) => `${quote}${word}${quote}`
  let writes: (Write | Refusal)[]
  let title: string
  if (claim.setting === 'saves') {
    title = 'Save after each epoch, and keep the last two'
    writes = [set('save_strategy', text('epoch')), set('save_total_limit', '2')]
  } else if (claim.setting === 'keptCheckpoints') {
    title = `Keep the last ${value} checkpoints: save_total_limit=${value}`
    writes = [set('save_total_limit', String(value))]
  } else if (claim.setting === 'tracked') {
    title = 'Report to TensorBoard'
    writes = [set('report_to', text('tensorboard'))]
  } else return byHand(claim)
  return changeOf(title, writes)
}

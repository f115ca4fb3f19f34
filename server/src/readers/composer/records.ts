/** What a Composer `Trainer` saves, reads again and evaluates. Source: composer 0.28, trainer/trainer.py, callbacks/checkpoint_saver.py. */
import type { Call, PythonModule } from '../../python/module.js'
import type { Json } from '../../text/json.js'
import { knownArgument, mayBePassed, passedPlace } from '../../values/argument.js'
import { calleePlace, callSite } from '../../values/places.js'
import type { ClaimBuilder, SubjectBuilder } from '../../workload/builder.js'
import type { Evidence } from '../../workload/claim.js'
import { passedCallbacks } from '../callback-list.js'
import { claimOperation } from '../operation-claims.js'
import { claimResuming } from '../resuming.js'
import { saverSettings, savingSettings } from './settings.js'

const saver = /^composer\.(\w+\.)*CheckpointSaver$/

export function claimRecords(python: PythonModule, call: Call, training: SubjectBuilder<'Training'>): void {
  const place = calleePlace(call)
  const options = { site: callSite(call) }
  const folder = python.argument(call, 'save_folder')
  const callbacks = passedCallbacks(python, python.argument(call, 'callbacks'))
  const made = callbacks?.items.map((item) => python.callOf(item)) ?? []
  const own = made.find((one) => saver.test(one?.name ?? '')) ?? null
  const toFolder = mayBePassed(folder) && knownArgument(folder) !== null
  if (toFolder || own !== null)
    training.known('saves', toFolder ? 'save_folder' : 'CheckpointSaver', 'while it runs', place, options)
  else if (callbacks === null || made.some((one) => one !== null && /save|checkpoint/i.test(one.method)))
    training.unknown('saves', 'callbacks', 'a callback that cannot be read', place, options)
  else {
    const kept = python.uses('.save_checkpoint', 'torch.save', '.save_pretrained')
    training.default('saves', 'save_folder', kept ? 'at the end' : 'never', place, options)
  }
  claimResuming(python, training, call, 'load_path', [
    python.argument(call, 'load_path'),
    python.argument(call, 'autoresume'),
  ])
  if (toFolder)
    readKept(python, call, call, training, { interval: 'save_interval', weights: 'save_weights_only' })
  else if (own !== null)
    readKept(python, call, own, training, { interval: 'save_interval', weights: 'weights_only' })
}

/** With a folder for them, each of its checkpoints stays unless their number is limited. */
function readKept(
  python: PythonModule,
  call: Call,
  from: Call,
  training: SubjectBuilder<'Training'>,
  key: { interval: string; weights: string },
): void {
  const place = calleePlace(from)
  const settings = from === call ? savingSettings : saverSettings
  settings.claim(training, settings.argumentsOf(python, from, training.locator))
  const weights = fixedArgument(python, from, key.weights) === true
  training.known('checkpointHolds', key.weights, weights ? 'weights' : 'training state', place)
  const every = durationOf(fixedArgument(python, from, key.interval) ?? '1ep')
  const whole = durationOf(fixedArgument(python, call, 'max_duration'))
  if (every !== null && whole !== null && every.unit === whole.unit)
    training.known('checkpointCount', key.interval, Math.floor(whole.count / every.count), place)
  else training.unknown('checkpointCount', key.interval, 'how long it runs', place)
}

/** `eval_interval="6ba"`: all data of the evaluation after each few batches. */
export function readRhythm(python: PythonModule, call: Call, evidence: Evidence, claims: ClaimBuilder): void {
  const key = 'eval_interval'
  const given = python.argument(call, key)
  const every = durationOf(knownArgument(given))
  if (every?.unit !== 'ba' || !mayBePassed(python.argument(call, 'eval_dataloader'))) return
  if (mayBePassed(python.argument(call, 'eval_subset_num_batches'))) return
  const at = passedPlace(given) ?? calleePlace(call)
  const operation = claimOperation(claims, {
    kind: 'evaluate',
    place: 'step',
    key,
    at,
    site: callSite(call),
    scope: call.function?.qualified ?? '',
    evidence,
  })
  operation.known('every', key, every.count, at)
  const whole = durationOf(fixedArgument(python, call, 'max_duration'))
  if (whole?.unit === 'ba') operation.known('times', key, Math.floor(whole.count / every.count), at)
}

function fixedArgument(python: PythonModule, call: Call, key: string): Json | undefined {
  return knownArgument(python.argument(call, key))
}

function durationOf(given: Json | undefined): { count: number; unit: string } | null {
  const [, count, unit] =
    /^(\d+)(ep|ba|tok|sp|iter)$/.exec(typeof given === 'number' ? `${given}ep` : String(given)) ?? []
  return unit === undefined || Number(count) < 1 ? null : { count: Number(count), unit }
}

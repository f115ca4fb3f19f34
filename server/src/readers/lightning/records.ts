/** What a Lightning trainer keeps of a run. Source: lightning 2.6, trainer.py, callbacks/model_checkpoint.py. */

import { at } from '../../config/access.js'
import type { Change, Refusal, Write } from '../../edit/write.js'
import type { Call, PythonModule } from '../../python/module.js'
import type { Json } from '../../text/json.js'
import { knownArgument, mayBePassed } from '../../values/argument.js'
import { convert, orDefault } from '../../values/operations.js'
import { asBoolean } from '../../values/parse.js'
import { calleePlace, callSite } from '../../values/places.js'
import type { Source } from '../../values/source.js'
import { writeArgument } from '../../values/write-argument.js'
import type { ClaimBuilder, SubjectBuilder } from '../../workload/builder.js'
import type { Claim } from '../../workload/claim.js'
import { passedCallbacks } from '../callback-list.js'
import { byHand } from '../change-answer.js'
import { claimedCall } from '../claim-argument.js'
import { defineReader, type FragmentFacts } from '../reader.js'
import { claimResuming } from '../resuming.js'
import { trackerOf, trainingId } from '../tracking.js'
import { isConfigured, writeConfigured } from '../write-configured.js'
import { claimRhythm } from './checkpoint-rhythm.js'
import { checkpointClass, checkpointSettings, trainerSettings } from './settings.js'
import { fitsOf, trainerClass } from './trainer.js'

export const lightningRecordsReader = defineReader({
  name: 'lightning-records',
  title: 'Lightning',
  languages: ['python'],
  triggers: ['lightning'],
  settings: [checkpointSettings],
  read(facts, _context, claims) {
    const python = facts.python
    if (python === undefined) return
    for (const call of python.callsTo(trainerClass)) {
      const fits = fitsOf(python, call)
      if (fits === null) continue
      readTrainer(python, call, fits, claims)
    }
  },
  change: changeRecords,
})

function readTrainer(python: PythonModule, call: Call, fits: readonly Call[], claims: ClaimBuilder): void {
  const training = claims.extend('Training', trainingId(claims, calleePlace(call)))
  const source = trainerSettings.argumentsOf(python, call, training.locator)
  trainerSettings.claim(training, source, {}, ['saves'])
  readCallbacks(python, call, source, training)
  const [fit] = fits
  // Whoever starts it gives what `from_argparse_args` passes on, `--resume_from_checkpoint` as well.
  if (fit !== undefined && call.method !== 'from_argparse_args') {
    // Before version 2 the trainer itself was told.
    const given = [
      ...fits.map((one) => python.argument(one, 'ckpt_path', 4)),
      python.argument(call, 'resume_from_checkpoint'),
    ]
    const folders = [
      ...python.callsTo(checkpointClass).map((one) => python.argument(one, 'dirpath', 0)),
      python.argument(call, 'default_root_dir'),
    ]
    claimResuming(python, training, fit, 'ckpt_path', given, folders)
  }
  // A callback of the program that reads the metrics keeps them somewhere.
  const tracker = trackerOf(python) ?? (/\bcallback_metrics\b/.test(python.code) ? 'a callback' : null)
  const logs = (value: Json) => asBoolean(value) !== false || value === null || tracker !== null
  // Without a logger it writes one of its own.
  training.say('tracked', 'logger', orDefault(convert(source.get('logger'), logs), true))
}

/** `ModelCheckpoint(save_top_k=-1)` keeps every checkpoint. */
function readCallbacks(
  python: PythonModule,
  call: Call,
  trainer: Source,
  training: SubjectBuilder<'Training'>,
): void {
  const callbacks = [...python.callsMade(checkpointClass), ...checkpointsConfigured(python, call)]
  const uploads = uploadsAll(python, training)
  if (callbacks.length !== 1) return
  const callback = callbacks[0]!
  const source = checkpointSettings.argumentsOf(python, callback, training.locator)
  checkpointSettings.claim(training, source, {}, uploads ? ['keepsBest', 'checkpointHolds'] : undefined)
  claimRhythm(source, trainer, calleePlace(callback), training)
  if (/StochasticWeightAveraging|average_checkpoints|swa_utils|model_soup/i.test(python.code))
    training.known('checkpointsFor', 'average', 'they are averaged', calleePlace(callback))
}

/** `WandbLogger(log_model='all')`: every checkpoint becomes a version there, whatever is removed here. */
function uploadsAll(python: PythonModule, training: SubjectBuilder<'Training'>): boolean {
  const uploading = python
    .callsMade('lightning.pytorch.loggers.WandbLogger')
    .find((one) => knownArgument(python.argument(one, 'log_model', null)) === 'all')
  if (uploading === undefined) return false
  const place = calleePlace(uploading)
  training.known('keptCheckpoints', 'log_model', null, place, { site: callSite(uploading) })
  training.unknown('checkpointCount', 'log_model', 'which passes are better than those before', place)
  return true
}

/** Those that a configuration names and the program makes of it. */
function checkpointsConfigured(python: PythonModule, trainer: Call): Call[] {
  const list = passedCallbacks(python, python.argument(trainer, 'callbacks'))
  return (list?.items ?? [])
    .flatMap((item) => python.madeObjects(item)?.calls ?? [])
    .filter(({ name }) => name === checkpointClass)
}

/** The callback has a metric beside the setting: without one it cannot tell which two are the best. */
function isMonitored({ site }: Claim, { config }: FragmentFacts): boolean {
  const root = config?.documents[site.document ?? 0]?.root
  const monitor = at(root, ...(site.keys ?? []).slice(0, -1), 'monitor')
  return monitor?.kind === 'scalar' && monitor.value !== null
}

function changeRecords(claim: Claim, value: unknown, facts: FragmentFacts): Change | Refusal {
  const { python, path, fragment } = facts
  if (isConfigured(claim, facts))
    return claim.setting === 'keptCheckpoints' && typeof value === 'number'
      ? writeConfigured(claim, isMonitored(claim, facts) ? value : 1, facts)
      : byHand(claim)
  const call = claimedCall(python, claim.site)
  if (python === undefined || call === null) return { reason: 'the call is no longer in the file' }
  const range = { fragment: fragment.index, start: call.expr.start, end: call.expr.end }
  const remove: Write = { kind: 'remove keyword', path, call: range, name: claim.key }
  if (claim.setting === 'saves')
    return {
      title: `Save checkpoints: without ${claim.key}`,
      safety: 'unsafe',
      writes: [remove],
      imports: [],
    }
  if (claim.setting === 'tracked')
    return { title: 'Log with the default logger', safety: 'unsafe', writes: [remove], imports: [] }
  if (claim.setting === 'keptCheckpoints' && claim.key === 'log_model') {
    const written = writeArgument(facts, call, 'log_model', python.argument(call, 'log_model', null), 'True')
    return 'reason' in written
      ? written
      : {
          title: 'Upload those that are kept, when the run ends',
          safety: 'unsafe',
          writes: [written],
          imports: [],
        }
  }
  if (claim.setting === 'keptCheckpoints' && typeof value === 'number') {
    // Without a metric it can keep the newest one, and refuses to keep two.
    const compares = mayBePassed(python.argument(call, 'monitor'))
    const kept = compares ? value : 1
    const top = writeArgument(facts, call, 'save_top_k', python.argument(call, 'save_top_k'), String(kept))
    if ('reason' in top) return top
    const writes: Write[] = [top]
    if (!mayBePassed(python.argument(call, 'save_last')))
      writes.push({ kind: 'set keyword', path, call: range, name: 'save_last', value: 'True' })
    return {
      title: compares ? `Keep the best ${kept === 1 ? 'one' : kept} and the last` : 'Keep the last one only',
      safety: 'unsafe',
      writes,
      imports: [],
    }
  }
  return byHand(claim)
}

/** What `fit` of Keras keeps of a run. Source: keras 3.5, callbacks/model_checkpoint.py, backup_and_restore.py. */

import { nameFor } from '../../edit/imports.js'
import type { Change, Refusal } from '../../edit/write.js'
import type { Call, PythonModule } from '../../python/module.js'
import type { Expr } from '../../syntax/python-ast.js'
import { once } from '../../text/once.js'
import { lookUp } from '../../text/records.js'
import { mayBePassed, passedExpression } from '../../values/argument.js'
import { CallSource } from '../../values/call-source.js'
import { both, orDefault, stated } from '../../values/operations.js'
import { calleePlace, callSite } from '../../values/places.js'
import { effective, isGiven } from '../../values/value.js'
import { writeArgument } from '../../values/write-argument.js'
import { writtenList } from '../../values/written-list.js'
import type { ClaimBuilder, Place, SubjectBuilder } from '../../workload/builder.js'
import type { Claim } from '../../workload/claim.js'
import { addCallback } from '../add-callback.js'
import { byHand } from '../change-answer.js'
import { claimedCall } from '../claim-argument.js'
import { defineReader, type FragmentFacts } from '../reader.js'
import { claimResuming } from '../resuming.js'
import { trainsTrials } from '../search/trials-here.js'
import { trackerOf, trainingId } from '../tracking.js'
import { isBefore } from '../versions.js'
import { argumentOf, fitPosition, kerasFits } from './fits.js'
import { ownCallback, savedEachEpoch } from './own-callbacks.js'
import { isWrittenForNew, isWrittenForOld, kerasPackage, standsAlone } from './policy-change.js'
import { checkpointSettings } from './settings.js'

export const kerasRecordsReader = defineReader({
  name: 'keras-records',
  title: 'Keras',
  languages: ['python'],
  triggers: ['keras', 'tensorflow', 'fit_generator', '.fit('],
  settings: [checkpointSettings],
  read(facts, _context, claims) {
    const python = facts.python
    if (python === undefined) return
    for (const fit of kerasFits(python)) readFit(python, fit, claims)
  },
  change: changeRecords,
})

const saving = /^keras\.callbacks\.(\w+\.)*(ModelCheckpoint|BackupAndRestore)$|Checkpoint/i

function readFit(python: PythonModule, fit: Call, claims: ClaimBuilder): void {
  const place = calleePlace(fit)
  const site = callSite(fit)
  const training = claims.extend('Training', trainingId(claims, place))
  const given = argumentOf(python, fit, 'callbacks')
  const expr = passedExpression(given)
  const list = expr === null ? (mayBePassed(given) ? null : []) : writtenList(python, expr)?.items
  const names = list?.map((item) => nameOf(python, item)) ?? null
  if (names === null || names.includes(null))
    training.unknown('saves', 'callbacks', 'a callback that cannot be read', place, { site })
  else if (names.some((name) => saving.test(name!)))
    training.known('saves', 'callbacks', 'while it runs', place, { site })
  else if (fit.loops.length > 0) training.unknown('saves', 'callbacks', 'a loop around it', place, { site })
  else if (trainsTrials(python))
    training.unknown('saves', 'callbacks', 'a trial of a search', place, { site })
  else {
    const afterwards =
      python.calls.some((call) => /^save(_weights|_model)?$/.test(call.method)) ||
      [...python.importers, ...python.programs].some(({ writesModels }) => writesModels === true)
    training.default('saves', 'callbacks', afterwards ? 'at the end' : 'never', place, { site })
    const unused = python.calls.find((call) => saving.test(call.name ?? '') && isLeftLying(python, call))
    if (unused !== undefined)
      training.known('unusedCheckpoint', unused.method, unused.method, calleePlace(unused))
  }
  for (const item of list ?? []) readCheckpoint(python, item, training)
  readResuming(python, fit, names, training)
  const tracker =
    trackerOf(python) ??
    names?.find((name) => /TensorBoard|CSVLogger|RemoteMonitor|Wandb|MLflow/i.test(name ?? '')) ??
    null
  if (tracker !== null) training.known('tracked', tracker, true, place, { site })
  else if (fit.assignedTo !== null || names === null || names.includes(null))
    training.unknown('tracked', 'callbacks', 'what becomes of the history', place, { site })
  else training.default('tracked', 'callbacks', false, place, { site })
}

/** It is kept under a name that nothing reads. */
function isLeftLying(python: PythonModule, { assignedTo }: Call): boolean {
  return assignedTo !== null && wordsOf(python).get(assignedTo) === 1
}

/** How often each name stands in the code, texts aside. */
function wordsOf(python: PythonModule): ReadonlyMap<string, number> {
  return once(python, 'words of the code', () => {
    const counts = new Map<string, number>()
    for (const [word] of python.code.replace(/'[^'\n]*'|"[^"\n]*"/g, "''").matchAll(/\w+/g))
      counts.set(word, (counts.get(word) ?? 0) + 1)
    return counts
  })
}

/** Goes on by itself, or where the program says which epoch it begins with. */
function readResuming(
  python: PythonModule,
  fit: Call,
  names: readonly (string | null)[] | null,
  training: SubjectBuilder<'Training'>,
): void {
  const place = calleePlace(fit)
  const key = 'BackupAndRestore'
  const given = [argumentOf(python, fit, 'initial_epoch')]
  if (names?.some((name) => name?.endsWith(key) === true) === true)
    training.known('resumable', key, true, place)
  else if (names === null || names.includes(null))
    training.unknown('resumable', key, 'a callback that cannot be read', place)
  else {
    claimResuming(python, training, fit, key, given)
    if (!mayBePassed(given[0]!) && loadsToGoOn(python, fit))
      training.known('resumesWithout', 'initial_epoch', 'the epochs', place)
  }
}

/** `model.load_weights(latest)` above the call, where that is named for going on, or is the file that the run writes itself. */
function loadsToGoOn(python: PythonModule, fit: Call): boolean {
  const shown = ({ start, end }: Expr) => python.code.slice(start, end)
  const written = python
    .callsTo('keras.callbacks.ModelCheckpoint')
    .flatMap((call) => passedExpression(python.argument(call, 'filepath', 0)) ?? [])
    .map(shown)
  return python.calls.some(({ method, expr, function: func }) => {
    if (!/^load_(weights|model)$/.test(method) || expr.start > fit.expr.start || func !== fit.function)
      return false
    const path = expr.args[0]?.value
    if (path === undefined) return false
    return (
      written.includes(shown(path)) ||
      /resum|latest|restart|last_(ckpt|checkpoint|epoch)/i.test(aroundOf(python, expr))
    )
  })
}

/** The call with the test of the `if` that holds it. */
function aroundOf(python: PythonModule, { start, end }: Expr): string {
  const tests = python.statements.flatMap((one) =>
    one.type === 'if' && one.body.some((inner) => inner.start <= start && end <= inner.end) ? [one.test] : [],
  )
  return [{ start, end }, ...tests].map((one) => python.code.slice(one.start, one.end)).join(' ')
}

const libraries =
  /^(keras|tensorflow|tf_keras|wandb|mlflow|comet_ml|neptune|clearml|livelossplot|tqdm|horovod|optuna|keras_tuner|codecarbon|tensorboard)(\.|$)/

/** The class of a callback, or one of the library that does what one of the project does; null: it may do anything. */
function nameOf(python: PythonModule, item: Expr): string | null {
  const name = python.callOf(item)?.name ?? null
  if (name !== null && libraries.test(name)) return name
  const own = ownCallback(python, item)
  return own === null ? null : alike[own]
}

const alike = {
  saves: 'keras.callbacks.ModelCheckpoint',
  writes: 'keras.callbacks.CSVLogger',
  neither: 'keras.callbacks.Callback',
}

/** `ModelCheckpoint('weights-{epoch}.keras')` writes a file for each epoch, and keeps them. */
function readCheckpoint(python: PythonModule, item: Expr, training: SubjectBuilder<'Training'>): void {
  const own = savedEachEpoch(python, item)
  if (own !== null) {
    const { call, path } = own
    const place = { start: path.start, end: path.end }
    training.known('keptCheckpoints', call.method, null, place, { site: callSite(call) })
    training.known(
      'checkpointHolds',
      call.method,
      call.method === 'save' ? 'training state' : 'weights',
      place,
    )
    return
  }
  const call = python.callOf(item)
  if (call === null || !/^keras\.callbacks\.(\w+\.)*ModelCheckpoint$/.test(call.name ?? '')) return
  const path = passedExpression(python.argument(call, 'filepath', 0))
  if (path === null) return
  const { start, end } = python.definition(path)
  const numbered = /\{epoch/.test(python.code.slice(start, end))
  const source = new CallSource(python, call, training.locator, { positions: { save_best_only: 3 } })
  const best = source.get('save_best_only')
  if (effective(best) === true) training.known('keepsBest', 'save_best_only', true, calleePlace(call))
  if (isGiven(best) && effective(best) === undefined) return
  const place: Place = { start: path.start, end: path.end }
  const name = training.locator.origin(place, { site: callSite(call) })
  const kept = both(stated(name, numbered), orDefault(best, false), (apart, only) =>
    apart && only !== true ? null : 1,
  )
  training.say('keptCheckpoints', 'save_best_only', kept)
  checkpointSettings.claim(training, source)
  const frequency = effective(orDefault(source.get('save_freq'), 'epoch'))
  if (frequency !== 'epoch' || mayBePassed(python.argument(call, 'period')))
    training.unknown('checkpointCount', 'save_freq', 'a rhythm of its own', calleePlace(call))
}

function changeRecords(claim: Claim, value: unknown, facts: FragmentFacts): Change | Refusal {
  const { python } = facts
  const call = claimedCall(python, claim.site)
  if (python === undefined || call === null) return { reason: 'the call is no longer in the file' }
  if (claim.setting === 'keptCheckpoints' && claim.key !== 'save_best_only')
    return { reason: 'write to one name, or where the metric is better than before' }
  if (claim.setting === 'keptCheckpoints' && value !== null) {
    const write = writeArgument(
      facts,
      call,
      'save_best_only',
      python.argument(call, 'save_best_only', 3),
      'True',
    )
    return 'reason' in write
      ? write
      : {
          title: 'Keep the best ones only: save_best_only=True',
          safety: 'unsafe',
          writes: [write],
          imports: [],
        }
  }
  if (claim.setting === 'saves' || claim.setting === 'resumable') {
    const { path, fragment, versions } = facts
    const use = { path, fragment: fragment.index, offset: call.expr.start }
    const name = nameFor(python.tree, kerasPackage(python, 'callbacks'), 'BackupAndRestore', use)
    const code = `${name.text}(${backupFolder(python, call)})`
    const write = addCallback(python, call, code, facts, fitPosition(call, 'callbacks'))
    if ('reason' in write) return write
    const title = 'Resume from the last epoch after an interruption (BackupAndRestore)'
    const pinned = lookUp(versions, 'tensorflow') !== undefined || lookUp(versions, 'keras') !== undefined
    const care = backupNeeds(python, call)
    if (care !== null)
      return {
        title: `${title}, ${care}`,
        safety: 'display',
        writes: [write],
        imports: name.import === null ? [] : [name.import],
      }
    if (isBefore(versions, ['tensorflow'], '2.8') || isBefore(versions, ['keras'], '2.8'))
      return { reason: 'BackupAndRestore came with TensorFlow 2.8, and this project uses an older one' }
    const old = !pinned && (isWrittenForOld(python) || (standsAlone(python) && !isWrittenForNew(python)))
    return {
      title: old ? `${title}; TensorFlow before 2.8 does not have it` : title,
      safety: old ? 'display' : 'unsafe',
      writes: [write],
      imports: name.import === null ? [] : [name.import],
    }
  }
  return byHand(claim)
}

/** The callbacks that a list names. */
function callbacksOf(python: PythonModule, fit: Call): readonly Expr[] {
  const given = passedExpression(argumentOf(python, fit, 'callbacks'))
  return given === null ? [] : (writtenList(python, given)?.items ?? [])
}

/** Beside the best model, where the callbacks keep one: `os.path.join(out, 'backup')` for `os.path.join(out, 'best.keras')`. */
function backupFolder(python: PythonModule, fit: Call): string {
  const folder = 'backup'
  for (const item of callbacksOf(python, fit)) {
    const made = python.callOf(item)
    if (made === null || made.method !== 'ModelCheckpoint') continue
    const path = passedExpression(python.argument(made, 'filepath', 0))
    if (path === null) continue
    const written = python.text.slice(path.start, path.end)
    const last = path.type === 'call' ? path.args.at(-1) : undefined
    if (path.type === 'call' && python.nameOf(path.callee) === 'os.path.join' && path.args.length > 1)
      return `${python.text.slice(path.start, last!.start)}'${folder}')`
    const literal = /^(f?)(["'])([^"'\n\\]+)\/[^/"'\n\\]+\2$/.exec(written)
    // `{epoch}` is a folder for each epoch.
    if (literal !== null && (literal[1] === 'f' || !literal[3]!.includes('{')))
      return `${literal[1]}'${literal[3]}/${folder}'`
  }
  return `'${folder}'`
}

/** What a backup does not bring back, or what would be mixed up in it; null: nothing is seen. */
function backupNeeds(python: PythonModule, fit: Call): string | null {
  if (kerasFits(python).some((other) => other !== fit && other.function === fit.function))
    return 'with a folder of its own for each fit'
  const own = callbacksOf(python, fit).some((item) => {
    const made = python.definition(item)
    return made.type === 'call' && (python.classOf(made.callee) ?? python.importedClass(made.callee)) !== null
  })
  return own ? 'if its own callbacks can begin in the middle' : null
}

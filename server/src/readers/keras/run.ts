/** How long a call of `fit` trains, whether it validates, and what ends it. */

import type { ArgumentValue, Call, PythonModule } from '../../python/module.js'
import type { Expr } from '../../syntax/python-ast.js'
import type { Json } from '../../text/json.js'
import { once } from '../../text/once.js'
import { isLeftOut, mayBePassed, numberArgument, passedExpression } from '../../values/argument.js'
import { asksForGiven, givenByCallers } from '../../values/given-by-callers.js'
import { convert, originOf, unreadable } from '../../values/operations.js'
import { asNumber } from '../../values/parse.js'
import { calleePlace, callSite } from '../../values/places.js'
import type { Given } from '../../values/value.js'
import { writtenList } from '../../values/written-list.js'
import type { SubjectBuilder } from '../../workload/builder.js'
import { type Callbacks, itemsBut, judgeCallbacks, type Verdict } from '../callback-list.js'
import { countedEpochs } from '../counted-epochs.js'
import { claimEndless, endlessAround } from '../pytorch/endless.js'
import { usesAny } from '../pytorch/library-uses.js'
import { loopHeader } from '../pytorch/loop.js'
import { learnsByDoing } from '../pytorch/loop-facts.js'
import { claimStopping } from '../stopping-switch.js'
import { readStopping } from './early-stopping.js'
import { heavyModel } from './evidence.js'
import { argumentOf, kerasArguments, kerasFits, receiverText } from './fits.js'
import { validatedLoss } from './own-steps.js'
import { fitSettings } from './settings.js'
import { leastSteps } from './short-epochs.js'

export function readRun(python: PythonModule, fit: Call, training: SubjectBuilder<'Training'>): void {
  const place = calleePlace(fit)
  training.known('managed', fit.method, true, place)
  readEpochs(python, fit, training)
  readBatch(python, fit, training)
  readValidation(python, fit, training)

  const given = argumentOf(python, fit, 'callbacks')
  const expr = passedExpression(given)
  const items = (expr === null ? null : writtenList(python, expr)?.items) ?? null
  claimStopping(python, training, {
    user: fit,
    made: python.callsMade('keras.callbacks.EarlyStopping'),
    verdict: (without) => stoppingOf(python, fit, given, items && itemsBut(python, items, without)),
  })
  readStopping(python, fit, given, items, training)

  const monitor = validatedLoss(python)
  if (monitor !== null) training.known('monitor', 'monitor', { name: monitor, lowerIsBetter: true }, place)
  if (usesAny(python, ['.from_pretrained'])) training.known('fineTuning', 'from_pretrained', true, place)
  if (usesAny(python, horizonSchedules)) training.known('fullHorizonSchedule', 'schedule', true, place)
  const around = endlessAround(python, fit)
  if (around !== null) claimEndless(training, around.endless, loopHeader(around.loop))
  const reason = openEndedReason(python)
  if (reason !== null) training.known('openEnded', reason, reason, place)
}

/** Why `val_loss` does not tell when to stop; null where it does. */
function openEndedReason(python: PythonModule): string | null {
  return once(python, 'keras open-ended', () => {
    // Names in texts and of what is imported alone say nothing of what is trained.
    const text = python.code
      .replace(/'[^'\n]*'|"[^"\n]*"/g, "''")
      .replace(/^\s*(from|import)\s[^\n(]*(\([^)]*\))?/gm, '')
    if (learnsByDoing(python)) return 'reinforcement learning'
    if (/discriminator/i.test(text) && /generator/i.test(text)) return 'adversarial training'
    if (/simclr|byol|\bmoco\b|barlow|vicreg|contrastive|info_?nce|masked_?autoencoder/i.test(text))
      return 'self-supervised learning'
    if (/diffusion|ddpm/i.test(text)) return 'diffusion'
    return validatedLoss(python) === null ? 'a test_step that returns no loss' : null
  })
}

const horizonSchedules = [
  'keras.optimizers.schedules.CosineDecay',
  'keras.optimizers.schedules.PolynomialDecay',
  'keras.experimental.CosineDecay',
  'keras.experimental.LinearCosineDecay',
  'tensorflow.keras.optimizers.schedules.CosineDecay',
  'transformers.create_optimizer',
]

/** Dense layers and narrow recurrent ones fit with any batch; a stateful one has the batch that its state has. */
function readBatch(python: PythonModule, fit: Call, training: SubjectBuilder<'Training'>): void {
  if (fit.method !== 'fit') return
  fitSettings.claim(training, kerasArguments(python, fit, training.locator), {}, ['batchSize'])
  if (heavyModel(python) !== false) return
  const place = calleePlace(fit)
  if (/stateful\s*=\s*True|batch_input_shape/.test(python.code))
    training.unknown('lightNetwork', 'stateful', 'its state has the batch that it was made with', place)
  else {
    const recurrent = python.calls.some(({ method }) => recurrentLayer.test(method))
    training.known('lightNetwork', 'layers', recurrent ? narrowRecurrent : 'dense layers', place)
  }
}

const narrowRecurrent = 'dense and narrow recurrent layers'
const recurrentLayer = /^(LSTM|GRU|SimpleRNN|ConvLSTM1D)(Cell)?$/

function readEpochs(python: PythonModule, fit: Call, training: SubjectBuilder<'Training'>): void {
  const source = kerasArguments(python, fit, training.locator)
  const { key, value } = fitSettings.read('epochs', source)
  const steps = numberArgument(argumentOf(python, fit, 'steps_per_epoch'))
  const counted = steps !== null && steps < leastSteps ? `epochs of ${steps} steps` : null
  const passes = afterOthers(python, fit, value)
  const stages = stagesOf(python, fit)
  if (stages !== null) training.known('stages', key, stages, calleePlace(fit))
  if (passes === value)
    training.say(
      'countedEpochs',
      'steps_per_epoch',
      countedEpochs(value, convert(source.get('steps_per_epoch'), asNumber)),
    )
  training.say(
    'epochs',
    key,
    counted === null ? passes : unreadable(training.locator.origin(calleePlace(fit)), counted),
  )
}

/**
 * The last of several calls that train one model one after the other, as where layers are thawed in between: what they add up to.
 * Null: it is another call, or how long one of them is cannot be read.
 */
function stagesOf(python: PythonModule, fit: Call): { calls: number; epochs: number } | null {
  if (fit.loops.length > 0 || fit.conditional) return null
  const all = once(python, 'calls of fit', () => kerasFits(python)).filter(
    (one) => one.function === fit.function && receiverText(python, one) === receiverText(python, fit),
  )
  if (all.length < 2 || all.at(-1) !== fit) return null
  let epochs = 0
  for (const one of all) {
    const count = numberArgument(argumentOf(python, one, 'epochs'))
    const begin = python.argument(one, 'initial_epoch')
    const over = mayBePassed(begin) ? numberArgument(begin) : 0
    const steps = numberArgument(argumentOf(python, one, 'steps_per_epoch'))
    if (count === null || over === null || (steps !== null && steps < leastSteps)) return null
    if (one.loops.length > 0 || one.conditional) return null
    epochs += Math.max(0, count - over)
  }
  return { calls: all.length, epochs }
}

/** What is left of the epochs where `initial_epoch` says that some are over. Where a run goes on, a new one begins with the first. */
function afterOthers(python: PythonModule, fit: Call, epochs: Given<number>): Given<number> {
  const begin = python.argument(fit, 'initial_epoch')
  const over = mayBePassed(begin) ? numberArgument(begin) : 0
  if (over !== null)
    return over > 0 ? convert(epochs, (all) => (all > over ? all - over : undefined)) : epochs
  const expr = passedExpression(begin)
  if (expr !== null && !follows(python, expr)) return epochs
  return epochs.state === 'known' || epochs.state === 'default'
    ? { ...originOf(epochs), state: 'range', low: 1, high: epochs.value }
    : unreadable(epochs, 'initial_epoch')
}

/** It counts epochs of another call: `history.epoch[-1]`, `len(first.history['loss'])`. */
function follows(python: PythonModule, expr: Expr): boolean {
  const { start, end } = python.definition(expr)
  return /histor|\.epoch\b/.test(python.text.slice(start, end))
}

function readValidation(python: PythonModule, fit: Call, training: SubjectBuilder<'Training'>): void {
  const key = 'validation_data'
  const place = calleePlace(fit)
  const site = callSite(fit)
  const data = argumentOf(python, fit, key)
  const split = argumentOf(python, fit, 'validation_split')
  const expr = passedExpression(data)
  if (expr !== null && !isLeftOut(data)) {
    const given = isGiven(python, expr)
    if (given === null) training.unknown('validation', key, 'it may be None', place, { site })
    else if (given) training.known('validation', key, true, place, { site })
    else training.default('validation', key, false, place, { site })
  } else if (!isLeftOut(data)) training.unknown('validation', key, '**kwargs', place, { site })
  else if (!mayBePassed(split)) training.default('validation', key, false, place, { site })
  else {
    const share = kerasArguments(python, fit, training.locator).get('validation_split')
    const positive = (value: Json) => (typeof value === 'number' ? value > 0 : undefined)
    training.say('validation', 'validation_split', convert(share, positive))
  }
}

/** False: it is None, as its callers leave it out; null: nobody can tell. */
function isGiven(python: PythonModule, expr: Expr): boolean | null {
  if (expr.type === 'conditional') {
    const holds = asksForGiven(python, expr.test)
    return holds === null ? null : isGiven(python, holds ? expr.then : expr.otherwise)
  }
  if (expr.type === 'constant') return expr.value !== null
  return isParameterOrNone(python, expr) ? givenByCallers(python, expr) : true
}

/** A parameter whose default is None. */
function isParameterOrNone(python: PythonModule, expr: Expr): boolean {
  if (expr.type !== 'name') return false
  const { id, start } = expr
  const owner = python.functions.find((one) => one.node.start <= start && start < one.node.end)
  const param = owner?.node.params.find((one) => one.name === id)
  return param?.default?.type === 'constant' && param.default.value === null
}

const harmless =
  /^keras\.callbacks\.(\w+\.)*(ModelCheckpoint|TensorBoard|ReduceLROnPlateau|LearningRateScheduler|CSVLogger|History|ProgbarLogger|BaseLogger|BackupAndRestore|RemoteMonitor|SwapEMAWeights|experimental\.BackupAndRestore)$/
const otherHarmless =
  /^(wandb\.|mlflow\.|neptune|comet_ml\.|livelossplot\.|tqdm\.|horovod\.|tensorboard\.|tensorflow_model_optimization\.|tensorflow_docs\.|keras_tqdm\.|clearml\.|aim\.|codecarbon\.|tensorflow_addons\.callbacks\.(TQDMProgressBar|AverageModelCheckpoint)|keras_cv\.callbacks\.|tensorflow\.summary\.)/

const kerasCallbacks: Callbacks = {
  library(name) {
    if (/EarlyStop|PruningCallback$|ReportCallback$|TimeStopping/i.test(name)) return 'stops'
    // Ends a run that has failed, not one that stalls.
    if (/TerminateOnNaN$/.test(name)) return 'goes on'
    return harmless.test(name) || otherHarmless.test(name) || name === 'keras.callbacks.Callback'
      ? 'goes on'
      : 'unknown'
  },
  stop: /stop_training|raise\s+\w*(Stop|Interrupt|Pruned)/,
}

function stoppingOf(
  python: PythonModule,
  fit: Call,
  given: ArgumentValue,
  items: Parameters<typeof judgeCallbacks>[1] | null,
): Verdict {
  // A loop around `fit` may decide by itself when to go on.
  if (fit.loops.some((loop) => loop.hasBreak)) return 'unknown'
  if (!mayBePassed(given)) return 'goes on'
  return items === null ? 'unknown' : judgeCallbacks(python, items, kerasCallbacks)
}

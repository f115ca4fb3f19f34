/** How long a call of `fit` trains, whether it validates, and what ends it. */

import type { ArgumentValue, Call, PythonModule } from '../../python/module.js'
import type { Json } from '../../text/json.js'
import { asNumber } from '../../values/parse.js'
import { calleePlace, callSite } from '../../values/places.js'
import type { SubjectBuilder } from '../../workload/builder.js'
import { type Callbacks, callbackList, judgeCallbacks, type Verdict } from '../callback-list.js'
import { claimArgument } from '../claim-argument.js'
import { moduleText } from '../pytorch/evidence.js'
import { once, usesAny } from '../pytorch/once.js'
import { readStopping } from './early-stopping.js'
import { fitPosition } from './fits.js'

/** An "epoch" of fewer steps, given as a number, is a slice of the data rather than a pass over it. */
const leastSteps = 50

export function readRun(python: PythonModule, fit: Call, training: SubjectBuilder<'Training'>): void {
  const place = calleePlace(fit)
  const site = callSite(fit, 'fit')
  training.known('managed', fit.method, true, place)
  readEpochs(python, fit, training)
  readValidation(python, fit, training)

  const given = python.argument(fit, 'callbacks', fitPosition(fit, 'callbacks'))
  const list = given.state === 'given' ? callbackList(python, given.expr) : null
  const verdict = stoppingOf(python, fit, given, list === null ? null : list.items)
  const key = 'callbacks'
  if (verdict === 'unknown')
    training.unknown('earlyStopping', key, 'a callback that cannot be read', place, { site })
  else if (verdict === 'stops') training.known('earlyStopping', key, true, place, { site })
  else training.default('earlyStopping', key, false, place, { site })
  readStopping(python, fit, given, list === null ? [] : list.items, training)

  training.known('monitor', 'monitor', { name: 'val_loss', lowerIsBetter: true }, place)
  if (usesAny(python, ['.from_pretrained'])) training.known('fineTuning', 'from_pretrained', true, place)
  if (usesAny(python, horizonSchedules)) training.known('fullHorizonSchedule', 'schedule', true, place)
  const reason = openEndedReason(python)
  if (reason !== null) training.known('openEnded', reason, reason, place)
}

/** Why `val_loss` does not tell when to stop; null where it does. */
function openEndedReason(python: PythonModule): string | null {
  return once(python, 'keras open-ended', () => {
    const text = moduleText(python)
    if (usesAny(python, ['gym.', 'gymnasium.', 'stable_baselines3.'])) return 'reinforcement learning'
    if (/discriminator/i.test(text) && /generator/i.test(text)) return 'adversarial training'
    if (/simclr|byol|\bmoco\b|barlow|vicreg|contrastive|info_?nce|masked_?autoencoder/i.test(text))
      return 'self-supervised learning'
    return /diffusion|ddpm/i.test(text) ? 'diffusion' : null
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

function readEpochs(python: PythonModule, fit: Call, training: SubjectBuilder<'Training'>): void {
  const place = calleePlace(fit)
  const old = python.argument(fit, 'nb_epoch')
  const key = old.state === 'given' ? 'nb_epoch' : 'epochs'
  const first = python.argument(fit, 'initial_epoch')
  if (first.state !== 'absent') {
    training.unknown('epochs', key, 'initial_epoch', place)
    return
  }
  const steps = stepsOf(python, fit)
  if (steps !== null && steps < leastSteps) {
    training.unknown('epochs', key, `epochs of ${steps} steps`, place)
    return
  }
  const argument = key === 'nb_epoch' ? old : python.argument(fit, 'epochs', fitPosition(fit, 'epochs'))
  claimArgument(training, 'epochs', key, fit, argument, {
    convert: (value) => {
      const count = asNumber(value)
      return count !== undefined && count > 0 ? count : undefined
    },
    otherwise: 1,
  })
}

function stepsOf(python: PythonModule, fit: Call): number | null {
  const given = python.argument(fit, 'steps_per_epoch', fitPosition(fit, 'steps_per_epoch'))
  return given.state === 'given' && given.folded.state === 'known' && typeof given.folded.value === 'number'
    ? given.folded.value
    : null
}

const isNone = (argument: ArgumentValue): boolean =>
  argument.state === 'given' && argument.folded.state === 'known' && argument.folded.value === null

function readValidation(python: PythonModule, fit: Call, training: SubjectBuilder<'Training'>): void {
  const place = calleePlace(fit)
  const site = callSite(fit)
  const data = python.argument(fit, 'validation_data', fitPosition(fit, 'validation_data'))
  if (data.state === 'given' && !isNone(data)) {
    const maybe = data.expr.type === 'conditional' || isParameterOrNone(python, data)
    if (maybe) training.unknown('validation', 'validation_data', 'it may be None', place, { site })
    else training.known('validation', 'validation_data', true, place, { site })
    return
  }
  const split = python.argument(fit, 'validation_split', fitPosition(fit, 'validation_split'))
  if (data.state === 'unknown' || split.state === 'unknown') {
    training.unknown('validation', 'validation_data', '**kwargs', place, { site })
    return
  }
  if (split.state === 'absent') {
    training.default('validation', 'validation_data', false, place, { site })
    return
  }
  const positive = (value: Json): boolean | undefined => (typeof value === 'number' ? value > 0 : undefined)
  claimArgument(training, 'validation', 'validation_split', fit, split, { convert: positive })
}

/** A parameter whose default is None. */
function isParameterOrNone(python: PythonModule, argument: ArgumentValue): boolean {
  if (argument.state !== 'given' || argument.expr.type !== 'name') return false
  const { id, start } = argument.expr
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
  if (given.state === 'unknown') return 'unknown'
  // A loop around `fit` may decide by itself when to go on.
  if (fit.loops.some((loop) => loop.hasBreak)) return 'unknown'
  if (given.state === 'absent') return 'goes on'
  return items === null ? 'unknown' : judgeCallbacks(python, items, kerasCallbacks)
}

/** How long a Lightning trainer runs, whether it validates, and what ends it. */

import { methodNames } from '../../python/extended-classes.js'
import type { ArgumentValue, Call, ModuleSummary, PythonModule } from '../../python/module.js'
import type { Expr } from '../../syntax/python-ast.js'
import { lookUp } from '../../text/records.js'
import {
  isLeftOut,
  isUnreadable,
  knownArgument,
  mayBePassed,
  numberArgument,
  passedExpression,
} from '../../values/argument.js'
import { convert } from '../../values/operations.js'
import { calleePlace } from '../../values/places.js'
import { effective } from '../../values/value.js'
import { writtenList } from '../../values/written-list.js'
import type { SubjectBuilder } from '../../workload/builder.js'
import { type Callbacks, itemsBut, judgeCallbacks, type Verdict } from '../callback-list.js'
import { codeText } from '../pytorch/evidence.js'
import { horizonSchedule, horizonSchedules, openEndedIn, paceSetter } from '../pytorch/loop-facts.js'
import { claimStopping } from '../stopping-switch.js'
import { speaksOfStopping } from '../wanted-stopping.js'
import { readStopping } from './early-stopping.js'
import { classFacts, loggedMetric } from './module-facts.js'
import { trainerSettings } from './settings.js'

export function readRun(
  python: PythonModule,
  call: Call,
  fits: Call[],
  training: SubjectBuilder<'Training'>,
): void {
  const place = calleePlace(call)
  training.known('managed', 'Trainer', true, place)
  readEpochs(python, call, training)

  const validates = validation(python, call, fits)
  if (validates === null)
    training.unknown('validation', 'validation_step', 'its data or module is elsewhere', place)
  else if (validates) training.known('validation', 'validation_step', true, place)
  else training.default('validation', 'validation_step', false, place)

  claimStopping(python, training, {
    user: call,
    made: python.callsMade(stoppingClass),
    verdict: (without) => stoppingOf(python, call, without),
  })
  readStopping(python, call, fits, training)
  const metric = loggedMetric(python)
  if (metric !== null) training.known('monitor', metric.name, metric, place)
  if (python.uses('.from_pretrained', 'timm.create_model'))
    training.known('fineTuning', 'from_pretrained', true, place)
  const schedule = horizonSchedule(python)
  const elsewhere = python.uses(...horizonSchedules)
  if (schedule !== null || elsewhere)
    training.known('fullHorizonSchedule', schedule?.method ?? 'lr_scheduler', true, place)
  const reason = openEndedIn(python, codeText(python)) ?? openEndedClass(python)
  if (reason !== null) training.known('openEnded', reason, reason, place)
  const pace = paceSetter(python, reason)
  if (pace !== null) training.known('boundBy', pace, pace, place)
}

/** Batches of an epoch, where they are counted: 10, or 1 without a point. Null: a share of the data, or all of it. */
export function batchLimit(python: PythonModule, call: Call): number | null {
  const limit = python.argument(call, 'limit_train_batches')
  const [count, expr] = [numberArgument(limit), passedExpression(limit)]
  if (count === null || expr === null || !Number.isInteger(count) || count < 1) return null
  return isShare(python, expr, count) ? null : count
}

/**
 * A share of an epoch rather than a number of batches: `1.0`, which is 1 once it has been read. One batch is meant only
 * where the code says `1`.
 */
export function isShare(python: PythonModule, expr: Expr, value: number): boolean {
  if (!Number.isInteger(value)) return true
  const written = python.definition(expr)
  return written.type === 'constant' ? written.float === true : value === 1
}

/** `10 if debug else None`: without the switch it is all of the data. */
function mayBeWhole(python: PythonModule, limit: ArgumentValue): boolean {
  const expr = passedExpression(limit)
  const value = expr === null ? null : python.definition(expr)
  if (value?.type !== 'conditional') return false
  return [value.then, value.otherwise].some(
    (one) => one.type === 'constant' && (one.value === null || (one.value === 1 && one.float === true)),
  )
}

function readEpochs(python: PythonModule, call: Call, training: SubjectBuilder<'Training'>): void {
  const source = trainerSettings.argumentsOf(python, call, training.locator)
  trainerSettings.claim(training, source, {}, ['maxSteps', 'device', 'remakesLoaders'])
  const limit = python.argument(call, 'limit_train_batches')
  if ((isUnreadable(limit) && !mayBeWhole(python, limit)) || batchLimit(python, call) !== null) {
    // An epoch of a few batches is not a pass over the data.
    const batches = batchLimit(python, call)
    if (batches !== null)
      training.say(
        'countedEpochs',
        'limit_train_batches',
        convert(trainerSettings.read('epochs', source).value, (epochs) =>
          epochs > 0 ? { epochs, steps: batches } : undefined,
        ),
      )
    training.unknown('epochs', 'max_epochs', 'limit_train_batches', calleePlace(call))
    return
  }
  // Steps end the run where epochs do not.
  const bounded = effective(trainerSettings.read('maxSteps', source).value) !== null
  const written = source.get('max_epochs')
  if (!bounded && effective(written) === -1)
    training.say(
      'endless',
      'max_epochs',
      convert(written, () => ({
        because: '`max_epochs=-1` sets no limit, and nothing else does',
        untilStopped: true,
      })),
    )
  if (!bounded || !isLeftOut(python.argument(call, 'max_epochs')))
    trainerSettings.claim(training, source, {}, ['epochs'])
}

/** Null: it cannot be told. */
function validation(python: PythonModule, trainer: Call, fits: Call[]): boolean | null {
  const limit = python.argument(trainer, 'limit_val_batches')
  if (knownArgument(limit) === 0) return false
  if (isUnreadable(limit) && !mayBeWhole(python, limit)) return null
  if (fits.length === 0) return validatesElsewhere(python)
  let result: boolean | null = false
  for (const fit of fits) {
    const one = validatesIn(python, fit)
    if (one === true) return true
    if (one === null) result = null
  }
  return result
}

/** The module that fits with the trainer says with what. */
function validatesElsewhere({ importers }: PythonModule): true | null {
  const fitted = importers.flatMap((one) => (one.fitted === undefined ? [] : [new Set(one.fitted)]))
  const validates = (methods: ReadonlySet<string>) =>
    methods.has('validation_step') && ['val_dataloader', 'val_dataloaders'].some((name) => methods.has(name))
  return fitted.length > 0 && fitted.every(validates) ? true : null
}

function validatesIn(python: PythonModule, fit: Call): boolean | null {
  const model = passedExpression(python.argument(fit, 'model', 0))
  const module = model === null ? null : classFacts(python, model)
  // Without the step the loader is not used.
  if (module?.complete === true && !module.methods.has('validation_step')) return false
  // Who gives data to validate on to a module that is not seen has written it to do so.
  const checks = module === null || module.methods.has('validation_step')
  for (const key of ['val_dataloaders', 'val_dataloader']) {
    const given = python.argument(fit, key, key === 'val_dataloaders' ? 2 : null)
    if (isLeftOut(given)) continue
    return checks && passedExpression(given) !== null ? true : null
  }
  if (module?.methods.has('val_dataloader') === true) return checks ? true : null
  const data = dataModule(python, fit)
  if (data === 'none') return module === null ? null : module.complete ? false : null
  // Whoever checks has something to check on.
  const checked = module === null ? hasElsewhere(python, 'training_step', 'validation_step') : checks
  if (data === null)
    return checked && hasElsewhere(python, 'train_dataloader', 'val_dataloader') ? true : null
  return data.methods.has('val_dataloader') ? (checks ? true : null) : data.complete ? false : null
}

/** All classes of imported modules that have the one method have the other one as well, or a class that they extend. */
function hasElsewhere(python: PythonModule, method: string, other: string): boolean {
  const classes = python.imported.flatMap((module) => Object.values(module.classes))
  const having = classes.filter(({ methods }) => methods.includes(method))
  return (
    having.length > 0 &&
    having.every(
      (klass) =>
        methodNames(klass).includes(other) ||
        (klass.bases.length > 0 &&
          classes.some((one) => one.methods.includes(other) && !one.methods.includes(method))),
    )
  )
}

/** `fit(model, datamodule=dm)` and `fit(model, dm)`. */
function dataModule(python: PythonModule, fit: Call): ReturnType<typeof classFacts> | 'none' {
  const named = python.argument(fit, 'datamodule', 3)
  const inPlace = !mayBePassed(named)
  const given = inPlace ? python.argument(fit, 'train_dataloaders', 1) : named
  if (!mayBePassed(given)) return 'none'
  const expr = passedExpression(given)
  if (expr === null) return null
  const facts = classFacts(python, expr)
  if (facts !== null) return facts
  // A loader in the second place, not a data module.
  return inPlace && python.callOf(expr)?.method === 'DataLoader' ? 'none' : null
}

const harmless =
  /^lightning\.pytorch\.callbacks\.(\w+\.)*(ModelCheckpoint|LearningRateMonitor|TQDMProgressBar|RichProgressBar|ProgressBar|RichModelSummary|ModelSummary|StochasticWeightAveraging|DeviceStatsMonitor|GPUStatsMonitor|XLAStatsMonitor|GradientAccumulationScheduler|BackboneFinetuning|BaseFinetuning|BatchSizeFinder|LearningRateFinder|ModelPruning|QuantizationAwareTraining|OnExceptionCheckpoint|ThroughputMonitor|WeightAveraging|EMAWeightAveraging|BasePredictionWriter|AsyncCheckpoint|Callback)$/
const otherHarmless =
  /^(lightning\.pytorch\.(Callback|loggers\.)|aim\.|wandb\.|mlflow\.|comet_ml\.|codecarbon\.|torch_ema\.|pl_bolts\.callbacks\.(PrintTable|TrainingDataMonitor|ModuleDataMonitor|LatentDim|TensorboardGenerative|SSLOnline|BatchGradient))/

const lightningCallbacks: Callbacks = {
  library(name) {
    if (/EarlyStop|PruningCallback$/.test(name)) return 'stops'
    if (harmless.test(name) || otherHarmless.test(name)) return 'goes on'
    return 'unknown'
  },
  stop: /should_stop|stop_training|raise\s+KeyboardInterrupt/,
}

const stoppingClass = 'lightning.pytorch.callbacks.EarlyStopping'

/** `without`: callbacks that are switched off, and what is named for them. */
function stoppingOf(python: PythonModule, call: Call, without: readonly Call[] | null): Verdict {
  if (without === null && python.uses(stoppingClass)) return 'stops'
  const named =
    without === null ? /\bshould_stop\b|early_?stop/i : /\bshould_stop\b|(def|class)\s+\w*early_?stop/i
  if (speaksOfStopping(python, named)) return 'stops'
  // A limit of time ends it before its epochs do.
  if (!isLeftOut(python.argument(call, 'max_time')) || python.usesHere('lightning.pytorch.callbacks.Timer'))
    return 'unknown'
  if (mayBePassed(python.argument(call, 'early_stop_callback'))) return 'unknown'
  const given = python.argument(call, 'callbacks')
  if (!mayBePassed(given)) return addedLater(python)
  const expr = passedExpression(given)
  const list = expr === null ? null : writtenList(python, expr)
  return list === null
    ? 'unknown'
    : judgeCallbacks(python, itemsBut(python, list.items, without), lightningCallbacks)
}

/** Not the module that callbacks are imported from. */
const addsCallbacks = /\b(?!(?:pytorch|lightning|pytorch_lightning|pl)\.)\w+\.callbacks\b|configure_callbacks/

/** `trainer.callbacks.append(…)`; a module that configures callbacks of its own. */
function addedLater(python: PythonModule): Verdict {
  return addsCallbacks.test(codeText(python)) ? 'unknown' : 'goes on'
}

/** Imported modules are known by the names of their classes, as far as this one uses them. */
function openEndedClass(python: PythonModule): string | null {
  const names = usedClasses(python).join(' ')
  if (/discriminator|\bgan\b|[a-z]GAN\b|\bGAN/i.test(names)) return 'adversarial training'
  return /simclr|byol|moco|barlow|vicreg|dino|maskedautoencoder|\bmae\b/i.test(names)
    ? 'self-supervised learning'
    : /diffusion|ddpm/i.test(names)
      ? 'diffusion'
      : null
}

/**
 * Classes of imported modules that the code here reads, and those that they are made of. What is imported in another way than
 * by the name of a class may use all of its module.
 */
function usedClasses(python: PythonModule): string[] {
  const code = withoutImports(python)
  const read = new Set(code.match(/\w+/g))
  const byClass = new Map<ModuleSummary, string[]>()
  const whole = new Set<ModuleSummary>()
  for (const [name, bindings] of python.moduleBindings)
    for (const { kind, target } of bindings) {
      const found = kind === 'import' && target !== null ? python.projectTarget(target) : null
      if (found === null) continue
      const { summary, rest } = found
      const named = byClass.get(summary) ?? []
      byClass.set(summary, named)
      if (lookUp(summary.classes, rest) === undefined) whole.add(summary)
      else if (read.has(name)) named.push(rest)
    }
  return python.imported.flatMap((module) => {
    const named = whole.has(module) ? undefined : byClass.get(module)
    return named === undefined ? Object.keys(module.classes) : madeOf(module, named)
  })
}

/** The classes with those of the module that their code names, and so on. */
function madeOf({ classes }: ModuleSummary, named: string[]): string[] {
  const found = new Set(named)
  for (const name of found) for (const other of lookUp(classes, name)?.names ?? []) found.add(other)
  return [...found]
}

function withoutImports(python: PythonModule): string {
  let text = ''
  let at = 0
  for (const { type, start, end } of python.statements) {
    if (type !== 'import' || start < at) continue
    text += python.code.slice(at, start)
    at = end
  }
  return text + python.code.slice(at)
}

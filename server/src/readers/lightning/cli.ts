/**
 * `LightningCLI`: a program whose trainer is configured by flags (`--trainer.precision`), by YAML files (`--config`),
 * by defaults in code, in this order. Source: lightning/pytorch/cli.py (2.x).
 */

import { inConfigured } from '../../python/call-arguments.js'
import type { ArgumentValue, Call, Folded, PythonModule } from '../../python/module.js'
import { type Configured, configuredAt } from '../../text/configured.js'
import type { Json } from '../../text/json.js'
import { lookUp } from '../../text/records.js'
import { asNumber } from '../../values/parse.js'
import { calleePlace, callSite, configuredSite } from '../../values/places.js'
import type { ClaimBuilder, ClaimOptions, SubjectBuilder } from '../../workload/builder.js'
import type { Binding } from '../../workload/claim.js'
import type { SettingName, Words } from '../../workload/words.js'
import { claimArgument } from '../claim-argument.js'
import { onLaunchLine } from '../launch-flag.js'
import { codeText, trainingEvidence } from '../pytorch/evidence.js'
import { openEndedIn } from '../pytorch/loop-facts.js'
import type { ReaderContext } from '../reader.js'
import { stoppingInFile } from './cli-configuration.js'
import { classFactsOf, loggedMetric } from './module-facts.js'
import { lowersByHand, precisionFrom } from './precision.js'

export const cliClass = 'lightning.pytorch.cli.LightningCLI'

const epochsByDefault = 1000
const trainingCommands = /^fit$/
const otherCommands = /^(validate|test|predict)$/

export function readCli(
  python: PythonModule,
  call: Call,
  context: ReaderContext,
  claims: ClaimBuilder,
): void {
  const { binding } = context
  if (!trains(python, call, binding)) return
  const evidence = trainingEvidence(python)
  if (evidence.role !== 'test') evidence.role = 'training'
  const settings = new CliSettings(python, call, binding)
  evidence.accelerator = acceleratorOf(settings)
  if (isTrial(settings)) evidence.role = 'test'
  const training = claims.subject('Training', calleePlace(call), call.function?.qualified ?? '', evidence)
  readPrecision(python, settings, training)
  readRun(python, settings, training)
}

/** `run=False` leaves it to the code; otherwise the first word of the launch says what is done. */
function trains(python: PythonModule, call: Call, binding: Binding | null): boolean {
  const run = python.argument(call, 'run')
  const off = run.state === 'given' && run.folded.state === 'known' && run.folded.value === false
  if (off) return python.calls.some((one) => one.method === 'fit')
  const words = binding?.launch.positionals.map((one) => one.value) ?? []
  // Without a command it says how it is used: a Dockerfile's `CMD` that whoever runs the image replaces.
  if (binding !== null && run.state === 'absent' && isBare(binding)) {
    const args = python.argument(call, 'args')
    const none = args.state === 'given' && args.folded.state === 'known' && args.folded.value === null
    if (args.state === 'absent' || none) return false
  }
  if (words.some((word) => typeof word === 'string' && trainingCommands.test(word))) return true
  return !words.some((word) => typeof word === 'string' && otherCommands.test(word))
}

function isBare({ launch }: Binding): boolean {
  return (
    launch.complete &&
    launch.positionals.length === 0 &&
    Object.keys(launch.flags).length === 0 &&
    (launch.files ?? []).length === 0
  )
}

class CliSettings {
  /** Files of the launch, the one that counts most first. */
  readonly files: Configured[]
  /** False where more than is seen may set a value. */
  private readonly complete: boolean

  constructor(
    readonly python: PythonModule,
    readonly call: Call,
    readonly binding: Binding | null,
  ) {
    const given = (binding?.launch.files ?? []).map((file) => python.configurationFile(file.path))
    const own = this.defaultFiles()
    this.files = [...given.reverse(), ...own].filter((file): file is Configured => file !== null)
    this.complete = !given.includes(null)
  }

  /** `parser_kwargs={'default_config_files': ['config.yaml']}`. */
  private defaultFiles(): (Configured | null)[] {
    const given = this.python.argument(this.call, 'parser_kwargs')
    if (given.state !== 'given' || given.folded.state !== 'known') return []
    const names: string[] = []
    const collect = (value: Json): void => {
      if (value === null || typeof value !== 'object' || Array.isArray(value)) return
      const files = value.default_config_files
      if (Array.isArray(files)) names.push(...files.filter((one): one is string => typeof one === 'string'))
      for (const child of Object.values(value)) collect(child)
    }
    collect(given.folded.value)
    return names.map((name) => this.python.configurationFile(name))
  }

  /** The `trainer:` part of a file, also below the command `fit:`. */
  trainerIn(file: Configured): Configured | undefined {
    return configuredAt(file, 'trainer') ?? configuredAt(file, 'fit', 'trainer')
  }

  get(key: string): ArgumentValue {
    const { python, call, binding } = this
    const { expr } = call
    if (binding !== null) {
      const flag = lookUp(binding.launch.flags, `trainer.${key}`)
      if (flag !== undefined) return launched(flag.value, call, flag.location)
      if (!binding.launch.complete || !this.complete)
        return { state: 'unknown', because: 'arguments of the launch line' }
    }
    let home: Configured | undefined
    for (const file of this.files) {
      const trainer = this.trainerIn(file)
      if (trainer === undefined) continue
      home ??= trainer
      const found = inConfigured(expr, trainer, key, binding === null)
      if (found.state !== 'absent') return found
    }
    const defaults = python.argument(call, 'trainer_defaults')
    if (defaults.state === 'unknown') return defaults
    if (defaults.state === 'given') {
      const found = python.entry(defaults.expr, key)
      if (found.state === 'unknown') return found
      if (found.state === 'given')
        return found.folded.state === 'known'
          ? {
              ...found,
              folded: { ...found.folded, overridable: found.folded.overridable || binding === null },
            }
          : found
    }
    // Defaults that a class of the project sets for its parser.
    if (python.calls.some((one) => one.method === 'set_defaults'))
      return { state: 'unknown', because: 'defaults of the parser' }
    const overridable = binding === null
    if (home === undefined) return { state: 'absent', overridable }
    return inConfigured(expr, home, key, overridable)
  }
}

function launched(
  value: string | boolean | null,
  call: Call,
  location: Folded extends infer T ? (T extends { location?: infer L } ? L : never) : never,
): ArgumentValue {
  const { start, end } = call.expr.callee
  const folded: Folded =
    typeof value === 'string'
      ? {
          state: 'known',
          value: word(value),
          channel: 'launch flag',
          overridable: false,
          ...(location === undefined ? {} : { location }),
        }
      : { state: 'unknown', because: 'a value of the launch' }
  return { state: 'given', expr: call.expr, folded, span: { start, end } }
}

function word(value: string): Json {
  if (/^(true|false)$/i.test(value)) return value.toLowerCase() === 'true'
  if (/^(null|none)$/i.test(value)) return null
  return /^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i.test(value) ? Number(value) : value
}

function knownValue(settings: CliSettings, key: string): Json | undefined {
  const given = settings.get(key)
  return given.state === 'given' && given.folded.state === 'known' ? given.folded.value : undefined
}

function acceleratorOf(settings: CliSettings): 'gpu' | 'maybe' | 'cpu' | 'tpu' | 'mps' {
  const value = knownValue(settings, 'accelerator')
  const named: Record<string, 'gpu' | 'cpu' | 'tpu' | 'mps'> = {
    gpu: 'gpu',
    cuda: 'gpu',
    cpu: 'cpu',
    tpu: 'tpu',
    mps: 'mps',
  }
  return (typeof value === 'string' ? lookUp(named, value) : undefined) ?? 'maybe'
}

function isTrial(settings: CliSettings): boolean {
  const dev = knownValue(settings, 'fast_dev_run')
  if (dev === true || (typeof dev === 'number' && dev > 0)) return true
  const batches = knownValue(settings, 'limit_train_batches')
  const steps = knownValue(settings, 'max_steps')
  if (typeof batches === 'number' && Number.isInteger(batches) && batches <= 10 && batches > 1) return true
  return typeof steps === 'number' && steps > 0 && steps <= 50
}

/** What is left out belongs on the launch line where no file carries the trainer's settings. */
function claimCli<K extends SettingName<'Training'>>(
  training: SubjectBuilder<'Training'>,
  setting: K,
  key: string,
  settings: CliSettings,
  rules: { convert(value: Json): Words['Training'][K] | undefined; otherwise: Words['Training'][K] },
): void {
  const argument = settings.get(key)
  const { call, binding } = settings
  const site = callSite(call, 'cli')
  if (argument.state !== 'absent') {
    claimArgument(training, setting, key, call, argument, { ...rules, anchor: 'cli' })
    return
  }
  const options: ClaimOptions =
    argument.configured !== undefined
      ? { location: argument.configured.location, site: configuredSite(site, argument.configured) }
      : binding !== null
        ? onLaunchLine(binding)
        : { site }
  training.default(setting, key, rules.otherwise, calleePlace(call), {
    ...options,
    overridable: argument.overridable ?? false,
  })
}

function readPrecision(
  python: PythonModule,
  settings: CliSettings,
  training: SubjectBuilder<'Training'>,
): void {
  const key = 'precision'
  const place = calleePlace(settings.call)
  const site = callSite(settings.call, 'cli')
  const argument = settings.get(key)
  const value =
    argument.state === 'given' && argument.folded.state === 'known'
      ? precisionFrom(argument.folded.value)
      : undefined
  const plugins = settings.get('plugins')
  const strategy = settings.get('strategy')
  const plain = (one: ArgumentValue): boolean =>
    one.state === 'absent' ||
    (one.state === 'given' &&
      one.folded.state === 'known' &&
      (one.folded.value === null || typeof one.folded.value === 'string'))
  const lowered = value === undefined || value === 'fp32' ? lowersByHand(python) : null
  if (lowered !== null || !plain(plugins) || !plain(strategy))
    training.unknown('precision', key, lowered ?? 'a plugin or the strategy', place, { site })
  else claimCli(training, 'precision', key, settings, { convert: precisionFrom, otherwise: 'fp32' })
}

function readRun(python: PythonModule, settings: CliSettings, training: SubjectBuilder<'Training'>): void {
  const { call } = settings
  const place = calleePlace(call)
  const site = callSite(call, 'cli')
  training.known('managed', 'Trainer', true, place)
  const steps = settings.get('max_steps')
  const bounded = steps.state !== 'absent'
  claimArgument(training, 'maxSteps', 'max_steps', call, steps, {
    convert: (value) => (typeof value === 'number' && value > 0 ? value : null),
    otherwise: null,
  })
  const epochs = settings.get('max_epochs')
  if (epochs.state === 'absent' && bounded)
    training.unknown('epochs', 'max_epochs', 'a limit of steps', place)
  else
    claimCli(training, 'epochs', 'max_epochs', settings, {
      convert: (value) => (value === null ? epochsByDefault : value === -1 ? undefined : asNumber(value)),
      otherwise: epochsByDefault,
    })
  const model =
    call.expr.args.find((one) => one.name === 'model_class') ??
    call.expr.args.filter((one) => one.name === null)[0]
  const data =
    call.expr.args.find((one) => one.name === 'datamodule_class') ??
    call.expr.args.filter((one) => one.name === null)[1]
  const module = model === undefined ? null : classFactsOf(python, model.value)
  const loaders = data === undefined ? module : classFactsOf(python, data.value)
  if (module === null || loaders === null)
    training.unknown('validation', 'validation_step', 'its data or module is elsewhere', place)
  else if (module.methods.has('validation_step') && loaders.methods.has('val_dataloader'))
    training.known('validation', 'validation_step', true, place)
  else training.default('validation', 'validation_step', false, place)
  readStopping(python, settings, training)
  const metric = loggedMetric(python)
  if (metric !== null) training.known('monitor', metric.name, metric, place)
  if (python.uses('.from_pretrained', 'timm.create_model'))
    training.known('fineTuning', 'from_pretrained', true, place)
  const reason = openEndedIn(python, codeText(python))
  if (reason !== null) training.known('openEnded', reason, reason, place, { site })
}

function readStopping(
  python: PythonModule,
  settings: CliSettings,
  training: SubjectBuilder<'Training'>,
): void {
  const key = 'trainer.callbacks'
  const { call } = settings
  const place = calleePlace(call)
  const site = callSite(call, 'cli')
  const unknown = (because: string) => training.unknown('earlyStopping', key, because, place, { site })
  if (
    python.uses('lightning.pytorch.callbacks.EarlyStopping') ||
    /early_?stop|should_stop/i.test(codeText(python))
  ) {
    training.known('earlyStopping', key, true, place, { site })
    return
  }
  if (settings.get('max_time').state !== 'absent') return void unknown('a limit of time')
  const launch = settings.binding?.launch
  if (launch !== undefined && Object.keys(launch.flags).some((flag) => /^trainer\.callbacks/.test(flag)))
    return void unknown('callbacks of the launch line')
  for (const file of settings.files) {
    const trainer = settings.trainerIn(file)
    const callbacks = trainer === undefined ? undefined : configuredAt(trainer, 'callbacks')
    if (callbacks === undefined) continue
    const verdict = stoppingInFile(callbacks)
    if (verdict === 'stops')
      training.known('earlyStopping', key, true, place, { site, location: callbacks.at.location })
    else if (verdict === 'unknown') unknown('a callback that cannot be read')
    else
      training.default('earlyStopping', key, false, place, {
        site: configuredSite(site, callbacks.at),
        location: callbacks.at.location,
      })
    return
  }
  if (settings.get('callbacks').state !== 'absent') return void unknown('a callback that cannot be read')
  const home = settings.files.map((file) => settings.trainerIn(file)).find((one) => one !== undefined)
  const options: ClaimOptions =
    home?.at.keys == null
      ? { site }
      : {
          site: configuredSite(site, { ...home.at, keys: [...home.at.keys, 'callbacks'] }),
          location: home.at.location,
        }
  training.default('earlyStopping', key, false, place, { ...options, overridable: settings.binding === null })
}

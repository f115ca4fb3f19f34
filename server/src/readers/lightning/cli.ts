/**
 * `LightningCLI`: a program whose trainer is configured by flags (`--trainer.precision`), by YAML files (`--config`),
 * by defaults in code, in this order. Source: lightning/pytorch/cli.py (2.x).
 */

import type { Refusal } from '../../edit/write.js'
import { inConfigured } from '../../python/given-argument.js'
import type { ArgumentValue, Call, PythonModule } from '../../python/module.js'
import type { Expr } from '../../syntax/python-ast.js'
import { type Configured, configuredAt, plainConfigured } from '../../text/configured.js'
import type { Json } from '../../text/json.js'
import type { Origin, Place } from '../../text/origin.js'
import { lookUp } from '../../text/records.js'
import { isLeftOut, knownArgument, mayBePassed, passedExpression } from '../../values/argument.js'
import { argumentValue } from '../../values/call-source.js'
import { absent, convert, derived, firstGiven, orDefault } from '../../values/operations.js'
import { calleePlace, callSite, configuredSite } from '../../values/places.js'
import type { Locator, Source } from '../../values/source.js'
import { effective, type Given, isGiven } from '../../values/value.js'
import type { ClaimBuilder, ClaimOptions, SubjectBuilder } from '../../workload/builder.js'
import type { Binding, Evidence } from '../../workload/claim.js'
import type { ProgramSettings } from '../../workload/resource-kinds.js'
import { onLaunchLine } from '../launch-flag.js'
import { launchedValue } from '../launched-value.js'
import { countIn } from '../python/taken-devices.js'
import { codeText, trainingEvidence } from '../pytorch/evidence.js'
import { openEndedIn } from '../pytorch/loop-facts.js'
import { smallClass } from '../pytorch/network-size.js'
import type { ReaderContext } from '../reader.js'
import { acceleratorKind } from './accelerators.js'
import { stoppingInFile } from './cli-callbacks.js'
import { classFactsOf, loggedMetric } from './module-facts.js'
import { claimPrecision } from './precision.js'
import { trainerSettings } from './settings.js'

export const cliClass = 'lightning.pytorch.cli.LightningCLI'

const trainingCommands = /^fit$/
const otherCommands = /^(validate|test|predict)$/

export function readCli(
  python: PythonModule,
  call: Call,
  context: ReaderContext,
  claims: ClaimBuilder,
): void {
  const started = cliTraining(python, call, context, claims)
  if (started === null) return
  const { settings, evidence } = started
  const training = claims.subject('Training', calleePlace(call), call.function?.qualified ?? '', evidence)
  readPrecision(python, settings, training)
  readRun(python, settings, training)
  const taken = derived(settings.get('devices'), (value): ProgramSettings['devices'] | undefined => {
    const count = countIn(value)
    return count === null ? undefined : { count, of: 'node' }
  })
  claims.extend('Program').say('devices', 'devices', taken)
}

/** The training that a command line starts, with what its trainer is given; null: it does something else. */
export function cliTraining(
  python: PythonModule,
  call: Call,
  { binding }: ReaderContext,
  claims: ClaimBuilder,
): { settings: CliSource; evidence: Evidence } | null {
  if (!trains(python, call, binding)) return null
  const evidence = trainingEvidence(python)
  if (evidence.role !== 'test') evidence.role = 'training'
  const settings = new CliSource(python, call, binding, claims)
  evidence.accelerator = acceleratorOf(settings)
  noteNetwork(python, call, settings, evidence)
  if (isTrial(settings)) evidence.role = 'test'
  return { settings, evidence }
}

/** What its files give the network counts, not what the class falls back to. */
function noteNetwork(python: PythonModule, call: Call, settings: CliSource, evidence: Evidence): void {
  const model = modelOf(call)
  const section = settings.files
    .map((file) => configuredAt(file, 'model') ?? configuredAt(file, 'fit', 'model'))
    .find((one) => one !== undefined)
  const given =
    section === undefined ? undefined : plainConfigured(configuredAt(section, 'init_args') ?? section)
  if (evidence.smallNetwork !== true || model === undefined || !isObject(given)) return
  const devices = countIn(effective(settings.get('devices'))) ?? 1
  evidence.small = smallClass(python, model, given, devices)
  if (evidence.small === null) delete evidence.smallNetwork
}

const isObject = (value: Json | undefined): value is Record<string, Json> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** `LightningCLI(Net, Data)` */
function modelOf({ expr: { args } }: Call): Expr | undefined {
  return (args.find((one) => one.name === 'model_class') ?? args.find((one) => one.name === null))?.value
}

/** `run=False` leaves it to the code; otherwise the first word of the launch says what is done. */
function trains(python: PythonModule, call: Call, binding: Binding | null): boolean {
  const run = python.argument(call, 'run')
  if (knownArgument(run) === false) return python.calls.some((one) => one.method === 'fit')
  const words = binding?.launch.positionals.map((one) => one.value) ?? []
  // Without a command it says how it is used: a Dockerfile's `CMD` that whoever runs the image replaces.
  if (binding !== null && !mayBePassed(run) && isBare(binding) && isLeftOut(python.argument(call, 'args')))
    return false
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

/** What the trainer of a command line is given: by a flag, a file, defaults in the code. */
class CliSource implements Source {
  /** Files of the launch, the one that counts most first. */
  readonly files: Configured[]
  readonly place: Place
  /** What a change of the call would edit. */
  readonly site: Place
  /** False where more than is seen may set a value. */
  private readonly complete: boolean

  constructor(
    readonly python: PythonModule,
    readonly call: Call,
    readonly binding: Binding | null,
    private readonly locator: Locator,
  ) {
    const given = (binding?.launch.files ?? []).map((file) => python.configurationFile(file.path))
    const own = this.defaultFiles()
    this.files = [...given.reverse(), ...own].filter((file): file is Configured => file !== null)
    this.complete = !given.includes(null)
    this.place = calleePlace(call)
    this.site = callSite(call, { kind: 'call', role: 'parser' })
  }

  /** `parser_kwargs={'default_config_files': ['config.yaml']}`. */
  private defaultFiles(): (Configured | null)[] {
    const names: string[] = []
    const collect = (value: Json): void => {
      if (value === null || typeof value !== 'object' || Array.isArray(value)) return
      const files = value.default_config_files
      if (Array.isArray(files)) names.push(...files.filter((one): one is string => typeof one === 'string'))
      for (const child of Object.values(value)) collect(child)
    }
    collect(knownArgument(this.python.argument(this.call, 'parser_kwargs')) ?? null)
    return names.map((name) => this.python.configurationFile(name))
  }

  /** The `trainer:` part of a file, also below the command `fit:`. */
  trainerIn(file: Configured): Configured | undefined {
    return configuredAt(file, 'trainer') ?? configuredAt(file, 'fit', 'trainer')
  }

  /** The `trainer:` part of the file that counts most. */
  get home(): Configured | undefined {
    return this.files.map((file) => this.trainerIn(file)).find((one) => one !== undefined)
  }

  get(key: string): Given<Json> {
    const { python, call, binding, place, site, locator } = this
    const value = (argument: ArgumentValue) => argumentValue(argument, place, site, locator)
    const flag = lookUp(binding?.launch.flags, `trainer.${key}`)
    if (flag !== undefined)
      return convert(launchedValue(flag, 'launch flag', this.left), (one) =>
        typeof one === 'string' ? word(one) : undefined,
      )
    if (binding !== null && !this.complete)
      return value({ state: 'unknown', because: 'arguments of the launch line' })
    const open = binding === null
    const inFiles = this.files.flatMap((file) => {
      const trainer = this.trainerIn(file)
      return trainer === undefined ? [] : [value(inConfigured(call.expr, trainer, key, open))]
    })
    const defaults = python.argument(call, 'trainer_defaults')
    const dictionary = passedExpression(defaults)
    const inCode = dictionary === null ? defaults : python.entry(dictionary, key)
    const found = firstGiven(absent(this.left), ...inFiles, value(inCode))
    if (isGiven(found)) return { ...found, overridable: found.overridable || open }
    // Defaults that a class of the project sets for its parser.
    return python.calls.some((one) => one.method === 'set_defaults')
      ? value({ state: 'unknown', because: 'defaults of the parser' })
      : (inFiles[0] ?? found)
  }

  set(): Refusal {
    return { reason: 'it is set on the launch line or in a file' }
  }

  /** Where what is left out would be written: on the launch line, where no file carries the trainer's settings. */
  private get left(): Origin {
    const { binding, place, site, locator } = this
    const options = binding === null ? { site } : onLaunchLine(binding)
    // What is handed on (`"$@"`) may bring what no file has; what stands in a file that the line names is meant.
    const overridable = binding === null || !binding.launch.complete
    return locator.origin(place, { channel: 'library default', overridable, ...options })
  }
}

function word(value: string): Json {
  if (/^(true|false)$/i.test(value)) return value.toLowerCase() === 'true'
  if (/^(null|none)$/i.test(value)) return null
  return /^[-+]?(\d+(?:\.\d*)?|\.\d+)(e[-+]?\d+)?$/i.test(value) ? Number(value) : value
}

function acceleratorOf(settings: CliSource): Evidence['accelerator'] {
  const value = effective(settings.get('accelerator'))
  return typeof value === 'string' ? acceleratorKind(value) : 'maybe'
}

function isTrial(settings: CliSource): boolean {
  const dev = effective(settings.get('fast_dev_run'))
  if (dev === true || (typeof dev === 'number' && dev > 0)) return true
  const batches = effective(settings.get('limit_train_batches'))
  const steps = effective(settings.get('max_steps'))
  if (typeof batches === 'number' && Number.isInteger(batches) && batches <= 10 && batches > 1) return true
  return typeof steps === 'number' && steps > 0 && steps <= 50
}

function readPrecision(
  python: PythonModule,
  settings: CliSource,
  training: SubjectBuilder<'Training'>,
): void {
  const { key, value } = trainerSettings.read('precision', settings)
  const plain = (word: string): boolean => {
    const one = effective(orDefault(settings.get(word), null))
    return one === null || typeof one === 'string'
  }
  if (plain('plugins') && plain('strategy')) claimPrecision(python, training, key, value)
  else training.unknown('precision', key, 'a plugin or the strategy', settings.place, { site: settings.site })
}

function readRun(python: PythonModule, settings: CliSource, training: SubjectBuilder<'Training'>): void {
  const { call, place, site } = settings
  training.known('managed', 'Trainer', true, place)
  trainerSettings.claim(training, settings, {}, ['maxSteps', 'remakesLoaders'])
  if (!isGiven(settings.get('max_epochs')) && isGiven(settings.get('max_steps')))
    training.unknown('epochs', 'max_epochs', 'a limit of steps', place)
  else trainerSettings.claim(training, settings, {}, ['epochs'])
  const model = modelOf(call)
  const data =
    call.expr.args.find((one) => one.name === 'datamodule_class') ??
    call.expr.args.filter((one) => one.name === null)[1]
  const module = model === undefined ? null : classFactsOf(python, model)
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

function readStopping(python: PythonModule, settings: CliSource, training: SubjectBuilder<'Training'>): void {
  const key = 'trainer.callbacks'
  const { place, site } = settings
  const unknown = (because: string) => training.unknown('earlyStopping', key, because, place, { site })
  if (
    python.uses('lightning.pytorch.callbacks.EarlyStopping') ||
    /early_?stop|should_stop/i.test(codeText(python))
  ) {
    training.known('earlyStopping', key, true, place, { site })
    return
  }
  if (isGiven(settings.get('max_time'))) return void unknown('a limit of time')
  const launch = settings.binding?.launch
  if (launch !== undefined && Object.keys(launch.flags).some((flag) => /^trainer\.callbacks/.test(flag)))
    return void unknown('callbacks of the launch line')
  for (const file of settings.files) {
    const trainer = settings.trainerIn(file)
    const callbacks = trainer === undefined ? undefined : configuredAt(trainer, 'callbacks')
    if (callbacks === undefined) continue
    const verdict = stoppingInFile(callbacks)
    if (verdict === 'unknown') return void unknown('a callback that cannot be read')
    const { location } = callbacks.at
    if (verdict === 'stops') training.known('earlyStopping', key, true, place, { site, location })
    else
      training.default('earlyStopping', key, false, place, {
        site: configuredSite(site, callbacks.at),
        location,
      })
    return
  }
  const given = settings.get('callbacks')
  if (isGiven(given)) return void unknown('a callback that cannot be read')
  const { home } = settings
  const options: ClaimOptions =
    home?.at.keys == null
      ? { site }
      : {
          site: configuredSite(site, { ...home.at, keys: [...home.at.keys, 'callbacks'] }),
          location: home.at.location,
        }
  training.default('earlyStopping', key, false, place, {
    ...options,
    overridable: settings.binding === null || !settings.binding.launch.complete,
  })
}

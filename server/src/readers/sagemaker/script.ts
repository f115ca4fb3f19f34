/** The script that an estimator runs, and what it is started with. */
import { startsPerDevice } from '../../link/launchers.js'
import { imageVersions } from '../../link/versions.js'
import type { ArgumentValue, Call, PythonModule } from '../../python/module.js'
import type { Expr } from '../../syntax/python-ast.js'
import type { Json } from '../../text/json.js'
import type { Location } from '../../text/location.js'
import { define, lookUp } from '../../text/records.js'
import {
  isLeftOut,
  knownArgument,
  mayBePassed,
  numberArgument,
  passedExpression,
  textArgument,
} from '../../values/argument.js'
import { argumentValue } from '../../values/call-source.js'
import { foldedValue } from '../../values/folded-value.js'
import { unreadable } from '../../values/operations.js'
import { effective, type Given } from '../../values/value.js'
import type { ClaimBuilder } from '../../workload/builder.js'
import type { LaunchValue } from '../../workload/claim.js'
import { launchValue } from '../launch-value.js'
import { ownImageLaunch } from './image-launch.js'
import { containerEstimators, frameworkEstimators } from './names.js'

/** A value as it stands on the command line or in the environment; null: not readable. */
function asWord(value: Json): string | null {
  if (value === null) return null
  if (typeof value === 'string') return value
  if (typeof value === 'number') return String(value)
  if (typeof value === 'boolean') return value ? 'True' : 'False'
  return JSON.stringify(value)
}

interface Passed {
  values: Record<string, LaunchValue>
  /** False where there may be more than these. */
  complete: boolean
}

/** What a dictionary passes on to the script, as far as it can be read; nothing where it is left out. */
export function passedOn(
  python: PythonModule,
  claims: ClaimBuilder,
  call: Call,
  argument: ArgumentValue,
): Passed {
  const expr = passedExpression(argument)
  if (expr === null || isLeftOut(argument)) return { values: {}, complete: isLeftOut(argument) }
  const keys = python.keysOf(expr, call.expr.start) ?? keysElsewhere(python, expr)
  const place = { start: expr.start, end: expr.end }
  const values = (keys ?? writtenKeys(python, expr)).map((key): [string, LaunchValue] => {
    const entry = python.entry(expr, key, call.expr.start)
    return [key, launchValue(argumentValue(entry, place, place, claims), asWord)]
  })
  return { values: Object.fromEntries(values), complete: keys !== null }
}

/** Of a dictionary that another module of the project writes down; null: it is none, or may be another one. */
function keysElsewhere(python: PythonModule, expr: Expr): string[] | null {
  const folded = python.fold(expr)
  if (folded.state !== 'known' || folded.overridable || python.isChanged(expr)) return null
  const { value } = folded
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.keys(value) : null
}

/** The keys of a dictionary that can be read, where others cannot. */
function writtenKeys(python: PythonModule, expr: Expr): string[] {
  const value = python.definition(expr)
  if (value.type !== 'dict') return []
  return value.entries.flatMap(({ key }) => {
    const name = key === null ? undefined : effective(python.fold(key))
    return typeof name === 'string' ? [name] : []
  })
}

export interface Start {
  launcher: string
  /** Per node; 0: one for each device; null: unknown. */
  processes: number | null
}

/** A recipe of HyperPod brings the program with machines, launcher and checkpoints. */
export function namesRecipe(python: PythonModule, call: Call): boolean {
  return mayBePassed(python.argument(call, 'training_recipe'))
}

/** What the call leaves out stands in the recipe. */
export function orByRecipe<T>(value: Given<T>, because: string): Given<T> {
  return value.channel === 'library default'
    ? unreadable({ ...value, channel: 'named file' }, because)
    : value
}

/** How the container starts the script: by itself one process; `distribution=` brings a launcher. */
function startOf(python: PythonModule, call: Call): Start {
  // Version 1 of the SDK has the second name.
  const names = ['distribution', 'distributions']
  const argument = names.map((name) => python.argument(call, name)).find(mayBePassed)
  if (argument === undefined) {
    return namesRecipe(python, call)
      ? { launcher: 'recipe', processes: null }
      : { launcher: 'python', processes: 1 }
  }
  const expr = passedExpression(argument)
  if (expr === null) return { launcher: 'unknown', processes: null }
  const whole = knownArgument(argument)
  if (whole === null || (whole !== undefined && isEmpty(whole))) return { launcher: 'python', processes: 1 }
  const at = call.expr.start
  const kinds = new Set(python.keysOf(expr, at) ?? [])
  if (kinds.has('mpi')) {
    const mpi = passedExpression(python.entry(expr, 'mpi', at))
    const count = mpi === null ? null : python.entry(mpi, 'processes_per_host', at)
    const none = count !== null && !mayBePassed(count)
    const several = kinds.has('smdistributed') ? 0 : 1
    return { launcher: 'mpirun', processes: none ? several : count === null ? null : numberArgument(count) }
  }
  if (kinds.has('torch_distributed') || kinds.has('pytorchddp')) return { launcher: 'torchrun', processes: 0 }
  if (kinds.has('smdistributed')) return { launcher: 'smdistributed', processes: 0 }
  return { launcher: 'unknown', processes: null }
}

function isEmpty(value: Json): boolean {
  return typeof value === 'object' && value !== null && Object.keys(value).length === 0
}

interface LaunchOptions {
  nodes: number | null
  searched: Call | null
  hasCompute: boolean
  /** Of one machine; null: not known. */
  gpus: number | null
  /** Calls of the module that change hyperparameters of an estimator afterwards. */
  later: Call[]
}

/** Claims the launch of the estimator's script, or of what its image starts. */
export function claimLaunch(
  python: PythonModule,
  claims: ClaimBuilder,
  call: Call,
  job: string,
  options: LaunchOptions,
): void {
  const position = frameworkEstimators.has(call.name ?? '') ? 0 : null
  const entry = python.argument(call, 'entry_point', position)
  const entryExpr = passedExpression(entry)
  if (entryExpr === null) {
    claimOwnImage(python, claims, call, job, options)
    return
  }
  const path = programPath(python, call, knownArgument(entry))
  const given = passedOn(python, claims, call, python.argument(call, 'hyperparameters'))
  const flags = given.values
  let { complete } = given
  for (const later of options.later) {
    if (later.receiverCall !== null && later.receiverCall !== call) continue
    if (later.receiverCall === null) complete = false
    for (const { name, value } of later.expr.args) {
      if (name === null) complete = false
      else {
        const place = { start: value.start, end: value.end }
        const word = launchValue(foldedValue(python.fold(value), place, place, claims), asWord)
        define(flags, name, later.conditional ? { ...word, value: null } : word)
      }
    }
  }
  if (options.searched !== null) {
    // Each trial brings values of its own for these.
    const ranges = python.argument(options.searched, 'hyperparameter_ranges', 2)
    const searched = passedOn(python, claims, options.searched, ranges)
    if (!searched.complete || Object.keys(searched.values).length === 0) complete = false
    for (const [name, { location }] of Object.entries(searched.values))
      define(flags, name, { value: null, location })
  }
  const environment = passedOn(python, claims, call, python.argument(call, 'environment'))
  const start = startOf(python, call)
  claims.launch(
    {
      id: job,
      job: options.hasCompute ? job : null,
      launcher: start.launcher,
      program: { path, module: null, bases: [''], ...(isForeign(python, call) ? { foreign: true } : {}) },
      flags,
      positionals: [],
      complete,
      environment:
        path?.endsWith('.sh') === true
          ? { ...scriptVariables(flags, options.gpus, claims.locate(entryExpr)), ...environment.values }
          : environment.values,
      launcherFlags: {},
      processes: start.processes,
      ...(startsPerDevice(start.launcher) ? { perDevice: true } : {}),
      nodes: options.nodes,
      files: [],
      ...containerVersions(python, call),
    },
    entryExpr,
  )
}

function claimOwnImage(
  python: PythonModule,
  claims: ClaimBuilder,
  call: Call,
  job: string,
  { nodes, hasCompute, searched, later }: LaunchOptions,
): void {
  const image = [
    python.argument(call, 'image_uri', containerEstimators.has(call.name ?? '') ? 0 : null),
    python.argument(call, 'image_name'),
  ].find(mayBePassed)
  const expr = image === undefined ? null : passedExpression(image)
  if (image === undefined || expr === null) return
  const known = textArgument(image)
  const { start, end } = python.definition(expr)
  const launch = ownImageLaunch({
    job,
    hasCompute,
    written: known ?? python.text.slice(start, end),
    known: known !== null,
    hyperparameters:
      mayBePassed(python.argument(call, 'hyperparameters')) || searched !== null || later.length > 0,
    environment: passedOn(python, claims, call, python.argument(call, 'environment')).values,
    nodes,
  })
  if (launch !== null) claims.launch(launch, expr)
}

/** What the training toolkit sets for a shell script. Source: ENVIRONMENT_VARIABLES.md of sagemaker-training-toolkit. */
function scriptVariables(
  flags: Record<string, LaunchValue>,
  gpus: number | null,
  location: Location,
): Record<string, LaunchValue> {
  const found: Record<string, LaunchValue> = {}
  for (const [name, value] of Object.entries(flags))
    define(found, `SM_HP_${name.toUpperCase().replaceAll('-', '_')}`, value)
  if (gpus !== null) define(found, 'SM_NUM_GPUS', { value: String(gpus), location })
  return found
}

/** Arguments of an estimator that choose the versions in its container; `framework_version` by the class. */
const versionArguments: [string, string][] = [
  ['transformers_version', 'transformers'],
  ['pytorch_version', 'torch'],
  ['tensorflow_version', 'tensorflow'],
]
const frameworks: Record<string, string> = {
  PyTorch: 'torch',
  TensorFlow: 'tensorflow',
  XGBoost: 'xgboost',
  SKLearn: 'scikit-learn',
  MXNet: 'mxnet',
  Chainer: 'chainer',
}

/** What version 1 of the SDK takes where no version is given; version 2 asks for one. */
const versionsOfFirstSdk: Record<string, string> = {
  torch: '0.4.0',
  tensorflow: '1.11.0',
  mxnet: '1.2.1',
  chainer: '4.1.0',
}

function containerVersions(python: PythonModule, call: Call): { versions?: Record<string, string> } {
  const versions: Record<string, string> = {}
  const text = (argument: string) => textArgument(python.argument(call, argument))
  const add = (argument: string, library: string): void => {
    const version = /^\d+(\.\d+)*/.exec(text(argument) ?? '')?.[0]
    if (version !== undefined) define(versions, library, version)
  }
  for (const [argument, library] of versionArguments) add(argument, library)
  const framework = lookUp(frameworks, call.name?.slice(call.name.lastIndexOf('.') + 1) ?? '')
  if (framework !== undefined) add('framework_version', framework)
  const isOld = passedExpression(python.argument(call, 'train_instance_type')) !== null
  const byDefault = framework === undefined ? undefined : lookUp(versionsOfFirstSdk, framework)
  if (isOld && byDefault !== undefined && !mayBePassed(python.argument(call, 'framework_version')))
    define(versions, framework!, byDefault)
  for (const [name, found] of Object.entries(imageVersions(text('image_uri') ?? '')))
    if (lookUp(versions, name) === undefined) define(versions, name, found.version)
  return Object.keys(versions).length === 0 ? {} : { versions }
}

/** `git_config=…`: the script lies in the repository that is named there, not in this one. */
function isForeign(python: PythonModule, call: Call): boolean {
  const repository = python.argument(call, 'git_config')
  return repository.state === 'given' && !isLeftOut(repository)
}

/** Relative to where the notebook or script runs; null for a program in a bucket. */
function programPath(python: PythonModule, call: Call, entry: Json | undefined): string | null {
  if (typeof entry !== 'string' || /^\w+:\/\//.test(entry)) return null
  const folder = python.argument(call, 'source_dir')
  if (isLeftOut(folder)) return entry
  const base = textArgument(folder)
  return base === null || /^\w+:\/\//.test(base) ? null : `${base.replace(/(?<!\/)\/+$/, '')}/${entry}`
}

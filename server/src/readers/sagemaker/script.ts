/** The script that an estimator runs, and what it is started with. */
import { startsPerDevice } from '../../link/launchers.js'
import { imageVersions } from '../../link/versions.js'
import type { Call, PythonModule } from '../../python/module.js'
import type { Expr } from '../../syntax/python-ast.js'
import type { Json } from '../../text/json.js'
import { define, defineAll, lookUp } from '../../text/records.js'
import type { ClaimBuilder } from '../../workload/builder.js'
import type { LaunchValue } from '../../workload/claim.js'
import { argumentsOf } from './names.js'

interface Entries {
  entries: { key: string; value: Expr }[]
  /** False where there may be more keys than these. */
  complete: boolean
}

const deepest = 5

/** The keys of a dictionary as far as they can be read. */
function entriesOf(python: PythonModule, expr: Expr, depth = 0): Entries {
  const value = python.definition(expr)
  const result: Entries = { entries: [], complete: true }
  if (value !== expr) {
    const whole = python.fold(expr)
    // Keys may be added or replaced between the dictionary and the call.
    if (whole.state === 'unknown' && whole.because.endsWith('is changed')) result.complete = false
  }
  if (value.type === 'dict' && depth < deepest) {
    for (const entry of value.entries) {
      if (entry.key === null) {
        const inner = entriesOf(python, entry.value, depth + 1)
        result.entries.push(...inner.entries)
        result.complete &&= inner.complete
        continue
      }
      const key = python.fold(entry.key)
      if (key.state === 'known' && typeof key.value === 'string') {
        result.entries.push({ key: key.value, value: entry.value })
      } else result.complete = false
    }
  } else if (value.type === 'call' && value.callee.type === 'name' && value.callee.id === 'dict') {
    for (const argument of value.args) {
      if (argument.name === null) result.complete = false
      else result.entries.push({ key: argument.name, value: argument.value })
    }
  } else if (!(value.type === 'constant' && value.value === null)) result.complete = false
  return result
}

/** A value as it stands on the command line or in the environment; null: not readable. */
function asWord(value: Json): string | null {
  if (value === null) return null
  if (typeof value === 'string') return value
  if (typeof value === 'number') return String(value)
  if (typeof value === 'boolean') return value ? 'True' : 'False'
  return JSON.stringify(value)
}

function launchValues(
  python: PythonModule,
  claims: ClaimBuilder,
  given: Entries,
): Record<string, LaunchValue> {
  return Object.fromEntries(
    given.entries.map(({ key, value }) => {
      const folded = python.fold(value)
      const word = folded.state === 'known' && !folded.overridable ? asWord(folded.value) : null
      return [key, { value: word, location: claims.locate(value) }]
    }),
  )
}

export interface Start {
  launcher: string
  /** Per node; 0: one for each device; null: unknown. */
  processes: number | null
}

/** A recipe of HyperPod brings the program with machines, launcher and checkpoints. */
export function namesRecipe(python: PythonModule, call: Call): boolean {
  return python.argument(call, 'training_recipe').state !== 'absent'
}

/** How the container starts the script: by itself one process; `distribution=` brings a launcher. */
export function startOf(python: PythonModule, call: Call): Start {
  const { name, old } = argumentsOf.distribution
  let argument = python.argument(call, name)
  if (argument.state === 'absent') argument = python.argument(call, old)
  if (argument.state === 'absent') {
    return namesRecipe(python, call)
      ? { launcher: 'recipe', processes: null }
      : { launcher: 'python', processes: 1 }
  }
  if (argument.state === 'unknown') return { launcher: 'unknown', processes: null }
  const whole = argument.folded
  if (whole.state === 'known' && (whole.value === null || isEmpty(whole.value)))
    return { launcher: 'python', processes: 1 }
  const { entries } = entriesOf(python, argument.expr)
  const names = new Set(entries.map((entry) => entry.key))
  const mpi = entries.find((entry) => entry.key === 'mpi')
  if (mpi !== undefined) {
    const count = entriesOf(python, mpi.value).entries.find((entry) => entry.key === 'processes_per_host')
    if (count === undefined) return { launcher: 'mpirun', processes: names.has('smdistributed') ? 0 : 1 }
    const folded = python.fold(count.value)
    const known = folded.state === 'known' && typeof folded.value === 'number' ? folded.value : null
    return { launcher: 'mpirun', processes: known }
  }
  if (names.has('torch_distributed') || names.has('pytorchddp')) return { launcher: 'torchrun', processes: 0 }
  if (names.has('smdistributed')) return { launcher: 'smdistributed', processes: 0 }
  return { launcher: 'unknown', processes: null }
}

function isEmpty(value: Json): boolean {
  return typeof value === 'object' && value !== null && Object.keys(value).length === 0
}

/** Claims the launch of the estimator's script. Nothing where the container brings its own program. */
export function claimLaunch(
  python: PythonModule,
  claims: ClaimBuilder,
  call: Call,
  job: string,
  options: {
    entryPosition: number | null
    nodes: number | null
    searched: Call | null
    hasCompute: boolean
    /** Calls of the module that change hyperparameters of an estimator afterwards. */
    later: Call[]
  },
): void {
  const entry = python.argument(call, 'entry_point', options.entryPosition)
  if (entry.state !== 'given') return
  const path = programPath(python, call, entry.folded.state === 'known' ? entry.folded.value : null)
  const flags: Record<string, LaunchValue> = {}
  let complete = true
  const hyperparameters = python.argument(call, 'hyperparameters')
  if (hyperparameters.state === 'unknown') complete = false
  else if (hyperparameters.state === 'given') {
    const given = entriesOf(python, hyperparameters.expr)
    complete = given.complete
    defineAll(flags, launchValues(python, claims, given))
  }
  for (const later of options.later) {
    if (later.receiverCall !== null && later.receiverCall !== call) continue
    if (later.receiverCall === null) complete = false
    for (const argument of later.expr.args) {
      if (argument.name === null) complete = false
      else {
        const folded = python.fold(argument.value)
        define(flags, argument.name, {
          value: folded.state === 'known' && !later.conditional ? asWord(folded.value) : null,
          location: claims.locate(argument),
        })
      }
    }
  }
  if (options.searched !== null) {
    const ranges = python.argument(options.searched, 'hyperparameter_ranges', 2)
    // Each trial brings values of its own for these.
    const searched = ranges.state === 'given' ? entriesOf(python, ranges.expr) : null
    if (searched === null || !searched.complete) complete = false
    for (const { key, value } of searched?.entries ?? []) {
      define(flags, key, { value: null, location: claims.locate(value) })
    }
  }
  const environment = python.argument(call, 'environment')
  const start = startOf(python, call)
  claims.launch(
    {
      id: job,
      job: options.hasCompute ? job : null,
      launcher: start.launcher,
      program: { path, module: null, bases: [''] },
      flags,
      positionals: [],
      complete,
      environment:
        environment.state === 'given'
          ? launchValues(python, claims, entriesOf(python, environment.expr))
          : {},
      launcherFlags: {},
      processes: start.processes,
      ...(startsPerDevice(start.launcher) ? { perDevice: true } : {}),
      nodes: options.nodes,
      files: [],
      ...containerVersions(python, call),
    },
    entry.span,
  )
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
  const add = (argument: string, library: string): void => {
    const given = python.argument(call, argument)
    const value = given.state === 'given' && given.folded.state === 'known' ? given.folded.value : null
    const version = typeof value === 'string' ? /^\d+(\.\d+)*/.exec(value)?.[0] : undefined
    if (version !== undefined) define(versions, library, version)
  }
  for (const [argument, library] of versionArguments) add(argument, library)
  const framework = lookUp(frameworks, call.name?.slice(call.name.lastIndexOf('.') + 1) ?? '')
  if (framework !== undefined) add('framework_version', framework)
  const isOld = python.argument(call, 'train_instance_type').state === 'given'
  const byDefault = framework === undefined ? undefined : lookUp(versionsOfFirstSdk, framework)
  if (isOld && byDefault !== undefined && python.argument(call, 'framework_version').state === 'absent')
    define(versions, framework!, byDefault)
  const image = python.argument(call, 'image_uri')
  if (image.state === 'given' && image.folded.state === 'known' && typeof image.folded.value === 'string')
    for (const [name, found] of Object.entries(imageVersions(image.folded.value)))
      if (lookUp(versions, name) === undefined) define(versions, name, found.version)
  return Object.keys(versions).length === 0 ? {} : { versions }
}

/** Relative to where the notebook or script runs; null for a program in a bucket or another repository. */
function programPath(python: PythonModule, call: Call, entry: Json): string | null {
  if (typeof entry !== 'string' || /^\w+:\/\//.test(entry)) return null
  // The script lies in the repository that is named there, not in this one.
  const git = python.argument(call, 'git_config')
  if (git.state === 'unknown' || (git.state === 'given' && !isNone(git.expr))) return null
  const folder = python.argument(call, 'source_dir')
  if (folder.state === 'absent') return entry
  if (folder.state === 'unknown' || folder.folded.state === 'unknown') return null
  const base = folder.folded.value
  if (base === null) return entry
  if (typeof base !== 'string' || /^\w+:\/\//.test(base)) return null
  return `${base.replace(/\/+$/, '')}/${entry}`
}

function isNone(expr: Expr): boolean {
  return expr.type === 'constant' && expr.value === null
}

/**
 * Runs of Azure Machine Learning from Python, SDK v1: `ScriptRunConfig`, the estimators that came before it, and the
 * steps of pipelines that run a script. Source: references of azureml-core 1.57 (ScriptRunConfig, runconfig),
 * azureml-train-core 1.57 (estimator, dnn) and azureml-pipeline-steps 1.57.
 */

import type { Call, PythonModule } from '../../python/module.js'
import type { Json } from '../../text/json.js'
import {
  asArgument,
  knownArgument,
  mayBePassed,
  passedCall,
  passedExpression,
  textArgument,
} from '../../values/argument.js'
import { CallSource } from '../../values/call-source.js'
import { convert } from '../../values/operations.js'
import { asNumber, asText } from '../../values/parse.js'
import { calleePlace } from '../../values/places.js'
import { effective } from '../../values/value.js'
import type { ClaimBuilder, SubjectBuilder } from '../../workload/builder.js'
import { idAt, jobRole, scopeOf } from '../job-in-code.js'
import { claimScript } from '../job-script.js'
import { claimWholeType } from '../machine-claims.js'
import { defineReader, importing, type ReaderContext } from '../reader.js'
import { settingTable } from '../setting-table.js'
import { wordsOf } from '../words-in-code.js'
import { assignments } from './command-use.js'
import { claimGpusByProcesses, claimJob, isGpuCluster, mostCalls } from './job-claims.js'
import { launcherOf, type RunOfScript, sharingIn, startOf } from './script-start.js'
import { claimScriptWords } from './script-words.js'
import { type Target, targetOf } from './targets.js'

interface Dialect {
  script: { name: string; position: number | null }
  folder: { name: string; position: number | null }
  target: { name: string; position: number | null }
  /** Arguments of the script: a list, or for estimators a dictionary. */
  values: { name: string; position: number | null }
  /** What holds in place of a target that is left out. */
  otherwise: Target
}

const scriptRun: Dialect = {
  script: { name: 'script', position: 1 },
  folder: { name: 'source_directory', position: 0 },
  target: { name: 'compute_target', position: 5 },
  values: { name: 'arguments', position: 2 },
  otherwise: { kind: 'local' },
}
const estimator: Dialect = {
  script: { name: 'entry_script', position: null },
  folder: { name: 'source_directory', position: 0 },
  target: { name: 'compute_target', position: null },
  values: { name: 'script_params', position: null },
  otherwise: { kind: 'cluster', name: null },
}
const step: Dialect = {
  script: { name: 'script_name', position: 0 },
  folder: { name: 'source_directory', position: null },
  target: { name: 'compute_target', position: 3 },
  values: { name: 'arguments', position: 2 },
  otherwise: { kind: 'cluster', name: null },
}

const dialects: [RegExp, Dialect][] = [
  [/^azureml\.core\.(\w+\.)*ScriptRunConfig$/, scriptRun],
  [/^azureml\.train\.(\w+\.)*(Estimator|PyTorch|TensorFlow|Chainer|SKLearn)$/, estimator],
  [/^azureml\.pipeline\.steps\.(\w+\.)*PythonScriptStep$/, step],
]
const hyperDrive = /^azureml\.train\.hyperdrive\.(\w+\.)*HyperDriveConfig$/

/** Seconds: 30 days. */
const defaultLimit = 2_592_000

const limitRow = {
  keys: ['max_run_duration_seconds'],
  parse: (value: Json) => (value === null ? defaultLimit : asNumber(value)),
  write: Number,
}
const scriptRunSettings = settingTable('Compute', { timeLimit: { ...limitRow, otherwise: defaultLimit } })
/** The search that tries an estimator has a limit of its own. */
const triedSettings = settingTable('Compute', { timeLimit: limitRow })

export const azureScriptRunReader = defineReader({
  name: 'azure-script-run',
  title: 'Azure ML, SDK v1',
  leads: importing('azureml'),
  settings: [scriptRunSettings, triedSettings],
  languages: ['python'],
  triggers: ['azureml'],
  read(facts, context, claims) {
    const { python } = facts
    if (python === undefined) return
    let found = 0
    for (const call of python.calls) {
      const dialect = dialects.find(([name]) => name.test(call.name ?? ''))?.[1]
      if (dialect === undefined || ++found > mostCalls) continue
      readRun(python, context, claims, call, dialect)
    }
  },
  change(claim, value, facts) {
    return scriptRunSettings.change(claim, value, facts)
  },
})

function readRun(
  python: PythonModule,
  context: ReaderContext,
  claims: ClaimBuilder,
  call: Call,
  dialect: Dialect,
): void {
  const argument = ({ name, position }: { name: string; position: number | null }) =>
    python.argument(call, name, position)
  const place = calleePlace(call)
  const id = idAt(claims, 'azureml', place)
  const given = argument(dialect.target)
  const settings = runSettings(python, call)
  let target = targetOf(python, given)
  if (target.kind === 'none')
    target = settings.target ?? (settings.open ? { kind: 'cluster', name: null } : dialect.otherwise)
  const source = new CallSource(python, call, claims, dialect === step ? { positions: { name: 1 } } : {})
  const settingsKey = dialect === step ? 'runconfig' : 'run_config'
  const start = startOf(python, claims, source, dialect === estimator, settingsKey)
  const remote = target.kind !== 'local'
  let compute: SubjectBuilder<'Compute'> | null = null
  if (remote) {
    const { small, notebook } = python.evidence
    const size = convert(source.get('vm_size'), asText)
    const name = convert(source.get('name'), asText)
    const shown = passedExpression(given)
    compute = claimJob(claims, {
      place,
      scope: scopeOf(call),
      id,
      name: dialect === step ? { key: 'name', value: name } : null,
      target,
      targetKey: 'compute_target',
      targetPlace: shown === null ? place : { start: shown.start, end: shown.end },
      size: effective(size) ?? null,
      role: jobRole(python),
      small,
      notebook,
    })
    compute.known('trials', 'HyperDriveConfig', isTried(python, call), place)
    if (effective(size) !== undefined) claimWholeType(compute, 'vm_size', size)
    else if (isGpuCluster(target)) claimGpusByProcesses(compute, start.perNode, 'process_count_per_node')
    compute.say('nodes', 'node_count', start.nodes)
    if (dialect === scriptRun) scriptRunSettings.claim(compute, source)
    else if (dialect === estimator)
      (isTried(python, call) ? triedSettings : scriptRunSettings).claim(compute, source)
  }
  const folder = argument(dialect.folder)
  const job = {
    job: remote ? id : null,
    id,
    folder: mayBePassed(folder) ? textArgument(folder) : '.',
    start,
    // Each trial brings values of its own.
    complete: !isTried(python, call),
  }
  const sharing =
    source.expression('command') !== null && dialect === scriptRun
      ? claimCommand(python, context, claims, source, job)
      : claimScriptWords(python, claims, argument(dialect.script), argument(dialect.values), job)
  if (compute !== null && sharing !== null) compute.known('sharing', 'script', sharing, place)
  if (dialect === estimator && start.launcher === 'python')
    compute?.known('undividedBy', 'distributed_training', 'distributed_training', place)
}

/** `config.target = …` on the run configuration that the call is given. */
function runSettings(python: PythonModule, call: Call): { target: Target | null; open: boolean } {
  const given = [python.argument(call, 'run_config', 3), python.argument(call, 'runconfig')].find(mayBePassed)
  if (given === undefined) return { target: null, open: false }
  const expr = passedExpression(given)
  if (expr?.type !== 'name') return { target: null, open: true }
  const targets: Target[] = []
  for (const { attribute, value } of assignments(python, new Set([expr.id])))
    if (attribute === 'target' && value !== null) targets.push(targetOf(python, asArgument(python, value)))
  return { target: targets.length === 1 ? targets[0]! : null, open: true }
}

/** A search runs it once for each trial. */
function isTried(python: PythonModule, call: Call): boolean {
  return python.calls.some(
    (one) =>
      hyperDrive.test(one.name ?? '') &&
      ['run_config', 'estimator'].some((key) => passedCall(python, python.argument(one, key)) === call),
  )
}

/** `command='python train.py --epochs 30'`, or its words in a list. */
function claimCommand(
  python: PythonModule,
  context: ReaderContext,
  claims: ClaimBuilder,
  source: CallSource,
  run: RunOfScript,
): string | null {
  const command = source.argument('command')
  const shown = source.expression('command')
  const folded = knownArgument(command)
  const text =
    typeof folded === 'string'
      ? folded
      : wordsOf(python, command)
          ?.map((word) => word.text ?? '"$UNKNOWN"')
          .join(' ')
  if (text === undefined || shown === null) return 'a command that cannot be read'
  const work = claimScript(claims, context, {
    node: { kind: 'scalar', value: text, raw: text, start: shown.start, end: shown.end },
    text,
    job: run.id,
    folder: run.folder,
    placed: true,
    nodes: effective(run.start.nodes) ?? null,
    machine: null,
    adjust: (parts) => ({
      ...parts,
      complete: parts.complete && run.complete,
      ...launcherOf(run.start, parts),
    }),
  })
  if (run.job === null)
    for (const launch of claims.extraction.launches) if (launch.job === run.id) launch.job = null
  return work?.sharing ?? sharingIn(run.start)
}

/**
 * Runs of Azure Machine Learning from Python, SDK v1: `ScriptRunConfig`, the estimators that came before it, and the
 * steps of pipelines that run a script. Source: references of azureml-core 1.57 (ScriptRunConfig, runconfig),
 * azureml-train-core 1.57 (estimator, dnn) and azureml-pipeline-steps 1.57.
 */

import type { ArgumentValue, Call, PythonModule } from '../../python/module.js'
import { asNumber } from '../../values/parse.js'
import { calleePlace } from '../../values/places.js'
import { changeArgument } from '../../values/write-argument.js'
import type { ClaimBuilder, Place, SubjectBuilder } from '../../workload/builder.js'
import { byHand } from '../change-answer.js'
import { claimArgument, claimedCall } from '../claim-argument.js'
import { idAt, jobRole, scopeOf } from '../job-in-code.js'
import { claimScript } from '../job-script.js'
import { defineReader, type ReaderContext } from '../reader.js'
import { foldedValue } from '../search/plain-argument.js'
import { wordsOf } from '../words-in-code.js'
import { assignments } from './command-use.js'
import { claimGpusByProcesses, claimJob, claimJobMachine, isGpuCluster, mostCalls } from './job-claims.js'
import { launcherOf, type RunOfScript, type Start, sharingIn, startOf } from './script-start.js'
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

export const azureScriptRunReader = defineReader({
  name: 'azure-script-run',
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
    const call = claimedCall(facts.python, claim.site)
    if (call === null) return { reason: 'the call has changed' }
    if (claim.setting !== 'timeLimit') return byHand(claim)
    return changeArgument(facts.python!, call, claim.key, null, String(value), facts)
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
  const start = startOf(python, call, dialect === estimator, dialect === step ? 'runconfig' : 'run_config')
  const remote = target.kind !== 'local'
  let compute: SubjectBuilder<'Compute'> | null = null
  if (remote) {
    const { small, notebook } = python.evidence
    const size = python.argument(call, 'vm_size')
    const type = foldedValue(size)
    const name = python.argument(call, 'name', dialect === step ? 1 : null)
    const named = dialect === step ? foldedValue(name) : undefined
    compute = claimJob(claims, {
      place,
      scope: scopeOf(call),
      id,
      name:
        typeof named === 'string' && name.state === 'given'
          ? { key: 'name', value: named, place: { ...name.span } }
          : null,
      target,
      targetKey: 'compute_target',
      targetPlace: given.state === 'given' ? { ...given.span } : place,
      size: typeof type === 'string' ? type : null,
      role: jobRole(python),
      small,
      notebook,
    })
    compute.known('trials', 'HyperDriveConfig', isTried(python, call), place)
    if (typeof type === 'string' && size.state === 'given')
      claimJobMachine(compute, 'vm_size', type, { ...size.span }, {})
    else if (isGpuCluster(target))
      claimGpusByProcesses(compute, 'process_count_per_node', start.perNode, start.place ?? place)
    claimNodes(compute, start, place)
    if (dialect !== step)
      claimArgument(
        compute,
        'timeLimit',
        'max_run_duration_seconds',
        call,
        python.argument(call, 'max_run_duration_seconds'),
        {
          convert: (value) => (value === null ? defaultLimit : asNumber(value)),
          ...(dialect === scriptRun ? { otherwise: defaultLimit } : {}),
        },
      )
  }
  const folder = foldedValue(argument(dialect.folder))
  const job = {
    job: remote ? id : null,
    id,
    folder: typeof folder === 'string' ? folder : argument(dialect.folder).state === 'absent' ? '.' : null,
    nodes: start.nodes,
    start,
    // Each trial brings values of its own.
    complete: !isTried(python, call),
  }
  const command = python.argument(call, 'command')
  const sharing =
    command.state === 'given' && dialect === scriptRun
      ? claimCommand(python, context, claims, command, job)
      : claimScriptWords(python, claims, argument(dialect.script), argument(dialect.values), job)
  if (compute !== null && sharing !== null) compute.known('sharing', 'script', sharing, place)
}

/** `config.target = …` on the run configuration that the call is given. */
function runSettings(python: PythonModule, call: Call): { target: Target | null; open: boolean } {
  const given = [python.argument(call, 'run_config', 3), python.argument(call, 'runconfig')].find(
    (one) => one.state !== 'absent',
  )
  if (given === undefined) return { target: null, open: false }
  if (given.state !== 'given' || given.expr.type !== 'name') return { target: null, open: true }
  const targets: Target[] = []
  for (const { attribute, value } of assignments(python, new Set([given.expr.id]))) {
    if (attribute !== 'target' || value === null) continue
    const span = { start: value.start, end: value.end }
    targets.push(targetOf(python, { state: 'given', expr: value, folded: python.fold(value), span }))
  }
  return { target: targets.length === 1 ? targets[0]! : null, open: true }
}

/** A search runs it once for each trial. */
function isTried(python: PythonModule, call: Call): boolean {
  return python.calls.some(
    (one) =>
      hyperDrive.test(one.name ?? '') &&
      ['run_config', 'estimator'].some((key) => {
        const run = python.argument(one, key)
        return run.state === 'given' && python.callOf(run.expr) === call
      }),
  )
}

function claimNodes(compute: SubjectBuilder<'Compute'>, start: Start, place: Place): void {
  const { nodes, nodesKey, nodesPlace } = start
  if (nodes === null) compute.unknown('nodes', nodesKey, 'it cannot be read', nodesPlace ?? place)
  else if (nodesPlace === null) compute.default('nodes', nodesKey, nodes, place)
  else compute.known('nodes', nodesKey, nodes, nodesPlace)
}

/** `command='python train.py --epochs 30'`, or its words in a list. */
function claimCommand(
  python: PythonModule,
  context: ReaderContext,
  claims: ClaimBuilder,
  command: ArgumentValue & { state: 'given' },
  run: RunOfScript,
): string | null {
  const folded = foldedValue(command)
  const text =
    typeof folded === 'string'
      ? folded
      : wordsOf(python, command)
          ?.map((word) => word.text ?? '"$UNKNOWN"')
          .join(' ')
  if (text === undefined) return 'a command that cannot be read'
  const work = claimScript(claims, context, {
    node: { kind: 'scalar', value: text, raw: text, ...command.span },
    text,
    job: run.id,
    folder: run.folder,
    placed: true,
    nodes: run.nodes,
    machine: null,
    adjust: (parts) => ({
      ...parts,
      complete: parts.complete && run.complete,
      ...launcherOf(run.start, parts),
    }),
  })
  if (run.job === null)
    for (const launch of claims.reading.launches) if (launch.job === run.id) launch.job = null
  return work?.sharing ?? sharingIn(run.start)
}

/**
 * SageMaker training jobs from Python, SDK version 3: `ModelTrainer` with its `Compute`, `StoppingCondition` and
 * `SourceCode`. Source: sagemaker 3.0, sagemaker-train model_trainer.py, sagemaker-core training/configs.py.
 */

import { instance } from '../../catalog/instances.js'
import type { Change, Refusal } from '../../edit/write.js'
import { startsPerDevice } from '../../link/launchers.js'
import type { ArgumentValue, Call, PythonModule } from '../../python/module.js'
import type { Json } from '../../text/json.js'
import { lookUp } from '../../text/records.js'
import { asBoolean, asNumber } from '../../values/parse.js'
import { calleePlace, callSite } from '../../values/places.js'
import { writeArgument } from '../../values/write-argument.js'
import type { ClaimBuilder, SubjectBuilder } from '../../workload/builder.js'
import type { Claim } from '../../workload/claim.js'
import { byHand } from '../change-answer.js'
import { claimArgument, claimedCall } from '../claim-argument.js'
import { evidenceOfJob, idAt, scopeOf } from '../job-in-code.js'
import { defineReader, type UnitFacts } from '../reader.js'
import { foldedValue } from '../search/plain-argument.js'
import { namesRecipe } from './script.js'

/** Seconds; what the trainer asks for where no stopping condition is given. */
const defaultRuntime = 3600

export const sagemakerTrainerReader = defineReader({
  name: 'sagemaker-model-trainer',
  languages: ['python'],
  triggers: ['ModelTrainer'],
  read(facts, _context, claims) {
    const python = facts.python!
    for (const call of python.calls)
      if (/^sagemaker\.(\w+\.)*ModelTrainer(\.from_recipe)?$/.test(call.name ?? ''))
        readTrainer(python, claims, call)
  },
  change: changeTrainer,
})

/** The call that makes an argument; null: it is made elsewhere, or not given. */
function made(python: PythonModule, call: Call, name: string): Call | null {
  const argument = python.argument(call, name)
  return argument.state === 'given' ? python.callOf(argument.expr) : null
}

const numberOrNull = (value: Json): number | null | undefined => (value === null ? null : asNumber(value))

function readTrainer(python: PythonModule, claims: ClaimBuilder, call: Call): void {
  const compute = made(python, call, 'compute')
  if (compute === null || compute.expr.args.some((one) => one.name === null)) return
  const place = calleePlace(call)
  const type = python.argument(compute, 'instance_type')
  const typeName = foldedValue(type)
  const machine = typeof typeName === 'string' ? instance(typeName) : undefined
  const evidence = evidenceOfJob(
    python,
    machine === undefined ? 'maybe' : machine.gpuCount > 0 ? 'gpu' : 'cpu',
  )
  const job = idAt(claims, 'sagemaker', place)
  const scope = scopeOf(call)
  const subject = claims.subject('Compute', place, scope, evidence, job)
  subject.known('provider', 'SageMaker', 'aws', place)
  subject.known('choosesCapacity', 'SageMaker', true, place)
  subject.known('service', 'SageMaker', false, place)
  subject.known('trials', 'HyperparameterTuner', tuned(python, call), place)
  claimMachine(subject, compute, type, typeName)
  const on = (name: string) => python.argument(compute, name)
  const recipe = namesRecipe(python, call)
  if (recipe && on('instance_count').state === 'absent')
    subject.unknown('nodes', 'instance_count', 'the recipe says how many', place)
  else
    claimArgument(subject, 'nodes', 'instance_count', compute, on('instance_count'), {
      convert: asNumber,
      otherwise: 1,
    })
  claimArgument(
    subject,
    'spot',
    'enable_managed_spot_training',
    compute,
    on('enable_managed_spot_training'),
    {
      convert: asBoolean,
      otherwise: false,
    },
  )
  claimArgument(
    subject,
    'keepAlive',
    'keep_alive_period_in_seconds',
    compute,
    on('keep_alive_period_in_seconds'),
    {
      convert: numberOrNull,
      otherwise: null,
    },
  )
  claimArgument(subject, 'reserved', 'training_plan_arn', compute, on('training_plan_arn'), {
    convert: (value) => value !== null,
    otherwise: false,
  })
  claimStopping(python, subject, call)
  const checkpoints = python.argument(call, 'checkpoint_config')
  const later = python.calls.some((one) => one.method === 'with_checkpoint_config')
  if (checkpoints.state === 'absent' && !later && recipe)
    subject.unknown('checkpointStore', 'checkpoint_config', 'the recipe says where checkpoints lie', place)
  else if (checkpoints.state === 'absent' && !later)
    subject.default('checkpointStore', 'checkpoint_config', null, place, { site: callSite(call) })
  else if (checkpoints.state === 'given')
    subject.known('checkpointStore', 'checkpoint_config', 'checkpoint_config', { ...checkpoints.span })
  claimLaunch(python, claims, call, job)
}

/** Handed to a tuner, the trainer runs once for each trial. */
function tuned(python: PythonModule, call: Call): boolean {
  return python.calls.some((one) => {
    if (!/^sagemaker\.(\w+\.)*HyperparameterTuner$/.test(one.name ?? '')) return false
    const trainer = python.argument(one, 'model_trainer', 0)
    return trainer.state === 'given' && python.callOf(trainer.expr) === call
  })
}

function claimMachine(
  subject: SubjectBuilder<'Compute'>,
  compute: Call,
  type: ArgumentValue,
  typeName: Json | undefined,
): void {
  const site = callSite(compute)
  const at = type.state === 'given' ? { ...type.span } : calleePlace(compute)
  if (typeof typeName !== 'string') {
    subject.unknown('gpus', 'instance_type', 'a value that is not readable', at, { site })
    return
  }
  subject.known('instanceType', 'instance_type', typeName, at, { site })
  const machine = instance(typeName)
  if (machine === undefined) {
    subject.unknown('gpus', 'instance_type', 'a machine that the catalogue does not know', at, { site })
    return
  }
  subject.known('gpus', 'instance_type', machine.gpuCount, at, { site })
  subject.known('cpus', 'instance_type', machine.vcpus, at, { site })
  if (machine.gpu !== null) subject.known('gpuModel', 'instance_type', machine.gpu.name, at, { site })
}

function claimStopping(python: PythonModule, subject: SubjectBuilder<'Compute'>, call: Call): void {
  const given = python.argument(call, 'stopping_condition')
  const stopping = made(python, call, 'stopping_condition')
  const place = calleePlace(call)
  if (given.state === 'absent') {
    subject.default('timeLimit', 'max_runtime_in_seconds', defaultRuntime, place, { site: callSite(call) })
    subject.default('maxWait', 'max_wait_time_in_seconds', null, place, { site: callSite(call, 'none') })
    return
  }
  if (stopping === null) return
  const argument = (name: string) => python.argument(stopping, name)
  claimArgument(
    subject,
    'timeLimit',
    'max_runtime_in_seconds',
    stopping,
    argument('max_runtime_in_seconds'),
    {
      convert: asNumber,
    },
  )
  claimArgument(
    subject,
    'maxWait',
    'max_wait_time_in_seconds',
    stopping,
    argument('max_wait_time_in_seconds'),
    {
      convert: numberOrNull,
      otherwise: null,
    },
  )
}

/** One process for each machine, unless `distributed` brings a launcher. */
function claimLaunch(python: PythonModule, claims: ClaimBuilder, call: Call, job: string): void {
  const source = made(python, call, 'source_code')
  if (source === null) return
  const entry = python.argument(source, 'entry_script')
  const script = foldedValue(entry)
  if (typeof script !== 'string' || entry.state !== 'given') return
  const folder = python.argument(source, 'source_dir')
  const base = folder.state === 'absent' ? '' : foldedValue(folder)
  const distributed = python.argument(call, 'distributed')
  const launcher = distributed.state === 'absent' ? 'python' : 'torchrun'
  claims.launch(
    {
      id: job,
      job,
      launcher,
      ...(startsPerDevice(launcher) ? { perDevice: true } : {}),
      program: {
        path: script,
        module: null,
        bases: typeof base === 'string' && !base.includes(':') ? [base] : [],
      },
      flags: {},
      positionals: [],
      complete: python.argument(call, 'hyperparameters').state === 'absent',
      environment: {},
      launcherFlags: {},
      processes: distributed.state === 'absent' ? 1 : null,
      nodes: 1,
      files: [],
    },
    { ...entry.span },
  )
}

function changeTrainer(claim: Claim, value: unknown, facts: UnitFacts): Change | Refusal {
  const call = claimedCall(facts.python, claim.site)
  if (facts.python === undefined || call === null) return { reason: 'the trainer is no longer there' }
  if (claim.site.anchor === 'none')
    return { reason: `give the trainer a StoppingCondition with ${claim.key}` }
  if (claim.setting === 'checkpointStore')
    return { reason: `give the trainer a ${claim.key} with a folder in a bucket` }
  const titles: Record<string, string> = {
    spot: 'Run on managed spot capacity',
    maxWait: `Set ${claim.key}=${value}`,
    nodes: `Start ${value} machine: ${claim.key}=${value}`,
    instanceType: `Use ${value}`,
  }
  const title = lookUp(titles, claim.setting)
  if (title === undefined || value === null) return byHand(claim)
  const type = `ml.${String(value).replace(/^ml\./, '')}`
  const code =
    claim.setting === 'instanceType'
      ? `'${type}'`
      : value === true
        ? 'True'
        : value === false
          ? 'False'
          : String(value)
  const write = writeArgument(facts, call, claim.key, facts.python.argument(call, claim.key), code)
  return 'reason' in write ? write : { title, safety: 'unsafe', writes: [write], imports: [] }
}

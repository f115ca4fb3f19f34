/**
 * SageMaker training jobs from Python, SDK version 3: `ModelTrainer` with its `Compute`, `StoppingCondition` and
 * `SourceCode`. Source: sagemaker 3.0, sagemaker-train model_trainer.py, sagemaker-core training/configs.py.
 */

import type { Change, Refusal } from '../../edit/write.js'
import { startsPerDevice } from '../../link/launchers.js'
import type { Call, PythonModule } from '../../python/module.js'
import { mayBePassed, passedCall, passedExpression, textArgument } from '../../values/argument.js'
import { CallSource } from '../../values/call-source.js'
import { convert, orDefault, stated } from '../../values/operations.js'
import { asBoolean, asNumber, asText, orNone } from '../../values/parse.js'
import { calleePlace, callSite } from '../../values/places.js'
import { effective, type Given, isGiven } from '../../values/value.js'
import type { ClaimBuilder, SubjectBuilder } from '../../workload/builder.js'
import type { Claim } from '../../workload/claim.js'
import { startedUnder } from '../branches.js'
import { claimedCall } from '../claim-argument.js'
import { idAt, scopeOf } from '../job-in-code.js'
import { defineReader, type FragmentFacts, importing } from '../reader.js'
import { settingTable } from '../setting-table.js'
import { claimMachine, evidenceOfMachine, offered } from './machine.js'
import { trainingFamilies } from './names.js'
import { parameterDefault } from './parameters.js'
import { claimNamedRequirements } from './requirements.js'
import { namesRecipe, orByRecipe, passedOn } from './script.js'

/** Seconds; what the trainer asks for where no stopping condition is given. */
const defaultRuntime = 3600

/** `Compute(…)`. */
const computeSettings = settingTable(
  'Compute',
  {
    instanceType: {
      keys: ['instance_type'],
      parse: asText,
      write: (type) => offered(type, 'training', trainingFamilies),
      title: (_, written) => `Use ${written}`,
    },
    nodes: {
      keys: ['instance_count'],
      parse: asNumber,
      otherwise: 1,
      write: Number,
      title: (count, _, key) => `Start ${count} machine: ${key}=${count}`,
    },
    spot: {
      keys: ['enable_managed_spot_training'],
      parse: asBoolean,
      otherwise: false,
      write: Boolean,
      title: () => 'Run on managed spot capacity',
    },
    keepAlive: { keys: ['keep_alive_period_in_seconds'], parse: orNone(asNumber), otherwise: null },
    reserved: { keys: ['training_plan_arn'], parse: (value) => value !== null, otherwise: false },
  },
  { defaultOf: parameterDefault },
)

/** `StoppingCondition(…)`. */
const stoppingSettings = settingTable('Compute', {
  timeLimit: { keys: ['max_runtime_in_seconds'], parse: asNumber },
  maxWait: { keys: ['max_wait_time_in_seconds'], parse: orNone(asNumber), otherwise: null, write: Number },
})

export const sagemakerTrainerReader = defineReader({
  name: 'sagemaker-model-trainer',
  title: 'SageMaker ModelTrainer',
  leads: importing('sagemaker'),
  settings: [computeSettings, stoppingSettings],
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

function readTrainer(python: PythonModule, claims: ClaimBuilder, call: Call): void {
  const made = (name: string) => passedCall(python, python.argument(call, name))
  const machines = made('compute')
  if (machines === null || machines.expr.args.some((one) => one.name === null)) return
  const place = calleePlace(call)
  const source = computeSettings.argumentsOf(python, machines, claims)
  const machine = computeSettings.read('instanceType', source)
  const evidence = evidenceOfMachine(python, effective(machine.value))
  const job = idAt(claims, 'sagemaker', place)
  const subject = claims.subject('Compute', place, scopeOf(call), evidence, job)
  const branches = startedUnder(python, call, claims)
  if (branches !== null) subject.known('branches', call.method, branches, place)
  subject.known('provider', 'SageMaker', 'aws', place)
  subject.known('choosesCapacity', 'SageMaker', true, place)
  subject.known('service', 'SageMaker', false, place)
  subject.known('trials', 'HyperparameterTuner', tuned(python, call), place)
  claimMachine(subject, machine)
  computeSettings.claim(subject, source, {}, ['spot', 'keepAlive', 'reserved'])
  const recipe = namesRecipe(python, call)
  const nodes = computeSettings.read('nodes', source)
  subject.say('nodes', nodes.key, recipe ? orByRecipe(nodes.value, 'the recipe says how many') : nodes.value)
  claimStopping(python, subject, call, made('stopping_condition'))
  claimCheckpoints(python, subject, call, recipe)
  const sourceCode = made('source_code')
  claimLaunch(python, claims, call, job, sourceCode)
  if (sourceCode !== null) claimNamedRequirements(python, claims, subject, sourceCode)
}

/** Handed to a tuner, the trainer runs once for each trial. */
function tuned(python: PythonModule, call: Call): boolean {
  return python.calls.some(
    (one) =>
      /^sagemaker\.(\w+\.)*HyperparameterTuner$/.test(one.name ?? '') &&
      passedCall(python, python.argument(one, 'model_trainer', 0)) === call,
  )
}

function claimCheckpoints(
  python: PythonModule,
  subject: SubjectBuilder<'Compute'>,
  call: Call,
  recipe: boolean,
): void {
  const key = 'checkpoint_config'
  const source = new CallSource(python, call, subject.locator)
  const given = source.get(key)
  if (!isGiven(given) && python.calls.some((one) => one.method === 'with_checkpoint_config')) return
  const store: Given<string | null> =
    source.expression(key) === null ? orDefault(convert(given, asText), null) : stated(given, key)
  subject.say(
    'checkpointStore',
    key,
    recipe ? orByRecipe(store, 'the recipe says where checkpoints lie') : store,
  )
}

function claimStopping(
  python: PythonModule,
  subject: SubjectBuilder<'Compute'>,
  call: Call,
  stopping: Call | null,
): void {
  if (stopping !== null) {
    stoppingSettings.claim(subject, stoppingSettings.argumentsOf(python, stopping, subject.locator))
    return
  }
  if (mayBePassed(python.argument(call, 'stopping_condition'))) return
  const place = calleePlace(call)
  const without = (key: string) => {
    const reason = `give the trainer a StoppingCondition with ${key}`
    return { site: callSite(call, { kind: 'refused', reason }) }
  }
  const [limit, wait] = ['max_runtime_in_seconds', 'max_wait_time_in_seconds'] as const
  subject.default('timeLimit', limit, defaultRuntime, place, without(limit))
  subject.default('maxWait', wait, null, place, without(wait))
}

/** One process for each machine, unless `distributed` brings a launcher. */
function claimLaunch(
  python: PythonModule,
  claims: ClaimBuilder,
  call: Call,
  job: string,
  source: Call | null,
): void {
  if (source === null) return
  const entry = python.argument(source, 'entry_script')
  const script = textArgument(entry)
  const shown = passedExpression(entry)
  if (script === null || shown === null) return
  const folder = python.argument(source, 'source_dir')
  const base = mayBePassed(folder) ? textArgument(folder) : ''
  const alone = !mayBePassed(python.argument(call, 'distributed'))
  const given = passedOn(python, claims, call, python.argument(call, 'hyperparameters'))
  const launcher = alone ? 'python' : 'torchrun'
  claims.launch(
    {
      id: job,
      job,
      launcher,
      ...(startsPerDevice(launcher) ? { perDevice: true } : {}),
      program: { path: script, module: null, bases: base !== null && !base.includes(':') ? [base] : [] },
      // Each becomes a flag of the script.
      flags: given.values,
      positionals: [],
      complete: given.complete,
      environment: {},
      launcherFlags: {},
      processes: alone ? 1 : null,
      nodes: 1,
      files: [],
    },
    shown,
  )
}

function changeTrainer(claim: Claim, value: unknown, facts: FragmentFacts): Change | Refusal {
  if (facts.python !== undefined && claimedCall(facts.python, claim.site) === null)
    return { reason: 'the trainer is no longer there' }
  if (claim.setting === 'checkpointStore')
    return { reason: `give the trainer a ${claim.key} with a folder in a bucket` }
  const table = claim.setting === 'maxWait' ? stoppingSettings : computeSettings
  return table.change(claim, value, facts)
}

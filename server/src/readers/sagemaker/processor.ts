/** SageMaker processing jobs: the machines they ask for and the script that they run. Source: SDK 2.257, processing.py. */

import type { Change, Refusal } from '../../edit/write.js'
import type { Call, PythonModule } from '../../python/module.js'
import { mayBePassed, passedCall, passedExpression, textArgument } from '../../values/argument.js'
import { CallSource } from '../../values/call-source.js'
import { convert } from '../../values/operations.js'
import { asNumber, asText } from '../../values/parse.js'
import { calleePlace, callSite } from '../../values/places.js'
import type { Locator } from '../../values/source.js'
import { effective } from '../../values/value.js'
import { ClaimBuilder } from '../../workload/builder.js'
import type { Claim } from '../../workload/claim.js'
import { ownProcesses } from '../../workload/sharing.js'
import { startedUnder } from '../branches.js'
import { claimedCall } from '../claim-argument.js'
import { idAt, scopeOf } from '../job-in-code.js'
import { defineReader, type FragmentFacts, importing } from '../reader.js'
import { settingTable } from '../setting-table.js'
import { claimMachine, evidenceOfMachine, isLocal, offered } from './machine.js'
import { processingFamilies } from './names.js'
import { parameterDefault } from './parameters.js'

const processorName =
  /^sagemaker\.(processing\.(Processor|ScriptProcessor|FrameworkProcessor)|sklearn(\.processing)?\.SKLearnProcessor|spark\.(processing\.)?PySparkProcessor|(pytorch|tensorflow|huggingface|xgboost|mxnet)(\.processing)?\.\w+Processor)$/

/** Seconds; a processing job that sets no limit is ended after a day. */
const defaultLimit = 86_400

const processorSettings = settingTable('Compute', {
  instanceType: {
    keys: ['instance_type'],
    parse: asText,
    write: (type) => offered(type, 'processing', processingFamilies),
    title: (_, written) => `Use ${written}`,
  },
  nodes: { keys: ['instance_count'], parse: asNumber },
  timeLimit: {
    keys: ['max_runtime_in_seconds'],
    parse: (value) => (value === null ? defaultLimit : asNumber(value)),
    otherwise: defaultLimit,
  },
})

export const sagemakerProcessorReader = defineReader({
  name: 'sagemaker-processing',
  title: 'SageMaker Processing',
  leads: importing('sagemaker'),
  settings: [processorSettings],
  languages: ['python'],
  triggers: ['Processor'],
  read(facts, _context, claims) {
    const python = facts.python
    if (python === undefined) return
    const runs = runsOf(python)
    for (const call of python.calls)
      if (call.name !== null && processorName.test(call.name)) readProcessor(python, claims, call, runs)
  },
  change,
})

/** Every call that starts a processor: its own `run`, or the step of a pipeline that is given one. */
function runsOf(python: PythonModule): { processor: Call | null; call: Call }[] {
  const found: { processor: Call | null; call: Call }[] = []
  for (const call of python.methodCalls('run'))
    if (call.receiverCall !== null) found.push({ processor: call.receiverCall, call })
  for (const call of python.calls) {
    if (call.method !== 'ProcessingStep') continue
    const processor = python.argument(call, 'processor')
    if (passedExpression(processor) !== null) found.push({ processor: passedCall(python, processor), call })
  }
  return found
}

function readProcessor(
  python: PythonModule,
  claims: ClaimBuilder,
  call: Call,
  runs: { processor: Call | null; call: Call }[],
): void {
  const source = argumentsOf(python, call, claims)
  const machine = processorSettings.read('instanceType', source)
  const type = effective(machine.value)
  if (type === undefined || isLocal(type)) return
  const place = calleePlace(call)
  const site = callSite(call)
  const job = idAt(claims, 'sagemaker-processing', place)
  const compute = claims.subject('Compute', place, scopeOf(call), evidenceOfMachine(python, type), job)
  const branches = startedUnder(python, call, claims)
  if (branches !== null) compute.known('branches', call.method, branches, place)
  compute.known('provider', 'SageMaker', 'aws', place, { site })
  // Processing jobs cannot run on spot capacity.
  compute.known('choosesCapacity', 'SageMaker', false, place, { site })
  compute.known('service', 'SageMaker', false, place, { site })
  compute.known('trials', 'SageMaker', false, place, { site })
  if (/Spark/.test(call.method)) compute.known('sharing', call.method, ownProcesses.spark, place, { site })
  compute.say('name', 'base_job_name', convert(source.get('base_job_name'), asText))
  claimMachine(compute, machine)
  processorSettings.claim(compute, source, {}, ['nodes', 'timeLimit'])
  for (const [index, run] of runs.filter((one) => one.processor === call).entries())
    claimScript(python, claims, run.call, `${job}/${index}`, job)
}

/**
 * Versions of the SDK disagree on the order in which a processor takes its type of machine and their number, so what is passed
 * without a name is told by its value: a type begins with `ml.`, and the number stands beside it.
 */
function argumentsOf(python: PythonModule, call: Call, locator: Locator): CallSource {
  const sourceWith = (positions: Readonly<Record<string, number>>) =>
    new CallSource(python, call, locator, { positions, defaultOf: parameterDefault })
  const first = call.expr.args.findIndex((one) => one.name !== null || one.star > 0)
  const passed = first < 0 ? call.expr.args.length : first
  const valueAt = (index: number): unknown =>
    index < 0 || index >= passed ? undefined : effective(sourceWith({ '': index }).get(''))
  for (let index = 0; index < passed; index++) {
    if (!/^(ml\.|local(_gpu)?$)/.test(String(valueAt(index)))) continue
    const beside = [index - 1, index + 1].find((one) => typeof valueAt(one) === 'number')
    return sourceWith({ instance_type: index, ...(beside === undefined ? {} : { instance_count: beside }) })
  }
  return sourceWith({})
}

/** `processor.run(code='prepare.py', arguments=[…])`. */
function claimScript(python: PythonModule, claims: ClaimBuilder, run: Call, id: string, job: string): void {
  const positioned = python.argument(run, 'code', run.method === 'run' ? 0 : null)
  const code = mayBePassed(positioned) ? positioned : python.argument(run, 'submit_app')
  const shown = passedExpression(code)
  if (shown === null) return
  const file = textArgument(code)
  const folder = python.argument(run, 'source_dir')
  const base = mayBePassed(folder) ? textArgument(folder) : ''
  const elsewhere = [file, base].some((one) => one === null || /^\w+:\/\//.test(one))
  const path = elsewhere || base === '' ? file : `${base!.replace(/(?<!\/)\/+$/, '')}/${file}`
  claims.launch(
    {
      id,
      job,
      launcher: 'python',
      program: { path: elsewhere ? null : path, module: null, bases: [''] },
      flags: {},
      positionals: [],
      // The arguments are a list in Python; what is not read may be given.
      complete: !['arguments', 'job_arguments'].some((name) => mayBePassed(python.argument(run, name))),
      environment: {},
      launcherFlags: {},
      processes: 1,
      nodes: null,
      files: [],
    },
    shown,
  )
}

function change(claim: Claim, value: unknown, facts: FragmentFacts): Change | Refusal {
  const { python, path, fragment } = facts
  if (python === undefined) return processorSettings.change(claim, value, facts)
  const call = claimedCall(python, claim.site)
  if (call === null) return { reason: 'the processor is no longer there' }
  const source = argumentsOf(python, call, new ClaimBuilder(path, fragment, claim.reader))
  return processorSettings.change(claim, value, facts, source)
}

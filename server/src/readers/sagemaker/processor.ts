/** SageMaker processing jobs: the machines they ask for and the script that they run. Source: SDK 2.257, processing.py. */

import { instance } from '../../catalog/instances.js'
import type { Change, Refusal } from '../../edit/write.js'
import type { Call, PythonModule } from '../../python/module.js'
import { asNumber } from '../../values/parse.js'
import { calleePlace, callSite } from '../../values/places.js'
import { writeArgument } from '../../values/write-argument.js'
import type { ClaimBuilder } from '../../workload/builder.js'
import type { Claim } from '../../workload/claim.js'
import { byHand } from '../change-answer.js'
import { claimArgument, claimedCall } from '../claim-argument.js'
import { evidenceOfJob, idAt, scopeOf } from '../job-in-code.js'
import { defineReader, type UnitFacts } from '../reader.js'
import { foldedValue } from '../search/plain-argument.js'

const processorName =
  /^sagemaker\.(processing\.(Processor|ScriptProcessor|FrameworkProcessor)|sklearn(\.processing)?\.SKLearnProcessor|spark\.(processing\.)?PySparkProcessor|(pytorch|tensorflow|huggingface|xgboost|mxnet)(\.processing)?\.\w+Processor)$/

/** Seconds; a processing job that sets no limit is ended after a day. */
const defaultLimit = 86_400

export const sagemakerProcessorReader = defineReader({
  name: 'sagemaker-processing',
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
    const given = python.argument(call, 'processor')
    if (given.state === 'given') found.push({ processor: python.callOf(given.expr), call })
  }
  return found
}

function readProcessor(
  python: PythonModule,
  claims: ClaimBuilder,
  call: Call,
  runs: { processor: Call | null; call: Call }[],
): void {
  const type = python.argument(call, 'instance_type')
  const typeName = foldedValue(type)
  if (typeof typeName !== 'string' || /^local(_gpu)?$/.test(typeName)) return
  const machine = instance(typeName)
  const place = calleePlace(call)
  const site = callSite(call)
  const job = idAt(claims, 'sagemaker-processing', place)
  const evidence = evidenceOfJob(
    python,
    machine === undefined ? 'maybe' : machine.gpuCount > 0 ? 'gpu' : 'cpu',
  )
  const scope = scopeOf(call)
  const compute = claims.subject('Compute', place, scope, evidence, job)
  compute.known('provider', 'SageMaker', 'aws', place, { site })
  // Processing jobs cannot run on spot capacity.
  compute.known('choosesCapacity', 'SageMaker', false, place, { site })
  compute.known('service', 'SageMaker', false, place, { site })
  compute.known('trials', 'SageMaker', false, place, { site })
  const name = foldedValue(python.argument(call, 'base_job_name'))
  if (typeof name === 'string') compute.known('name', 'base_job_name', name, place)
  claimArgument(compute, 'instanceType', 'instance_type', call, type, {
    convert: (value) => (typeof value === 'string' ? value : undefined),
  })
  if (machine !== undefined && type.state === 'given' && type.folded.state === 'known') {
    const { overridable, channel } = type.folded
    const at = { ...type.span }
    compute.known('gpus', 'instance_type', machine.gpuCount, at, { site, overridable, channel })
    compute.known('cpus', 'instance_type', machine.vcpus, at, { site, overridable, channel })
    if (machine.gpu !== null) compute.known('gpuModel', 'instance_type', machine.gpu.name, at, { site })
  }
  claimArgument(compute, 'nodes', 'instance_count', call, python.argument(call, 'instance_count'), {
    convert: asNumber,
  })
  claimArgument(
    compute,
    'timeLimit',
    'max_runtime_in_seconds',
    call,
    python.argument(call, 'max_runtime_in_seconds'),
    {
      convert: (value) => (value === null ? defaultLimit : asNumber(value)),
      otherwise: defaultLimit,
    },
  )
  for (const [index, run] of runs.filter((one) => one.processor === call).entries())
    claimScript(python, claims, run.call, `${job}/${index}`, job)
}

/** `processor.run(code='prepare.py', arguments=[…])`. */
function claimScript(python: PythonModule, claims: ClaimBuilder, run: Call, id: string, job: string): void {
  let code = python.argument(run, 'code', run.method === 'run' ? 0 : null)
  if (code.state === 'absent') code = python.argument(run, 'submit_app')
  if (code.state !== 'given') return
  const file = foldedValue(code)
  const folder = python.argument(run, 'source_dir')
  const base = folder.state === 'absent' ? '' : foldedValue(folder)
  const local =
    typeof file === 'string' && !/^\w+:\/\//.test(file) && typeof base === 'string' && !/:\/\//.test(base)
  const path = local ? (base === '' ? file : `${base.replace(/\/+$/, '')}/${file}`) : null
  claims.launch(
    {
      id,
      job,
      launcher: 'python',
      program: { path, module: null, bases: [''] },
      flags: {},
      positionals: [],
      // The arguments are a list in Python; what is not read may be given.
      complete:
        python.argument(run, 'arguments').state === 'absent' &&
        python.argument(run, 'job_arguments').state === 'absent',
      environment: {},
      launcherFlags: {},
      processes: 1,
      nodes: null,
      files: [],
    },
    code.span,
  )
}

function change(claim: Claim, value: unknown, facts: UnitFacts): Change | Refusal {
  const { python } = facts
  const call = claimedCall(python, claim.site)
  if (python === undefined || call === null) return { reason: 'the processor is no longer there' }
  if (claim.setting !== 'instanceType') return byHand(claim)
  const type = `ml.${String(value).replace(/^ml\./, '')}`
  const quote = /["']/.exec(python.text.slice(call.expr.start, call.expr.end))?.[0] ?? '"'
  const write = writeArgument(
    facts,
    call,
    'instance_type',
    python.argument(call, 'instance_type'),
    `${quote}${type}${quote}`,
  )
  return 'reason' in write ? write : { title: `Use ${type}`, safety: 'unsafe', writes: [write], imports: [] }
}

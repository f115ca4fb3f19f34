/**
 * Steps of SageMaker Pipelines. Source: SDK 2.257 and 3.20, workflow/steps.py; what goes into the key of the cache:
 * SageMaker developer guide, "Default cache key attributes by pipeline step type".
 */

import type { Change, Import, Refusal } from '../../edit/write.js'
import type { Call, PythonModule } from '../../python/module.js'
import type { ChangeTarget } from '../../text/change-target.js'
import { lookUp } from '../../text/records.js'
import {
  isLeftOut,
  knownArgument,
  mayBePassed,
  passedCall,
  passedExpression,
  textArgument,
} from '../../values/argument.js'
import { CallSource } from '../../values/call-source.js'
import { unreadable } from '../../values/operations.js'
import { asBoolean } from '../../values/parse.js'
import { calleePlace, callSite } from '../../values/places.js'
import { quoteOf } from '../../values/python-literal.js'
import type { Locator } from '../../values/source.js'
import { ClaimBuilder, type SubjectBuilder } from '../../workload/builder.js'
import type { Claim } from '../../workload/claim.js'
import type { StepWork } from '../../workload/resource-kinds.js'
import { byHand, changeOf } from '../change-answer.js'
import { claimedCall } from '../claim-argument.js'
import { scopeOf } from '../job-in-code.js'
import { stepEvidence } from '../pipelines/describe-step.js'
import { workOfName } from '../pipelines/step-work.js'
import { changeVolatile } from '../pipelines/volatile-change.js'
import { volatileInput } from '../pipelines/volatile-input.js'
import { whyUncached } from '../pipelines/why-uncached.js'
import { defineReader, type FragmentFacts } from '../reader.js'
import { settingTable } from '../setting-table.js'
import { hasFixedInput, storageOfScript } from './fixed-inputs.js'

/** Steps that can be cached and start machines, with what they are for where the kind says so. */
const kinds: Record<string, StepWork[]> = {
  ProcessingStep: [],
  TrainingStep: ['train'],
  TuningStep: ['tune'],
  TransformStep: ['evaluate'],
  AutoMLStep: ['tune'],
}
const stepName =
  /^sagemaker\.(mlops\.)?workflow\.((steps|automl_step)\.)?(ProcessingStep|TrainingStep|TuningStep|TransformStep|AutoMLStep)$/

const contexts = [
  'sagemaker.workflow.pipeline_context',
  'sagemaker.mlops.workflow',
  'sagemaker.core.workflow',
]
const localSessions = contexts.map((module) => `${module}.LocalPipelineSession`)
const sessions = contexts.map((module) => `${module}.PipelineSession`)
const pipelines = ['pipeline.Pipeline', 'Pipeline'].flatMap((name) => [
  `sagemaker.workflow.${name}`,
  `sagemaker.mlops.workflow.${name}`,
])

const cacheSettings = settingTable('Step', {
  cached: { keys: ['enable_caching'], position: 0, parse: asBoolean, otherwise: false },
})

export const sagemakerPipelineReader = defineReader({
  name: 'sagemaker-pipelines',
  title: 'SageMaker Pipelines',
  settings: [cacheSettings],
  languages: ['python'],
  triggers: ['sagemaker.workflow', 'sagemaker.mlops.workflow'],
  read(facts, _context, claims) {
    const python = facts.python
    if (python === undefined) return
    const evidence = stepEvidence(python)
    // On the machine of whoever runs it nothing is billed.
    if (python.usesHere(...localSessions) && !python.usesHere(...sessions)) return
    for (const call of python.calls) {
      const kind = call.name === null ? null : (stepName.exec(call.name)?.at(-1) ?? null)
      if (kind === null) continue
      const place = calleePlace(call)
      const name = textArgument(python.argument(call, 'name', 0)) ?? call.assignedTo ?? kind
      const scope = scopeOf(call, call.assignedTo ?? name)
      const step = claims.subject('Step', place, scope, evidence)
      const work = lookUp(kinds, kind)!.length > 0 ? lookUp(kinds, kind)! : workOf(python, call, name)
      step.known('name', 'name', name, place)
      step.known('engine', 'sagemaker', 'SageMaker Pipelines', place)
      step.known('unit', kind, 'job', place)
      step.known('purpose', kind, work, place)
      step.known('work', kind, work, place)
      step.known('unseen', kind, false, place)
      claimCaching(python, step, call)
      claimOwnStorage(python, step, call)
      claimVolatile(python, step, call, work)
    }
  },
  change,
})

/** By the name of the step, of its variable and of its script. */
function workOf(python: PythonModule, call: Call, name: string): StepWork[] {
  const found = new Set(workOfName(name))
  if (call.assignedTo !== null) for (const one of workOfName(call.assignedTo)) found.add(one)
  const code = scriptOf(python, call)
  if (found.size === 0 && code !== null)
    for (const one of workOfName(code.replace(/^.*\//, '').replace(/\.\w+$/, ''))) found.add(one)
  // "Process" is what every such step is called; what it writes for others was worth making.
  if (found.size === 0 && call.name?.endsWith('ProcessingStep') === true) {
    const inner = stepArguments(python, call) ?? call
    if (mayBePassed(python.argument(inner, 'outputs'))) return ['prepare']
  }
  return [...found]
}

/** The call that `step_args=` holds: `processor.run(…)`, `estimator.fit(…)`. */
function stepArguments(python: PythonModule, call: Call): Call | null {
  return passedCall(python, python.argument(call, 'step_args', 1))
}

/** The script of the step, or of the call behind it. */
function scriptOf(python: PythonModule, call: Call): string | null {
  const own = python.argument(call, 'code')
  if (passedExpression(own) !== null) return textArgument(own)
  const inner = stepArguments(python, call)
  return inner === null ? null : textArgument(python.argument(inner, 'code'))
}

function claimCaching(python: PythonModule, step: SubjectBuilder<'Step'>, call: Call): void {
  const source = new CallSource(python, call, step.locator)
  if (isLeftOut(source.argument('cache_config'))) {
    // What only makes steps is a library; its users decide.
    if (!python.uses(...pipelines)) return
    step.default('cached', 'cache_config', false, calleePlace(call), { site: callSite(call) })
    reasonFor(python, step, call)
    return
  }
  const config = source.maker('cache_config')
  if (config?.method !== 'CacheConfig') {
    const because = 'it is made elsewhere'
    step.say('cached', 'cache_config', unreadable(source.get('cache_config'), because))
    return
  }
  cacheSettings.claim(step, cacheSource(python, config, step.locator))
  reasonFor(python, step, config)
}

const configuration: ChangeTarget = { kind: 'call', role: 'configuration' }

function cacheSource(python: PythonModule, config: Call, locator: Locator): CallSource {
  const positions = { enable_caching: 0, expire_after: 1 }
  return new CallSource(python, config, locator, { positions, target: configuration, withName: true })
}

function reasonFor(python: PythonModule, step: SubjectBuilder<'Step'>, call: Call): void {
  const reason = whyUncached(python, call.statement, null)
  if (reason !== null) step.known('uncachedFor', 'cache_config', reason.because, calleePlace(call))
}

/** What goes into the key: inputs, arguments, environment, hyperparameters; not where the outputs are written. */
const keyArguments = [
  'inputs',
  'input_data',
  'arguments',
  'job_arguments',
  'env',
  'environment',
  'hyperparameters',
  'checkpoint_s3_uri',
  'code',
  'data',
]

/** The step, and what makes and runs its job. */
function callsOf(python: PythonModule, call: Call): Call[] {
  const inner = stepArguments(python, call)
  const calls = [call, inner]
  for (const keyword of ['processor', 'estimator', 'tuner', 'transformer'])
    calls.push(passedCall(python, python.argument(call, keyword)))
  calls.push(inner?.receiverCall ?? null)
  return calls.filter((one) => one !== null)
}

/** A cached answer would hide what the script reads, and leave out what it writes. */
function claimOwnStorage(python: PythonModule, step: SubjectBuilder<'Step'>, call: Call): void {
  const name = storageOfScript(python, callsOf(python, call))
  if (name === null) return
  const because = `its script reads or writes what ${name} names, which the cache does not see`
  step.known('uncachedFor', 'cache_config', because, calleePlace(call))
}

function claimVolatile(
  python: PythonModule,
  step: SubjectBuilder<'Step'>,
  call: Call,
  work: readonly StepWork[],
): void {
  for (const one of callsOf(python, call)) {
    for (const argument of one.expr.args) {
      const positional = argument.name === null && (one.method === 'fit' || one.method === 'run')
      if (!positional && !(argument.name !== null && keyArguments.includes(argument.name))) continue
      const found = volatileInput(python, argument.value, argument.name ?? 'inputs', work)
      if (found === null) continue
      const { what, placeholder, place, input } = found
      step.known('volatileInput', input, { what, input, when: placeholder ? 'run' : 'built' }, place)
      return
    }
  }
}

const module3 = /(^|\.)mlops\.workflow/

function change(claim: Claim, value: unknown, facts: FragmentFacts): Change | Refusal {
  if (claim.setting === 'volatileInput') return changeVolatile(claim, facts)
  const { python, path, fragment } = facts
  if (claim.setting !== 'cached' || value !== true || python === undefined) return byHand(claim)
  const call = claimedCall(python, claim.site)
  if (call === null) return { reason: 'the step is no longer there' }
  const range = { fragment: fragment.index, start: call.expr.start, end: call.expr.end }
  if (claim.site.target?.kind === configuration.kind) {
    const source = cacheSource(python, call, new ClaimBuilder(path, fragment, claim.reader))
    const writes = [source.set(['enable_caching'], true)]
    if (!mayBePassed(source.argument('expire_after'))) writes.push(source.set(['expire_after'], 'P30D'))
    return changeOf('Turn step caching on (enable_caching=True)', writes)
  }
  const mark = quoteOf(python.text.slice(call.expr.start, call.expr.end))
  const known = reusable(python, call)
  const module = module3.test(call.name ?? '') ? 'sagemaker.mlops.workflow.steps' : 'sagemaker.workflow.steps'
  const imports: Import[] =
    known === null ? [{ path, fragment: fragment.index, module, name: 'CacheConfig' }] : []
  const fixed = hasFixedInput(python, callsOf(python, call))
  // What comes under the same address later is not seen before the outputs expire: the next day's run has to see it.
  const expiry = fixed ? 'PT12H' : 'P30D'
  return {
    title: fixed
      ? 'Reuse the outputs of steps that have not changed for half a day (cache_config=…); new data under an old S3 address are seen after that'
      : 'Reuse the outputs of steps that have not changed (cache_config=…)',
    safety: 'unsafe',
    writes: [
      {
        kind: 'set keyword',
        path,
        call: range,
        name: 'cache_config',
        value: known ?? `CacheConfig(enable_caching=True, expire_after=${mark}${expiry}${mark})`,
      },
    ],
    imports,
  }
}

/** A configuration that the file has made for another step above, under its name. */
function reusable(python: PythonModule, call: Call): string | null {
  for (const one of python.callsTo(
    'sagemaker.workflow.steps.CacheConfig',
    'sagemaker.mlops.workflow.steps.CacheConfig',
  )) {
    if (one.expr.start > call.expr.start || one.conditional || one.assignedTo === null) continue
    if (one.function !== null && one.function !== call.function) continue
    if (knownArgument(python.argument(one, 'enable_caching', 0)) === true && /^\w+$/.test(one.assignedTo))
      return one.assignedTo
  }
  return null
}

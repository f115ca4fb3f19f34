/**
 * Steps of SageMaker Pipelines. Source: SDK 2.257 and 3.20, workflow/steps.py; what goes into the key of the cache:
 * SageMaker developer guide, "Default cache key attributes by pipeline step type".
 */

import type { Change, Import, Refusal } from '../../edit/write.js'
import type { Call, PythonModule } from '../../python/module.js'
import { lookUp } from '../../text/records.js'
import { asBoolean } from '../../values/parse.js'
import { calleePlace, callSite } from '../../values/places.js'
import { writeArgument } from '../../values/write-argument.js'
import type { SubjectBuilder } from '../../workload/builder.js'
import type { Claim } from '../../workload/claim.js'
import type { StepWork } from '../../workload/words.js'
import { byHand } from '../change-answer.js'
import { claimedCall, claimFolded } from '../claim-argument.js'
import { scopeOf } from '../job-in-code.js'
import { stepEvidence } from '../pipelines/describe-step.js'
import { workOfName } from '../pipelines/step-work.js'
import { changeVolatile } from '../pipelines/volatile-change.js'
import { volatileInput } from '../pipelines/volatile-input.js'
import { whyUncached } from '../pipelines/why-uncached.js'
import { defineReader, type UnitFacts } from '../reader.js'
import { foldedValue } from '../search/plain-argument.js'

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

export const sagemakerPipelineReader = defineReader({
  name: 'sagemaker-pipelines',
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
      const given = foldedValue(python.argument(call, 'name', 0))
      const name = typeof given === 'string' ? given : (call.assignedTo ?? kind)
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
      claimVolatile(python, step, call, work)
    }
  },
  change,
})

/** By the name of the step, of its variable and of its script. */
function workOf(python: PythonModule, call: Call, name: string): StepWork[] {
  const found = new Set(workOfName(name))
  if (call.assignedTo !== null) for (const one of workOfName(call.assignedTo)) found.add(one)
  const code = foldedValue(argumentBehind(python, call, 'code') ?? { state: 'absent' })
  if (found.size === 0 && typeof code === 'string')
    for (const one of workOfName(code.replace(/^.*\//, '').replace(/\.\w+$/, ''))) found.add(one)
  // "Process" is what every such step is called.
  return [...found]
}

/** The call that `step_args=` holds: `processor.run(…)`, `estimator.fit(…)`. */
function stepArguments(python: PythonModule, call: Call): Call | null {
  const given = python.argument(call, 'step_args', 1)
  return given.state === 'given' ? python.callOf(given.expr) : null
}

function argumentBehind(python: PythonModule, call: Call, keyword: string) {
  const own = python.argument(call, keyword)
  if (own.state === 'given') return own
  const inner = stepArguments(python, call)
  const given = inner === null ? null : python.argument(inner, keyword)
  return given?.state === 'given' ? given : null
}

function claimCaching(python: PythonModule, step: SubjectBuilder<'Step'>, call: Call): void {
  const given = python.argument(call, 'cache_config')
  const place = calleePlace(call)
  if (given.state === 'unknown') {
    step.unknown('cached', 'cache_config', given.because, place)
    return
  }
  const none = given.state === 'given' && given.folded.state === 'known' && given.folded.value === null
  if (given.state === 'absent' || none) {
    // What only makes steps is a library; its users decide.
    if (!python.uses(...pipelines)) return
    step.default('cached', 'cache_config', false, place, { site: callSite(call, 'step') })
    reasonFor(python, step, call)
    return
  }
  const config = python.callOf(given.expr)
  if (config === null || config.method !== 'CacheConfig') {
    step.unknown('cached', 'cache_config', 'it is made elsewhere', place)
    return
  }
  const enabled = python.argument(config, 'enable_caching', 0)
  const site = callSite(config, 'config')
  if (enabled.state === 'absent') step.known('cached', 'enable_caching', false, calleePlace(config), { site })
  else if (enabled.state === 'unknown')
    step.unknown('cached', 'enable_caching', enabled.because, calleePlace(config), { site })
  else {
    const written = config.expr.args.find((one) => one.value === enabled.expr)
    const { start, end } = written ?? enabled.span
    claimFolded(
      step,
      'cached',
      'enable_caching',
      enabled.folded,
      { start, end },
      (value) => asBoolean(value),
      site,
    )
    reasonFor(python, step, config)
  }
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

function claimVolatile(
  python: PythonModule,
  step: SubjectBuilder<'Step'>,
  call: Call,
  work: readonly StepWork[],
): void {
  const inner = stepArguments(python, call)
  const calls = [call, inner]
  for (const keyword of ['processor', 'estimator', 'tuner', 'transformer']) {
    const given = python.argument(call, keyword)
    if (given.state === 'given') calls.push(python.callOf(given.expr))
  }
  calls.push(inner?.receiverCall ?? null)
  for (const one of calls) {
    if (one === null) continue
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

function change(claim: Claim, value: unknown, facts: UnitFacts): Change | Refusal {
  if (claim.setting === 'volatileInput') return changeVolatile(claim, facts)
  const { python, path, unit } = facts
  if (claim.setting !== 'cached' || value !== true || python === undefined) return byHand(claim)
  const call = claimedCall(python, claim.site)
  if (call === null) return { reason: 'the step is no longer there' }
  const range = { unit: unit.index, start: call.expr.start, end: call.expr.end }
  if (claim.site.anchor === 'config') {
    const enabled = writeArgument(
      facts,
      call,
      'enable_caching',
      python.argument(call, 'enable_caching', 0),
      'True',
    )
    if ('reason' in enabled) return enabled
    const writes = [enabled]
    if (python.argument(call, 'expire_after', 1).state === 'absent')
      writes.push({
        kind: 'set keyword',
        path,
        call: range,
        name: 'expire_after',
        value: `${quote(python, call)}P30D${quote(python, call)}`,
      })
    return { title: 'Turn step caching on (enable_caching=True)', safety: 'unsafe', writes, imports: [] }
  }
  const mark = quote(python, call)
  const known = reusable(python, call)
  const module = module3.test(call.name ?? '') ? 'sagemaker.mlops.workflow.steps' : 'sagemaker.workflow.steps'
  const imports: Import[] = known === null ? [{ path, unit: unit.index, module, name: 'CacheConfig' }] : []
  return {
    title: 'Reuse the outputs of steps that have not changed (cache_config=…)',
    safety: 'unsafe',
    writes: [
      {
        kind: 'set keyword',
        path,
        call: range,
        name: 'cache_config',
        value: known ?? `CacheConfig(enable_caching=True, expire_after=${mark}P30D${mark})`,
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
    if (foldedValue(python.argument(one, 'enable_caching', 0)) === true && /^\w+$/.test(one.assignedTo))
      return one.assignedTo
  }
  return null
}

function quote(python: PythonModule, call: Call): string {
  return /["']/.exec(python.text.slice(call.expr.start, call.expr.end))?.[0] ?? '"'
}

/** Steps and pipelines of ZenML. Source: zenml 0.90, steps/step_decorator.py, pipelines/pipeline_decorator.py. */

import { gpu } from '../../catalog/gpus.js'
import type { Change, Refusal } from '../../edit/write.js'
import type { Call, Func, PythonModule } from '../../python/module.js'
import type { Expr } from '../../syntax/python-ast.js'
import type { Configured } from '../../text/configured.js'
import type { Json } from '../../text/json.js'
import { lookUp } from '../../text/records.js'
import { passedCall, textArgument } from '../../values/argument.js'
import { CallSource } from '../../values/call-source.js'
import { convert, firstGiven } from '../../values/operations.js'
import { asBoolean, asNumber } from '../../values/parse.js'
import { calleePlace, configuredSite } from '../../values/places.js'
import { effective, type Given, isGiven } from '../../values/value.js'
import type { ClaimBuilder, Place, SubjectBuilder } from '../../workload/builder.js'
import type { Claim, Evidence } from '../../workload/claim.js'
import type { StepWork } from '../../workload/resource-kinds.js'
import { byHand } from '../change-answer.js'
import { claimedCall } from '../claim-argument.js'
import {
  changeDecorator,
  type Decorated,
  DecoratorSource,
  decoratedFunctions,
  namePlace,
} from '../pipelines/decorated-function.js'
import {
  claimCode,
  describeAllSteps,
  describeStep,
  stepEvidence,
  workOfStep,
} from '../pipelines/describe-step.js'
import { claimStepLaunch } from '../pipelines/step-launch.js'
import { claimStepMachine } from '../pipelines/step-machine.js'
import { workOfName } from '../pipelines/step-work.js'
import { changeVolatile } from '../pipelines/volatile-change.js'
import { volatileInput } from '../pipelines/volatile-input.js'
import { whyUncached } from '../pipelines/why-uncached.js'
import { singleDeviceLibraries } from '../python/single-device-libraries.js'
import { claimStarted } from '../python/started-launches.js'
import { defineReader, type FragmentFacts, type ReaderContext } from '../reader.js'
import { settingTable } from '../setting-table.js'
import { isConfigured, writeConfigured } from '../write-configured.js'

const stepNames = /^zenml\.(steps\.)?(step_decorator\.)?step$/
const pipelineNames = /^zenml\.(pipelines\.)?(pipeline_decorator\.)?pipeline$/
const engine = 'ZenML'

/** None is the default: cached. */
const stepSettings = settingTable('Step', {
  cached: {
    keys: ['enable_cache'],
    parse: (value) => (value === null ? true : asBoolean(value)),
    otherwise: true,
  },
})
const retrySettings = settingTable('Step', {
  retries: { keys: ['max_retries'], position: 0, parse: asNumber, write: Number },
})
const resourceSettings = settingTable('Compute', {
  gpus: { keys: ['gpu_count'], parse: asNumber },
  cpus: { keys: ['cpu_count'], parse: asNumber },
})

export const zenmlReader = defineReader({
  name: 'zenml',
  title: 'ZenML',
  leads: true,
  settings: [stepSettings, retrySettings, resourceSettings],
  languages: ['python'],
  // A program that runs a pipeline of another module need not name the library.
  triggers: ['zenml', 'with_options('],
  read(facts, context, claims) {
    const python = facts.python
    if (python === undefined || !python.uses('zenml', 'zenml.')) return
    const steps = decoratedFunctions(python, stepNames)
    const pipelines = decoratedFunctions(python, pipelineNames)
    const evidence = stepEvidence(python)
    for (const one of steps) readStep(python, context, claims, one, steps, evidence)
    for (const one of pipelines) readPipeline(python, claims, one, steps, evidence)
    for (const call of python.calls) {
      if (call.method === 'with_options' || call.method === 'configure')
        readOptions(python, claims, call, steps, pipelines, evidence)
    }
  },
  change,
})

const onDecorator = { target: { kind: 'decorator' }, withName: true } as const

const about = (evidence: Evidence) => ({ engine, key: 'zenml', unit: 'task' as const, evidence })

function readStep(
  python: PythonModule,
  context: ReaderContext,
  claims: ClaimBuilder,
  one: Decorated,
  steps: readonly Decorated[],
  evidence: Evidence,
): void {
  const { func, call, decorator } = one
  const place = namePlace(func)
  const { subject, work } = describeStep(
    claims,
    python,
    { name: func.name, code: func, place, scope: func.qualified },
    about(evidence),
  )
  stepSettings.claim(subject, new DecoratorSource(python, one, claims, onDecorator))
  if (call === null) return
  const reason = whyUncached(python, { start: decorator.start, end: func.node.nameStart }, func)
  if (reason !== null) subject.known('uncachedFor', 'enable_cache', reason.because, place)
  const policy = passedCall(python, python.argument(call, 'retry'))
  if (policy?.method === 'StepRetryConfig')
    retrySettings.claim(subject, retrySettings.argumentsOf(python, policy, claims))
  readResources(python, context, claims, subject, one, work, steps, evidence)
}

/** `settings={'resources': ResourceSettings(gpu_count=1)}`. */
function readResources(
  python: PythonModule,
  context: ReaderContext,
  claims: ClaimBuilder,
  step: SubjectBuilder<'Step'>,
  one: Decorated,
  work: StepWork[],
  steps: readonly Decorated[],
  evidence: Evidence,
): void {
  const { func, call, decorator } = one
  if (call === null) return
  const settings = new CallSource(python, call, claims)
  const made = settings.maker('settings', 'resources')
  if (made?.method !== 'ResourceSettings') return
  // Settings that several steps share are changed by hand.
  const inside = made.expr.start >= decorator.start && made.expr.end <= decorator.end
  const source = new CallSource(
    python,
    made,
    claims,
    inside ? {} : { target: { kind: 'refused', reason: 'several steps may share these settings' } },
  )
  if (source.expression('gpu_count') === null) return
  step.say('gpus', 'gpu_count', convert(source.get('gpu_count'), asNumber))
  const place = namePlace(func)
  const compute = claimStepMachine(claims, {
    engine: 'zenml',
    key: 'zenml',
    provider: 'other',
    name: func.name,
    scope: func.qualified,
    place,
    evidence,
  })
  compute.known('nodes', 'zenml', 1, place)
  compute.unknown('timeLimit', 'settings', 'the orchestrator may set it', place)
  resourceSettings.claim(compute, source)
  const card = effective(settings.get('settings', 'accelerator'))
  const model = card === undefined ? undefined : gpu(String(card))
  if (model !== undefined) compute.known('gpuModel', 'accelerator', model.name, place)
  if (claimStarted(claims, python, context, compute, func)) return
  claimCode(python, compute, func, work, place, false)
  claimStepLaunch(claims, python, compute, one, steps)
}

interface StepCall {
  call: Call
  name: string
  code: Func | null
  decorated: Decorated | null
}

/** Calls in the body of a pipeline that are steps: of this module, or imported from another one of the project. */
function stepCalls(python: PythonModule, pipeline: Func, steps: Decorated[]): StepCall[] {
  const found: StepCall[] = []
  for (const call of pipeline.calls) {
    const { callee } = call.expr
    const own = python.functionOf(callee)
    const decorated = own === null ? null : (steps.find((one) => one.func === own) ?? null)
    if (decorated !== null) found.push({ call, name: decorated.func.name, code: decorated.func, decorated })
    else if (own === null && callee.type === 'name' && isOfProject(python, callee))
      found.push({ call, name: callee.id, code: null, decorated: null })
  }
  // Old pipelines are given their steps as parameters.
  for (const param of pipeline.node.params) {
    if (pipeline.calls.some(({ expr }) => expr.callee.type === 'name' && expr.callee.id === param.name)) {
      const call = pipeline.calls.find(
        ({ expr }) => expr.callee.type === 'name' && expr.callee.id === param.name,
      )!
      if (!found.some((one) => one.call === call))
        found.push({ call, name: param.name, code: null, decorated: null })
    }
  }
  return found
}

function isOfProject(python: PythonModule, callee: Expr): boolean {
  const target = python.targetOf(callee)
  if (target === null) return false
  if (target.startsWith('.')) return true
  const root = target.split('.')[0]!
  return root !== 'zenml' && !singleDeviceLibraries.has(root)
}

function readPipeline(
  python: PythonModule,
  claims: ClaimBuilder,
  one: Decorated,
  steps: Decorated[],
  evidence: Evidence,
): void {
  const { func, decorator } = one
  const calls = stepCalls(python, func, steps)
  const source = new DecoratorSource(python, one, claims, onDecorator)
  const given = source.get('enable_cache')
  if (isGiven(given)) {
    const place = namePlace(func)
    const all = describeAllSteps(
      claims,
      worksOf(python, calls, func),
      { place, scope: func.qualified },
      about(evidence),
    )
    stepSettings.claim(all, source)
    const reason = whyUncached(python, { start: decorator.start, end: func.node.nameStart }, null)
    if (reason !== null) all.known('uncachedFor', 'enable_cache', reason.because, place)
  }
  for (const one of calls) readInputs(python, claims, one, func, given, evidence)
}

/** Names of steps, and what the name of the pipeline says where the steps say nothing. */
function worksOf(
  python: PythonModule,
  calls: StepCall[],
  pipeline: Func,
): { name: string; purpose: StepWork[] }[] {
  const works = calls.map(({ name, code }) => ({ name, purpose: workOfStep(python, name, code).purpose }))
  const named = workOfName(pipeline.name)
  // A pipeline that is called deployment deploys, whatever its steps are called.
  return works.map((one) => (named.includes('deploy') ? { ...one, purpose: ['deploy' as const] } : one))
}

/** A step that is given something new in each run; it is a subject of its own, at its call. */
function readInputs(
  python: PythonModule,
  claims: ClaimBuilder,
  one: StepCall,
  pipeline: Func,
  pipelineSwitch: Given<Json>,
  evidence: Evidence,
): void {
  const { purpose } = workOfStep(python, one.name, one.code)
  for (const argument of one.call.expr.args) {
    const input = argument.name ?? ''
    const found = volatileInput(python, argument.value, input, purpose)
    if (found === null) continue
    const place = calleePlace(one.call)
    const { subject } = describeStep(
      claims,
      python,
      { name: one.name, code: one.code, place, scope: `${pipeline.qualified}.${one.name}` },
      about(evidence),
    )
    const { decorated } = one
    const own =
      decorated === null ? pipelineSwitch : new DecoratorSource(python, decorated, claims).get('enable_cache')
    const set = firstGiven(own, pipelineSwitch)
    // The switch is judged where it stands; here it only matters whether there is a cache to miss.
    if (!isGiven(set)) subject.default('cached', 'enable_cache', true, place)
    else if (effective(set) === undefined || effective(set) === false)
      subject.unknown('cached', 'enable_cache', 'it is set elsewhere', place)
    else subject.known('cached', 'enable_cache', true, place)
    subject.known('volatileInput', input, { what: found.what, input, when: 'run' }, found.place)
    return
  }
}

/** `trainer.with_options(enable_cache=False)`, `training_pipeline.with_options(enable_cache=False)()`. */
function readOptions(
  python: PythonModule,
  claims: ClaimBuilder,
  call: Call,
  steps: Decorated[],
  pipelines: Decorated[],
  evidence: Evidence,
): void {
  const source = new CallSource(python, call, claims, { withName: true })
  const { callee } = call.expr
  if (callee.type !== 'attribute' || callee.value.type !== 'name') return
  const file = source.expression('enable_cache') === null ? fileOf(python, call) : null
  readNamedSteps(python, claims, call, file, steps, evidence)
  const switchInFile = switchIn(file)
  if (source.expression('enable_cache') === null && switchInFile === undefined) return
  const name = callee.value.id
  const func = python.functionOf(callee.value)
  const pipeline = pipelines.find((one) => one.func === func) ?? null
  const step = steps.find((one) => one.func === func) ?? null
  if (pipeline === null && step === null && !isOfProject(python, callee.value)) return
  const place = calleePlace(call)
  const scope = [call.function?.qualified, name].filter(Boolean).join('.')
  const named = /pipeline|flow$/i.test(name)
  const subject =
    pipeline !== null || (step === null && named)
      ? describeAllSteps(
          claims,
          pipeline === null
            ? workOfName(name).map((work) => ({ name, purpose: [work] }))
            : worksOf(python, stepCalls(python, pipeline.func, steps), pipeline.func),
          { place, scope },
          about(evidence),
        )
      : describeStep(claims, python, { name, code: step?.func ?? null, place, scope }, about(evidence))
          .subject
  if (switchInFile === undefined) stepSettings.claim(subject, source)
  else claimSwitch(subject, switchInFile, place)
  const reason = whyUncached(python, call.statement, step?.func ?? null)
  if (reason !== null) subject.known('uncachedFor', 'enable_cache', reason.because, place)
}

/** What `config_path` names. */
function fileOf(python: PythonModule, call: Call): Configured | null {
  const path = textArgument(python.argument(call, 'config_path'))
  return path === null ? null : python.configurationFile(path)
}

/** `enable_cache` of a pipeline or a step. Undefined: it is not said there. */
function switchIn(node: Configured | null | undefined): Configured | undefined {
  const found = node?.kind === 'map' ? lookUp(node.entries, 'enable_cache') : undefined
  return found?.kind === 'scalar' && typeof found.value === 'boolean' ? found : undefined
}

/** `steps: {tokenize: {enable_cache: false}}` in that file: each step is a subject of its own. */
function readNamedSteps(
  python: PythonModule,
  claims: ClaimBuilder,
  call: Call,
  file: Configured | null,
  steps: Decorated[],
  evidence: Evidence,
): void {
  const named = file?.kind === 'map' ? lookUp(file.entries, 'steps') : undefined
  if (named?.kind !== 'map') return
  const place = calleePlace(call)
  for (const [name, options] of Object.entries(named.entries)) {
    const found = switchIn(options)
    if (found === undefined) continue
    const code = steps.find(({ func }) => func.name === name)?.func ?? null
    const scope = [call.function?.qualified, 'steps', name].filter(Boolean).join('.')
    const { subject } = describeStep(claims, python, { name, code, place, scope }, about(evidence))
    claimSwitch(subject, found, place)
    const reason = whyUncached(python, call.statement, code)
    if (reason !== null) subject.known('uncachedFor', 'enable_cache', reason.because, place)
  }
}

function claimSwitch(subject: SubjectBuilder<'Step'>, { at, ...node }: Configured, place: Place): void {
  if (node.kind !== 'scalar') return
  subject.known('cached', 'enable_cache', node.value === true, place, {
    channel: 'named file',
    location: at.location,
    site: configuredSite(place, at),
  })
}

const resources = 'gpu_count'

function change(claim: Claim, value: unknown, facts: FragmentFacts): Change | Refusal {
  if (claim.setting === 'volatileInput') return changeVolatile(claim, facts)
  const { python, path, fragment } = facts
  const { site } = claim
  if (claim.setting === 'cached' && isConfigured(claim, facts)) return writeConfigured(claim, true, facts)
  if (claim.setting === 'cached' && value === true) {
    const title = 'Remove enable_cache=False: steps are cached by default'
    if (site.target?.kind === 'decorator') return changeDecorator(facts, site, { enable_cache: null }, title)
    const call = claimedCall(python, site)
    if (call === null) return { reason: 'the call has changed' }
    const range = { fragment: fragment.index, start: site.start, end: site.end }
    const { callee } = call.expr
    const alone = call.expr.args.length === 1 && callee.type === 'attribute' && call.method === 'with_options'
    return {
      title,
      safety: 'unsafe',
      writes: [
        alone && callee.type === 'attribute'
          ? {
              kind: 'replace',
              path,
              range: { fragment: fragment.index, start: callee.value.end, end: site.end },
              text: '',
            }
          : { kind: 'remove keyword', path, call: range, name: 'enable_cache' },
      ],
      imports: [],
    }
  }
  if (claim.setting === 'retries') return retrySettings.change(claim, value, facts)
  if (claim.setting === 'gpus' && value === 0) {
    const call = claimedCall(python, site)
    if (call === null) return { reason: 'the call has changed' }
    const range = { fragment: fragment.index, start: site.start, end: site.end }
    return {
      title: 'Ask for no GPU',
      safety: 'unsafe',
      writes: [{ kind: 'remove keyword', path, call: range, name: resources }],
      imports: [],
    }
  }
  return byHand(claim)
}

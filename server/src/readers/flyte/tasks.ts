/** Tasks and workflows of Flyte (SDK 1). Source: flytekit 1.16, core/task.py, core/resources.py. */

import { gpu } from '../../catalog/gpus.js'
import type { Change, Refusal } from '../../edit/write.js'
import type { Call, Func, PythonModule } from '../../python/module.js'
import { knownArgument, passedCall } from '../../values/argument.js'
import { CallSource } from '../../values/call-source.js'
import { absent, convert, orDefault, orUnknown, stated } from '../../values/operations.js'
import { asBoolean, asNumber } from '../../values/parse.js'
import { type Given, isGiven } from '../../values/value.js'
import type { ClaimBuilder, SubjectBuilder } from '../../workload/builder.js'
import type { Claim, Evidence } from '../../workload/claim.js'
import type { StepWork } from '../../workload/resource-kinds.js'
import { byHand } from '../change-answer.js'
import { claimedCall } from '../claim-argument.js'
import { claimJobGrid } from '../job-grid.js'
import { mappedDimensions } from '../mapped-grid.js'
import {
  changeDecorator,
  type Decorated,
  DecoratorSource,
  decoratedFunctions,
  namePlace,
} from '../pipelines/decorated-function.js'
import { claimCode, describeStep, stepEvidence } from '../pipelines/describe-step.js'
import { claimStepLaunch } from '../pipelines/step-launch.js'
import { claimStepMachine } from '../pipelines/step-machine.js'
import { claimStepSetUp } from '../pipelines/step-set-up.js'
import { workOfName } from '../pipelines/step-work.js'
import { changeVolatile } from '../pipelines/volatile-change.js'
import { volatileInput } from '../pipelines/volatile-input.js'
import { whyUncached } from '../pipelines/why-uncached.js'
import { claimStarted } from '../python/started-launches.js'
import { defineReader, type FragmentFacts, type ReaderContext } from '../reader.js'
import { settingTable } from '../setting-table.js'

const taskNames = /^flytekit\.(core\.)?(task\.)?task$/
const workflowNames = /^flytekit\.(core\.)?((workflow|dynamic_workflow_task)\.)?(workflow|dynamic)$/

const taskSettings = settingTable('Step', {
  retries: { keys: ['retries'], parse: asNumber, otherwise: 0 },
})
const resourceSettings = settingTable('Compute', {
  gpus: { keys: ['gpu'], parse: asCount },
  cpus: { keys: ['cpu'], parse: asCount },
})

export const flyteReader = defineReader({
  name: 'flyte',
  title: 'Flyte',
  leads: true,
  settings: [taskSettings, resourceSettings],
  languages: ['python'],
  triggers: ['flytekit'],
  read(facts, context, claims) {
    const python = facts.python
    if (python === undefined) return
    const tasks = decoratedFunctions(python, taskNames)
    const workflows = decoratedFunctions(python, workflowNames)
    const evidence = stepEvidence(python)
    for (const task of tasks) readTask(python, context, claims, task, tasks, workflows, evidence)
    for (const call of python.calls) readMapped(python, claims, call, tasks)
  },
  change,
})

const mapped = /^flytekit\.(core\.)?(\w+\.)*(map_task|map)$/

/** `map_task(train)(config=configurations())`: a task for each item of a list. */
function readMapped(
  python: PythonModule,
  claims: ClaimBuilder,
  { expr }: Call,
  tasks: readonly Decorated[],
): void {
  const maker = expr.callee.type === 'call' ? expr.callee : null
  const task = maker?.args[0]?.value
  const [items, ...others] = expr.args
  if (maker === null || task === undefined || items === undefined || others.length > 0) return
  if (!mapped.test(python.nameOf(maker.callee) ?? '')) return
  const func = python.functionOf(task)
  const one = tasks.find((each) => each.func === func)
  const dimensions = one === undefined ? null : mappedDimensions(python, python.result(items.value))
  if (one === undefined || dimensions === null) return
  const resources = one.call === null ? '' : python.code.slice(one.call.expr.start, one.call.expr.end)
  claimJobGrid(claims, {
    key: 'map_task',
    place: { start: maker.start, end: maker.end },
    dimensions,
    isHanded: () => true,
    onGpu: /\bgpu\b/.test(resources),
  })
}

/** What one of these calls returns is handed to a task that trains by its name: `train(features=spectra(version))`. */
function feedsTraining(python: PythonModule, workflow: Func, made: readonly Call[]): boolean {
  const own = new Set(made.map(({ expr }) => expr))
  return workflow.calls.some(({ expr }) => {
    const task = python.functionOf(expr.callee)
    if (task === null || !workOfName(task.name).includes('train')) return false
    return expr.args.some(({ value }) => {
      const given = python.definition(value)
      return given.type === 'call' && own.has(given)
    })
  })
}

function readTask(
  python: PythonModule,
  context: ReaderContext,
  claims: ClaimBuilder,
  task: Decorated,
  tasks: readonly Decorated[],
  workflows: Decorated[],
  evidence: Evidence,
): void {
  const { func, decorator } = task
  const place = namePlace(func)
  const calls = workflows.flatMap((one) =>
    one.func.calls.filter((inner) => python.functionOf(inner.expr.callee) === func),
  )
  const feeds = workflows.some((one) => feedsTraining(python, one.func, calls))
  const { subject, purpose, work } = describeStep(
    claims,
    python,
    { name: func.name, code: func, place, scope: func.qualified, feeds },
    { engine: 'Flyte', key: 'flytekit', unit: 'task', evidence },
  )
  const source = new DecoratorSource(python, task, claims)
  const given = source.get('cache')
  const made = passedCall(python, source.argument('cache'))
  const cached =
    made?.method === 'Cache'
      ? stated(given, true)
      : convert(given, (value) => (value === null ? false : asBoolean(value)))
  // Nobody can tell what a task is part of where no workflow of the module calls it.
  const alone = calls.length === 0
  subject.say(
    'cached',
    'cache',
    alone ? orUnknown(cached, 'no workflow of the file calls it') : orDefault(cached, false),
  )
  const reason = whyUncached(python, { start: decorator.start, end: func.node.nameStart }, func)
  if (reason !== null) subject.known('uncachedFor', 'cache', reason.because, place)
  taskSettings.claim(subject, source)
  for (const inner of calls) {
    for (const argument of inner.expr.args) {
      const input = argument.name ?? ''
      const found = volatileInput(python, argument.value, input, purpose)
      if (found !== null)
        subject.known('volatileInput', input, { what: found.what, input, when: 'built' }, found.place)
    }
  }
  readResources(python, context, claims, subject, task, tasks, work, evidence)
}

/** `requests=Resources(gpu='1', cpu='8')`, `limits=…`, `accelerator=…`, `interruptible=`, `timeout=`. */
function readResources(
  python: PythonModule,
  context: ReaderContext,
  claims: ClaimBuilder,
  step: SubjectBuilder<'Step'>,
  task: Decorated,
  tasks: readonly Decorated[],
  work: StepWork[],
  evidence: Evidence,
): void {
  const { func, call } = task
  if (call === null) return
  for (const keyword of ['limits', 'requests', 'resources']) {
    const made = passedCall(python, python.argument(call, keyword))
    if (made?.method !== 'Resources') continue
    const inside = made.expr.start >= call.expr.start && made.expr.end <= call.expr.end
    const source = new CallSource(
      python,
      made,
      claims,
      inside ? {} : { target: { kind: 'refused', reason: 'several tasks may share these resources' } },
    )
    if (source.expression('gpu') === null) continue
    const place = namePlace(func)
    const compute = claimStepMachine(claims, {
      engine: 'flyte',
      key: 'flytekit',
      provider: 'kubernetes',
      name: func.name,
      scope: func.qualified,
      place,
      evidence,
    })
    compute.known('nodes', 'flytekit', 1, place)
    step.say('gpus', 'gpu', convert(source.get('gpu'), asCount))
    resourceSettings.claim(compute, source)
    const own = new CallSource(python, call, claims)
    compute.say(
      'spot',
      'interruptible',
      convert(own.get('interruptible'), (value) => (value === null ? undefined : asBoolean(value))),
    )
    compute.say('gpuModel', 'accelerator', acceleratorOf(own))
    // A project or a domain may have limits of its own.
    const because = isGiven(own.get('timeout')) ? 'a duration' : 'the platform may set it'
    compute.unknown('timeLimit', 'timeout', because, place)
    claimStepSetUp(claims, python, context, compute, func)
    if (claimStarted(claims, python, context, compute, func)) return
    claimCode(python, compute, func, work, place, false)
    claimStepLaunch(claims, python, compute, task, tasks)
    return
  }
}

/** `GPUAccelerator('nvidia-tesla-v100')`, or a name of the library for one: `A100`. */
function acceleratorOf(source: CallSource): Given<string> {
  const key = 'accelerator'
  const made = source.maker(key)
  const device = made === null ? undefined : knownArgument(source.python.argument(made, 'device', 0))
  const expr = source.expression(key)
  const name = expr === null ? null : source.python.nameOf(expr)
  const given = source.get(key)
  const card = gpu(String(device ?? name?.replace(/^.*\./, '') ?? ''))
  return card === undefined ? absent(given) : stated(given, card.name)
}

/** Kubernetes quantities are texts. */
function asCount(value: unknown): number | undefined {
  const number = Number(value)
  return Number.isFinite(number) ? number : undefined
}

function change(claim: Claim, value: unknown, facts: FragmentFacts): Change | Refusal {
  if (claim.setting === 'volatileInput') return changeVolatile(claim, facts)
  const { python, path, fragment } = facts
  const { site } = claim
  if (claim.setting === 'cached' && value === true) {
    const mark = /["']/.exec(facts.fragment.text)?.[0] ?? '"'
    const given = python?.callAt(site)?.expr.args ?? []
    const keywords: Record<string, string> = { cache: 'True' }
    if (!given.some((one) => one.name === 'cache_version')) keywords.cache_version = `${mark}1.0${mark}`
    return changeDecorator(facts, site, keywords, 'Cache the task (cache=True, cache_version=…)')
  }
  if (claim.setting === 'retries' && typeof value === 'number')
    return changeDecorator(facts, site, { retries: String(value) }, `Set retries=${value}`)
  if (claim.setting === 'gpus' && value === 0) {
    if (claimedCall(python, site) === null) return { reason: 'the call has changed' }
    const call = { fragment: fragment.index, start: site.start, end: site.end }
    return {
      title: 'Ask for no GPU',
      safety: 'unsafe',
      writes: [{ kind: 'remove keyword', path, call, name: 'gpu' }],
      imports: [],
    }
  }
  return byHand(claim)
}

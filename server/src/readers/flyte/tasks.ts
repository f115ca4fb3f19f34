/** Tasks and workflows of Flyte (SDK 1). Source: flytekit 1.16, core/task.py, core/resources.py. */

import { gpu } from '../../catalog/gpus.js'
import type { Change, Refusal } from '../../edit/write.js'
import type { PythonModule } from '../../python/module.js'
import { asBoolean, asNumber } from '../../values/parse.js'
import type { ClaimBuilder, SubjectBuilder } from '../../workload/builder.js'
import type { Claim, Evidence } from '../../workload/claim.js'
import type { StepWork } from '../../workload/words.js'
import { byHand } from '../change-answer.js'
import { claimArgument, claimedCall } from '../claim-argument.js'
import {
  changeDecorator,
  type Decorated,
  decoratedFunctions,
  decoratorSite,
  namePlace,
} from '../pipelines/decorated-function.js'
import { claimCode, describeStep, stepEvidence } from '../pipelines/describe-step.js'
import { claimStepLaunch } from '../pipelines/step-launch.js'
import { claimStepMachine } from '../pipelines/step-machine.js'
import { changeVolatile } from '../pipelines/volatile-change.js'
import { volatileInput } from '../pipelines/volatile-input.js'
import { whyUncached } from '../pipelines/why-uncached.js'
import { defineReader, type UnitFacts } from '../reader.js'

const taskNames = /^flytekit\.(core\.)?(task\.)?task$/
const workflowNames = /^flytekit\.(core\.)?((workflow|dynamic_workflow_task)\.)?(workflow|dynamic)$/

export const flyteReader = defineReader({
  name: 'flyte',
  languages: ['python'],
  triggers: ['flytekit'],
  read(facts, _context, claims) {
    const python = facts.python
    if (python === undefined) return
    const tasks = decoratedFunctions(python, taskNames)
    const workflows = decoratedFunctions(python, workflowNames)
    const evidence = stepEvidence(python)
    for (const task of tasks) readTask(python, claims, task, tasks, workflows, evidence)
  },
  change,
})

function readTask(
  python: PythonModule,
  claims: ClaimBuilder,
  task: Decorated,
  tasks: readonly Decorated[],
  workflows: Decorated[],
  evidence: Evidence,
): void {
  const { func, call, decorator } = task
  const place = namePlace(func)
  const { subject, purpose, work } = describeStep(
    claims,
    python,
    { name: func.name, code: func, place, scope: func.qualified },
    { engine: 'Flyte', key: 'flytekit', unit: 'task', evidence },
  )
  const site = decoratorSite(decorator, 'decorator')
  const calls = workflows.flatMap((one) =>
    one.func.calls.filter((inner) => python.functionOf(inner.expr.callee) === func),
  )
  const cache = call === null ? null : python.argument(call, 'cache')
  if (cache === null || cache.state === 'absent') {
    // Nobody can tell what a task is part of where no workflow of the module calls it.
    if (calls.length === 0)
      subject.unknown('cached', 'cache', 'no workflow of the file calls it', place, { site })
    else subject.default('cached', 'cache', false, place, { site })
  } else if (
    cache.state === 'given' &&
    cache.folded.state === 'unknown' &&
    python.callOf(cache.expr)?.method === 'Cache'
  )
    subject.known('cached', 'cache', true, { ...cache.span }, { site })
  else {
    claimArgument(subject, 'cached', 'cache', call!, cache, {
      convert: (value) => (value === null ? false : asBoolean(value)),
      anchor: 'decorator',
    })
  }
  const reason = whyUncached(python, { start: decorator.start, end: func.node.nameStart }, func)
  if (reason !== null) subject.known('uncachedFor', 'cache', reason.because, place)
  if (call !== null)
    claimArgument(subject, 'retries', 'retries', call, python.argument(call, 'retries'), {
      convert: asNumber,
      otherwise: 0,
    })
  for (const inner of calls) {
    for (const argument of inner.expr.args) {
      const input = argument.name ?? ''
      const found = volatileInput(python, argument.value, input, purpose)
      if (found !== null)
        subject.known('volatileInput', input, { what: found.what, input, when: 'built' }, found.place)
    }
  }
  readResources(python, claims, subject, task, tasks, work, evidence)
}

/** `requests=Resources(gpu='1', cpu='8')`, `limits=…`, `accelerator=…`, `interruptible=`, `timeout=`. */
function readResources(
  python: PythonModule,
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
    const given = python.argument(call, keyword)
    const made = given.state === 'given' ? python.callOf(given.expr) : null
    if (made === null || made.method !== 'Resources') continue
    const count = python.argument(made, 'gpu')
    if (count.state !== 'given') continue
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
    const inside = made.expr.start >= call.expr.start && made.expr.end <= call.expr.end
    claimArgument(step, 'gpus', 'gpu', made, count, { convert: asCount })
    claimArgument(compute, 'gpus', 'gpu', made, count, {
      convert: asCount,
      anchor: inside ? 'resources' : 'shared',
    })
    claimArgument(compute, 'cpus', 'cpu', made, python.argument(made, 'cpu'), { convert: asCount })
    claimArgument(compute, 'spot', 'interruptible', call, python.argument(call, 'interruptible'), {
      convert: (value) => (value === null ? undefined : asBoolean(value)),
    })
    const accelerator = python.argument(call, 'accelerator')
    if (accelerator.state === 'given') {
      const made = python.callOf(accelerator.expr)
      const first = made === null ? null : python.argument(made, 'device', 0)
      const text =
        first?.state === 'given' && first.folded.state === 'known'
          ? String(first.folded.value)
          : (python.nameOf(accelerator.expr) ?? '').replace(/^.*\./, '')
      const known = gpu(text)
      if (known !== undefined) compute.known('gpuModel', 'accelerator', known.name, { ...accelerator.span })
    }
    const timeout = python.argument(call, 'timeout')
    // A project or a domain may have limits of its own.
    if (timeout.state === 'absent') compute.unknown('timeLimit', 'timeout', 'the platform may set it', place)
    else compute.unknown('timeLimit', 'timeout', 'a duration', place)
    claimCode(python, compute, func, work, place, false)
    claimStepLaunch(claims, python, compute, task, tasks)
    return
  }
}

/** Kubernetes quantities are texts. */
function asCount(value: unknown): number | undefined {
  const number = Number(value)
  return Number.isFinite(number) ? number : undefined
}

function change(claim: Claim, value: unknown, facts: UnitFacts): Change | Refusal {
  if (claim.setting === 'volatileInput') return changeVolatile(claim, facts)
  const { python, path, unit } = facts
  const { site } = claim
  if (claim.setting === 'cached' && value === true) {
    const mark = /["']/.exec(facts.unit.text)?.[0] ?? '"'
    const given = python?.callAt(site)?.expr.args ?? []
    const keywords: Record<string, string> = { cache: 'True' }
    if (!given.some((one) => one.name === 'cache_version')) keywords.cache_version = `${mark}1.0${mark}`
    return changeDecorator(facts, site, keywords, 'Cache the task (cache=True, cache_version=…)')
  }
  if (claim.setting === 'retries' && typeof value === 'number')
    return changeDecorator(facts, site, { retries: String(value) }, `Set retries=${value}`)
  if (claim.setting === 'gpus' && value === 0) {
    if (site.anchor !== 'resources') return { reason: 'several tasks may share these resources' }
    if (claimedCall(python, site) === null) return { reason: 'the call has changed' }
    const call = { unit: unit.index, start: site.start, end: site.end }
    return {
      title: 'Ask for no GPU',
      safety: 'unsafe',
      writes: [{ kind: 'remove keyword', path, call, name: 'gpu' }],
      imports: [],
    }
  }
  return byHand(claim)
}

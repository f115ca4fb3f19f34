/** Steps of Metaflow and what their decorators ask for. Source: metaflow 2.18, plugins/{aws/batch,kubernetes,resources,retry,timeout}_decorator.py. */

import type { Change, Refusal } from '../../edit/write.js'
import type { Call, Func, PythonModule } from '../../python/module.js'
import type { Expr } from '../../syntax/python-ast.js'
import { mayBePassed, numberArgument } from '../../values/argument.js'
import { CallSource } from '../../values/call-source.js'
import { convert, orDefault, stated } from '../../values/operations.js'
import { asNumber } from '../../values/parse.js'
import { calleePlace } from '../../values/places.js'
import { effective } from '../../values/value.js'
import type { ClaimBuilder, SubjectBuilder } from '../../workload/builder.js'
import type { Claim, Evidence } from '../../workload/claim.js'
import { ownProcesses } from '../../workload/sharing.js'
import { byHand } from '../change-answer.js'
import { claimedCall } from '../claim-argument.js'
import {
  changeDecorator,
  type Decorated,
  decoratedFunctions,
  namePlace,
} from '../pipelines/decorated-function.js'
import { claimCode, describeStep, stepEvidence } from '../pipelines/describe-step.js'
import { claimStepLaunch } from '../pipelines/step-launch.js'
import { claimStepMachine } from '../pipelines/step-machine.js'
import { claimStepSetUp } from '../pipelines/step-set-up.js'
import { claimStarted } from '../python/started-launches.js'
import { defineReader, type FragmentFacts, type ReaderContext } from '../reader.js'
import { claimForeach, type TrainingStep } from './foreach.js'

/** Seconds after which AWS Batch and Kubernetes end a step that sets no limit of its own: five days. */
const defaultLimit = 5 * 86_400

export const metaflowReader = defineReader({
  name: 'metaflow',
  leads: true,
  languages: ['python'],
  triggers: ['metaflow'],
  read(facts, context, claims) {
    const python = facts.python
    if (python === undefined) return
    const evidence = stepEvidence(python)
    const steps = decoratedFunctions(python, /^metaflow\.step$/)
    const training = steps.flatMap((step) => readStep(python, context, claims, step, steps, evidence) ?? [])
    claimForeach(python, claims, steps, training)
  },
  change,
})

/** The call of another decorator of the same step: `@resources(gpu=1)`. */
function decorator(python: PythonModule, func: Func, name: string): { expr: Expr; call: Call | null } | null {
  for (const one of func.node.decorators) {
    if (python.nameOf(one.type === 'call' ? one.callee : one) === `metaflow.${name}`)
      return { expr: one, call: one.type === 'call' ? python.callOf(one) : null }
  }
  return null
}

/** Null: it does not train, as far as is known. */
function readStep(
  python: PythonModule,
  context: ReaderContext,
  claims: ClaimBuilder,
  step: Decorated,
  steps: readonly Decorated[],
  evidence: Evidence,
): TrainingStep | null {
  const { func } = step
  const place = namePlace(func)
  // `start` and `end` are only what the flow begins and ends with.
  const { subject, work } = describeStep(
    claims,
    python,
    { name: func.name, code: func, place, scope: func.qualified },
    { engine: 'Metaflow', key: 'metaflow', unit: 'task', evidence },
  )
  const trains = work.includes('train')
  const retry = decorator(python, func, 'retry')
  if (retry?.call != null) {
    const times = new CallSource(python, retry.call, claims).get('times')
    subject.say('retries', '@retry(times)', orDefault(convert(times, asNumber), 3))
  } else if (retry !== null) subject.default('retries', '@retry(times)', 3, retry.expr)

  for (const name of ['kubernetes', 'batch', 'resources']) {
    const asked = decorator(python, func, name)?.call
    if (asked == null) continue
    const source = new CallSource(python, asked, claims)
    if (source.expression('gpu') === null) continue
    const gpus = convert(source.get('gpu'), asNumber)
    subject.say('gpus', `@${name}(gpu)`, gpus)
    const compute = claimStepMachine(claims, {
      engine: 'metaflow',
      key: name,
      provider: name === 'batch' ? 'aws' : 'kubernetes',
      name: func.name,
      scope: func.qualified,
      place,
      evidence,
    })
    compute.say('gpus', `@${name}(gpu)`, gpus)
    claimNodes(python, claims, compute, func, steps)
    compute.say('cpus', `@${name}(cpu)`, convert(source.get('cpu'), asNumber))
    const limit = decorator(python, func, 'timeout')?.call
    if (limit == null) compute.default('timeLimit', '@timeout', defaultLimit, place)
    else {
      const seconds = secondsOf(python, limit)
      if (seconds === null) compute.unknown('timeLimit', '@timeout', 'it cannot be read', calleePlace(limit))
      else compute.known('timeLimit', '@timeout', seconds, calleePlace(limit))
    }
    claimStepSetUp(claims, python, context, compute, func)
    if (!claimStarted(claims, python, context, compute, func)) {
      claimCode(python, compute, func, work, place, false)
      claimStepLaunch(claims, python, compute, step, steps)
    }
    const onGpu = (effective(gpus) ?? 1) > 0
    return trains || (onGpu && work.length === 0) ? { func, onGpu } : null
  }
  return trains ? { func, onGpu: false } : null
}

/** `self.next(self.train, num_parallel=4)`: so many machines run the step together, and learn from the service which they are. */
function claimNodes(
  python: PythonModule,
  claims: ClaimBuilder,
  compute: SubjectBuilder<'Compute'>,
  { name, class: flow }: Func,
  steps: readonly Decorated[],
): void {
  const key = 'num_parallel'
  for (const { func } of steps) {
    if (func.class !== flow) continue
    for (const call of func.calls) {
      const next = call.method === 'next' ? call.expr.args[0]?.value : undefined
      if (next?.type !== 'attribute' || next.attr !== name) continue
      const source = new CallSource(python, call, claims)
      if (source.expression(key) === null) continue
      const nodes = convert(source.get(key), asNumber)
      compute.say('nodes', key, nodes)
      if ((effective(nodes) ?? 2) > 1) compute.say('sharing', key, stated(nodes, ownProcesses.service))
      return
    }
  }
}

function secondsOf(python: PythonModule, call: Call): number | null {
  let total = 0
  for (const [name, each] of [
    ['days', 86_400],
    ['hours', 3600],
    ['minutes', 60],
    ['seconds', 1],
  ] as const) {
    const given = python.argument(call, name)
    if (!mayBePassed(given)) continue
    const count = numberArgument(given)
    if (count === null) return null
    total += count * each
  }
  return total
}

function change(claim: Claim, value: unknown, facts: FragmentFacts): Change | Refusal {
  const { python, path, fragment } = facts
  if (claim.setting === 'retries' && typeof value === 'number')
    return changeDecorator(facts, claim.site, { times: String(value) }, `Set times=${value}`)
  if (claim.setting !== 'gpus' || value !== 0 || claimedCall(python, claim.site) === null)
    return byHand(claim)
  const call = { fragment: fragment.index, start: claim.site.start, end: claim.site.end }
  return {
    title: 'Ask for no GPU',
    safety: 'unsafe',
    writes: [{ kind: 'remove keyword', path, call, name: 'gpu' }],
    imports: [],
  }
}

/** Dagster: how often ops and assets are started again. */
import type { Change, Refusal } from '../../edit/write.js'
import type { Call, Func, PythonModule } from '../../python/module.js'
import { passedCall } from '../../values/argument.js'
import { CallSource } from '../../values/call-source.js'
import { writeArgument } from '../../values/write-argument.js'
import type { ClaimBuilder } from '../../workload/builder.js'
import type { Claim } from '../../workload/claim.js'
import { claimedCall } from '../claim-argument.js'
import { claimStep, claimStepRetries } from '../pipelines/retried.js'
import { defineReader, type FragmentFacts } from '../reader.js'

const decorators = new Set(['dagster.op', 'dagster.asset', 'dagster.multi_asset', 'dagster.graph_asset'])

export const dagsterReader = defineReader({
  name: 'dagster',
  languages: ['python'],
  triggers: ['dagster'],
  read(facts, _context, claims) {
    const { python } = facts
    if (python === undefined || !python.usesHere('dagster.')) return
    for (const func of python.functions) {
      for (const decorator of func.node.decorators) {
        const call = decorator.type === 'call' ? python.callOf(decorator) : null
        if (call?.name != null && decorators.has(call.name)) readOp(python, claims, func, call)
      }
    }
  },
  change: changeDagster,
})

/** `retry_policy=RetryPolicy(max_retries=3)`; the class itself gives one retry. */
function readOp(python: PythonModule, claims: ClaimBuilder, func: Func, call: Call): void {
  const policy = passedCall(python, python.argument(call, 'retry_policy'))
  if (policy?.name !== 'dagster.RetryPolicy') return
  const { step } = claimStep(python, claims, { func, call, engine: 'Dagster', name: func.name })
  const source = new CallSource(python, policy, claims, { positions: { max_retries: 0 } })
  claimStepRetries(step, 'max_retries', source.get('max_retries'), 1)
}

function changeDagster(claim: Claim, value: unknown, facts: FragmentFacts): Change | Refusal {
  const policy = claimedCall(facts.python, claim.site)
  if (policy === null || claim.setting !== 'retries') return { reason: 'the policy is no longer there' }
  const argument = facts.python!.argument(policy, 'max_retries', 0)
  const write = writeArgument(facts, policy, 'max_retries', argument, String(value))
  if ('reason' in write) return write
  return {
    title: `Retry at most once: max_retries=${value}`,
    safety: 'unsafe',
    writes: [write],
    imports: [],
  }
}

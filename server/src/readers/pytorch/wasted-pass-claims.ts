/** Writes down the passes of a step whose results nothing uses. */
import type { PythonModule } from '../../python/module.js'
import { callSite } from '../../values/places.js'
import type { ClaimBuilder } from '../../workload/builder.js'
import type { Evidence } from '../../workload/claim.js'
import { claimOperation } from '../operation-claims.js'
import { codeText } from './evidence.js'
import { openEndedIn } from './loop-facts.js'
import type { Step } from './step-operations.js'
import { untrainedWithGradients } from './untrained-networks.js'
import { repeatedPasses, undetachedInputs } from './wasted-passes.js'

interface Common {
  scope: string
  evidence: Evidence
  realModel: boolean
}

export function claimWastedPasses(
  python: PythonModule,
  step: Step,
  common: Common,
  claims: ClaimBuilder,
): void {
  const undetached = undetachedInputs(python, step).sort((a, b) => a.expr.start - b.expr.start)
  const [first] = undetached
  if (first !== undefined) {
    const { start, end } = first.expr
    claimOperation(claims, {
      ...common,
      kind: 'undetached input',
      place: 'step',
      key: python.text.slice(start, end),
      at: { start, end },
      site: {
        start: step.node.start,
        end: step.node.end,
        target: { kind: 'operation', name: 'detach input' },
      },
      places: undetached.map(({ expr }) => ({ what: python.text.slice(expr.start, expr.end), node: expr })),
      subject: [...new Set(undetached.map(({ through }) => through))].join('` and `'),
    }).known('updated', 'step', first.updated, { start, end })
  }
  for (const { call, name } of untrainedWithGradients(python, step))
    claimOperation(claims, {
      ...common,
      kind: 'untrained network',
      place: 'step',
      key: `${name}(…)`,
      at: { start: call.expr.callee.start, end: call.expr.callee.end },
      site: callSite(call, { kind: 'operation', name: 'untrained network' }),
      subject: name,
    })
  // What the policy gives after an update says how far it has moved.
  if (openEndedIn(python, codeText(python, step.node.start, step.node.end)) === 'reinforcement learning')
    return
  for (const { call } of repeatedPasses(python, step))
    claimOperation(claims, {
      ...common,
      kind: 'repeated pass',
      place: 'step',
      key: python.text.slice(call.expr.start, call.expr.end),
      at: { start: call.expr.start, end: call.expr.end },
      site: callSite(call, { kind: 'operation', name: 'repeated pass' }),
      apart: 'repeated pass',
    })
}

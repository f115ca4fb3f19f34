/** How a step is written without passes whose results nothing uses. */
import { nameFor } from '../../edit/imports.js'
import type { Change, Refusal } from '../../edit/write.js'
import type { PythonModule } from '../../python/module.js'
import type { Claim } from '../../workload/claim.js'
import { append, rangeOf, refuse } from '../change-answer.js'
import type { FragmentFacts } from '../reader.js'
import { stepAt } from './step-operations.js'
import { undetachedInputs } from './wasted-passes.js'

const gone = refuse('the code is no longer in the file')

export function detachInput(claim: Claim, facts: FragmentFacts): Change | Refusal {
  const { python } = facts
  const step = python === undefined ? undefined : stepAt(python, claim.site)
  const inputs = python === undefined || step === undefined ? [] : undetachedInputs(python, step)
  if (inputs.length === 0) return gone
  return {
    title: 'Detach what the other network is given (.detach())',
    safety: 'safe',
    writes: inputs.map(({ expr }) => append(facts, expr, '.detach()')),
    imports: [],
  }
}

/** The statement that runs the network goes under a switch, where it does nothing else. */
export function runWithoutGradients(
  python: PythonModule,
  claim: Claim,
  facts: FragmentFacts,
): Change | Refusal {
  const call = python.callAt(claim.site)
  if (call === null) return gone
  const { path, fragment } = facts
  const { statement } = call
  const alone =
    statement.type === 'assign' &&
    statement.value !== null &&
    isPlainUse(python, statement.value.start, statement.value.end, call.expr)
  if (!alone)
    return refuse('the statement does more than running it: assign its output under `torch.no_grad()` first')
  const name = nameFor(python.tree, 'torch', 'no_grad', {
    path,
    fragment: fragment.index,
    offset: statement.start,
  })
  return {
    title: `Run it without gradients (with ${name.text}())`,
    safety: 'safe',
    writes: [
      {
        kind: 'wrap block',
        path,
        first: rangeOf(facts, statement),
        last: rangeOf(facts, statement),
        header: `with ${name.text}():`,
      },
    ],
    imports: name.import === null ? [] : [name.import],
  }
}

/** `teacher(x)`, `bert(ids).last_hidden_state[:, 0]`: no other network takes part. */
function isPlainUse(
  python: PythonModule,
  start: number,
  end: number,
  { start: from, end: to }: { start: number; end: number },
): boolean {
  if (start !== from) return false
  return python.calls.every(
    ({ expr, name }) =>
      expr.start < start ||
      expr.end > end ||
      (expr.start >= from && expr.end <= to) ||
      name !== null ||
      expr.callee.type === 'attribute',
  )
}

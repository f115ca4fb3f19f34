import { effective } from '../../values/value.js'
import type { SubjectView } from '../../workload/claim.js'
import type { OperationKind } from '../../workload/resource-kinds.js'
import { defineRule, type Saving, type Severity } from '../rule.js'
import { notTraining, otherOperation } from '../silence.js'
import { onAccelerator, operationOf, otherPlaces } from './operation.js'

/** Share of a step, by what is done in vain. Assumptions: see the page. */
const shares: Partial<Record<OperationKind, Saving['fraction']>> = {
  'undetached input': [0.05, 0.25],
  'untrained network': [0.1, 0.5],
  'repeated pass': [0.1, 0.25],
}

export default defineRule({
  name: 'training/wasted-pass',
  judges: 'Operation',
  checklist: ['baseline/training-time', 'rightsize/match-instance'],
  severity: 'warning',
  finds: 'forward and backward passes in each step whose results nothing uses',
  summary: 'A pass through a network whose result nothing uses costs as much as one that trains.',
  check(view, { report, silent }) {
    const kind = operationOf(view, 'undetached input', 'untrained network', 'repeated pass')
    if (kind === null) return silent(otherOperation)
    const untrained = notTraining(view)
    if (untrained !== undefined) return silent(untrained)
    const what = effective(kind) as OperationKind
    report({
      at: kind,
      severity: severityOf(view, what),
      message: messageOf(view, what, kind.key),
      saving: {
        fraction: shares[what]!,
        usd: null,
        basis: basisOf(what),
      },
      fixes: [{ set: [{ claim: kind, value: null }] }],
      related: otherPlaces(view, 'the same'),
    })
  },
})

function severityOf(view: SubjectView<'Operation'>, what: OperationKind): Severity {
  if (!onAccelerator(view)) return 'hint'
  const real = effective(view.settings.realModel) === true && view.subject.evidence.small === null
  return what === 'untrained network' && real ? 'warning' : 'information'
}

function messageOf({ settings }: SubjectView<'Operation'>, what: OperationKind, key: string): string {
  const network = effective(settings.subject) ?? ''
  switch (what) {
    case 'undetached input':
      return `The loss that updates \`${effective(settings.updated) ?? ''}\` is also propagated back through \`${network}\`, whose gradients are cleared before they are used: detach \`${key}\`.`
    case 'untrained network':
      return `No optimizer updates \`${network}\`, but it runs with gradients: its activations are kept and the loss is propagated back through it for nothing.`
    default:
      return `\`${key}\` runs a second time in every step, only for a metric: compute it from the output of the first pass.`
  }
}

function basisOf(what: OperationKind): string {
  switch (what) {
    case 'undetached input':
      return 'the backward pass through it, about twice its forward pass; assumes 5 to 25 % of a step'
    case 'untrained network':
      return 'its backward pass, about twice its forward pass; assumes 10 to 50 % of a step'
    default:
      return 'one forward pass of two, and a backward pass of twice a forward pass; assumes 10 to 25 % of a step'
  }
}

import { effective } from '../../values/value.js'
import type { SubjectView } from '../../workload/claim.js'
import { defineRule, type Severity } from '../rule.js'
import { otherOperation } from '../silence.js'
import { listed, onGpuJob, operationOf, otherPlaces } from '../training/operation.js'

export default defineRule({
  name: 'lifecycle/refused-argument',
  judges: 'Operation',
  checklist: ['baseline/idle-time', 'observability/failed-jobs'],
  severity: 'warning',
  finds: 'options that a launch passes and its program refuses',
  summary:
    'A program that is given an option which it does not take ends at once, on machines that were started for it.',
  check(view, { report, silent }) {
    const kind = operationOf(view, 'refuse option')
    if (kind === null) return silent(otherOperation)
    const names = (effective(view.settings.places) ?? []).map(({ what }) => what)
    const meant = effective(view.settings.remedy)
    report({
      at: kind,
      severity: severityOf(view),
      message: `The program does not take ${listed(names.map((name) => `\`${name}\``))}: its parser ends ${effective(view.settings.place) === 'trial' ? 'each run of the sweep' : 'the run'} before anything is computed.${meant === undefined ? '' : ` It has \`${meant}\`.`}`,
      related: otherPlaces(view, 'refused as well'),
    })
  },
})

function severityOf(view: SubjectView<'Operation'>): Severity {
  if (view.subject.evidence.role === 'test') return 'hint'
  const paid = effective(view.settings.place) === 'trial' || onGpuJob(view) || view.run.job.compute !== null
  return paid ? 'warning' : 'information'
}

import { effective } from '../../values/value.js'
import type { SubjectView } from '../../workload/claim.js'
import { defineRule, type Severity } from '../rule.js'
import { notTraining, otherOperation } from '../silence.js'
import { operationOf } from './operation.js'

/** Share of a step that running it operation by operation takes. Assumptions. */
const switchedOff: [number, number] = [0.3, 0.7]
const uncompiled: [number, number] = [0.2, 0.6]

export default defineRule({
  name: 'training/eager-step',
  judges: 'Operation',
  checklist: ['baseline/training-time', 'bottleneck/compute-bound'],
  severity: 'warning',
  measuredBy: 'waiting',
  finds: 'compilation that is switched off, or steps that nothing compiles',
  summary: 'A step that runs operation by operation waits for Python between operations.',
  check(view, { report, silent }) {
    const kind = operationOf(view, 'eager execution', 'eager step', 'compiled anew')
    if (kind === null) return silent(otherOperation)
    const untrained = notTraining(view)
    if (untrained !== undefined) return silent(untrained)
    const wanted = effective(view.settings.wantedFor)
    if (effective(kind) === 'compiled anew')
      return report({
        at: kind,
        severity: 'information',
        message: `\`${kind.key}\` compiles in every step: it is given a function that is made anew each time, so nothing that it compiled before is used. Compile once, before the loop.`,
        fixes: [{ set: [{ claim: kind, value: null }] }],
      })
    const off = effective(kind) === 'eager execution'
    const fraction = off ? switchedOff : uncompiled
    report({
      at: kind,
      severity: severityOf(off, wanted),
      message: off ? offMessage(view, kind.key, wanted) : stepMessage(view, kind.key),
      saving: {
        fraction,
        usd: null,
        basis: `assumes that Python takes ${fraction[0] * 100} to ${fraction[1] * 100} % of a step; more for small operations, less for large ones`,
      },
      fixes: [{ set: [{ claim: kind, value: null }] }],
    })
  },
})

function severityOf(off: boolean, wanted: string | undefined): Severity {
  if (wanted !== undefined) return 'hint'
  return off ? 'warning' : 'information'
}

function offMessage(_view: SubjectView<'Operation'>, key: string, wanted: string | undefined): string {
  const why = wanted === undefined ? '' : ` (perhaps for ${wanted})`
  return `\`${key}\` keeps every step from being compiled${why}: each operation waits for Python. It is meant for debugging.`
}

function stepMessage(view: SubjectView<'Operation'>, key: string): string {
  const name = effective(view.settings.subject)
  if (effective(view.settings.weight) === 'slight')
    return `The weights are updated for every batch outside of \`${key}\`: thousands of small operations, each of which waits for Python.`
  return `${name === undefined ? 'The step' : `\`${name}\``} takes gradients and updates weights for every batch without \`${key}\`: each of its operations waits for Python.`
}

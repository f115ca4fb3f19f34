import { formatCount } from '../../estimate/grid.js'
import { effective } from '../../values/value.js'
import type { Claim, Judged } from '../../workload/claim.js'
import { defineRule, type Severity } from '../rule.js'
import { notTraining, otherOperation, unless } from '../silence.js'
import { operationOf } from './operation.js'

/** So few of them in a whole run are no burden. */
const fewEvaluations = 20
const manyEvaluations = 200

export default defineRule({
  name: 'training/frequent-eval-or-save',
  judges: 'Operation',
  checklist: ['baseline/evaluation-time', 'observability/egress-and-storage'],
  severity: 'warning',
  summary: 'Evaluating or saving every few steps takes more time than the steps between.',
  check(judged, { report, silent }) {
    const kind = operationOf(judged, 'evaluate', 'save')
    if (kind === null) return silent(otherOperation)
    const untrained = notTraining(judged)
    if (untrained !== undefined) return silent(untrained)
    const every = effective(judged.settings.every)
    const times = effective(judged.settings.times)
    if (every === undefined) return silent(unless(judged, 'every', ''))
    if (times !== undefined && times <= fewEvaluations)
      return silent(`there are few of them in the run: ${times}`)
    const share = effective(judged.settings.subject) === 'share of an epoch'
    report({
      at: kind,
      severity: severityOf(judged, every, times),
      message: messageOf(judged, kind, every, times, share),
      fixes: [{ set: [{ claim: kind, value: share ? 0.25 : 500 }] }],
    })
  },
})

function severityOf(judged: Judged<'Operation'>, every: number, times: number | undefined): Severity {
  if (times !== undefined && times > manyEvaluations) return 'warning'
  return every === 1 && judged.subject.evidence.small === null ? 'warning' : 'information'
}

function messageOf(
  judged: Judged<'Operation'>,
  kind: Claim,
  every: number,
  times: number | undefined,
  share: boolean,
): string {
  const evaluates = effective(kind) === 'evaluate'
  const what = evaluates ? 'Evaluates' : 'Saves'
  const generates =
    effective(judged.settings.subject) === 'generated text' ? ', generating text each time' : ''
  const counted =
    times === undefined
      ? ''
      : `: ${judged.settings.times?.overridable === true ? 'up to ' : ''}${formatCount(times)} ${evaluates ? 'evaluations' : 'checkpoints'} in the run`
  const rhythm = share
    ? `${Math.round(1 / every)} times in each epoch`
    : every === 1
      ? 'in every step'
      : `every ${every} steps`
  const cost = evaluates
    ? 'Training stands still meanwhile.'
    : 'Training stands still while a checkpoint is written, and each one takes storage.'
  return `${what} ${rhythm} (\`${kind.key}\`)${generates}${counted}. ${cost}`
}

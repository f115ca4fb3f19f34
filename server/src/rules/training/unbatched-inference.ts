import { effective } from '../../values/value.js'
import type { SubjectView } from '../../workload/claim.js'
import { defineRule, type Severity } from '../rule.js'
import { offAccelerator, otherOperation, otherRole, unless, unlessUnread } from '../silence.js'
import { listed, onGpuJob, operationOf, otherPlaces } from './operation.js'

/**
 * Records below which it is not worth a word, or worth a hint, and from which on it surely costs. An answer that is generated takes
 * seconds, another pass some milliseconds.
 */
const counts = {
  slow: { few: 20, some: 500, many: 5_000 },
  quick: { few: 500, some: 5_000, many: 100_000 },
}

export default defineRule({
  name: 'training/unbatched-inference',
  judges: 'Operation',
  checklist: ['baseline/evaluation-time', 'baseline/inference-time', 'bottleneck/compute-bound'],
  severity: 'warning',
  finds: 'networks that are run on one record after the other',
  summary: 'A network that is run on one record at a time leaves most of the accelerator idle.',
  check(view, { report, silent }) {
    const kind = operationOf(view, 'single record')
    if (kind === null) return silent(otherOperation)
    const { repeatedFor, subject, places, wantedFor, times } = view.settings
    if (view.subject.evidence.role === 'test') return silent(otherRole(view))
    const off = offAccelerator(view)
    if (off !== undefined) return silent(off)
    const each = effective(repeatedFor)
    const loader = effective(subject)
    if (each === undefined && loader === undefined) return silent(unless(view, 'repeatedFor', ''))
    const reason = effective(wantedFor)
    if (reason !== undefined) return silent(reason)
    if (times?.state === 'unknown') return silent(unlessUnread(view, 'times', ''))
    const count = effective(times)
    const { few } = limitsOf(view)
    if (count !== undefined && count < few) return silent(`it runs for ${count} records`)
    const names = [...new Set((effective(places) ?? []).map(({ what }) => what))]
    const what = names.length > 1 ? listed(names) : kind.key
    // One pass fills the accelerator, or each waits for something slower.
    const busy = effective(view.settings.weight) === 'slight'
    report({
      at: kind,
      severity: severityOf(view, count),
      message:
        loader === undefined
          ? `\`${what}\` ${names.length > 1 ? 'run' : 'runs'} for one ${each} at a time${busy ? '' : ', which leaves most of the accelerator idle'}: ${effective(view.settings.remedy) ?? 'run it on batches'}.`
          : `\`${loader}\` hands over one sample at a time, though all have one size, which leaves most of the accelerator idle: give it the \`${kind.key}\` of the training, or a larger one.`,
      // Beside a training nobody knows how long it takes.
      ...(view.subject.evidence.role === 'inference' && !busy
        ? {
            saving: {
              fraction: [0.5, 0.9] as [number, number],
              usd: null,
              basis:
                'assumes that a batch of 32 takes 3 to 16 times as long as one record; a timer around both shows it',
            },
          }
        : {}),
      related: otherPlaces(view, 'also one at a time'),
    })
  },
})

function limitsOf(view: SubjectView<'Operation'>): (typeof counts)['slow'] {
  return effective(view.settings.weight) === 'severe' ? counts.slow : counts.quick
}

function severityOf(view: SubjectView<'Operation'>, count: number | undefined): Severity {
  const { some, many } = limitsOf(view)
  if (effective(view.settings.weight) === 'slight') return 'hint'
  if (count !== undefined && count < some) return 'hint'
  // Mostly tens of records, of which each is soon done; what a store holds, and a job for accelerators, are more.
  const several = effective(view.settings.subject) !== undefined || effective(view.settings.whole) === true
  if (count === undefined && !several && effective(view.settings.weight) !== 'severe' && !onGpuJob(view))
    return 'hint'
  return count !== undefined && count >= many && onGpuJob(view) ? 'warning' : 'information'
}

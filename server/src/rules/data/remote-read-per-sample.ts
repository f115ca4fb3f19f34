import { effective } from '../../values/value.js'
import { defineRule } from '../rule.js'
import { otherOperation, otherRole, unless } from '../silence.js'
import { operationOf } from '../training/operation.js'
import { makes } from './sample.js'

/** Share of a run that goes into waiting for answers. An assumption. */
const waiting: [number, number] = [0.1, 0.6]

export default defineRule({
  name: 'data/remote-read-per-sample',
  judges: 'Operation',
  checklist: ['baseline/ingestion-time', 'waste/cache-features'],
  overlaps: 'loading',
  severity: 'warning',
  measuredBy: 'waiting',
  finds: 'a network request for each sample',
  summary: 'A network request per sample is paid for again in every epoch.',
  check(view, { report, silent }) {
    const kind = operationOf(view, 'remote read')
    const what = effective(view.settings.subject)
    if (kind === null) return silent(otherOperation)
    if (what === undefined) return silent(unless(view, 'subject', ''))
    const { role } = view.subject.evidence
    if (role === 'test' || role === 'inference') return silent(otherRole(view))
    const each = effective(view.settings.each) ?? 'sample'
    report({
      at: kind,
      message: `\`${kind.key}\` is ${what} for every ${each} in every epoch, while the accelerator waits for the answer: copy the data to a local disk first, or read it in shards of many samples.`,
      saving: {
        fraction: waiting,
        usd: null,
        basis:
          'assumes that waiting for answers takes 10 to 60 % of a run; requests and traffic are billed on top',
      },
      fixes: [{ set: [{ claim: kind, value: null }] }],
      related: makes(view.settings.each, each),
    })
  },
})

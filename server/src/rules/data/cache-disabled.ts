import { effective } from '../../values/value.js'
import type { Claim, SubjectView } from '../../workload/claim.js'
import { defineRule, type Severity } from '../rule.js'
import { unless } from '../silence.js'

/** Share of a run that preparing the data takes. An assumption. */
const preparing: [number, number] = [0.05, 0.1]

export default defineRule({
  name: 'data/cache-disabled',
  judges: 'Preprocessing',
  checklist: ['waste/cache-features', 'waste/unchanged-transformations', 'bottleneck/repeated-preprocessing'],
  severity: 'warning',
  finds: 'preprocessing whose cache is switched off',
  summary: 'Without its cache, data is prepared again at every start.',
  check(work, { report, silent }) {
    const { cached, transformation, uncachedBecause } = work.settings
    const why = effective(uncachedBecause)
    const what = effective(transformation)
    if (cached === undefined || effective(cached) !== false)
      return silent(unless(work, 'cached', 'what it prepares is cached'))
    if (cached.state !== 'known') return silent('nothing switches its cache off')
    if (why === undefined || what === undefined)
      return silent(unless(work, ['uncachedBecause', 'transformation'], ''))
    report({
      at: cached,
      severity: severityOf(work, cached),
      message: `${what[0]!.toUpperCase()}${what.slice(1)} runs again at every start${processes(work.run.job.launch)}: ${why}.`,
      saving: {
        fraction: preparing,
        usd: null,
        basis: 'assumes that preparing the data takes 5 to 10 % of a run; it is saved from the second run on',
      },
      fixes: [{ set: [{ claim: cached, value: true }] }],
    })
  },
})

function severityOf(work: SubjectView<'Preprocessing'>, cached: Claim): Severity {
  if (effective(work.settings.demonstration) === true) return 'hint'
  return cached.overridable || effective(work.settings.light) === true ? 'information' : 'warning'
}

/** Every process prepares for itself. */
function processes(launch: { processes: number | null; nodes: number | null } | null): string {
  const count = (launch?.processes ?? 1) * (launch?.nodes ?? 1)
  return count > 1 ? `, in each of ${count} processes` : ''
}

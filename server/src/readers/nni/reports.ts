/** `nni.report_intermediate_result` after each epoch: what an assessor could stop weak trials by. */
import { reportedMetrics } from '../../python/logged-metrics.js'
import { defineReader } from '../reader.js'

export const nniReportsReader = defineReader({
  name: 'nni-reports',
  languages: ['python'],
  triggers: ['report_intermediate_result'],
  read(facts, _context, claims) {
    const python = facts.python
    if (python === undefined || facts.fragment.index !== 0) return
    const found = reportedMetrics(python)
    if (found === null || !found.names.includes('default')) return
    claims
      .extend('Program')
      .known(
        'reports',
        'nni.report_intermediate_result',
        { what: 'epochs', count: found.passes, metrics: found.names },
        { start: 0, end: 0 },
      )
  },
})

/** Metrics that a training prints, which Katib and other collectors read from its output. */
import { printedMetrics } from '../../python/printed-metrics.js'
import { defineReader } from '../reader.js'

export const printsReader = defineReader({
  name: 'printed-metrics',
  languages: ['python'],
  // Training loops; without one nothing is compared while it runs.
  triggers: ['epoch', 'metricName'],
  read(facts, _context, claims) {
    const python = facts.python
    if (python === undefined || facts.fragment.index !== 0) return
    const found = printedMetrics(python)
    if (found === null) return
    claims
      .extend('Program')
      .known(
        'prints',
        'print',
        { what: 'epochs', count: found.passes, metrics: found.names, once: found.once },
        { start: 0, end: 0 },
      )
  },
})

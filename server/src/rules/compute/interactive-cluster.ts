import { effective } from '../../values/value.js'
import { defineRule } from '../rule.js'
import { unless } from '../silence.js'

/** Jobs that somebody starts while working on something. */
const triedOut = /(^|[-_ .])(test|tests|dev|debug|try|demo|sandbox|playground)([-_ .]|$)/i

export default defineRule({
  name: 'compute/interactive-cluster',
  judges: 'Compute',
  checklist: ['rightsize/match-instance', 'baseline/idle-time'],
  severity: 'warning',
  finds: 'jobs that run on machines for interactive work, at their dearer rate',
  summary:
    'A job on a cluster that people work on pays the rate for interactive work, several times that of jobs.',
  tellsTogether: true,
  check(view, { report, silent }) {
    const { interactiveRate, name } = view.settings
    const rate = effective(interactiveRate)
    if (interactiveRate === undefined || rate === undefined)
      return silent(unless(view, 'interactiveRate', 'it is billed as a job'))
    const called = effective(name)
    const tried = called !== undefined && triedOut.test(called)
    report({
      at: interactiveRate,
      severity: rate.again && !tried ? 'warning' : 'information',
      message: `\`${interactiveRate.key}\` runs ${called === undefined ? 'the job' : `job "${called}"`} on an ${rate.machine}, whose units cost two to four times those of a job's own cluster, and which goes on after the job.`,
      together: 'interactive cluster',
    })
  },
})

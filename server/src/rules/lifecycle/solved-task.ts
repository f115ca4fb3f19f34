import { formatCount } from '../../estimate/grid.js'
import { effective } from '../../values/value.js'
import type { SubjectView } from '../../workload/claim.js'
import type { Report } from '../rule.js'
import type { Silence } from '../silence.js'

/** So many steps of a small environment take a quarter of an hour at least. */
const manySteps = 300_000
const anHour = 1_000_000

/** A task that counts as solved at a reward, and is learnt for all of its steps; undefined: it is no such task. */
export function beyondSolved({ settings, subject }: SubjectView<'Training'>): Report | Silence | undefined {
  const task = effective(settings.solvedAt)
  const length = settings.maxSteps
  const steps = effective(length)
  if (task === undefined || length === undefined || steps == null) return undefined
  if (steps < manySteps) return { text: `the run is short: ${formatCount(steps)} steps` }
  return {
    at: length,
    // A notebook takes one step off, which a run of an hour outweighs.
    severity: subject.evidence.notebook && steps >= anHour ? 'warning' : 'information',
    message: `${formatCount(steps)} steps, whatever the agent reaches: ${task.environment} counts as solved at a mean reward of ${task.reward}. End the run where it gets there, and keep the best policy.`,
  }
}

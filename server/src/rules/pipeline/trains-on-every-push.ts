import { rhythm } from '../../estimate/schedule.js'
import { effective } from '../../values/value.js'
import type { SubjectView } from '../../workload/claim.js'
import { defineRule, type FixRequest } from '../rule.js'
import { unless } from '../silence.js'
import { quoted } from './pipeline-words.js'

export default defineRule({
  name: 'pipeline/trains-on-every-push',
  judges: 'Pipeline',
  checklist: ['waste/unchanged-transformations', 'waste/duplicate-jobs', 'cadence/daily'],
  severity: 'warning',
  tellsTogether: true,
  finds: 'workflows that train on every push, whatever it changes',
  summary: 'A workflow that trains on every push also trains for changes that do not affect the model.',
  check(view, { report, silent }) {
    const { startedBy, startFilter, work, concurrentRuns, interval, pathsOnAnyBranch } = view.settings
    const by = effective(startedBy) ?? []
    if (startedBy !== undefined && by.length === 0 && byTheClock(view)) {
      report({
        at: interval!,
        severity: 'information',
        confidence: 'medium',
        message: `${nameOf(view)} runs ${work!.key} ${rhythm(effective(interval)!)}, whether or not code or data have changed: the same code on the same data makes the same model.`,
        related: [{ location: work!.location, message: 'trains here' }],
        together: 'by the clock',
      })
      return
    }
    if (pathsOnAnyBranch !== undefined && by.length === 0 && startsByPathsAlone(view)) {
      const paths = effective(pathsOnAnyBranch) ?? []
      report({
        at: pathsOnAnyBranch,
        severity: 'information',
        confidence: 'medium',
        message: `${nameOf(view)} runs ${work!.key} on each push to any branch that changes ${paths.slice(0, 2).join(' or ')}${paths.length > 2 ? ' and so on' : ''}: name the branches (\`branches\`) whose models are used.`,
        related: [{ location: work!.location, message: 'trains here' }],
      })
      return
    }
    if (startedBy === undefined || by.length === 0)
      return silent(unless(view, 'startedBy', 'no push starts it'))
    if (startFilter !== undefined) return silent('only some changes start it')
    if (work === undefined || !(effective(work) ?? []).includes('train'))
      return silent(unless(view, 'work', 'it does not train'))
    const set: FixRequest['set'] = [{ claim: startedBy, value: 'code' }]
    const piling = concurrentRuns !== undefined && effective(concurrentRuns) === null
    if (piling && concurrentRuns !== undefined) set.push({ claim: concurrentRuns, value: 1 })
    const dear = view.subject.evidence.accelerator === 'gpu'
    const more = piling ? ' The next push starts it again, in parallel.' : ''
    report({
      at: startedBy,
      severity: dear ? 'warning' : 'information',
      message: `${nameOf(view)} runs ${work.key} on each ${by.map(spoken).join(' and ')}, even for an edit of the README.${more}`,
      saving: {
        fraction: [0.2, 0.5],
        usd: null,
        basis: 'assumes that 20 to 50 % of all pushes change neither code nor configuration',
      },
      fixes: [{ set }],
      related: [{ location: work.location, message: 'trains here' }],
    })
  },
})

function nameOf(view: SubjectView<'Pipeline'>): string {
  const name = quoted(view)
  return name === 'it' ? 'This workflow' : name
}

/** Nothing but its paths says when it trains. */
function startsByPathsAlone({ settings: { work, startFilter } }: SubjectView<'Pipeline'>): boolean {
  return (effective(work) ?? []).includes('train') && startFilter?.key !== 'if'
}

/** A clock has it train on dear machines, and nothing in it gets data that may be new. */
function byTheClock(view: SubjectView<'Pipeline'>): boolean {
  const { interval, work, fetchesData } = view.settings
  return (
    effective(interval) != null &&
    (effective(work) ?? []).includes('train') &&
    effective(fetchesData) === false &&
    view.subject.evidence.accelerator === 'gpu'
  )
}

const spoken = (event: string): string => event.replace(/_target$/, '').replace(/_/g, ' ')

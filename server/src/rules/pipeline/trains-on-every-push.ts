import { effective } from '../../values/value.js'
import { defineRule, type FixRequest } from '../rule.js'
import { unless } from '../silence.js'
import { quoted } from './pipeline-words.js'

export default defineRule({
  name: 'pipeline/trains-on-every-push',
  judges: 'Pipeline',
  checklist: ['waste/unchanged-transformations', 'waste/duplicate-jobs', 'cadence/daily'],
  severity: 'warning',
  finds: 'workflows that train on every push, whatever it changes',
  summary: 'A workflow that trains on every push also trains for changes that do not affect the model.',
  check(view, { report, silent }) {
    const { startedBy, startFilter, work, concurrentRuns } = view.settings
    const by = effective(startedBy) ?? []
    if (startedBy === undefined || by.length === 0)
      return silent(unless(view, 'startedBy', 'no push starts it'))
    if (startFilter !== undefined) return silent('only some changes start it')
    if (work === undefined || !(effective(work) ?? []).includes('train'))
      return silent(unless(view, 'work', 'it does not train'))
    const set: FixRequest['set'] = [{ claim: startedBy, value: 'code' }]
    const piling = concurrentRuns !== undefined && effective(concurrentRuns) === null
    if (piling && concurrentRuns !== undefined) set.push({ claim: concurrentRuns, value: 1 })
    const dear = view.subject.evidence.accelerator === 'gpu'
    const name = quoted(view)
    const more = piling ? ' The next push starts it again, in parallel.' : ''
    report({
      at: startedBy,
      severity: dear ? 'warning' : 'information',
      message: `${name === 'it' ? 'This workflow' : name} runs ${work.key} on each ${by.map(spoken).join(' and ')}, even for an edit of the README.${more}`,
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

const spoken = (event: string): string => event.replace(/_target$/, '').replace(/_/g, ' ')

/** `guild run train lr='[1e-4,1e-3]' depth='[4,8]'`: a run for each combination. Source: Guild AI 0.9, "Batch Runs", "Grid Search". */
import type { ShellCommand } from '../../config/shell-facts.js'
import type { Evidence } from '../../workload/claim.js'
import { commandsAnywhere } from '../command-lines/commands-anywhere.js'
import { claimGrid, type Swept, searchedDimensions } from '../hydra/space.js'
import { sweptValue } from '../hydra/swept-value.js'
import { wordsBehind } from '../pipelines/forced-runs.js'
import { otherWork } from '../python/hyperparameter-names.js'
import { defineReader } from '../reader.js'

const evidence: Evidence = { role: 'tuning', accelerator: 'maybe', small: null, notebook: false }

export const guildReader = defineReader({
  name: 'guild',
  languages: ['shell', 'yaml', 'python'],
  triggers: ['guild run', '"guild"', "'guild'", '[guild,', '- guild'],
  read(facts, context, claims) {
    for (const { command, shown } of commandsAnywhere(facts, context, (text) => text.includes('guild run'))) {
      const dimensions = searchedDimensions(sweptIn(command))
      if (dimensions === null) continue
      const place = shown ?? { start: command.start, end: command.end }
      const search = claims.subject('Search', place, '', evidence)
      claimGrid(search, dimensions, place)
      search.known('unit', 'guild run', 'run', place)
      search.known('persisted', 'guild run', true, place)
    }
  },
  change: () => ({
    reason: '`--optimizer gp` needs the output scalar that it minimises, and the number of trials',
  }),
})

/** What chooses some of the combinations, or runs nothing. */
const others =
  /^(-o|-Fo|--optimizer\b.*|--opt-flag\b.*|-m|--max-trials\b.*|--help|--test-\w.*|--print-\w.*|--stage\b.*)$/

function sweptIn(command: ShellCommand): Swept[] {
  const words = wordsBehind(command, 'guild', ['run']) ?? []
  if (words.some(({ text }) => text !== null && others.test(text))) return []
  const operation = words.find(({ text }) => text !== null && /^[^-=][^=]*$/.test(text))?.text ?? ''
  if (otherWork.test(operation)) return []
  return words.flatMap(({ text }): Swept[] => {
    // Also `range[0:1:0.1]`, which only the tool itself writes out.
    const match = /^([\w.:/-]+)=\[([^\]]*)\]$/.exec(text ?? '')
    const value = match === null ? null : sweptValue(match[2]!)
    return value === null ? [] : [{ name: match![1]!, value }]
  })
}

/** `guild run train lr='[1e-4,1e-3]' depth='[4,8]'`: a run for each combination. Source: Guild AI 0.9, "Batch Runs", "Grid Search". */
import type { ShellCommand } from '../../config/shell-facts.js'
import type { Swept } from '../hydra/space.js'
import { claimSweptCommands } from '../hydra/swept-command.js'
import { sweptValue } from '../hydra/swept-value.js'
import { wordsBehind } from '../pipelines/forced-runs.js'
import { otherWork } from '../python/hyperparameter-names.js'
import { defineReader } from '../reader.js'

export const guildReader = defineReader({
  name: 'guild',
  languages: ['shell', 'yaml', 'python'],
  triggers: ['guild run', '"guild"', "'guild'", '[guild,', '- guild'],
  read: (facts, context, claims) => claimSweptCommands(facts, context, claims, 'guild run', sweptIn),
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

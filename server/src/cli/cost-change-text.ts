/** What a change does to the bill, in words: for a terminal, and as Markdown for a pull request. */
import { roughUsd } from '../estimate/hourly.js'
import { hoursText, machineText, usdText } from '../report/cost-words.js'
import type { Console } from './console.js'
import { type CostChange, sumOfChanges } from './cost-change.js'
import { harmless } from './format/width.js'

/** 'adds $75–140', 'saves $20', 'adds or saves up to $5'. */
function differenceText({ low, high }: { low: number; high: number }): string {
  const [small, large] = [Math.min(Math.abs(low), Math.abs(high)), Math.max(Math.abs(low), Math.abs(high))]
  if (large < 0.005) return 'changes nothing'
  if (low < -0.005 && high > 0.005) return `adds up to ${roughUsd(high)} or saves up to ${roughUsd(-low)}`
  const [from, to] = [roughUsd(small), roughUsd(large)]
  const range = small < 0.005 ? `up to ${to}` : from === to ? from : `${from}–${to.slice(1)}`
  return `${high > 0.005 ? 'adds' : 'saves'} ${range}`
}

export function changesText(changes: readonly CostChange[], revision: string, { colors }: Console): string {
  if (changes.length === 0) return `The bill is the same as at ${harmless(revision)}.\n`
  const lines = changes.map((change) => {
    const sign =
      change.before === null
        ? colors.red('+')
        : change.after === null
          ? colors.green('-')
          : colors.yellow('~')
    return `${sign} ${harmless(described(change))}`
  })
  return `${lines.join('\n')}\n\n${totals(changes, revision).map(harmless).join('\n')}\n`
}

export function changesMarkdown(changes: readonly CostChange[], revision: string): string {
  if (changes.length === 0) return `The bill is the same as at \`${revision.replaceAll('`', '')}\`.\n`
  const rows = changes.map((change) => `- ${described(change).replace(/[|`<>\\]/g, (one) => `\\${one}`)}`)
  return `${totals(changes, revision).join('\n')}\n\n${rows.join('\n')}\n`
}

function described({ before, after, usd }: CostChange): string {
  const entry = (after ?? before)!
  const where = `${entry.path}:${entry.line}${entry.name === entry.path ? '' : ` ${entry.name}`}`
  const state = (one: typeof entry) =>
    `${machineText(one)}${one.per === 'month' ? '' : `, ${hoursText(one)}`}, ${usdText(one)}`
  if (before === null) return `${where}: new, ${state(entry)}`
  if (after === null) return `${where}: gone, was ${state(entry)}`
  return `${where}: ${state(after)}, was ${state(before)}${usd === null ? '' : ` (${differenceText(usd)})`}`
}

function totals(changes: readonly CostChange[], revision: string): string[] {
  const [run, month] = [sumOfChanges(changes, 'run'), sumOfChanges(changes, 'month')]
  const unknown = changes.filter(({ usd }) => usd === null).length
  return [
    ...(run === null ? [] : [`Against ${revision} this ${differenceText(run)} for a run of each job.`]),
    ...(month === null
      ? []
      : [`Against ${revision} this ${differenceText(month)} a month for what is always on.`]),
    ...(unknown === 0
      ? []
      : [`What ${unknown} of the changes ${unknown === 1 ? 'costs' : 'cost'} is not known.`]),
  ]
}

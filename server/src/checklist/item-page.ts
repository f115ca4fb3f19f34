/** One item of the checklist as a page (Markdown), and all of them as a table. */
import { guidanceOf } from './guidance.js'
import { type ChecklistItem, credits, groups, items, principle } from './items.js'

interface RuleEntry {
  name: string
  summary: string
  checklist: readonly string[]
}

export function itemPage(item: ChecklistItem, rules: readonly RuleEntry[]): string {
  const { why, measure, commands = [] } = guidanceOf(item.id)
  const own = rulesOf(item, rules)
  const parts = [`# ${item.title} (${item.id})`, item.asks, '## Why', why]
  if (measure !== undefined) parts.push('## How to measure', measure)
  if (own.length > 0) {
    parts.push('## Rules', own.map(({ name, summary }) => `- \`${name}\`: ${summary}`).join('\n'))
  }
  if (commands.length > 0)
    parts.push('## Commands', commands.map((each) => `- \`costlint ${each}\``).join('\n'))
  return `${parts.join('\n\n')}\n`
}

/** docs/checklist.md: which rules and commands carry out which item. Links are relative to docs/. */
export function checklistPage(rules: readonly RuleEntry[]): string {
  const parts = [
    '# The checklist',
    `${principle} Every rule of CostLint carries out an item of this checklist; what code cannot show is measured, and commands help with it. ` +
      '`costlint checklist --write COST-CHECKLIST.md` writes it into a repository with the state of each item, `costlint explain ITEM` explains one.',
  ]
  for (const group of groups) {
    const rows = items
      .filter((item) => item.group === group.id)
      .map((item) => {
        const links = rulesOf(item, rules).map(({ name }) => `[\`${name}\`](rules/${name}.md)`)
        const commands = (guidanceOf(item.id).commands ?? []).map((each) => `\`costlint ${each}\``)
        return `| **${item.title}** \`${item.id}\`<br>${item.asks} | ${links.join(', ')} | ${commands.join(', ')} |`
      })
    parts.push(
      `## ${group.title}`,
      group.asks,
      ['| item | rules | commands |', '|---|---|---|', ...rows].join('\n'),
    )
  }
  parts.push('## Credit', credits)
  return `${parts.join('\n\n')}\n`
}

function rulesOf({ id }: ChecklistItem, rules: readonly RuleEntry[]): RuleEntry[] {
  return rules.filter(({ checklist }) => checklist.includes(id)).sort((a, b) => (a.name < b.name ? -1 : 1))
}

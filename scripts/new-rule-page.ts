/** The page of a rule that has none: its sections, for its author to fill. */
import { checklistItem } from '../server/src/checklist/items.js'
import type { Rule } from '../server/src/rules/rule.js'
import { beginOfTable, endOfTable } from './rule-tables.js'

export function newRulePage({ name, summary, finds, checklist }: Rule): string {
  const items = checklist.map((id) => `- \`${id}\`: ${checklistItem(id)?.title.toLowerCase() ?? ''}.`)
  return `# ${name}

Finds ${finds}. ${summary}

## Examples

### Framework

\`\`\`python train.py
\`\`\`

## Keys

${beginOfTable}

${endOfTable}

## Why it costs

## When not to follow it

## Options

\`${name}\` in [the configuration file](../../configuration.md) turns the rule off or changes its severity.

## Checklist

${items.join('\n')}
`
}

/** The list of rules in the README, from the rules themselves. */
import type { Rule } from '../server/src/rules/rule.js'

const start = '<!-- rules: made by `npm run generate` -->'
const end = '<!-- end of rules -->'

/** In the order in which the checklist walks through a run. */
const families = [
  'search',
  'model',
  'precision',
  'training',
  'data',
  'lifecycle',
  'scaling',
  'distributed',
  'observability',
  'compute',
  'pipeline',
]

/** The text with its list of rules, family by family. */
export function withRules(text: string, rules: readonly Rule[]): string {
  const [head, rest] = [text.indexOf(start), text.indexOf(end)]
  if (head < 0 || rest < head) throw new Error(`the text has no part between ${start} and ${end}`)
  const rows = [...rules].sort((a, b) => order(a.name) - order(b.name) || (a.name < b.name ? -1 : 1))
  const table = rows.map(({ name, finds }) => `| [\`${name}\`](docs/rules/${name}.md) | ${finds} |`)
  return `${text.slice(0, head)}${start}\n| rule | finds |\n|---|---|\n${table.join('\n')}\n${text.slice(rest)}`
}

function order(name: string): number {
  const place = families.indexOf(name.slice(0, name.indexOf('/')))
  if (place < 0) throw new Error(`the family of ${name} has no place in the list of rules`)
  return place
}

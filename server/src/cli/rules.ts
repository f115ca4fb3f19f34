/** `costlint rules`: what there is, in a table or as JSON. */

import { rulePageLink } from '../linter.js'
import type { Console } from './console.js'
import { exit } from './console.js'
import type { Engine } from './engine.js'
import { severityColor } from './format/concise.js'

export async function listRules(engine: Engine, console: Console, format: 'full' | 'json'): Promise<number> {
  const rules = [...(await engine.rules())].sort((a, b) => (a.name < b.name ? -1 : 1))
  if (format === 'json') {
    const list = rules.map(({ name, severity, summary, checklist, offFor }) => ({
      name,
      severity,
      summary,
      checklist,
      docs: rulePageLink(name),
      offByDefaultFor: Object.keys(offFor ?? {}),
    }))
    console.out(`${JSON.stringify(list, null, 2)}\n`)
    return exit.clean
  }
  const name = Math.max(0, ...rules.map((rule) => rule.name.length))
  const severity = Math.max(0, ...rules.map((rule) => rule.severity.length))
  for (const rule of rules) {
    const painted = severityColor(console.colors, rule.severity)(rule.severity.padEnd(severity))
    console.out(`${console.colors.bold(rule.name.padEnd(name))}  ${painted}  ${rule.summary}\n`)
  }
  return exit.clean
}

/** The page that lists all rules, from the rules, their tables of keys and their pages. */
import { checklistItem, groups } from '../server/src/checklist/items.js'
import type { Reader } from '../server/src/readers/reader.js'
import type { Rule } from '../server/src/rules/rule.js'
import { frameworksOf } from './rule-tables.js'

export type FixLevel = 'safe' | 'unsafe' | 'sketch'

const levels: readonly FixLevel[] = ['safe', 'unsafe', 'sketch']

/** The levels of the fixes that the page of a rule speaks of. Its examples are checked against it. */
export function fixLevels(page: string): FixLevel[] {
  const prose = page
    .slice(0, Math.max(0, page.indexOf('\n## Keys')))
    .replace(/^(`{3,})[\s\S]*?^\1`*\s*$/gm, '')
  return levels.filter((level) => new RegExp(`\\b${level}\\b`, 'i').test(prose))
}

/** "Azure ML, SDK v2" and "Azure ML, sweep" are one in a list. */
function families(names: readonly string[]): string {
  const short = names.map((name) =>
    name.replace(/,.*| (?:estimators|endpoints|ModelTrainer|API requests)$/, ''),
  )
  return [...new Set(short)].sort((a, b) => (a.toLowerCase() < b.toLowerCase() ? -1 : 1)).join(', ')
}

/** @param pages text of the page of each rule, by its name */
export function ruleIndex(
  rules: readonly Rule[],
  readers: readonly Reader[],
  pages: ReadonlyMap<string, string>,
): string {
  const titles = new Map(readers.map(({ name, title = name }) => [name, title]))
  const sections = groups.flatMap((group) => {
    const own = rules
      .filter(({ checklist }) => checklistItem(checklist[0]!)?.group === group.id)
      .sort((a, b) => (a.name < b.name ? -1 : 1))
    if (own.length === 0) return []
    const rows = own.map(({ name, finds, offFor }) => {
      const fixes = fixLevels(pages.get(name) ?? '').join(', ')
      const off = Object.keys(offFor ?? {}).map((reader) => titles.get(reader) ?? reader)
      const mark = off.length === 0 ? '' : ` *Off by default for ${families(off)}.*`
      return `| [\`${name}\`](${name}.md) | ${finds}.${mark} | ${families(frameworksOf(name, readers))} | ${fixes || 'none'} |`
    })
    const head = ['| rule | finds | frameworks and platforms | fix |', '|---|---|---|---|']
    return [`## ${group.title}`, '', group.asks, '', ...head, ...rows, '']
  })
  return [
    '# Rules',
    '',
    'By the section of the cost checklist that they carry out. Every rule is on by default, save where it says otherwise; a rule that is',
    'off is turned on by naming it in `select` ([configuration](../configuration.md)). Each page has examples, the keys that are judged, why',
    'it costs, and when not to follow it. A fix is *safe* (it keeps the meaning of the code), *unsafe* (it changes numbers,',
    'convergence, cost or behaviour) or a *sketch* (to be adapted, never applied by itself). This page is made by `npm run generate`.',
    '',
    ...sections,
  ].join('\n')
}

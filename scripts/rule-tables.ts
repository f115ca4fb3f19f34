/** The tables of keys on the pages of the rules, made of the readers' tables and of `rule-keys.ts`. */
import type { Reader } from '../server/src/readers/reader.js'
import { type RuleKeys, ruleKeys } from './rule-keys.js'

export const beginOfTable = '<!-- Made by `npm run generate` from scripts/rule-keys/. -->'
export const endOfTable = '<!-- End of what is made. -->'

type Row = readonly [framework: string, keys: string, otherwise?: string]

const cell = (text: string): string => text.replaceAll('|', '\\|')

function tabled(setting: string, rule: RuleKeys, readers: readonly Reader[]): Row[] {
  const found = readers
    .filter(({ name }) => rule.readers === undefined || rule.readers.includes(name))
    .flatMap(({ name, title = name, settings = [] }) =>
      settings.flatMap((table) =>
        table
          .describe()
          .filter((one) => `${table.kind}.${one.setting}` === setting)
          .map(
            ({ keys, otherwise }): Row => [
              title,
              keys.map((key) => `\`${key}\``).join(', '),
              otherwise ?? '',
            ],
          ),
      ),
    )
  if (found.length === 0) throw new Error(`no table of these readers has ${setting}`)
  return found
}

function rowsOf(rule: RuleKeys, readers: readonly Reader[]): Row[] {
  return [
    ...(rule.settings ?? []).flatMap((setting) => tabled(setting, rule, readers)),
    ...(rule.others ?? []),
  ]
}

/** What the page of a rule calls the frameworks and platforms that it judges. */
export function frameworksOf(name: string, readers: readonly Reader[]): string[] {
  const rule = ruleKeys[name]
  if (rule === undefined)
    throw new Error(`say in scripts/rule-keys/${name.split('/')[0]}.ts which keys ${name} judges`)
  return [...new Set(rowsOf(rule, readers).map(([framework]) => framework))]
}

function tableOf(rule: RuleKeys, readers: readonly Reader[]): string {
  const rows = rowsOf(rule, readers).sort(([a], [b]) =>
    a.toLowerCase() < b.toLowerCase() ? -1 : a.toLowerCase() > b.toLowerCase() ? 1 : 0,
  )
  const lines = rows.map(
    ([framework, keys, otherwise = '']) =>
      `| ${cell(framework)} | ${cell(keys)} | ${cell(otherwise.replaceAll('"', ''))} |`,
  )
  return ['| framework | key | default |', '|---|---|---|', ...new Set(lines)].join('\n')
}

/** The page with its table made anew. */
export function withTable(page: string, name: string, readers: readonly Reader[]): string {
  const rule = ruleKeys[name]
  if (rule === undefined)
    throw new Error(`say in scripts/rule-keys/${name.split('/')[0]}.ts which keys ${name} judges`)
  const first = page.indexOf(beginOfTable)
  const last = page.indexOf(endOfTable)
  if (first < 0 || last < first) throw new Error(`the page of ${name} has no place for its table`)
  return `${page.slice(0, first + beginOfTable.length)}\n\n${tableOf(rule, readers)}\n\n${page.slice(last)}`
}

/** The state of each item of the checklist, from what a lint has found and what the bill knows, as Markdown. */
import type { ChecklistState } from '../checklist/document.js'
import { guidanceOf } from '../checklist/guidance.js'
import { items } from '../checklist/items.js'
import { hoursWords, usdWords } from '../estimate/bill-words.js'
import { count } from '../estimate/figures.js'
import type { CostEntry, Survey } from '../linter.js'
import { measuredItems } from '../measured/words.js'
import { dearestFirst, findingLine, moneyLines, spaced } from './finding-lines.js'
import { markdownCell } from './markdown-links.js'

export interface ChecklistInput extends Survey {
  /** ISO date. */
  today: string
}

/** Findings of an item that are listed; the others are counted. */
const most = 5

type Status = 'findings' | 'clear' | 'nothing of the kind' | 'unseen'

export function checklistState(input: ChecklistInput): ChecklistState {
  const measured = measuredItems(input.measured)
  const states = new Map(items.map(({ id }) => [id, itemState(id, input, measured.get(id) ?? [])]))
  const counted = (status: Status): number =>
    [...states.values()].filter((one) => one.status === status).length
  const clear = counted('clear') + counted('nothing of the kind')
  return {
    summary: [
      `Last lint ${input.today}: ${count(counted('findings'), 'item')} with findings, ${clear} clear, ${counted('unseen')} that code cannot show.`,
      ...moneyLines(input.costs),
    ],
    baseline: baseline(input.costs, measured),
    items: new Map([...states].map(([id, { lines }]) => [id, lines])),
  }
}

function itemState(
  id: string,
  input: ChecklistInput,
  told: readonly string[],
): { status: Status; lines: string[] } {
  const { measure } = guidanceOf(id)
  const rules = input.rules.filter(({ checklist }) => checklist.includes(id))
  const own = input.findings.filter(({ finding }) => finding.checklist.includes(id))
  const shown = own.filter(({ finding }) => finding.severity !== 'hint').sort(dearestFirst)
  const hidden = own.length - shown.length
  const hints = hidden === 0 ? '' : ` (${count(hidden, 'hint')} beside: \`costlint check --show-hints\`)`
  const toMeasure = measure === undefined || told.length > 0 ? [] : [`How to measure: ${measure}`]
  const measured = told.map((line) => `Measured: ${line}`)
  if (shown.length > 0) {
    const rest = shown.length - most
    const list = shown.slice(0, most).map((one) => `- ${findingLine(one)}`)
    const selection = [...new Set(shown.map(({ finding }) => finding.rule))].join(',')
    return {
      status: 'findings',
      lines: [
        `**${count(shown.length, 'finding')}**${hints}`,
        '',
        ...list,
        ...(rest > 0 ? [`- ${rest} more: \`costlint check --select ${selection}\``] : []),
        ...spaced([...measured, ...toMeasure]),
      ],
    }
  }
  if (measure !== undefined) {
    const head =
      told.length > 0
        ? 'No findings.'
        : rules.length > 0
          ? 'No findings; the rest cannot be seen from code.'
          : 'Cannot be seen from code.'
    return {
      status: told.length > 0 ? 'clear' : 'unseen',
      lines: [`${head}${hints}`, ...spaced([...measured, ...toMeasure])],
    }
  }
  const kinds = rules.flatMap(({ judges }) => judges)
  if (rules.length > 0 && !kinds.some((kind) => input.kinds.includes(kind)))
    return { status: 'nothing of the kind', lines: ['Nothing of the kind in this project.'] }
  if (rules.length === 0)
    return { status: 'clear', lines: [`By command: ${commandsText(id)}.`, ...spaced(measured)] }
  return {
    status: 'clear',
    lines: [`**Clear**: ${count(rules.length, 'rule')}, no findings${hints}`, ...spaced(measured)],
  }
}

function commandsText(id: string): string {
  return (guidanceOf(id).commands ?? []).map((command) => `\`costlint ${command}\``).join(', ')
}

/** Jobs of which the table tells time and money. */
const dearest = 3

function baseline(
  costs: readonly CostEntry[],
  measured: ReadonlyMap<string, readonly string[]>,
): Map<string, string> {
  const cells = new Map<string, string>()
  for (const [id, lines] of measured)
    if (id.startsWith('baseline/')) cells.set(id, lines.map(markdownCell).join('<br>'))
  const usd = ({ usd }: CostEntry) => usd?.high ?? usd?.low ?? 0
  const priced = costs
    .filter(({ state }) => state === 'priced' || state === 'bounded')
    .sort((a, b) => usd(b) - usd(a))
  const listed = (id: string, entries: readonly CostEntry[], words: (entry: CostEntry) => string) => {
    if (entries.length === 0 || cells.has(id)) return
    const rest = entries.length - dearest
    const parts = entries.slice(0, dearest).map((entry) => `${markdownCell(entry.name)}: ${words(entry)}`)
    if (rest > 0) parts.push(`${rest} more: \`costlint cost\``)
    cells.set(id, parts.join('<br>'))
  }
  const runs = priced.filter(({ per, hours }) => per === 'run' && hours !== null)
  listed(
    'baseline/training-time',
    runs,
    ({ hours, state }) => `${hoursWords(hours!, state === 'bounded')}, estimated`,
  )
  listed(
    'baseline/cost-per-run',
    priced,
    ({ usd, per, state }) => `${usdWords(usd!, state === 'bounded')} a ${per}`,
  )
  return cells
}

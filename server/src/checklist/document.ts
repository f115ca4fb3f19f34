/**
 * The checklist as a Markdown document in the user's repository. CostLint writes what stands between its marks; everything
 * else belongs to whoever wrote it, and stays as it is when the states are brought up to date.
 */
import { type ChecklistGroup, credits, groups, items, principle } from './items.js'

/** What is known of a project, as Markdown. */
export interface ChecklistState {
  summary: readonly string[]
  /** A cell for each item of the baseline that has one, by id. */
  baseline: ReadonlyMap<string, string>
  /** Lines for each item, by id. */
  items: ReadonlyMap<string, readonly string[]>
}

export interface UpdatedDocument {
  text: string
  /** Marks that cannot be trusted: what they belong to is left as it is. A clause each. */
  problems: string[]
}

const close = '<!-- /costlint -->'
const open = (id: string): string => `<!-- costlint:${id} -->`
const opening = /^([ \t]*)<!-- costlint:([a-z-]+(?:\/[a-z-]+)?) -->[ \t]*$/
const isClose = (line: string): boolean => line.trim() === close

const baselineHead = ['| | known to CostLint | measured by you |', '|---|---|---|']

const notes: Readonly<Partial<Record<ChecklistGroup['id'], string>>> = {
  decision: `| cost | metric | decide |
|---|---|---|
| falls | holds | keep the change |
| falls | drops by less than you would pay to have back | keep it, and say why |
| grows | grows by what that is worth | keep it, and write down the price of a point |
| grows | hardly moves | stop, and simplify |
| differs between equal runs by more than the change | | fix the pipeline before you buy compute |

\`costlint compare A B\` reads two runs and applies this rule.`,
  cadence:
    '`costlint digest --daily`, `--weekly` and `--monthly` print what there is to look at. Write down who looks, and when.',
}

/** Whether the text is such a document. */
export function isChecklist(text: string): boolean {
  return text.split(/\r?\n/).some((line) => opening.test(line))
}

export function newDocument(state: ChecklistState): string {
  const parts = [
    '# Cost checklist',
    `**${principle}**`,
    block('summary', state),
    'CostLint writes what stands between its marks (`<!-- costlint:… -->`). Everything else is yours: tick what is done, write notes below an item, delete ' +
      'what does not concern you. `costlint checklist --write FILE` brings the states up to date and keeps the rest.',
  ]
  for (const group of groups) {
    parts.push(`## ${group.title}`, group.asks)
    const note = notes[group.id]
    if (note !== undefined) parts.push(note)
    if (group.id === 'baseline') parts.push(block('baseline', state))
    const own = items.filter((item) => item.group === group.id)
    parts.push(
      own
        .map(({ id, title, asks }) => `- [ ] **${title}.** ${asks} \`${id}\`\n${block(id, state, '  ')}`)
        .join('\n'),
    )
  }
  parts.push('## Credit', credits)
  return `${parts.join('\n\n')}\n`
}

/** The document with its states made anew. */
export function updatedDocument(before: string, state: ChecklistState): UpdatedDocument {
  const newline = /\r\n/.test(before) ? '\r\n' : '\n'
  const lines = before.split(/\r?\n/)
  const problems: string[] = []
  const written: string[] = []
  for (let at = 0; at < lines.length; at++) {
    const line = lines[at]!
    const mark = opening.exec(line)
    if (mark === null) {
      written.push(line)
      continue
    }
    const [, indent, id] = mark as unknown as [string, string, string]
    const end = lines.findIndex((other, index) => index > at && (isClose(other) || opening.test(other)))
    const known = id === 'summary' || id === 'baseline' || items.some((item) => item.id === id)
    if (end < 0 || !isClose(lines[end]!) || !known) {
      problems.push(
        known ? `line ${at + 1}: ${open(id)} has no ${close}` : `line ${at + 1}: there is no item ${id}`,
      )
      written.push(line)
      continue
    }
    written.push(...block(id, state, indent, lines.slice(at + 1, end)).split('\n'))
    at = end
  }
  return { text: written.join(newline), problems }
}

function block(id: string, state: ChecklistState, indent = '', before: readonly string[] = []): string {
  const own =
    id === 'summary'
      ? state.summary
      : id === 'baseline'
        ? baselineTable(state.baseline, before)
        : (state.items.get(id) ?? [])
  const inner = own.map((line) => (line === '' ? '' : indent + line))
  // A comment and what follows it would be one block of HTML, in which no Markdown counts.
  return [indent + open(id), '', ...inner, '', indent + close].join('\n')
}

function baselineTable(known: ReadonlyMap<string, string>, before: readonly string[]): string[] {
  const measured = new Map(
    before.flatMap((line) => {
      const cells = line.trim().split(/(?<!\\)\|/)
      return cells.length >= 5 ? [[cells[1]!.trim(), cells.slice(3, -1).join('|').trim()] as const] : []
    }),
  )
  const rows = items
    .filter(({ group }) => group === 'baseline')
    .map(({ id, title }) => `| ${title} | ${known.get(id) ?? 'not known'} | ${measured.get(title) ?? ''} |`)
  return [...baselineHead, ...rows]
}

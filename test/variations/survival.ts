/** What becomes of findings when their case is written another way: lints variations and counts. */
import type { Finding } from '../../server/src/finding.js'
import { openProject } from '../../server/src/project/workspace.js'
import { memoryHost, memoryRoot } from '../cases/memory-host.js'
import { percentToNotebook } from '../cases/notebook.js'
import type { DrawnCase } from './drawn-cases.js'
import type { Variation } from './rewrite.js'

/** What is left of the finding of the page's rule. */
export type Fate = 'seen' | 'hint' | 'lost'

export interface Outcome {
  /** The rule whose finding survived, did not, or is new. */
  rule: string
  fate: Fate | 'new'
  variation: Variation
}

/** By rule, the level of its heaviest finding. */
type Levels = Map<string, 'seen' | 'hint'>

const isPercentText = (name: string, text: string) => name.endsWith('.ipynb') && !/^\s*\{/.test(text)

async function lint(files: Record<string, string>): Promise<Levels> {
  const texts = Object.entries(files).map(
    ([name, text]) => [name, isPercentText(name, text) ? percentToNotebook(text) : text] as const,
  )
  const project = await openProject(memoryRoot, memoryHost(new Map(texts)))
  try {
    return levelsOf((await project.lint()).findings)
  } finally {
    await project.dispose()
  }
}

function levelsOf(findings: readonly Finding[]): Levels {
  const levels: Levels = new Map()
  for (const { rule, severity } of findings) {
    if (severity !== 'hint') levels.set(rule, 'seen')
    else if (!levels.has(rule)) levels.set(rule, 'hint')
  }
  return levels
}

/** Compares each variation with its case as Python prints it. A case that has lost its finding by then says nothing. */
export async function* outcomes(
  cases: readonly DrawnCase[],
  variations: AsyncIterable<Variation>,
): AsyncGenerator<Outcome> {
  const ruleOf = new Map(cases.map((one) => [one.id, one.rule]))
  let before: Levels = new Map()
  for await (const variation of variations) {
    const after = await lint(variation.files)
    if (variation.rewritings[0] === 'unchanged') {
      before = after
      continue
    }
    const rule = ruleOf.get(variation.case)!
    if (before.get(rule) === 'seen') yield { rule, fate: after.get(rule) ?? 'lost', variation }
    for (const [other, level] of after)
      if (level === 'seen' && !before.has(other)) yield { rule: other, fate: 'new', variation }
  }
}

export type Counts = Record<Fate, number>

export interface Tally {
  all: Counts
  /** Findings that the case did not have before. */
  added: number
  byRewriting: Map<string, Counts>
  byRule: Map<string, Counts>
}

/** Counts what became of findings; a chain counts for each rewriting in it. */
export function tally(found: readonly Outcome[]): Tally {
  const none = (): Counts => ({ seen: 0, hint: 0, lost: 0 })
  const counted: Tally = { all: none(), added: 0, byRewriting: new Map(), byRule: new Map() }
  const add = (counts: Map<string, Counts>, key: string, fate: Fate) => {
    const row = counts.get(key) ?? none()
    row[fate]++
    counts.set(key, row)
  }
  for (const { rule, fate, variation } of found) {
    if (fate === 'new') {
      counted.added++
      continue
    }
    counted.all[fate]++
    add(counted.byRule, rule, fate)
    for (const name of variation.rewritings) add(counted.byRewriting, name, fate)
  }
  return counted
}

const total = ({ seen, hint, lost }: Counts) => seen + hint + lost
const share = (counts: Counts) => counts.seen / Math.max(1, total(counts))
const row = (counts: Counts, name: string) =>
  `${`${Math.round(100 * share(counts))} %`.padStart(6)}  ${[counts.seen, counts.hint, counts.lost]
    .map((count) => String(count).padStart(5))
    .join(' ')}  ${name}`

function table(title: string, counts: Map<string, Counts>): string[] {
  const rows = [...counts].sort(([a, x], [b, y]) => share(x) - share(y) || (a < b ? -1 : 1))
  return ['', `  kept   seen  hint  lost  ${title}`, ...rows.map(([name, each]) => row(each, name))]
}

/** The tables, the worst first. */
export function report({ all, added, byRewriting, byRule }: Tally): string {
  return [
    `${total(all)} variations of cases with a finding: ${all.seen} keep it, ${all.hint} as a hint only, ${all.lost} lose it`,
    `${added} new findings in them`,
    ...table('by rewriting', byRewriting),
    ...table('by rule', byRule),
  ].join('\n')
}

/** A line for each: `lost  data/no-loader-workers  registry  data/no-loader-workers.md:12`. */
export function list(found: readonly Outcome[]): string {
  return found
    .map(
      ({ rule, fate, variation }) => `${fate}  ${rule}  ${variation.rewritings.join('+')}  ${variation.case}`,
    )
    .sort()
    .join('\n')
}

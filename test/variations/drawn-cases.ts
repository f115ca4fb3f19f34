/** Cases of the pages in `test/rules` that have a Python script, drawn by a seed. */
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Case, parsePage } from '../cases/format.js'

export interface DrawnCase {
  /** The page below `test/rules` and the line of the heading: `data/no-loader-workers.md:12`. */
  id: string
  /** The page's rule. */
  rule: string
  /** The file that is rewritten. */
  script: string
  files: Record<string, string>
}

export interface Draw {
  /** How the names of rules begin. */
  rule: string
  perRule: number
  /** Cases without a finding, instead of those with one. */
  clean: boolean
  seed: string
}

const works = /__main__|\.fit\(|\.train\(|\.backward\(|for .* in /

/** The Python file that works, rather one with a mark, rather a long one. */
function scriptOf(one: Case): string | undefined {
  const weight = ({ name, text }: Case['files'][number]) =>
    (works.test(text) ? 2 : 0) + (one.marks.some((mark) => mark.file === name) ? 1 : 0)
  const scripts = one.files.filter((file) => file.name.endsWith('.py'))
  scripts.sort((a, b) => weight(b) - weight(a) || b.text.length - a.text.length)
  return scripts[0]?.name
}

/** All cases of a page that fit: those with a finding above a hint, or those with none. */
export function casesOf(page: string, markdown: string, clean: boolean): DrawnCase[] {
  const { rule, cases } = parsePage(markdown)
  return cases.flatMap((one) => {
    const script = scriptOf(one)
    const own = one.marks.filter((mark) => mark.rule === rule)
    const fits = clean ? own.length === 0 : own.some((mark) => mark.severity !== 'hint')
    if (script === undefined || one.doesNotParse || !fits) return []
    const files = Object.fromEntries(one.files.map((file) => [file.name, file.text]))
    return [{ id: `${page}:${one.line}`, rule, script, files }]
  })
}

export function drawCases(folder: string, { rule, perRule, clean, seed }: Draw): DrawnCase[] {
  const pages = (readdirSync(folder, { recursive: true }) as string[])
    .map((page) => page.replace(/\\/g, '/'))
    .filter((page) => page.endsWith('.md') && page.startsWith(rule))
  const byRule = new Map<string, DrawnCase[]>()
  for (const one of pages.flatMap((page) => casesOf(page, readFileSync(join(folder, page), 'utf8'), clean)))
    byRule.set(one.rule, [...(byRule.get(one.rule) ?? []), one])
  const order = ({ id }: DrawnCase) => createHash('sha256').update(`${seed} ${id}`).digest('hex')
  return [...byRule.keys()].sort().flatMap((name) =>
    byRule
      .get(name)!
      .map((one) => ({ one, order: order(one) }))
      .sort((a, b) => (a.order < b.order ? -1 : 1))
      .slice(0, perRule)
      .map(({ one }) => one),
  )
}

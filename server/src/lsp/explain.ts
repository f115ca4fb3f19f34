/** The pages of the rules as explanations. */
import { moneyText } from '../estimate/hourly.js'
import type { Finding } from '../finding.js'
import { rulePageLink } from '../linter.js'
import { shareWords } from '../report/saving-words.js'
import { lookUp } from '../text/records.js'
import type { Say } from './say.js'

export type RulePages = Readonly<Record<string, string>>

interface Section {
  heading: string
  body: string
}

function sections(page: string): Section[] {
  const found: Section[] = []
  let fenced = false
  for (const line of page.split(/\r?\n/)) {
    if (/^\s*(```|~~~)/.test(line)) fenced = !fenced
    const heading = fenced ? null : /^#{1,6} (.+)$/.exec(line)
    if (heading !== null) found.push({ heading: heading[1]!, body: '' })
    else if (found.length > 0) found[found.length - 1]!.body += `${line}\n`
  }
  return found
}

function firstParagraph(section: Section | undefined): string | undefined {
  const text = section?.body.trim().split(/\n\s*\n/)[0]
  // A code sample is not an explanation, and pictures do not show in a hover.
  if (text === undefined || text === '' || /^(```|~~~|!\[)/.test(text)) return undefined
  return text
}

/** What the rule finds, and why it costs. */
function explanation(page: string): { title: string; text: string }[] {
  const all = sections(page)
  const why = all.find(({ heading }) => /^why/i.test(heading))
  return [
    { title: 'What', text: firstParagraph(all[0]) },
    { title: 'Why', text: firstParagraph(why) },
  ].flatMap(({ title, text }) => (text === undefined ? [] : { title, text }))
}

/** What following the advice saves, and on what assumption, in one line. */
export function savingLine(finding: Finding, say: Say): string | undefined {
  const { saving } = finding
  if (saving === null) return undefined
  const share = shareWords(saving)
  return saving.usd === null
    ? say('Saves {0} of the cost: {1}', share, saving.basis)
    : say('Saves {0}, {1} of the cost: {2}', moneyText(saving.usd), share, saving.basis)
}

/** Markdown without its marks, for clients that show plain text only. */
export function plain(markdown: string): string {
  return markdown
    .replace(/(?<!\\)\[([^\]]*)\]\(([^)]*)\)/g, '$1: $2')
    .replace(/\*\*([^*]*)\*\*/g, '$1')
    .replace(/`([^`]*)`/g, '$1')
    .replace(/\\([\\[\]<>*_#|!&~`])/g, '$1')
}

/** A page in a few lines, for clients that can only show a message. */
export function summary(rule: string, page: string): string {
  const texts = explanation(page).map(({ text }) => text)
  return plain([`${rule}:`, ...texts, rulePageLink(rule)].join('\n\n'))
}

/** The page of a rule; undefined: there is no such rule. */
export function explain(rule: string, pages: RulePages): string | undefined {
  return lookUp(pages, rule)
}

/** The pages of the rules as hovers and explanations. */
import { moneyText } from '../estimate/hourly.js'
import type { Finding } from '../finding.js'
import { rulePageLink } from '../linter.js'
import { lookUp } from '../text/records.js'

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
    const heading = fenced ? null : /^#{1,6}\s+(.*?)\s*#*$/.exec(line)
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

function percent(fraction: number): string {
  return `${Math.round(fraction * 100)}`
}

/** What following the advice saves, in one line. */
export function savingLine(finding: Finding): string | undefined {
  const { saving } = finding
  if (saving === null) return undefined
  const [low, high] = saving.fraction
  const share = low === high ? `${percent(low)} %` : `${percent(low)}–${percent(high)} %`
  const money = saving.usd === null ? '' : `, ${moneyText(saving.usd)}`
  return `Saves ${share} of the cost${money}: ${saving.basis}`
}

/** What a hover says about a finding. */
export function hoverText(finding: Finding, pages: RulePages): string {
  const lines = [`**CostLint** · \`${finding.rule}\` · confidence ${finding.confidence}`, finding.message]
  const saving = savingLine(finding)
  if (saving !== undefined) lines.push(saving)
  const page = lookUp(pages, finding.rule)
  if (page !== undefined) {
    for (const { title, text } of explanation(page)) lines.push(`**${title}.** ${text}`)
  }
  lines.push(`[More about this rule](${rulePageLink(finding.rule)})`)
  return lines.join('\n\n')
}

/** Markdown without its marks, for clients that show plain text only. */
export function plain(markdown: string): string {
  return markdown
    .replace(/\[([^\]]*)\]\(([^)]*)\)/g, '$1: $2')
    .replace(/\*\*([^*]*)\*\*/g, '$1')
    .replace(/`([^`]*)`/g, '$1')
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

/** *Explain This Line*: what stands at a line and what rules make of it, as Markdown. */
import type { ExplainedRule, ExplainedSetting, ExplainedSubject, Explanation } from '../linter.js'
import { escapeMarkdown as text } from '../report/markdown-text.js'

interface At {
  path: string
  /** 1-based. */
  line: number
}

export function whyText({ note, subjects }: Explanation, { path, line }: At): string {
  const parts = [`# ${text(path)}, line ${line}`]
  if (note !== null) parts.push(`${note[0]!.toUpperCase()}${text(note.slice(1))}.`)
  for (const subject of subjects) parts.push(...section(subject))
  return `${parts.join('\n\n')}\n`
}

function section(subject: ExplainedSubject): string[] {
  const { kind, reader, evidence, job, launches, unseen, note } = subject
  const facts = [`role: ${evidence.role}`, `accelerator: ${evidence.accelerator}`]
  if (evidence.small !== null) facts.push(`small: ${text(evidence.small)}`)
  if (evidence.uncalled !== undefined) facts.push(`told lower: ${text(evidence.uncalled)}`)
  if (evidence.negligible !== undefined) facts.push(`only hints: ${text(evidence.negligible)}`)
  if (job !== null) facts.push(`job at ${place(job)}`)
  for (const launch of launches) facts.push(`launched at ${place(launch)}`)
  for (const { what } of unseen) facts.push(`not seen: ${text(what)}`)
  const parts = [`## ${kind} at ${place(subject)}`, `Recognized by \`${reader}\` · ${facts.join(' · ')}`]
  if (subject.settings.length > 0) parts.push(settings(subject))
  if (note !== null) parts.push(`${note[0]!.toUpperCase()}${note.slice(1)}.`)
  for (const [verdict, heading] of headings) {
    const rules = subject.rules.filter((one) => one.verdict === verdict && !besideThePoint(one))
    if (rules.length > 0) parts.push(`### ${heading}`, rules.map(item).join('\n'))
  }
  return parts
}

const headings = [
  ['reported', 'Reported'],
  ['dropped', 'Found, but not shown'],
  ['silent', 'Not reported'],
] as const

function besideThePoint({ reasons }: ExplainedRule): boolean {
  return reasons.length > 0 && reasons.every((one) => one.besideThePoint === true)
}

function settings({ settings, launches }: ExplainedSubject): string {
  const rows = settings.map((one) => {
    const some = one.launches === null ? '' : ` (in ${one.launches} of ${launches.length} launches)`
    return `| ${one.setting} | ${value(one)}${some} | ${origin(one)} |`
  })
  return ['| setting | value | from |', '|---|---|---|', ...rows].join('\n')
}

function value({ value, because }: ExplainedSetting): string {
  return value === null ? `*not known: ${cell(because ?? '')}*` : `\`${cell(value, true)}\``
}

function origin({ state, key, when, channel, overridable, option, place: at }: ExplainedSetting): string {
  const by = state === 'default' ? `default of \`${cell(key, true)}\`` : `\`${cell(key, true)}\`, ${channel}`
  const condition = when === null ? '' : `, if ${cell(when)}`
  return `${by}, ${cell(place(at))}${condition}${overridable ? `; ${option === null ? 'a launch' : `\`${option}\``} may replace it` : ''}`
}

function item({ rule, findings, reasons }: ExplainedRule): string {
  const told = [
    ...findings.map((one) => `${one.severity} at ${place(one)}: ${text(one.message)}`),
    ...reasons.map((one) => text(one.text)),
  ]
  return `- **${rule}**: ${told.join('; ')}`
}

function place({ path, cell: index, line }: { path: string; cell: number | null; line: number }): string {
  return text(`${path}:${index === null ? '' : `cell ${index}:`}${line}`)
}

/** In a code span of a table only the bar has a meaning left, and what would end the span. */
function cell(raw: string, code = false): string {
  const line = code ? raw.replace(/\s+/g, ' ').replace(/`/g, "'") : text(raw)
  return line.replace(/(?<!\\)\|/g, '\\|')
}

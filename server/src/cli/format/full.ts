/** For people: the code with carets, what is wrong, what it would save, and what to do. */

import { grouped } from '../../text/grouped.js'
import type { Colors } from '../console.js'
import type { Report, Shown } from '../report.js'
import { severityColor } from './concise.js'
import { copiesText, foldCopies, type ShownOnce } from './copies.js'
import { codeFrame } from './frame.js'
import { harmlessCode, wrapped } from './width.js'
import { fixLabel, messageText, placeText, savingText } from './words.js'

export interface FullOptions {
  colors: Colors
  /** Columns of the terminal; null: no terminal. */
  columns: number | null
}

/** Columns of code, and of text on a terminal: longer lines are hard to read. */
const widest = 120
const narrowest = 40

export function formatFull(report: Report, options: FullOptions): string {
  return foldCopies(report.findings)
    .map((one) => `${block(one, options)}\n`)
    .join('\n')
}

function block({ shown, copies }: ShownOnce, { colors, columns }: FullOptions): string {
  const { finding } = shown
  const { start, end } = finding.location
  const paint = severityColor(colors, finding.severity)
  const width = Math.max(narrowest, Math.min(columns ?? widest, widest))
  // What goes to a file or another program is broken by nobody.
  const broken = (text: string, indent: number) => (columns === null ? [text] : wrapped(text, width - indent))
  const frame = codeFrame(shown.table, start, end, { colors, width: width - 8 })
  const pad = ' '.repeat(frame.gutter)
  const note = (label: string, text: string) => {
    const indent = frame.gutter + 5 + label.length
    const [first, ...rest] = broken(messageText(text), indent)
    return [
      `${pad} ${colors.blue('=')} ${colors.bold(`${label}:`)} ${first}`,
      ...rest.map((line) => ' '.repeat(indent) + line),
    ]
  }
  const name = `${finding.severity}[${finding.rule}]`
  const [first, ...rest] = broken(`${name}: ${messageText(finding.message)}`, 2)
  return [
    colors.bold(`${paint(name)}${first!.slice(name.length)}`),
    ...rest.map((line) => colors.bold(`  ${line}`)),
    `${pad}${colors.blue('-->')} ${placeText(shown)}`,
    ...frame.lines,
    `${pad} ${colors.blue('|')}`,
    ...seen(shown.related).flatMap((text) => note('see', text)),
    ...(copies.length === 0 ? [] : note('also', copiesText(copies, placeText))),
    ...(finding.saving === null ? [] : note('saves', savingText(finding.saving))),
    ...shown.fixes.flatMap((fix) => [
      ...note(fixLabel(fix.safety), fix.title),
      ...(fix.diff === undefined || fix.safety === 'display' ? [] : changes(fix.diff, pad, colors)),
    ]),
    ...shown.refused.flatMap((fix) => note('no fix', `${fix.title}: ${fix.reason}`)),
  ].join('\n')
}

/** So many places of one kind are listed, each in a line. */
const mostAlike = 4
const namedAlike = 3

/** A line for each place that belongs to the finding, and one for many of which the same is said. */
function seen(related: Shown['related']): string[] {
  const byMessage = grouped(related, ({ message }) => message)
  return [...byMessage].flatMap(([message, places]) => {
    if (places.length <= mostAlike) return places.map((each) => `${placeText(each)} ${message}`)
    const named = places.slice(0, namedAlike).map(placeText)
    return [`${named.join(', ')} and ${places.length - named.length} more: ${message}`]
  })
}

/** A diff below the fix that it belongs to. */
function changes(diff: string, pad: string, colors: Colors): string[] {
  return diff.split('\n').map((line) => {
    const text = harmlessCode(line)
    const painted = line.startsWith('+') ? colors.green(text) : line.startsWith('-') ? colors.red(text) : text
    return `${pad} ${colors.blue('|')}   ${painted}`.trimEnd()
  })
}

/** For people: the code with carets, what is wrong, what it would save, and what to do. */
import { moneyText } from '../../estimate/hourly.js'
import type { Saving } from '../../rules/rule.js'
import type { Colors } from '../console.js'
import type { Report, Shown } from '../report.js'
import { placeText, severityColor } from './concise.js'
import { codeFrame } from './frame.js'
import { harmless } from './width.js'

export interface FullOptions {
  colors: Colors
  /** Columns of the terminal; null: no terminal. */
  columns: number | null
}

const widest = 120

export function formatFull(report: Report, options: FullOptions): string {
  return report.findings.map((shown) => `${block(shown, options)}\n`).join('\n')
}

function block(shown: Shown, { colors, columns }: FullOptions): string {
  const { finding } = shown
  const { start, end } = finding.location
  const paint = severityColor(colors, finding.severity)
  const width = Math.max(40, Math.min(columns ?? widest, widest) - 8)
  const frame = codeFrame(shown.table, start, end, { colors, width })
  const pad = ' '.repeat(frame.gutter)
  const note = (label: string, text: string) => {
    const [first, ...rest] = harmless(text).split('\n')
    const indent = `${pad}     ${' '.repeat(label.length)}`
    return [
      `${pad} ${colors.blue('=')} ${colors.bold(`${label}:`)} ${first}`,
      ...rest.map((line) => indent + line),
    ]
  }
  return [
    `${colors.bold(paint(`${finding.severity}[${finding.rule}]`))}${colors.bold(`: ${harmless(finding.message)}`)}`,
    `${pad}${colors.blue('-->')} ${placeText(shown)}`,
    ...frame.lines,
    `${pad} ${colors.blue('|')}`,
    ...shown.related.flatMap((each) => note('see', `${placeText(each)} ${each.message}`)),
    ...(finding.saving === null ? [] : note('saves', savingText(finding.saving))),
    ...shown.fixes.flatMap((fix) => note(fixLabel(fix.safety), fix.title)),
    ...shown.refused.flatMap((fix) => note('no fix', `${fix.title}: ${fix.reason}`)),
  ].join('\n')
}

function fixLabel(safety: Shown['fixes'][number]['safety']): string {
  return safety === 'display' ? 'sketch' : `${safety} fix`
}

export function savingText(saving: Saving): string {
  const percent = (fraction: number) => Math.round(fraction * 100)
  const [low, high] = saving.fraction.map(percent) as [number, number]
  const share = low === high ? `${low} %` : `${low} to ${high} %`
  const money = saving.usd === null ? '' : `, ${moneyText(saving.usd)}`
  return `${share}${money} (${saving.basis.replace(/\.$/, '')})`
}

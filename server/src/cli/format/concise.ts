/** One line per finding, as editors and `grep` like it. */
import type { Severity } from '../../rules/rule.js'
import type { Colors } from '../console.js'
import type { Report } from '../report.js'
import { harmless } from './width.js'
import { cellText, linkText, messageText } from './words.js'

export function severityColor(colors: Colors, severity: Severity): (text: string) => string {
  if (severity === 'error') return colors.red
  if (severity === 'warning') return colors.yellow
  return severity === 'information' ? colors.cyan : colors.dim
}

export function formatConcise(report: Report, colors: Colors): string {
  return report.findings
    .map((shown) => {
      const { severity, rule, message } = shown.finding
      const place = colors.bold(harmless(linkText(shown)))
      return `${place} ${severityColor(colors, severity)(severity)} ${rule} ${messageText(message)}${cellText(shown)}\n`
    })
    .join('')
}

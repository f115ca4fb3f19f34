/** One line per finding, as editors and `grep` like it. */
import type { Severity } from '../../rules/rule.js'
import type { Colors } from '../console.js'
import type { Place, Report } from '../report.js'
import { harmless } from './width.js'

export function severityColor(colors: Colors, severity: Severity): (text: string) => string {
  if (severity === 'error') return colors.red
  if (severity === 'warning') return colors.yellow
  return severity === 'information' ? colors.cyan : colors.dim
}

/** `train.py:12:5`, in a notebook `eda.ipynb:cell 3:12:5`. */
export function placeText({ path, cell, range }: Place): string {
  const inside = cell === null ? '' : `cell ${cell}:`
  return harmless(`${path}:${inside}${range.start.line}:${range.start.column}`)
}

export function formatConcise(report: Report, colors: Colors): string {
  return report.findings
    .map((shown) => {
      const { severity, rule, message } = shown.finding
      const line = message.replace(/\s*\n\s*/g, ' ')
      return `${colors.bold(placeText(shown))} ${severityColor(colors, severity)(severity)} ${rule} ${harmless(line)}\n`
    })
    .join('')
}

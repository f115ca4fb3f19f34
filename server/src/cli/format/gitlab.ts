/** GitLab's code quality report (a subset of Code Climate's format). */
import type { Severity } from '../../rules/rule.js'
import type { Report } from '../report.js'
import { cellText, savingText } from './words.js'

const severities: Record<Severity, string> = {
  error: 'critical',
  warning: 'major',
  information: 'minor',
  hint: 'info',
}

export function formatGitlab(report: Report): string {
  const seen = new Map<string, number>()
  const issues = report.findings.map((shown) => {
    const { rule, severity, message, saving, fingerprint } = shown.finding
    // Of two issues with one fingerprint GitLab shows one.
    const before = seen.get(fingerprint) ?? 0
    seen.set(fingerprint, before + 1)
    const saved = saving === null ? '' : ` Saves ${savingText(saving)}.`
    return {
      description: `${message}${saved}${cellText(shown)}`,
      check_name: rule,
      fingerprint: before === 0 ? fingerprint : `${fingerprint}-${before + 1}`,
      severity: severities[severity],
      location: {
        path: report.fromTop(shown.path),
        lines: { begin: shown.inFile.start.line, end: shown.inFile.end.line },
      },
    }
  })
  return `${JSON.stringify(issues, null, 2)}\n`
}

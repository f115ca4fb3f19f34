/** Machine-readable output: version 1 of a contract, see docs/cli.md. Fields are only ever added. */
import { totalOf } from '../../estimate/total.js'
import { version } from '../../host/node/version.js'
import { rulePageLink, severities } from '../../linter.js'
import { define, lookUp } from '../../text/records.js'
import { coverageOf } from '../cost-total.js'
import type { Place, Report, Shown } from '../report.js'

function place({ path, cell, range }: Place) {
  return { path, cell, range }
}

function finding(shown: Shown) {
  const { finding } = shown
  return {
    rule: finding.rule,
    reader: finding.reader,
    severity: finding.severity,
    confidence: finding.confidence,
    message: finding.message,
    ...place(shown),
    checklist: finding.checklist,
    docs: rulePageLink(finding.rule),
    saving: finding.saving,
    related: shown.related.map((each) => ({ ...place(each), message: each.message })),
    fingerprint: finding.fingerprint,
    fixes: shown.fixes.map((fix) => ({
      title: fix.title,
      safety: fix.safety,
      edits: fix.edits.map((edit) => ({ ...place(edit), newText: edit.newText })),
    })),
  }
}

function suppressed(shown: Report['suppressed'][number]) {
  return { ...finding(shown), suppressedBy: shown.by, reason: shown.reason }
}

export function formatJson(report: Report): string {
  const output = {
    version: 1,
    tool: { name: 'costlint', version },
    findings: report.findings.map(finding),
    ...(report.suppressed.length === 0 ? {} : { suppressed: report.suppressed.map(suppressed) }),
    errors: errors(report),
    summary: summary(report),
  }
  return `${JSON.stringify(output, null, 2)}\n`
}

/** The same, an object on each line: what it is says its `kind`. */
export function formatJsonLines(report: Report): string {
  const lines = [
    ...report.findings.map((shown) => ({ kind: 'finding', ...finding(shown) })),
    ...report.suppressed.map((shown) => ({ kind: 'suppressed', ...suppressed(shown) })),
    ...errors(report).map((error) => ({ kind: 'error', ...error })),
    { kind: 'summary', version: 1, tool: { name: 'costlint', version }, ...summary(report) },
  ]
  return lines.map((line) => `${JSON.stringify(line)}\n`).join('')
}

function errors(report: Report) {
  return [
    ...report.problems.map(({ path, line, message }) => ({ path, message: `line ${line}: ${message}` })),
    ...report.faults.map(({ path, message }) => ({ path, message: `internal error: ${message}` })),
    ...report.unmatched,
    ...report.errors,
    ...report.notFixed,
  ]
}

function summary(report: Report) {
  const bySeverity = Object.fromEntries(severities.map((severity) => [severity, 0]))
  const byRule: Record<string, number> = {}
  for (const { finding } of report.findings) {
    bySeverity[finding.severity]!++
    define(byRule, finding.rule, (lookUp(byRule, finding.rule) ?? 0) + 1)
  }
  return {
    files: report.files,
    filesLinted: report.filesLinted,
    bySeverity,
    ...(report.baseline === undefined ? {} : { baseline: report.baseline }),
    cost: { total: totalOf(report.costs), coverage: coverageOf(report.costs) },
    byRule: Object.fromEntries(Object.entries(byRule).sort(([a], [b]) => (a < b ? -1 : 1))),
  }
}

/** What stands below the findings: faults, files that could not be read, and how many there were of what. */

import { count } from '../../estimate/figures.js'
import { totalOf } from '../../estimate/total.js'
import { severities } from '../../linter.js'
import { sumText } from '../../report/cost-words.js'
import type { Colors } from '../console.js'
import { compareText, type Report } from '../report.js'
import { harmless } from './width.js'

export { count }

/** Files that do not parse, named one by one. */
const mostBroken = 10

/** Configuration problems, faults and unreadable files, a line each. */
export function formatTroubles(report: Report, colors: Colors): string {
  const line = (label: string, where: string, message: string) => {
    // Of several lines (the stack of a fault) those below the first are marked, so that no log obeys them.
    const [first, ...rest] = message.split('\n').map(harmless)
    return [`${label}: ${harmless(where)}: ${first}\n`, ...rest.map((each) => `  | ${each}\n`)].join('')
  }
  const broken = report.errors.filter(({ kind }) => kind === 'syntax')
  const more = broken.length - mostBroken
  return [
    ...report.problems.map((each) =>
      line(colors.red('configuration error'), `${each.path}:${each.line}`, each.message),
    ),
    ...report.faults.map((each) => line(colors.red('internal error'), each.path, each.message)),
    ...report.unmatched.map((each) => line(colors.red('nothing to check'), each.path, each.message)),
    ...report.errors
      .filter(({ kind }) => kind !== 'syntax')
      .map((each) => line(colors.yellow('not checked'), each.path, each.message)),
    ...broken
      .slice(0, mostBroken)
      .map((each) => line(colors.yellow('not all checked'), each.path, each.message)),
    ...(more > 0
      ? [`${count(more, 'more file does', 'more files do')} not parse; --output-format json names all.\n`]
      : []),
    ...report.notFixed.map((each) => line(colors.yellow('not fixed'), each.path, each.message)),
  ].join('')
}

export function formatSummary(report: Report, fixed: number): string {
  const { findings } = report
  const lines: string[] = []
  if (fixed > 0) lines.push(`Fixed ${count(fixed, 'finding')}.`)
  const seen = `${count(report.files, 'file')} seen, ${report.filesLinted} parsed`
  if (findings.length === 0) lines.push(`No findings (${seen}).`)
  else {
    lines.push(`${countsText(report)} (${seen}).`)
    const first = findings.map((each) => each.fixes[0]?.safety)
    const safe = first.filter((safety) => safety === 'safe').length
    const unsafe = first.filter((safety) => safety === 'unsafe').length
    if (safe > 0) lines.push(`${count(safe, 'finding')} can be fixed with --fix.`)
    if (unsafe > 0) {
      lines.push(
        `${count(unsafe, 'finding')} ${safe > 0 ? 'more ' : ''}can be fixed with --fix --unsafe-fixes; --unsafe-fixes alone shows the changes.`,
      )
    }
  }
  if (report.hiddenHints > 0)
    lines.push(`${count(report.hiddenHints, 'hint')} not shown; --show-hints shows them.`)
  lines.push(...baselineLines(report.baseline))
  lines.push(...costLines(report.costs))
  return `${lines.join('\n')}\n`
}

/** Most stale entries that are listed. */
const mostStale = 10

function baselineLines(baseline: Report['baseline']): string[] {
  if (baseline === undefined) return []
  const { name, known, stale } = baseline
  const lines = known > 0 ? [`${count(known, 'finding')} of ${name} not shown.`] : []
  if (stale.length === 0) return lines
  const listed = stale.slice(0, mostStale).map(({ path, rule }) => harmless(`  ${path}: ${rule}`))
  if (stale.length > mostStale) listed.push(`  and ${stale.length - mostStale} more`)
  return [
    ...lines,
    `${count(stale.length, 'entry', 'entries')} of ${name} no longer found; costlint baseline --prune takes them out:`,
    ...listed,
  ]
}

/** '3 findings: 1 error, 2 warnings' */
export function countsText({ findings }: Report): string {
  const parts = severities.flatMap((severity) => {
    const number = findings.filter((each) => each.finding.severity === severity).length
    return number === 0
      ? []
      : [severity === 'information' ? `${number} information` : count(number, severity)]
  })
  return `${count(findings.length, 'finding')}: ${parts.join(', ')}`
}

/** What a diff leaves out, and how to see it. */
export function leftOutText({ findings }: Report, fix: 'none' | 'safe' | 'unsafe'): string {
  const first = findings.map((each) => each.fixes[0]?.safety)
  const unsafe = fix === 'unsafe' ? 0 : first.filter((safety) => safety === 'unsafe').length
  const sketches = first.filter((safety) => safety === 'display').length
  const parts = [
    ...(unsafe === 0
      ? []
      : [
          `${count(unsafe, 'unsafe fix', 'unsafe fixes')} (--diff --unsafe-fixes shows ${unsafe === 1 ? 'it' : 'them'})`,
        ]),
    ...(sketches === 0 ? [] : [`${count(sketches, 'sketch', 'sketches')} to adapt by hand`]),
  ]
  return parts.length === 0 ? '' : `The diff leaves out ${parts.join(' and ')}.\n`
}

/** What the jobs cost, where something is known of it. */
function costLines(costs: Report['costs']): string[] {
  const { run, month } = totalOf(costs)
  const known = `${run?.entries ?? 0} of ${count(costs.filter(({ per }) => per === 'run').length, 'job')}`
  return [
    ...(run === null
      ? []
      : [`A run of each job costs ${sumText(run)} (${known} priced; costlint cost shows them).`]),
    ...(month === null ? [] : [`What is always on costs ${sumText(month)} a month.`]),
  ]
}

/** Findings by rule, most frequent first. */
export function formatStatistics(report: Report): string {
  const byRule = new Map<string, { number: number; fixable: number }>()
  for (const { finding, fixes } of report.findings) {
    const row = byRule.get(finding.rule) ?? { number: 0, fixable: 0 }
    row.number++
    if (fixes.some((fix) => fix.safety !== 'display')) row.fixable++
    byRule.set(finding.rule, row)
  }
  const rows = [...byRule].sort(([a, x], [b, y]) => y.number - x.number || compareText(a, b))
  const digits = Math.max(0, ...rows.map(([, row]) => String(row.number).length))
  const longest = Math.max(0, ...rows.map(([rule]) => rule.length))
  return rows
    .map(([rule, row]) => {
      const fixable = row.fixable > 0 ? `  ${row.fixable} fixable` : ''
      return `${String(row.number).padStart(digits)}  ${rule.padEnd(longest)}${fixable}`.trimEnd()
    })
    .map((line) => `${line}\n`)
    .join('')
}

/** JUnit's XML, for CI systems that show test reports: a suite for each file, a case for each finding. */
import { type FailOn, type Report, reachesLevel, type Shown } from '../report.js'
import { harmless } from './width.js'
import { cellText, messageText, savingText } from './words.js'

export function formatJunit(report: Report, failOn: FailOn): string {
  const byPath = new Map<string, Shown[]>()
  for (const shown of report.findings) {
    const list = byPath.get(shown.path)
    if (list === undefined) byPath.set(shown.path, [shown])
    else list.push(shown)
  }
  const fails = ({ finding }: Shown) => reachesLevel(finding.severity, failOn)
  const suites = [...byPath].map(([path, findings]) =>
    suite(
      path,
      findings.length,
      findings.filter(fails).length,
      0,
      findings.map((shown) => testCase(shown, fails(shown))),
    ),
  )
  const troubles = [
    ...report.problems.map(({ path, line, message }) => ({ path, message: `line ${line}: ${message}` })),
    ...report.faults,
    ...report.unmatched,
  ]
  if (troubles.length > 0)
    suites.push(
      suite(
        'costlint',
        troubles.length,
        0,
        troubles.length,
        troubles.map(
          ({ path, message }) =>
            `    <testcase name=${quoted(path)} classname="costlint">\n      <error message=${quoted(message)}/>\n    </testcase>`,
        ),
      ),
    )
  // A report without any case counts as a mistake.
  if (suites.length === 0)
    suites.push(suite('costlint', 1, 0, 0, ['    <testcase name="No findings" classname="costlint"/>']))
  const { length } = report.findings
  const failures = report.findings.filter(fails).length
  const totals = `tests="${Math.max(1, length + troubles.length)}" failures="${failures}" errors="${troubles.length}"`
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="costlint" ${totals}>\n${suites.join('\n')}\n</testsuites>\n`
}

function suite(name: string, tests: number, failures: number, errors: number, cases: string[]): string {
  return `  <testsuite name=${quoted(name)} tests="${tests}" failures="${failures}" errors="${errors}" skipped="0">\n${cases.join('\n')}\n  </testsuite>`
}

function testCase(shown: Shown, fails: boolean): string {
  const { rule, severity, message, saving } = shown.finding
  const { line, column } = shown.inFile.start
  const name = `${rule} at ${line}:${column}${cellText(shown)}`
  const text = `${harmless(shown.path)}:${line}:${column}${cellText(shown)} ${messageText(message)}${saving === null ? '' : `\nSaves ${savingText(saving)}.`}`
  const body = fails
    ? `<failure type=${quoted(severity)} message=${quoted(message)}>${escaped(text)}</failure>`
    : `<system-out>${escaped(`${severity}: ${text}`)}</system-out>`
  return `    <testcase name=${quoted(name)} classname=${quoted(shown.path)} file=${quoted(shown.path)} line="${line}">\n      ${body}\n    </testcase>`
}

function quoted(text: string): string {
  return `"${escaped(text).replaceAll('"', '&quot;').replaceAll('\n', '&#10;')}"`
}

/** XML 1.0 has no way to write most control characters. */
function escaped(text: string): string {
  return (
    text
      // biome-ignore lint/suspicious/noControlCharactersInRegex: finding them is the point
      .replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\ufffe\uffff]/g, '\ufffd')
      .replaceAll('&', '&amp;')
      .replaceAll('<', '&lt;')
      .replaceAll('>', '&gt;')
  )
}

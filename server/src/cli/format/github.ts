/** Workflow commands of GitHub Actions: an annotation for each finding. */
import type { Severity } from '../../rules/rule.js'
import type { Report } from '../report.js'
import { harmless } from './width.js'
import { cellText, savingText } from './words.js'

const commands: Record<Severity, string> = {
  error: 'error',
  warning: 'warning',
  information: 'notice',
  hint: 'notice',
}

export function formatGithub(report: Report): string {
  const findings = report.findings.map((shown) => {
    const { severity, rule, message, saving } = shown.finding
    const { start, end } = shown.inFile
    const saved = saving === null ? '' : `\nSaves ${savingText(saving)}.`
    return command(
      commands[severity],
      {
        title: `costlint (${rule})`,
        file: report.fromTop(shown.path),
        line: start.line,
        endLine: end.line,
        // GitHub takes columns only where a range stays on one line.
        ...(start.line === end.line ? { col: start.column, endColumn: end.column } : {}),
      },
      `${message}${cellText(shown)}${saved}`,
    )
  })
  const troubles = [
    ...report.problems.map(({ path, line, message }) =>
      command('error', { title: 'costlint', file: report.fromTop(path), line }, message),
    ),
    ...report.unmatched.map(({ path, message }) =>
      command('error', { title: 'costlint' }, `${path} ${message}`),
    ),
    ...report.faults.map(({ path, message }) =>
      command('error', { title: 'costlint: internal error', file: report.fromTop(path) }, message),
    ),
  ]
  return [...findings, ...troubles].map((line) => `${line}\n`).join('')
}

function command(name: string, properties: Record<string, string | number>, message: string): string {
  const given = Object.entries(properties).map(([key, value]) => `${key}=${property(String(value))}`)
  return `::${name} ${given.join(',')}::${data(message)}`
}

function data(text: string): string {
  return harmlessLines(text).replaceAll('%', '%25').replaceAll('\n', '%0A')
}

function property(text: string): string {
  return harmless(text).replaceAll('%', '%25').replaceAll(':', '%3A').replaceAll(',', '%2C')
}

function harmlessLines(text: string): string {
  return text
    .split(/\r?\n/)
    .map((line) => harmless(line))
    .join('\n')
}

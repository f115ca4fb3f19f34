/** For coding agents: as few words as say where, what, how much, and what to change. */
import { count } from '../../estimate/figures.js'
import type { Report, Shown, ShownFix } from '../report.js'
import { harmless } from './width.js'
import { amountText, fixLabel, messageText } from './words.js'

export function formatAgent(report: Report): string {
  const { findings } = report
  if (findings.length === 0) return 'No findings.\n'
  const first = findings.map((each) => each.fixes[0]?.safety)
  const safe = first.filter((safety) => safety === 'safe').length
  const unsafe = first.filter((safety) => safety === 'unsafe').length
  const ending = [
    count(findings.length, 'finding'),
    ...(safe > 0 ? [`${safe} fixed by \`costlint check --fix\``] : []),
    ...(unsafe > 0 ? [`${unsafe} more by \`--fix --unsafe-fixes\``] : []),
    'reasons: `costlint explain RULE`',
  ]
  return `${findings.map(block).join('')}${ending.join('; ')}\n`
}

function block(shown: Shown): string {
  const { finding, fixes, refused } = shown
  const saved = finding.saving === null ? '' : ` saves ${amountText(finding.saving)}`
  const lines = [
    `${placeOf(shown)} ${finding.severity} ${finding.rule}${saved}`,
    `  ${messageText(finding.message)}`,
    ...fixes.slice(0, 1).flatMap((fix) => fixLines(fix, shown)),
    ...(fixes.length > 0 ? [] : refused.slice(0, 1).map(({ reason }) => `  no fix: ${harmless(reason)}`)),
  ]
  return `${lines.join('\n')}\n`
}

/** An agent edits cells, so a place in a notebook is one in a cell. */
function placeOf({ path, cell, range }: Shown): string {
  const inside = cell === null ? '' : `:cell ${cell}`
  return harmless(`${path}${inside}:${range.start.line}:${range.start.column}`)
}

function fixLines({ title, safety, edits }: ShownFix, shown: Shown): string[] {
  const lines = edits.map((edit) => {
    const { start, end } = edit.range
    const here = edit.path === shown.path && edit.cell === shown.cell
    const file = here ? '' : `${edit.path}${edit.cell === null ? '' : `:cell ${edit.cell}`}:`
    return `    ${harmless(file)}${start.line}:${start.column}-${end.line}:${end.column} -> ${JSON.stringify(edit.newText)}`
  })
  return [`  ${fixLabel(safety)}: ${messageText(title)}`, ...lines]
}

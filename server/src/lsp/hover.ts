/** What a hover shows: what was found, what it saves and on what assumption, what to do; and what is known of the money there. */
import type { Hover, Position } from 'vscode-languageserver'
import type { Finding } from '../finding.js'
import type { OfferedFix } from '../linter.js'
import { splitMessage } from '../report/headline.js'
import { escapeMarkdown } from '../report/markdown-text.js'
import type { ClientFeatures } from './client-features.js'
import type { Target } from './code-actions.js'
import { plain, savingLine } from './explain.js'
import { fixTitle } from './fix-titles.js'
import { annotationsAt } from './money.js'

/** Commands of our extension that a hover may link to. */
const quickFixCommand = 'costlint.quickFix'

export async function hoverAt(
  target: Target,
  position: Position,
  features: ClientFeatures,
): Promise<Hover | null> {
  const { line, character } = position
  const texts: string[] = []
  let range: Hover['range']
  for (const finding of target.outcome.findings.get(target.path) ?? []) {
    const place = await target.session.place(finding.location, target.outcome)
    if (place === undefined || place.uri !== target.text.uri) continue
    const { start, end } = place.range
    if (line < start.line || (line === start.line && character < start.character)) continue
    if (line > end.line || (line === end.line && character > end.character)) continue
    texts.push(ofFinding(finding, await target.session.fixes(finding), place, features))
    range ??= place.range
  }
  for (const one of await annotationsAt(target, position)) {
    texts.push(one.text)
    range ??= one.range
  }
  if (range === undefined) return null
  const value = texts.join('\n\n---\n\n')
  const contents = features.markdownHover
    ? { kind: 'markdown' as const, value }
    : { kind: 'plaintext' as const, value: plain(value) }
  return { contents, range }
}

function ofFinding(
  finding: Finding,
  fixes: readonly OfferedFix[],
  { uri, range: { start } }: { uri: string; range: { start: Position } },
  features: ClientFeatures,
): string {
  const { rule } = finding
  const lines: string[] = []
  if (!features.messageInHover) {
    const { head, rest } = splitMessage(finding.message)
    lines.push(`**CostLint**: ${escapeMarkdown(head)}`)
    if (rest !== '') lines.push(escapeMarkdown(rest))
  }
  const saving = savingLine(finding, features.say)
  if (saving !== undefined) lines.push(escapeMarkdown(saving))
  const fix = fixes[0]
  if (fix !== undefined) lines.push(fixLine(fix, { uri, ...start }, features))
  lines.push(
    features.commandLinks
      ? `[${features.say('Explain {0}', rule)}](${commandLink(features.explainCommand, rule)})`
      : `[${rule}](${features.rulePage(rule)})`,
  )
  return lines.join('\n\n')
}

function fixLine(fix: OfferedFix, place: object, { commandLinks, say }: ClientFeatures): string {
  const title = escapeMarkdown(fixTitle(fix, say))
  if ('refused' in fix) return say('No quick fix ({0}): {1}', title, escapeMarkdown(fix.refused))
  return commandLinks
    ? `[${say('Quick Fix')}](${commandLink(quickFixCommand, place)}): ${title}`
    : `Quick fix: ${title}`
}

function commandLink(command: string, argument: unknown): string {
  const encoded = encodeURIComponent(JSON.stringify([argument]))
  return `command:${command}?${encoded.replace(/[()]/g, (sign) => (sign === '(' ? '%28' : '%29'))}`
}

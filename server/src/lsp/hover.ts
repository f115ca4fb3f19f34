/** What a hover shows: the findings at a position, explained, and what is known of the money there. */
import type { Hover, Position } from 'vscode-languageserver'
import type { Target } from './code-actions.js'
import { hoverText, plain, type RulePages } from './explain.js'
import { annotationsAt } from './money.js'

export async function hoverAt(
  target: Target,
  position: Position,
  pages: RulePages,
  markdown: boolean,
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
    texts.push(hoverText(finding, pages))
    range ??= place.range
  }
  for (const one of await annotationsAt(target, position)) {
    texts.push(one.text)
    range ??= one.range
  }
  if (range === undefined) return null
  const value = texts.join('\n\n---\n\n')
  const contents = markdown
    ? { kind: 'markdown' as const, value }
    : { kind: 'plaintext' as const, value: plain(value) }
  return { contents, range }
}

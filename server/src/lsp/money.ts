/** Prices and sizes beside the code: inlay hints behind machines, code lenses above jobs and searches, hovers. */
import type { CodeLens, InlayHint, Range } from 'vscode-languageserver'
import type { Annotation } from '../linter.js'
import type { Target } from './code-actions.js'

interface Placed {
  annotation: Annotation
  range: Range
}

/** The annotations that stand in the document itself: of a notebook, those of the cell. */
async function placed(target: Target): Promise<Placed[]> {
  const found: Placed[] = []
  for (const annotation of target.outcome.annotations.get(target.path) ?? []) {
    const place = await target.session.place(annotation.location, target.outcome)
    if (place?.uri === target.text.uri) found.push({ annotation, range: place.range })
  }
  return found
}

export async function inlayHints(target: Target, range: Range, markdown: boolean): Promise<InlayHint[]> {
  if (!target.session.settings.inlayHints) return []
  const hints: InlayHint[] = []
  for (const { annotation, range: at } of await placed(target)) {
    if (annotation.kind !== 'machine' || annotation.label === '') continue
    if (at.end.line < range.start.line || at.end.line > range.end.line) continue
    hints.push({
      position: at.end,
      label: annotation.label,
      paddingLeft: true,
      tooltip: markdown ? { kind: 'markdown', value: annotation.details } : annotation.label,
    })
  }
  return hints
}

/** Shows the bill in our own extension. */
const reportCommand = 'costlint.openReport'

export async function codeLenses(target: Target, commandLinks: boolean): Promise<CodeLens[]> {
  if (!target.session.settings.codeLens) return []
  const lenses: CodeLens[] = []
  for (const { annotation, range } of await placed(target)) {
    if (annotation.kind === 'machine') continue
    const start = { line: range.start.line, character: range.start.character }
    // A lens without a command only says something.
    const command = commandLinks
      ? { title: annotation.label, command: reportCommand, arguments: ['bill'] }
      : { title: annotation.label, command: '' }
    lenses.push({ range: { start, end: start }, command })
  }
  return lenses
}

/** The breakdown under the mouse: on the name of a machine, on the first line of a job or a search. */
export async function annotationsAt(
  target: Target,
  { line, character }: Range['start'],
): Promise<{ text: string; range: Range }[]> {
  if (!target.session.settings.hoverPrices) return []
  return (await placed(target))
    .filter(({ range: { start, end }, annotation }) =>
      annotation.kind === 'machine'
        ? line === start.line && character >= start.character && character <= end.character
        : line === start.line &&
          character >= start.character &&
          (start.line < end.line || character <= end.character),
    )
    .map(({ annotation, range }) => ({ text: annotation.details, range }))
}

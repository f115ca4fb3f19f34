/** Edits of fixes as the protocol has them: of one fix, or of many that do not get into each other's way. */
import {
  LSPErrorCodes,
  type Range,
  ResponseError,
  type TextDocumentEdit,
  type WorkspaceEdit,
} from 'vscode-languageserver'
import type { TextEdit } from '../edit/write.js'
import type { Finding, Fix } from '../finding.js'
import { define } from '../text/records.js'
import type { ClientFeatures } from './client-features.js'
import type { Outcome, Session } from './session.js'

export function stale(): ResponseError<void> {
  return new ResponseError(
    LSPErrorCodes.ContentModified,
    'The document has changed since the action was listed.',
  )
}

/** Edits of the preferred fix of each finding that is accepted, as far as they do not collide. */
export async function editsOf(
  session: Session,
  findings: readonly Finding[],
  accepts: (fix: Fix, finding: Finding) => boolean | Promise<boolean>,
): Promise<TextEdit[]> {
  const taken: TextEdit[] = []
  for (const finding of findings) {
    const fix = (await session.fixes(finding))[0]
    if (fix === undefined || 'refused' in fix || !(await accepts(fix, finding))) continue
    const fresh = fix.edits.filter((edit) => !taken.some((other) => isSameInsertion(edit, other)))
    if (fresh.some((edit) => taken.some((other) => collide(edit, other)))) continue
    taken.push(...fresh)
  }
  return taken
}

/** Two fixes that need the same import insert the same line. */
function isSameInsertion(a: TextEdit, b: TextEdit): boolean {
  const { path, cell, start, end } = a.location
  const other = b.location
  return (
    start === end &&
    path === other.path &&
    cell === other.cell &&
    start === other.start &&
    end === other.end &&
    a.newText === b.newText &&
    a.newText.endsWith('\n')
  )
}

function collide(a: TextEdit, b: TextEdit): boolean {
  const one = a.location
  const two = b.location
  if (one.path !== two.path || one.cell !== two.cell) return false
  if (one.start === one.end && two.start === two.end && one.start === two.start) {
    // Whole lines can stand below each other; pieces of a line would run together.
    return !(a.newText.endsWith('\n') && b.newText.endsWith('\n'))
  }
  return one.start <= two.end && two.start <= one.end
}

/** What a person confirms, edit by edit, before anything is changed. */
const annotation = 'costlint'

export interface EditOptions {
  /** A heading of the preview; absent: the edit is applied at once. */
  preview?: { label: string; description: string }
}

export async function workspaceEdit(
  session: Session,
  outcome: Pick<Outcome, 'snapshots'>,
  edits: readonly TextEdit[],
  features: ClientFeatures,
  { preview }: EditOptions = {},
): Promise<WorkspaceEdit> {
  const byUri = new Map<string, TextDocumentEdit>()
  for (const edit of edits) {
    const place = await session.place(edit.location, outcome)
    // All or nothing: half a fix is worse than none.
    if (place === undefined || place.jsonCell !== null) throw stale()
    const { uri, version, range } = place
    const documentEdit = byUri.get(uri) ?? { textDocument: { uri, version }, edits: [] }
    const { newText } = edit
    documentEdit.edits.push(
      preview === undefined ? { range, newText } : { range, newText, annotationId: annotation },
    )
    byUri.set(uri, documentEdit)
  }
  if (features.documentChanges)
    return {
      documentChanges: [...byUri.values()],
      ...(preview === undefined
        ? {}
        : { changeAnnotations: { [annotation]: { ...preview, needsConfirmation: true } } }),
    }
  const changes: NonNullable<WorkspaceEdit['changes']> = {}
  for (const [uri, { edits: own }] of byUri) define(changes, uri, own as { range: Range; newText: string }[])
  return { changes }
}

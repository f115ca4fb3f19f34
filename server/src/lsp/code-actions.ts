/** Quick fixes, the fix for a whole file, and the comments that switch a rule off. Edits are made when asked for. */
import {
  type CodeAction,
  CodeActionKind,
  type CodeActionParams,
  type Diagnostic,
  LSPErrorCodes,
  type Range,
  ResponseError,
  type TextDocumentEdit,
  type WorkspaceEdit,
} from 'vscode-languageserver'
import type { TextDocument } from 'vscode-languageserver-textdocument'
import type { TextEdit } from '../edit/write.js'
import type { Finding, Fix } from '../finding.js'
import type { OfferedFix } from '../linter.js'
import { define } from '../text/records.js'
import type { ClientFeatures } from './client-features.js'
import { diagnosticOf } from './diagnostics.js'
import { fixTitle } from './fix-titles.js'
import type { Outcome, Session } from './session.js'
import { commentSign, type Insertion, suppressFile, suppressLine } from './suppress.js'

export const fixAllKind = `${CodeActionKind.SourceFixAll}.costlint`
export const notebookFixAllKind = `notebook.${fixAllKind}`

/** What an action carries from being listed to being applied. */
export interface ActionData {
  do: 'fix' | 'suppress line' | 'suppress file' | 'fix all' | 'fix notebook'
  uri: string
  version: number
  fingerprint?: string
  index?: number
  rule?: string
}

/** A document that actions are asked for, as it was judged. */
export interface Target {
  session: Session
  path: string
  outcome: Outcome
  /** The file or the cell. */
  text: TextDocument
}

function before(a: Range['start'], b: Range['start']): boolean {
  return a.line < b.line || (a.line === b.line && a.character < b.character)
}

function touches(a: Range, b: Range): boolean {
  return !before(a.end, b.start) && !before(b.end, a.start)
}

/** True where the client did not narrow down the kinds, or asked for this one. */
function asked(only: string[] | undefined, kind: string): boolean {
  return only === undefined || only.some((one) => one === kind || kind.startsWith(`${one}.`) || one === '')
}

export async function listActions(
  target: Target,
  params: CodeActionParams,
  features: ClientFeatures,
): Promise<CodeAction[]> {
  const { only } = params.context
  const actions: CodeAction[] = []
  const { uri, version } = target.text
  if (asked(only, CodeActionKind.QuickFix)) {
    for (const { finding, diagnostic } of await findingsAt(target, params.range, features)) {
      actions.push(...(await fixActions(target, finding, diagnostic, features)))
      actions.push(...suppressActions(target, finding, diagnostic))
      actions.push({
        title: `Explain ${finding.rule}`,
        kind: CodeActionKind.QuickFix,
        diagnostics: [diagnostic],
        command: {
          title: `Explain ${finding.rule}`,
          command: features.explainCommand,
          arguments: [finding.rule],
        },
      })
    }
  }
  const isCell = target.outcome.snapshots.get(target.path)?.cells !== undefined
  const whole = isCell && only?.some((kind) => kind.startsWith('notebook')) === true
  const kind = whole ? notebookFixAllKind : fixAllKind
  if (asked(only, kind) && (await safeEdits(target, !whole)).length > 0) {
    const data: ActionData = { do: whole ? 'fix notebook' : 'fix all', uri, version }
    actions.push({ title: 'Apply all safe fixes of CostLint', kind, data })
  }
  if (features.resolveEdit) return actions
  for (const action of actions)
    if (action.data !== undefined) action.edit = await editOf(action.data, target, features)
  return actions
}

async function findingsAt(
  target: Target,
  range: Range,
  features: ClientFeatures,
): Promise<{ finding: Finding; diagnostic: Diagnostic }[]> {
  const found: { finding: Finding; diagnostic: Diagnostic }[] = []
  for (const finding of target.outcome.findings.get(target.path) ?? []) {
    const place = await target.session.place(finding.location, target.outcome)
    if (place === undefined || place.uri !== target.text.uri || !touches(place.range, range)) continue
    const made = await diagnosticOf(target.session, finding, target.outcome, features)
    if (made !== undefined) found.push({ finding, diagnostic: made.diagnostic })
  }
  return found
}

/** Why a fix cannot be carried out in this editor; undefined: it can. */
function refusal(session: Session, fix: OfferedFix): string | undefined {
  if ('refused' in fix) return fix.refused
  const closed = fix.edits.find(
    (edit) => edit.location.cell !== null && session.isClosedNotebook(edit.location.path),
  )
  return closed && `Open ${closed.location.path} as a notebook first.`
}

async function fixActions(
  target: Target,
  finding: Finding,
  diagnostic: Diagnostic,
  features: ClientFeatures,
): Promise<CodeAction[]> {
  const actions: CodeAction[] = []
  const { uri, version } = target.text
  let preferred = false
  for (const [index, fix] of (await target.session.fixes(finding)).entries()) {
    const reason = refusal(target.session, fix)
    if (reason !== undefined || 'refused' in fix) {
      if (!features.disabledActions) continue
      const disabled = { reason: reason ?? '' }
      actions.push({
        title: fixTitle(fix),
        kind: CodeActionKind.QuickFix,
        diagnostics: [diagnostic],
        disabled,
      })
      continue
    }
    if (fix.edits.length === 0) continue
    const data: ActionData = { do: 'fix', uri, version, fingerprint: finding.fingerprint, index }
    const title = fixTitle(fix)
    const action: CodeAction = { title, kind: CodeActionKind.QuickFix, diagnostics: [diagnostic], data }
    // A sketch must not be what "auto fix" applies.
    if (!preferred && fix.safety !== 'display') {
      preferred = true
      if (features.preferredActions) action.isPreferred = true
    }
    actions.push(action)
  }
  return actions
}

function suppressActions(target: Target, finding: Finding, diagnostic: Diagnostic): CodeAction[] {
  const snapshot = target.outcome.snapshots.get(target.path)
  if (commentSign(target.path) === undefined || snapshot?.notebook === true) return []
  const { uri, version } = target.text
  const { rule, fingerprint } = finding
  const make = (what: string, action: ActionData['do']): CodeAction => ({
    title: `Disable ${rule} for this ${what}`,
    kind: CodeActionKind.QuickFix,
    diagnostics: [diagnostic],
    data: { do: action, uri, version, fingerprint, rule } satisfies ActionData,
  })
  const file = snapshot?.cells === undefined ? 'file' : 'notebook'
  return [make('line', 'suppress line'), make(file, 'suppress file')]
}

/** The edit of a listed action; rejects when the document has changed since. */
export async function editOf(
  data: ActionData,
  target: Target,
  features: ClientFeatures,
): Promise<WorkspaceEdit> {
  if (target.text.version !== data.version) throw stale()
  const { session, outcome } = target
  if (data.do === 'fix all' || data.do === 'fix notebook') {
    return workspaceEdit(session, outcome, await safeEdits(target, data.do === 'fix all'), features)
  }
  const finding = outcome.findings.get(target.path)?.find((one) => one.fingerprint === data.fingerprint)
  if (finding === undefined) throw stale()
  if (data.do === 'fix') {
    const fix = (await session.fixes(finding))[data.index ?? 0]
    if (fix === undefined || 'refused' in fix) throw stale()
    return workspaceEdit(session, outcome, fix.edits, features)
  }
  const { cell } = finding.location
  const at = (insertion: Insertion, inCell: number | null): TextEdit => ({
    location: { path: target.path, cell: inCell, start: insertion.offset, end: insertion.offset },
    newText: insertion.newText,
  })
  if (data.do === 'suppress line') {
    const edit = at(suppressLine(target.text.getText(), finding.location.start, finding.rule), cell)
    return workspaceEdit(session, outcome, [edit], features)
  }
  const cells = outcome.snapshots.get(target.path)?.cells
  // A cell magic must stay the first line of its cell, and a comment below it is text of another language.
  const home =
    cells === undefined
      ? null
      : Math.max(
          0,
          cells.findIndex((one) => !/^\s*%%/.test(one.text.getText())),
        )
  const text = home === null ? target.text : cells![home]!.text
  return workspaceEdit(session, outcome, [at(suppressFile(text.getText(), finding.rule), home)], features)
}

function stale(): ResponseError<void> {
  return new ResponseError(
    LSPErrorCodes.ContentModified,
    'The document has changed since the action was listed.',
  )
}

/** Edits of the preferred safe fix of each finding, as far as they do not get into each other's way. */
async function safeEdits(target: Target, ownTextOnly: boolean): Promise<TextEdit[]> {
  const taken: TextEdit[] = []
  for (const finding of target.outcome.findings.get(target.path) ?? []) {
    const place = await target.session.place(finding.location, target.outcome)
    if (ownTextOnly && place?.uri !== target.text.uri) continue
    const fix = (await target.session.fixes(finding))[0]
    if (fix === undefined || 'refused' in fix || fix.safety !== 'safe') continue
    if (!(await staysWithin(target, fix, ownTextOnly))) continue
    const fresh = fix.edits.filter((edit) => !taken.some((other) => isSameInsertion(edit, other)))
    if (fresh.some((edit) => taken.some((other) => collide(edit, other)))) continue
    taken.push(...fresh)
  }
  return taken
}

async function staysWithin(target: Target, fix: Fix, ownTextOnly: boolean): Promise<boolean> {
  for (const { location } of fix.edits) {
    if (location.path !== target.path) return false
    const place = await target.session.place(location, target.outcome)
    if (place === undefined || place.jsonCell !== null) return false
    if (ownTextOnly && place.uri !== target.text.uri) return false
  }
  return true
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

async function workspaceEdit(
  session: Session,
  outcome: Outcome,
  edits: readonly TextEdit[],
  features: ClientFeatures,
): Promise<WorkspaceEdit> {
  const byUri = new Map<string, TextDocumentEdit>()
  for (const edit of edits) {
    const place = await session.place(edit.location, outcome)
    // All or nothing: half a fix is worse than none.
    if (place === undefined || place.jsonCell !== null) throw stale()
    const { uri, version, range } = place
    const documentEdit = byUri.get(uri) ?? { textDocument: { uri, version }, edits: [] }
    documentEdit.edits.push({ range, newText: edit.newText })
    byUri.set(uri, documentEdit)
  }
  if (features.documentChanges) return { documentChanges: [...byUri.values()] }
  const changes: NonNullable<WorkspaceEdit['changes']> = {}
  for (const [uri, { edits: own }] of byUri) define(changes, uri, own as { range: Range; newText: string }[])
  return { changes }
}

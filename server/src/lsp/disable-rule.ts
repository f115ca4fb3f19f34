/** Switches a rule off for a whole project: in its configuration file. */
import type { TextDocumentEdit, WorkspaceEdit } from 'vscode-languageserver'
import { TextDocument } from 'vscode-languageserver-textdocument'
import { mentionsConfiguration } from '../linter.js'
import type { ClientFeatures } from './client-features.js'
import { stale } from './fix-edits.js'
import type { Snapshot } from './places.js'
import type { Outcome, Session } from './session.js'
import type { Insertion } from './suppress.js'

export interface Home {
  path: string
  /** Undefined: it has to be created. */
  snapshot: Snapshot | undefined
}

/** The file that holds the configuration of the project, or would; undefined: none can be written. */
export async function configurationHome(
  session: Session,
  outcome: Pick<Outcome, 'snapshots'>,
  { createFiles }: ClientFeatures,
): Promise<Home | undefined> {
  if (session.folder === null) return undefined
  for (const path of ['costlint.toml', '.costlint.toml']) {
    const snapshot = await session.snapshot(path, outcome)
    if (snapshot !== undefined) return { path, snapshot }
  }
  const project = await session.snapshot('pyproject.toml', outcome)
  const text = project?.text?.getText() ?? ''
  if (mentionsConfiguration(text) && ownTable.test(text)) return { path: 'pyproject.toml', snapshot: project }
  return createFiles ? { path: 'costlint.toml', snapshot: undefined } : undefined
}

export async function disableInConfiguration(
  session: Session,
  outcome: Pick<Outcome, 'snapshots'>,
  rule: string,
  features: ClientFeatures,
): Promise<WorkspaceEdit> {
  const home = await configurationHome(session, outcome, features)
  if (home === undefined) throw stale()
  return {
    documentChanges: editOfConfiguration(session, home, (text, isPyproject) =>
      ignoreRule(text, rule, isPyproject),
    ),
  }
}

/** An insertion into the configuration, which is made where there is none. */
export function editOfConfiguration(
  session: Session,
  { path, snapshot }: Home,
  insertion: (text: string, isPyproject: boolean) => Insertion,
): NonNullable<WorkspaceEdit['documentChanges']> {
  const uri = session.uriOf(path)
  const text = snapshot?.text ?? TextDocument.create(uri, 'toml', 0, '')
  const { offset, newText } = insertion(text.getText(), path === 'pyproject.toml')
  const at = text.positionAt(offset)
  const edit: TextDocumentEdit = {
    textDocument: { uri: snapshot?.uri ?? uri, version: snapshot?.version ?? null },
    edits: [{ range: { start: at, end: at }, newText }],
  }
  return snapshot === undefined ? [{ kind: 'create', uri, options: { ignoreIfExists: true } }, edit] : [edit]
}

const ownTable = /^[ \t]*\[[ \t]*tool[ \t]*\.[ \t]*costlint[ \t]*\][^\n]*\n?/m
const list = /^[ \t]*ignore[ \t]*=[ \t]*\[/m

/** One more rule in the list `ignore`, or the list. */
function ignoreRule(text: string, rule: string, isPyproject: boolean): Insertion {
  const start = rootOf(text, isPyproject)
  const rest = text.slice(start)
  const end = /^[ \t]*\[/m.exec(rest)?.index ?? rest.length
  const known = list.exec(rest.slice(0, end))
  if (known === null) return keyAtRoot(text, `ignore = ["${rule}"]`, isPyproject)
  const offset = start + known.index + known[0].length
  const isEmpty = /^\s*\]/.test(text.slice(offset))
  return { offset, newText: isEmpty ? `"${rule}"` : `"${rule}", ` }
}

/** A key before all tables, or at the start of our own. */
export function keyAtRoot(text: string, key: string, isPyproject: boolean): Insertion {
  const start = rootOf(text, isPyproject)
  const newline = text.includes('\r\n') ? '\r\n' : '\n'
  const gap = start > 0 && !text.slice(0, start).endsWith('\n') ? newline : ''
  return { offset: start, newText: `${gap}${key}${newline}` }
}

function rootOf(text: string, isPyproject: boolean): number {
  const header = isPyproject ? ownTable.exec(text) : null
  return header === null ? 0 : header.index + header[0].length
}

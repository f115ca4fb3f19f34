/** Adds a finding to the baseline of its project: it is known, and no longer shown. */
import type { TextDocumentEdit, WorkspaceEdit } from 'vscode-languageserver'
import type { Finding } from '../finding.js'
import { readBaseline, writeBaseline } from '../linter.js'
import type { ClientFeatures } from './client-features.js'
import { configurationHome, editOfConfiguration, keyAtRoot } from './disable-rule.js'
import { stale } from './fix-edits.js'
import type { Outcome, Session } from './session.js'

/** Where no configuration names one. */
const usual = 'costlint-baseline.json'

export function baselineOf(session: Session): string {
  return session.baselineFile ?? usual
}

/** Rejects where the baseline cannot be read. */
export async function addToBaseline(
  session: Session,
  outcome: Pick<Outcome, 'snapshots'>,
  finding: Finding,
  features: ClientFeatures,
): Promise<WorkspaceEdit> {
  const path = baselineOf(session)
  const uri = session.uriOf(path)
  const { rule, location, message, fingerprint, moved = fingerprint } = finding
  const snapshot = await session.snapshot(path, outcome)
  const entries = snapshot?.text === undefined ? [] : readBaseline(path, snapshot.text.getText()).entries
  const others = entries.filter((one) => one.path !== location.path || one.fingerprint !== fingerprint)
  const newText = writeBaseline([...others, { rule, path: location.path, message, fingerprint, moved }])
  const start = { line: 0, character: 0 }
  const end = snapshot?.text?.positionAt(snapshot.text.getText().length) ?? start
  const edit: TextDocumentEdit = {
    textDocument: { uri: snapshot?.uri ?? uri, version: snapshot?.version ?? null },
    edits: [{ range: { start, end }, newText }],
  }
  const named = session.baselineFile === undefined ? await nameIt(session, outcome, features) : []
  return {
    documentChanges: [
      ...(snapshot === undefined
        ? [{ kind: 'create' as const, uri, options: { ignoreIfExists: true } }]
        : []),
      edit,
      ...named,
    ],
  }
}

/** A baseline counts only where the configuration names it. */
async function nameIt(
  session: Session,
  outcome: Pick<Outcome, 'snapshots'>,
  features: ClientFeatures,
): Promise<NonNullable<WorkspaceEdit['documentChanges']>> {
  const home = await configurationHome(session, outcome, features)
  if (home === undefined) throw stale()
  return editOfConfiguration(session, home, (text, isPyproject) =>
    keyAtRoot(text, `baseline = "${usual}"`, isPyproject),
  )
}

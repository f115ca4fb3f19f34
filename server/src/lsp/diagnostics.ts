/** Findings as diagnostics of the protocol. */
import { type Diagnostic, DiagnosticSeverity } from 'vscode-languageserver'
import type { Finding } from '../finding.js'
import { problemText } from '../report/message.js'
import type { Severity } from '../rules/rule.js'
import type { ClientFeatures } from './client-features.js'
import type { Outcome, Session } from './session.js'

const severities: Record<Severity, DiagnosticSeverity> = {
  error: DiagnosticSeverity.Error,
  warning: DiagnosticSeverity.Warning,
  information: DiagnosticSeverity.Information,
  hint: DiagnosticSeverity.Hint,
}

/** Everything that an open file shows: its findings, and what is wrong with it where it is a configuration file. */
export async function diagnosticsOfOpen(
  session: Session,
  path: string,
  outcome: Outcome,
  features: ClientFeatures,
): Promise<Map<string, Diagnostic[]>> {
  return withProblems(
    session,
    path,
    outcome,
    await diagnosticsOf(session, outcome.findings.get(path) ?? [], outcome, features),
  )
}

/** The same of a closed file: a configuration file that is broken says so wherever one is. */
export async function diagnosticsOfClosed(
  session: Session,
  path: string,
  findings: readonly Finding[],
  outcome: Outcome,
  features: ClientFeatures,
): Promise<Map<string, Diagnostic[]>> {
  return withProblems(session, path, outcome, await diagnosticsOf(session, findings, outcome, features))
}

async function withProblems(
  session: Session,
  path: string,
  outcome: Outcome,
  found: Map<string, Diagnostic[]>,
): Promise<Map<string, Diagnostic[]>> {
  const problems = outcome.problems.filter((problem) => problem.path === path)
  if (problems.length === 0) return found
  const snapshot = await session.snapshot(path, outcome)
  if (snapshot?.text === undefined) return found
  const lines = snapshot.text.getText().split('\n')
  const diagnostics = problems.map(({ line: written, message }): Diagnostic => {
    const line = Math.min(Math.max(0, written - 1), lines.length - 1)
    const end = { line, character: lines[line]!.trimEnd().length }
    return {
      range: { start: { line, character: 0 }, end },
      severity: DiagnosticSeverity.Error,
      source: 'costlint',
      message,
    }
  })
  found.set(snapshot.uri, [...(found.get(snapshot.uri) ?? []), ...diagnostics])
  return found
}

/** Diagnostics by the URI that they belong to: the cells of a notebook are documents of their own. */
async function diagnosticsOf(
  session: Session,
  findings: readonly Finding[],
  outcome: Outcome,
  features: ClientFeatures,
): Promise<Map<string, Diagnostic[]>> {
  const byUri = new Map<string, Diagnostic[]>()
  for (const finding of findings) {
    const made = await diagnosticOf(session, finding, outcome, features)
    if (made === undefined) continue
    const list = byUri.get(made.uri)
    if (list === undefined) byUri.set(made.uri, [made.diagnostic])
    else list.push(made.diagnostic)
  }
  return byUri
}

export async function diagnosticOf(
  session: Session,
  finding: Finding,
  outcome: Outcome,
  features: ClientFeatures,
): Promise<{ uri: string; diagnostic: Diagnostic } | undefined> {
  const place = await session.place(finding.location, outcome)
  if (place === undefined) return undefined
  const diagnostic: Diagnostic = {
    range: place.range,
    severity: severities[finding.severity],
    code: finding.rule,
    source: 'costlint',
    message:
      place.jsonCell === null ? problemText(finding) : `Cell ${place.jsonCell}: ${problemText(finding)}`,
  }
  if (features.codeDescription) diagnostic.codeDescription = { href: features.rulePage(finding.rule) }
  if (features.diagnosticData) diagnostic.data = { fingerprint: finding.fingerprint }
  if (features.related && finding.related.length > 0) {
    diagnostic.relatedInformation = []
    for (const { location, message } of finding.related) {
      const related = await session.place(location, outcome)
      if (related === undefined) continue
      diagnostic.relatedInformation.push({ location: { uri: related.uri, range: related.range }, message })
    }
  }
  return { uri: place.uri, diagnostic }
}

/** A short name for a text: equal texts have equal names. */
function hash(text: string): string {
  let a = 0x811c9dc5
  let b = 0
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index)
    a = Math.imul(a ^ code, 0x01000193)
    b = (Math.imul(b, 31) + code) | 0
  }
  return `${(a >>> 0).toString(36)}${(b >>> 0).toString(36)}`
}

/** Names the state of a document that a client holds; the version is part of it, since editors move their squiggles. */
export function resultIdOf(version: number | null, diagnostics: readonly Diagnostic[]): string {
  return `${version ?? 'disk'}-${hash(JSON.stringify(diagnostics))}`
}

/**
 * What is stored of a run over other people's repositories: how many findings each rule had and a hash of each, none
 * of their code.
 */
import type { Finding } from '../../server/src/finding.js'
import type { Severity } from '../../server/src/rules/rule.js'

/** By rule and severity: how many, and the fingerprints, sorted, with spaces between. */
export type FolderSummary = Record<string, Partial<Record<Severity, { count: number; prints: string }>>>

/** By the name of the folder. */
export type Summary = Record<string, FolderSummary>

export interface Appeared {
  finding: Finding
  /** The severity that it had before, where only that changed. */
  was: Severity | null
}

export interface Disappeared {
  rule: string
  severity: Severity
  fingerprint: string
}

export interface Comparison {
  appeared: Appeared[]
  disappeared: Disappeared[]
}

/** The names of the severities, gravest first. */
export const severities: readonly Severity[] = ['error', 'warning', 'information', 'hint']

export function summarise(findings: readonly Finding[]): FolderSummary {
  const summary: FolderSummary = {}
  for (const rule of [...new Set(findings.map((finding) => finding.rule))].sort()) {
    const entry: FolderSummary[string] = {}
    for (const severity of severities) {
      const prints = findings
        .filter((finding) => finding.rule === rule && finding.severity === severity)
        .map((finding) => finding.fingerprint)
      if (prints.length > 0) entry[severity] = { count: prints.length, prints: prints.sort().join(' ') }
    }
    summary[rule] = entry
  }
  return summary
}

/** A finding whose severity changed has appeared; it has not disappeared as well. */
export function compare(before: FolderSummary, findings: readonly Finding[]): Comparison {
  const known = new Map<string, Severity>()
  for (const [rule, entry] of Object.entries(before)) {
    for (const severity of severities) {
      for (const fingerprint of entry[severity]?.prints.split(' ') ?? [])
        known.set(`${rule} ${fingerprint}`, severity)
    }
  }
  const appeared: Appeared[] = []
  for (const finding of findings) {
    const key = `${finding.rule} ${finding.fingerprint}`
    const was = known.get(key)
    known.delete(key)
    if (was !== finding.severity) appeared.push({ finding, was: was ?? null })
  }
  const disappeared = [...known].map(([key, severity]): Disappeared => {
    const [rule, fingerprint] = key.split(' ') as [string, string]
    return { rule, severity, fingerprint }
  })
  return { appeared, disappeared }
}

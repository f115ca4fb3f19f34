/** Findings that are known and no longer reported: a file that `costlint baseline` writes. */
import type { KnownFinding } from '../finding.js'

/** A baseline, as it is read. */
export interface Baseline {
  /** As the user named it. */
  name: string
  entries: readonly KnownFinding[]
}

/** The format of the file. */
const version = 1

export function writeBaseline(entries: readonly KnownFinding[]): string {
  const key = ({ path, rule, fingerprint }: KnownFinding) => `${path}\0${rule}\0${fingerprint}`
  const sorted = [...entries].sort((a, b) => (key(a) < key(b) ? -1 : key(a) > key(b) ? 1 : 0))
  const findings = sorted.map(({ rule, path, message, fingerprint, moved }) => ({
    path,
    rule,
    message,
    fingerprint,
    moved,
  }))
  return `${JSON.stringify({ version, tool: 'costlint', findings }, null, 2)}\n`
}

/** Throws an `Error` that says what is wrong. */
export function readBaseline(name: string, text: string): Baseline {
  let read: unknown
  try {
    read = JSON.parse(text)
  } catch (error) {
    throw new Error(`is no JSON: ${error instanceof Error ? error.message : String(error)}`)
  }
  if (!isRecord(read) || read.tool !== 'costlint' || !Array.isArray(read.findings))
    throw new Error('is no baseline of costlint')
  if (read.version !== version) throw new Error(`has version ${String(read.version)}, not ${version}`)
  return { name, entries: read.findings.map(entryOf) }
}

function entryOf(value: unknown, index: number): KnownFinding {
  const text = (key: keyof KnownFinding): string => {
    const held = isRecord(value) ? value[key] : undefined
    if (typeof held !== 'string') throw new Error(`finding ${index + 1} has no "${key}"`)
    return held
  }
  return {
    rule: text('rule'),
    path: text('path'),
    message: text('message'),
    fingerprint: text('fingerprint'),
    moved: text('moved'),
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

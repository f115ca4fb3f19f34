/**
 * Most edits change what one file says and nothing of how files are linked. What has been linked then holds for all
 * others, and nobody needs to ask them (an edit costs the same in a small project and in a large one).
 */
import type { FileRecord } from '../extraction/file-record.js'
import type { ModuleSummary } from '../python/module.js'

/** Files that somebody edits at a time; a checkout changes more. */
const most = 3

/**
 * Files that were read again since they were linked, each of which leads where it led before; null: the links have to be
 * made again.
 */
export function quietEdits(
  linked: ReadonlyMap<string, FileRecord>,
  records: ReadonlyMap<string, FileRecord>,
): string[] | null {
  if (linked.size !== records.size) return null
  const edited: string[] = []
  for (const [path, record] of records) {
    const before = linked.get(path)
    if (before === record) continue
    if (before === undefined || edited.length === most || !leadsAlike(before, record)) return null
    edited.push(path)
  }
  return edited
}

/** Of Python code all that others may learn without an analysis. */
function leadsAlike(before: FileRecord, now: FileRecord): boolean {
  if (before.filtered || now.filtered || before.imports === null || now.imports === null) return false
  return JSON.stringify(leading(before)) === JSON.stringify(leading(now))
}

function leading(record: FileRecord): Partial<FileRecord> {
  const {
    hash: _hash,
    lines: _lines,
    bytes: _bytes,
    problems: _problems,
    faults: _faults,
    syntaxError: _syntaxError,
    suppressions: _suppressions,
    ...rest
  } = record
  return rest
}

/** Whether links made of one summary hold for another one of a module that nobody imports. */
export function linksAlike(before: ModuleSummary, now: ModuleSummary): boolean {
  return JSON.stringify(linking(before)) === JSON.stringify(linking(now))
}

function linking(summary: ModuleSummary) {
  const { outward, derived, configurations, kept, loads, passesOn, isEntry, evidence } = summary
  return [outward, derived, configurations, kept, loads, passesOn, isEntry, evidence]
}

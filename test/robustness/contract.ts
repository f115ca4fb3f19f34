/** The JSON of `costlint check --output-format json`, checked against what docs/cli.md promises. */

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Finding } from '../../server/src/finding.js'
import { decode } from '../../server/src/text/decode.js'
import { notebookCells } from '../../server/src/text/notebook.js'

export interface JsonPosition {
  line: number
  column: number
}

export interface JsonPlace {
  path: string
  cell: number | null
  range: { start: JsonPosition; end: JsonPosition }
}

export interface JsonFinding extends JsonPlace {
  rule: string
  severity: string
  message: string
  saving: Finding['saving']
  fingerprint: string
  related: (JsonPlace & { message: string })[]
  fixes: { title: string; safety: string; edits: (JsonPlace & { newText: string })[] }[]
}

export interface JsonOutput {
  version: number
  findings: JsonFinding[]
  errors: { path: string; message: string }[]
  summary: {
    files: number
    filesLinted: number
    bySeverity: Record<string, number>
    byRule: Record<string, number>
  }
}

/** Parses the output of a check in `folder` and checks its shape and that every place exists. */
export function readOutput(stdout: string, folder: string): JsonOutput {
  const output: JsonOutput = JSON.parse(stdout)
  assert.equal(output.version, 1)
  for (const finding of output.findings) {
    assert.match(finding.rule, /^[a-z]+\/[a-z-]+$/)
    assert.match(finding.severity, /^(error|warning|information|hint)$/)
    assert.ok(finding.message.length > 0 && finding.fingerprint.length > 0)
    assertPlace(finding, folder)
    for (const place of finding.related) assertPlace(place, folder)
    for (const edit of finding.fixes.flatMap(({ edits }) => edits)) assertPlace(edit, folder)
  }
  for (const { path, message } of output.errors) assert.ok(path.length > 0 && message.length > 0)
  const counts: Record<string, number> = {}
  for (const { rule } of output.findings) counts[rule] = (counts[rule] ?? 0) + 1
  assert.deepEqual(output.summary.byRule, counts)
  return output
}

/** The lines of the file or cell that a place counts in. */
export function linesOf({ path, cell }: Pick<JsonPlace, 'path' | 'cell'>, folder: string): string[] {
  const decoded = decode(readFileSync(join(folder, path)))
  assert.ok(decoded.text !== undefined, `${path} cannot be decoded`)
  const text = cell === null ? decoded.text : notebookCells(decoded.text).cells[cell]?.text
  assert.ok(text !== undefined, `${path} has no cell ${cell}`)
  return text.split(/\r\n|\r|\n/)
}

function assertPlace(place: JsonPlace, folder: string): void {
  const lines = linesOf(place, folder)
  for (const { line, column } of [place.range.start, place.range.end]) {
    assert.ok(line >= 1 && line <= lines.length, `${place.path} has no line ${line}`)
    const columns = [...lines[line - 1]!].length + 1
    assert.ok(column >= 1 && column <= columns, `line ${line} of ${place.path} has no column ${column}`)
  }
}

/** The text of a place on one line, by its columns in code points. */
export function textAt(place: JsonPlace, folder: string): string {
  const { start, end } = place.range
  assert.equal(start.line, end.line)
  return [...linesOf(place, folder)[start.line - 1]!].slice(start.column - 1, end.column - 1).join('')
}

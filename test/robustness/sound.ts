/** What holds for every answer of the engine, whatever it was given. */
import assert from 'node:assert/strict'
import type { LintResult, Project } from '../../server/src/linter.js'
import type { Location } from '../../server/src/text/location.js'
import { sourceFile } from '../../server/src/text/source-fragments.js'

/** The text that a location counts in; undefined: there is none. */
function textOf(files: ReadonlyMap<string, string>, location: Location): string | undefined {
  const text = files.get(location.path)
  if (text === undefined) return undefined
  const { parts } = sourceFile(location.path, text)
  return parts.find((part) => part.cell === location.cell)?.text
}

function assertInside(files: ReadonlyMap<string, string>, location: Location, what: string): void {
  const text = textOf(files, location)
  assert.ok(text !== undefined, `${what} points to ${location.path}, cell ${location.cell}: not there`)
  const { start, end } = location
  assert.ok(
    Number.isInteger(start) && Number.isInteger(end) && 0 <= start && start <= end && end <= text.length,
    `${what} points to ${start}–${end} of ${text.length} in ${location.path}`,
  )
}

/** No fault; every finding, related place and edit lies inside the texts; each file has at most one error. */
export async function assertSound(
  project: Project,
  files: ReadonlyMap<string, string>,
  fixes = true,
): Promise<LintResult> {
  const result = await project.lint()
  assert.deepEqual(result.faults, [])
  const paths = result.errors.map(({ path }) => path)
  assert.deepEqual(paths, [...new Set(paths)], 'more than one error for a file')
  for (const finding of result.findings) {
    assertInside(files, finding.location, finding.rule)
    for (const { location } of finding.related)
      assertInside(files, location, `a place beside ${finding.rule}`)
    if (!fixes) continue
    for (const fix of await project.fixes(finding)) {
      if ('refused' in fix) continue
      for (const { location } of fix.edits) assertInside(files, location, `“${fix.title}”`)
    }
  }
  return result
}

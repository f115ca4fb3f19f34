/** From a finding's wishes to text: the claim's reader says what to write, `edit` says where. */

import { editsFor } from '../edit/apply.js'
import type { Change, Safety } from '../edit/write.js'
import type { Analyzer } from '../extraction/analyzer.js'
import type { Surroundings } from '../extraction/surroundings.js'
import type { Finding } from '../finding.js'
import type { OfferedFix } from '../lint.js'
import type { FixRequest } from '../rules/rule.js'
import type { SourceFile } from '../text/source-file.js'
import type { Claim } from '../workload/claim.js'
import { partText } from './result-stage.js'
import { isDenied, isExplained, isReferred } from './stated-reason.js'

const weakest: Safety[] = ['safe', 'unsafe', 'display']

/** One change out of several: as unsafe as its least safe part; over two files never safe. */
function combine(changes: Change[]): Change {
  const writes = changes.flatMap((change) => change.writes)
  let level = Math.max(...changes.map((change) => weakest.indexOf(change.safety)))
  if (new Set(writes.map((write) => write.path)).size > 1) level = Math.max(level, 1)
  return {
    // What another part of the fix takes along has nothing to write, and nothing to say.
    title: titleOf(changes.filter((change) => change.writes.length > 0)),
    safety: weakest[level]!,
    writes,
    imports: changes.flatMap((change) => change.imports),
  }
}

/** 'Ignore changes to documentation, and cancel the run of the previous change': whatever the fix does is named. */
function titleOf(changes: readonly Change[]): string {
  const [first = '', ...others] = new Set(changes.map(({ title }) => title))
  const more = others.map((title) => title.charAt(0).toLowerCase() + title.slice(1))
  const last = more.pop()
  return last === undefined ? first : `${[first, ...more].join(', ')}, and ${last}`
}

export async function materialise(
  finding: Finding,
  analyzer: Analyzer,
  load: (path: string) => Promise<SourceFile | undefined>,
  surroundingsOf: (claim: Claim) => Surroundings,
): Promise<OfferedFix[]> {
  const offered: OfferedFix[] = []
  for (const request of finding.requests) {
    const fix = await one(request, finding, analyzer, load, surroundingsOf)
    // Two wishes may be spelled the same.
    if (!offered.some((other) => isSame(other, fix))) offered.push(fix)
  }
  // What can be applied comes first; refusals say why at the end.
  return [...offered.filter((fix) => 'edits' in fix), ...offered.filter((fix) => 'refused' in fix)]
}

function isSame(a: OfferedFix, b: OfferedFix): boolean {
  return 'edits' in a && 'edits' in b && JSON.stringify(a.edits) === JSON.stringify(b.edits)
}

async function one(
  request: FixRequest,
  finding: Finding,
  analyzer: Analyzer,
  load: (path: string) => Promise<SourceFile | undefined>,
  surroundingsOf: (claim: Claim) => Surroundings,
): Promise<OfferedFix> {
  const item = finding.checklist[0] === undefined ? '' : ` (${finding.checklist[0]})`
  const { onlyIf } = request
  const condition = onlyIf === undefined ? '' : `, if ${onlyIf}`
  const named = (title: string): string => `${request.title ?? title}${condition}${item}`
  const changes: Change[] = []
  for (const { claim, value } of request.set) {
    const path = claim.site.path ?? claim.location.path
    const surroundings = surroundingsOf(claim)
    const [file, ...others] = await Promise.all([path, ...(surroundings.overlay?.origins ?? [])].map(load))
    if (file === undefined) return { title: named(claim.key), refused: `${path} cannot be read` }
    if (!others.every((one) => one !== undefined))
      return { title: named(claim.key), refused: `a file that is laid over ${path} cannot be read` }
    const change = analyzer.change(file, claim, value, surroundings, others, request.card)
    if ('reason' in change) return { title: named(claim.key), refused: change.reason }
    changes.push(change)
  }
  if (changes.length === 0)
    return { title: named('nothing to change'), refused: 'there is nothing to change' }
  const change = combine(changes)
  const files = new Map<string, SourceFile>()
  for (const path of new Set([...change.writes, ...change.imports].map((write) => write.path))) {
    const file = await load(path)
    if (file !== undefined) files.set(path, file)
  }
  const edits = editsFor(change, (path) => {
    const file = files.get(path)
    return file === undefined ? undefined : { source: file, trees: analyzer.trees.of(file) }
  })
  if (!Array.isArray(edits)) return { title: named(change.title), refused: edits.reason }
  // A comment that tells why the value is what it was has to be changed by whoever knows.
  const keys = change.writes.flatMap((write) => (write.kind === 'set keyword' ? [write.name] : []))
  const stale = edits.some(({ location, newText }) => {
    const { path, cell, start, end } = location
    const text = partText(files.get(path), cell)
    if (keys.length > 0 && isDenied(text, location, keys)) return true
    if (newText.trim() === '' && isReferred(text, location)) return true
    // A block that would do nothing any more is for its author to take apart.
    if (newText === 'pass') return true
    return start < end && newText !== '' && isExplained(text, location)
  })
  const asSketch = onlyIf !== undefined || stale
  return { title: named(change.title), safety: asSketch ? 'display' : change.safety, edits }
}

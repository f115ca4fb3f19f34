/** What the fixes of the workspace would change, as unified diffs. Nothing is written. */

import { applyFragmentEdits } from '../edit/fragment-edit.js'
import type { TextEdit } from '../edit/write.js'
import { matchSelectors } from '../linter.js'
import { isWithin } from '../text/location.js'
import { unifiedDiff } from '../text/unified-diff.js'
import { editsOf } from './fix-edits.js'
import { textOf } from './places.js'
import type { Session } from './session.js'

/** Request: `PreviewQuery` → the diff; empty: nothing to fix. */
export const previewRequest = 'costlint/preview'

export interface PreviewQuery {
  /** A file or folder, as findings name it; absent: everything. */
  path?: string
  /** Only fixes of this rule or family. */
  rule?: string
  /** Also fixes that may change numerics, convergence, cost or behaviour. */
  unsafe?: boolean
}

/** @param prefix what paths begin with where there are several folders */
export async function previewFixes(
  sessions: readonly { session: Session; prefix: string }[],
  { path, rule, unsafe = false }: PreviewQuery,
): Promise<string> {
  const asked = path?.replace(/^\.\//, '') ?? ''
  const diffs: string[] = []
  for (const { session, prefix } of sessions) {
    const reported = await session.reported()
    if (reported === undefined) continue
    const chosen = reported.source.findings.filter(
      (one) =>
        isWithin(prefix + one.location.path, asked) &&
        (rule === undefined || matchSelectors([rule], one.rule) !== undefined),
    )
    const edits = await editsOf(
      session,
      chosen,
      ({ safety }) => safety === 'safe' || (unsafe && safety === 'unsafe'),
    )
    for (const group of grouped(edits)) {
      const { location } = group[0]!
      const snapshot = await session.snapshot(location.path, reported)
      const text = snapshot && textOf(snapshot, location.cell)?.getText()
      if (text === undefined) continue
      const name = `${prefix}${location.path}${location.cell === null ? '' : `, cell ${location.cell}`}`
      diffs.push(unifiedDiff(`a/${name}`, `b/${name}`, text, applied(text, group)))
    }
  }
  return diffs.join('')
}

function grouped(edits: readonly TextEdit[]): TextEdit[][] {
  const groups = new Map<string, TextEdit[]>()
  for (const edit of edits) {
    const key = JSON.stringify([edit.location.path, edit.location.cell])
    const group = groups.get(key)
    if (group === undefined) groups.set(key, [edit])
    else group.push(edit)
  }
  return [...groups.values()]
}

function applied(text: string, edits: readonly TextEdit[]): string {
  return applyFragmentEdits(
    text,
    edits
      .map(({ location: { start, end }, newText }) => ({ start, end, text: newText }))
      .sort((a, b) => a.start - b.start || a.end - b.end),
  )
}

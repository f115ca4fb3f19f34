/** What the linter hands to the faces. */

import type { Safety, TextEdit } from './edit/write.js'
import type { Confidence, FixRequest, Saving, Severity } from './rules/rule.js'
import type { Location } from './text/location.js'

export interface Fix {
  title: string
  safety: Safety
  edits: TextEdit[]
}

export interface Finding {
  rule: string
  reader: string
  severity: Severity
  confidence: Confidence
  message: string
  location: Location
  checklist: string[]
  saving: Saving | null
  /** The job, pool or endpoint whose cost its share is of; the same in `CostEntry.id`. */
  billed?: string
  /** Where it is about one of several trainings of that job: which, and the share of the cost that is of this one. */
  billedPart?: { of: string; share: { low: number; high: number } }
  related: { location: Location; message: string }[]
  fingerprint: string
  /** The same without the path, which outlives a move to another file; absent: of the linter itself. */
  moved?: string
  /** Wishes that have not been turned into text yet (see `Linter.fixes`). */
  requests: FixRequest[]
}

/** A finding that is known, in a baseline. */
export interface KnownFinding {
  rule: string
  /** Relative to the project. */
  path: string
  message: string
  fingerprint: string
  moved: string
}

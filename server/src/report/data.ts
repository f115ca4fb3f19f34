/** What a report of costs shows, as plain data: it is sent to an editor, and made into HTML and Markdown. */
import type { Severity } from '../rules/rule.js'

export interface ReportPlace {
  path: string
  /** Of a notebook; null: not one. */
  cell: number | null
  /** 1-based; of a notebook, in its cell. */
  line: number
  column: number
  /** Of the file or the notebook, where an editor asks. */
  uri?: string
}

export interface ReportFinding extends ReportPlace {
  rule: string
  severity: Severity
  /** A sentence that stands alone. */
  message: string
  /** What follows it; may be empty. */
  details: string
  /** '$96–180 a run', '35–52 %'; null: not known. */
  saving: string | null
  /** What its dollars are for; null: only a share is known, or nothing. */
  per: 'hour' | 'run' | 'month' | null
  /** What stands behind the saving. */
  basis: string | null
  /** Of two findings the one that saves more has the larger number; dollars where these are known. */
  worth: number
  /** The first item of the checklist that it is about. */
  checklist: { id: string; title: string; section: string } | null
  /** `ReportJob.id` of what it is billed to. */
  job: string | null
  fingerprint: string
}

export interface ReportJob extends ReportPlace {
  id: string
  kind: string
  name: string
  machine: string
  /** '$2.70–3.50'; null: not known. */
  hourly: string | null
  hours: string
  cost: string
  saving: string | null
  per: 'run' | 'month'
  /** USD; null: not known. `high` null: at least `low`. */
  usd: { low: number; high: number | null } | null
  savedUsd: { low: number; high: number } | null
  /** Findings that are billed to it. */
  findings: number
  unknown: string[]
  assumptions: string[]
}

/** USD that following the findings of a section would save, of runs and of a month of what is always on. */
export interface ReportSection {
  title: string
  findings: number
  run: { low: number; high: number } | null
  month: { low: number; high: number } | null
}

export interface ReportSearch extends ReportPlace {
  /** '4 × 5 × 3 = 60'. */
  formula: string | null
  total: number
  lowerBound: boolean
  unit: string
}

export interface ReportMemory extends ReportPlace {
  model: string | null
  gpu: string
  /** Bytes on one device. */
  low: number
  expected: number
  high: number
  usable: number
  verdict: string
}

/** One report of several: how many findings of each severity it had. */
export interface ReportEntry {
  /** ISO date. */
  date: string
  error: number
  warning: number
  information: number
  hint: number
  /** As `ReportData.saving`. */
  saving: string | null
}

export interface ReportData {
  /** Of the project, or of several. */
  title: string
  version: string
  /** ISO date. */
  date: string
  files: number
  /** Files that hold something to judge. */
  filesLinted: number
  /** The dearest first; hints are among them. */
  findings: ReportFinding[]
  jobs: ReportJob[]
  sections: ReportSection[]
  searches: ReportSearch[]
  memory: ReportMemory[]
  /** What one run of each job costs, and a month of what is always on, as sentences. */
  totals: string[]
  /** What all of it would save, in a few words: '$40–90'; null: not known. */
  saving: string | null
  /** Earlier reports and this one, the oldest first; empty: nothing is known of earlier ones. */
  history: ReportEntry[]
}

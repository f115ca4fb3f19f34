/** What a check found, ready to be printed: paths as seen from the current folder, places in lines and columns. */

import { join, relative } from 'node:path'
import { applyFragmentEdits } from '../edit/fragment-edit.js'
import type { TextEdit } from '../edit/write.js'
import type { Finding, Fix } from '../finding.js'
import { toPosix } from '../host/node/host.js'
import {
  type CostEntry,
  type failOnValues,
  type LintError,
  type LintResult,
  type OfferedFix,
  type Project,
  type SilencedFinding,
  severities,
} from '../linter.js'
import type { Severity } from '../rules/rule.js'
import { isWithin, type Location } from '../text/location.js'
import { unifiedDiff } from '../text/unified-diff.js'
import type { LineTable, Range } from './positions.js'
import type { Texts } from './texts.js'

export interface Place {
  path: string
  cell: number | null
  range: Range
  /** The same in the file as it is on disk: of a notebook, in its JSON. */
  inFile: Range
}

export interface ShownFix {
  title: string
  safety: Fix['safety']
  edits: (Place & { newText: string })[]
  /** What it changes, as lines of a diff; absent: nobody asked. */
  diff?: string
}

export interface Shown extends Place {
  finding: Finding
  table: LineTable
  related: (Place & { message: string })[]
  fixes: ShownFix[]
  /** Fixes that cannot be offered, with the reason. */
  refused: { title: string; reason: string }[]
}

export interface Report {
  findings: Shown[]
  /** Findings that the user has silenced, where somebody asked for them. */
  suppressed: (Shown & Pick<SilencedFinding, 'by' | 'reason'>)[]
  errors: LintError[]
  faults: LintError[]
  problems: { path: string; line: number; message: string }[]
  /** Paths that were given and hold no file that could be checked, and why not. */
  unmatched: LintError[]
  /** Fixes that were taken back, and why. */
  notFixed: LintError[]
  files: number
  filesLinted: number
  failOn: FailOn | undefined
  /** Hints that were found and are not among `findings`. */
  hiddenHints: number
  /** What a baseline holds back, and its entries that are no longer found; absent: there is none. */
  baseline?: LintResult['baseline']
  /** What the jobs under the given paths cost. */
  costs: CostEntry[]
  /** A path of the project as it is shown. */
  display(path: string): string
  /** A path that is shown, as services see it that know the repository: from its top. */
  fromTop(path: string): string
}

export type FailOn = (typeof failOnValues)[number]

export interface ReportOptions {
  cwd: string
  root: string
  showHints: boolean
  showSuppressed?: boolean
  /** Whether the fixes come with what they change, as a diff. */
  changes?: boolean
  /** Where to look fixes up; absent: they are not shown. */
  fixes?: Project
  /** What the jobs cost, with what these findings would save; absent: it is not shown. */
  costs?(findings: readonly Finding[]): Promise<CostEntry[]>
  /** Of the project: only jobs in them are counted; absent: all. */
  paths?: readonly string[]
}

export async function createReport(
  result: LintResult,
  texts: Texts,
  options: ReportOptions,
): Promise<Report> {
  const display = (path: string) => toPosix(relative(options.cwd, join(options.root, path))) || '.'
  const place = async (location: Location): Promise<Place> => ({
    path: display(location.path),
    cell: location.cell,
    range: await texts.range(location),
    inFile: await texts.rangeInFile(location),
  })
  const findings: Shown[] = []
  const faults = [...result.faults]
  let hiddenHints = 0
  const shownOf = async (finding: Finding, project: Project | undefined): Promise<Shown> => {
    const offered = await offeredFixes(finding, project, faults)
    const fixes: ShownFix[] = []
    for (const fix of offered) {
      if ('refused' in fix) continue
      const edits: ShownFix['edits'] = []
      for (const edit of fix.edits) edits.push({ ...(await place(edit.location)), newText: edit.newText })
      const diff = options.changes === true ? await changesOf(fix, texts, display) : undefined
      fixes.push({ title: fix.title, safety: fix.safety, edits, ...(diff === undefined ? {} : { diff }) })
    }
    const related: Shown['related'] = []
    for (const each of finding.related)
      related.push({ ...(await place(each.location)), message: each.message })
    return {
      ...(await place(finding.location)),
      finding,
      table: await texts.table(finding.location),
      related,
      fixes,
      refused: refusals(offered),
    }
  }
  for (const finding of result.findings) {
    if (finding.severity === 'hint' && !options.showHints) hiddenHints++
    else findings.push(await shownOf(finding, options.fixes))
  }
  const suppressed: Report['suppressed'] = []
  for (const { finding, by, reason } of options.showSuppressed ? (result.silenced ?? []) : [])
    suppressed.push({ ...(await shownOf(finding, undefined)), by, reason })
  const renamed = <T extends { path: string }>(each: T): T => ({ ...each, path: display(each.path) })
  return {
    findings: findings.sort(compareShown),
    suppressed: suppressed.sort(compareShown),
    errors: result.errors.map(renamed),
    faults: faults.map(renamed),
    problems: (result.problems ?? []).map(renamed),
    unmatched: [],
    notFixed: [],
    files: result.files,
    filesLinted: result.filesLinted,
    failOn: result.failOn,
    hiddenHints,
    ...(result.baseline === undefined ? {} : { baseline: baselineShown(result.baseline, display) }),
    costs: await costsOf(result, options),
    display,
    fromTop: (path) => toPosix(relative(options.root, join(options.cwd, path))) || '.',
  }
}

async function costsOf(
  { findings }: LintResult,
  { costs, paths = [''] }: ReportOptions,
): Promise<CostEntry[]> {
  if (costs === undefined) return []
  const within = (path: string) => paths.some((each) => isWithin(path, each))
  return (await costs(findings)).filter(({ path, scripts }) => within(path) || scripts.some(within))
}

/** The lines that a fix changes, with the name of the file where it changes several. */
async function changesOf(fix: Fix, texts: Texts, display: (path: string) => string): Promise<string> {
  const places = new Map<string, TextEdit[]>()
  for (const edit of fix.edits) {
    const key = JSON.stringify([edit.location.path, edit.location.cell])
    const list = places.get(key)
    if (list === undefined) places.set(key, [edit])
    else list.push(edit)
  }
  const parts: string[] = []
  for (const edits of places.values()) {
    const { path, cell } = edits[0]!.location
    const { text } = await texts.table({ path, cell })
    const after = applyFragmentEdits(
      text,
      edits
        .map(({ location, newText }) => ({ start: location.start, end: location.end, text: newText }))
        .sort((a, b) => a.start - b.start || a.end - b.end),
    )
    const name = `${display(path)}${cell === null ? '' : `, cell ${cell}`}`
    const [from, , ...lines] = unifiedDiff(name, name, text, after).split('\n')
    if (places.size > 1) parts.push(from!)
    parts.push(...lines.slice(0, -1))
  }
  return parts.join('\n')
}

/** Two formats that are refused for the same reason are one thing to read. */
function refusals(offered: readonly OfferedFix[]): Shown['refused'] {
  const reasons = new Map<string, { title: string; reason: string }>()
  for (const fix of offered)
    if ('refused' in fix)
      reasons.set(`${fix.title}\n${fix.refused}`, { title: fix.title, reason: fix.refused })
  return [...reasons.values()]
}

/** A fault while a fix is worked out must not take the finding along. */
async function offeredFixes(
  finding: Finding,
  project: Project | undefined,
  faults: LintError[],
): Promise<OfferedFix[]> {
  if (project === undefined) return []
  try {
    return await project.fixes(finding)
  } catch (error) {
    const message = error instanceof Error ? (error.stack ?? error.message) : String(error)
    faults.push({ path: finding.location.path, message: `fixes of ${finding.rule}: ${message}` })
    return []
  }
}

function baselineShown(
  { name, known, stale }: NonNullable<LintResult['baseline']>,
  display: (path: string) => string,
): NonNullable<LintResult['baseline']> {
  return { name, known, stale: stale.map((entry) => ({ ...entry, path: display(entry.path) })) }
}

function mergedBaseline(reports: readonly Report[]): Pick<Report, 'baseline'> {
  const all = reports.flatMap(({ baseline }) => (baseline === undefined ? [] : [baseline]))
  if (all.length === 0) return {}
  return {
    baseline: {
      name: [...new Set(all.map(({ name }) => name))].join(', '),
      known: all.reduce((sum, each) => sum + each.known, 0),
      stale: all.flatMap((each) => each.stale),
    },
  }
}

/** Reports of several projects as one. */
export function mergeReports(reports: readonly Report[]): Report {
  const byPath = (a: { path: string }, b: { path: string }) => compareText(a.path, b.path)
  return {
    findings: reports.flatMap((each) => each.findings).sort(compareShown),
    suppressed: reports.flatMap((each) => each.suppressed).sort(compareShown),
    errors: reports.flatMap((each) => each.errors).sort(byPath),
    faults: reports.flatMap((each) => each.faults).sort(byPath),
    problems: reports.flatMap((each) => each.problems),
    unmatched: reports.flatMap((each) => each.unmatched),
    notFixed: reports.flatMap((each) => each.notFixed),
    files: reports.reduce((sum, each) => sum + each.files, 0),
    filesLinted: reports.reduce((sum, each) => sum + each.filesLinted, 0),
    failOn: reports.find((each) => each.failOn !== undefined)?.failOn,
    hiddenHints: reports.reduce((sum, each) => sum + each.hiddenHints, 0),
    ...mergedBaseline(reports),
    costs: reports.flatMap((each) => each.costs),
    display: (path) => path,
    // Several projects have no top in common but the current folder.
    fromTop: reports.length === 1 ? reports[0]!.fromTop : (path) => path,
  }
}

export function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

function compareShown(a: Shown, b: Shown): number {
  return (
    compareText(a.path, b.path) ||
    (a.cell ?? -1) - (b.cell ?? -1) ||
    a.finding.location.start - b.finding.location.start ||
    a.finding.location.end - b.finding.location.end ||
    compareText(a.finding.rule, b.finding.rule) ||
    compareText(a.finding.message, b.finding.message)
  )
}

/** Whether the severity counts as a failure. */
export function reachesLevel(severity: Severity, failOn: FailOn): boolean {
  return failOn !== 'never' && severities.indexOf(severity) <= severities.indexOf(failOn)
}

/** Why something is or is not reported: the subjects at a place, their settings, and what each rule makes of them. */

import type { Finding } from '../finding.js'
import { isTest } from '../judging/judge.js'
import type { JudgeStage } from '../judging/judge-stage.js'
import type { Severity } from '../rules/rule.js'
import type { Silence } from '../rules/silence.js'
import { isWithin, type Location, sameLocation } from '../text/location.js'
import type { SourceFile } from '../text/source-file.js'
import type { Channel, Effective, Evidence, SubjectView } from '../workload/claim.js'
import type { ResourceKind } from '../workload/resource-kinds.js'
import type { Hideable } from '../workload/unseen.js'
import { LineNumbers, type LinePlace } from './line-numbers.js'

export interface WhyQuery {
  /** A file or a folder; '': the whole project. */
  path: string
  /** Of a notebook, counted from 0 over all cells. */
  cell?: number
  /** 1-based; absent: the whole file, or the whole cell. */
  line?: number
  /** Only what this rule makes of it. */
  rule?: string
}

export interface Explanation {
  /** Why there are no subjects, or that they do not stand at the line; null: nothing to say. */
  note: string | null
  subjects: ExplainedSubject[]
}

export interface ExplainedSubject extends LinePlace {
  endLine: number
  kind: ResourceKind
  reader: string
  evidence: Evidence
  /** Why no rule judges it. */
  note: string | null
  /** Where its job and the commands that launch it are written. */
  job: LinePlace | null
  launches: LinePlace[]
  settings: ExplainedSetting[]
  /** What the project does not show of its runs, and what that could bring. */
  unseen: { what: string; could: readonly Hideable[] }[]
  rules: ExplainedRule[]
}

export interface ExplainedSetting {
  setting: string
  /** The framework's own word for it. */
  key: string
  state: 'known' | 'default' | 'unknown'
  /** Null: not known. */
  value: string | null
  because: string | null
  /** The condition under which it is this, as a clause; null: it depends on none. */
  when: string | null
  channel: Channel
  overridable: boolean
  /** The switch of the command line by which a launch may replace it: '--amp'; null: another way, or none. */
  option: string | null
  /** The value; where none is written, the place that would carry it. */
  place: LinePlace
  /** Launches in which it is so; null: in all of them. */
  launches: number | null
}

export interface ExplainedRule {
  rule: string
  /** `dropped`: reported by the rule, and not shown. */
  verdict: 'reported' | 'dropped' | 'silent'
  findings: (LinePlace & { severity: Severity; message: string })[]
  /** Why it is silent or not shown: one for each reason that differs between launches. */
  reasons: Silence[]
}

export interface WhyInput {
  judging: JudgeStage
  findings: readonly Finding[]
  isKnown(path: string): boolean
  isRead(path: string): boolean
  sourceOf(path: string): Promise<SourceFile | undefined>
}

export async function explain(query: WhyQuery, input: WhyInput): Promise<Explanation> {
  const lines = new LineNumbers(input.sourceOf)
  const found: ExplainedSubject[] = []
  for (const runs of await subjectsAt(query, input.judging, lines)) {
    const one = await explained(runs, query, input, lines)
    if (query.rule === undefined || one.rules.length > 0) found.push(one)
  }
  return { note: noteOn(query, found, input), subjects: found.sort(byPlace) }
}

type Runs = readonly SubjectView[]

async function subjectsAt(query: WhyQuery, judging: JudgeStage, lines: LineNumbers): Promise<Runs[]> {
  const all = judging.view().map(({ runs }) => runs)
  const inPath = all.filter(([view]) => isWithin(view!.subject.location.path, query.path))
  const inCell = ({ cell }: Location) => query.cell === undefined || cell === query.cell
  const own = inPath.filter(([view]) => inCell(view!.subject.location))
  const { line } = query
  if (line === undefined) return own.length > 0 ? own : inPath
  const there: Runs[] = []
  for (const runs of all) {
    const places = runs.flatMap(({ subject, settings, run: { job } }) => [
      { location: subject.location, whole: true },
      ...claimsOf(settings).map(({ location }) => ({ location, whole: false })),
      // A job is asked about at the line that it runs as well.
      ...(subject.kind === 'Compute' && job.launch !== null
        ? [{ location: job.launch.location, whole: true }]
        : []),
    ])
    for (const { location, whole } of places) {
      if (location.path !== query.path || !inCell(location)) continue
      const first = await lines.line(location, location.start)
      const last = whole ? await lines.line(location, Math.max(location.start, location.end - 1)) : first
      if (first > line || last < line) continue
      there.push(runs)
      break
    }
  }
  if (there.length > 0) return there
  return own.length > 0 ? own : inPath
}

function claimsOf(settings: SubjectView['settings']): Effective<unknown>[] {
  return Object.values<Effective<unknown> | undefined>(settings).filter((claim) => claim !== undefined)
}

function noteOn(
  { path, line, rule }: WhyQuery,
  found: readonly ExplainedSubject[],
  input: WhyInput,
): string | null {
  if (found.length > 0) {
    if (line === undefined || found.some((one) => standsAt(one, path, line))) return null
    return `nothing that costs was recognized at line ${line}; this is what the file holds`
  }
  const holds = input.judging
    .view()
    .some(({ runs }) => runs.some(({ subject }) => isWithin(subject.location.path, path)))
  if (rule !== undefined && holds) return `${rule} is about nothing that stands here`
  if (!input.isKnown(path)) return 'the file is not part of the project, or is excluded'
  if (!input.isRead(path)) return 'no framework or platform that CostLint knows is mentioned in the file'
  return 'nothing that costs was recognized in the file: no training, search, data pipeline, job, pool or endpoint'
}

function standsAt(one: ExplainedSubject, path: string, line: number): boolean {
  return (
    (one.path === path && one.line <= line && line <= one.endLine) ||
    [...one.settings.map(({ place }) => place), ...one.launches].some(
      (place) => place.path === path && place.line === line,
    )
  )
}

async function explained(
  runs: Runs,
  query: WhyQuery,
  input: WhyInput,
  lines: LineNumbers,
): Promise<ExplainedSubject> {
  // What is a trial in one launch is judged in the others.
  const { subject, run } = runs.find((one) => !isTest(one.subject)) ?? runs[0]!
  const launches: LinePlace[] = []
  for (const { run } of runs)
    if (run.job.launch !== null) launches.push(await lines.place(run.job.launch.location))
  const compute = run.job.compute?.subject
  const rules = await rulesOn(runs, query, input, lines)
  const unseen = new Map(
    runs.flatMap(({ run }) => run.unseen.map(({ what, could }) => [what, { what, could }] as const)),
  )
  return {
    kind: subject.kind,
    reader: subject.reader,
    ...(await lines.place(subject.location)),
    endLine: await lines.line(subject.location, Math.max(subject.location.start, subject.location.end - 1)),
    evidence: subject.evidence,
    note: isTest(subject) && rules.length === 0 ? 'a test is not judged' : null,
    job: compute === undefined || compute === subject ? null : await lines.place(compute.location),
    launches,
    settings: await settingsOf(runs, lines),
    unseen: [...unseen.values()],
    rules,
  }
}

interface Told {
  claim: Effective<unknown>
  when: string | null
}

/** Settings; of those that depend on a condition, each way in which it can turn out. */
function toldOf({ settings, choices = [] }: SubjectView): Told[] {
  const chosen = new Set(choices.map(({ setting }) => setting))
  return [
    ...claimsOf(settings).flatMap((claim) => (chosen.has(claim.setting) ? [] : [{ claim, when: null }])),
    ...choices.flatMap(({ subject, setting, reader, key, options }) =>
      options.map(({ value, when }) => ({ claim: { subject, setting, reader, key, ...value }, when })),
    ),
  ]
}

async function settingsOf(runs: Runs, lines: LineNumbers): Promise<ExplainedSetting[]> {
  const found = new Map<string, Told & { runs: number }>()
  for (const view of runs) {
    for (const told of toldOf(view)) {
      const { claim, when } = told
      const { path, cell, start } = claim.location
      const key = JSON.stringify([claim.setting, claim.state, shownValue(claim), when, path, cell, start])
      const before = found.get(key)
      if (before === undefined) found.set(key, { ...told, runs: 1 })
      else before.runs++
    }
  }
  const result: ExplainedSetting[] = []
  for (const { claim, when, runs: count } of found.values()) {
    const { setting, key, channel, overridable, location, state } = claim
    result.push({
      setting,
      key,
      state,
      value: shownValue(claim),
      because: claim.state === 'unknown' ? claim.because : null,
      when,
      channel,
      overridable,
      option: overridable ? (claim.option?.name ?? null) : null,
      place: await lines.place(location),
      launches: count === runs.length ? null : count,
    })
  }
  return result.sort((a, b) => (a.setting < b.setting ? -1 : a.setting > b.setting ? 1 : 0))
}

const longest = 100

function shownValue(claim: Effective<unknown>): string | null {
  if (claim.state === 'unknown') return null
  const { value } = claim
  if (value === null) return 'none'
  if (typeof value !== 'object') return String(value)
  const json = JSON.stringify(value, (key, inner: unknown) => (key === 'location' ? undefined : inner))
  return json.length > longest ? `${json.slice(0, longest)}…` : json
}

async function rulesOn(
  runs: Runs,
  query: WhyQuery,
  { judging, findings }: WhyInput,
  lines: LineNumbers,
): Promise<ExplainedRule[]> {
  const result: ExplainedRule[] = []
  const verdicts = judging.verdicts(runs)
  for (const [rule, { drafts, silences }] of verdicts) {
    if (query.rule !== undefined && rule !== query.rule) continue
    const shown = new Map<string, Finding>()
    const reasons = new Map<string, Silence>()
    for (const draft of drafts) {
      const { location } = draft
      const kept = findings.find((one) => one.rule === rule && sameLocation(one.location, location))
      // As it is reported: launches may differ in how much they make of it.
      if (kept !== undefined) shown.set(`${location.path}\0${location.cell}\0${location.start}`, kept)
      else {
        const text = judging.whyDropped(draft, verdicts)
        reasons.set(text, { text })
      }
    }
    const isShown = shown.size > 0
    if (!isShown && drafts.length === 0) for (const silence of silences) reasons.set(silence.text, silence)
    const told: ExplainedRule['findings'] = []
    for (const { location, severity, message } of shown.values())
      told.push({ ...(await lines.place(location)), severity, message })
    result.push({
      rule,
      verdict: isShown ? 'reported' : drafts.length > 0 ? 'dropped' : 'silent',
      findings: told,
      reasons: isShown ? [] : [...reasons.values()],
    })
  }
  const order = ['reported', 'dropped', 'silent']
  return result.sort(
    (a, b) => order.indexOf(a.verdict) - order.indexOf(b.verdict) || (a.rule < b.rule ? -1 : 1),
  )
}

function byPlace(a: ExplainedSubject, b: ExplainedSubject): number {
  if (a.path !== b.path) return a.path < b.path ? -1 : 1
  return (a.cell ?? -1) - (b.cell ?? -1) || a.line - b.line || (a.kind < b.kind ? -1 : 1)
}

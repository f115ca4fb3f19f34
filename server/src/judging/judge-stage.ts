/** Judges all runs of a project; what depends on nothing that changed is not judged again. */

import { type Configuration, defaultOptions } from '../host/configuration.js'
import { budgetRule } from '../host/own-rules.js'
import type { Linked } from '../linking/linker.js'
import { RunModules } from '../linking/run-modules.js'
import { buildRuns, type Judgement } from '../linking/runs.js'
import type { LintError } from '../lint.js'
import { readers } from '../readers/index.js'
import { rules } from '../rules/index.js'
import type { Silence } from '../rules/silence.js'
import { effective } from '../values/value.js'
import type { Extraction, SubjectView as JudgedSubject, Source } from '../workload/claim.js'
import { Bills } from './bill.js'
import { budgetDrafts } from './budget.js'
import { type Draft, judge, mergeRuns } from './judge.js'
import { moreSevere } from './severity.js'
import { isTry } from './tries.js'

interface SubjectView {
  from: readonly Source[]
  configuration: Configuration
  reachable: boolean
  drafts: Draft[]
  faults: LintError[]
}

/** What a rule makes of a subject in all its runs. */
export interface Verdict {
  drafts: Draft[]
  /** Of the runs of which it says nothing. */
  silences: Silence[]
}

const layers = new Map(readers.map((reader) => [reader.name, reader.layer ?? 0]))

export class JudgeStage {
  /** By subject. */
  private before = new Map<string, SubjectView>()
  private judgements: readonly Judgement[] = []
  private configuration: Configuration | null = null
  /** Of the last run. */
  bills: Bills = new Bills(() => defaultOptions, today())
  private reached: ReadonlySet<string> = new Set()

  run(
    linked: Linked,
    configuration: Configuration,
    reached: ReadonlySet<string>,
    faults: LintError[],
    betweenSubjects?: () => void,
  ): Draft[] {
    const importing = {
      extractions: linked.extractions,
      importedBy: (path: string) => linked.imported.get(path) ?? [],
      layerOf: (reader: string) => layers.get(reader) ?? 0,
    }
    const judgements = buildRuns({
      ...importing,
      launches: linked.launches,
      calls: linked.calls,
      entries: linked.entries,
      modules: new RunModules(importing),
      defaultHardware: (path) => configuration.forFile(path).options.defaultHardware,
    })
    this.judgements = judgements
    this.configuration = configuration
    this.bills = new Bills((path) => configuration.forFile(path).options, today(), configuration.measured)
    this.reached = reached
    const now = new Map<string, SubjectView>()
    const drafts: Draft[] = []
    for (const judgement of judgements) {
      betweenSubjects?.()
      const { id, location } = judgement.runs[0]!.subject
      const reachable = this.isReachable(location.path)
      const known = this.before.get(id)
      const fresh = known !== undefined && isFresh(known, judgement, configuration, reachable)
      const view = fresh ? known : this.judge(judgement, configuration, reachable)
      now.set(id, view)
      drafts.push(...view.drafts)
      faults.push(...view.faults)
    }
    this.before = now
    drafts.push(
      ...budgetDrafts(judgements, this.bills, configuration.budget).filter(({ location }) =>
        configuration.forFile(location.path).enabled(budgetRule),
      ),
    )
    // A script that is launched need not have been read by itself.
    const launched = linked.launches.flatMap(({ extraction }) => extraction ?? [])
    const said = [...linked.extractions.values(), ...launched]
    return onlyOnce(unsettled(withoutTwins(drafts), said), configuration)
  }

  /** Files that were judged together with this one: what is said of one depends on the other. */
  mates(path: string): Set<string> {
    const found = new Set<string>()
    for (const { runs, from } of this.judgements) {
      const own = runs[0]!.subject.location.path
      if (own !== path && !from.some((source) => source.path === path)) continue
      found.add(own)
      for (const source of from) found.add(source.path)
    }
    return found
  }

  /** Of the last run, by subject. */
  view(): readonly Judgement[] {
    return this.judgements
  }

  /** Of the last run: judges a subject once more, and keeps what is otherwise forgotten. By rule. */
  verdicts(runs: readonly JudgedSubject[]): Map<string, Verdict> {
    const found = new Map<string, Verdict>()
    const { configuration } = this
    if (configuration === null) return found
    for (const view of runs) {
      const told = new Map<string, Verdict>()
      const context = {
        configurationOf: (path: string) => configuration.forFile(path),
        reachable: (path: string) => this.isReachable(path),
        faults: [],
        bills: this.bills,
        today: today(),
        onVerdict: (rule: string, drafts: readonly Draft[], silence: Silence | undefined) => {
          const verdict = told.get(rule) ?? { drafts: [], silences: [] }
          told.set(rule, verdict)
          verdict.drafts.push(...drafts)
          if (drafts.length === 0 && silence !== undefined) verdict.silences.push(silence)
        },
      }
      const kept = judge(view, rules, context)
      for (const [rule, { drafts, silences }] of told) {
        const verdict = found.get(rule) ?? { drafts: [], silences: [] }
        found.set(rule, verdict)
        const own = kept.filter((draft) => draft.rule === rule)
        if (own.length > 0) verdict.drafts.push(...own)
        else if (drafts.length === 0) verdict.silences.push(...silences)
        // Told in some of the ways in which conditions can turn out, and not in all that matter.
        else if (silences.length > 0) verdict.silences.push(...silences.map(onCondition))
        else verdict.drafts.push(...drafts)
      }
    }
    return found
  }

  /** Why a draft of the last run, one of these verdicts, is no finding. */
  whyDropped({ rule, location, together }: Draft, verdicts: ReadonlyMap<string, Verdict>): string {
    const stronger = rules.find(
      ({ name, supersedes }) =>
        supersedes?.includes(rule) === true && (verdicts.get(name)?.drafts.length ?? 0) > 0,
    )
    if (stronger !== undefined) return `${stronger.name} says more about it`
    if (this.configuration?.reported(location.path) === false) return 'the configuration leaves this file out'
    const own = rules.find(({ name }) => name === rule)
    if (own?.settledBy !== undefined) return 'another file of the project does what the rule asks for'
    if (own?.oncePerProject === true || together !== undefined)
      return 'it is said once in the project, at another place'
    return 'a comment or the configuration suppresses it'
  }

  /** Something in the project runs the file. */
  isReachable(path: string): boolean {
    return this.reached.has(path) || !path.endsWith('.py')
  }

  private judge(judgement: Judgement, configuration: Configuration, reachable: boolean): SubjectView {
    const faults: LintError[] = []
    const context = {
      configurationOf: (path: string) => configuration.forFile(path),
      reachable: () => reachable,
      faults,
      bills: this.bills,
      today: today(),
    }
    const drafts = mergeRuns(judgement.runs.map((view) => judge(view, rules, context)))
    return { from: judgement.from, configuration, reachable, drafts, faults }
  }
}

function onCondition(silence: Silence): Silence {
  return { ...silence, text: `it depends on a condition whether this holds: ${silence.text}` }
}

/** ISO date. */
export function today(): string {
  return new Date().toISOString().slice(0, 10)
}

function isFresh(
  known: SubjectView,
  judgement: Judgement,
  configuration: Configuration,
  reachable: boolean,
): boolean {
  return (
    known.configuration === configuration &&
    known.reachable === reachable &&
    known.from.length === judgement.from.length &&
    known.from.every(({ said }, index) => said === judgement.from[index]!.said)
  )
}

/** A file that configures several runs is judged in each of them; one finding is enough: the most severe, and of these the dearest. */
function withoutTwins(drafts: Draft[]): Draft[] {
  const kept = new Map<string, Draft>()
  for (const draft of drafts) {
    const { path, cell, start, end } = draft.location
    // What is wrong with a pool is said once, however many jobs of the file run on it.
    const { pool } = draft
    const about =
      pool === undefined
        ? `${cell}\0${start}\0${end}`
        : `${pool.path}\0${pool.cell}\0${pool.start}\0${draft.message}`
    const key = `${draft.rule}\0${path}\0${about}`
    const before = kept.get(key)
    if (before === undefined || tellsMore(draft, before)) kept.set(key, draft)
  }
  return [...kept.values()]
}

function tellsMore(draft: Draft, other: Draft): boolean {
  return draft.severity === other.severity
    ? (draft.usd ?? 0) > (other.usd ?? 0)
    : moreSevere(draft.severity, other.severity)
}

const settling = new Map(
  rules.flatMap((rule) => (rule.settledBy === undefined ? [] : [[rule.name, rule.settledBy] as const])),
)

/** Without findings that something in another file of the project answers. */
function unsettled(drafts: Draft[], extractions: Iterable<Extraction>): Draft[] {
  const asked = new Set(drafts.map((draft) => draft.rule).filter((rule) => settling.has(rule)))
  if (asked.size === 0) return drafts
  const claims = [...extractions].flatMap((extraction) => extraction.claims)
  const settled = new Set(
    [...asked].filter((rule) => {
      const { setting, value } = settling.get(rule)!
      return claims.some((claim) => claim.setting === setting && effective(claim) === value)
    }),
  )
  return drafts.filter((draft) => !settled.has(draft.rule))
}

const saidOnce = new Set(rules.filter((rule) => rule.oncePerProject).map((rule) => rule.name))

/** More places than these tell nothing new. */
const mostPlaces = 20

/** Of the rules that speak once in a project, the finding is kept that is about most. */
function onlyOnce(drafts: Draft[], configuration: Configuration): Draft[] {
  const others = new Map<string, Draft[]>()
  for (const draft of drafts) {
    const key = keyOf(draft)
    if (key === undefined || !configuration.reported(draft.location.path)) continue
    const list = others.get(key)
    if (list === undefined) others.set(key, [draft])
    else list.push(draft)
  }
  const kept = new Map([...others].map(([key, list]) => [key, mostAtStake(list)]))
  return drafts.flatMap((draft) => {
    const key = keyOf(draft)
    if (key === undefined) return [draft]
    if (kept.get(key) !== draft) return []
    const rest = (others.get(key) ?? []).filter((one) => one !== draft)
    const also = rest.slice(0, mostPlaces).map(({ location }) => ({ location, message: 'the same here' }))
    return [also.length === 0 ? draft : { ...draft, related: [...draft.related, ...also] }]
  })
}

/** Findings with one key are told once; undefined: it stands for itself. */
function keyOf({ rule, together }: Draft): string | undefined {
  if (together !== undefined) return `${rule} ${together}`
  return saidOnce.has(rule) ? rule : undefined
}

/** Whatever is tried out comes last; then the more severe, what a job runs, the dearer, a script, the longer run of the larger network, the first by path. */
function mostAtStake(drafts: readonly Draft[]): Draft {
  // Bills say something of each other only.
  const priced = drafts.every(({ usd }) => usd !== undefined)
  return drafts.reduce((most, draft) => (comesFirst(draft, most, priced) ? draft : most))
}

function comesFirst(a: Draft, b: Draft, priced: boolean): boolean {
  if (triesOut(a) !== triesOut(b)) return triesOut(b)
  if (a.severity !== b.severity) return moreSevere(a.severity, b.severity)
  if (paidFor(a) !== paidFor(b)) return paidFor(a) > paidFor(b)
  if (priced && a.usd !== b.usd) return a.usd! > b.usd!
  if (isNotebook(a) !== isNotebook(b)) return isNotebook(b)
  if (a.extent !== b.extent) return (a.extent ?? 0) > (b.extent ?? 0)
  if (a.location.path !== b.location.path) return a.location.path < b.location.path
  return (a.location.cell ?? -1) < (b.location.cell ?? -1)
}

/** Somebody works in it, and sees how it goes. */
function isNotebook({ location: { path } }: Draft): boolean {
  return path.endsWith('.ipynb')
}

/** What a job runs on machines that it asks for comes before what nobody starts, or a service that is there anyway. */
function paidFor({ run: { job } }: Draft): number {
  if (job.compute !== null) return effective(job.compute.settings.service) === true ? 0 : 2
  return job.launch !== null ? 1 : 0
}

/** A try, or what only looks at the outcome of a training. */
function triesOut({ location: { path } }: Draft): boolean {
  return isTry(path) || test.test(path)
}

const test = /(^|[/_.-])tests?([/_.-]|$)/i

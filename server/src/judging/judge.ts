/** Rules judge runs. Severity is the rule's, lowered by evidence and by what a launch could still replace. */

import type { Bill } from '../estimate/bill.js'
import type { Finding } from '../finding.js'
import type { FileConfiguration } from '../host/configuration.js'
import type { LintError } from '../lint.js'
import { verdictOn } from '../measured/words.js'
import type { Confidence, Report, Rule, RuleContext } from '../rules/rule.js'
import type { Silence } from '../rules/silence.js'
import { isViewOf } from '../rules/subject-view.js'
import { languageOf } from '../text/language.js'
import { type Location, sameLocation } from '../text/location.js'
import { isFixture, isTestPath } from '../text/test-path.js'
import { effective } from '../values/value.js'
import { type World, worldsOf } from '../workload/choices.js'
import type { Run, Subject, SubjectView } from '../workload/claim.js'
import type { ResourceKind } from '../workload/resource-kinds.js'
import { unseenProgram } from '../workload/unseen.js'
import { type Bills, billKey, isBilledFor } from './bill.js'
import { inMoney } from './job-cost.js'
import { isClaim, likely, lower, moreSevere, saysNothing, severityOf, wasteOf } from './severity.js'
import { partOfBill } from './training-part.js'

/** A finding before fingerprint and suppression, with what it needs for them. */
export interface Draft extends Omit<Finding, 'fingerprint'> {
  scope: string
  subject: string
  run: Run
  /** `Report.together`. */
  together?: string
  /** `Report.extent`. */
  extent?: number
  /** What a run costs, or a month of what is always on; absent: not known. */
  usd?: number
  /** The pool that decides what it speaks of. */
  pool?: Location
}

export interface JudgeContext {
  configurationOf(path: string): FileConfiguration
  /** False for a module that defines things and that no entry point reaches. */
  reachable(path: string): boolean
  faults: LintError[]
  bills: Bills
  /** ISO 8601. */
  today: string
  /** Told what each rule says of a subject, or the last reason that it gave for saying nothing; absent: nobody asks. */
  onVerdict?(rule: string, drafts: readonly Draft[], silence: Silence | undefined): void
}

/** A test wastes little, unless what it asks for says otherwise: USD an hour, and a month of what is always on. */
const dearPerHour = 10
const dearPerMonth = 500

/** Machines that a launch file for tests asks for, and that nobody would call small. */
function isDear(view: SubjectView, bills: Bills): boolean {
  const { kind, evidence, location } = view.subject
  const asks = kind === 'Compute' || kind === 'Scaling' || kind === 'Serving' || kind === 'Operation'
  if (!asks || evidence.role !== 'job' || evidence.accelerator === 'none' || isFixture(location.path))
    return false
  const { rate, usd, per } = billOf(view, bills)
  if ((rate?.usd.low ?? 0) >= dearPerHour) return true
  return per === 'month' && (usd?.low ?? 0) >= dearPerMonth
}

const byKind = new WeakMap<readonly Rule[], Map<ResourceKind, Rule[]>>()

/** Rules that judge such a subject: few of all. */
function rulesFor(kind: ResourceKind, rules: readonly Rule[]): readonly Rule[] {
  const known = byKind.get(rules) ?? new Map<ResourceKind, Rule[]>()
  byKind.set(rules, known)
  let found = known.get(kind)
  if (found === undefined) {
    found = rules.filter(({ judges }) =>
      typeof judges === 'string' ? judges === kind : judges.includes(kind),
    )
    known.set(kind, found)
  }
  return found
}

export function isTest({ evidence, location }: Subject): boolean {
  return evidence.role === 'test' || isTestPath(location.path)
}

/**
 * All that the rules say about one subject in one run. Where settings depend on a condition, it is judged in every way in
 * which that can turn out: what holds in all of them is said as it is, what holds unless somebody decides otherwise
 * more quietly and with the condition.
 */
export function judge(view: SubjectView, rules: readonly Rule[], context: JudgeContext): Draft[] {
  const worlds = worldsOf(view.choices ?? [])
  if (worlds.length === 0) return judgeAssuming(view, rules, context)
  const told = worlds.map((world) => {
    const settings = { ...view.settings, ...world.settings } as SubjectView['settings']
    return { world, drafts: judgeAssuming({ ...view, settings, choices: [] }, rules, context) }
  })
  const usual = told.find(({ world }) => world.byDefault)
  return (usual ?? told[0]!).drafts.flatMap((draft) => {
    const others = told.filter(({ drafts }) => !drafts.some(({ rule }) => rule === draft.rule))
    if (others.length === 0) return draft
    if (usual === undefined) return []
    const unless = [...new Set(others.flatMap(({ world }) => distinctive(world, usual.world)))]
    const configured = context.configurationOf(view.subject.location.path).severity(draft.rule)
    const severity = configured ?? lower(draft.severity, 'information')
    const condition = unless.length === 0 ? '' : ` This holds unless ${unless.join(' or ')}.`
    return { ...draft, severity, message: `${draft.message}${condition}` }
  })
}

/** What is said of a job only because its image is taken to start a program of the project is said more quietly. */
function judgeAssuming(view: SubjectView, rules: readonly Rule[], context: JudgeContext): Draft[] {
  const drafts = judgeOne(view, rules, context)
  const { job, script } = view.run
  const assumed = view.subject.kind === 'Compute' ? job.launch?.assumed : undefined
  if (assumed === undefined || drafts.length === 0) return drafts
  const unseen = [unseenProgram(`what starts ${script ?? 'it'}`)]
  const run: Run = { ...view.run, script: null, unseen, subjects: [], job: { ...job, launch: null } }
  run.siblings = [run]
  const { onVerdict: _, ...quiet } = context
  const anyway = judgeOne({ ...view, run }, rules, quiet)
  return drafts.map((draft) => {
    const same = anyway.find(({ rule }) => rule === draft.rule)
    if (same !== undefined) return { ...draft, severity: same.severity }
    const related = [...draft.related, { location: assumed, message: 'what its image is assumed to start' }]
    const configured = context.configurationOf(view.subject.location.path).severity(draft.rule)
    return { ...draft, related, severity: configured ?? lower(draft.severity, 'information') }
  })
}

/** The conditions in which one world differs from the other. */
function distinctive(world: World, other: World): string[] {
  return world.when.filter((when) => !other.when.includes(when))
}

function judgeOne(view: SubjectView, rules: readonly Rule[], context: JudgeContext): Draft[] {
  const { subject } = view
  if (isTest(subject) && !isDear(view, context.bills)) return []
  const configuration = context.configurationOf(subject.location.path)
  const drafts: Draft[] = []
  for (const rule of rulesFor(subject.kind, rules)) {
    const before = drafts.length
    let silence: Silence | undefined
    const silent: RuleContext['silent'] = (reason) => {
      silence = typeof reason === 'string' ? { text: reason } : reason
    }
    const ruleContext: RuleContext = {
      options: configuration.optionsFor(rule.name),
      today: context.today,
      silent,
      report: (report) => {
        const reader = isClaim(report.at) ? report.at.reader : subject.reader
        if (!configuration.enabled(rule.name, reader)) return silent(`the rule is off for ${reader}`)
        const missing = isClaim(report.at) && report.at.state === 'default'
        const unrun = missing && subject.evidence.role !== 'job' && !context.reachable(subject.location.path)
        if (unrun && !isWhole(view))
          return silent('nothing in the project runs this module, and whoever does may set it')
        const location = isClaim(report.at) ? report.at.location : report.at
        if (languageOf(location.path) === 'markdown')
          return silent('it stands in a README, which only shows how the program may be started')
        const confidence: Confidence = report.confidence ?? 'high'
        const pool = poolOf(report, view)
        const bill = billOf(view, context.bills)
        const part = context.bills.partOf(view)
        const own = part === undefined ? bill : partOfBill(bill, part)
        const waste = wasteOf(rule, view, report.saving, own)
        const counted = isBilledFor(report, view.run)
        const verdict =
          rule.measuredBy === undefined ? null : verdictOn(rule.measuredBy, context.bills.recordsOf(view.run))
        const { money } = configuration.optionsFor(rule.name)
        const reasoned = isClaim(report.at) && report.at.reasoned === true
        const severity = severityOf(rule, view, report, waste, bill, own, money)
        const judged = unrun ? lower(severity, 'information') : severity
        drafts.push({
          rule: rule.name,
          reader,
          severity:
            configuration.severity(rule.name) ??
            (verdict?.says === 'contradicts' ? lower(judged, 'information') : judged),
          confidence,
          message: [
            report.message,
            verdict?.text,
            switchText(report),
            reasoned ? 'A comment beside it gives a reason.' : undefined,
          ]
            .filter((part) => part !== undefined)
            .join(' '),
          location,
          checklist: rule.checklist,
          saving:
            report.saving === undefined || saysNothing(report.saving)
              ? null
              : counted
                ? inMoney(report.saving, own, view, configuration.options, context.today)
                : report.saving,
          related: [
            ...(report.related ?? []),
            ...(pool === undefined ? [] : [{ location: pool, message: 'the pool that it runs on' }]),
          ],
          ...(pool === undefined ? {} : { pool }),
          ...(report.together === undefined ? {} : { together: report.together }),
          ...(report.extent === undefined ? {} : { extent: report.extent }),
          ...(bill.usd === null ? {} : { usd: likely(bill.usd) }),
          ...(counted ? { billed: billedBy(view) } : {}),
          ...(counted && part !== undefined ? { billedPart: { of: subject.id, share: part } } : {}),
          // What somebody chose for a reason is not changed by a command.
          requests: reasoned ? [] : (report.fixes ?? []),
          scope: subject.scope,
          subject: subject.id,
          run: view.run,
        })
      },
    }
    try {
      rule.check(view, ruleContext)
    } catch (error) {
      context.faults.push({
        path: subject.location.path,
        message: `rule ${rule.name}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
      })
    }
    context.onVerdict?.(rule.name, drafts.slice(before), silence)
  }
  return superseded(drafts, rules)
}

/**
 * Whoever calls it cannot give what is missing: a training with its loop over epochs, a loader beside that loop, a search with
 * its trials or its space. What is missing in one step of a library may be given around it.
 */
function isWhole(view: SubjectView): boolean {
  if (isViewOf(view, 'Training')) return view.settings.epochs !== undefined
  if (isViewOf(view, 'InputPipeline')) return view.settings.passes !== undefined
  if (!isViewOf(view, 'Search')) return false
  return effective(view.settings.trialSteps) !== undefined || effective(view.settings.space) !== undefined
}

/** What would make it otherwise, where that is a switch of the command line. */
function switchText({ at, message }: Report): string | undefined {
  const option = isClaim(at) && at.overridable ? at.option : undefined
  if (option === undefined) return undefined
  // `args.early` names it as well.
  const attribute = `.${option.name.replace(/^-+/, '').replaceAll('-', '_')}`
  if (message.includes(option.name) || message.includes(attribute)) return undefined
  return `\`${option.name}\` is ${option.on ? 'on' : 'off'} by default.`
}

function billOf(view: SubjectView, bills: Bills): Bill {
  if (isViewOf(view, 'Scaling') || isViewOf(view, 'Serving')) return bills.ofService(view)
  return bills.ofRun(view.run)
}

/** What the waste is a share of. */
function billedBy({ subject, run }: SubjectView): string {
  return subject.kind === 'Scaling' || subject.kind === 'Serving' ? subject.id : billKey(run)
}

/** The pool, for a finding about what it decides; undefined: the job decides it. */
function poolOf({ at }: Report, { run }: SubjectView): Location | undefined {
  return isClaim(at) && at.site.target?.kind === 'pool' ? run.job.pool : undefined
}

/** Where two rules speak of one subject, the more specific one wins, unless the other is the more severe. */
function superseded(drafts: Draft[], rules: readonly Rule[]): Draft[] {
  if (drafts.length < 2) return drafts
  const outdoes = (one: Draft, other: Draft): boolean =>
    rules.find((rule) => rule.name === one.rule)?.supersedes?.includes(other.rule) === true &&
    !moreSevere(other.severity, one.severity)
  return drafts.filter((draft) => !drafts.some((one) => outdoes(one, draft)))
}

/**
 * A subject judged in several runs: what all of them say is one finding; what only some say is told once, with the
 * launches that it holds for.
 */
export function mergeRuns(perRun: Draft[][]): Draft[] {
  if (perRun.length === 1) return perRun[0]!
  const merged = new Map<string, { draft: Draft; launches: Draft[] }>()
  for (const drafts of perRun) {
    for (const draft of drafts) {
      const { path, cell, start, end } = draft.location
      const key = `${draft.rule}\0${path}\0${cell}\0${start}\0${end}`
      const before = merged.get(key)
      if (before === undefined) merged.set(key, { draft, launches: [draft] })
      else {
        before.launches.push(draft)
        if (moreSevere(draft.severity, before.draft.severity)) before.draft = draft
      }
    }
  }
  return [...merged.values()].map(({ draft, launches }) => {
    if (launches.length === perRun.length) return draft
    const related = launches.flatMap(({ run }) =>
      // A finding on the launch line itself says where it holds.
      run.job.launch === null || sameLocation(run.job.launch.location, draft.location)
        ? []
        : [{ location: run.job.launch.location, message: 'holds for this launch' }],
    )
    return { ...draft, related: [...draft.related, ...related] }
  })
}

/**
 * What a rule is: one kind of waste, judged on the joined settings of one subject. A rule never names a framework;
 * it never reads text; it does not know where its findings are shown.
 */
import type { PriceSettings } from '../catalog/price-book.js'
import type { Change, Refusal } from '../edit/write.js'
import type { Concern } from '../measured/words.js'
import type { Location } from '../text/location.js'
import type { Claim, SubjectView } from '../workload/claim.js'
import type { ResourceKind } from '../workload/resource-kinds.js'
import type { Silence } from './silence.js'

export type Severity = 'error' | 'warning' | 'information' | 'hint'
export type Confidence = 'high' | 'medium' | 'low'

/** What following the advice would save. */
export interface Saving {
  /** Share of the cost of the subject, 0 to 1: lowest and highest. */
  fraction: [number, number]
  usd: {
    range: [number, number]
    per: 'hour' | 'run' | 'month'
    /** Of each machine; absent: of all that the finding is about. */
    each?: 'machine'
    asOf: string
    region: string
  } | null
  /** How it was computed, with its assumptions. */
  basis: string
}

/** A fix as a wish: set this claim's setting to this value. The claim's reader knows how that is spelled. */
export interface FixRequest {
  /** Shown with the checklist item; the reader's own title where absent. */
  title?: string
  set: { claim: Claim; value: unknown }[]
  /** The accelerator that it is for, where one is known: the code need not ask whether it can. */
  card?: string
  /** What only the user can know before it is right, as a clause; the fix is a sketch then. */
  onlyIf?: string
}

export interface Report {
  /** What should change: the claim's value, or the place that should carry it. */
  at: Claim | Location
  message: string
  /** Lower than the rule's own. */
  severity?: Severity
  /** By its kind, and by how often it is done, it is dear on any machine: a warning also where the rule's own word is less. */
  dear?: boolean
  /** Mostly a matter of cents: a hint, unless the bill of the run shows that it is more. */
  cents?: boolean
  confidence?: Confidence
  saving?: Saving
  /** Accelerators that a run needs at least for that to be saved; absent: any number. */
  savedFrom?: number
  /** Tried in order; the first that the reader does not refuse is the preferred one. */
  fixes?: FixRequest[]
  related?: { location: Location; message: string }[]
  /** Findings of the project with the same word are one, at the first place: one decision made them all. */
  together?: string
  /** How much is at stake, in any unit: of findings of which one is told, the one with the most of it. */
  extent?: number
}

export interface RuleContext {
  report(report: Report): void
  /** Says why the rule reports nothing, as one clause. Every return of a rule that has not reported gives a reason. */
  silent(reason: Silence | string): void
  /** Thresholds and facts from the user's configuration. */
  options: RuleOptions
  /** The day on which the check is made, ISO 8601: how far back a schedule reaches. */
  today: string
}

/** Null: nothing is said. */
export interface ToldRun {
  /** Samples of an epoch. */
  samples: number | null
  hours: { low: number; high: number } | null
}

/** USD of waste, per run or month, from which a finding is of that severity. */
export interface MoneyThresholds {
  information: number
  warning: number
  error: number
}

export interface RuleOptions {
  /** Accelerator that code without a job file runs on (`hardware.default`), catalogue name. */
  defaultHardware: string | null
  /** vCPUs of a machine that nobody names; absent: from a few to many. */
  assumedCpus?: number
  search: { warnFits: number; errorFits: number; minFits: number }
  lifecycle: { minEpochs: number }
  /** What machines cost the user. */
  prices: PriceSettings
  /** What the user says of the runs of a file (`[[runs]]`). */
  told: ToldRun
  money: MoneyThresholds
}

export interface Rule<W extends ResourceKind = ResourceKind> {
  /** `family/name`. */
  name: string
  /** One word, or several where one kind of waste is seen on different things. */
  judges: W | readonly W[]
  /** Checklist items that following the rule carries out. */
  checklist: string[]
  severity: Severity
  /** What it finds, as a noun phrase: its row in the list of rules. */
  finds: string
  /** One sentence: what is wasted. */
  summary: string
  /** Rules that say less about the same subject: their findings on it are dropped. */
  supersedes?: string[]
  /** A habit rather than a slip: said once in a project, at the place where it matters most. */
  oncePerProject?: boolean
  /** Some of its findings in several files are told together (`Report.together`). */
  tellsTogether?: true
  /** Its findings are dropped where anything in the project claims this: another file does what the rule asks for. */
  settledBy?: { setting: string; value: string | number | boolean }
  /**
   * What its saving is won from, where several rules win from the same: a cheaper machine is not sped up as the present one
   * would be, and data that workers read ahead is not waited for. Of one kind the largest saving counts.
   */
  overlaps?: 'machine' | 'trials' | 'loading'
  /** What it finds takes time that the estimate of a run does not count, so the bill is no bound of the waste. */
  beyondBill?: true
  /** What it finds loses a run at worst, so its bill bounds the waste. */
  losesRun?: true
  /** What measurements of a run can support or contradict it. */
  measuredBy?: Concern
  /** Readers for which it is off by default, with the measured precision. */
  offFor?: Record<string, string>
  check(view: SubjectView<W>, context: RuleContext): void
}

/** Ties the setting names that `check` may use to the word the rule judges. */
export function defineRule<W extends ResourceKind>(rule: Rule<W>): Rule<W> {
  return rule
}

export type MaterialisedFix = Change | Refusal

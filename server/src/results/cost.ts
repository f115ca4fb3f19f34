/** What the jobs of a project cost, entry by entry, and what following the findings would save of it. */
import { type Bill, month, type OpenInterval } from '../estimate/bill.js'
import type { MachineRequest } from '../estimate/hourly.js'
import type { Interval } from '../estimate/network.js'
import { SavedShares } from '../estimate/saved-shares.js'
import type { Finding } from '../finding.js'
import { budgetRule } from '../host/own-rules.js'
import {
  type Bills,
  billKey,
  isAlwaysOn,
  isSession,
  launched,
  takesAllDevices,
  zonesOf,
} from '../judging/bill.js'
import { isTest } from '../judging/judge.js'
import { trainingsOf } from '../judging/run-trainings.js'
import { fitsText } from '../judging/search-times.js'
import type { Judgement } from '../linking/runs.js'
import { rules } from '../rules/index.js'
import { requestOf, servingRequest } from '../rules/machine-request.js'
import type { Saving } from '../rules/rule.js'
import { poolRequest } from '../rules/scaling/pool-words.js'
import { isViewOf, subjectsOf } from '../rules/subject-view.js'
import type { Location } from '../text/location.js'
import type { SourceFile } from '../text/source-file.js'
import { effective } from '../values/value.js'
import type { Run, SubjectView } from '../workload/claim.js'
import { type Priced, withoutAlternatives } from './alternatives.js'
import { LineNumbers } from './line-numbers.js'

/** `training`: of a script that no job starts; `notebook`: on a machine that is there while somebody works in it. */
export type CostKind = 'job' | 'training' | 'notebook' | 'service' | 'endpoint' | 'pool'

/**
 * `bounded`: only what it costs at most, since the platform ends it, or since it may shrink to nothing. `no count`: so many
 * machines as somebody decides elsewhere.
 */
export type CostState =
  | 'priced'
  | 'bounded'
  | 'no length'
  | 'no price'
  | 'no machine'
  | 'no count'
  | 'starts nothing'

export interface CostEntry {
  kind: CostKind
  id: string
  name: string
  path: string
  cell: number | null
  /** 1-based. */
  line: number
  /** Programs of the project that it runs. */
  scripts: string[]
  instanceType: string | null
  gpuModel: string | null
  /** Per machine; null: not known. */
  gpus: number | null
  machines: number | null
  spot: boolean
  region: string
  per: 'run' | 'month'
  /** USD; null: not known. */
  usdPerHour: Interval | null
  hours: OpenInterval | null
  usd: OpenInterval | null
  /** What a run over so many samples takes, where only their number is not known. */
  ofSamples: Bill['ofSamples']
  /** Of the hours of a run: its steps, and what it does beside them; empty: that is not known. */
  lines: Bill['lines']
  /** USD that the findings would save of it; null: not known, or nothing. */
  saving: Interval | null
  /** A clock starts it so often; `usd`: what its runs of a month cost, null: not known. Null: somebody starts it. */
  schedule: { seconds: number; usd: OpenInterval | null } | null
  state: CostState
  /** What is not known, and what would make it known. */
  unknown: string[]
  assumptions: string[]
  /** Where it breaks the limits of `[budget]`, a sentence each. */
  budget: string[]
  /** The pool whose machines it takes, an entry of its own that holds what they cost. */
  onPool?: string
}

export interface CostInput {
  judgements: readonly Judgement[]
  bills: Bills
  findings: readonly Finding[]
  /** Something in the project runs the module. */
  reaches(path: string): boolean
  /** It is started by hand. */
  isEntry(path: string): boolean
  sourceOf(path: string): Promise<SourceFile | undefined>
}

export async function costEntries(input: CostInput): Promise<CostEntry[]> {
  const { judgements, bills } = input
  const lines = new LineNumbers(input.sourceOf)
  const place = async (location: Location) => ({
    path: location.path,
    cell: location.cell,
    line: await lines.line(location, location.start),
  })
  const found: CostEntry[] = []
  const clocks = judgements.flatMap(({ runs: [view] }) =>
    view !== undefined && isViewOf(view, 'Pipeline') && (effective(view.settings.interval) ?? 0) > 0
      ? [view]
      : [],
  )
  const runs = new Map<string, Run>()
  const services: Priced[] = []
  const jobs: Priced[] = []
  const pools = new Map<string, string>()
  for (const judgement of judgements) {
    for (const view of judgement.runs) {
      if (isTest(view.subject)) continue
      if (isViewOf(view, 'Scaling') || isViewOf(view, 'Serving')) {
        if (view === judgement.runs[0] && hasMachine(view))
          services.push({ view, entry: await ofService(view, input, place) })
        continue
      }
      const run = view.run.siblings[0] ?? view.run
      if (!runs.has(billKey(run))) runs.set(billKey(run), run)
    }
  }
  found.push(...withoutAlternatives(services))
  // What asks for machines starts the work elsewhere.
  const starters = new Set(
    judgements.flatMap(({ runs: [view] }) =>
      view !== undefined && isViewOf(view, 'Compute') ? [view.subject.location.path] : [],
    ),
  )
  const sweeps = servedSweeps([...runs.values()])
  for (const run of withoutParts([...runs.values()], input, starters)) {
    if (sweeps.has(billKey(run))) continue
    const { compute, launch } = run.job
    const trainings = trainingsOf(run).flat()
    const unread = trainings.length > 0 ? null : unreadWork(run, starters)
    if (compute === null && trainings.length === 0 && unread === null) continue
    const request = compute === null ? {} : requestOf(compute)
    const bill = bills.ofRun(run)
    const location =
      compute?.subject.location ??
      launch?.location ??
      trainings[0]?.subject.location ??
      unread!.subject.subject.location
    const scripts = [...new Set(run.siblings.flatMap(({ script }) => script ?? []))]
    const always = compute !== null && isAlwaysOn(compute)
    const entry: CostEntry = {
      kind: kindOf(run),
      id: billKey(run),
      name: nameOf(run),
      ...(await place(location)),
      scripts,
      ...machineOf(machinesOf(run, request)),
      ...(takesAllDevices(run) ? { gpus: null } : {}),
      spot: bill.rate?.spot ?? false,
      region: bill.rate?.region ?? '',
      per: bill.per,
      usdPerHour: bill.rate?.usd ?? null,
      hours: bill.hours,
      usd: bill.usd,
      ofSamples: bill.ofSamples,
      lines: bill.lines,
      saving: null,
      schedule: compute === null ? null : scheduleOf(compute, clocks, bill),
      state: stateOf(bill, always || trainings.length > 0, scripts.length > 0, compute === null, request),
      unknown: unknownOf(
        run,
        bill.unknown,
        trainings.length > 0 || (bill.hours !== null && !bill.limitOnly),
        unread?.unknown ?? null,
      ),
      assumptions: bill.assumptions,
      budget: [],
    }
    jobs.push({ view: compute, entry })
    if (run.job.pool !== undefined) pools.set(keyOf(entry), keyOf(await place(run.job.pool)))
  }
  found.push(...withoutAlternatives(jobs))
  const findings = input.findings.map((one) => {
    const agent = one.billed === undefined ? undefined : sweeps.get(one.billed)
    return agent === undefined ? one : { ...one, billed: agent }
  })
  const entries = onPools(withoutDoubles(found), pools)
  return withSavings(entries, findings).sort((a, b) =>
    a.path === b.path ? a.line - b.line : a.path < b.path ? -1 : 1,
  )
}

/** What a script takes that no job starts is not known, except that it takes no accelerator. */
function machinesOf(run: Run, request: MachineRequest): MachineRequest {
  const { compute, launch } = run.job
  if (compute !== null) return request
  const taken = launched(run)
  return launch !== null || taken.gpus === 0 ? taken : request
}

/** Sweeps whose runs an agent of the project makes, each with the job of the first: the agent is billed for them. */
function servedSweeps(runs: readonly Run[]): Map<string, string> {
  const found = new Map<string, string>()
  for (const run of runs)
    for (const { job } of run.siblings) {
      const sweep = job.launch?.sweepOf
      if (sweep !== undefined && !found.has(sweep)) found.set(sweep, billKey(run))
    }
  return found
}

/** The clock that starts the job: the one of its name, or the only one of its file. */
function scheduleOf(
  { subject, settings }: SubjectView<'Compute'>,
  clocks: readonly SubjectView<'Pipeline'>[],
  { usd, per }: Bill,
): CostEntry['schedule'] {
  const near = clocks.filter((one) => one.subject.location.path === subject.location.path)
  const name = effective(settings.name)
  const named = near.filter((one) => name !== undefined && effective(one.settings.name) === name)
  const [clock, ...others] = named.length > 0 ? named : near
  if (clock === undefined || others.length > 0 || per === 'month') return null
  const seconds = effective(clock.settings.interval)!
  const times = (month * 3600) / seconds
  return {
    seconds,
    usd: usd === null ? null : { low: usd.low * times, high: usd.high === null ? null : usd.high * times },
  }
}

/** A deployment that serves is a request for machines as well; as an endpoint it has its replicas. */
function withoutDoubles(entries: readonly CostEntry[]): CostEntry[] {
  const endpoints = new Set(entries.filter(({ kind }) => kind === 'endpoint').map(keyOf))
  return entries.filter((entry) => entry.kind !== 'service' || !endpoints.has(keyOf(entry)))
}

type Placed = Pick<CostEntry, 'path' | 'cell' | 'line'>

const keyOf = ({ path, cell, line }: Placed): string => `${path}\0${cell}\0${line}`

/** @param pools by the place of what runs on it, the place of the pool */
function onPools(entries: readonly CostEntry[], pools: ReadonlyMap<string, string>): CostEntry[] {
  const priced = new Map(
    entries.flatMap((one) => (one.kind === 'pool' && one.usd !== null ? [[keyOf(one), one] as const] : [])),
  )
  return entries.map((entry) => {
    const pool = entry.per === 'month' ? priced.get(pools.get(keyOf(entry)) ?? '') : undefined
    if (pool === undefined || pool === entry) return entry
    const text = `on machines of the pool in ${pool.path}:${pool.line}, which hold what it costs`
    return { ...entry, onPool: pool.id, assumptions: [...entry.assumptions, text] }
  })
}

/** Modules whose training another program runs are part of that program. */
function withoutParts(
  runs: readonly Run[],
  { reaches, isEntry }: CostInput,
  starters: ReadonlySet<string>,
): Run[] {
  const elsewhere = new Set(
    runs.flatMap(({ siblings }) =>
      siblings.flatMap((one) =>
        subjectsOf(one, 'Training')
          .filter(({ subject }) => subject.location.path !== one.script)
          .map(({ subject }) => subject.id),
      ),
    ),
  )
  return runs.filter(
    (run) =>
      run.job.id !== null ||
      run.job.launch !== null ||
      (trainingsOf(run).length === 0 &&
        unreadWork(run, starters) !== null &&
        (run.script === null || isEntry(run.script))) ||
      trainingsOf(run)
        .flat()
        .some(({ subject }) =>
          subject.location.path === run.script
            ? reaches(run.script) && (isEntry(run.script) || !elsewhere.has(subject.id))
            : isEntry(run.script ?? ''),
        ),
  )
}

function kindOf({ job: { compute, launch } }: Run): CostKind {
  if (compute === null) return launch === null ? 'training' : 'job'
  if (isSession(compute)) return 'notebook'
  return isAlwaysOn(compute) ? 'service' : 'job'
}

interface UnreadWork {
  subject: SubjectView
  /** What would make its length known. */
  unknown: string
}

/** What a run trains or searches for, where no reader knows the loop or the library that does it; null: nothing. */
function unreadWork(run: Run, starters: ReadonlySet<string>): UnreadWork | null {
  for (const one of run.siblings) {
    const path = one.script ?? one.job.launch?.location.path ?? one.subjects[0]?.subject.location.path
    if (path === undefined || starters.has(path)) continue
    const here = one.subjects.filter(
      ({ subject }) => subject.location.path === path && subject.evidence.role !== 'test',
    )
    const search = here.find((view): view is SubjectView<'Search'> => isViewOf(view, 'Search'))
    if (search !== undefined) {
      const fits = effective(search.settings.unit) === 'fit' ? fitsText(one) : null
      const unit = effective(search.settings.unit) === 'fit' ? 'fit' : 'trial'
      return {
        subject: search,
        unknown:
          fits === null
            ? `how long one ${unit} of the search in ${path} takes`
            : `how long one fit takes of the ${fits} that ${path} searches by`,
      }
    }
    const program = here.find((view): view is SubjectView<'Program'> => isViewOf(view, 'Program'))
    if (program !== undefined && effective(program.settings.startsTraining) === true)
      return { subject: program, unknown: `how long ${path} trains: its loop is not one that is read` }
  }
  return null
}

/** What the bill does not know, and why a job has no hours. */
function unknownOf(
  { job, script }: Run,
  unknown: readonly string[],
  trains: boolean,
  unread: string | null,
): string[] {
  if (!trains && unread !== null && (job.compute === null || script !== null)) return [...unknown, unread]
  if (trains || job.compute === null || isAlwaysOn(job.compute)) return [...unknown]
  if (isSession(job.compute)) return [...unknown, 'how long the notebook is open']
  return [
    ...unknown,
    script === null
      ? 'what it starts: no program of this repository'
      : `how long ${script} takes, which trains nothing that can be read`,
  ]
}

function nameOf({ job, script }: Run): string {
  const { compute, launch } = job
  const program = launch?.program
  return (
    (compute === null ? undefined : effective(compute.settings.name)) ??
    script ??
    program?.path ??
    program?.module ??
    program?.command ??
    compute?.subject.scope ??
    ''
  )
}

function machineOf(
  request: MachineRequest,
): Pick<CostEntry, 'instanceType' | 'gpuModel' | 'gpus' | 'machines'> {
  return {
    instanceType: request.instanceType ?? null,
    gpuModel: request.gpuModel ?? null,
    gpus: request.gpus ?? null,
    machines: request.nodes ?? null,
  }
}

function hasMachine(view: SubjectView<'Scaling'> | SubjectView<'Serving'>): boolean {
  const { machine, gpus } = view.settings
  return effective(machine) !== undefined || (effective(gpus) ?? 0) > 0
}

function stateOf(
  { rate, usd, limitOnly, per }: Pick<ReturnType<Bills['ofRun']>, 'rate' | 'usd' | 'limitOnly' | 'per'>,
  works: boolean,
  starts: boolean,
  alone: boolean,
  request: MachineRequest,
): CostState {
  // A pool that may shrink to nothing costs what it is used for.
  const open = usd !== null && usd.low === 0 && (usd.high === null || usd.high > 0)
  if (usd !== null && !limitOnly && !open) return 'priced'
  if (usd !== null) return 'bounded'
  if (!starts && !works) return 'starts nothing'
  if (rate !== null && per === 'month') return 'no count'
  if (rate !== null || alone) return 'no length'
  return request.instanceType !== undefined || request.gpuModel !== undefined ? 'no price' : 'no machine'
}

function machinesIn(settings: SubjectView<'Scaling'>['settings']): number | undefined {
  const minimum = effective(settings.minimum)
  return minimum === undefined ? undefined : minimum * zonesOf(settings)
}

async function ofService(
  view: SubjectView<'Scaling'> | SubjectView<'Serving'>,
  { bills }: CostInput,
  place: (location: Location) => Promise<Pick<CostEntry, 'path' | 'cell' | 'line'>>,
): Promise<CostEntry> {
  const bill = bills.ofService(view)
  const pool = isViewOf(view, 'Scaling')
  const { settings } = view
  const request = pool
    ? poolRequest(view as SubjectView<'Scaling'>)
    : servingRequest(view as SubjectView<'Serving'>)
  const count = pool
    ? machinesIn(settings as SubjectView<'Scaling'>['settings'])
    : effective((settings as SubjectView<'Serving'>['settings']).minReplicas)
  return {
    kind: pool ? 'pool' : 'endpoint',
    id: view.subject.id,
    name: effective(settings.name) ?? (pool ? 'pool' : 'endpoint'),
    ...(await place(view.subject.location)),
    scripts: [],
    ...machineOf(request),
    machines: count ?? null,
    spot: bill.rate?.spot ?? false,
    region: bill.rate?.region ?? '',
    per: 'month',
    usdPerHour: bill.rate?.usd ?? null,
    hours: bill.hours,
    usd: bill.usd,
    ofSamples: bill.ofSamples,
    lines: bill.lines,
    saving: null,
    schedule: null,
    state: stateOf(bill, true, true, false, request),
    unknown: bill.unknown,
    assumptions: bill.assumptions,
    budget: [],
  }
}

/** Of what is always on a finding may speak of a part: of the machines that a pool never gives back, not of all that it may have. */
function shareOf({ fraction, usd }: Saving, entry: CostEntry | undefined): readonly [number, number] {
  if (entry?.per !== 'month' || entry.usd?.high == null || usd?.per !== 'hour' || usd.each === 'machine')
    return fraction
  const [low, high] = usd.range
  const of = (hourly: number, bill: number): number => (bill > 0 ? (hourly * month) / bill : 1)
  // Dollars of findings have two digits.
  const least = (share: number, part: number): number => (part > 0.95 * share ? share : part)
  return [least(fraction[0], of(low, entry.usd.low)), least(fraction[1], of(high, entry.usd.high))]
}

const overlaps = new Map(rules.map((rule) => [rule.name, rule.overlaps]))

/** Nothing saves more than the job costs. */
function withSavings(entries: CostEntry[], findings: readonly Finding[]): CostEntry[] {
  const shares = new Map<string, SavedShares>()
  const byId = new Map(entries.map((one) => [one.id, one]))
  for (const { billed, billedPart, rule, saving } of findings) {
    if (saving === null || billed === undefined) continue
    const own = shares.get(billed) ?? new SavedShares()
    shares.set(billed, own)
    own.add(overlaps.get(rule) ?? rule, shareOf(saving, byId.get(billed)), billedPart)
  }
  const broken = findings.filter(({ rule }) => rule === budgetRule)
  return entries.map((one) => {
    const budget = broken.filter(({ billed }) => billed === one.id).map(({ message }) => message)
    const entry = { ...one, budget }
    const own = shares.get(entry.id)
    if (own === undefined || entry.usd === null || entry.usd.high === null) return entry
    const [low, high] = own.total()
    return { ...entry, saving: { low: low * entry.usd.low, high: high * entry.usd.high } }
  })
}

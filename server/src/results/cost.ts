/** What the jobs of a project cost, entry by entry, and what following the findings would save of it. */
import { type Bill, month } from '../estimate/bill.js'
import type { MachineRequest } from '../estimate/hourly.js'
import type { Finding } from '../finding.js'
import { isAlwaysOn, isSession, zonesOf } from '../judging/always-on-bill.js'
import { type Bills, billKey } from '../judging/bill.js'
import { isTest } from '../judging/judge.js'
import { launched, takesAllDevices } from '../judging/launched-devices.js'
import { trainingsOf } from '../judging/run-trainings.js'
import type { Judgement } from '../linking/runs.js'
import { requestOf, servingRequest } from '../rules/machine-request.js'
import { poolRequest } from '../rules/scaling/pool-words.js'
import { isViewOf } from '../rules/subject-view.js'
import type { Location } from '../text/location.js'
import type { SourceFile } from '../text/source-file.js'
import { effective } from '../values/value.js'
import type { Run, SubjectView } from '../workload/claim.js'
import { type Priced, withoutAlternatives } from './alternatives.js'
import type { CostEntry, CostKind, CostState } from './cost-entry.js'
import { type ProjectEntries, servedSweeps, withoutParts } from './cost-runs.js'
import { withSavings } from './cost-savings.js'
import { unknownOf, unreadWork } from './cost-unknown.js'
import { LineNumbers } from './line-numbers.js'

export interface CostInput extends ProjectEntries {
  judgements: readonly Judgement[]
  bills: Bills
  findings: readonly Finding[]
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

function kindOf({ job: { compute, launch } }: Run): CostKind {
  if (compute === null) return launch === null ? 'training' : 'job'
  if (isSession(compute)) return 'notebook'
  return isAlwaysOn(compute) ? 'service' : 'job'
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

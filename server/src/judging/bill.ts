/** What each job of a project costs: its machines, the trainings that it runs, its searches, made into a bill. */
import { usualCards } from '../catalog/gpus.js'
import { type Bill, openHull, runBill, serviceBill } from '../estimate/bill.js'
import { hoursWords, usdWords } from '../estimate/bill-words.js'
import { type MachineRequest, pricedUsd } from '../estimate/hourly.js'
import type { Interval } from '../estimate/network.js'
import { processorRate, usualCpus } from '../estimate/processors.js'
import { type Rate, rateOf } from '../estimate/rate.js'
import { flagOf } from '../link/launch-parts.js'
import type { RunRecord } from '../measured/record.js'
import { requestOf, servingRequest } from '../rules/machine-request.js'
import type { Report, RuleOptions } from '../rules/rule.js'
import { poolRequest } from '../rules/scaling/pool-words.js'
import { isViewOf, subjectsOf } from '../rules/subject-view.js'
import { effective } from '../values/value.js'
import type { Run, SubjectView } from '../workload/claim.js'
import { addedParts, computesOnProcessor, hoursOfProgram, mayHold } from './program-hours.js'
import { measuredHours, recordsOf, storedHours } from './run-records.js'
import { trainingsOf, type Work } from './run-trainings.js'
import { searchText, timesOf, withFits } from './search-times.js'
import { type BillPart, partsOfTrainings } from './training-part.js'

type OptionsOf = (path: string) => RuleOptions

/** Bills of runs, made once for as long as the run lives. */
export class Bills {
  private readonly known = new WeakMap<Run, Bill>()
  private readonly parts = new WeakMap<Run, Map<string, BillPart>>()

  constructor(
    private readonly optionsOf: OptionsOf,
    /** ISO date. */
    private readonly today: string,
    private readonly records: readonly RunRecord[] = [],
  ) {}

  /** What was measured of the job that the run belongs to. */
  recordsOf(run: Run): RunRecord[] {
    return recordsOf(run, this.records)
  }

  /** Of the job that the run belongs to, or of the run alone. */
  ofRun(run: Run): Bill {
    const first = run.siblings[0] ?? run
    let bill = this.known.get(first)
    if (bill === undefined) {
      bill = this.made(first)
      this.known.set(first, bill)
    }
    return bill
  }

  /** What the training that the view is takes of that bill; undefined: all of it. */
  partOf(view: SubjectView): BillPart | undefined {
    if (!isViewOf(view, 'Training') && !isViewOf(view, 'Fit')) return undefined
    const run = view.run.siblings[0] ?? view.run
    let parts = this.parts.get(run)
    if (parts === undefined) {
      const added = measuredHours(this.recordsOf(run)) !== null || storedHours(run) !== null
      parts = partsOfTrainings(trainingsOf(run).flat(), this.optionsOf(view.subject.location.path), added)
      this.parts.set(run, parts)
    }
    return parts.get(view.subject.id)
  }

  /** Of a pool, or of an endpoint. */
  ofService(view: SubjectView<'Scaling'> | SubjectView<'Serving'>): Bill {
    const options = this.optionsOf(view.subject.location.path)
    if (isViewOf(view, 'Scaling')) return poolBill(view, options, this.today)
    return endpointBill(view as SubjectView<'Serving'>, options, this.today)
  }

  private made(run: Run): Bill {
    const { compute } = run.job
    const path = compute?.subject.location.path ?? run.job.launch?.location.path ?? run.script ?? ''
    const options = this.optionsOf(path)
    const request = withDefault(compute === null ? launched(run) : requestOf(compute), options)
    const unnamed =
      request.instanceType === undefined && request.gpuModel === undefined && (request.gpus ?? 0) > 0
    const rateOn = (one: MachineRequest) =>
      rateOf(one, effective(compute?.settings.spot), options.prices, this.today)
    if (compute !== null && isAlwaysOn(compute)) return machineBill(compute, rateOn(request))
    if (isOnProcessors(run, request)) {
      const bill = this.onProcessors(run, options, request)
      if (bill !== null) return bill
    }
    if (!unnamed) return this.ofTrainings(run, options, rateOn(request))
    const trained = trainingsOf(run).flat()
    const large = usualCards.filter((card) => trained.every((one) => mayHold(one, card, options)))
    const choices = effective(compute?.settings.gpuChoices) ?? null
    return onAnyCard(choices, large, (card, price) => {
      const rate = rateOn({ ...request, gpuModel: card })
      const own = { ...options, defaultHardware: card }
      return this.ofTrainings(run, own, price === 'lowest' ? atLowest(rate) : rate)
    })
  }

  /** On machines with few and with many processors; null: there is no price, or what the run takes is not known. */
  private onProcessors(run: Run, options: RuleOptions, { nodes, cpus }: MachineRequest): Bill | null {
    const sizes = cpus === undefined ? [usualCpus.low, usualCpus.high] : [cpus]
    const bills = sizes.flatMap((assumedCpus) => {
      const rate = processorRate(assumedCpus, nodes ?? 1)
      return rate === null ? [] : [this.ofTrainings(run, { ...options, assumedCpus }, rate)]
    })
    const [first] = bills
    if (first === undefined || bills.some(({ usd, ofSamples }) => usd === null && ofSamples === null))
      return null
    const usd = hull(bills.map(({ rate }) => rate!.usd))
    const machine = `no machine is named: ${sizes.join(' to ')} vCPUs at list prices, ${pricedUsd(usd.low)} to ${pricedUsd(usd.high)} an hour`
    return { ...joined(bills), rate: { ...first.rate!, usd }, assumptions: [...first.assumptions, machine] }
  }

  private ofTrainings(run: Run, options: RuleOptions, rate: Rate | { missing: string }): Bill {
    const { compute } = run.job
    const limitsCalls = effective(compute?.settings.limitsCalls) === true
    const seconds = limitsCalls
      ? null
      : (effective(compute?.settings.timeLimit) ?? effective(compute?.settings.sessionLimit))
    const groups = trainingsOf(run)
    const apart = effective(compute?.settings.trials) === true
    const limit = typeof seconds === 'number' && seconds > 0 ? seconds / 3600 : null
    const isTold = groups.some((group) => this.toldOf(group, options).told.hours !== null)
    const measured = isTold ? null : (measuredHours(this.recordsOf(run)) ?? storedHours(run))
    if (measured !== null) {
      const times = measured.ofJob && !apart ? { low: 1, high: 1 } : timesOf(run)
      const bill = runBill({
        rate,
        trainings: [measured.hours],
        times,
        apart,
        limit,
        rented: false,
        assumptions: [measured.text],
      })
      return { ...bill, measured: true }
    }
    const found = groups.map((group) => hoursOfProgram(group, this.toldOf(group, options)))
    return runBill({
      rate,
      trainings: found.map((one) => ('missing' in one ? withFits(one, run) : one.hours)),
      parts: found.every((one) => one.parts !== undefined) ? addedParts(found.map((one) => one.parts!)) : [],
      // A search may be over one of several trainings alone.
      times: groups.some((group) => group.length > 1) ? { ...timesOf(run), low: 1 } : timesOf(run),
      apart,
      limit,
      rented: isRented(compute),
      assumptions: [
        ...hostsNotCounted(run),
        ...devicesNotCounted(run),
        ...notCounted(compute),
        ...(found.every((one) => 'hours' in one) ? searchText(run) : []),
        ...new Set(found.flatMap((one) => one.assumptions ?? [])),
      ],
    })
  }

  /** What the user says of the program itself goes before what is said of the job. */
  private toldOf([first]: readonly Work[], options: RuleOptions): RuleOptions {
    const own = this.optionsOf(first!.subject.location.path).told
    return own.samples === null && own.hours === null ? options : { ...options, told: own }
  }
}

/** A cloud starts machines for the job, which are there already in a cluster. */
function isRented(compute: SubjectView<'Compute'> | null): boolean {
  const provider = effective(compute?.settings.provider)
  return (
    provider !== undefined &&
    !/^(kubernetes|own cluster)$/.test(provider) &&
    !(compute !== null && isSession(compute))
  )
}

/**
 * What a training takes that no job asks machines for: a device for each process that its launcher starts, else one, or as many
 * as a library reserves for it; processors where it uses no other.
 */
export function launched(run: Run): MachineRequest {
  const { launch } = run.job
  const work = workOf(run)
  const onProcessors =
    work.length > 0 && work.every((one) => computesOnProcessor(one) && !mayFindDevices(one))
  if (onProcessors) return { gpus: 0, nodes: launch?.nodes ?? 1 }
  const processes = launch?.perDevice === true ? launch.processes : null
  const spread = subjectsOf(run, 'Parallelism')
  const reserved = spread.map(({ settings }) => effective(settings.reservedEach) ?? 1)
  const wrapped = spread.map(({ settings }) => (isSplit(settings) ? (effective(settings.devices) ?? 1) : 1))
  const gpus = Math.max((processes || 1) * Math.max(1, ...reserved), ...wrapped)
  return { gpus, nodes: launch?.nodes ?? 1 }
}

/** What it trains, else what it searches, else all that is read of it: a loop may be one that nobody reads. */
function workOf(run: Run): SubjectView[] {
  const trainings = trainingsOf(run).flat()
  if (trainings.length > 0) return trainings
  const searches = subjectsOf(run, 'Search')
  if (searches.length > 0) return searches
  return run.siblings.flatMap(({ subjects }) => subjects.filter(({ subject }) => subject.kind !== 'Compute'))
}

/** Its library takes an accelerator by itself, and nothing says that it takes none. */
function mayFindDevices(view: SubjectView): boolean {
  if (!isViewOf(view, 'Program')) return false
  const { acceleratorLibrary, usesAccelerator } = view.settings
  return effective(acceleratorLibrary) != null && effective(usesAccelerator) !== false
}

/** One process that splits each batch over the devices that it sees. */
function isSplit({ method }: SubjectView<'Parallelism'>['settings']): boolean {
  return effective(method) === 'data-parallel'
}

/** Whether what a finding says is saved with so many accelerators is a share of this run's bill. */
export function isBilledFor({ savedFrom = 0 }: Pick<Report, 'savedFrom'>, run: Run): boolean {
  return savedFrom === 0 || run.job.compute !== null || (launched(run).gpus ?? 0) >= savedFrom
}

/** Nobody names its machine, and it takes processors alone: the job says so, or says nothing of accelerators that its programs do not use. */
function isOnProcessors(run: Run, { instanceType, gpus, gpuModel }: MachineRequest): boolean {
  if (instanceType !== undefined || gpuModel !== undefined || (gpus !== undefined && gpus > 0)) return false
  const trained = trainingsOf(run).flat()
  return gpus === 0 || (trained.length > 0 && trained.every(computesOnProcessor))
}

/** A launcher takes its machines from a file whose lines nobody has read. */
function hostsNotCounted({ job: { compute, launch } }: Run): string[] {
  if (launch == null || launch.nodes !== null || effective(compute?.settings.nodes) !== undefined) return []
  const file = flagOf(launch.launcherFlags, 'hostfile', 'deepspeed-hostfile', 'mpirun-hostfile')?.value
  return typeof file === 'string' ? [`counts one machine: ${file} lists the others, and is not read`] : []
}

/** A launcher takes every accelerator of a machine of which nobody says how many it has. */
export function takesAllDevices(run: Run): boolean {
  const { compute, launch } = run.job
  return compute === null && launch?.perDevice === true && launch.processes === 0 && launched(run).gpus !== 0
}

function devicesNotCounted(run: Run): string[] {
  if (takesAllDevices(run))
    return [
      `counts one accelerator: ${run.job.launch!.launcher} takes all of the machine, which nothing names`,
    ]
  if (run.job.compute !== null || (launched(run).gpus ?? 0) !== 1) return []
  const split = subjectsOf(run, 'Parallelism').find(
    ({ settings }) => isSplit(settings) && effective(settings.implicit) !== true,
  )
  return split === undefined
    ? []
    : [
        `counts one accelerator: \`${split.settings.method!.key}\` takes all of the machine, which nothing names`,
      ]
}

/** What the platform charges on top. */
function notCounted(compute: SubjectView<'Compute'> | null): string[] {
  const apart = effective(compute?.settings.chargedApart)
  return apart === undefined ? [] : [`${apart} come on top: the price is that of the machines alone`]
}

/** `[hardware] default` stands for accelerators that nobody names. */
function withDefault(request: MachineRequest, { defaultHardware }: RuleOptions): MachineRequest {
  const named = request.instanceType !== undefined || request.gpuModel !== undefined
  return named || defaultHardware === null || (request.gpus ?? 0) === 0
    ? request
    : { ...request, gpuModel: defaultHardware }
}

/** Where nothing says on which card something runs: the range over those that the job allows, or over usual ones. */
function onAnyCard(
  allowed: readonly string[] | null,
  usual: readonly string[],
  on: (card: string, price: CardPrice) => Bill,
): Bill {
  const choices = (cards: readonly string[], price: CardPrice) =>
    cards.map((card) => ({ card, bill: on(card, price) }))
  const listed = allowed === null ? [] : choices(allowed, 'any').filter(({ bill }) => bill.rate !== null)
  const named = listed.length > 0
  // Who has chosen neither a card nor a provider is not bound to a dear one.
  const cards = usual.length > 0 ? usual : usualCards
  const lowest = named ? listed : choices(cards, 'lowest')
  // What it costs at most it costs at most with any provider.
  const bounded = !named && lowest.some(({ bill }) => bill.limitOnly)
  const made = bounded ? choices(cards, 'any') : lowest
  const bills = made.map(({ bill }) => bill)
  const first = bills[0]!
  const priced = bills.every(({ rate }) => rate !== null)
  const known = bills.every(({ usd }) => usd !== null)
  const names = made.map(({ card }) => card)
  if (!named && usual.length === 0)
    return {
      ...first,
      ...notKnown,
      rate: null,
      unknown: ['on which accelerators it runs: none of the usual ones holds it'],
    }
  return {
    ...joined(bills),
    ...(named ? {} : { onAnyCard: true as const }),
    rate: priced ? { ...first.rate!, usd: hull(bills.map(({ rate }) => rate!.usd)), assumptions: [] } : null,
    ...(known ? { usdAtMost: atMostOf(bills) } : {}),
    assumptions: [
      ...first.assumptions.filter((one) => !/per \S+ and hour/.test(one)),
      named
        ? names.length === 1
          ? `a ${names[0]}, which is what it gets: list prices`
          : `any of ${names.length > 6 ? `${names.slice(0, 5).join(', ')} and ${names.length - 5} more` : names.join(', ')}, as the job allows: list prices`
        : `no accelerator is named: ${cardsText(made)}, ${bounded ? 'list prices' : 'each at its lowest list price'}; \`[hardware] default\` would say which`,
    ],
  }
}

/** Bills of one run on several machines: from the least to the most. */
function joined(bills: readonly Bill[]): Bill {
  const first = bills[0]!
  const known = bills.every(({ usd }) => usd !== null)
  const counted = bills.flatMap(({ ofSamples }) => ofSamples ?? [])
  const paid = counted.flatMap(({ usd }) => usd ?? [])
  return {
    ...first,
    hours: known ? openHull(bills.map(({ hours }) => hours!)) : first.hours,
    usd: known ? openHull(bills.map(({ usd }) => usd!)) : null,
    lines: known ? hullOfLines(bills) : [],
    ofSamples: first.ofSamples && {
      ...first.ofSamples,
      hours: openHull(counted.map(({ hours }) => hours)),
      usd: paid.length < bills.length ? null : openHull(paid),
    },
  }
}

const notKnown = { hours: null, usd: null, limitOnly: false, ofSamples: null, lines: [] }

/** `lowest`: of all providers, the one that asks least. */
type CardPrice = 'any' | 'lowest'

interface OnCard {
  card: string
  bill: Bill
}

/**
 * 'on T4 2–6 days, $30–90; on A10G 9–30 h, $9–30, the smallest that ends within a day; on H100-SXM 1–3 h, $3–8', or only which cards
 * where the bill says nothing of a run. One card alone is much narrower than the range over all.
 */
function cardsText(made: readonly OnCard[]): string {
  const shown = made.map(({ card, bill }) => ({
    card,
    ...(bill.usd === null && bill.ofSamples !== null ? bill.ofSamples : bill),
  }))
  const [first, last] = [shown[0]!, shown[shown.length - 1]!]
  // So many samples are not the whole of a run.
  const whole = made.every(({ bill }) => bill.usd !== null)
  const inTime = ({ hours }: (typeof shown)[number]) =>
    whole && hours?.high != null && Math.sqrt(hours.low * hours.high) <= day
  const likely = shown.find(inTime) ?? last
  const words = [...new Set([first, likely, last])].flatMap(({ card, hours, usd }) => {
    if (made.some(({ bill }) => bill.limitOnly) || hours === null || usd === null || hours.low === 0)
      return []
    const reason =
      card === likely.card && likely !== first && likely !== last
        ? ', the smallest that ends within a day'
        : ''
    return [`on ${card} ${hoursWords(hours)}, ${usdWords(usd)}${reason}`]
  })
  // Hours that were measured are those of one machine.
  const alike = new Set(shown.map(({ hours }) => hours?.high)).size === 1
  return words.length < 2 || alike ? `from ${first.card} to ${last.card}` : words.join('; ')
}

/** Hours that people wait for a run before they take a faster card, by the middle of its range. */
const day = 24

/** The rate at its lowest. */
function atLowest(rate: Rate | { missing: string }): Rate | { missing: string } {
  return 'missing' in rate
    ? rate
    : { ...rate, usd: { low: rate.usd.low, high: rate.usd.low }, dearest: rate.usd.high }
}

/** USD at the dearest provider; null: there is no end. */
function atMostOf(bills: readonly Bill[]): number | null {
  const most = bills.map(({ usd, rate }) => {
    const { dearest, usd: hourly } = rate!
    if (usd!.high === null || dearest === undefined || hourly.high === 0) return usd!.high
    return (usd!.high * dearest) / hourly.high
  })
  return most.some((one) => one === null) ? null : Math.max(...most.map((one) => one!))
}

/** The lines that all have, each from the least to the most. */
function hullOfLines(bills: readonly Bill[]): Bill['lines'] {
  return bills[0]!.lines.flatMap(({ what }) => {
    const same = bills.map(({ lines }) => lines.find((one) => one.what === what)?.hours)
    const hours = same.flatMap((one) => one ?? [])
    return hours.length < bills.length ? [] : [{ what, hours: openHull(hours) }]
  })
}

/** What tells the bill of one run from that of another; runs of one job share it. */
export function billKey(run: Run): string {
  return run.job.id ?? run.id
}

/** A notebook on a machine that is there while somebody works in it. */
export function isSession({ subject, settings, run }: SubjectView<'Compute'>): boolean {
  return effective(settings.interactive) === true && run.script === subject.location.path
}

/** A service, or a machine that people work on by hand. */
export function isAlwaysOn(compute: SubjectView<'Compute'>): boolean {
  const { settings } = compute
  if (isSession(compute) || typeof effective(settings.idleStop) === 'number') return false
  return effective(settings.service) === true || effective(settings.interactive) === true
}

/**
 * A month of a machine that nothing ends: at most that of one that is rented for a training, since somebody waits for its end or its
 * program may end it.
 */
function machineBill({ settings }: SubjectView<'Compute'>, rate: Rate | { missing: string }): Bill {
  const rented = effective(settings.trains) === true || effective(settings.gpuCloud) !== undefined
  const forRun = rented && effective(settings.interactive) !== true
  return serviceBill({
    rate,
    replicas: { low: forRun ? 0 : 1, high: 1 },
    share: 1,
    assumptions: forRun ? ['a whole month where neither its program nor anybody ends it'] : [],
  })
}

/** In how many zones a pool has as many machines as its sizes say. */
export function zonesOf({ zones }: SubjectView<'Scaling'>['settings']): number {
  return Math.max(1, effective(zones) ?? 1)
}

function poolBill(view: SubjectView<'Scaling'>, options: RuleOptions, today: string): Bill {
  const { settings } = view
  const capacity = effective(settings.capacity)
  const rate =
    capacity === 'reserved'
      ? { missing: 'what its reserved capacity costs, which is agreed or paid ahead' }
      : rateOf(poolRequest(view), capacity === 'spot', options.prices, today)
  // Sizes count for each zone.
  const zones = zonesOf(settings)
  const minimum = effective(settings.minimum)
  const maximum = effective(settings.maximum)
  const most = effective(settings.fixed) === true ? minimum : maximum
  return serviceBill({
    rate,
    replicas:
      minimum === undefined
        ? { missing: 'how many machines it keeps' }
        : { low: minimum * zones, high: most == null ? null : most * zones },
    share: 1,
    assumptions: capacity === 'mixed' ? ['all of it on demand'] : [],
  })
}

function endpointBill(view: SubjectView<'Serving'>, options: RuleOptions, today: string): Bill {
  const { settings } = view
  const least = effective(settings.minReplicas)
  const autoscaled = effective(settings.autoscaled) === true
  return serviceBill({
    rate: rateOf(servingRequest(view), undefined, options.prices, today),
    replicas: { low: least ?? 1, high: autoscaled ? null : (least ?? 1) },
    share: 1,
    assumptions: least === undefined ? ['one replica is assumed'] : [],
  })
}

function hull(all: readonly Interval[]): Interval {
  return { low: Math.min(...all.map((one) => one.low)), high: Math.max(...all.map((one) => one.high)) }
}

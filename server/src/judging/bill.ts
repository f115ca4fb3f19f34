/** What each job of a project costs: its machines, the trainings that it runs, its searches, made into a bill. */
import { usualCards } from '../catalog/gpus.js'
import { type Bill, runBill } from '../estimate/bill.js'
import { type MachineRequest, pricedUsd } from '../estimate/hourly.js'
import { processorRate, usualCpus } from '../estimate/processors.js'
import { type Rate, rateOf } from '../estimate/rate.js'
import type { RunRecord } from '../measured/record.js'
import { requestOf } from '../rules/machine-request.js'
import type { Report, RuleOptions } from '../rules/rule.js'
import { isViewOf } from '../rules/subject-view.js'
import { effective } from '../values/value.js'
import type { Run, SubjectView } from '../workload/claim.js'
import { endpointBill, isAlwaysOn, isSession, machineBill, poolBill } from './always-on-bill.js'
import { atLowest, hull, joined, onAnyCard } from './any-card-bill.js'
import { devicesNotCounted, hostsNotCounted, isOnProcessors, launched } from './launched-devices.js'
import { addedParts, hoursOfProgram, mayHold } from './program-hours.js'
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

/** Whether what a finding says is saved with so many accelerators is a share of this run's bill. */
export function isBilledFor({ savedFrom = 0 }: Pick<Report, 'savedFrom'>, run: Run): boolean {
  return savedFrom === 0 || run.job.compute !== null || (launched(run).gpus ?? 0) >= savedFrom
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

/** What tells the bill of one run from that of another; runs of one job share it. */
export function billKey(run: Run): string {
  return run.job.id ?? run.id
}

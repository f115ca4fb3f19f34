import { gpu } from '../../catalog/gpus.js'
import { type Instance, instance, servicePrefix } from '../../catalog/instances.js'
import type { Price } from '../../catalog/prices.js'
import { hourlyCost } from '../../estimate/hourly.js'
import { effective } from '../../values/value.js'
import type { Run, SubjectView } from '../../workload/claim.js'
import { waitsForDriver } from '../../workload/sharing.js'
import { oneGpu } from '../fewer-gpus.js'
import { acceleratorsOf, withoutAccelerators } from '../lifecycle/job-words.js'
import { lightTraining } from '../light-training.js'
import { requestOf } from '../machine-request.js'
import { type OversizedServing, oversizedServing } from '../oversized-serving.js'
import { type Fleet, largeCard, type Oversized, oversized, wasted } from '../oversized-training.js'
import { processorMachine, savedOnProcessors } from '../processors-instead.js'
import { defineRule, type FixRequest, type Report, type RuleOptions, type Saving } from '../rule.js'
import { isSilence, type Silence } from '../silence.js'
import { cheaperCard } from '../smaller-card.js'
import { type CheaperMachine, cheaperMachine } from '../smaller-machine.js'
import { isViewOf, subjectsOf } from '../subject-view.js'
import { described, gigabytes, parametersText } from '../training-memory.js'

/** For a warning about a smaller GPU: the batch does not fill the present one. */
const fullBatch = 64
/** And so much is saved for the same work, since kernels take longer to start than to run. */
const sure = 0.3
const waiting = 2
/** Below this the GPUs compute most of the time, so several of them shorten the run in proportion. */
const computing = 0.3
/** Percent. */
const leastSaving = 15
/** From which saving on a GPU that is smaller already may do. */
const halfPrice = 0.5
/** Anything less is not worth a change. */
const cheaperBy = 0.8

export default defineRule({
  name: 'compute/oversized-instance',
  judges: ['Compute', 'Serving'],
  checklist: ['rightsize/match-instance', 'rightsize/recheck-after-change', 'decision/stop-and-simplify'],
  overlaps: 'machine',
  severity: 'warning',
  measuredBy: 'memory',
  finds: 'machines whose GPU memory is hardly used, where a cheaper one does the same work',
  summary: 'A job or an endpoint pays for far more GPU memory than its model uses.',
  check(view, { report, silent, options }) {
    if (isViewOf(view, 'Serving')) {
      const said = serving(view, options)
      return isSilence(said) ? silent(said) : report(said)
    }
    if (!isViewOf(view, 'Compute')) return silent('it is neither a job nor an endpoint')
    const workers = idleWorkers(view)
    if (workers !== undefined) return report(workers)
    const light = processorsDo(view, options)
    if (!isSilence(light)) return report(light)
    const found = oversized(view, options)
    if (isSilence(found)) return silent(found)
    const priced = pricedOption(view, found, options)
    if (found.several) return report(fewer(view, found, priced))
    if (isSilence(priced)) {
      const other = otherCard(view, found, options)
      if (other !== undefined) return report(other)
      if (!found.large) return silent(priced)
      if (isCheapest(view, found, options)) return silent('nothing that its provider rents out is cheaper')
      return report(smallerCard(found))
    }
    report(cheaper(found, priced))
  },
})

/** A task that makes tables keeps the workers of its job busy. */
function preparesOnly(work: readonly string[] | undefined): boolean {
  return work?.includes('prepare') === true && !work.some((one) => /^(train|evaluate|deploy)$/.test(one))
}

/** Workers for a program that only fetches its table with them, and trains on the driver. */
function idleWorkers({ settings, run }: SubjectView<'Compute'>): Report | undefined {
  const { nodes, sharing, instanceType } = settings
  const machines = effective(nodes) ?? 0
  if (nodes === undefined || machines < 2 || !waitsForDriver(effective(sharing) ?? '')) return undefined
  // What cannot be read may need them.
  if (run.siblings.some(({ script }) => script === null)) return undefined
  const programs = run.siblings.flatMap((one) =>
    subjectsOf(one, 'Program').filter(({ subject }) => subject.location.path === one.script),
  )
  const training = programs.find((one) => effective(one.settings.trainsOnDriver) !== undefined)
  if (training === undefined || programs.some(({ settings: { work } }) => preparesOnly(effective(work))))
    return undefined
  const claim = training.settings.trainsOnDriver!
  const workers = machines - 1
  const type = effective(instanceType)
  return {
    at: nodes,
    severity: 'information',
    confidence: 'low',
    message: `${workers} worker${workers === 1 ? '' : 's'}${type === undefined ? '' : ` (${type})`} wait${workers === 1 ? 's' : ''} while ${training.subject.location.path} trains ${effective(claim)} on the driver: after \`${claim.key}()\` nothing is left for them to do. One machine does both where the table fits it.`,
    saving: {
      fraction: [0, workers / machines],
      usd: null,
      basis: 'all workers, for as long as the training takes; fetching the table takes longer without them',
    },
    related: [{ location: claim.location, message: 'brings the table to the driver' }],
  }
}

/** From so many accelerators on, or so large ones (`largeCard`), they cost much more than processors. */
const manyCards = 2

/** A job whose network is so small that processors are as fast as any accelerator. */
function processorsDo(view: SubjectView<'Compute'>, options: RuleOptions): Report | Silence {
  const { gpus, gpuModel, instanceType, interactive, service, cpus } = view.settings
  const held = acceleratorsOf(view)
  if (gpus === undefined || held === undefined) return withoutAccelerators(view)
  if (effective(interactive) === true || effective(service) === true)
    return { text: 'it is held for whatever comes next' }
  const light = lightTraining(view)
  if (isSilence(light)) return light
  const type = effective(instanceType)
  const machine = type === undefined ? undefined : instance(type)
  const count = effective(gpus)! * Math.max(1, effective(view.settings.nodes) ?? 1)
  const memory = machine?.gpuMemoryGB ?? gpu(effective(gpuModel) ?? '')?.memoryGB ?? 0
  const vcpus = Math.min(8, effective(cpus) ?? machine?.vcpus ?? 8)
  const other = machine === undefined ? undefined : processorMachine(vcpus, machine.provider)
  const instead = other === undefined ? 'a machine without GPUs' : `${servicePrefix(type ?? '')}${other}`
  return {
    at: type === undefined || instanceType === undefined ? gpus : instanceType,
    severity: count >= manyCards || memory >= largeCard ? 'warning' : 'information',
    confidence: 'medium',
    message: `${type ?? 'The job'} ${type === undefined ? 'holds' : 'pays for'} ${held} to train ${light.what}: starting a kernel takes longer than its work, so ${instead} is about as fast.`,
    saving: savedOnProcessors(
      view,
      other === undefined ? undefined : `${servicePrefix(type ?? '')}${other}`,
      options,
    ),
    related: [{ location: light.location, message: 'trains it' }],
  }
}

/** An endpoint whose model fills a small part of its accelerators. */
function serving(view: SubjectView<'Serving'>, options: RuleOptions): Report | Silence {
  const found = oversizedServing(view, options)
  if (isSilence(found)) return found
  const { machine: type, gpus, model, parameters } = view.settings
  const at = effective(type) === undefined ? gpus : type
  const { smaller, fewest } = found
  const several = 2 * fewest <= found.gpus
  const saves = smaller === undefined ? 0 : 1 - smaller.usd / smaller.now
  const ordinary = !several && found.memoryGB < largeCard
  if (at === undefined || (ordinary && saves < halfPrice)) return { text: 'it holds one ordinary GPU' }
  const size = parametersText(effective(parameters)!)
  if (smaller !== undefined && saves < 0.3)
    return { text: `${smaller.type} would save ${Math.floor(100 * saves)} %` }
  const held = `${found.gpus > 1 ? `${found.gpus} × ` : ''}${found.card} ${found.memoryGB} GB`
  const way =
    smaller !== undefined
      ? ` ${smaller.type} (${heldBy(smaller.machine)}) has room for it at $${money(smaller.usd)}/h instead of $${money(smaller.now)}/h.`
      : several
        ? ` ${fewest === 1 ? 'One of them has' : `${fewest} of them have`} room for it.`
        : ' A smaller GPU has room for it.'
  return {
    at,
    severity: ordinary ? 'information' : 'warning',
    confidence: 'medium',
    message: `${held} to serve a model that needs at most ${gigabytes(found.needs)} GB: ${effective(model)} (${size}), requests in work included.${way}`,
    ...(smaller === undefined
      ? {}
      : {
          saving: {
            fraction: [saves, saves] as [number, number],
            usd: {
              range: [smaller.now - smaller.usd, smaller.now - smaller.usd] as [number, number],
              per: 'hour' as const,
              asOf: smaller.asOf,
              region: smaller.region,
            },
            basis: 'list prices on demand; the smaller machine answers fewer requests at a time',
          },
        }),
    fixes:
      smaller !== undefined && type !== undefined
        ? [{ set: [{ claim: type, value: smaller.type }] }]
        : several
          ? fewerFor(view, found)
          : [],
  }
}

/** Fewer of the same GPUs; none where its server would still spread the model over more, or another kind of GPU is to be chosen. */
function fewerFor(
  { settings }: SubjectView<'Serving'>,
  { fewest, fewestEmpty, memoryGB }: OversizedServing,
): FixRequest[] {
  const { gpus, machine, spreadOver } = settings
  const spread = effective(spreadOver)
  if (gpus === undefined || effective(machine) !== undefined || spread === undefined || spread > fewest)
    return []
  if (fewestEmpty && memoryGB >= largeCard) return []
  return [{ set: [{ claim: gpus, value: fewest }] }]
}

interface Priced {
  now: Price
  smaller: CheaperMachine
  saving: Saving
  /** Percent: '40 to 60 %'. */
  less: string
  /** USD per hour of all machines. */
  before: number
}

/** The machine that does the same work for least, where that is much less. */
function pricedOption(
  view: SubjectView<'Compute'>,
  { fleet, memory, spread }: Oversized,
  options: RuleOptions,
): Priced | Silence {
  const { type, machine, nodes } = fleet
  const request = requestOf(view)
  if (type === undefined || machine === undefined)
    return { text: 'no machine is named, so no price is known' }
  const now = hourlyCost(request, options.prices, '')?.price
  if (now?.onDemand == null) return { text: `the price of ${type} is not known` }
  const before = now.onDemand * nodes
  const smaller = cheaperMachine(
    machine,
    type,
    { region: now.region, usd: cheaperBy * before, service: request.managedBy },
    {
      high: memory.estimate.high,
      vcpus: coresFor(view.run.siblings, machine) * nodes,
      setup: memory.setup,
      devices: spread,
    },
    options,
    'work',
  )
  if (smaller === undefined || smaller.slowdown === null)
    return { text: 'no cheaper machine of its provider is large enough' }
  const saving = savingOf(now, before, smaller)
  const less = lessText(saving)
  if (less === undefined)
    return {
      text: `${smaller.type} would save at most ${Math.floor(100 * saving.fraction[1])} % for the same work`,
    }
  return { now, smaller, saving, less, before }
}

/** One GPU where a job has several, or a few where it has many. */
function fewer(view: SubjectView<'Compute'>, found: Oversized, priced: Priced | Silence): Report {
  const { fleet, memory, training, fewest, together, spread } = found
  const all = fleet.anyCard ? `${fleet.devices} GPUs` : `${fleet.devices} × ${cardOf(fleet)}`
  const whatever = fleet.anyCard ? `, even at ${fleet.memoryGB} GB each` : ''
  const some = fewest === 1 ? 'one has' : `${fewest} have`
  const batches =
    spread > 1
      ? `${needed(found)} on each; with the batches of all ${spread}, ${fewest === 1 ? 'one needs' : `${fewest} need`} at most ${gigabytes(together)} GB${fewest === 1 ? '' : ' each'}`
      : needed(found)
  const money = isSilence(priced)
    ? found.large
      ? ' A smaller GPU has room as well.'
      : ''
    : ` ${option(found, priced)}`
  // One process that copies the model to all of them gains little from the others.
  const computes = found.waits !== null && found.waits < computing && !found.oneProcess
  return {
    at: fleet.at,
    severity:
      !computes && !memory.overridable && fleet.devices * fleet.memoryGB >= largeCard
        ? 'warning'
        : 'information',
    confidence: 'medium',
    message: `${all} are mostly empty${whatever}: ${some} room for the whole step. ${described(memory)} needs ${batches}.${money}`,
    ...(isSilence(priced) ? {} : { saving: priced.saving }),
    fixes:
      computes || found.large
        ? []
        : oneGpu(view, found, isSilence(priced) ? undefined : priced.smaller.machine),
    related: [{ location: training.subject.location, message: 'trains this model' }],
  }
}

function option({ fleet }: Oversized, { smaller, before, less }: Priced): string {
  const machine = `${smaller.type} (${heldBy(smaller.machine)}${sameCard(fleet, smaller.machine) ? `, ${smaller.machine.vcpus} vCPUs` : ''})`
  return `${machine} has room for it at $${money(smaller.onDemand)}/h instead of $${money(before)}/h: ${less} less for the same work.`
}

/** A machine with as many smaller GPUs, or fewer cores. */
function cheaper(found: Oversized, { now, smaller, saving, less, before }: Priced): Report {
  const { fleet, memory, training } = found
  const same = sameCard(fleet, smaller.machine)
  const many = fleet.nodes > 1 ? `${fleet.nodes} × ` : ''
  return {
    at: fleet.at,
    severity: severityOf(found, smaller, saving),
    confidence: 'medium',
    message: `${described(memory)} needs ${needed(found)}; ${many}${fleet.type} pays for ${heldBy(fleet.machine!)}${same ? ` and ${fleet.machine!.vcpus} vCPUs` : ''} at $${money(fleet.nodes > 1 ? before : now.onDemand!)}/h. ${smaller.type} (${heldBy(smaller.machine)}${same ? `, ${smaller.machine.vcpus} vCPUs` : ''}) has room for it at $${money(smaller.onDemand)}/h: ${less} less for the same work.`,
    saving,
    fixes: [{ set: [{ claim: fleet.at, value: smaller.type }] }],
    related: [{ location: training.subject.location, message: 'trains this model' }],
  }
}

/** Another kind of GPU, where the platform finds a machine for whatever kind is asked for. */
function otherCard(view: SubjectView<'Compute'>, found: Oversized, options: RuleOptions): Report | undefined {
  const { fleet, memory, training, spread } = found
  const { gpuModel } = view.settings
  if (!fleet.choosable || gpuModel === undefined) return undefined
  const request = requestOf(view)
  const now = hourlyCost(request, options.prices, '')
  if (now?.onDemand == null) return undefined
  const need = {
    usd: cheaperBy * now.onDemand,
    devices: spread,
    setup: memory.setup,
    fp8: effective(training.settings.precision) === 'fp8',
  }
  const other = cheaperCard(fleet, request, need, options)
  if (other === undefined) return undefined
  const saving = savingOf(now.price, now.onDemand, other)
  const less = lessText(saving)
  if (less === undefined) return undefined
  const many = fleet.devices > 1 ? `${fleet.devices} × ` : ''
  return {
    at: fleet.at,
    severity: severityOf(found, other, saving),
    confidence: 'medium',
    message: `${many}${cardOf(fleet)} at $${money(now.onDemand)}/h ${fleet.devices > 1 ? 'are' : 'is'} mostly empty: ${many}${cardOf({ card: other.card, memoryGB: other.card.memoryGB! })} at $${money(other.onDemand)}/h ${fleet.devices > 1 ? 'do' : 'does'} the same work for ${less} less. ${described(memory)} needs ${needed(found)}.`,
    saving,
    fixes: [{ set: [{ claim: gpuModel, value: other.card.name }] }],
    related: [{ location: training.subject.location, message: 'trains this model' }],
  }
}

/** Nothing that has a price where it runs costs less than the GPU that it has. */
function isCheapest(
  view: SubjectView<'Compute'>,
  { fleet, memory, spread }: Oversized,
  options: RuleOptions,
): boolean {
  const request = requestOf(view)
  const now = hourlyCost(request, options.prices, '')
  if (fleet.type !== undefined || now?.onDemand == null) return false
  const need = { usd: now.onDemand, devices: spread, setup: memory.setup, fp8: false }
  return cheaperCard(fleet, request, need, options) === undefined
}

/** '40 to 60 %'; undefined: too little to change anything for it. */
function lessText({ fraction }: Saving): string | undefined {
  const [least, most] = fraction.map((share) => Math.floor(100 * share))
  if (most! < leastSaving) return undefined
  return least === 0 ? `up to ${most} %` : least === most ? `${most} %` : `${least} to ${most} %`
}

/** A smaller GPU, where no price decides. */
function smallerCard(found: Oversized): Report {
  const { fleet, memory, training } = found
  const [many, are] = fleet.devices > 1 ? [`${fleet.devices} × `, 'are'] : ['', 'is']
  return {
    at: fleet.at,
    severity: 'information',
    confidence: 'medium',
    message: `${many}${cardOf(fleet)} ${are} mostly empty: a smaller GPU has room. ${described(memory)} needs ${needed(found)}.`,
    related: [{ location: training.subject.location, message: 'trains this model' }],
  }
}

function isLarge({ memoryGB }: Fleet): boolean {
  return memoryGB >= largeCard
}

function severityOf(
  { fleet, memory, usable }: Oversized,
  { slowdown }: Pick<CheaperMachine, 'slowdown'>,
  saving: Saving,
): 'warning' | 'information' {
  const large = isLarge(fleet) && saving.fraction[1] >= sure && !memory.overridable
  const idle = slowdown!.waits >= waiting && memory.setup.batch < fullBatch
  return large && idle && memory.estimate.high < wasted * usable ? 'warning' : 'information'
}

function savingOf(
  now: Price,
  before: number,
  { onDemand: after, slowdown }: Pick<CheaperMachine, 'onDemand' | 'slowdown'>,
): Saving {
  const share = (times: number) => Math.max(0, 1 - (after / before) * times)
  const [least, most] = [share(slowdown!.peak), share(slowdown!.step)]
  return {
    fraction: [Math.min(least, most), most],
    usd: { range: [least * before, most * before], per: 'hour', asOf: now.asOf, region: now.region },
    basis:
      'list prices on demand for the same work; the lower end assumes all GPUs at their peak, the upper end that a step takes no less than the start of its kernels',
  }
}

/** Cores that keep the GPUs fed: a process and its loaders for each. */
function coresFor(runs: Run[], machine: Instance): number {
  const workers = runs
    .flatMap((run) => subjectsOf(run, 'InputPipeline'))
    .map(({ settings }) => effective(settings.workers) ?? 4)
  return Math.min(machine.vcpus, machine.gpuCount * Math.max(4, ...workers))
}

function needed({ memory }: Oversized): string {
  const { expected, high } = memory.estimate
  return memory.longest || memory.assumed.size > 0
    ? `at most ${gigabytes(high)} GB`
    : `about ${gigabytes(expected)} GB, at most ${gigabytes(high)}`
}

/** Then the cores are what is paid for. */
function sameCard({ card }: Fleet, machine: Instance): boolean {
  return card.name === machine.gpu?.name
}

function cardOf({ card, memoryGB }: Pick<Fleet, 'card' | 'memoryGB'>): string {
  return `${card.name.replace(/-\d+GB$/, '').replaceAll('_', ' ')} ${memoryGB} GB`
}

function heldBy(machine: Instance): string {
  const count = machine.gpuCount === 1 ? '' : `${machine.gpuCount} × `
  return `${count}${machine.gpu!.name.replace(/-\d+GB$/, '')} ${machine.gpuMemoryGB} GB`
}

function money(usd: number): string {
  return usd.toFixed(2)
}

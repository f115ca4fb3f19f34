/**
 * What an editor shows beside code that costs money though nothing is wrong with it: the price of a machine, what a job
 * costs per hour, how many fits a search makes.
 */

import { gpu } from '../catalog/gpus.js'
import { instance } from '../catalog/instances.js'
import { capacityBlockPrice } from '../catalog/prices.js'
import type { Bill } from '../estimate/bill.js'
import { billWords, hoursWords, linesWords, ofSamplesWords, usdWords } from '../estimate/bill-words.js'
import { fitCount, formatCount, gridFormula } from '../estimate/grid.js'
import { formatUsd, type HourlyCost, hourlyCost, type MachineRequest, roughUsd } from '../estimate/hourly.js'
import type { Bills } from '../judging/bill.js'
import type { Judgement } from '../linking/runs.js'
import { requestOf } from '../rules/machine-request.js'
import type { RuleOptions } from '../rules/rule.js'
import { poolRequest } from '../rules/scaling/pool-words.js'
import { described, estimateOf, gigabytes, type TrainingMemory, verdictOf } from '../rules/training-memory.js'
import type { Location } from '../text/location.js'
import { effective } from '../values/value.js'
import type { SubjectView } from '../workload/claim.js'
import type { ResourceKind } from '../workload/resource-kinds.js'

export interface Annotation {
  /** `machine`: behind the name of a machine. The others: above the line. */
  kind: 'machine' | 'job' | 'search' | 'training' | 'service'
  location: Location
  /** One line of plain text. */
  label: string
  /** Markdown: how it was computed, what was assumed, how old the figures are. */
  details: string
}

/** In the order of their places. `today`: ISO date. */
export function annotationsOf(
  path: string,
  judgements: readonly Judgement[],
  options: RuleOptions,
  bills: Bills,
  today: string,
): Annotation[] {
  const found: Annotation[] = []
  for (const { runs } of judgements) {
    const view = runs[0]!
    if (view.subject.location.path !== path) continue
    if (isA(view, 'Compute')) found.push(...forMachines(view, options, bills, today))
    else if (isA(view, 'Search')) found.push(...forSearch(view, bills))
    else if (isA(view, 'Training')) found.push(...forTraining(view, bills))
    else if (isA(view, 'Serving')) found.push(...forService(view, bills))
    else if (isA(view, 'Scaling'))
      found.push(...forService(view, bills), ...forPool(view, path, options, today))
  }
  return withoutEchoes(found).sort(
    (a, b) => (a.location.cell ?? 0) - (b.location.cell ?? 0) || a.location.start - b.location.start,
  )
}

/** A manifest that is laid out in several ways says the same several times, or something else each time. */
const mostAtOnePlace = 2

function withoutEchoes(all: Annotation[]): Annotation[] {
  const labels = new Map<string, Set<string>>()
  return all.filter(({ kind, location, label }) => {
    const key = `${kind} ${location.cell} ${location.start}`
    const said = labels.get(key) ?? new Set()
    labels.set(key, said)
    if (said.has(label) || said.size >= mostAtOnePlace) return false
    said.add(label)
    return true
  })
}

function isA<W extends ResourceKind>(view: SubjectView, kind: W): view is SubjectView & SubjectView<W> {
  return view.subject.kind === kind
}

/** Of a training, what its run costs. */
function forTraining(view: SubjectView<'Training'>, bills: Bills): Annotation[] {
  const { evidence } = view.subject
  if (evidence.role === 'test' || evidence.role === 'job') return []
  const bill = bills.ofRun(view.run)
  const label = billWords(bill)
  return label === null
    ? []
    : [{ kind: 'training', location: view.subject.location, label, details: billDetails(bill) }]
}

/** Of an endpoint or a pool, what a month of it costs. */
function forService(view: SubjectView<'Scaling'> | SubjectView<'Serving'>, bills: Bills): Annotation[] {
  const bill = bills.ofService(view)
  const label = billWords(bill)
  // What a pool may grow to is no cost.
  return label === null || !((bill.usd?.low ?? 0) > 0)
    ? []
    : [{ kind: 'service', location: view.subject.location, label, details: billDetails(bill) }]
}

/** Where the figures come from. */
function billDetails({
  rate,
  hours,
  usd,
  per,
  limitOnly,
  ofSamples,
  lines: parts,
  unknown,
  assumptions,
}: Bill): string {
  const lines = [
    rate === null
      ? null
      : `- an hour: ${usdWords(rate.usd)}${rate.spot ? ' spot' : ''}${rate.region === '' ? '' : ` in ${rate.region}`}`,
    hours === null || per === 'month' ? null : `- hours: ${hoursWords(hours, limitOnly)}`,
    linesWords(parts) === null ? null : `- of these: ${linesWords(parts)}`,
    usd === null ? null : `- a ${per}: ${usdWords(usd, limitOnly)}`,
    ofSamples === null ? null : `- ${ofSamplesWords(ofSamples)}`,
    ...unknown.map((one) => `- not known: ${one}`),
    ...assumptions.map((one) => `- ${one}`),
  ]
  return [`What a ${per} costs:`, '', ...lines.filter((line) => line !== null)].join('\n')
}

function forMachines(
  view: SubjectView<'Compute'>,
  options: RuleOptions,
  bills: Bills,
  today: string,
): Annotation[] {
  const request = requestOf(view)
  const cost = hourlyCost(request, options.prices, today)
  const claim = view.settings.instanceType
  const found: Annotation[] = []
  const devices = devicesOf(request)
  if (cost !== undefined && claim?.state === 'known' && claim.location.path === view.subject.location.path) {
    const usd = cost.price.onDemand ?? cost.price.spot
    found.push({
      kind: 'machine',
      location: claim.location,
      label: [
        usd === null ? null : `${formatUsd(usd)}/h${cost.price.onDemand === null ? ' spot' : ''}`,
        devices?.text ?? null,
      ]
        .filter((part) => part !== null)
        .join(' · '),
      details: moneyDetails(cost, request),
    })
  }
  const memory = memoryOf(view, options)
  const bill = view.subject.job === null ? null : bills.ofRun(view.run)
  const billed = bill === null ? null : billWords(bill)
  const parts = [
    ...(billed !== null && bill?.usd != null && !bill.limitOnly ? [] : moneyParts(cost)),
    billed,
    devices === null ? null : count(devices.each * (request.nodes ?? 1), 'GPU'),
    processesOf(view, devices?.each ?? null),
    memory === null ? null : needs(memory, devices === null ? 1 : devices.each * (request.nodes ?? 1)),
  ].filter((part) => part !== null)
  // A machine without a price and without accelerators says nothing that is not written there.
  if (
    view.subject.job === null ||
    parts.length === 0 ||
    (cost === undefined && devices === null && billed === null)
  )
    return found
  const details = [
    billed === null ? null : billDetails(bill!),
    cost === undefined ? null : moneyDetails(cost, request),
    memory === null ? null : memoryDetails(memory),
  ]
  found.push({
    kind: 'job',
    location: view.subject.location,
    label: parts.join(' · '),
    details: details.filter((part) => part !== null).join('\n\n') || parts.join(' · '),
  })
  return found
}

/** What one machine of a pool costs, behind its type. */
function forPool(
  { settings }: SubjectView<'Scaling'>,
  path: string,
  options: RuleOptions,
  today: string,
): Annotation[] {
  const { machine } = settings
  if (machine?.state !== 'known' || machine.value === undefined || machine.location.path !== path) return []
  const request = poolRequest({ settings })
  const cost = hourlyCost(request, options.prices, today)
  const usd = cost === undefined ? null : (cost.price.onDemand ?? cost.price.spot)
  if (cost === undefined || usd === null) return []
  const price = `${formatUsd(usd)}/h${cost.price.onDemand === null ? ' spot' : ''}`
  const devices = devicesOf(request)?.text
  return [
    {
      kind: 'machine',
      location: machine.location,
      label: devices === undefined ? price : `${price} · ${devices}`,
      details: moneyDetails(cost, request),
    },
  ]
}

/** Accelerators of one machine; null: none, or not known. */
function devicesOf(request: MachineRequest): { each: number; text: string } | null {
  const machine = request.instanceType === undefined ? undefined : instance(request.instanceType)
  const each = request.gpus ?? machine?.gpuCount ?? 0
  if (!(each > 0)) return null
  const model =
    (request.gpuModel === undefined ? undefined : gpu(request.gpuModel)?.name) ?? machine?.gpu?.name
  const name = model?.replace(/-(\d+)GB$/, ' $1GB')
  const memory = machine?.gpuMemoryGB
  const known = name === undefined || / \d+GB$/.test(name) || !memory ? name : `${name} ${memory}GB`
  return { each, text: known === undefined ? count(each, 'GPU') : `${formatFraction(each)}×${known}` }
}

function formatFraction(each: number): string {
  return each < 1 ? `1/${Math.round(1 / each)}` : String(each)
}

function moneyParts(cost: HourlyCost | undefined): (string | null)[] {
  if (cost === undefined) return []
  const from = cost.atLeast ? 'from ' : ''
  return [
    [
      cost.onDemand === null
        ? null
        : `${from}${formatUsd(cost.onDemand)}/h ${cost.price.block ? 'as a Capacity Block' : 'on demand'}`,
      cost.spot === null ? null : `about ${roughUsd(cost.spot)}/h spot`,
    ]
      .filter((part) => part !== null)
      .join(', '),
  ]
}

function processesOf(view: SubjectView<'Compute'>, devices: number | null): string | null {
  const launches = view.run.siblings.flatMap((run) => run.job.launch ?? [])
  if (launches.length !== 1) return null
  const { processes, nodes } = launches[0]!
  const each = processes === 0 ? devices : processes
  if (each === null) return null
  return count(each * (nodes ?? effective(view.settings.nodes) ?? 1), 'process')
}

function count(many: number, word: string): string {
  const plural = word.endsWith('s') ? `${word}es` : `${word}s`
  return many === 1 ? `1 ${word}` : `${formatCount(many)} ${plural}`
}

/** Of the training that the job runs, where it runs one that can be estimated. */
function memoryOf(view: SubjectView<'Compute'>, options: RuleOptions): TrainingMemory | null {
  const found: TrainingMemory[] = []
  for (const run of view.run.siblings) {
    for (const one of run.subjects) {
      if (!isA(one, 'Training')) continue
      const memory = estimateOf(one, options)
      if (memory !== undefined) found.push(memory)
    }
  }
  const [first] = found
  // Master and workers of one job run the same.
  const same = (one: TrainingMemory) =>
    one.estimate.expected === first!.estimate.expected && described(one) === described(first!)
  return first !== undefined && found.every(same) ? first : null
}

function needs({ estimate, usable, machine }: TrainingMemory, devices: number): string {
  const [low, high] = [estimate.low, estimate.high].map((bytes) => Math.max(1, Math.round(bytes / 2 ** 30)))
  const range = low === high ? `${low}` : `${low}–${high}`
  const capacity = machine.gpu?.memoryGB
  const each = devices > 1 ? ' on each' : ''
  return usable === null || capacity == null
    ? `needs ${range} GB${each}`
    : `needs ${range} of ${capacity} GB${each}`
}

function memoryDetails(memory: TrainingMemory): string {
  const { estimate, usable, machine } = memory
  const fit =
    usable === null || machine.gpu === null
      ? ''
      : ` ${machine.gpu.name} has ${gigabytes(usable)} GB for programs: **${verdictOf(memory, usable)}**.`
  const rows = estimate.items.map(({ name, bytes }) => `| ${name} | ${gigabytes(bytes)} GB |`)
  return [
    `Memory of one accelerator, ${estimate.moment}, for ${described(memory)}:`,
    '',
    '| | |',
    '|---|---|',
    ...rows,
    `| **expected** | **${gigabytes(estimate.expected)} GB** |`,
    '',
    `Between ${gigabytes(estimate.low)} and ${gigabytes(estimate.high)} GB.${memory.longest ? ' Texts are taken to be as long as the model can read.' : ''}${fit}`,
  ].join('\n')
}

/** ' with 2×T4', where the machine has no accelerator of its own. */
function attachedTo(request: MachineRequest): string {
  if (request.instanceType === undefined || instance(request.instanceType)?.gpu !== null) return ''
  const devices = devicesOf(request)
  return devices === null ? '' : ` with ${devices.text}`
}

function moneyDetails(cost: HourlyCost, request: MachineRequest): string {
  const { price } = cost
  const lines = [
    `**${price.type}**${attachedTo(request)}${price.provider === 'gpu cloud' ? '' : ` in ${price.region || 'every region'}`}, per hour and machine:`,
    '',
  ]
  const block =
    // Blocks are sold of plain machines, not through SageMaker.
    price.block || price.provider !== 'aws' || /^ml\./i.test(price.type)
      ? undefined
      : capacityBlockPrice(price.type, price.region)
  if (price.onDemand !== null)
    lines.push(
      price.block
        ? `- as a Capacity Block ${formatUsd(price.onDemand)} (reserved and paid ahead; it is not sold on demand)`
        : `- on demand ${formatUsd(price.onDemand)}`,
    )
  if (block !== undefined)
    lines.push(`- as a Capacity Block ${formatUsd(block.usd)} (${block.asOf}; repriced often)`)
  if (price.spot !== null) {
    lines.push(`- spot about ${roughUsd(price.spot)} (it moves: look before you rely on it)`)
  }
  if (cost.machines > 1 && cost.onDemand !== null) {
    lines.push(`- ${cost.machines} machines: ${formatUsd(cost.onDemand)}`)
  }
  const each = devicesOf(request)?.each
  if (price.onDemand !== null && each !== undefined && each > 1) {
    lines.push(`- per GPU ${formatUsd(price.onDemand / each)}`)
  }
  for (const assumption of cost.assumptions) lines.push(`- ${assumption}`)
  const read = price.asOf === '' ? '' : `, read ${price.asOf}`
  lines.push(
    '',
    `Source: ${price.source}${read}${cost.old ? ' — **more than half a year old**' : ''}.${price.asOf === '' ? '' : ' List price without tax.'}`,
  )
  return lines.join('\n')
}

function forSearch(view: SubjectView<'Search'>, bills: Bills): Annotation[] {
  const { settings, subject } = view
  const space = effective(settings.space)
  const folds = effective(settings.folds) ?? 1
  const unit = effective(settings.unit) ?? 'run'
  const strategy = effective(settings.strategy)
  const cap = effective(settings.trialCap)
  const grid = strategy === 'grid' && space !== undefined && space.configurations !== null
  const trials = grid ? space.configurations! : cap
  if (trials === undefined || trials === null || trials * folds < 2) return []
  const total = fitCount(trials, folds)
  const bill = bills.ofRun(view.run)
  // Fits are counted, and not priced.
  const billed = unit === 'fit' ? null : billWords(bill)
  const atLeast = grid && space.lowerBound ? 'at least ' : ''
  const what = grid ? '' : 'up to '
  const details = [
    grid
      ? `Grid: ${gridFormula(space.grids)} ${space.grids.length > 0 ? 'configurations' : ''}`.trim()
      : `${formatCount(trials)} trials at most`,
    ...(folds > 1 ? [`× ${formatCount(folds)} folds = ${formatCount(total)} ${plural(unit)}`] : []),
  ]
  return [
    {
      kind: 'search',
      location: subject.location,
      label: [`${what}${atLeast}${formatCount(total)} ${plural(unit)}`, billed]
        .filter((part) => part !== null)
        .join(' · '),
      details: [details.join('\n\n'), ...(billed === null ? [] : [billDetails(bill)])].join('\n\n'),
    },
  ]
}

function plural(unit: 'fit' | 'run' | 'job'): string {
  return { fit: 'fits', run: 'training runs', job: 'training jobs' }[unit]
}

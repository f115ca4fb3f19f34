/** What the trainings of a project need in memory: for each run, what was read where, and what follows for its machine. */

import type { Service } from '../catalog/fees.js'
import type { Gpu } from '../catalog/gpus.js'
import { type Instance, instance } from '../catalog/instances.js'
import { isOld } from '../catalog/prices.js'
import { hourlyCost } from '../estimate/hourly.js'
import type { ItemName, Moment, TrainingSetup, Verdict } from '../estimate/memory.js'
import { waysToFit } from '../estimate/memory-advice.js'
import type { Interval } from '../estimate/network.js'
import { trainingStep } from '../estimate/training-time.js'
import { today } from '../judging/judge-stage.js'
import type { Judgement } from '../linking/runs.js'
import { machineAsked, requestOf } from '../rules/machine-request.js'
import { roughMemory } from '../rules/rough-memory.js'
import type { RuleOptions } from '../rules/rule.js'
import { cheaperMachine } from '../rules/smaller-machine.js'
import { memoryOf, type TrainingMemory, verdictOf } from '../rules/training-memory.js'
import type { Location } from '../text/location.js'
import type { SourceFile } from '../text/source-file.js'
import { effective } from '../values/value.js'
import type { Claim, SubjectView } from '../workload/claim.js'
import { LineNumbers } from './line-numbers.js'

export interface TrainingEstimate {
  path: string
  /** Index over all cells of a notebook, from 0; null: not a notebook. */
  cell: number | null
  /** 1-based. */
  line: number
  model: string | null
  parameters: number | null
  /** Where its job is written; null: none is known. */
  job: string | null
  /** What was read, and where: a place, or 'library default', 'assumed'. */
  inputs: { name: string; value: string; from: string }[]
  /** Why there is no estimate; empty where there is one. */
  missing: string[]
  memory: MemoryReport | null
  machine: MachineReport | null
}

/** Bytes on one device. */
export interface MemoryReport {
  items: { name: ItemName; bytes: number }[]
  moment: Moment
  low: number
  expected: number
  high: number
}

export interface MachineReport {
  /** As the job names it; null: only its accelerator is known. */
  type: string | null
  gpu: string
  gpus: number | null
  /** Bytes that programs get of one accelerator. */
  usable: number
  verdict: Verdict
  /** Of one device: seconds of an update of the weights, samples a second; null: not known. */
  step: { seconds: Interval; samplesPerSecond: Interval } | null
  /** USD per hour and machine. */
  price: {
    onDemand: number | null
    spot: number | null
    region: string
    asOf: string
    /** Read more than half a year ago. */
    old: boolean
    /** Not sold on demand: the price of a Capacity Block. */
    block: boolean
  } | null
  /** What would make it fit, the cheapest change first; only where it is tight or does not fit. */
  ways: { changes: { change: string; cost: string }[]; expected: number; high: number }[]
  /** A cheaper machine of the provider with as many accelerators that are large enough. */
  enough: {
    type: string
    gpu: string
    memoryGB: number
    onDemand: number
    /** How many times lower its peak is; null: not known. */
    slowdown: number | null
  } | null
}

export interface EstimateOptions {
  /** Accelerator or machine type to compare with, in place of what jobs say. */
  gpu?: string
}

type Lines = (location: Location) => Promise<number>

export async function trainingEstimates(
  judgements: readonly Judgement[],
  optionsOf: (path: string) => RuleOptions,
  sourceOf: (path: string) => Promise<SourceFile | undefined>,
  options: EstimateOptions,
): Promise<TrainingEstimate[]> {
  const lines = new LineNumbers(sourceOf)
  const lineOf: Lines = (location) => lines.line(location, location.start)
  const found: TrainingEstimate[] = []
  const seen = new Set<string>()
  for (const { runs } of judgements) {
    for (const view of runs) {
      if (view.subject.kind !== 'Training' || view.subject.evidence.role === 'test') continue
      // A file of settings for whatever program is launched with it.
      if (view.subject.evidence.role === 'job') continue
      const one = await estimateFor(
        view as SubjectView<'Training'>,
        optionsOf(view.subject.location.path),
        lineOf,
        options,
      )
      const { job: _, ...same } = one
      const key = JSON.stringify(same)
      if (seen.has(key)) continue
      seen.add(key)
      found.push(one)
    }
  }
  return found.sort((a, b) => (a.path === b.path ? a.line - b.line : a.path < b.path ? -1 : 1))
}

async function estimateFor(
  view: SubjectView<'Training'>,
  options: RuleOptions,
  lineOf: Lines,
  asked: EstimateOptions,
): Promise<TrainingEstimate> {
  const { location } = view.subject
  const [seen, used] = onMachine(view, options, asked)
  const exact = memoryOf(seen, used)
  const found = 'missing' in exact ? (roughMemory(seen, used, exact) ?? exact) : exact
  const inputs = await Promise.all(
    found.inputs.map(async ({ name, value, claim }) => ({
      name,
      value,
      from: await originOf(claim, lineOf),
    })),
  )
  const launch = view.run.job.launch
  const report: TrainingEstimate = {
    path: location.path,
    cell: location.cell,
    line: await lineOf(location),
    model: null,
    parameters: null,
    job: launch === null ? null : await placeOf(launch.location, lineOf),
    inputs,
    missing: [],
    memory: null,
    machine: null,
  }
  if ('missing' in found) return { ...report, model: found.model, missing: found.missing }
  const { estimate, setup, id } = found
  const { items, moment, low, expected, high } = estimate
  return {
    ...report,
    model: id,
    parameters: setup.model.parameters,
    memory: { items, moment, low, expected, high },
    machine: machineReport(seen, used, found),
  }
}

/** The training as it would run on the machine that is asked about. */
function onMachine(
  view: SubjectView<'Training'>,
  options: RuleOptions,
  { gpu: name }: EstimateOptions,
): [SubjectView<'Training'>, RuleOptions] {
  if (name === undefined) return [view, options]
  const machine = instance(name)
  const card = machine?.gpu?.name ?? name
  const run = { ...view.run, job: { ...view.run.job, compute: null } }
  return [
    { ...view, run },
    { ...options, defaultHardware: card },
  ]
}

async function placeOf(location: Location, lineOf: Lines): Promise<string> {
  const cell = location.cell == null ? '' : `cell ${location.cell}:`
  return `${location.path}:${cell}${await lineOf(location)}`
}

async function originOf(claim: Claim | null, lineOf: Lines): Promise<string> {
  if (claim === null) return 'assumed'
  const place = await placeOf(claim.location, lineOf)
  return claim.state === 'default' ? `default of ${place}` : place
}

function machineReport(
  view: SubjectView<'Training'>,
  options: RuleOptions,
  found: TrainingMemory,
): MachineReport | null {
  const { machine, usable, setup } = found
  if (machine.gpu === null || usable === null) return null
  const says = verdictOf(found, usable)
  const type = machine.name
  const { compute } = view.run.job
  const request = compute === null ? {} : requestOf(compute)
  const known = machineAsked(request)
  const price = hourlyCost(request, options.prices, today())?.price
  return {
    type,
    gpu: machine.gpu.name,
    gpus: machine.gpus,
    usable,
    verdict: says,
    step: stepOf(view, setup, machine.gpu),
    price:
      price === undefined
        ? null
        : {
            onDemand: price.onDemand,
            spot: price.spot,
            region: price.region,
            asOf: price.asOf,
            old: price.asOf !== '' && isOld(price.asOf, today()),
            block: price.block,
          },
    ways:
      says === 'tight' || says === 'does not fit'
        ? waysToFit(setup, usable).map(({ changes, estimate: then }) => ({
            changes,
            expected: then.expected,
            high: then.high,
          }))
        : [],
    enough:
      known === undefined || type === null || price?.onDemand == null
        ? null
        : smaller(
            known,
            type,
            { region: price.region, usd: price.onDemand, service: request.managedBy },
            found,
            options,
          ),
  }
}

function stepOf(
  { settings }: SubjectView<'Training'>,
  setup: TrainingSetup,
  gpu: Gpu,
): MachineReport['step'] {
  // Where it is not known, memory is told for two passes; a step is taken to be one.
  const accumulation = effective(settings.accumulation) ?? 1
  const found = trainingStep({ ...setup, accumulation }, gpu, 1)
  return found?.step == null ? null : { seconds: found.step, samplesPerSecond: found.samplesPerSecond }
}

function smaller(
  now: Instance,
  type: string,
  place: { region: string; usd: number; service?: Service | undefined },
  { estimate, setup }: TrainingMemory,
  options: RuleOptions,
): MachineReport['enough'] {
  const need = { high: estimate.high, vcpus: Math.min(now.vcpus, 4 * now.gpuCount), setup }
  const found = cheaperMachine(now, type, place, need, options, 'hour')
  if (found === undefined || found.machine.gpu === null) return null
  return {
    type: found.type,
    gpu: found.machine.gpu.name,
    memoryGB: found.machine.gpuMemoryGB!,
    onDemand: found.onDemand,
    slowdown: found.slowdown?.peak ?? null,
  }
}

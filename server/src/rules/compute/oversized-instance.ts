import { type Instance, instance } from '../../catalog/instances.js'
import type { Price } from '../../catalog/prices.js'
import { hourlyCost } from '../../estimate/hourly.js'
import { usableMemory } from '../../estimate/memory.js'
import { effective } from '../../values/value.js'
import type { Claim, Run, SubjectView } from '../../workload/claim.js'
import { sharedWith } from '../lifecycle/job-words.js'
import { machineAsked, requestOf } from '../machine-request.js'
import { defineRule, type RuleOptions, type Saving } from '../rule.js'
import { hidden, isSilence, type Silence, unless } from '../silence.js'
import { type CheaperMachine, cheaperMachine } from '../smaller-machine.js'
import { subjectsOf } from '../subject-view.js'
import { described, gigabytes, memoryOf, noEstimate, type TrainingMemory } from '../training-memory.js'

/** The high end of the estimate stays below this share of the memory that is paid for. */
const used = 0.35
/** From here on the finding is a warning, where the GPU is a large one and the batch does not fill it. */
const wasted = 0.2
const largeCard = 40
const fullBatch = 64
/** And so much is saved for the same work, since kernels take longer to start than to run. */
const sure = 0.3
const waiting = 2
/** Percent. */
const leastSaving = 15
/** Anything less is not worth a change. */
const cheaperBy = 0.8

export default defineRule({
  name: 'compute/oversized-instance',
  judges: 'Compute',
  checklist: ['rightsize/match-instance', 'rightsize/recheck-after-change', 'decision/stop-and-simplify'],
  severity: 'warning',
  finds: 'machines whose GPU memory is hardly used, where a cheaper one does the same work',
  summary: 'A job pays for far more GPU memory than its training uses.',
  check(view, { report, silent, options }) {
    const { instanceType, service, sharing, trials } = view.settings
    const type = effective(instanceType)
    const request = requestOf(view)
    const machine = machineAsked(request)
    if (instanceType === undefined || type === undefined) return silent(unless(view, 'instanceType', ''))
    if (machine?.gpu == null)
      return silent(machine === undefined ? `${type} is not in the catalog` : `${type} has no GPU`)
    if (effective(service) === true) return silent('it is a service')
    if (sharing !== undefined) return silent(sharedWith(sharing))
    if (effective(trials) === true) return silent('it runs the trials of a search')
    if (machine.gpu.vendor !== 'nvidia' || machine.gpuMemoryGB === null || machine.gpuCount < 1)
      return silent(`${machine.gpu.name} is no NVIDIA GPU`)
    const found = hungriest(view, options)
    if (isSilence(found)) return silent(found)
    if (!usesAll(view.run.siblings, machine))
      return silent(`it is not known that all ${machine.gpuCount} GPUs are used by one process each`)
    const usable = usableMemory(machine.gpu, machine.gpuMemoryGB)!
    const { high } = found.memory.estimate
    if (high > used * usable)
      return silent(`the training may take ${Math.round((100 * high) / usable)} % of the memory of the GPU`)

    const now = hourlyCost(request, options.prices, '')?.price
    if (now?.onDemand == null) return silent(`the price of ${type} is not known`)
    const smaller = cheaperMachine(
      machine,
      type,
      { region: now.region, usd: cheaperBy * now.onDemand, service: request.managedBy },
      { high, vcpus: coresFor(view.run.siblings, machine), setup: found.memory.setup },
      options,
      'work',
    )
    if (smaller === undefined || smaller.slowdown === null)
      return silent('no cheaper machine of its provider is large enough')
    const saving = savingOf(now, smaller)
    const [least, most] = saving.fraction.map((share) => Math.floor(100 * share))
    if (most! < leastSaving) return silent(`${smaller.type} would save at most ${most} % for the same work`)
    const less = least === 0 ? `up to ${most} %` : least === most ? `${most} %` : `${least} to ${most} %`
    report({
      at: instanceType,
      severity: severityOf(machine, high, usable, found.memory, smaller, saving),
      confidence: 'medium',
      message: `${described(found.memory)} needs ${needed(found.memory)}; ${type} pays for ${held(machine)}${sameCard(machine, smaller.machine) ? ` and ${machine.vcpus} vCPUs` : ''} at $${money(now.onDemand)}/h. ${smaller.type} (${held(smaller.machine)}${sameCard(machine, smaller.machine) ? `, ${smaller.machine.vcpus} vCPUs` : ''}) has room for it at $${money(smaller.onDemand)}/h: ${less} less for the same work.`,
      saving,
      // What is attached to a machine would have to go as well.
      fixes:
        instance(type)?.gpu == null ? [] : [{ set: [{ claim: instanceType as Claim, value: smaller.type }] }],
      related: [{ location: found.training.subject.location, message: 'trains this model' }],
    })
  },
})

interface Found {
  memory: TrainingMemory
  training: SubjectView<'Training'>
}

/** The run of the job that needs most; else why one of them cannot be estimated. */
function hungriest(view: SubjectView<'Compute'>, options: RuleOptions): Found | Silence {
  let most: Found | undefined
  for (const run of view.run.siblings) {
    const unseen = hidden(run, 'training')
    if (unseen !== undefined) return unseen
    const trainings = subjectsOf(run, 'Training')
    if (trainings.length === 0) return { text: 'no training was recognized in the program that it launches' }
    for (const training of trainings) {
      const memory = memoryOf({ ...training, run }, options)
      if (!('estimate' in memory)) return noEstimate(training, memory)
      if (memory.overridable)
        return { text: 'the memory that it needs rests on defaults that a launch could replace' }
      if (most === undefined || memory.estimate.high > most.memory.estimate.high) most = { memory, training }
    }
  }
  return most ?? { text: 'no training was recognized in the program that it launches' }
}

/** One process for each GPU; a job that leaves GPUs alone is told so elsewhere. */
function usesAll(runs: Run[], machine: Instance): boolean {
  return runs.every((run) => {
    const processes = run.job.launch?.processes
    if (machine.gpuCount === 1) return true
    return processes === 0 || processes === machine.gpuCount
  })
}

function severityOf(
  machine: Instance,
  high: number,
  usable: number,
  { setup }: TrainingMemory,
  { slowdown }: CheaperMachine,
  saving: Saving,
): 'warning' | 'information' {
  const large = machine.gpuMemoryGB! >= largeCard && saving.fraction[1] >= sure
  const idle = slowdown!.waits >= waiting && setup.batch < fullBatch
  return large && idle && high < wasted * usable ? 'warning' : 'information'
}

function savingOf(now: Price, { onDemand: after, slowdown }: CheaperMachine): Saving {
  const before = now.onDemand!
  const share = (times: number) => Math.max(0, 1 - (after / before) * times)
  const [least, most] = [share(slowdown!.peak), share(slowdown!.step)]
  return {
    fraction: [Math.min(least, most), most],
    usd: { range: [least * before, most * before], per: 'hour', asOf: now.asOf, region: now.region },
    basis:
      'list prices on demand for the same work; the lower end assumes both GPUs at their peak, the upper end that a step takes no less than the start of its kernels',
  }
}

/** Cores that keep the GPUs fed: a process and its loaders for each. */
function coresFor(runs: Run[], machine: Instance): number {
  const workers = runs
    .flatMap((run) => subjectsOf(run, 'InputPipeline'))
    .map(({ settings }) => effective(settings.workers) ?? 4)
  return Math.min(machine.vcpus, machine.gpuCount * Math.max(4, ...workers))
}

function needed({ estimate: { expected, high }, longest }: TrainingMemory): string {
  return longest
    ? `at most ${gigabytes(high)} GB`
    : `about ${gigabytes(expected)} GB, at most ${gigabytes(high)}`
}

/** Then the cores are what is paid for. */
function sameCard(a: Instance, b: Instance): boolean {
  return a.gpu?.name === b.gpu?.name
}

function held(machine: Instance): string {
  const count = machine.gpuCount === 1 ? '' : `${machine.gpuCount} × `
  return `${count}${machine.gpu!.name.replace(/-\d+GB$/, '')} ${machine.gpuMemoryGB} GB`
}

function money(usd: number): string {
  return usd.toFixed(2)
}

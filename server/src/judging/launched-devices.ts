/** What devices a run takes where no job says it: by its launcher, its library and what it computes on. */
import type { MachineRequest } from '../estimate/hourly.js'
import { flagOf } from '../link/launch-parts.js'
import { isViewOf, subjectsOf } from '../rules/subject-view.js'
import { effective } from '../values/value.js'
import type { Run, SubjectView } from '../workload/claim.js'
import { computesOnProcessor } from './program-hours.js'
import { trainingsOf } from './run-trainings.js'

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

/** Nobody names its machine, and it takes processors alone: the job says so, or says nothing of accelerators that its programs do not use. */
export function isOnProcessors(run: Run, { instanceType, gpus, gpuModel }: MachineRequest): boolean {
  if (instanceType !== undefined || gpuModel !== undefined || (gpus !== undefined && gpus > 0)) return false
  const trained = trainingsOf(run).flat()
  return gpus === 0 || (trained.length > 0 && trained.every(computesOnProcessor))
}

/** A launcher takes its machines from a file whose lines nobody has read. */
export function hostsNotCounted({ job: { compute, launch } }: Run): string[] {
  if (launch == null || launch.nodes !== null || effective(compute?.settings.nodes) !== undefined) return []
  const file = flagOf(launch.launcherFlags, 'hostfile', 'deepspeed-hostfile', 'mpirun-hostfile')?.value
  return typeof file === 'string' ? [`counts one machine: ${file} lists the others, and is not read`] : []
}

/** A launcher takes every accelerator of a machine of which nobody says how many it has. */
export function takesAllDevices(run: Run): boolean {
  const { compute, launch } = run.job
  return compute === null && launch?.perDevice === true && launch.processes === 0 && launched(run).gpus !== 0
}

export function devicesNotCounted(run: Run): string[] {
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

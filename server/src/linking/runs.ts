/** Readings of all files become runs: one launch of one entry point on one request for machines. */

import { computesOnProcessor } from '../link/known-programs.js'
import { baseName } from '../link/paths.js'
import { effective } from '../values/value.js'
import type { Binding, Evidence, Extraction, Launch, Run, Subject, SubjectView } from '../workload/claim.js'
import { type JoinedSettings, joinClaims, type LayerOf } from '../workload/join.js'
import type { ResourceKind } from '../workload/resource-kinds.js'
import { type Unseen, unseenFlags, unseenProgram } from '../workload/unseen.js'
import { StartIndex, withStarts } from './job-starts.js'
import {
  type JobEntry,
  mayRunOn,
  onPool,
  type PoolEntry,
  PoolIndex,
  placeOf,
  withPool,
  withUsers,
} from './pool-links.js'
import { type QueueEntry, QueueIndex, withFlavours } from './queue-links.js'
import { cappedElsewhere, StarterIndex } from './search-starters.js'

/** A launch with the file it starts, and that file read with it. */
export interface LinkedLaunch {
  launch: Launch
  binding: Binding
  script: string | null
  unresolved: string | null
  /** The script read with the launch bound; null when there is no script. */
  extraction: Extraction | null
  /** The framework config that the launch names, read with it; null: it names none. */
  frameworkConfig: { path: string; extraction: Extraction } | null
}

export interface RunInput {
  /** By path, each read with its neighbours but without a launch. */
  extractions: ReadonlyMap<string, Extraction>
  launches: LinkedLaunch[]
  /** By job: calls of scripts that are known as a whole, as `Compute.sharing` spells them. */
  calls: ReadonlyMap<string, ReadonlySet<string>>
  /** Modules of the project that a script imports. */
  importedBy(path: string): string[]
  /** The accelerator that code without a job runs on, if the user named one. */
  defaultHardware(path: string): string | null
  layerOf: LayerOf
}

/** One subject in all its runs, with everything that its judgement depends on, by identity. */
export interface Judgement {
  runs: SubjectView[]
  depends: readonly object[]
}

/** Settings of an extraction, joined once for as long as the extraction lives. */
const joined = new WeakMap<Extraction, Map<string, JoinedSettings>>()

function settingsOf(extraction: Extraction, layerOf: LayerOf): Map<string, JoinedSettings> {
  let settings = joined.get(extraction)
  if (settings === undefined) {
    settings = joinClaims(extraction.subjects, extraction.claims, layerOf)
    joined.set(extraction, settings)
  }
  return settings
}

function viewFrom(extraction: Extraction, run: Run, input: RunInput, own: string): SubjectView[] {
  const settings = settingsOf(extraction, input.layerOf)
  const hardware = input.defaultHardware(own)
  return extraction.subjects.map((subject) => ({
    subject: subject.location.path === own ? withHardware(subject, run, hardware) : subject,
    run,
    ...(settings.get(subject.id) as Pick<SubjectView, 'settings' | 'choices'>),
  }))
}

/** What the job, or without one the user's configuration, says about accelerators outranks what the code hints at. */
function withHardware(subject: Subject, run: Run, hardware: string | null): Subject {
  if (run.job.compute === null && hardware !== null && subject.evidence.accelerator === 'maybe') {
    return { ...subject, evidence: { ...subject.evidence, accelerator: 'gpu' } }
  }
  const { gpus, interactive } = run.job.compute?.settings ?? {}
  if (gpus === undefined || gpus.state === 'unknown' || subject.evidence.role === 'job') return subject
  const { accelerator } = subject.evidence
  let known: Evidence['accelerator'] = accelerator
  // Whoever opens a notebook on a GPU need not use it in every notebook; a job is sent to one on purpose.
  const idle = accelerator === 'cpu' || (accelerator === 'none' && effective(interactive) === true)
  if ((gpus.value ?? 0) > 0) known = idle ? accelerator : 'gpu'
  else if (accelerator === 'maybe' || accelerator === 'none') known = 'cpu'
  return known === accelerator
    ? subject
    : { ...subject, evidence: { ...subject.evidence, accelerator: known } }
}

function newRun(
  id: string,
  script: string | null,
  unseen: readonly Unseen[],
  launch: Launch | null,
  job: string | null,
): Run {
  const run: Run = {
    id,
    script,
    unseen,
    job: { id: job, compute: null, launch },
    subjects: [],
    siblings: [],
  }
  run.siblings = [run]
  return run
}

/** What a launch could start or bring that was not read. */
function unseenIn(linked: LinkedLaunch, input: RunInput): Unseen[] {
  const { launch, script, unresolved, extraction, frameworkConfig } = linked
  const unseen = unseenFlags(launch)
  // What a framework config says of its training holds whatever program reads it.
  if (unresolved !== null && !computesOnProcessor(launch.program.path))
    unseen.push(
      frameworkConfig === null && launch.described !== true
        ? unseenProgram(unresolved)
        : { what: unresolved, could: ['devices', 'checkpoints'], location: launch.location },
    )
  if (script !== null && extraction !== null) unseen.push(...unseenAround(extraction, script, input))
  return unseen
}

/** What a script and the modules of the project that it imports could bring from elsewhere. */
function unseenAround(extraction: Extraction, path: string, input: RunInput): Unseen[] {
  const imported = input.importedBy(path).map((module) => input.extractions.get(module))
  return [extraction, ...imported].flatMap((one) => one?.unseen ?? [])
}

export function buildRuns(input: RunInput): Judgement[] {
  const judgements: Judgement[] = []
  const { jobs: computeOf, pools } = machinesOf(input)
  const starters = new StarterIndex(input.extractions.values())

  const runsOfJob = new Map<string, Run[]>()
  const runsOfLaunch = new Map<string, Run>()
  /** Readings of a script and of the framework config that it is given: each may decide what is said of the other. */
  const together = new Map<Run, Extraction[]>()
  const runsOfFile = new Map<string, { run: Run; extraction: Extraction }[]>()
  for (const linked of input.launches) {
    const script = linked.script ?? linked.frameworkConfig?.path ?? null
    const run = newRun(linked.launch.id, script, unseenIn(linked, input), linked.launch, linked.launch.job)
    runsOfLaunch.set(linked.launch.id, run)
    if (linked.launch.job !== null) {
      const list = runsOfJob.get(linked.launch.job)
      if (list === undefined) runsOfJob.set(linked.launch.job, [run])
      else list.push(run)
    }
    const read = [{ path: linked.script, extraction: linked.extraction }, linked.frameworkConfig ?? undefined]
    for (const one of read) {
      if (one === undefined || one.path === null || one.extraction === null) continue
      // A framework config that is only evaluated is not what the launch runs.
      if (one === linked.frameworkConfig && one.extraction.frameworkConfig === undefined) continue
      const entry = { run, extraction: one.extraction }
      const list = runsOfFile.get(one.path)
      if (list === undefined) runsOfFile.set(one.path, [entry])
      else list.push(entry)
    }
    if (linked.frameworkConfig !== null)
      together.set(
        run,
        linked.extraction === null
          ? [linked.frameworkConfig.extraction]
          : [linked.extraction, linked.frameworkConfig.extraction],
      )
  }
  for (const [job, compute] of computeOf) {
    let runs = runsOfJob.get(job)
    if (runs === undefined) {
      runs = [newRun(job, null, [unseenProgram('no program that it starts could be read')], null, job)]
      runsOfJob.set(job, runs)
    }
    const searches = effective(compute.settings.trials) === true ? searchesBeside(compute, input) : []
    for (const run of runs) {
      run.siblings = runs
      if (searches.length > 0) run.searches = searches.map((one) => ({ ...one, run }))
      run.job.compute = {
        subject: compute.subject,
        run,
        settings: asServed(compute.settings, runs),
      }
      if (compute.pool !== undefined) run.job.pool = compute.pool.subject.location
      if (compute.queues !== undefined) run.job.queues = compute.queues.map((one) => one.subject.location)
    }
    const depends: object[] = [compute.extraction]
    if (compute.pool !== undefined) depends.push(compute.pool.extraction)
    depends.push(...[...(compute.starts ?? []), ...(compute.queues ?? [])].map((one) => one.extraction))
    for (const run of runs) {
      const { script, job } = run
      if (job.launch !== null) depends.push(job.launch)
      depends.push(...(together.get(run) ?? []))
      depends.push(...(script === null ? [] : neighbourhood(input, script)))
    }
    judgements.push({ runs: [runs[0]!.job.compute!], depends })
  }

  const collections = collectionsAmong(input.extractions, runsOfFile)
  for (const [path, extraction] of input.extractions) {
    const started = runsOfFile.get(path)
    const shown = started === undefined && collections.has(extraction.frameworkConfig?.framework ?? '')
    const itself = () => ({
      run: newRun(path, path, unseenAround(extraction, path, input), null, null),
      extraction,
    })
    // Where a notebook starts only what its cells write, the rest of it runs by itself.
    const launched = started?.some(({ run }) => !startsWritten(run, path))
      ? started
      : [...(started ?? []), itself()]
    const bySubject = new Map<string, SubjectView[]>()
    const depends: object[] = neighbourhood(input, path)
    for (const { run, extraction: read } of launched) {
      depends.push(read, ...(together.get(run) ?? []))
      if (run.job.launch !== null) depends.push(run.job.launch)
      const compute = run.job.id === null ? undefined : computeOf.get(run.job.id)
      if (compute !== undefined) depends.push(compute.extraction)
      if (compute?.pool !== undefined) depends.push(compute.pool.extraction)
      depends.push(...(compute?.queues ?? []).map((one) => one.extraction))
      const program =
        extraction.frameworkConfig === undefined ? undefined : together.get(run)?.find((one) => one !== read)
      const views = viewFrom(read, run, input, path)
      const own =
        program === undefined
          ? views
          : views.flatMap((one) => {
              const rest = undecided(one, program, input.layerOf)
              return rest !== one && Object.keys(rest.settings).length === 0 ? [] : [rest]
            })
      run.subjects.push(...own, ...neighbours(input, path, run))
      for (const found of own) {
        if (shown && ofTraining.has(found.subject.kind)) continue
        const ending = starters.endingFor(found)
        const view = ending.length === 0 ? found : cappedElsewhere(found)
        depends.push(...ending)
        if (view.subject.kind === 'Compute' && view.subject.job !== null) continue
        if (view.subject.kind === 'Search' && view.subject.job !== null) {
          const trials = runsOfJob.get(view.subject.job)
          const trial = trials?.find((one) => one.script !== null) ?? trials?.[0]
          // A search that launches its trials itself is judged with what one of them does.
          if (trial !== undefined) {
            trial.searches = [...(trial.searches ?? []), { ...view, run: trial } as SubjectView<'Search'>]
            const seen = runsOfFile.get(trial.script ?? '')?.find((one) => one.run === trial)
            judgements.push({
              runs: [{ ...view, run: trial }],
              depends: [
                ...depends,
                ...(seen === undefined ? [] : [seen.extraction]),
                ...(trial.job.launch === null ? [] : [trial.job.launch]),
                ...(trial.script === null ? [] : neighbourhood(input, trial.script)),
              ],
            })
            continue
          }
        }
        // A command line that says itself how it trains.
        const launch = view.subject.job === null ? undefined : runsOfLaunch.get(view.subject.job)
        if (launch !== undefined && ofTraining.has(view.subject.kind)) {
          const own = { ...view, run: launch }
          launch.subjects.push(own)
          const job = launch.job.id === null ? undefined : computeOf.get(launch.job.id)
          judgements.push({
            runs: [own],
            depends: [...depends, launch.job.launch!, ...(job === undefined ? [] : [job.extraction])],
          })
          continue
        }
        const pool = pools.get(view.subject.id)
        if (pool?.unused === true) {
          view.subject = { ...view.subject, evidence: { ...view.subject.evidence, unused: true } }
          depends.push(nobody)
        }
        if (pool !== undefined && pool.users.length > 0) {
          view.settings = withUsers(pool.entry, pool.users) as SubjectView['settings']
          depends.push(...pool.users.map((user) => user.extraction))
        }
        const list = bySubject.get(view.subject.id)
        if (list === undefined) bySubject.set(view.subject.id, [view])
        else list.push(view)
      }
    }
    for (const runs of bySubject.values()) judgements.push({ runs, depends })
  }
  return judgements
}

/** The searches in the file of a job that is one of their trials. */
function searchesBeside(
  { extraction }: JobEntry,
  { layerOf }: RunInput,
): Omit<SubjectView<'Search'>, 'run'>[] {
  const { subjects } = extraction as Extraction
  const settings = settingsOf(extraction as Extraction, layerOf)
  return subjects
    .filter(({ kind }) => kind === ('Search' satisfies ResourceKind))
    .map((subject) => ({
      subject: subject as unknown as Subject<'Search'>,
      settings: settings.get(subject.id)!.settings as SubjectView<'Search'>['settings'],
    }))
}

/** The run of a program that a cell of this file writes. */
function startsWritten({ job }: Run, path: string): boolean {
  const { launch } = job
  if (launch === null || launch.location.path !== path) return false
  const { path: program } = launch.program
  return program !== null && baseName(program) !== baseName(path)
}

/** A training of a framework config without what its program decides by itself, for which the program is judged. */
function undecided(view: SubjectView, program: Extraction, layerOf: LayerOf): SubjectView {
  if (view.subject.kind !== ('Training' satisfies ResourceKind)) return view
  const decided = new Set(
    program.subjects
      .flatMap(({ id, kind }) =>
        kind === 'Training'
          ? Object.values(settingsOf(program, layerOf).get(id)?.settings ?? {}).filter(
              ({ state }) => state !== 'unknown',
            )
          : [],
      )
      .map(({ setting }) => setting),
  )
  const settings = Object.entries(view.settings).filter(([setting]) => !decided.has(setting))
  const choices = view.choices?.filter(({ setting }) => !decided.has(setting))
  return { ...view, settings: Object.fromEntries(settings) as SubjectView['settings'], choices }
}

/** From so many framework configs on that nothing in the project starts, they are there for others to choose from. */
const collectionSize = 20

/** What a framework config of a collection says of a training is no run; a search over it is one. */
const ofTraining = new Set<ResourceKind>(['Training', 'InputPipeline', 'Operation', 'Parallelism'])

/** Frameworks whose framework configs here are a collection: what one of them leaves out costs its author nothing. */
function collectionsAmong(
  extractions: ReadonlyMap<string, Extraction>,
  started: ReadonlyMap<string, unknown>,
): Set<string> {
  const counts = new Map<string, number>()
  for (const [path, { frameworkConfig, subjects }] of extractions) {
    if (frameworkConfig === undefined || subjects.length === 0 || started.has(path)) continue
    counts.set(frameworkConfig.framework, (counts.get(frameworkConfig.framework) ?? 0) + 1)
  }
  return new Set([...counts].filter(([, count]) => count >= collectionSize).map(([framework]) => framework))
}

/** A job whose programs all serve is a service, also where its image says so. */
function asServed(settings: JobEntry['settings'], runs: readonly Run[]): JobEntry['settings'] {
  const { service } = settings
  return service !== undefined && runs.every(({ job }) => job.launch?.serves === true)
    ? { ...settings, service: { ...service, state: 'known', value: true } }
    : settings
}

interface Job extends JobEntry {
  pool?: PoolEntry
  /** Command lines that start it. */
  starts?: readonly JobEntry[]
  /** What chooses its machines. */
  queues?: readonly QueueEntry[]
}

interface Pool {
  entry: PoolEntry
  users: JobEntry[]
  /** Jobs of the project name the pools that they run on, and none of them this one. */
  unused?: true
}

/** Stands for the jobs that do not run on a pool, in what its judgement depends on. */
const nobody = {}

function startJobs(jobs: Map<string, Job>, index: StartIndex): void {
  for (const [id, job] of jobs) {
    const starts = index.startsOf(job)
    if (starts.length > 0) jobs.set(id, { ...job, settings: withStarts(job, starts), starts })
  }
}

/** Requests for machines by job, and pools by subject, each with what the other says about it. */
function machinesOf(input: RunInput): { jobs: Map<string, Job>; pools: Map<string, Pool> } {
  const jobs = new Map<string, Job>()
  const pools = new Map<string, Pool>()
  const starts: JobEntry[] = []
  const queues: QueueEntry[] = []
  for (const extraction of input.extractions.values()) {
    for (const subject of extraction.subjects) {
      const entry = () => ({
        subject: subject as unknown as Subject<'Compute' & 'Scaling'>,
        settings: settingsOf(extraction, input.layerOf).get(subject.id)!.settings as object,
        extraction,
      })
      if (subject.kind === ('Compute' satisfies ResourceKind)) {
        const compute = entry()
        if (subject.job !== null) jobs.set(subject.job, compute)
        else if ('startsFile' in compute.settings) starts.push(compute)
      } else if (subject.kind === ('Scaling' satisfies ResourceKind))
        pools.set(subject.id, { entry: entry(), users: [] })
      else if (subject.kind === ('Queue' satisfies ResourceKind))
        queues.push(entry() as unknown as QueueEntry)
    }
  }
  const files = new Set([...jobs.values()].map(placeOf))
  startJobs(jobs, new StartIndex(starts, files))
  for (const [id, job] of jobs) {
    const { sharing, ...settings } = job.settings
    // What a script of the project does is known: its programs are launches of the job.
    if (sharing?.state === 'known' && input.calls.get(id)?.has(sharing.value ?? '') === true)
      jobs.set(id, { ...job, settings })
  }
  const waiting = new QueueIndex(queues)
  for (const [id, job] of jobs) {
    const found = waiting.wayOf(job)
    if (found !== null)
      jobs.set(id, {
        ...job,
        settings: withFlavours(job, found.flavours),
        queues: [...found.way, ...found.flavours],
      })
  }
  const index = new PoolIndex([...pools.values()].map((pool) => pool.entry))
  for (const [id, job] of jobs) {
    const pool = index.poolOf(job)
    if (pool === undefined) continue
    pools.get(pool.subject.id)!.users.push(job)
    jobs.set(id, { ...job, subject: onPool(job.subject, pool), settings: withPool(job, pool), pool })
  }
  const [used, rest] = parted([...pools.values()], ({ users }) => users.length > 0)
  const lost = [...jobs.values()].filter(({ pool }) => pool === undefined)
  for (const pool of rest)
    if (used.length > 0 && !lost.some((job) => mayRunOn(job, pool.entry))) pool.unused = true
  return { jobs, pools }
}

function parted<T>(all: readonly T[], fits: (one: T) => boolean): [T[], T[]] {
  return [all.filter(fits), all.filter((one) => !fits(one))]
}

/** Readings of a file and of the modules that it imports. */
function neighbourhood(input: RunInput, path: string): object[] {
  return [path, ...input.importedBy(path)].flatMap((one) => input.extractions.get(one) ?? [])
}

function neighbours(input: RunInput, path: string, run: Run): SubjectView[] {
  return input.importedBy(path).flatMap((module) => {
    const extraction = input.extractions.get(module)
    return extraction === undefined ? [] : viewFrom(extraction, run, input, module)
  })
}

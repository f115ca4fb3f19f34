/** Readings of all files become runs: one launch of one entry point on one request for machines. */

import { computesOnProcessor } from '../link/known-programs.js'
import { baseName } from '../link/paths.js'
import { effective } from '../values/value.js'
import type {
  Binding,
  Evidence,
  Extraction,
  Launch,
  Run,
  Source,
  Subject,
  SubjectView,
} from '../workload/claim.js'
import type { LayerOf } from '../workload/join.js'
import type { ResourceKind } from '../workload/resource-kinds.js'
import { type Unseen, unseenFlags, unseenProgram } from '../workload/unseen.js'
import { configsOfCollections } from './config-collections.js'
import { settingsOf } from './joined-settings.js'
import { LoaderBatches } from './loader-batches.js'
import { machinesOf, nobody, sourcesOfJob } from './machines.js'
import { type JobEntry, withUsers } from './pool-links.js'
import { ProgramDecisions, undecided } from './program-decisions.js'
import { lookAround } from './program-subjects.js'
import { Programs } from './programs.js'
import type { RunModules } from './run-modules.js'
import { SamplePasses } from './sample-passes.js'
import { cappedElsewhere, StarterIndex } from './search-starters.js'
import { madeWith, Origins, sourceOf, sourcesAround, sourcesOf } from './sources.js'

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
  /** Modules that run by themselves. */
  entries: ReadonlySet<string>
  /** Modules of the project that a script imports. */
  importedBy(path: string): string[]
  /** Modules that it runs with: those, and where what it starts trains behind them, these as well. */
  modules: RunModules
  /** The accelerator that code without a job runs on, if the user named one. */
  defaultHardware(path: string): string | null
  layerOf: LayerOf
}

/** One subject in all its runs, with everything that these were made from. */
export interface Judgement {
  runs: SubjectView[]
  from: readonly Source[]
}

function viewFrom(extraction: Extraction, run: Run, input: RunInput, own: string): SubjectView[] {
  const settings = settingsOf(extraction, input.layerOf)
  const hardware = input.defaultHardware(own)
  return extraction.subjects.map((subject) => ({
    subject: subject.location.path === own ? withHardware(subject, run, hardware) : subject,
    run,
    ...(settings.get(subject.id) as Pick<SubjectView, 'settings' | 'choices'>),
    from: [{ path: own, said: extraction }],
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
  from: readonly Source[],
): Run {
  const run: Run = {
    id,
    from,
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
  if (unresolved !== null && launch.prepares !== true && !computesOnProcessor(launch.program.path))
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
  const judged: SubjectView[][] = []
  const { jobs: computeOf, pools, joined } = machinesOf(input)
  const starters = new StarterIndex(input.extractions.values())

  const runsOfJob = new Map<string, Run[]>()
  const runsOfLaunch = new Map<string, Run>()
  /** Readings of a script and of the framework config that it is given: each may decide what is said of the other. */
  const together = new Map<Run, Extraction[]>()
  const runsOfFile = new Map<string, { run: Run; extraction: Extraction }[]>()
  for (const linked of input.launches) {
    const script = linked.script ?? linked.frameworkConfig?.path ?? null
    const { launch } = linked
    const from = sourcesOf(linked, input)
    const run = newRun(launch.id, script, unseenIn(linked, input), launch, launch.job, from)
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
      runs = [newRun(job, null, [unseenProgram('no program that it starts could be read')], null, job, [])]
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
        from: sourcesOfJob(compute, input.calls.get(job)),
      }
      if (compute.pool !== undefined) run.job.pool = compute.pool.subject.location
      if (compute.queues !== undefined) run.job.queues = compute.queues.map((one) => one.subject.location)
    }
    judged.push([runs[0]!.job.compute!])
  }

  const inCollections = configsOfCollections(input.extractions, runsOfFile)
  const programsOf = trainingProgramsOf(input, runsOfFile)
  const decisions = new ProgramDecisions(input)
  const runsOfPaths = new Map<string, Run[]>()
  for (const [path, extraction] of input.extractions) {
    const started = runsOfFile.get(path)
    const shown = inCollections.has(path)
    const itself = () => ({
      run: newRun(
        path,
        path,
        unseenAround(extraction, path, input),
        null,
        null,
        sourcesAround(extraction, path, input),
      ),
      extraction,
    })
    // Where a notebook starts only what its cells write, the rest of it runs by itself.
    const programs = started === undefined ? (programsOf.get(path) ?? []) : []
    const launched = started?.some(({ run }) => !startsWritten(run, path))
      ? started
      : programs.length > 0
        ? programs.map((one) => ({ run: runWithin(one, path, input), extraction }))
        : [...(started ?? []), itself()]
    runsOfPaths.set(
      path,
      launched.map(({ run }) => run),
    )
    const bySubject = new Map<string, SubjectView[]>()
    for (const { run, extraction: read } of launched) {
      const program =
        extraction.frameworkConfig === undefined ? undefined : together.get(run)?.find((one) => one !== read)
      const views = viewFrom(read, run, input, path)
      const own =
        program === undefined
          ? views.map((one) => decisions.leftTo(one, path))
          : views.flatMap((one) => {
              const rest = undecided(one, program, input.layerOf)
              return rest !== one && Object.keys(rest.settings).length === 0 ? [] : [rest]
            })
      const ofItself = own.filter(({ subject: { kind, job } }) => {
        return !(ofLaunch.has(kind) && job !== null && runsOfLaunch.has(job))
      })
      run.subjects.push(...ofItself, ...(programs.length > 0 ? [] : neighbours(input, path, read, run)))
      for (const found of own) {
        if (shown && ofTraining.has(found.subject.kind)) continue
        const ending = starters.endingFor(found)
        const view = ending.length === 0 ? found : madeWith(cappedElsewhere(found), ending)
        if (view.subject.kind === 'Compute' && (view.subject.job !== null || joined.has(view.subject.id)))
          continue
        if (staysUp(view)) {
          if (!bySubject.has(view.subject.id)) bySubject.set(view.subject.id, [onItself(view)])
          continue
        }
        if (view.subject.kind === 'Search' && view.subject.job !== null) {
          const trials = runsOfJob.get(view.subject.job)
          const trial = trials?.find((one) => one.script !== null) ?? trials?.[0]
          // A search that launches its trials itself is judged with what one of them does.
          if (trial !== undefined) {
            trial.searches = [...(trial.searches ?? []), { ...view, run: trial } as SubjectView<'Search'>]
            const agents = agentsOf(trial, runsOfLaunch)
            for (const agent of agents) {
              agent.agents = agents.length
              const own = { ...view, run: agent } as SubjectView<'Search'>
              agent.searches = [...(agent.searches ?? []), own]
              agent.from = [...(agent.from ?? []), ...(view.from ?? [])]
            }
            judged.push([{ ...view, run: trial }])
            continue
          }
        }
        // A command line that says itself how it trains.
        const launch = view.subject.job === null ? undefined : runsOfLaunch.get(view.subject.job)
        if (launch !== undefined && ofLaunch.has(view.subject.kind)) {
          if (view.subject.evidence.unlessHeld === true && launch.script !== null) continue
          const own = { ...view, run: launch }
          launch.subjects.push(own)
          judged.push([own])
          continue
        }
        // What a job does on its machines outside of its programs costs what they cost.
        const holder =
          view.subject.kind === 'Operation' ? runsOfJob.get(view.subject.job ?? '')?.[0] : undefined
        if (holder !== undefined) {
          judged.push([{ ...view, run: holder }])
          continue
        }
        const pool = pools.get(view.subject.id)
        if (pool?.unused === true) {
          view.subject = { ...view.subject, evidence: { ...view.subject.evidence, unused: true } }
          view.from = [...(view.from ?? []), { path, said: nobody }]
        }
        if (pool !== undefined && pool.users.length > 0) {
          view.settings = withUsers(pool.entry, pool.users) as SubjectView['settings']
          view.from = [...(view.from ?? []), ...pool.users.map(sourceOf)]
        }
        const list = bySubject.get(view.subject.id)
        if (list === undefined) bySubject.set(view.subject.id, [view])
        else list.push(view)
      }
    }
    judged.push(...bySubject.values())
  }
  lookAround(runsOfPaths, input)
  const programs = new Programs(input)
  const completions = [new LoaderBatches(input, programs), new SamplePasses(input, programs)]
  for (const runs of judged)
    for (const view of runs) for (const completion of completions) completion.complete(view)
  const origins = new Origins()
  return judged.map((runs) => ({ runs, from: origins.of(runs) }))
}

/** Runs of agents that serve the sweep whose runs this one stands for. */
function agentsOf({ job: { launch } }: Run, runs: ReadonlyMap<string, Run>): Run[] {
  if (launch?.sweep !== 'file') return []
  return [...runs.values()].filter((run) => run.job.launch?.sweepOf === launch.id)
}

/** A machine that nothing ends: no job, and yet what it costs is known. */
function staysUp(view: SubjectView): view is SubjectView<'Compute'> {
  if (view.subject.kind !== ('Compute' satisfies ResourceKind)) return false
  const { service, idleStop, endedBy } = (view as SubjectView<'Compute'>).settings
  return effective(service) === true && effective(idleStop) === null && endedBy === undefined
}

/** With a run of its own, for its bill; what runs on it nobody knows. */
function onItself(view: SubjectView<'Compute'>): SubjectView<'Compute'> {
  const { id } = view.subject
  const unseen = [...view.run.unseen, unseenProgram('no program that it starts could be read')]
  const run = newRun(id, null, unseen, null, id, view.run.from ?? [])
  const own = { ...view, run }
  run.job.compute = own
  return own
}

/** Runs of more programs than this say nothing new of a module that they share. */
const mostPrograms = 8

/** For modules that nothing starts by themselves: the runs of the programs that train with what they define. */
function trainingProgramsOf(
  input: RunInput,
  runsOfFile: ReadonlyMap<string, { run: Run; extraction: Extraction }[]>,
): Map<string, Started[]> {
  const programs = new Map<string, Started[]>()
  for (const [path, started] of runsOfFile) {
    for (const one of started) {
      if (one.run.script !== path || one.run.job.compute === null || !trains(one.extraction, input)) continue
      for (const module of input.modules.of(path, one.extraction)) {
        const list = programs.get(module)
        if (list === undefined) programs.set(module, [one])
        else if (list.length < mostPrograms) list.push(one)
      }
    }
  }
  return programs
}

interface Started {
  run: Run
  extraction: Extraction
}

/** It trains as far as can be seen, or nothing is seen of what it does beside calling its modules. */
function trains(extraction: Extraction, { layerOf }: RunInput): boolean {
  const program = extraction.subjects.find(({ kind }) => kind === ('Program' satisfies ResourceKind))
  if (program === undefined || program.evidence.role === 'test') return false
  const { settings } = settingsOf(extraction, layerOf).get(program.id) ?? { settings: {} }
  const { trains, work } = settings as SubjectView<'Program'>['settings']
  return effective(trains) === true || effective(work)?.length === 0
}

/** The run of a program as a module of it sees it. */
function runWithin({ run, extraction }: Started, module: string, input: RunInput): Run {
  const { script, unseen, job, from = [] } = run
  const own = { path: module, said: input.extractions.get(module)! }
  const inside = newRun(`${run.id} ${module}`, script, unseen, job.launch, job.id, [...from, own])
  inside.job = job
  inside.siblings = run.siblings
  inside.subjects.push(
    ...viewFrom(extraction, inside, input, script!),
    ...neighbours(input, script!, extraction, inside).filter(
      ({ subject }) => subject.location.path !== module,
    ),
  )
  return inside
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
      from: [{ path: subject.location.path, said: extraction }],
    }))
}

/** The run of a program that a cell of this file writes. */
function startsWritten({ job }: Run, path: string): boolean {
  const { launch } = job
  if (launch === null || launch.location.path !== path) return false
  const { path: program } = launch.program
  return program !== null && baseName(program) !== baseName(path)
}

/** What a framework config of a collection says of a training is no run; a search over it is one. */
const ofTraining = new Set<ResourceKind>(['Training', 'InputPipeline', 'Operation', 'Parallelism'])
/** What a command line may say of the run that it starts. */
const ofLaunch = new Set<ResourceKind>([...ofTraining, 'Dataset', 'Preprocessing'])

/** A job whose programs all serve is a service, also where its image says so. */
function asServed(settings: JobEntry['settings'], runs: readonly Run[]): JobEntry['settings'] {
  const { service } = settings
  return service !== undefined && runs.every(({ job }) => job.launch?.serves === true)
    ? { ...settings, service: { ...service, state: 'known', value: true } }
    : settings
}

function neighbours(input: RunInput, path: string, extraction: Extraction, run: Run): SubjectView[] {
  return input.modules.of(path, extraction).flatMap((module) => {
    const own = input.extractions.get(module)
    return own === undefined ? [] : viewFrom(own, run, input, module)
  })
}

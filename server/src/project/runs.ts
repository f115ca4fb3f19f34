/** Readings of all files become runs: one launch of one entry point on one request for machines. */
import { effective } from '../values/value.js'
import type { Binding, Evidence, Judged, Launch, Reading, Run, Subject } from '../workload/claim.js'
import { type JoinedSettings, joinClaims, type LayerOf } from '../workload/join.js'
import { type Unseen, unseenFlags, unseenProgram } from '../workload/unseen.js'
import type { Word } from '../workload/words.js'
import { StartIndex, withStarts } from './job-starts.js'
import {
  type JobEntry,
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
  reading: Reading | null
  /** The recipe that the launch names, read with it; null: it names none. */
  recipe: { path: string; reading: Reading } | null
}

export interface RunInput {
  /** By path, each read with its neighbours but without a launch. */
  readings: ReadonlyMap<string, Reading>
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
  runs: Judged[]
  depends: readonly object[]
}

/** Settings of a reading, joined once for as long as the reading lives. */
const joined = new WeakMap<Reading, Map<string, JoinedSettings>>()

function settingsOf(reading: Reading, layerOf: LayerOf): Map<string, JoinedSettings> {
  let settings = joined.get(reading)
  if (settings === undefined) {
    settings = joinClaims(reading.subjects, reading.claims, layerOf)
    joined.set(reading, settings)
  }
  return settings
}

function judgedFrom(reading: Reading, run: Run, input: RunInput, own: string): Judged[] {
  const settings = settingsOf(reading, input.layerOf)
  const hardware = input.defaultHardware(own)
  return reading.subjects.map((subject) => ({
    subject: subject.location.path === own ? withHardware(subject, run, hardware) : subject,
    run,
    ...(settings.get(subject.id) as Pick<Judged, 'settings' | 'choices'>),
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
  const { launch, script, unresolved, reading, recipe } = linked
  const unseen = unseenFlags(launch)
  // What a recipe says of its training holds whatever program reads it.
  if (unresolved !== null)
    unseen.push(
      recipe === null
        ? unseenProgram(unresolved)
        : { what: unresolved, could: ['devices', 'checkpoints'], location: launch.location },
    )
  if (script !== null && reading !== null) unseen.push(...unseenAround(reading, script, input))
  return unseen
}

/** What a script and the modules of the project that it imports could bring from elsewhere. */
function unseenAround(reading: Reading, path: string, input: RunInput): Unseen[] {
  const imported = input.importedBy(path).map((module) => input.readings.get(module))
  return [reading, ...imported].flatMap((one) => one?.unseen ?? [])
}

export function buildRuns(input: RunInput): Judgement[] {
  const judgements: Judgement[] = []
  const { jobs: computeOf, pools } = machinesOf(input)
  const starters = new StarterIndex(input.readings.values())

  const runsOfJob = new Map<string, Run[]>()
  /** Readings of a script and of the recipe that it is given: each may decide what is said of the other. */
  const together = new Map<Run, Reading[]>()
  const runsOfFile = new Map<string, { run: Run; reading: Reading }[]>()
  for (const linked of input.launches) {
    const script = linked.script ?? linked.recipe?.path ?? null
    const run = newRun(linked.launch.id, script, unseenIn(linked, input), linked.launch, linked.launch.job)
    if (linked.launch.job !== null) {
      const list = runsOfJob.get(linked.launch.job)
      if (list === undefined) runsOfJob.set(linked.launch.job, [run])
      else list.push(run)
    }
    const read = [{ path: linked.script, reading: linked.reading }, linked.recipe ?? undefined]
    for (const one of read) {
      if (one === undefined || one.path === null || one.reading === null) continue
      // A recipe that is only evaluated is not what the launch runs.
      if (one === linked.recipe && one.reading.recipe === undefined) continue
      const entry = { run, reading: one.reading }
      const list = runsOfFile.get(one.path)
      if (list === undefined) runsOfFile.set(one.path, [entry])
      else list.push(entry)
    }
    if (linked.recipe !== null)
      together.set(
        run,
        linked.reading === null ? [linked.recipe.reading] : [linked.reading, linked.recipe.reading],
      )
  }
  for (const [job, compute] of computeOf) {
    let runs = runsOfJob.get(job)
    if (runs === undefined) {
      runs = [newRun(job, null, [unseenProgram('no program that it starts could be read')], null, job)]
      runsOfJob.set(job, runs)
    }
    for (const run of runs) {
      run.siblings = runs
      run.job.compute = {
        subject: compute.subject,
        run,
        settings: asServed(compute.settings, runs),
      }
      if (compute.pool !== undefined) run.job.pool = compute.pool.subject.location
      if (compute.queues !== undefined) run.job.queues = compute.queues.map((one) => one.subject.location)
    }
    const depends: object[] = [compute.reading]
    if (compute.pool !== undefined) depends.push(compute.pool.reading)
    depends.push(...[...(compute.starts ?? []), ...(compute.queues ?? [])].map((one) => one.reading))
    for (const run of runs) {
      const { script, job } = run
      if (job.launch !== null) depends.push(job.launch)
      depends.push(...(together.get(run) ?? []))
      depends.push(...(script === null ? [] : neighbourhood(input, script)))
    }
    judgements.push({ runs: [runs[0]!.job.compute!], depends })
  }

  const galleries = galleriesAmong(input.readings, runsOfFile)
  for (const [path, reading] of input.readings) {
    const started = runsOfFile.get(path)
    const shown = started === undefined && galleries.has(reading.recipe?.framework ?? '')
    const launched = started ?? [
      { run: newRun(path, path, unseenAround(reading, path, input), null, null), reading },
    ]
    const bySubject = new Map<string, Judged[]>()
    const depends: object[] = neighbourhood(input, path)
    for (const { run, reading: read } of launched) {
      depends.push(read, ...(together.get(run) ?? []))
      if (run.job.launch !== null) depends.push(run.job.launch)
      const compute = run.job.id === null ? undefined : computeOf.get(run.job.id)
      if (compute !== undefined) depends.push(compute.reading)
      if (compute?.pool !== undefined) depends.push(compute.pool.reading)
      depends.push(...(compute?.queues ?? []).map((one) => one.reading))
      const program =
        reading.recipe === undefined ? undefined : together.get(run)?.find((one) => one !== read)
      const own = judgedFrom(read, run, input, path).map((one) =>
        program === undefined ? one : undecided(one, program, input.layerOf),
      )
      run.subjects.push(...own, ...neighbours(input, path, run))
      for (const found of own) {
        if (shown && ofTraining.has(found.subject.word)) continue
        const ending = starters.endingFor(found)
        const judged = ending.length === 0 ? found : cappedElsewhere(found)
        depends.push(...ending)
        if (judged.subject.word === 'Compute' && judged.subject.job !== null) continue
        if (judged.subject.word === 'Search' && judged.subject.job !== null) {
          const trials = runsOfJob.get(judged.subject.job)
          const trial = trials?.find((one) => one.script !== null) ?? trials?.[0]
          // A search that launches its trials itself is judged with what one of them does.
          if (trial !== undefined) {
            const seen = runsOfFile.get(trial.script ?? '')?.find((one) => one.run === trial)
            judgements.push({
              runs: [{ ...judged, run: trial }],
              depends: [
                ...depends,
                ...(seen === undefined ? [] : [seen.reading]),
                ...(trial.job.launch === null ? [] : [trial.job.launch]),
                ...(trial.script === null ? [] : neighbourhood(input, trial.script)),
              ],
            })
            continue
          }
        }
        const pool = pools.get(judged.subject.id)
        if (pool !== undefined && pool.users.length > 0) {
          judged.settings = withUsers(pool.entry, pool.users) as Judged['settings']
          depends.push(...pool.users.map((user) => user.reading))
        }
        const list = bySubject.get(judged.subject.id)
        if (list === undefined) bySubject.set(judged.subject.id, [judged])
        else list.push(judged)
      }
    }
    for (const runs of bySubject.values()) judgements.push({ runs, depends })
  }
  return judgements
}

/** A training of a recipe without what its program decides by itself, for which the program is judged. */
function undecided(judged: Judged, program: Reading, layerOf: LayerOf): Judged {
  if (judged.subject.word !== ('Training' satisfies Word)) return judged
  const decided = new Set(
    program.subjects
      .flatMap(({ id, word }) =>
        word === 'Training'
          ? Object.values(settingsOf(program, layerOf).get(id)?.settings ?? {}).filter(
              ({ state }) => state !== 'unknown',
            )
          : [],
      )
      .map(({ setting }) => setting),
  )
  const settings = Object.entries(judged.settings).filter(([setting]) => !decided.has(setting))
  const choices = judged.choices?.filter(({ setting }) => !decided.has(setting))
  return { ...judged, settings: Object.fromEntries(settings) as Judged['settings'], choices }
}

/** From so many recipes on that nothing in the project starts, they are there for others to choose from. */
const gallery = 20

/** What a recipe of a collection says of a training is no run; a search over it is one. */
const ofTraining = new Set<Word>(['Training', 'InputPipeline', 'Operation', 'Parallelism'])

/** Frameworks whose recipes here are a collection: what one of them leaves out costs its author nothing. */
function galleriesAmong(
  readings: ReadonlyMap<string, Reading>,
  started: ReadonlyMap<string, unknown>,
): Set<string> {
  const counts = new Map<string, number>()
  for (const [path, { recipe, subjects }] of readings) {
    if (recipe === undefined || subjects.length === 0 || started.has(path)) continue
    counts.set(recipe.framework, (counts.get(recipe.framework) ?? 0) + 1)
  }
  return new Set([...counts].filter(([, count]) => count >= gallery).map(([framework]) => framework))
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
}

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
  for (const reading of input.readings.values()) {
    for (const subject of reading.subjects) {
      const entry = () => ({
        subject: subject as unknown as Subject<'Compute' & 'Scaling'>,
        settings: settingsOf(reading, input.layerOf).get(subject.id)!.settings as object,
        reading,
      })
      if (subject.word === ('Compute' satisfies Word)) {
        const compute = entry()
        if (subject.job !== null) jobs.set(subject.job, compute)
        else if ('startsFile' in compute.settings) starts.push(compute)
      } else if (subject.word === ('Scaling' satisfies Word))
        pools.set(subject.id, { entry: entry(), users: [] })
      else if (subject.word === ('Queue' satisfies Word)) queues.push(entry() as unknown as QueueEntry)
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
  return { jobs, pools }
}

/** Readings of a file and of the modules that it imports. */
function neighbourhood(input: RunInput, path: string): object[] {
  return [path, ...input.importedBy(path)].flatMap((one) => input.readings.get(one) ?? [])
}

function neighbours(input: RunInput, path: string, run: Run): Judged[] {
  return input.importedBy(path).flatMap((module) => {
    const reading = input.readings.get(module)
    return reading === undefined ? [] : judgedFrom(reading, run, input, module)
  })
}

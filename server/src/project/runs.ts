/** Readings of all files become runs: one launch of one entry point on one request for machines. */
import type { Binding, Claim, Evidence, Judged, Launch, Reading, Run, Subject } from '../workload/claim.js'
import { joinClaims, type LayerOf } from '../workload/join.js'
import type { Word } from '../workload/words.js'

/** A launch with the file it starts, and that file read with it. */
export interface LinkedLaunch {
  launch: Launch
  binding: Binding
  script: string | null
  unresolved: string | null
  /** The script read with the launch bound; null when there is no script. */
  reading: Reading | null
}

export interface RunInput {
  /** By path, each read with its neighbours but without a launch. */
  readings: ReadonlyMap<string, Reading>
  launches: LinkedLaunch[]
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
const joined = new WeakMap<Reading, Map<string, Record<string, Claim>>>()

function settingsOf(reading: Reading, layerOf: LayerOf): Map<string, Record<string, Claim>> {
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
    settings: settings.get(subject.id) as Judged['settings'],
  }))
}

/** What the job, or without one the user's configuration, says about accelerators outranks what the code hints at. */
function withHardware(subject: Subject, run: Run, hardware: string | null): Subject {
  if (run.job.compute === null && hardware !== null && subject.evidence.accelerator === 'maybe') {
    return { ...subject, evidence: { ...subject.evidence, accelerator: 'gpu' } }
  }
  const gpus = run.job.compute?.settings.gpus
  if (gpus === undefined || gpus.state === 'unknown' || subject.evidence.role === 'job') return subject
  const { accelerator } = subject.evidence
  let known: Evidence['accelerator'] = accelerator
  if ((gpus.value ?? 0) > 0) known = accelerator === 'cpu' ? accelerator : 'gpu'
  else if (accelerator === 'maybe' || accelerator === 'none') known = 'cpu'
  return known === accelerator
    ? subject
    : { ...subject, evidence: { ...subject.evidence, accelerator: known } }
}

function newRun(
  id: string,
  script: string | null,
  unresolved: string | null,
  launch: Launch | null,
  job: string | null,
): Run {
  const run: Run = {
    id,
    script,
    unresolved,
    job: { id: job, compute: null, launch },
    subjects: [],
    siblings: [],
  }
  run.siblings = [run]
  return run
}

export function buildRuns(input: RunInput): Judgement[] {
  const judgements: Judgement[] = []
  const computeOf = new Map<
    string,
    { subject: Subject<'Compute'>; settings: Record<string, Claim>; reading: Reading }
  >()
  for (const reading of input.readings.values()) {
    const computes = reading.subjects.filter(
      (subject) => subject.word === ('Compute' satisfies Word) && subject.job !== null,
    )
    if (computes.length === 0) continue
    const settings = settingsOf(reading, input.layerOf)
    for (const subject of computes) {
      computeOf.set(subject.job!, {
        subject: subject as Subject<'Compute'>,
        settings: settings.get(subject.id)!,
        reading,
      })
    }
  }

  const runsOfJob = new Map<string, Run[]>()
  const runsOfScript = new Map<string, { run: Run; reading: Reading }[]>()
  for (const linked of input.launches) {
    const run = newRun(linked.launch.id, linked.script, linked.unresolved, linked.launch, linked.launch.job)
    if (linked.launch.job !== null) {
      const list = runsOfJob.get(linked.launch.job)
      if (list === undefined) runsOfJob.set(linked.launch.job, [run])
      else list.push(run)
    }
    if (linked.script !== null && linked.reading !== null) {
      const list = runsOfScript.get(linked.script)
      const entry = { run, reading: linked.reading }
      if (list === undefined) runsOfScript.set(linked.script, [entry])
      else list.push(entry)
    }
  }
  for (const [job, compute] of computeOf) {
    let runs = runsOfJob.get(job)
    if (runs === undefined) {
      runs = [newRun(job, null, 'no program that it starts could be read', null, job)]
      runsOfJob.set(job, runs)
    }
    for (const run of runs) {
      run.siblings = runs
      run.job.compute = {
        subject: compute.subject,
        run,
        settings: compute.settings as Judged<'Compute'>['settings'],
      }
    }
    const depends: object[] = [compute.reading]
    for (const {
      script,
      job: { launch },
    } of runs) {
      if (launch !== null) depends.push(launch)
      depends.push(...(script === null ? [] : neighbourhood(input, script)))
    }
    judgements.push({ runs: [runs[0]!.job.compute as unknown as Judged], depends })
  }

  for (const [path, reading] of input.readings) {
    const launched = runsOfScript.get(path) ?? [{ run: newRun(path, path, null, null, null), reading }]
    const bySubject = new Map<string, Judged[]>()
    const depends: object[] = neighbourhood(input, path)
    for (const { run, reading: read } of launched) {
      depends.push(read)
      if (run.job.launch !== null) depends.push(run.job.launch)
      const compute = run.job.id === null ? undefined : computeOf.get(run.job.id)
      if (compute !== undefined) depends.push(compute.reading)
      const own = judgedFrom(read, run, input, path)
      run.subjects = [...own, ...neighbours(input, path, run)]
      for (const judged of own) {
        if (judged.subject.word === 'Compute' && judged.subject.job !== null) continue
        const list = bySubject.get(judged.subject.id)
        if (list === undefined) bySubject.set(judged.subject.id, [judged])
        else list.push(judged)
      }
    }
    for (const runs of bySubject.values()) judgements.push({ runs, depends })
  }
  return judgements
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

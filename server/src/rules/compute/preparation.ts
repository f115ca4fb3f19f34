/** Work that gets data or weights ready and needs no accelerator for it. */
import { effective } from '../../values/value.js'
import type { Run, SubjectView } from '../../workload/claim.js'
import type { StepWork } from '../../workload/resource-kinds.js'
import { hidden, isSilence, type Silence, unless } from '../silence.js'
import { subjectIn, subjectsOf } from '../subject-view.js'

export interface Code {
  work: readonly StepWork[]
  location?: SubjectView['subject']['location']
}

/** What one program does, where it cannot use an accelerator; else why it could, or is not known. */
function codeOfRun(run: Run): Code | Silence {
  const unseen = hidden(run, 'accelerator')
  if (unseen !== undefined) return unseen
  const program = subjectIn(run, 'Program')
  // A program of another project that is known to compute on processors.
  const { launch } = run.job
  if (program === undefined && run.script === null && launch !== null)
    return launch.prepares === true ? { work: ['prepare'], location: launch.location } : { work: [] }
  // It has no library that any reader knows, and no module of the project that has.
  if (program === undefined && run.script !== null && subjectsOf(run, 'Program').length === 0)
    return { work: [] }
  if (program === undefined) return { text: `nothing is known of what ${run.script ?? 'it'} imports` }
  const library = effective(program.settings.acceleratorLibrary)
  if (library !== null) return unless(program, 'acceleratorLibrary', `${run.script} uses ${library}`)
  return { work: effective(program.settings.work) ?? [], location: program.subject.location }
}

/** What runs on the machine, where none of it can use the accelerator. */
export function codeOf(view: SubjectView<'Compute'>): Code | Silence {
  const { work, acceleratorLibrary } = view.settings
  if (work !== undefined) {
    const own = effective(work)
    return own !== undefined && effective(acceleratorLibrary) === null
      ? { work: own }
      : unless(view, ['work', 'acceleratorLibrary'], `its code uses ${effective(acceleratorLibrary)}`)
  }
  const all = new Set<StepWork>()
  let location: SubjectView['subject']['location'] | undefined
  for (const run of view.run.siblings) {
    const code = codeOfRun(run)
    if (isSilence(code)) return code
    for (const one of code.work) all.add(one)
    location ??= code.location
  }
  return location === undefined ? { text: 'no program of the job is known' } : { work: [...all], location }
}

const preparations: readonly StepWork[] = ['download', 'prepare', 'merge', 'evaluate']

export function isPreparation(work: readonly StepWork[]): boolean {
  return work.length > 0 && work.every((one) => preparations.includes(one))
}

export function verb(work: readonly StepWork[]): string {
  if (work.includes('merge')) return 'merges weights on the CPU'
  const prepares = work.includes('prepare')
  const evaluates = work.includes('evaluate')
  if (prepares && evaluates) return 'prepares and evaluates data'
  if (prepares) return 'prepares data'
  return evaluates ? 'computes metrics' : 'fetches data'
}

export interface Waiting {
  preparation: Run
  code: Code
  training: Run
}

/** A program that gets things ready at every start of the job, before the first one that uses its accelerators. */
export function waitingFor(view: SubjectView<'Compute'>): Waiting | undefined {
  const runs = view.run.siblings.filter(({ job }) => job.launch !== null && job.launch.asks !== true)
  const at = runs.findIndex((run) => {
    const program = subjectIn(run, 'Program')
    return (
      effective(program?.settings.trains) === true && effective(program?.settings.acceleratorLibrary) != null
    )
  })
  if (at < 1) return undefined
  for (const preparation of runs.slice(0, at)) {
    const code = codeOfRun(preparation)
    const { launch } = preparation.job
    if (isSilence(code) || launch === null || launch.conditional === true || !isPreparation(code.work))
      continue
    if (launch.location.path === runs[at]!.job.launch!.location.path)
      return { preparation, code, training: runs[at]! }
  }
  return undefined
}

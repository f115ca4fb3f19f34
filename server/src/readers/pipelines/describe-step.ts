/** What readers of every orchestrator say about a step in the same way. */
import type { Func, PythonModule } from '../../python/module.js'
import type { ClaimBuilder, Place, SubjectBuilder } from '../../workload/builder.js'
import type { Evidence } from '../../workload/claim.js'
import type { StepSettings, StepWork } from '../../workload/resource-kinds.js'
import { evidenceOfJob } from '../job-in-code.js'
import { acceleratorUse } from './accelerator-use.js'
import { reachedCode } from './reached-code.js'
import { wordsOf, workOfCode, workOfName } from './step-work.js'

export interface Described {
  engine: string
  /** The reader's word for it, where a message needs one. */
  key: string
  unit: StepSettings['unit']
  evidence: Evidence
}

export function stepEvidence(python: PythonModule): Evidence {
  return evidenceOfJob(python, 'none')
}

export interface WorkOfStep {
  purpose: StepWork[]
  work: StepWork[]
  seen: boolean
}

/** How many calls make a part of the code more than a detail. One that trains or deploys is enough. */
const weighty: Record<StepWork, number> = {
  train: 1,
  tune: 1,
  deploy: 1,
  evaluate: 2,
  prepare: 3,
  merge: 1,
  download: 2,
  report: 1,
}

/** What it hands on is a word or a number rather than data. */
const decides = /conf|param|setting|choos|select|pick|check|valid|name|path|version|uri|args|flag/i

/** What a step does: its name says what it is for, its code (where it is at hand) what else it does. */
export function workOfStep(
  python: PythonModule,
  name: string,
  code: Func | null,
  /** Training reads what it makes. */
  feeds = false,
): WorkOfStep {
  const told = workOfName(name)
  const named: StepWork[] = told.length === 0 && feeds && !decides.test(name) ? ['prepare'] : told
  if (code === null) return { purpose: named, work: named, seen: false }
  const seen = workOfCode(python, code)
  const work = seen
    .filter((one) => one.calls >= weighty[one.work] || named.includes(one.work))
    .map((one) => one.work)
  for (const one of named) if (!work.includes(one)) work.push(one)
  return { purpose: named.length > 0 ? named : work, work, seen: true }
}

export function describeStep(
  claims: ClaimBuilder,
  python: PythonModule,
  step: { name: string; code: Func | null; place: Place; scope: string; feeds?: boolean },
  about: Described,
): { subject: SubjectBuilder<'Step'>; purpose: StepWork[]; work: StepWork[] } {
  const { purpose, work, seen } = workOfStep(python, step.name, step.code, step.feeds)
  const subject = stepSubject(claims, { name: step.name, purpose, work, seen }, step, about)
  return { subject, purpose, work }
}

/** A step of which only the name tells what it does. */
export function describeNamedStep(
  claims: ClaimBuilder,
  { name, purpose }: { name: string; purpose: StepWork[] },
  at: { place: Place; scope: string },
  about: Described,
): SubjectBuilder<'Step'> {
  return stepSubject(claims, { name, purpose, work: purpose, seen: false }, at, about)
}

function stepSubject(
  claims: ClaimBuilder,
  { name, purpose, work, seen }: WorkOfStep & { name: string },
  { place, scope }: { place: Place; scope: string },
  about: Described,
): SubjectBuilder<'Step'> {
  const subject = claims.subject('Step', place, scope, about.evidence)
  subject.known('name', about.key, name, place)
  subject.known('engine', about.key, about.engine, place)
  subject.known('unit', about.key, about.unit, place)
  subject.known('purpose', about.key, purpose, place)
  subject.known('work', about.key, work, place)
  subject.known('unseen', about.key, !seen, place)
  return subject
}

/** A switch for all steps of a pipeline. */
export function describeAllSteps(
  claims: ClaimBuilder,
  steps: { name: string; purpose: StepWork[] }[],
  at: { place: Place; scope: string },
  about: Described,
): SubjectBuilder<'Step'> {
  const { place } = at
  const subject = claims.subject('Step', place, at.scope, about.evidence)
  subject.known('engine', about.key, about.engine, place)
  subject.known('unit', about.key, about.unit, place)
  subject.known('allSteps', about.key, [...new Set(steps.map((one) => one.name))], place)
  subject.known('purpose', about.key, [...new Set(steps.flatMap((one) => one.purpose))], place)
  subject.known('unseen', about.key, steps.length === 0, place)
  // The engine knows a repository by its address only.
  if (steps.some(({ name }) => wordsOf(name).includes('clone')))
    subject.known('uncachedFor', about.key, 'what it clones may have changed', place)
  return subject
}

/** What the code of a step could use of the machine that it asks for. */
export function claimCode(
  python: PythonModule,
  compute: SubjectBuilder<'Compute'>,
  code: Func,
  work: StepWork[],
  place: Place,
  /** Only the function itself is sent to where it runs, without what the module imports. */
  selfContained: boolean,
): void {
  compute.known('work', code.name, work, place)
  const own = acceleratorUse(python, code.node.body)
  const settled = selfContained || 'because' in own || own.library !== null
  const reached = reachedCode(python, code)
  const use = settled ? own : acceleratorUse(python, reached)
  const starts = python.calls.some(
    ({ name, expr }) =>
      /^(subprocess\.|os\.(system|popen|exec)|metaflow\.current\.(torch|deepspeed|tensorflow|mpi)\.)/.test(
        name ?? '',
      ) && reached.some(({ start, end }) => start <= expr.start && expr.end <= end),
  )
  if (starts) compute.unknown('acceleratorLibrary', 'import', 'it starts other programs', place)
  else if ('because' in use) compute.unknown('acceleratorLibrary', 'import', use.because, place)
  else compute.known('acceleratorLibrary', 'import', use.library, place)
}

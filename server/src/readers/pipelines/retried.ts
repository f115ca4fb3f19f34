/** Functions of this file that an engine runs as steps, and starts again when they fail. */

import type { Call, Func, PythonModule } from '../../python/module.js'
import type { Json } from '../../text/json.js'
import { convert, orDefault } from '../../values/operations.js'
import { asNumber } from '../../values/parse.js'
import { calleePlace } from '../../values/places.js'
import type { Given } from '../../values/value.js'
import type { ClaimBuilder, Place, SubjectBuilder } from '../../workload/builder.js'
import type { Evidence } from '../../workload/claim.js'
import type { StepWork } from '../../workload/resource-kinds.js'
import { jobRole } from '../job-in-code.js'
import { trainingEvidence } from '../pytorch/evidence.js'
import { resumption } from '../pytorch/resume.js'
import { workOfCode, workOfName } from './step-work.js'

export interface StepFunction {
  func: Func
  /** The decorator, where it takes arguments. */
  call: Call | null
  engine: string
  name: string
}

/** What a function does, as far as it can be seen; its name where its code tells nothing. */
export function workOfFunction(python: PythonModule, func: Func): { work: StepWork[]; unseen: boolean } {
  const seen = workOfCode(python, func).map((one) => one.work)
  return seen.length > 0 ? { work: seen, unseen: false } : { work: workOfName(func.name), unseen: true }
}

/** True where training runs on an accelerator, for all that can be seen of this file. */
export function onAccelerator(python: PythonModule): boolean {
  const { accelerator } = trainingEvidence(python)
  return accelerator === 'gpu' || accelerator === 'maybe'
}

/** The step as a subject, with what it does and whether it goes on from what it has saved. */
export function claimStep(
  python: PythonModule,
  claims: ClaimBuilder,
  { func, call, engine, name }: StepFunction,
): { step: SubjectBuilder<'Step'>; place: Place; site: Place } {
  const decorator = call?.expr ?? func.node.decorators[0]
  const place: Place =
    call === null
      ? { start: func.node.nameStart, end: func.node.nameStart + func.name.length }
      : calleePlace(call)
  const site: Place = {
    start: decorator?.start ?? place.start,
    end: decorator?.end ?? place.end,
  }
  const { work, unseen } = workOfFunction(python, func)
  const trains = work.includes('train')
  const { accelerator, small, notebook } = trainingEvidence(python)
  const evidence: Evidence = {
    role: jobRole(python),
    accelerator: trains ? accelerator : 'none',
    small: trains ? small : null,
    notebook,
  }
  const step = claims.subject('Step', place, func.qualified, evidence)
  step.known('name', engine, name, place, { site })
  step.known('engine', engine, engine, place, { site })
  step.known('work', engine, work, place, { site })
  step.known('unseen', engine, unseen, place, { site })
  if (trains && !unseen) {
    const result = resumption(python)
    if (result === 'unknown')
      step.unknown('resumes', 'checkpoint', 'something is saved or loaded', place, { site })
    else step.known('resumes', 'checkpoint', result === 'resumes', place, { site })
  }
  return { step, place, site }
}

/** `otherwise`: where they are left out. */
export function claimStepRetries(
  step: SubjectBuilder<'Step'>,
  key: string,
  given: Given<Json>,
  otherwise: number,
): void {
  step.say('retries', key, orDefault(convert(given, asNumber), otherwise))
}

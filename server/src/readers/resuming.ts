/** Whether a training of a library goes on from what an earlier start of it has saved. */
import type { ArgumentValue, Call, PythonModule } from '../python/module.js'
import type { Stmt } from '../syntax/python-ast.js'
import { knownArgument, mayBePassed, passedExpression, passedPlace } from '../values/argument.js'
import { calleePlace, callSite } from '../values/places.js'
import type { SubjectBuilder } from '../workload/builder.js'
import { newEachTime } from './own-folder.js'
import { claimUnusedOption } from './unused-resume-option.js'

/** Claimed by what the call that trains is `given`: paths of checkpoints, switches. `key`: the argument that is missing. */
export function claimResuming(
  python: PythonModule,
  training: SubjectBuilder<'Training'>,
  call: Call,
  key: string,
  given: readonly ArgumentValue[],
  folders: readonly ArgumentValue[] = [],
): void {
  const place = calleePlace(call)
  const asked = given.find((one) => mayBePassed(one) && !isNothing(python, one))
  if (asked?.state === 'unknown') training.unknown('resumable', key, asked.because, place)
  else if (asked !== undefined) {
    const asks = passedPlace(asked) ?? place
    training.known('resumable', key, true, asks, { site: callSite(call) })
    const named = folders.flatMap((one) => passedExpression(one) ?? [])
    if (wantsLast(asked) && named.some((one) => newEachTime(python, one) !== null))
      training.known('resumesWithout', key, 'its files', asks)
  } else if (loadsBefore(python, call))
    training.unknown('resumable', key, 'something is loaded before it', place)
  else {
    training.default('resumable', key, false, place, { site: callSite(call) })
    claimUnusedOption(python, training)
  }
}

/** It looks for the last one by itself. */
function wantsLast(argument: ArgumentValue): boolean {
  const value = knownArgument(argument)
  return value === true || value === 'last' || value === 'latest'
}

/** Written as None or False. What an option leaves out is given by whoever starts it again. */
function isNothing(python: PythonModule, argument: ArgumentValue): boolean {
  const expr = passedExpression(argument)
  const value = expr === null ? null : python.definition(expr)
  return value?.type === 'constant' && (value.value === null || value.value === false)
}

const loads =
  /^(load_(model|weights|checkpoint|ckpt|state|state_dict|from_checkpoint|learner|encoder)|restore\w*)$/
/** What they hold is known by what they are called. */
const loadsModel = /(^torch|model|net|learn\w*|agent|checkpoint|ckpt)\.load$/i

/** A call above it reads what may be a checkpoint, and not instead of it. */
function loadsBefore(python: PythonModule, fit: Call): boolean {
  const { start } = fit.expr
  return python.calls.some(({ method, expr, function: func }) => {
    if (expr.start > start) return false
    const { callee } = expr
    if (!loads.test(method) && !loadsModel.test(python.code.slice(callee.start, callee.end))) return false
    return !python.statements.some(
      (one) =>
        one.type === 'if' &&
        stands(one.body, expr.start) &&
        (stands(one.orelse, start) ||
          (func === fit.function && !stands(one.body, start) && leaves(one.body))),
    )
  })
}

function stands(block: readonly Stmt[], at: number): boolean {
  return block.some(({ start, end }) => start <= at && at < end)
}

/** `return model` at its end. */
function leaves(block: readonly Stmt[]): boolean {
  return /^(return|raise)$/.test(block.at(-1)?.type ?? '')
}

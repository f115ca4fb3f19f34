/** Early stopping as a class of the project, asked after each epoch of a hand-written loop. */
import type { Change, Refusal } from '../../edit/write.js'
import type { Call, Loop, PythonModule } from '../../python/module.js'
import type { Expr } from '../../syntax/python-ast.js'
import { mayBePassed, passedExpression } from '../../values/argument.js'
import { asNumber } from '../../values/parse.js'
import { writeArgument } from '../../values/write-argument.js'
import type { SubjectBuilder } from '../../workload/builder.js'
import type { Claim } from '../../workload/claim.js'
import { changeOf, refuse } from '../change-answer.js'
import { claimArgument, claimedCall } from '../claim-argument.js'
import type { FragmentFacts } from '../reader.js'
import { changeCountedPatience, claimValidatedEvery, remainderIn } from './counted-patience.js'

const stopper = /^early_?stop(ping|per|ping_?callback)?$/i

export function readOwnStopping(
  python: PythonModule,
  outer: Loop,
  training: SubjectBuilder<'Training'>,
): void {
  const made = python.calls.filter(({ method }) => stopper.test(method))
  const [only, ...more] = made
  if (only === undefined || more.length > 0 || only.assignedTo === null) return
  const asks = asksOf(python, only.assignedTo)
  if (asks.length === 0 || asks.some(({ loops }) => loops.at(-1) !== outer)) return
  const every = rhythmOf(python, asks, outer)
  if (every === null || (every !== 'each' && !claimValidatedEvery(python, training, every))) return
  const argument = python.argument(only, 'patience', positionOf(python, only))
  if (!mayBePassed(argument)) return
  claimArgument(training, 'patience', 'patience', only, argument, {
    convert: (value) => {
      const epochs = asNumber(value)
      return epochs !== undefined && epochs > 0 ? epochs : undefined
    },
  })
}

/** Where the class says so; null: only by its name. */
function positionOf(python: PythonModule, call: Call): number | null {
  const params = python.classOf(call.expr.callee)?.methods.get('__init__')?.node.params ?? []
  const position = params.findIndex(({ name }) => name === 'patience')
  return position > 0 ? position - 1 : null
}

/** `stopper(loss)`, `stopper.step(loss)`. */
function asksOf(python: PythonModule, name: string): Call[] {
  return python.calls.filter(({ expr: { callee } }) => {
    const asked = callee.type === 'attribute' ? callee.value : callee
    return python.text.slice(asked.start, asked.end) === name
  })
}

/** What the number of an epoch is divided by where it is asked: `if epoch % 5 == 0:`; null: that differs. */
function rhythmOf(python: PythonModule, asks: readonly Call[], outer: Loop): 'each' | Expr | null {
  const tests = asks.map(({ expr }) =>
    python.statements.flatMap((one) => {
      const holds =
        one.type === 'if' &&
        outer.node.start < one.start &&
        one.body.some(({ start, end }) => start <= expr.start && expr.end <= end)
      return holds ? (remainderIn(one.test) ?? []) : []
    }),
  )
  const [first] = tests
  if (first === undefined || tests.some((one) => one.length !== first.length) || first.length > 1) return null
  if (first[0] === undefined) return 'each'
  const written = ({ start, end }: Expr) => python.text.slice(start, end)
  return tests.every(([one]) => written(one!) === written(first[0]!)) ? first[0] : null
}

export function changeOwnStopping(claim: Claim, value: unknown, facts: FragmentFacts): Change | Refusal {
  const { python } = facts
  const call = claimedCall(python, claim.site)
  if (python === undefined || call === null) return changeCountedPatience(claim.site, value, facts)
  const given = python.argument(call, 'patience', positionOf(python, call))
  if (passedExpression(given)?.type !== 'constant') return refuse('patience is chosen elsewhere')
  return changeOf(`Set patience=${String(value)}`, [
    writeArgument(facts, call, 'patience', given, String(value)),
  ])
}

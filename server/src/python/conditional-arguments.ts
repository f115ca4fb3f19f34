/** Arguments that a condition decides: one of two, or one that is given only sometimes. */
import type { Expr } from '../syntax/python-ast.js'
import type { Analysis } from './analysis.js'
import { conditionOf, type Guard, guardsAt } from './conditions.js'
import { chosen, known } from './folded.js'
import type { ArgumentValue, Folded } from './module.js'
import type { Mutation } from './mutations.js'

/** `if args.amp: kwargs['bf16'] = True`: what was there before, or what is set. */
export function underCondition(
  analysis: Analysis,
  { target, call }: Mutation,
  { start }: Expr,
  before: ArgumentValue,
  set: ArgumentValue,
  open: ArgumentValue,
): ArgumentValue {
  const around = new Set(guardsAt(analysis, start).map((guard) => guard.test))
  const guards = guardsAt(analysis, (target ?? call)?.start ?? start).filter(({ test }) => !around.has(test))
  const [guard] = guards
  return guards.length === 1 && guard !== undefined ? eitherOf(analysis, guard, set, before, open) : open
}

/** One of two, by a condition; `open` where either of them cannot be told. */
export function eitherOf(
  analysis: Analysis,
  { test, holds }: Pick<Guard, 'test' | 'holds'>,
  then: ArgumentValue,
  otherwise: ArgumentValue,
  open: ArgumentValue,
): ArgumentValue {
  if (then.state === 'absent' && otherwise.state === 'given')
    return eitherOf(analysis, { test, holds: !holds }, otherwise, then, open)
  const condition = conditionOf(analysis, test)
  if (otherwise.state === 'absent' && then.state === 'given' && isTrue(then.folded))
    // A switch that only an option turns on is off without it.
    return eitherOf(analysis, { test, holds }, then, { ...then, folded: known(false) }, open)
  // What only an option brings is left out unless somebody passes it.
  if (otherwise.state === 'absent' && then.state !== 'absent' && condition.byDefault === !holds)
    return { ...otherwise, overridable: true }
  // What only an option takes away holds unless somebody passes it.
  if (otherwise.state === 'absent' && then.state === 'given' && condition.byDefault === holds)
    return { ...then, folded: replaceable(then.folded) }
  if (then.state !== 'given' || otherwise.state !== 'given') return open
  const [first, second] = holds ? [then, otherwise] : [otherwise, then]
  const because = open.state === 'unknown' ? open.because : 'a condition'
  const folded = chosen(because, [
    { folded: first.folded, when: condition.holds, byDefault: condition.byDefault === true },
    { folded: second.folded, when: condition.fails, byDefault: condition.byDefault === false },
  ])
  if (folded.state === 'unknown' && folded.options === undefined) return open
  return { ...(condition.byDefault === holds ? then : otherwise), folded }
}

/** The same value, which a launch may do without. */
function replaceable(folded: Folded): Folded {
  return folded.state === 'known' ? { ...folded, overridable: true } : folded
}

function isTrue(folded: Folded): boolean {
  return folded.state === 'known' && folded.value === true
}

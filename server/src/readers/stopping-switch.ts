/** Early stopping that a program has, and that is off unless somebody asks for it: `if cfg.early_stopping.enabled:`. */
import type { Change, Refusal } from '../edit/write.js'
import type { Call, PythonModule } from '../python/module.js'
import { truthy } from '../python/operators.js'
import type { Expr } from '../syntax/python-ast.js'
import { foldedValue } from '../values/folded-value.js'
import { convert } from '../values/operations.js'
import { calleePlace, callSite } from '../values/places.js'
import type { Place, SubjectBuilder } from '../workload/builder.js'
import type { Claim } from '../workload/claim.js'
import type { Verdict } from './callback-list.js'
import { claimVerdict } from './claim-verdict.js'
import type { FragmentFacts } from './reader.js'
import { isConfigured, writeConfigured } from './write-configured.js'

/** What ends a run early, by name. */
const named = /EarlyStopping/

export interface Stopping {
  /** The call that trains: what it stands under itself is no switch. */
  user: Call
  /** The callbacks that would stop it. */
  made: readonly Call[]
  /** Whether anything ends the run; `without`: these calls and names put aside, which a switch keeps from it. */
  verdict(without: readonly Call[] | null): Verdict
  /** A launch that is not linked could bring a callback. */
  overridable?: boolean
}

/** The test that keeps a run from being stopped, as it stands; null: nothing would stop it, or it does, or nobody can tell. */
function stoppingSwitch(python: PythonModule, { made, user }: Stopping): Expr | null {
  if (made.length === 0) return deadSwitch(python)
  const outside = python.reach(user.expr.start)
  const shared =
    outside.state === 'sometimes' ? outside.conditions.map(({ condition }) => condition.test) : []
  let found: Expr | null = null
  for (const call of made) {
    const reach = python.reach(call.expr.start)
    if (reach.state !== 'sometimes') return null
    const off = reach.conditions.find(
      ({ condition: { test, byDefault, negated }, holds }) =>
        !shared.some((one) => one?.start === test?.start) && holds && !negated && byDefault === false,
    )
    if (off === undefined) return null
    found ??= off.condition.test
  }
  return found
}

/** The one test that keeps the code from running which would make such a callback. */
function deadSwitch(python: PythonModule): Expr | null {
  const dead = python.dead.filter(({ start, end }) => named.test(python.text.slice(start, end)))
  const [only] = dead
  if (only === undefined || dead.length > 1) return null
  const { test, value, negated } = only.condition
  return value === false && !negated ? test : null
}

/** Says that it is off, where the value of the test stands. */
function claimSwitchedOff(python: PythonModule, test: Expr, training: SubjectBuilder<'Training'>): void {
  const place = { start: test.start, end: test.end }
  const site: Place = { ...place, target: { kind: 'stopping switch' } }
  training.say(
    'earlyStopping',
    python.text.slice(test.start, test.end),
    convert(foldedValue(python.fold(test), place, site, training.locator), truthy),
  )
}

/** As `claimVerdict`, of a program that may have switched off what would stop it. */
export function claimStopping(
  python: PythonModule,
  training: SubjectBuilder<'Training'>,
  stopping: Stopping,
): void {
  const { user, made, verdict, overridable = false } = stopping
  const off = stoppingSwitch(python, stopping)
  // Something else may end it all the same.
  if (off !== null && verdict(made) === 'goes on') claimSwitchedOff(python, off, training)
  else
    claimVerdict(python, training, 'callbacks', verdict(null), calleePlace(user), callSite(user), overridable)
}

/** Turns it on in the configuration that says so. Null: the claim is about something else. */
export function changeStoppingSwitch(claim: Claim, facts: FragmentFacts): Change | Refusal | null {
  if (claim.site.target?.kind !== 'stopping switch') return null
  if (isConfigured(claim, facts) && saysItIsOff(claim, facts))
    return { reason: 'a comment beside it says that it is off by default on purpose' }
  return isConfigured(claim, facts)
    ? writeConfigured(claim, true, facts)
    : { reason: `turn \`${claim.key}\` on where the program is started` }
}

/** `# disabled by default` above the switch or the block that it is in. */
function saysItIsOff({ location }: Claim, { fragment: { text } }: FragmentFacts): boolean {
  const before = text.slice(0, text.indexOf('\n', location.start) + 1 || undefined).split('\n')
  return before.slice(-5).some((line) => /#.*\b(disabled|off|inactive)\b.*\bby default\b/i.test(line))
}

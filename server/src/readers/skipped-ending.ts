/** Calls that end what a program has started, and whether a failure keeps it from coming to them. */
import type { Call, Func, PythonModule } from '../python/module.js'
import type { Expr, Stmt } from '../syntax/python-ast.js'
import { blocksOf, childrenOf, expressionsOf, lastName, namesIn } from '../syntax/python-children.js'
import type { Span } from '../text/location.js'
import type { Place, SubjectBuilder } from '../workload/builder.js'
import { isOnlyOffered } from './only-offered.js'

/** Ends what it knows of however the program ends. */
const whateverHappens = /\batexit\b|\bsignal\.signal\b|\baddfinalizer\b|\bExitStack\b|\bcontextmanager\b/

/** What ends a machine in the program that has asked for it. */
export function claimEnding(
  compute: SubjectBuilder<'Compute'>,
  python: PythonModule,
  made: Call,
  ended: readonly Call[],
  place: Place,
  /** What a message calls it, where the call itself has a name of no meaning. */
  spelled: string | null = null,
): void {
  const [first] = ended
  if (first !== undefined) compute.known('endedBy', first.method, first.method, place)
  const skipped = skippedEnding(python, made, ended)
  if (skipped !== null) compute.known('endSkipped', skipped, spelled ?? skipped, place)
}

/**
 * The call that ends what `made` has started behind its work, unless something fails before; null: it is called whatever happens, by
 * hand, or in a notebook or a script of lines, in front of which somebody sits.
 */
export function skippedEnding(python: PythonModule, made: Call, own: readonly Call[]): string | null {
  if (made.function === null || python.evidence.notebook || own.length === 0) return null
  if (!python.isEntry && isOnlyOffered(python, made)) return null
  if (own.every((one) => asksForSuccess(python, one, made))) return own[0]!.method
  if (whateverHappens.test(python.code)) return null
  const starting = leadingTo(python, made)
  const after = own.map((one) =>
    withCallers(python, one, starting).filter(
      ({ function: func, expr }) => expr.start > (starting.get(func) ?? Infinity),
    ),
  )
  const [last] = own.slice(-1)
  return last === undefined ||
    after.some(
      (calls) =>
        calls.length === 0 ||
        calls.some((one) => isCleanup(python, one) || isCaughtBefore(python, one, starting)),
    )
    ? null
    : last.method
}

/** With the calls that come to it through functions of this module, but for those that start what is ended as well. */
function withCallers(python: PythonModule, ended: Call, starting: ReadonlyMap<Func | null, number>): Call[] {
  const found = new Set([ended])
  for (const { function: func } of found)
    if (func !== null && !starting.has(func)) for (const site of python.callSites(func) ?? []) found.add(site)
  return [...found]
}

/** The function that a call stands in, and those that come to it by calls; with the first place in each. */
function leadingTo(python: PythonModule, call: Call): Map<Func | null, number> {
  const found = new Map<Func | null, number>()
  const next = [call]
  for (const { function: func, expr } of next) {
    const before = found.get(func)
    found.set(func, Math.min(before ?? Infinity, expr.start))
    if (func !== null && before === undefined) next.push(...(python.callSites(func) ?? []))
  }
  return found
}

/** Statements around a call, the outermost first. */
function around(python: PythonModule, { expr }: Call): Stmt[] {
  const found: Stmt[] = []
  let body: readonly Stmt[] = python.tree.body
  for (;;) {
    const next = body.find(({ start, end }) => start <= expr.start && expr.end <= end)
    if (next === undefined) return found
    found.push(next)
    body = blocksOf(next).flat()
  }
}

/** In a `finally`, or where a failure is handled. */
function isCleanup(python: PythonModule, call: Call): boolean {
  const holds = (body: readonly Stmt[]) =>
    body.some(({ start, end }) => start <= call.expr.start && call.expr.end <= end)
  return around(python, call).some(
    (one) => one.type === 'try' && [one.finally, ...one.handlers.map(({ body }) => body)].some(holds),
  )
}

/** What fails on the way to the call is caught before it: `try: train() except Exception: log()`, and then the call. */
function isCaughtBefore(
  python: PythonModule,
  { expr, function: func }: Call,
  starting: ReadonlyMap<Func | null, number>,
): boolean {
  const from = starting.get(func) ?? 0
  let body: readonly Stmt[] = func?.node.body ?? python.tree.body
  for (;;) {
    const next = body.find(({ start, end }) => start <= expr.start && expr.end <= end)
    const before = body.filter(({ end }) => from < end && end <= expr.start)
    if (before.some((one) => one.type === 'try' && catchesAll(one))) return true
    if (next === undefined) return false
    body = blocksOf(next).flat()
  }
}

const ofAll = /^(Base)?Exception$/

/** Whatever fails in it, what follows it is done. */
function catchesAll({ handlers }: Extract<Stmt, { type: 'try' }>): boolean {
  return (
    handlers.some(
      ({ type }) => type === null || [type, ...childrenOf(type)].some((one) => ofAll.test(lastName(one))),
    ) && !handlers.some(({ body }) => body.some(leaves))
  )
}

function leaves(statement: Stmt): boolean {
  if (/^(raise|return|break|continue)$/.test(statement.type)) return true
  return (
    expressionsOf(statement).some((one) => one.type === 'call' && /^_?exit$/.test(lastName(one.callee))) ||
    blocksOf(statement).some((body) => body.some(leaves))
  )
}

const success = /^(is_|was_|job_|run_|training_)?(success(ful(ly)?)?|succeeded)$/i

/** `if succeeded:`, directly or by a name that the test has been given; not where it asks whether there is anything to end. */
function asksForSuccess(python: PythonModule, call: Call, made: Call): boolean {
  const holds = ({ start, end }: Span, { expr }: Call) => start <= expr.start && expr.end <= end
  return around(python, call).some(
    (one) =>
      one.type === 'if' &&
      one.body.some((each) => holds(each, call)) &&
      !one.body.some((each) => holds(each, made)) &&
      !(made.assignedTo !== null && namesIn(one.test).includes(made.assignedTo)) &&
      needsSuccess(python, python.definition(one.test)),
  )
}

function needsSuccess(python: PythonModule, test: Expr): boolean {
  // Either will do: `keep == 'never' or succeeded`.
  if (test.type === 'binary' && test.op === 'or') {
    const sides = [test.left, test.right]
    const others = sides.filter((side) => !needsSuccess(python, side))
    return others.length < 2 && others.every((side) => python.condition(side).byDefault !== true)
  }
  // What is denied is no condition for it.
  if (test.type === 'unary' && test.op === 'not') return false
  return success.test(lastName(test)) || childrenOf(test).some((one) => needsSuccess(python, one))
}

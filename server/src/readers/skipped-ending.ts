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
    withCallers(python, one, starting).filter((each) => follows(python, each, starting)),
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
function withCallers(python: PythonModule, ended: Call, starting: Starting): Call[] {
  const found = new Set([ended])
  for (const { function: func } of found)
    if (func !== null && !starting.has(func)) for (const site of python.callSites(func) ?? []) found.add(site)
  return [...found]
}

/** Calls that come to the one that starts something, and that one itself, by the functions that they stand in. */
type Starting = ReadonlyMap<Func | null, Call[]>

function leadingTo(python: PythonModule, call: Call): Starting {
  const found = new Map<Func | null, Call[]>()
  const next = [call]
  for (const one of next) {
    const before = found.get(one.function)
    if (before !== undefined) before.push(one)
    else {
      found.set(one.function, [one])
      if (one.function !== null) next.push(...(python.callSites(one.function) ?? []))
    }
  }
  return found
}

/** It is made after the machine was started, rather than in its place: `if action == 'start': start() else: end()`. */
function follows(python: PythonModule, ended: Call, starting: Starting): boolean {
  const body = ended.function?.node.body ?? python.tree.body
  return (starting.get(ended.function) ?? []).some(
    (one) => placeOf(one).start < placeOf(ended).start && comesTo(body, placeOf(one), placeOf(ended)),
  )
}

function comesTo(inside: readonly Stmt[], from: Span, to: Span): boolean {
  let body = inside
  for (;;) {
    const [first, last] = [from, to].map((one) => body.find((each) => holds(each, one)))
    if (first === undefined || last === undefined) return true
    const blocks = blocksOf(first)
    const own = blocks.find((block) => block.some((each) => holds(each, from)))
    const branches = first.type === 'if' || first.type === 'match'
    // `if action == 'start': start(); return`
    if (first !== last) return !branches || own === undefined || !own.some(leaves)
    if (own === undefined) return true
    if (!own.some((each) => holds(each, to))) return !branches
    body = own
  }
}

/** Where the function comes to it that it counts as made by. */
const placeOf = ({ expr, statement, written }: Call): Span => (written === undefined ? expr : statement)

const holds = ({ start, end }: Span, inner: Span): boolean => start <= inner.start && inner.end <= end

/** Statements around a call, the outermost first: where it is written, and where it counts as made. */
function around(python: PythonModule, call: Call): Stmt[] {
  const found: Stmt[] = []
  for (const place of new Set([placeOf(call), call.expr])) {
    let body: readonly Stmt[] = python.tree.body
    for (;;) {
      const next = body.find((one) => holds(one, place))
      if (next === undefined) break
      found.push(next)
      body = blocksOf(next).flat()
    }
  }
  return found
}

const isIn = (one: Stmt, call: Call): boolean => holds(one, call.expr) || holds(one, placeOf(call))

/** In a `finally`, or where a failure is handled. */
function isCleanup(python: PythonModule, call: Call): boolean {
  const ends = (body: readonly Stmt[]) => body.some((one) => isIn(one, call))
  return around(python, call).some(
    (one) => one.type === 'try' && [one.finally, ...one.handlers.map(({ body }) => body)].some(ends),
  )
}

/** What fails on the way to the call is caught before it: `try: train() except Exception: log()`, and then the call. */
function isCaughtBefore(python: PythonModule, call: Call, starting: Starting): boolean {
  const { function: func } = call
  const place = placeOf(call)
  const [first] = starting.get(func) ?? []
  const from = first === undefined ? 0 : placeOf(first).start
  let body: readonly Stmt[] = func?.node.body ?? python.tree.body
  for (;;) {
    const next = body.find((one) => holds(one, place))
    const before = body.filter(({ end }) => from < end && end <= place.start)
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
  return around(python, call).some(
    (one) =>
      one.type === 'if' &&
      one.body.some((each) => isIn(each, call)) &&
      !one.body.some((each) => isIn(each, made)) &&
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

/**
 * Hand-written loops of libraries that take gradients in a function of the program and compile it: which calls of a loop
 * give the accelerator work, and where the host waits for their results.
 */
import type { Func, Loop, PythonModule } from '../python/module.js'
import type { CallExpr } from '../syntax/python-ast.js'
import { once } from '../text/once.js'
import type { ClaimBuilder } from '../workload/builder.js'
import type { Evidence } from '../workload/claim.js'
import { claimOperation } from './operation-claims.js'
import { testsAround } from './python/reached.js'
import type { Dialect } from './pytorch/device-values.js'
import { type HotCode, hotCode, isHot } from './pytorch/hot-code.js'
import { type Synchronisation, synchronisation } from './pytorch/synchronisation.js'

/** A call of a function of the project that takes gradients: the step, compiled or not. */
export function isStepCall(analysis: PythonModule, call: CallExpr): boolean {
  const func = analysis.functionOf(call.callee)
  return func === null
    ? analysis.nameOf(call.callee) === null && analysis.effects(call).backward
    : // Classes that extend this one may say what it does.
      analysis.effectsOfFunction(func).backward || analysis.effects(call).backward
}

/** The loop's own code, and that of functions which only call the step; what runs in the step runs on the accelerator. */
function hostCode(analysis: PythonModule, loop: Loop): HotCode {
  const code = hotCode(analysis, loop.node.body, loop.function)
  const onDevice = (func: Func | null): boolean =>
    func !== null &&
    func !== loop.function &&
    (func.node.decorators.length > 0 ||
      (analysis.effectsOfFunction(func).backward && !onlyCallsStep(analysis, func)))
  return {
    statements: code.statements.filter(({ func }) => !onDevice(func)),
    followed: new Map([...code.followed].filter(([func]) => !onDevice(func))),
  }
}

/** It takes no gradients itself, and nothing compiles it: what it calls does the work. */
function onlyCallsStep(analysis: PythonModule, func: Func): boolean {
  if (func.calls.some(({ name, method }) => gradients.test(name ?? method))) return false
  const compiled = once(analysis, 'functions that are compiled', () =>
    analysis.calls.flatMap(({ name, method, expr: { args } }) =>
      compilers.test(name ?? method) && args[0] !== undefined ? [analysis.functionOf(args[0].value)] : [],
    ),
  )
  return !compiled.includes(func) && func.calls.some(({ expr }) => isStepCall(analysis, expr))
}

const gradients = /(^|\.)((filter_)?(value_and_)?grad|gradient|vjp|minimize|GradientTape|train_on_batch)$/
const compilers =
  /(^|\.)((filter_)?(jit|pmap|vmap)|scan|fori_loop|while_loop|function|shard_map|checkpoint|remat)$/

function extractionsOf(python: PythonModule, loop: Loop, dialect: Dialect): Synchronisation | null {
  if (!isHot(python, loop) || measures(python, loop)) return null
  const found = synchronisation(python, hostCode(python, loop), { dialect })
  return found.extractions.length === 0 ? null : found
}

/** `if args.benchmark:` around the loop: whoever measures waits for the end of each step on purpose. */
function measures(analysis: PythonModule, loop: Loop): boolean {
  return testsAround(analysis, loop.node).some(({ test }) =>
    /bench|profil/i.test(analysis.code.slice(test.start, test.end)),
  )
}

export interface StepDialect extends Dialect {
  /** What to do instead. */
  readLess: string
}

/** One `Operation` for everything that is read in the steps of a loop. */
export function claimExtractions(
  python: PythonModule,
  loop: Loop,
  dialect: StepDialect,
  evidence: Evidence,
  realModel: boolean,
  claims: ClaimBuilder,
): void {
  const found = extractionsOf(python, loop, dialect)
  if (found === null) return
  const { extractions, stalls } = found
  const [first] = extractions
  const at = { start: first!.node.start, end: first!.node.end }
  const heavy = stalls > 1 || extractions.some((one) => one.heavy)
  claimOperation(claims, {
    kind: 'synchronise',
    place: 'step',
    key: first!.what,
    at,
    site: {
      start: loop.node.start,
      end: loop.node.end,
      target: { kind: 'refused', reason: dialect.readLess },
    },
    scope: loop.function?.qualified ?? '',
    evidence,
    places: extractions,
    weight: heavy ? 'severe' : 'ordinary',
    realModel,
  }).known('times', 'stalls', stalls, at)
}

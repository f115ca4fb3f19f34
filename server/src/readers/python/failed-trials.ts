/** Trials that end with a bad result of their own making, whatever has failed: `except Exception: return float('inf')`. */
import { callsWithin } from '../../python/look-up.js'
import type { Func, PythonModule } from '../../python/module.js'
import type { Expr, Stmt, Try } from '../../syntax/python-ast.js'
import type { ClaimBuilder } from '../../workload/builder.js'
import { claimOperation } from '../operation-claims.js'
import { trainingEvidence } from '../pytorch/evidence.js'

type Handler = Try['handlers'][number]

/** `catches`: a handler that takes every failure; `idle`: what does nothing about one. */
export function claimFailedTrials(
  python: PythonModule,
  claims: ClaimBuilder,
  catches: (handler: Handler) => boolean,
  idle: (body: Stmt[]) => boolean,
): void {
  if (!python.usesHere('optuna.', 'optuna')) return
  for (const func of python.functions) {
    if (!isObjective(python, func)) continue
    for (const statement of func.node.body) {
      if (statement.type !== 'try') continue
      for (const handler of statement.handlers) {
        const last = handler.body.at(-1)
        if (!catches(handler) || last?.type !== 'return' || !isScore(python, last.value)) continue
        if (!idle(handler.body.slice(0, -1))) continue
        // `except torch.cuda.OutOfMemoryError: raise optuna.TrialPruned()` before it sorts failures out.
        if (statement.handlers.some((other) => other !== handler && !passesOn(python, other))) continue
        const at = { start: handler.start, end: handler.type?.end ?? handler.start + 'except'.length }
        claimOperation(claims, {
          kind: 'swallow failure',
          place: 'trial',
          key: python.text.slice(last.start, last.end),
          at,
          site: {
            start: statement.start,
            end: statement.end,
            target: { kind: 'refused', reason: 'which failures a trial may have is for its author to say' },
          },
          scope: func.qualified,
          evidence: { ...trainingEvidence(python), role: 'tuning' },
          weight: 'slight',
          subject: 'trials of a study',
        })
      }
    }
  }
}

/** `except optuna.TrialPruned: raise`. */
function passesOn(python: PythonModule, { type, body }: Handler): boolean {
  const name = type === null ? null : python.nameOf(type)
  return name?.endsWith('.TrialPruned') === true && body.at(-1)?.type === 'raise'
}

/** `def objective(trial)`. */
function isObjective(python: PythonModule, { node }: Func): boolean {
  const trial = node.params.find(({ name }) => name !== 'self')?.name
  if (trial === undefined) return false
  return (
    trial === 'trial' ||
    callsWithin(python.calls, node).some(
      ({ method, expr: { callee } }) =>
        method.startsWith('suggest_') &&
        callee.type === 'attribute' &&
        callee.value.type === 'name' &&
        callee.value.id === trial,
    )
  )
}

/** A number that no model has earned: `float('inf')`, `-math.inf`, `1e9`, 0. */
function isScore(python: PythonModule, expr: Expr | null): boolean {
  if (expr === null) return false
  if (expr.type === 'unary') return isScore(python, expr.operand)
  if (expr.type === 'constant') return typeof expr.value === 'number'
  if (expr.type === 'call') {
    const [only, ...more] = expr.args
    return (
      expr.callee.type === 'name' &&
      expr.callee.id === 'float' &&
      more.length === 0 &&
      only?.value.type === 'constant' &&
      typeof only.value.value === 'string'
    )
  }
  return /^(math|numpy)\.(inf|nan|Inf|NaN|NINF)$/.test(python.nameOf(expr) ?? '')
}

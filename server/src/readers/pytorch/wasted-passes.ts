/** Passes through networks in a step whose results nothing uses. */
import type { Call, PythonModule } from '../../python/module.js'
import type { CallExpr, Expr } from '../../syntax/python-ast.js'
import { childrenOf, forEachChild } from '../../syntax/python-children.js'
import { branchesOf } from '../branches.js'
import { codeMatches, codeText } from './evidence.js'
import { callsIn, type HotStatement } from './hot-code.js'
import { networkText, optimizedNetworks } from './optimized-networks.js'
import type { Step } from './step-operations.js'
import {
  backwardPasses,
  ownStatements,
  partsGoingBack,
  reachedByGradients,
  sourcesBefore,
  targetNames,
  textOfTarget,
  withoutGradients,
} from './step-values.js'

export interface Undetached {
  /** What should be detached: `fake` of `D(fake)`. */
  expr: Expr
  /** The network that is gone through without need, and the one that is updated. */
  through: string
  updated: string
}

/** Inputs of a network that is updated, through which its loss goes on into another one that is not. */
export function undetachedInputs(python: PythonModule, step: Step): Undetached[] {
  const optimizers = optimizedNetworks(python)
  if (optimizers.size < 2 || togglesGradients(python)) return []
  const all = step.code.statements
  const updates = optimizerCalls(python, all, optimizers, 'step')
  const zeroed = optimizerCalls(python, all, optimizers, 'zero_grad')
  return partsGoingBack(python, step).flatMap((own) => {
    const placeOf = (at: number): number =>
      at < own.length ? all.indexOf(own[at]!) : all.indexOf(own.at(-1)!) + 1
    const passes = backwardPasses(python, own).map((pass) => ({
      ...pass,
      reached: reachedByGradients(own, pass.loss, pass.at),
    }))
    const found: Undetached[] = []
    for (const pass of passes) {
      const place = placeOf(pass.at)
      const update = updates.find(({ at }) => at > place)
      if (update === undefined) continue
      for (const { expr, at } of pass.reached) {
        if (expr.type !== 'call' || !update.networks.has(networkText(python, expr.callee))) continue
        // Another loss goes through the same pass, and may need what lies behind.
        if (passes.some((other) => other !== pass && other.reached.some((one) => one.expr === expr))) continue
        for (const argument of expr.args)
          for (const made of madeBy(python, own, argument.value, at)) {
            const through = networkText(python, made.call.expr.callee)
            if (update.networks.has(through)) continue
            const next = updates.filter((one) => one.networks.has(through))
            if (
              next.length === 0 ||
              !next.every((one) => clearedBetween(place, one.at, through, zeroed, all.length))
            )
              continue
            if (found.some((one) => one.expr === made.expr)) continue
            found.push({ expr: made.expr, through, updated: networkText(python, expr.callee) })
          }
      }
    }
    return found
  })
}

/** The code says itself for which weights gradients are computed. */
const choosesGradients =
  /\.requires_grad\s*=(?!=)|requires_grad_\(|set_requires_grad|toggle_(optimizer|grad)|freeze/i

export function togglesGradients(python: PythonModule): boolean {
  return codeMatches(python, choosesGradients)
}

interface OptimizerCall {
  at: number
  networks: ReadonlySet<string>
}

function optimizerCalls(
  python: PythonModule,
  own: readonly HotStatement[],
  optimizers: ReadonlyMap<string, ReadonlySet<string>>,
  method: 'step' | 'zero_grad',
): OptimizerCall[] {
  return own.flatMap(({ expressions }, at) =>
    expressions.flatMap((expr) =>
      callsIn(python, expr).flatMap((call): OptimizerCall[] => {
        const { callee, args } = call.expr
        if (callee.type !== 'attribute' || callee.attr !== method) return []
        const receiver = textOfTarget(callee.value)
        // `scaler.step(optimizer)`.
        const first = args[0] === undefined ? null : textOfTarget(args[0].value)
        const networks = optimizers.get(receiver ?? '') ?? optimizers.get(first ?? '')
        if (networks !== undefined) return [{ at, networks }]
        return method === 'zero_grad' ? [{ at, networks: new Set([networkText(python, callee.value)]) }] : []
      }),
    ),
  )
}

/** The calls of networks whose results an input holds, with the expression that holds each. */
function madeBy(
  python: PythonModule,
  own: readonly HotStatement[],
  input: Expr,
  at: number,
): { call: Call; expr: Expr }[] {
  const networks = new Set([...optimizedNetworks(python).values()].flatMap((one) => [...one]))
  const found: { call: Call; expr: Expr }[] = []
  /** `whole`: what the network is given, of which this is a part or what it was made of. */
  const visit = (expr: Expr, at: number, whole: Expr | null, depth: number): void => {
    if (
      expr.type === 'call' &&
      expr.callee.type === 'attribute' &&
      /^(detach|item|numpy)$/.test(expr.callee.attr)
    )
      return
    if (expr.type === 'attribute' && expr.attr === 'data') return
    if (expr.type === 'call' && networks.has(networkText(python, expr.callee))) {
      const call = python.callAt(expr)
      if (call !== null && !withoutGradients(python, call)) found.push({ call, expr: whole ?? expr })
      return
    }
    const name = textOfTarget(expr)
    if (name !== null) {
      const sources = sourcesBefore(own, name, at)
      const [only] = sources
      // `fake = fake.detach()`, or one of several.
      if (sources.length !== 1 || only === undefined || only.value.type !== 'call') return
      const call = python.callAt(only.value)
      if (call === null || withoutGradients(python, call)) return
      if (networks.has(networkText(python, only.value.callee))) found.push({ call, expr: whole ?? expr })
      else if (depth < 3 && passesGradients(python, only.value))
        forEachChild(only.value, (part) => visit(part, only.at, whole ?? expr, depth + 1))
      return
    }
    forEachChild(expr, (part) => visit(part, at, whole, depth))
  }
  visit(input, at, null, 0)
  return found
}

/** What it gives still hangs on the networks that made what it is given: `normalize(fake)`, `torch.cat([real, fake])`. */
function passesGradients(python: PythonModule, { callee }: CallExpr): boolean {
  if (python.nameOf(callee)?.startsWith('torch.') === true) return true
  const func = python.functionOf(callee)
  return (
    func !== null &&
    !/detach|no_grad|numpy|\.data\b|\.item\(/.test(codeText(python, func.node.start, func.node.end))
  )
}

/** The gradients of a network are cleared behind a backward pass, before they are used the next time round the loop. */
function clearedBetween(
  pass: number,
  update: number,
  network: string,
  cleared: readonly OptimizerCall[],
  length: number,
): boolean {
  const distance = (at: number) => (at - pass + length) % length
  return cleared.some(
    ({ at, networks }) => networks.has(network) && at !== pass && distance(at) < distance(update),
  )
}

export interface Repeated {
  /** The later one. */
  call: Call
  first: Call
}

const metric = /acc|pred|argmax|\bmax\(|correct|metric|iou|dice|f1|score|prob/i

/** The same network is run over the same input once more, for a metric. */
export function repeatedPasses(python: PythonModule, step: Step): Repeated[] {
  const own = ownStatements(python, step)
  const passes = backwardPasses(python, own)
  if (passes.length === 0) return []
  const networks = new Set([...optimizedNetworks(python).values()].flatMap((one) => [...one]))
  const reached = new Set(
    passes.flatMap(({ loss, at }) => reachedByGradients(own, loss, at).map(({ expr }) => expr)),
  )
  const seen = new Map<string, { call: Call; at: number }>()
  const found: Repeated[] = []
  own.forEach(({ statement, expressions, guarded, conditional, exceptional }, at) => {
    if (guarded || conditional || exceptional) return
    for (const expr of expressions)
      for (const call of callsIn(python, expr)) {
        const { callee, args } = call.expr
        if (!networks.has(networkText(python, callee)) || args.length === 0) continue
        const key = python.text.slice(call.expr.start, call.expr.end).replace(/\s+/g, '')
        const before = seen.get(key)
        if (before === undefined) {
          if (reached.has(call.expr)) seen.set(key, { call, at })
          continue
        }
        if (reached.has(call.expr) || !metric.test(python.code.slice(statement.start, statement.end)))
          continue
        if (
          isChangedBetween(
            own,
            args.map(({ value }) => value),
            before.at,
            at,
          )
        )
          continue
        if (changesMode(python, own, before.at, at) || isOtherArm(python, before.call, call)) continue
        found.push({ call, first: before.call })
      }
  })
  return found
}

/** Of two arms of a condition one runs. */
function isOtherArm(python: PythonModule, first: Call, second: Call): boolean {
  const taken = branchesOf(python, first)
  return branchesOf(python, second).some(({ condition, holds }) =>
    taken.some((one) => one.condition.start === condition.start && one.holds !== holds),
  )
}

function isChangedBetween(own: readonly HotStatement[], inputs: Expr[], from: number, to: number): boolean {
  const names = new Set<string>()
  const visit = (expr: Expr): void => {
    const name = textOfTarget(expr)
    if (name !== null) names.add(name)
    childrenOf(expr).forEach(visit)
  }
  inputs.forEach(visit)
  return own
    .slice(from + 1, to)
    .some(
      ({ statement }) =>
        (statement.type === 'assign' &&
          statement.targets.flatMap(targetNames).some((one) => names.has(one))) ||
        (statement.type === 'augassign' && targetNames(statement.target).some((one) => names.has(one))) ||
        (statement.type === 'for' && targetNames(statement.target).some((one) => names.has(one))),
    )
}

/** Dropout and batch statistics give something else in the other mode. */
function changesMode(python: PythonModule, own: readonly HotStatement[], from: number, to: number): boolean {
  return own
    .slice(from + 1, to)
    .some(({ expressions }) =>
      expressions.some((expr) => callsIn(python, expr).some(({ method }) => /^(eval|train)$/.test(method))),
    )
}

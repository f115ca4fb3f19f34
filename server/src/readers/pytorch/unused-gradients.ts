/** Networks that run again and again with gradients which no backward pass ever asks for: samples, translations, features, actions. */

import { isGenerator } from '../../python/generators.js'
import type { Call, Func, PythonModule } from '../../python/module.js'
import { isNetworkType } from '../../python/network-types.js'
import { isBackward } from '../../python/training-calls.js'
import type { Expr } from '../../syntax/python-ast.js'
import type { Span } from '../../text/location.js'
import { once } from '../../text/once.js'
import { comprehensionsAround } from './comprehensions.js'
import { isSwitchedOffAt, keepsGradients, runsNetwork, takesGradients } from './evaluation.js'
import type { HotStatement } from './hot-code.js'
import { stepsOf } from './step-operations.js'

export interface UnusedGradients {
  /** The pass. */
  call: Call
  /** What goes without gradients: the loop around it, or the statement that holds it. */
  around: Span
  /** It stands in a training loop, and chooses what happens there next. */
  acts: boolean
  /** What it computes is all that stands there, so that a switch around it takes no gradients from anything else. */
  alone: boolean
  /** Its function runs without gradients as a whole: it has several such passes, or hands out one value after the other. */
  within: Func | null
}

export function unusedGradients(python: PythonModule): UnusedGradients[] {
  return once(python, 'unused gradients', () => (keepsGradients(python) ? new Finder(python).all() : []))
}

/** What functions that only make something of a network are called. */
const maker =
  /sampl|generat|predict|infer|translat|greedy|beam_?search|select_action|choose_action|get_action|^act$|extract_|embed_|inpaint|visuali[sz]e|reconstruct|interpolat|evaluat|validat|(^|_)test(_|$)|score_/i

/** Of these, what a loss may be made of as well. */
const inLosses = /embed_|inpaint|reconstruct|interpolat|score_/i

const loads = /loader|batches|(^|_)dl\b|_iter\b|dataset/i

class Finder {
  private readonly steps = new Map<Func, true>()
  private readonly statements = new Map<unknown, HotStatement>()
  private readonly known = new Map<Func, boolean>()

  private readonly trainsNothing: boolean

  constructor(private readonly python: PythonModule) {
    const steps = stepsOf(python)
    this.trainsNothing = steps.length === 0
    for (const { func, loop, code } of steps) {
      if (func !== null && loop === null) this.steps.set(func, true)
      for (const one of code.statements)
        if (one.func !== null && one.func !== func && !one.guarded) this.steps.set(one.func, true)
      for (const one of code.statements) this.statements.set(one.statement, one)
    }
  }

  all(): UnusedGradients[] {
    const found: UnusedGradients[] = []
    // Where nothing trains, weights that are frozen one by one are all there are.
    if (this.trainsNothing && /\.requires_grad\s*=\s*False/.test(this.python.code)) return found
    for (const call of this.python.calls) {
      const around = this.aroundOf(call)
      if (
        around === null ||
        found.some((one) => one.around.start <= around.start && around.end <= one.around.end)
      )
        continue
      if (isSwitchedOffAt(this.python, call, call.function)) continue
      const acts = this.acts(call)
      const whole = acts ? null : this.wholeOf(call.function)
      const before = whole === null ? undefined : found.find((one) => one.call.function === whole)
      if (before !== undefined) {
        before.within = whole
        continue
      }
      const within = whole !== null && isGenerator(this.python, whole) ? whole : null
      found.push({ call, around, acts, alone: this.isAlone(call, around, acts), within })
    }
    return found
  }

  /** The function around it, where nothing goes back. */
  private wholeOf(func: Func | null): Func | null {
    return func === null || this.python.effectsOfFunction(func).backward ? null : func
  }

  private isAlone({ statement, expr }: Call, around: Span, acts: boolean): boolean {
    if (around !== statement) return true
    if (statement.type !== 'assign' && statement.type !== 'expr') return !acts && statement.type === 'return'
    return !acts || (statement.value !== null && holdsAlone(statement.value, expr))
  }

  private aroundOf(call: Call): Span | null {
    const { python } = this
    if (call.expr.args.length === 0 || this.isPartOfNetwork(call.function)) return null
    if (call.loops.some(({ role }) => role === 'evaluate')) return null
    const acts = this.acts(call)
    if (
      !acts &&
      call.loops.at(-1)?.role !== 'other' &&
      !this.isComprehended(call) &&
      !this.isRepeated(call.function)
    )
      return null
    if (!runsNetwork(python, call) || this.hasNoWeights(call.expr.callee)) return null
    if (acts) return call.statement
    const last = call.loops.at(-1)
    const around = last?.role === 'other' ? last : null
    if (around !== null && (around.effects.backward || takesGradients(around.effects.calls))) return null
    if (this.isUsed(call, new Set())) return null
    return around?.node ?? call.statement
  }

  /** A class of this module that makes no layers: there is nothing to keep a graph for. */
  private hasNoWeights(callee: Expr): boolean {
    const klass = this.python.instanceClass(callee)
    return (
      klass !== null &&
      !klass.methods.has('__init__') &&
      klass.bases.every((one) => one === 'torch.nn.Module')
    )
  }

  /** `[model(x) for x, y in loader]`. */
  private isComprehended({ expr }: Call): boolean {
    return comprehensionsAround(this.python, expr).some(({ clauses }) =>
      clauses.some(({ iterable: { start, end } }) => loads.test(this.python.code.slice(start, end))),
    )
  }

  /** A function that makes something is called for one batch after the other. */
  private isRepeated(func: Func | null): boolean {
    if (func === null || !maker.test(func.name)) return false
    return (this.python.callSites(func) ?? []).some(
      (site) =>
        site.loops.at(-1)?.role === 'other' ||
        site.loops.at(-1)?.role === 'evaluate' ||
        this.isComprehended(site),
    )
  }

  /** Layers of a network, unless it is a method that makes something of the whole. */
  private isPartOfNetwork(func: Func | null): boolean {
    if (func?.class == null || !func.class.bases.some(isNetworkType)) return false
    return !maker.test(func.name)
  }

  /** What comes of a pass may go back: a backward pass stands beside it, or beside a call of the function that holds it. */
  private isUsed(call: Call, seen: Set<Func>): boolean {
    const training = call.loops.find(({ role }) => role === 'train')
    if (training !== undefined) {
      const hot = this.statements.get(call.statement)
      return (
        hot?.guarded !== true ||
        this.goesBackBeside(call, hot.block[0]?.start ?? 0, hot.block.at(-1)?.end ?? 0)
      )
    }
    const outermost = call.loops[0]?.node ?? call.function?.node
    const span = call.function?.node ?? outermost
    if (span !== undefined && this.goesBackBeside(call, span.start, span.end)) return true
    const func = call.function
    if (func === null) return false
    const before = this.known.get(func)
    if (before !== undefined) return before
    if (seen.has(func)) return false
    seen.add(func)
    const used = this.isCalledForTraining(func, seen)
    this.known.set(func, used)
    return used
  }

  private isCalledForTraining(func: Func, seen: Set<Func>): boolean {
    const { python } = this
    const made = maker.test(func.name)
    const outside = python.outsideCalls(func)
    const sites = python.callSites(func)
    if (outside.some(({ eachStep }) => eachStep === true)) return true
    if (this.steps.has(func) && !made) return true
    if (sites === null || (sites.length === 0 && outside.length === 0)) return !made || sites === null
    // What is called elsewhere may end up in a loss, unless its name says what it is for.
    if (outside.length > 0 && (!made || inLosses.test(func.name))) return true
    if (seen.size > 6) return true
    return sites.some((site) => site.function !== func && this.isUsed(site, seen))
  }

  /** A backward pass within the span, but for those of training loops inside of it. */
  private goesBackBeside(call: Call, start: number, end: number): boolean {
    return this.backwards().some((one) => {
      if (one.expr.start < start || one.expr.end > end || one.function !== call.function) return false
      return !one.loops.some((loop) => loop.role === 'train' && !call.loops.includes(loop))
    })
  }

  private backwards(): Call[] {
    return once(this.python, 'calls that go back', () =>
      this.python.calls.filter((one) => {
        if (isBackward(one) || /^torch\.autograd\.(grad|functional\.)/.test(one.name ?? '')) return true
        const { backward, trains } = this.python.effects(one.expr)
        return backward && !trains
      }),
    )
  }

  /** `policy(state).argmax(1).item()` in a program that asks an environment for what comes of it. */
  private acts(call: Call): boolean {
    return this.stepsEnvironment() && call.loops.length > 0 && this.choosesAtOnce(call)
  }

  private stepsEnvironment(): boolean {
    return once(this.python, 'steps an environment', () =>
      this.python
        .methodCalls('step')
        .some(
          ({ expr: { callee } }) =>
            callee.type === 'attribute' &&
            /(^|[._])envs?\d*$/i.test(this.python.code.slice(callee.value.start, callee.value.end)),
        ),
    )
  }

  /** What is read of it is a number by the end of the expression. */
  private choosesAtOnce({ expr, statement }: Call): boolean {
    const { python } = this
    let at: Expr = expr
    let chooses = false
    for (let depth = 0; depth < 12; depth++) {
      const outer = python.calls.find(
        ({ expr: one, statement: held }) =>
          held === statement && one.callee.type === 'attribute' && chainHolds(one.callee.value, at),
      )
      if (outer === undefined) break
      const { attr } = outer.expr.callee as Expr & { type: 'attribute' }
      chooses ||= /^(argmax|item|detach|tolist|multinomial)$/.test(attr)
      at = outer.expr
    }
    return chooses
  }
}

/** `int(policy(state).argmax())`, `policy(state).argmax().item() if greedy else env.sample()`. */
function holdsAlone(value: Expr, pass: Expr): boolean {
  if (value.type === 'conditional') return [value.then, value.otherwise].some((one) => holdsAlone(one, pass))
  if (value.type !== 'call') return chainHolds(value, pass)
  if (value === pass) return true
  if (value.callee.type === 'attribute' && chainHolds(value.callee.value, pass)) return true
  const { callee, args } = value
  if (callee.type === 'attribute') return holdsAlone(callee.value, pass)
  return (
    /^(int|float|bool)$/.test(callee.type === 'name' ? callee.id : '') &&
    args.some((one) => holdsAlone(one.value, pass))
  )
}

/** `policy(state)` in `policy(state)[0].max(1)`. */
function chainHolds(expr: Expr, wanted: Expr): boolean {
  for (let one = expr, depth = 0; depth < 12; depth++) {
    if (one === wanted) return true
    if (one.type === 'attribute' || one.type === 'subscript') one = one.value
    else return false
  }
  return false
}

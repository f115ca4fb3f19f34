/** Epochs without improvement that a loop counts by itself: `stale += 1`, then `if stale >= patience: break`. */
import type { Change, Refusal } from '../../edit/write.js'
import type { Func, Loop, PythonModule } from '../../python/module.js'
import { conjuncts } from '../../syntax/conjuncts.js'
import type { Expr, Stmt } from '../../syntax/python-ast.js'
import { blocksOf } from '../../syntax/python-children.js'
import { quotedPattern } from '../../text/quoted-pattern.js'
import { fixedValue, numberIn } from '../../values/argument.js'
import { asNumber } from '../../values/parse.js'
import type { SubjectBuilder } from '../../workload/builder.js'
import { refuse } from '../change-answer.js'
import { claimFolded } from '../claim-argument.js'
import type { FragmentFacts } from '../reader.js'

export interface CountedPatience {
  /** What the count is compared with. */
  limit: Expr
  /** It ends beyond the limit, not at it. */
  beyond: boolean
  /** Epochs from one of the evaluations that it counts to the next; null: nobody can tell. */
  every: 'each' | Expr | null
}

export function countedPatience(python: PythonModule, outer: Loop): CountedPatience | null {
  const own = ownOf(python, outer)
  const counters = countersIn(python, own)
  if (counters.size === 0) return null
  const asked = namesAsked(python, outer, own)
  for (const { statement } of own) {
    if (statement.type !== 'if' || !(leaves(statement.body) || raisesFlag(python, asked, statement.body)))
      continue
    for (const part of conjuncts(statement.test)) {
      const found = comparison(python, part)
      const every = found === null ? undefined : counters.get(found.counter)
      if (found !== null && every !== undefined) return { limit: found.limit, beyond: found.beyond, every }
    }
  }
  return null
}

export function claimCountedPatience(
  { limit, beyond, every }: CountedPatience,
  python: PythonModule,
  training: SubjectBuilder<'Training'>,
): void {
  if (every === null) return
  const place = { start: limit.start, end: limit.end }
  if (every !== 'each' && !claimValidatedEvery(python, training, every)) return
  claimFolded(training, 'patience', keyOf(limit), python.fold(limit), place, (value) => {
    const epochs = asNumber(value)
    return epochs !== undefined && epochs > 0 ? epochs + (beyond ? 1 : 0) : undefined
  })
}

/** False: how many epochs lie between two validations cannot be told. */
export function claimValidatedEvery(
  python: PythonModule,
  training: SubjectBuilder<'Training'>,
  every: Expr,
): boolean {
  const folded = python.fold(every)
  if ((numberIn(folded) ?? 0) < 1) return false
  const rhythm = { start: every.start, end: every.end }
  claimFolded(training, 'validatedEvery', python.text.slice(every.start, every.end), folded, rhythm, asNumber)
  return true
}

/** Null: the patience at this place is not written as a number in this file. */
export function changeCountedPatience(
  { start, end }: { start: number; end: number },
  value: unknown,
  { python, path, fragment }: FragmentFacts,
): Change | Refusal {
  const found = python?.loops.flatMap((loop) => countedPatience(python, loop) ?? [])
  const counted = found?.find(({ limit }) => limit.start === start && limit.end === end)
  if (python === undefined || counted === undefined) return refuse('the loop is no longer in the file')
  const { limit, beyond } = counted
  const written = limit.type === 'name' ? python.definition(limit) : limit
  if (written.type !== 'constant' || typeof value !== 'number') return refuse('patience is chosen elsewhere')
  const range = { fragment: fragment.index, start: written.start, end: written.end }
  const text = String(Math.max(1, value - (beyond ? 1 : 0)))
  // A schedule may wait as long.
  const shared = limit.type === 'name' && readsOf(python, limit.id) > 1
  return {
    title: `Wait for ${value} epochs without improvement`,
    safety: shared ? 'display' : 'unsafe',
    writes: [{ kind: 'replace', path, range, text }],
    imports: [],
  }
}

function readsOf({ code }: PythonModule, name: string): number {
  return code.match(new RegExp(`(?<![.\\w])${name}\\b(?!\\s*=(?!=))`, 'g'))?.length ?? 0
}

function keyOf(limit: Expr): string {
  return limit.type === 'name' ? limit.id : limit.type === 'attribute' ? limit.attr : 'patience'
}

type Every = CountedPatience['every']

interface Own {
  statement: Stmt
  /** Epochs between two times that the loop comes to it. */
  every: Every
  /** A condition stands around it that is no rhythm. */
  conditional: boolean
}

/** What one pass of the loop does, also in functions that it calls, without what goes round inside of it. */
function ownOf(python: PythonModule, outer: Loop): Own[] {
  const found: Own[] = []
  for (const one of outer.node.body) visit(one, { every: 'each', conditional: false }, found)
  const direct = byStatement(found)
  const unknown: Where = { every: null, conditional: false }
  const entered = new Set<Func>()
  const entries = outer.calls
    .filter(({ loops }) => loops.at(-1) === outer)
    .map((call) => ({ call, where: direct.get(call.statement) ?? unknown }))
  for (let index = 0; index < entries.length; index++) {
    const { call, where } = entries[index]!
    const func = python.functionOf(call.expr.callee)
    if (func === null || entered.has(func)) continue
    entered.add(func)
    const inside: Own[] = []
    for (const one of func.node.body) visit(one, where, inside)
    for (const one of inside) found.push(one)
    const here = byStatement(inside)
    for (const one of func.calls)
      if (one.loops.length === 0) entries.push({ call: one, where: here.get(one.statement) ?? where })
  }
  return found
}

const byStatement = (own: readonly Own[]) => new Map(own.map((one) => [one.statement, one]))

type Where = Omit<Own, 'statement'>

function visit(statement: Stmt, { every, conditional }: Where, into: Own[]): void {
  if (/^(for|while|function|class)$/.test(statement.type)) return
  into.push({ statement, every, conditional })
  const rhythm = statement.type === 'if' ? remainderIn(statement.test) : null
  const inside = {
    every: rhythm === null ? every : every === 'each' ? rhythm : null,
    conditional: conditional || (statement.type === 'if' && rhythm === null),
  }
  for (const block of blocksOf(statement)) for (const one of block) visit(one, inside, into)
}

/** What the number of an epoch is divided by. */
export function remainderIn(test: Expr): Expr | null {
  if (test.type === 'unary') return remainderIn(test.operand)
  if (test.type !== 'binary') return null
  return test.op === '%' ? test.right : (remainderIn(test.left) ?? remainderIn(test.right))
}

/** `self.stop = True`, which an `if` of the loop asks for before it leaves. */
function raisesFlag(python: PythonModule, asked: ReadonlySet<string>, block: readonly Stmt[]): boolean {
  const written = ({ start, end }: Expr) => python.text.slice(start, end)
  return block.some(
    (one) => one.type === 'assign' && one.targets.some((target) => asked.has(written(target))),
  )
}

/** Names that the conditions ask for which the loop is left by. */
function namesAsked(python: PythonModule, outer: Loop, own: readonly Own[]): Set<string> {
  const tests = own.flatMap(({ statement }) =>
    statement.type === 'if' && leaves(statement.body) ? [statement.test] : [],
  )
  if (outer.node.type === 'while') tests.push(outer.node.test)
  return new Set(tests.flatMap(({ start, end }) => python.text.slice(start, end).match(/[\w.]+/g) ?? []))
}

/** Names that a pass counts up by one and sets back to zero, and how often. */
function countersIn(
  python: PythonModule,
  own: readonly Own[],
  resets: (one: Own) => boolean = () => true,
): Map<string, Every> {
  const written = ({ start, end }: Expr) => python.text.slice(start, end)
  const up = new Map<string, Every>()
  const reset = new Set<string>()
  for (const one of own) {
    const { statement, every } = one
    if (statement.type === 'augassign') {
      if (/^\+=?$/.test(statement.op) && isNumber(python, statement.value, 1))
        up.set(written(statement.target), every)
    } else if (statement.type === 'assign' && statement.value !== null) {
      for (const { target, value } of pairsOf(statement.targets, statement.value))
        if (isNumber(python, value, 0)) {
          if (resets(one)) reset.add(written(target))
        } else if (
          value.type === 'binary' &&
          value.op === '+' &&
          written(value.left) === written(target) &&
          isNumber(python, value.right, 1)
        )
          up.set(written(target), every)
    }
  }
  return new Map([...up].filter(([name]) => reset.has(name)))
}

/** `best, stale = loss, 0`: each name with its own value. */
function pairsOf(targets: readonly Expr[], value: Expr): { target: Expr; value: Expr }[] {
  return targets.flatMap((target) =>
    target.type === 'tuple' && value.type === 'tuple' && target.items.length === value.items.length
      ? target.items.map((one, index) => ({ target: one, value: value.items[index]! }))
      : [{ target, value }],
  )
}

function isNumber(python: PythonModule, expr: Expr, wanted: number): boolean {
  return expr.type === 'constant' && fixedValue(python.fold(expr)) === wanted
}

/** The pass ends the loop, or what the loop stands in. */
function leaves(block: readonly Stmt[]): boolean {
  return block.some(
    (one) =>
      one.type === 'break' ||
      one.type === 'return' ||
      (!/^(for|while|function|class|if)$/.test(one.type) && blocksOf(one).some(leaves)),
  )
}

function comparison(
  python: PythonModule,
  test: Expr,
): { counter: string; limit: Expr; beyond: boolean } | null {
  if (test.type !== 'binary' || !/^(==|[<>]=?)$/.test(test.op)) return null
  const written = ({ start, end }: Expr) => python.text.slice(start, end)
  const { left, right, op } = test
  if (op === '<' || op === '<=') return { counter: written(right), limit: left, beyond: op === '<' }
  // `if 10 == stale` is nobody's way to write it.
  return numberIn(python.fold(left)) !== null && left.type === 'constant'
    ? null
    : { counter: written(left), limit: right, beyond: op === '>' }
}

const mostCandidates = 10

/** A counter of passes without improvement that is compared with nothing: it ends no run, and lowers no learning rate. */
export function idleCounter(python: PythonModule, outer: Loop): { name: string; place: Expr } | null {
  const own = ownOf(python, outer)
  // What each pass sets back counts something in it: samples, batches.
  const counters = countersIn(python, own, ({ conditional }) => conditional)
  let candidates = 0
  for (const { statement } of own) {
    if (statement.type !== 'augassign') continue
    const { target } = statement
    const name = python.text.slice(target.start, target.end)
    if (
      !counters.has(name) ||
      !/wait|patien|bad|stale|stall|improv|since|(^|\.)((es|early|stop\w*)_?)?count(er)?$/i.test(name)
    )
      continue
    // Each of them is looked for in the whole file.
    if (++candidates > mostCandidates) return null
    const quoted = quotedPattern(name)
    const asks = new RegExp(
      `(?<![\\w.])${quoted}\\s*([<>]|==|!=|%)|([<>]|==|%)=?\\s*${quoted}\\b|\\b(if|while|and|or|not)\\s+${quoted}\\b`,
    )
    if (!asks.test(python.code)) return { name, place: target }
  }
  return null
}

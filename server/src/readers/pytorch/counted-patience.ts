/** Epochs without improvement that a loop counts by itself: `stale += 1`, then `if stale >= patience: break`. */
import type { Change, Refusal } from '../../edit/write.js'
import type { Loop, PythonModule } from '../../python/module.js'
import type { Expr, Stmt } from '../../syntax/python-ast.js'
import { blocksOf } from '../../syntax/python-children.js'
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
  /** It counts epochs, not evaluations that are farther apart. */
  eachEpoch: boolean
}

export function countedPatience(python: PythonModule, outer: Loop): CountedPatience | null {
  const own = ownOf(outer)
  const counters = countersIn(python, own)
  if (counters.size === 0) return null
  for (const { statement } of own) {
    if (statement.type !== 'if' || !leaves(statement.body)) continue
    for (const part of conjuncts(statement.test)) {
      const found = comparison(python, part)
      const every = found === null ? undefined : counters.get(found.counter)
      if (found !== null && every !== undefined)
        return { limit: found.limit, beyond: found.beyond, eachEpoch: every }
    }
  }
  return null
}

export function claimCountedPatience(
  { limit, beyond, eachEpoch }: CountedPatience,
  python: PythonModule,
  training: SubjectBuilder<'Training'>,
): void {
  if (!eachEpoch) return
  const place = { start: limit.start, end: limit.end }
  claimFolded(training, 'patience', keyOf(limit), python.fold(limit), place, (value) => {
    const epochs = asNumber(value)
    return epochs !== undefined && epochs > 0 ? epochs + (beyond ? 1 : 0) : undefined
  })
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

interface Own {
  statement: Stmt
  /** A condition on the number of the epoch stands around it. */
  nowAndThen: boolean
}

/** What one pass of the loop does, without what goes round inside of it. */
function ownOf({ node }: Loop): Own[] {
  const found: Own[] = []
  const visit = (statement: Stmt, nowAndThen: boolean): void => {
    if (/^(for|while|function|class)$/.test(statement.type)) return
    found.push({ statement, nowAndThen })
    const rare = nowAndThen || (statement.type === 'if' && takesRemainder(statement.test))
    for (const block of blocksOf(statement)) for (const one of block) visit(one, rare)
  }
  for (const one of node.body) visit(one, false)
  return found
}

function takesRemainder(test: Expr): boolean {
  if (test.type === 'unary') return takesRemainder(test.operand)
  return (
    test.type === 'binary' && (test.op === '%' || takesRemainder(test.left) || takesRemainder(test.right))
  )
}

/** Names that a pass counts up by one and sets back to zero, and whether it may do so in every pass. */
function countersIn(python: PythonModule, own: readonly Own[]): Map<string, boolean> {
  const written = ({ start, end }: Expr) => python.text.slice(start, end)
  const up = new Map<string, boolean>()
  const reset = new Set<string>()
  for (const { statement, nowAndThen } of own) {
    if (statement.type === 'augassign') {
      if (/^\+=?$/.test(statement.op) && isNumber(python, statement.value, 1))
        up.set(written(statement.target), !nowAndThen)
    } else if (statement.type === 'assign' && statement.value !== null) {
      const { value } = statement
      for (const target of statement.targets)
        if (isNumber(python, value, 0)) reset.add(written(target))
        else if (
          value.type === 'binary' &&
          value.op === '+' &&
          written(value.left) === written(target) &&
          isNumber(python, value.right, 1)
        )
          up.set(written(target), !nowAndThen)
    }
  }
  return new Map([...up].filter(([name]) => reset.has(name)))
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

function conjuncts(test: Expr): Expr[] {
  return test.type === 'binary' && test.op === 'and'
    ? [...conjuncts(test.left), ...conjuncts(test.right)]
    : [test]
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

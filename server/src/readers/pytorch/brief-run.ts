/** Trainings that are over after a few steps: they try something out, and cost next to nothing. */
import { namesEpochs } from '../../python/epoch-names.js'
import type { Loop, PythonModule } from '../../python/module.js'
import type { Expr, Stmt } from '../../syntax/python-ast.js'
import { blocksOf } from '../../syntax/python-children.js'
import { once } from '../../text/once.js'
import { epochLoopOf, epochsOf, stepsOf } from './loop-facts.js'

/** Steps that take seconds, minutes at most. */
const fewSteps = 200

/** `it ends after 6 steps`, `it tries out learning rates`, where each training loop of the module ends so soon; null: one goes on, or it has none. */
export function briefRun(python: PythonModule): string | null {
  return once(python, 'brief run', () => {
    const loops = python.loops.filter(({ role }) => role === 'train')
    if (loops.length > 0 && loops.every((loop) => isRangeTest(python, loop)))
      return 'it tries out learning rates'
    const counts = loops.map((loop) => mostSteps(python, loop))
    const most = Math.max(...counts.map((count) => count ?? Number.POSITIVE_INFINITY))
    return counts.length > 0 && most <= fewSteps ? `it ends after ${most} steps` : null
  })
}

/** Steps after which a training loop ends for good; null: not known, or whoever starts it may change it. */
function mostSteps(python: PythonModule, loop: Loop): number | null {
  const outer = epochLoopOf(python, loop)
  const bounds: (number | null)[] = []
  if (outer === null) {
    const { node } = loop
    // `for ep in range(n_epochs)`: a step may take the whole of the data.
    const overEpochs =
      node.type === 'for' && namesEpochs(python.text.slice(node.target.start, node.iterable.end))
    if (!overEpochs) bounds.push(asCount(loop.trips), asCount(loop.horizon?.count))
  } else bounds.push(asCount(stepsOf(python, outer)?.trips))
  // A loop inside of the counted one ends with it, or a pass later.
  bounds.push(brokenOffAt(python, loop, outer))
  const known = bounds.filter((one) => one !== null)
  return known.length === 0 ? null : Math.min(...known)
}

function asCount(value: Loop['trips'] | undefined): number | null {
  if (value === undefined || value.state === 'unknown' || value.overridable) return null
  return typeof value.value === 'number' && value.value > 0 ? value.value : null
}

/** `step += 1 … if step >= 200: break`, in the loop and in the one around it. */
function brokenOffAt(python: PythonModule, loop: Loop, outer: Loop | null): number | null {
  const idle = idleAfter(python, loop, outer)
  if (idle !== null) return idle
  const inside = endAfter(python, loop.node.body)
  if (inside === null || !raises(loop.node.body, inside.counter)) return null
  if (outer === null) return inside.most
  const around = endAfter(python, outer.node.body)
  const same = around?.counter === inside.counter && !assigns(outer.node.body, inside.counter)
  return same ? inside.most : null
}

/** `if step < 30:` around all that the loop does: it goes on, and trains no more. A counter that starts anew counts for each pass. */
function idleAfter(python: PythonModule, { node }: Loop, outer: Loop | null): number | null {
  const [only, ...others] = node.body
  if (only?.type !== 'if' || others.length > 0 || only.orelse.length > 0) return null
  const { test, body } = only
  if (test.type !== 'binary' || !/^<=?$/.test(test.op) || test.left.type !== 'name') return null
  const counter = test.left.id
  const most = asCount(python.fold(test.right))
  const counts = node.type === 'for' && isEnumerated(python, node.target, node.iterable, counter)
  if (most === null || (!counts && !raises(body, counter))) return null
  if (outer === null || (!counts && !assigns(outer.node.body, counter))) return most
  const passes = asCount(epochsOf(outer)?.trips)
  return passes === null ? null : passes * most
}

/** `for counter, batch in enumerate(loader)` */
function isEnumerated({ text }: PythonModule, target: Expr, { start, end }: Expr, counter: string): boolean {
  return (
    target.type === 'tuple' &&
    isNamed(target.items[0], counter) &&
    /\benumerate\(/.test(text.slice(start, end))
  )
}

interface End {
  counter: string
  most: number
}

function endAfter(python: PythonModule, body: readonly Stmt[]): End | null {
  for (const statement of body) {
    if (statement.type !== 'if' || statement.body.at(-1)?.type !== 'break') continue
    const { test } = statement
    if (test.type !== 'binary' || !/^(==|>=?)$/.test(test.op) || test.left.type !== 'name') continue
    const most = asCount(python.fold(test.right))
    if (most !== null) return { counter: test.left.id, most }
  }
  return null
}

const isNamed = (expr: Expr | undefined, name: string): boolean => expr?.type === 'name' && expr.id === name

function raises(body: readonly Stmt[], counter: string): boolean {
  return body.some(
    (one) =>
      (one.type === 'augassign' && one.op === '+=' && isNamed(one.target, counter)) ||
      // `step = step + 1`
      (one.type === 'assign' &&
        isNamed(one.targets[0], counter) &&
        one.value?.type === 'binary' &&
        one.value.op === '+' &&
        isNamed(one.value.left, counter)),
  )
}

function assigns(body: readonly Stmt[], name: string): boolean {
  return body.some(
    (one) =>
      (one.type === 'assign' && one.targets.some((target) => isNamed(target, name))) ||
      blocksOf(one).some((block) => assigns(block, name)),
  )
}

/**
 * A learning rate that grows in each step until the loss explodes (Smith, "Cyclical learning rates for training neural
 * networks", 2017): a part of one epoch, in which each step needs the loss of the last.
 */
function isRangeTest(python: PythonModule, { node }: Loop): boolean {
  const grown = new Set<string>()
  const set = new Set<string>()
  let endsByValue = false
  const visit = (statement: Stmt): void => {
    if (statement.type === 'function' || statement.type === 'class') return
    if (statement.type === 'augassign' && statement.target.type === 'name') grown.add(statement.target.id)
    if (statement.type === 'assign' && statement.value?.type === 'name') {
      const [target] = statement.targets
      if (target !== undefined && rate.test(python.text.slice(target.start, target.end)))
        set.add(statement.value.id)
    }
    if (statement.type === 'if' && /^(break|return)$/.test(statement.body.at(-1)?.type ?? ''))
      endsByValue ||= /loss/i.test(python.text.slice(statement.test.start, statement.test.end))
    for (const block of blocksOf(statement)) block.forEach(visit)
  }
  node.body.forEach(visit)
  return endsByValue && [...set].some((name) => grown.has(name))
}

const rate = /\[\s*['"]lr['"]\s*\]$/

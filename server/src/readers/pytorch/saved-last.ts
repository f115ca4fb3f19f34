/** What a loop saves in its last pass alone: `if step == total - 1: save(model)`. */
import type { Call, Loop, PythonModule } from '../../python/module.js'
import { conjuncts } from '../../syntax/conjuncts.js'
import type { Expr } from '../../syntax/python-ast.js'
import { namesIn } from '../../syntax/python-children.js'
import { codeText } from './evidence.js'
import { findIn } from './numbered-files.js'

/** Each of these calls stands under a test that holds in the last pass only. */
export function onlyInLastPass(python: PythonModule, outer: Loop, calls: readonly Call[]): boolean {
  const { node } = outer
  if (calls.length === 0) return false
  const inside = python.statements.filter(
    (one) => one.type === 'if' && node.start <= one.start && one.end <= node.end,
  )
  const bound = boundOf(outer)
  const ending = inside.filter(
    (one) => one.type === 'if' && conjuncts(one.test).some((part) => isLast(python, part, bound)),
  )
  return calls.every(({ expr }) =>
    ending.some(
      (one) => one.type === 'if' && one.body.some(({ start, end }) => start <= expr.start && expr.end <= end),
    ),
  )
}

/** The counter of a loop, and what it counts up to. */
interface Bound {
  counter: string
  end: Expr
}

function boundOf({ node }: Loop): Bound | null {
  if (node.type !== 'for') return null
  const { target } = node
  const range = findIn(
    node.iterable,
    (one) => one.type === 'call' && one.callee.type === 'name' && /^(x|t)?range$/.test(one.callee.id),
  )
  if (target.type !== 'name' || range?.type !== 'call') return null
  const given = range.args.filter(({ name }) => name === null)
  const end = given[given.length === 1 ? 0 : 1]?.value
  return end === undefined ? null : { counter: target.id, end }
}

function isLast(python: PythonModule, test: Expr, bound: Bound | null): boolean {
  const value = test.type === 'name' ? python.definition(test) : test
  if (value.type === 'name' || value.type === 'attribute')
    return named.test(codeText(python, value.start, value.end))
  if (value.type !== 'binary' || !/^(==|>=)$/.test(value.op)) return false
  const written = ({ start, end }: Expr) => codeText(python, start, end)
  if (bound === null) return test.type === 'name' && named.test(test.id) && !isOfInnerLoop(python, value)
  const counts = (one: Expr) =>
    new RegExp(`(?<![\\w.])${bound.counter}\\b`).test(written(one)) && !written(one).includes('%')
  const ends = (one: Expr) => bare(written(one)) === bare(written(bound.end))
  return (
    (counts(value.left) && ends(value.right)) ||
    (value.op === '==' && counts(value.right) && ends(value.left))
  )
}

/** `step == len(loader) - 1`, which comes in each epoch. */
function isOfInnerLoop(python: PythonModule, value: Expr): boolean {
  return namesIn(value).some((name) =>
    python.loops.some(
      ({ node, parent }) =>
        parent !== null &&
        node.type === 'for' &&
        node.start <= value.start &&
        value.end <= node.end &&
        namesIn(node.target).includes(name),
    ),
  )
}

/** Of the run: the last batch comes in each epoch, and the last process is always there. */
const named = /^is_?(last|final)$|(^|[._])(last|final)_?(step|epoch|iter|iteration|pass)$/i

/** `epochs` of `epochs - 1`. */
function bare(text: string): string {
  return text
    .replace(/\s+/g, '')
    .replace(/[+-]1$/, '')
    .replace(/^\((.*)\)$/, '$1')
    .replace(/[+-]1$/, '')
}

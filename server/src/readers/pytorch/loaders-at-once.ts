/** Loaders that a loop makes one after another and keeps: each would have its workers at the same time. */
import type { Call, Loop, PythonModule } from '../../python/module.js'
import type { Expr, Stmt } from '../../syntax/python-ast.js'
import { blocksOf, namesIn } from '../../syntax/python-children.js'

/** So many loaders side by side are nothing unusual: training, validation, test. */
const few = 4

/** Many may be kept at once: `for client in clients: loaders[client] = DataLoader(…)`. */
export function manyAtOnce(python: PythonModule, call: Call): boolean {
  const { statement, expr } = call
  const value = statement.type === 'assign' || statement.type === 'return' ? statement.value : null
  if (value?.type === 'comprehension' && value.start <= expr.start && expr.end <= value.end)
    return value.clauses.some((one) => !isFew(python, one))
  return call.loops.some((loop) => {
    const { node } = loop
    return node.type === 'for' && !isFew(python, node) && isKept(call, loop, namesIn(node.target))
  })
}

function isFew(python: PythonModule, { target, iterable }: { target: Expr; iterable: Expr }): boolean {
  // Parts of one data set.
  if (namesIn(target).some((name) => /^(split|phase|mode|partition|stage|subset|part)(_?name)?$/i.test(name)))
    return true
  const { callee } = iterable.type === 'call' ? iterable : {}
  const inner =
    callee?.type === 'attribute' && /^(items|keys|values)$/.test(callee.attr) ? callee.value : iterable
  const value = python.definition(inner)
  if (value.type === 'dict') return value.entries.length <= few
  return (value.type === 'list' || value.type === 'tuple') && value.items.length <= few
}

/** The loop puts it into something under a name of its own for each pass, or into a list. */
function isKept({ statement, assignedTo, expr }: Call, { node }: Loop, targets: readonly string[]): boolean {
  const names = new Set(assignedTo === null ? [] : [assignedTo])
  const holds = (one: Expr): boolean =>
    (one.start <= expr.start && expr.end <= one.end) || namesIn(one).some((name) => names.has(name))
  const keeps = (one: Stmt): boolean => {
    if (one.type === 'assign' && one.value !== null && holds(one.value)) {
      const [target] = one.targets
      if (target?.type === 'subscript') {
        if (namesIn(target.index).some((name) => targets.includes(name))) return true
        for (const name of namesIn(target.value)) names.add(name)
      }
    }
    if (one.type === 'expr' && one.value.type === 'call') {
      const { callee, args } = one.value
      if (callee.type === 'attribute' && /^(append|add)$/.test(callee.attr))
        return args.some(({ value }) => holds(value))
    }
    return blocksOf(one).some((block) => block.some(keeps))
  }
  return statement.start >= node.start && node.body.some(keeps)
}

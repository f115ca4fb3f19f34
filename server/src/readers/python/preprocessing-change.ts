/** Moves preparation that opens a loop or an objective to the lines before it. */
import type { Change, PythonRange, Refusal, Write } from '../../edit/write.js'
import type { PythonModule } from '../../python/module.js'
import type { Expr, Stmt } from '../../syntax/python-ast.js'
import { blocksOf, childrenOf, expressionsOf, namesIn } from '../../syntax/python-children.js'
import type { Claim } from '../../workload/claim.js'
import type { FragmentFacts } from '../reader.js'
import { type Repetition, repetitionsOf } from './preprocessing.js'
import { mapOnce } from './transform-change.js'

export function hoistSteps(claim: Claim, facts: FragmentFacts): Change | Refusal {
  const { python, path } = facts
  const repetition =
    python === undefined
      ? undefined
      : repetitionsOf(python).find(({ steps }) =>
          steps.some(({ call }) => call.expr.start === claim.site.start && call.expr.end === claim.site.end),
        )
  if (python === undefined || repetition === undefined) return { reason: 'the call is no longer in the file' }
  const { around, per } = repetition
  if (per === 'run') return { reason: 'save the result once, and load it where the file is there' }
  const mapped = around !== null && 'class' in around ? mapOnce(python, around, facts) : null
  if (mapped !== null) return mapped
  if (around === null || (per === 'epoch' && 'class' in around))
    return { reason: 'compute the features of all samples once, and save them' }
  const refusal = { reason: `compute it once, before the ${'class' in around ? 'search' : 'loop'}` }
  if ('class' in around && (around.class !== null || around.node.decorators.length > 0)) return refusal
  const { body } = around.node
  const moved = opening(python, body, repetition)
  if (moved === null) return refusal
  const fragment = facts.fragment.index
  const range = ({ start, end }: { start: number; end: number }): PythonRange => ({ fragment, start, end })
  const lines = moved.map(({ start, end }) => python.text.slice(start, end))
  const writes: Write[] = [
    { kind: 'insert lines', path, where: 'before', statement: range(around.node), lines },
    ...moved.map((statement): Write => ({ kind: 'remove statement', path, statement: range(statement) })),
  ]
  const where = 'class' in around ? 'function' : 'loop'
  return {
    title: `Compute it once, before the ${where} (${moved.length === 1 ? '1 statement' : `${moved.length} statements`})`,
    safety: 'unsafe',
    writes,
    imports: [],
  }
}

/**
 * The statements at the start of the body up to the last one that prepares; null where they cannot be moved as they
 * are: they depend on the pass, something later changes what they make, or they go over several lines.
 */
function opening(python: PythonModule, body: Stmt[], { steps, around }: Repetition): Stmt[] | null {
  const last = Math.max(...steps.map(({ statement }) => body.indexOf(statement)))
  if (steps.some(({ statement }) => !body.includes(statement)) || last + 1 >= body.length) return null
  const first = body[0]?.type === 'expr' && body[0].value.type === 'constant' ? 1 : 0
  const moved = body.slice(first, last + 1)
  const own = new Set(
    around !== null && 'class' in around
      ? around.node.params.map((param) => param.name)
      : around?.node.type === 'for'
        ? namesIn(around.node.target)
        : [],
  )
  const made = new Set<string>()
  for (const statement of moved) {
    if (statement.type !== 'assign' || statement.value === null) return null
    if (python.text.slice(statement.start, statement.end).includes('\n')) return null
    if (namesIn(statement.value).some((name) => own.has(name))) return null
    for (const target of statement.targets) {
      const [root] = namesIn(target)
      if (root === undefined || own.has(root) || target.type === 'attribute') return null
      if (target.type === 'subscript' && !made.has(root)) return null
      for (const name of target.type === 'subscript' ? [] : namesIn(target)) made.add(name)
    }
  }
  return changes(body.slice(last + 1), made) ? null : moved
}

/** Later statements give one of the names another value, or change it in place. */
function changes(body: Stmt[], names: ReadonlySet<string>): boolean {
  const root = (expr: Expr): string | null =>
    expr.type === 'name'
      ? expr.id
      : expr.type === 'attribute' || expr.type === 'subscript'
        ? root(expr.value)
        : null
  const touches = (expr: Expr): boolean => {
    if (expr.type === 'tuple' || expr.type === 'list' || expr.type === 'starred')
      return childrenOf(expr).some(touches)
    const name = root(expr)
    return name !== null && names.has(name)
  }
  const inPlace = (expr: Expr): boolean =>
    (expr.type === 'call' &&
      expr.callee.type === 'attribute' &&
      touches(expr.callee.value) &&
      (expr.args.some((one) => one.name === 'inplace') ||
        (/^(append|extend|insert|update|pop|remove|clear|sort|reverse|fit|drop_duplicates|fillna)$/.test(
          expr.callee.attr,
        ) &&
          expr.callee.value.type === 'name'))) ||
    childrenOf(expr).some(inPlace)
  return body.some((statement) => {
    if (statement.type === 'assign' && statement.targets.some(touches)) return true
    if ((statement.type === 'augassign' || statement.type === 'for') && touches(statement.target)) return true
    if (expressionsOf(statement).some(inPlace)) return true
    return blocksOf(statement).some((block) => changes(block, names))
  })
}

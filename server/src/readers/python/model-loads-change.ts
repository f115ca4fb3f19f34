/** How a model is loaded once: beside the function, in `setup()`, in `__init__()`, or before the loop. */
import type { Change, Refusal, Write } from '../../edit/write.js'
import type { Func, PythonModule } from '../../python/module.js'
import type { Assign, Expr, Stmt } from '../../syntax/python-ast.js'
import { blocksOf, childrenOf, usesOf } from '../../syntax/python-children.js'
import type { Claim } from '../../workload/claim.js'
import { rangeOf, refuse } from '../change-answer.js'
import type { FragmentFacts } from '../reader.js'
import { cached, keptProperty, type Load, type Repeated, repeatedLoads } from './model-loads.js'

export function changeModelLoad(claim: Claim, _value: unknown, facts: FragmentFacts): Change | Refusal {
  const { python } = facts
  if (python === undefined) return refuse('this is not written in Python')
  const found = repeatedLoads(python).find(({ loads }) =>
    loads.some(({ call }) => call.expr.start === claim.site.start && call.expr.end === claim.site.end),
  )
  if (found === undefined) return refuse('the call is no longer there')
  const { element, func } = found
  const inside = found.loads.find(({ behind }) => behind === true)
  if (inside !== undefined)
    return refuse(`load it outside of \`${inside.call.method}()\`, and pass it what was loaded`)
  if (found.remedy === keptProperty) return refuse(`load it ${keptProperty}`)
  if (found.remedy === cached) return refuse(`load it ${cached}`)
  if (element === null) return beforeLoop(python, found, facts)
  if (element.once === null || func === null) return refuse(`load it ${element.remedy}`)
  return element.once === 'module' ? beside(python, found, func, facts) : intoMethod(python, found, facts)
}

/** A statement that does nothing but keep what the load gives: `model = joblib.load('model.pkl')`. */
interface Kept {
  statement: Assign
  name: string
}

function keptBy(load: Load, func: Func | null): Kept | null {
  const { statement } = load.call
  if (statement.type !== 'assign' || statement.targets.length !== 1 || statement.value === null) return null
  const target = statement.targets[0]!
  if (target.type !== 'name' || load.call.function !== func) return null
  // `Model.from_pretrained(…).to(device).eval()`.
  let value: Expr = statement.value
  while (value !== load.call.expr) {
    if (value.type !== 'call' || value.callee.type !== 'attribute') return null
    value = value.callee.value
  }
  return { statement, name: target.id }
}

function linesOf(python: PythonModule, statement: Stmt): string[] | null {
  const text = python.text.slice(statement.start, statement.end)
  // Strings over several lines would take the new indentation in.
  if (/"""|'''/.test(text)) return null
  const before = python.text.lastIndexOf('\n', statement.start - 1) + 1
  const indent = python.text.slice(before, statement.start)
  if (indent.trim() !== '') return null
  return text.split(/\r?\n/).map((line) => (line.startsWith(indent) ? line.slice(indent.length) : line))
}

/** Names that the statement reads and the function binds: it could not run outside. */
function readsLocals(analysis: PythonModule, statement: Assign, func: Func): boolean {
  const visit = (expr: Expr): boolean => {
    if (expr.type === 'name')
      return analysis.bindingsOf(expr).some(({ at }) => at >= func.node.start && at < func.node.end)
    return childrenOf(expr).some(visit)
  }
  return statement.value !== null && visit(statement.value)
}

function beside(python: PythonModule, found: Repeated, func: Func, facts: FragmentFacts): Change | Refusal {
  const lines: string[] = []
  const writes: Write[] = []
  const names: string[] = []
  for (const load of found.loads) {
    const kept = keptBy(load, func)
    if (kept === null || !func.node.body.includes(kept.statement))
      return refuse('the load is inside another statement: keep what it gives in a variable of the module')
    const moved = linesOf(python, kept.statement)
    if (moved === null || readsLocals(python, kept.statement, func))
      return refuse('the load uses what the function has made: load it once, behind `functools.lru_cache`')
    if (python.moduleBindings.has(kept.name) || countAssignments(func.node.body, kept.name) > 1)
      return refuse(`the module has a ${kept.name} already`)
    lines.push(...moved)
    names.push(kept.name)
    writes.push({ kind: 'remove statement', path: facts.path, statement: rangeOf(facts, kept.statement) })
  }
  if (isNested(python, func)) return refuse('the function is made inside another one')
  writes.unshift({
    kind: 'insert lines',
    path: facts.path,
    where: 'before',
    statement: rangeOf(facts, func.node),
    lines: [...lines, '', ''],
  })
  return {
    title: `Load ${names.join(' and ')} once, when the module is imported`,
    safety: 'unsafe',
    writes,
    imports: [],
  }
}

function isNested(analysis: PythonModule, func: Func): boolean {
  return (
    func.class !== null ||
    analysis.functions.some(
      (other) => other !== func && other.node.start <= func.node.start && func.node.end <= other.node.end,
    )
  )
}

function countAssignments(body: Stmt[], name: string): number {
  let count = 0
  const visit = (statement: Stmt): void => {
    if (
      statement.type === 'assign' &&
      statement.targets.some((one) => one.type === 'name' && one.id === name)
    )
      count++
    for (const block of blocksOf(statement)) block.forEach(visit)
  }
  body.forEach(visit)
  return count
}

/** `self.model`, made once in `setup()` or `__init__()`. */
function intoMethod(python: PythonModule, found: Repeated, facts: FragmentFacts): Change | Refusal {
  const { element, func, loads } = found
  const method = element!.once!
  if (func === null || element!.klass === null) return refuse('the class has changed')
  const existing = element!.klass.methods.get(method)
  const self = func.node.params[0]?.name
  if (self === undefined) return refuse('the method takes no instance')
  const writes: Write[] = []
  const made: string[] = []
  for (const load of loads) {
    const kept = keptBy(load, func)
    if (kept === null || !func.node.body.includes(kept.statement))
      return refuse(`keep what it loads in an attribute, in \`${method}()\``)
    const moved = linesOf(python, kept.statement)
    if (moved === null || readsLocals(python, kept.statement, func))
      return refuse(`the load uses what \`${func.name}()\` has made`)
    if (countAssignments(func.node.body, kept.name) > 1)
      return refuse(`${kept.name} is assigned several times`)
    made.push(`${self}.${moved[0]}`, ...moved.slice(1))
    writes.push({ kind: 'remove statement', path: facts.path, statement: rangeOf(facts, kept.statement) })
    for (const use of usesOf(func.node.body, kept.name, kept.statement))
      writes.push({
        kind: 'replace',
        path: facts.path,
        range: rangeOf(facts, use),
        text: `${self}.${kept.name}`,
      })
  }
  const last = existing?.node.body.at(-1)
  writes.unshift(
    last === undefined
      ? {
          kind: 'insert lines',
          path: facts.path,
          where: 'before',
          statement: rangeOf(facts, func.node),
          lines: [`def ${method}(${self}):`, ...made.map((line) => `    ${line}`), ''],
        }
      : {
          kind: 'insert lines',
          path: facts.path,
          where: 'after',
          statement: rangeOf(facts, last),
          lines: made,
        },
  )
  return { title: `Load it once for each worker, in ${method}()`, safety: 'unsafe', writes, imports: [] }
}

function beforeLoop(python: PythonModule, found: Repeated, facts: FragmentFacts): Change | Refusal {
  const loop = found.loads[0]!.call.loops.at(-1)
  if (loop === undefined) return refuse('the loop has changed')
  const lines: string[] = []
  const writes: Write[] = []
  for (const load of found.loads) {
    const kept = keptBy(load, loop.function)
    const moved = kept === null ? null : linesOf(python, kept.statement)
    if (kept === null || moved === null || !loop.node.body.includes(kept.statement))
      return refuse('the load is inside another statement')
    if (countAssignments(loop.node.body, kept.name) > 1)
      return refuse(`${kept.name} is assigned several times`)
    lines.push(...moved)
    writes.push({ kind: 'remove statement', path: facts.path, statement: rangeOf(facts, kept.statement) })
  }
  writes.unshift({
    kind: 'insert lines',
    path: facts.path,
    where: 'before',
    statement: rangeOf(facts, loop.node),
    lines,
  })
  return { title: 'Load it once, before the loop', safety: 'unsafe', writes, imports: [] }
}

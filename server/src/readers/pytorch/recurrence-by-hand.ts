/** Networks that go through their input step by step in Python: many small kernels, one after another, which 16 bits do not make faster. */
import { classAt } from '../../python/definition-places.js'
import type { Klass, Loop, PythonModule } from '../../python/module.js'
import type { Expr, Stmt } from '../../syntax/python-ast.js'
import { childrenOf, namesIn } from '../../syntax/python-children.js'
import { once } from '../../text/once.js'

/** Classes that hold each other, from the one that the program makes in. */
const deepest = 3

/** The program makes a network whose class, or a part of it, holds such a loop. */
export function recursByHand(python: PythonModule): boolean {
  return once(python, 'recurrences by hand', () => {
    const seen = new Set<Klass>()
    return madeIn(python, null).some((one) => holdsRecurrence(one, seen, 1))
  })
}

type Place = NonNullable<ReturnType<typeof classAt>>

/** Classes of the project that a module makes objects of; `holder`: only inside of this one. */
function madeIn(python: PythonModule, holder: Klass | null): Place[] {
  const found = new Map<Klass, Place>()
  for (const { expr, function: func } of python.calls) {
    if (holder !== null && func?.class !== holder) continue
    const place = classAt(python, expr.callee)
    if (place !== null) found.set(place.klass, place)
  }
  return [...found.values()]
}

function holdsRecurrence({ klass, python }: Place, seen: Set<Klass>, depth: number): boolean {
  if (seen.has(klass)) return false
  seen.add(klass)
  if (
    klass.methods.has('forward') &&
    python.loops.some((loop) => loop.function?.class === klass && isRecurrence(loop))
  )
    return true
  return depth < deepest && madeIn(python, klass).some((one) => holdsRecurrence(one, seen, depth + 1))
}

/** `for t in range(steps): state = self.cell(x[:, t], state)` */
function isRecurrence({ node }: Loop): boolean {
  if (node.type !== 'for' || node.target.type !== 'name') return false
  const step = node.target.id
  return node.body.some((one) => takesStep(one, step))
}

function takesStep(statement: Stmt, step: string): boolean {
  if (statement.type !== 'assign' || statement.value === null) return false
  const bound = new Set(statement.targets.flatMap(namesIn))
  let called = false
  let indexed = false
  let again = false
  const visit = (expr: Expr): void => {
    called ||= expr.type === 'call'
    indexed ||= expr.type === 'subscript' && namesIn(expr.index).includes(step)
    again ||= expr.type === 'name' && bound.has(expr.id)
    childrenOf(expr).forEach(visit)
  }
  visit(statement.value)
  return called && indexed && again
}

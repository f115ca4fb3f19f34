/** Whether the callers of a function give what it takes for nothing unless it is given: `def fit(x, callbacks=None)`. */
import type { Func, PythonModule } from '../python/module.js'
import { returnsOf } from '../python/returns.js'
import type { Expr } from '../syntax/python-ast.js'
import { once } from '../text/once.js'

/** Functions that hand on what they are given. */
const deepest = 4

/** Null: it is no such parameter, nobody is seen to call the function, or some callers give it and some do not. */
export function givenByCallers(python: PythonModule, expr: Expr, depth = 0): boolean | null {
  if (expr.type !== 'name' || depth > deepest) return null
  const [binding, another] = python.bindingsOf(expr)
  const owner = binding?.kind === 'param' && another === undefined ? python.parameterOf(binding) : null
  if (owner === null) return null
  const { func, position } = owner
  return once(func, `given by callers: ${expr.id}, ${depth}`, () =>
    givenFor(python, func, expr.id, position, depth),
  )
}

function givenFor(
  python: PythonModule,
  func: Func,
  name: string,
  position: number,
  depth: number,
): boolean | null {
  const param = func.node.params.find((one) => one.name === name && one.star === 0)
  const sites = python.callSites(func)
  if (param === undefined || !isNone(param.default) || sites === null) return null
  const answers = [
    ...sites.map((site) => {
      const given = python.argument(site, name, position)
      if (given.state === 'absent') return false
      return given.state === 'given' ? isGiven(python, given.expr, depth) : null
    }),
    ...fromElsewhere(python, func, name, position),
  ]
  const [first] = answers
  return first === undefined || answers.some((one) => one !== first) ? null : first
}

function isGiven(python: PythonModule, expr: Expr, depth: number): boolean | null {
  const value = python.definition(expr)
  if (isNone(value)) return false
  if (mayBeNone(python, value)) return null
  if (value.type !== 'name') return true
  const bindings = python.bindingsOf(value)
  if (bindings[0]?.kind === 'param') return givenByCallers(python, value, depth + 1)
  const isOpen = bindings.some((one) => {
    return one.unpack === null && one.value !== null && (isNone(one.value) || mayBeNone(python, one.value))
  })
  return isOpen ? null : true
}

/** `x if wanted else None`, `x or None`, `args.x` that the command line leaves out, `make()` that returns nothing at times. */
function mayBeNone(python: PythonModule, value: Expr): boolean {
  if (value.type === 'conditional') return true
  if (value.type === 'binary') return value.op === 'or' || value.op === 'and'
  if (value.type === 'attribute') {
    const folded = python.fold(value)
    return folded.state === 'known' && folded.value === null
  }
  const func =
    value.type === 'call' && python.classOf(value.callee) === null ? python.functionOf(value.callee) : null
  return func !== null && returnsOf(func).some(isNone)
}

function fromElsewhere(python: PythonModule, func: Func, name: string, position: number): (boolean | null)[] {
  return python.outsideCalls(func).map(({ args, open }) => {
    const given =
      args?.find((one) => one.name === name) ??
      args?.find((one) => one.name === null && one.position === position)
    if (given === undefined) return args === null || open ? null : false
    const { value } = given
    if (value.state === 'known') return value.value !== null
    // What the caller is given itself may be nothing.
    return value.state === 'parameter' ? null : true
  })
}

function isNone(expr: Expr | null): boolean {
  return expr?.type === 'constant' && expr.value === null
}

/** `xv is not None` (true) or `xv is None` (false) of what callers may leave out, decided; null: it is another test, or nobody can tell. */
export function asksForGiven(python: PythonModule, test: Expr): boolean | null {
  const asked = test.type === 'binary' && /^is( not)?$/.test(test.op) && isNone(test.right) ? test.left : test
  const given = givenByCallers(python, asked)
  if (given === null) return null
  return test.type === 'binary' && test.op === 'is' ? !given : given
}

/** Functions that are compiled in each pass of a training loop: each pass hands the compiler another one, so nothing it made before fits. */
import { isRemembered } from '../python/each-call.js'
import type { Call, Loop, PythonModule } from '../python/module.js'
import type { Expr } from '../syntax/python-ast.js'
import { childrenOf, expressionsOf } from '../syntax/python-children.js'

const compilers =
  /^(jax\.(jit|pmap)|flax\.nnx\.(jit|pmap)|equinox\.filter_(jit|pmap)|tensorflow\.(\w+\.)*function)$/

/** Each call that compiles a new function again and again, with the loop that does so. */
export function compiledAnew(python: PythonModule): { call: Call; loop: Loop }[] {
  return python.calls.flatMap((call) => {
    const [first] = call.expr.args
    if (call.name === null || !compilers.test(call.name) || call.conditional) return []
    const loop = [...call.loops].reverse().find(({ role }) => role === 'train')
    return first === undefined || loop === undefined || !isNew(python, first.value, loop) || isKept(call)
      ? []
      : [{ call, loop }]
  })
}

/** `compiled.setdefault(shape, jax.jit(step))`: only the first of them is ever called. */
function isKept({ expr, statement }: Call): boolean {
  return expressionsOf(statement).some((one) => isPassedTo(one, expr))
}

function isPassedTo(part: Expr, inner: Expr): boolean {
  const isWithin = part.start <= inner.start && inner.end <= part.end
  const keeps = part.type === 'call' && part.callee.type === 'attribute' && part.callee.attr === 'setdefault'
  return isWithin && ((keeps && part !== inner) || childrenOf(part).some((one) => isPassedTo(one, inner)))
}

/** It is made in the pass: a lambda, what a call gives back, a function that is defined there. */
function isNew(python: PythonModule, func: Expr, { node }: Loop): boolean {
  const made = func.type === 'name' ? python.definition(func) : func
  const inside = ({ start, end }: { start: number; end: number }) => node.start <= start && end <= node.end
  if (made.type === 'call') return inside(made) && !isRemembering(python, made.callee)
  if (made.type === 'lambda') return inside(made)
  const own = python.functionOf(made)
  return own !== null && inside(own.node)
}

/** `@lru_cache` over what makes it: the same function for the same arguments. */
function isRemembering(python: PythonModule, callee: Expr): boolean {
  const own = python.functionOf(callee)
  return own === null ? python.importedFunction(callee)?.remembered === true : isRemembered(own)
}

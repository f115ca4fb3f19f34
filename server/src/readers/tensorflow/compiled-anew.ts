/** Functions that are compiled in each pass of a training loop: each pass hands the compiler another one, so nothing it made before fits. */
import type { Call, Loop, PythonModule } from '../../python/module.js'
import type { Expr } from '../../syntax/python-ast.js'

const compilers =
  /^(jax\.(jit|pmap)|flax\.nnx\.(jit|pmap)|equinox\.filter_(jit|pmap)|tensorflow\.(\w+\.)*function)$/

/** Each call that compiles a new function again and again, with the loop that does so. */
export function compiledAnew(python: PythonModule): { call: Call; loop: Loop }[] {
  return python.calls.flatMap((call) => {
    const [first] = call.expr.args
    if (call.name === null || !compilers.test(call.name) || call.conditional) return []
    const loop = [...call.loops].reverse().find(({ role }) => role === 'train')
    return first === undefined || loop === undefined || !isNew(python, first.value, loop)
      ? []
      : [{ call, loop }]
  })
}

/** It is made in the pass: a lambda, what a call gives back, a function that is defined there. */
function isNew(python: PythonModule, func: Expr, { node }: Loop): boolean {
  const made = func.type === 'name' ? python.definition(func) : func
  const inside = ({ start, end }: { start: number; end: number }) => node.start <= start && end <= node.end
  if (made.type === 'lambda' || made.type === 'call') return inside(made)
  const own = python.functionOf(made)
  return own !== null && inside(own.node)
}

/** The call that something is handed to as it is made: `fit(model, DataLoader(…))`. */
import type { Call, PythonModule } from '../../python/module.js'
import type { Expr } from '../../syntax/python-ast.js'
import { once } from '../../text/once.js'

export interface CallAround {
  call: Call
  /** Where it stands among all arguments. */
  position: number
}

/** Undefined: no call is given it. */
export function callAround(python: PythonModule, { expr }: Call): CallAround | undefined {
  return callsByArgument(python).get(expr)
}

function callsByArgument(python: PythonModule): ReadonlyMap<Expr, CallAround> {
  return once(python, 'calls by argument', () => {
    const calls = new Map<Expr, CallAround>()
    for (const call of python.calls)
      for (const [position, { value }] of call.expr.args.entries())
        if (value.type === 'call' && !calls.has(value)) calls.set(value, { call, position })
    return calls
  })
}

/** Conditions that must all hold. */
import type { Expr } from './python-ast.js'

/** `a and b and c`: each of them. */
export function conjuncts(test: Expr): Expr[] {
  return test.type === 'binary' && test.op === 'and'
    ? [...conjuncts(test.left), ...conjuncts(test.right)]
    : [test]
}

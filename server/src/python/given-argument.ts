/** An argument as an expression gives it, or as a key of a configuration does. */
import type { Expr } from '../syntax/python-ast.js'
import { type Configured, configuredChild } from '../text/configured.js'
import type { Analysis } from './analysis.js'
import { foldConfigured } from './configured.js'
import { expressionOf } from './configured-expression.js'
import type { ArgumentValue } from './module.js'

export function given(analysis: Analysis, expr: Expr): ArgumentValue {
  return { state: 'given', expr, folded: analysis.fold(expr), span: { start: expr.start, end: expr.end } }
}

/** The value of a key of a configuration, shown at `expr`. */
export function inConfigured(
  expr: Expr,
  node: Configured,
  keyword: string,
  overridable: boolean,
): ArgumentValue {
  const child = configuredChild(node, keyword)
  if (child === undefined) {
    const { at } = node
    if (at.keys === null) return { state: 'absent', overridable }
    return { state: 'absent', overridable, configured: { ...at, keys: [...at.keys, keyword] } }
  }
  if (child.kind === 'unknown') return { state: 'unknown', because: child.because }
  return {
    state: 'given',
    expr: expressionOf(child, expr),
    folded: foldConfigured(child, overridable),
    span: { start: expr.start, end: expr.end },
  }
}

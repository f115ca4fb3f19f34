/** Arguments as plain values and expressions: for what is inferred from them rather than claimed. */
import type { ArgumentValue, Call, Folded, PythonModule } from '../python/module.js'
import type { Expr } from '../syntax/python-ast.js'
import type { ConfiguredPlace } from '../text/configured.js'
import type { Json } from '../text/json.js'
import type { Span } from '../text/location.js'
import type { Place } from '../text/origin.js'
import { stated, unreadable } from './operations.js'
import { effective, type Given, isGiven } from './value.js'

/** The value that is passed; undefined where none is, or where it cannot be read. */
export function knownArgument(argument: ArgumentValue): Json | undefined {
  return argument.state === 'given' ? effective(argument.folded) : undefined
}

/** As `knownArgument`, where no launch can bring another value. */
export function fixedArgument(argument: ArgumentValue): Json | undefined {
  return argument.state === 'given' ? fixedValue(argument.folded) : undefined
}

/** The value of an expression where no launch can bring another. */
export function fixedValue(folded: Folded): Json | undefined {
  return folded.state === 'known' && !folded.overridable ? folded.value : undefined
}

/** Null where an expression stands for no number, or not for a known one. */
export function numberIn(folded: Folded | null | undefined): number | null {
  const value = effective(folded ?? undefined)
  return typeof value === 'number' ? value : null
}

/** Null where an expression stands for no text, or not for a known one. */
export function textIn(folded: Folded | null | undefined): string | null {
  const value = effective(folded ?? undefined)
  return typeof value === 'string' ? value : null
}

/** Why what may be passed cannot be read; null: nothing is passed, or it can. */
export function whyUnreadable(argument: ArgumentValue): string | null {
  if (argument.state === 'unknown') return argument.because
  return argument.state === 'given' && argument.folded.state === 'unknown' ? argument.folded.because : null
}

/** Where a configuration file of the project holds the value; null where it stands in code. */
export function configuredArgument(argument: ArgumentValue): ConfiguredPlace | null {
  const folded = argument.state === 'given' ? argument.folded : undefined
  return folded?.state === 'known' ? (folded.configured ?? null) : null
}

/** Null where it is no number, or not a known one. */
export function numberArgument(argument: ArgumentValue): number | null {
  return argument.state === 'given' ? numberIn(argument.folded) : null
}

/** Null where it is no text, or not a known one. */
export function textArgument(argument: ArgumentValue): string | null {
  return argument.state === 'given' ? textIn(argument.folded) : null
}

/** The expression that is passed; null where none is, or where `**kwargs` may carry one. */
export function passedExpression(argument: ArgumentValue): Expr | null {
  return argument.state === 'given' ? argument.expr : null
}

/** An expression, as if a call were passed it. */
export function asArgument(python: PythonModule, expr: Expr): ArgumentValue {
  return { state: 'given', expr, folded: python.fold(expr), span: { start: expr.start, end: expr.end } }
}

/** The call that makes what is passed; null where nothing is, or where it is made elsewhere. */
export function passedCall(python: PythonModule, argument: ArgumentValue): Call | null {
  const expr = passedExpression(argument)
  return expr === null ? null : python.callOf(expr)
}

/** What is shown for what is passed; null where nothing is, or where that cannot be seen. */
export function passedPlace(argument: ArgumentValue): Place | null {
  return argument.state === 'given' ? { start: argument.span.start, end: argument.span.end } : null
}

/** The argument, shown as a part of the code that says more than its value. */
export function shownAt(argument: ArgumentValue, { start, end }: Span): ArgumentValue {
  return argument.state === 'given' ? { ...argument, span: { start, end } } : argument
}

/** What is computed by an expression that `read` understands: `timedelta(hours=2)`; null: it does not. */
export function understood<T>(
  given: Given<Json>,
  argument: ArgumentValue,
  read: (expr: Expr) => T | null,
  because: string,
): Given<T> {
  if (!isGiven(given)) return given
  const expr = passedExpression(argument)
  const value = expr === null ? null : read(expr)
  return value === null ? unreadable(given, because) : stated(given, value)
}

/** It is passed, or `**kwargs` may carry it. */
export function mayBePassed(
  argument: ArgumentValue,
): argument is ArgumentValue & { state: 'given' | 'unknown' } {
  return argument.state !== 'absent'
}

/** It may be passed, and what it is cannot be read. */
export function isUnreadable(argument: ArgumentValue): boolean {
  return mayBePassed(argument) && knownArgument(argument) === undefined
}

/** Left out, or None. */
export function isLeftOut(argument: ArgumentValue): boolean {
  return !mayBePassed(argument) || knownArgument(argument) === null
}

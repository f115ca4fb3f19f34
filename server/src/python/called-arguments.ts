/** The arguments of a call as its function gets them: those that `partial` froze, and those of dictionaries that are known. */
import type { Argument, CallExpr } from '../syntax/python-ast.js'
import type { Analysis } from './analysis.js'
import { partialBehind } from './callee-names.js'
import type { Call } from './module.js'

const mostKeys = 50

/** `make = partial(make_loader, workers=8)`, then `make(root)`: `make_loader(root, workers=8)`. Null: it is no such call. */
export function thawedCall(analysis: Analysis, { expr }: Call): CallExpr | null {
  const frozen = partialBehind(analysis, expr.callee)
  const [func, ...rest] = frozen?.expr.args ?? []
  if (func === undefined || func.name !== null || func.star > 0) return null
  const again = new Set(expr.args.flatMap(({ name }) => name ?? []))
  const kept = rest.filter(({ name }) => name === null || !again.has(name))
  const positional = (one: Argument): boolean => one.name === null
  const args = [...kept.filter(positional), ...expr.args, ...kept.filter((one) => !positional(one))]
  return { ...expr, callee: func.value, args }
}

/** `make(root, **options)` with each entry as a keyword, where they are all known. */
export function unpackedArguments(analysis: Analysis, args: readonly Argument[]): Argument[] {
  return args.flatMap((argument): Argument[] => {
    if (argument.star !== 2) return [argument]
    const keys = analysis.keysOf(argument.value)
    if (keys === null || keys.length > mostKeys) return [argument]
    const entries = keys.map((key) => analysis.entry(argument.value, key))
    return entries.every((one) => one.state === 'given' && one.expr !== argument.value)
      ? entries.flatMap((one, at) =>
          one.state === 'given' ? [{ ...argument, name: keys[at]!, star: 0, value: one.expr }] : [],
        )
      : [argument]
  })
}

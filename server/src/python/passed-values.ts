/** What the calls of a function pass for its parameters. */
import type { Expr } from '../syntax/python-ast.js'
import type { Analysis } from './analysis.js'
import { argumentOf } from './configured-path.js'
import type { MadeObject, PassedArguments } from './outward-call.js'
import type { Binding } from './scope.js'

/** The argument of a call from another module that a parameter gets. */
export function argumentFor(
  args: PassedArguments,
  name: string,
  position: number,
): PassedArguments[number] | undefined {
  return args.find((one) => one.name === name) ?? args.find((one) => one.position === position)
}

/** What calls pass for a parameter: the expressions of this module, and the classes of objects that others pass. */
export function passedValues(
  analysis: Analysis,
  binding: Binding,
): { here: Expr[]; outside: (MadeObject | null)[] } | null {
  const { name } = binding
  const owner = analysis.parameterOwner(binding)
  const sites = owner === null ? null : analysis.callSites(owner.func)
  if (owner === null || sites === null) return null
  const byDefault = owner.func.node.params.find((one) => one.name === name && one.star === 0)?.default ?? null
  const here: Expr[] = []
  for (const { expr } of sites) {
    const open = expr.args.some(({ star }) => star > 0)
    const given = open ? null : (argumentOf(expr, name, owner.position) ?? byDefault)
    if (given === null) return null
    here.push(given)
  }
  const outside = analysis
    .outsideCalls(owner.func)
    .map(({ args }) => (args === null ? undefined : argumentFor(args, name, owner.position))?.made ?? null)
  return here.length + outside.length === 0 ? null : { here, outside }
}

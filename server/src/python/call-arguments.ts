/** Arguments of a call: keywords, positions, unpacked dictionaries, arguments frozen by `partial`. */
import type { Argument, CallExpr, Expr } from '../syntax/python-ast.js'
import type { Analysis } from './analysis.js'
import { boundValue } from './arguments.js'
import { partialBehind } from './callee-names.js'
import { argumentOf as asWritten } from './configured-path.js'
import { inDictionary } from './dictionary-arguments.js'
import { given, inConfigured } from './given-argument.js'
import type { ArgumentValue, Call, Folded, ProgramArgument } from './module.js'

export function argumentOf(
  analysis: Analysis,
  call: Call,
  keyword: string,
  position: number | null,
): ArgumentValue {
  const made = analysis.instantiations.get(call)
  if (made !== undefined) {
    const rest = call.expr.args.slice(1)
    const own = search(analysis, rest, keyword, position)
    return own.state === 'absent' ? inConfigured(call.expr, made.node, keyword, made.overridable) : own
  }
  const parsed = parsedBy(call.expr)
  if (parsed !== null) {
    const own = search(analysis, call.expr.args.slice(1), keyword, null)
    return own.state === 'absent' ? onCommandLine(analysis, parsed, keyword) : own
  }
  const frozen = partialBehind(analysis, call.expr.callee)
  const shift = frozen === null ? 0 : frozen.expr.args.filter((argument) => argument.name === null).length - 1
  const own = search(analysis, call.expr.args, keyword, position === null ? null : position - shift)
  if (own.state !== 'absent' || frozen === null) return own
  // The first argument of `partial` is the callable itself.
  return search(analysis, frozen.expr.args.slice(1), keyword, position)
}

/** The same as it is written, for who needs no value: to find that out may take long. Null: nothing, or it is not known. */
export function argumentAsWritten(
  analysis: Analysis,
  call: Call,
  keyword: string,
  position: number,
): Expr | null {
  const { args, callee } = call.expr
  const isPlain =
    args.every(({ star }) => star === 0) &&
    !analysis.instantiations.has(call) &&
    parsedBy(call.expr) === null &&
    partialBehind(analysis, callee) === null
  if (isPlain) return asWritten(call.expr, keyword, position)
  const given = argumentOf(analysis, call, keyword, position)
  return given.state === 'given' ? given.expr : null
}

/** What `Trainer.from_argparse_args(args, …)` takes its arguments from; null: another call. */
function parsedBy({ callee, args }: CallExpr): Expr | null {
  if (callee.type !== 'attribute' || callee.attr !== 'from_argparse_args') return null
  const [first] = args
  return first === undefined || first.star > 0 || (first.name !== null && first.name !== 'args')
    ? null
    : first.value
}

/** Every argument is an option as well, be it the program that adds it or the library. */
function onCommandLine(analysis: Analysis, namespace: Expr, keyword: string): ArgumentValue {
  const written = writtenInto(analysis, namespace, keyword)
  if (written !== null) return given(analysis, written)
  if (!analysis.programParameters.isNamespace(namespace))
    return { state: 'unknown', because: 'the command line' }
  const { start, end } = namespace
  const expr: Expr = { type: 'attribute', value: namespace, attr: keyword, start, end }
  if (analysis.programArguments.some(({ name }) => name === keyword)) return given(analysis, expr)
  const { binding } = analysis
  const option: ProgramArgument = {
    name: keyword,
    flags: [keyword],
    default: null,
    kind: 'value',
    type: null,
    span: { start, end },
  }
  const folded = binding === null ? null : boundValue(option, analysis.programArguments, binding)
  if (folded === null) return { state: 'absent', overridable: binding === null || !binding.launch.complete }
  return { state: 'given', expr, folded: withNumber(folded), span: { start, end } }
}

/** `args.max_epochs = 100` above the call, here or in a function that is handed `args`; null: nowhere, or in several places. */
function writtenInto(analysis: Analysis, namespace: Expr, keyword: string): Expr | null {
  if (namespace.type !== 'name') return null
  const names = new Set([namespace.id])
  for (const { expr } of analysis.calls) {
    if (expr.end > namespace.start) continue
    const at = expr.args.findIndex(({ value }) => value.type === 'name' && value.id === namespace.id)
    const parameter = at < 0 ? undefined : analysis.functionOf(expr.callee)?.node.params[at]
    if (parameter !== undefined) names.add(parameter.name)
  }
  const [only, other] = [...names].flatMap((name) => analysis.attributeBindings(`${name}.${keyword}`))
  return only === undefined || other !== undefined || only.conditional || only.kind !== 'assign'
    ? null
    : only.value
}

/** The library gives its options the types of its parameters. */
function withNumber(folded: Folded): Folded {
  if (folded.state !== 'known' || typeof folded.value !== 'string') return folded
  const { value } = folded
  if (/^-?\d+(\.\d+)?$/.test(value)) return { ...folded, value: Number(value) }
  return /^(true|false)$/i.test(value) ? { ...folded, value: /^true$/i.test(value) } : folded
}

export function search(
  analysis: Analysis,
  args: Argument[],
  keyword: string,
  position: number | null,
  depth = 0,
): ArgumentValue {
  let seen = 0
  let unpacked: string | null = null
  let absent: ArgumentValue & { state: 'absent' } = { state: 'absent' }
  for (const argument of args) {
    if (argument.star === 1) {
      const items = analysis.definition(argument.value)
      if (items.type === 'list' || items.type === 'tuple') {
        const index = position === null ? -1 : position - seen
        if (index >= 0 && index < items.items.length) return given(analysis, items.items[index]!)
        seen += items.items.length
      } else if (position !== null) unpacked = '*args'
    } else if (argument.star === 2) {
      const found = inDictionary(analysis, argument.value, keyword, argument.value.start, depth)
      if (found.state === 'given') return found
      if (found.state === 'unknown') unpacked = found.because
      else absent = found
    } else if (argument.name !== null) {
      if (argument.name === keyword) return given(analysis, argument.value)
    } else {
      if (position !== null && seen === position && unpacked === null) return given(analysis, argument.value)
      seen++
    }
  }
  return unpacked === null ? absent : { state: 'unknown', because: unpacked }
}

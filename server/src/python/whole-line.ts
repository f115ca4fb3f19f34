/** Whether a name holds nothing but what the parser of this module makes of the command line: `args` of `fit(**vars(args))`. */
import type { Expr } from '../syntax/python-ast.js'
import { forEachChild, forEachExpression } from '../syntax/python-children.js'
import { once } from '../text/once.js'
import type { Analysis } from './analysis.js'
import { nameOf } from './names.js'
import { returnsOf } from './returns.js'

/** Methods of a parser, or of a group of its options, that add no option which is not written there. */
const plainMethods =
  /^(add_argument|add_argument_group|add_mutually_exclusive_group|parse_args|print_help|print_usage|format_help|error|exit)$/
const groups = /^add_(argument|mutually_exclusive)_group$/
/** What only looks at what it is given. */
const looking =
  /^(print|str|repr|len|bool|sorted|pprint\.pprint|json\.dumps?|logging\.\w+|(wandb|mlflow|neptune|comet_ml|clearml)\..*)$/

/** All options of the program are known, and nothing else is written into what holds them under this name. */
export function isWholeLine(analysis: Analysis, namespace: Expr, keyword: string): boolean {
  if (analysis.programArguments.length === 0) return false
  if (namespace.type === 'call') return isParsed(analysis, namespace)
  if (namespace.type === 'name' && analysis.attributeStores.has(`${namespace.id}.${keyword}`)) return false
  return (
    namespace.type === 'name' &&
    once(analysis, `whole line: ${namespace.id}`, () => isPlain(analysis, namespace.id))
  )
}

/** The name is nowhere bound to anything but the parsed line, and only read. */
function isPlain(analysis: Analysis, id: string): boolean {
  let isParsedSomewhere = false
  for (const statement of analysis.statements) {
    if (statement.type !== 'assign' || !statement.targets.some((one) => isName(one, id))) continue
    const { value } = statement
    if (value === null || !isParsed(analysis, value)) return false
    isParsedSomewhere = true
  }
  return isParsedSomewhere && isOnlyRead(analysis, id)
}

/** `parser.parse_args()`, or a function of this module that returns that. */
function isParsed(analysis: Analysis, value: Expr, depth = 0): boolean {
  if (value.type === 'name') {
    const made = analysis.definition(value)
    return (
      made !== value && depth < 2 && isParsed(analysis, made, depth + 1) && isOnlyRead(analysis, value.id)
    )
  }
  if (value.type !== 'call') return false
  const { callee, args } = value
  if (callee.type === 'attribute' && callee.attr === 'parse_args')
    return callee.value.type === 'name' && args.length === 0 && isPlainParser(analysis, callee.value)
  const func = analysis.functionOf(callee)
  if (func === null || depth > 0) return false
  const returned = returnsOf(func)
  return returned.length > 0 && returned.every((one) => isParsed(analysis, one, depth + 1))
}

/** A parser of argparse that is made here, and handed to nobody who may add options to it. */
function isPlainParser(analysis: Analysis, parser: Expr & { type: 'name' }): boolean {
  const made = analysis.definition(parser)
  if (made.type !== 'call' || nameOf(analysis, made.callee) !== 'argparse.ArgumentParser') return false
  if (made.args.some(({ name, star }) => name === 'parents' || star > 0)) return false
  return once(analysis, `plain parser: ${parser.id}`, () => {
    const held = new Set([parser.id])
    for (const statement of analysis.statements) {
      if (statement.type !== 'assign' || statement.value?.type !== 'call') continue
      const { callee } = statement.value
      const [target] = statement.targets
      if (callee.type !== 'attribute' || callee.value.type !== 'name' || !held.has(callee.value.id)) continue
      if (groups.test(callee.attr) && target?.type === 'name') held.add(target.id)
    }
    return [...held].every((id) =>
      isUsedOnly(analysis, id, (expr, visit) => {
        if (expr.type !== 'call' || expr.callee.type !== 'attribute' || !isName(expr.callee.value, id))
          return false
        if (!plainMethods.test(expr.callee.attr)) return false
        for (const { value } of expr.args) visit(value)
        return true
      }),
    )
  })
}

/** `args.lr`, `**vars(args)`, `print(args)`, and functions of this module that have it under the same name. */
function isOnlyRead(analysis: Analysis, id: string): boolean {
  const isVars = (expr: Expr): boolean =>
    expr.type === 'call' && nameOf(analysis, expr.callee) === 'vars' && isName(expr.args[0]?.value, id)
  return isUsedOnly(analysis, id, (expr, visit) => {
    if (expr.type === 'attribute' && isName(expr.value, id)) return expr.attr !== '__dict__'
    if (expr.type !== 'call') return false
    const func = analysis.functionOf(expr.callee)
    const { callee } = expr
    // `config.update(vars(args))` copies it.
    const copies = callee.type === 'attribute' && callee.attr === 'update'
    const looks = copies || looking.test(nameOf(analysis, callee) ?? '')
    visit(callee)
    for (const { value, star } of expr.args) {
      const isSame = func !== null && isName(value, id) && func.node.params.some(({ name }) => name === id)
      if (!isSame && !(looks && (isName(value, id) || isVars(value))) && !(star === 2 && isVars(value)))
        visit(value)
    }
    return true
  })
}

/** `isKnown` says of an expression that holds the name whether it is one of these uses, and visits what else it holds. */
function isUsedOnly(
  analysis: Analysis,
  id: string,
  isKnown: (expr: Expr, visit: (expr: Expr) => void) => boolean,
): boolean {
  let isOnly = true
  const visit = (expr: Expr): void => {
    if (!isOnly || isKnown(expr, visit)) return
    if (isName(expr, id)) isOnly = false
    else forEachChild(expr, visit)
  }
  for (const statement of analysis.statements) {
    if (statement.type === 'assign' && statement.targets.some((one) => isName(one, id))) {
      if (statement.value !== null) visit(statement.value)
    } else if (!(statement.type === 'return' && isName(statement.value, id)))
      forEachExpression(statement, visit)
  }
  return isOnly
}

function isName(expr: Expr | null | undefined, id: string): boolean {
  return expr?.type === 'name' && expr.id === id
}

/**
 * Under which conditions code runs: the tests of `if` and of conditional expressions around it, decided where their
 * values are known.
 */
import type { Expr, PythonTree, Stmt } from '../syntax/python-ast.js'
import { blocksOf } from '../syntax/python-children.js'
import type { Span } from '../text/location.js'
import type { Analysis } from './analysis.js'
import { holdsKey } from './configured-keys.js'
import { conditionalsIn } from './index-calls.js'
import type { Condition, Folded, ProgramArgument, Reach } from './module.js'
import { truthy } from './operators.js'
import { isMainGuard } from './scopes.js'

/** What runs only where the test is true, or where it is false. */
export interface Guard extends Span {
  test: Expr
  holds: boolean
}

/** With the innermost guard around it. */
export interface NestedGuard extends Guard {
  around: NestedGuard | null
}

/** Nested deeper than this, a test is as good as unknown. */
const mostGuards = 12

/** All guards of a tree in the order in which they start, outer ones first. */
export function guardsIn(tree: PythonTree): NestedGuard[] {
  const guards = guardsWritten(tree).sort((a, b) => a.start - b.start || b.end - a.end)
  let last: NestedGuard | null = null
  return guards.map((guard) => {
    last = { ...guard, around: innermost(last, guard.start) }
    return last
  })
}

/** A guard that holds an offset, or the innermost one around it that does. */
function innermost(guard: NestedGuard | null, offset: number): NestedGuard | null {
  let holding = guard
  while (holding !== null && holding.end <= offset) holding = holding.around
  return holding
}

function guardsWritten(tree: PythonTree): Guard[] {
  const found = conditionalsIn(tree).flatMap(({ test, then, otherwise }): Guard[] => [
    { test, holds: true, start: then.start, end: then.end },
    { test, holds: false, start: otherwise.start, end: otherwise.end },
  ])
  const inBlock = (block: readonly Stmt[]): void => {
    for (const statement of block) {
      if (statement.type === 'if' && !isMainGuard(statement.test)) {
        const { test, body, orelse } = statement
        found.push({
          test,
          holds: true,
          start: body[0]?.start ?? test.end,
          end: body.at(-1)?.end ?? test.end,
        })
        if (orelse.length > 0)
          found.push({ test, holds: false, start: orelse[0]!.start, end: orelse.at(-1)!.end })
      }
      for (const inner of blocksOf(statement)) inBlock(inner)
    }
  }
  inBlock(tree.body)
  return found
}

/** Whether a test is true, as far as the files tell. */
export function conditionOf(analysis: Analysis, test: Expr): Condition {
  const folded = decided(analysis, test) ?? analysis.fold(test)
  const value = folded.state === 'known' ? truthy(folded.value) : null
  const open = folded.state === 'known' && folded.overridable
  const negated = test.type === 'unary' && test.op === 'not'
  const asked = negated ? test.operand : test
  const option = optionOf(analysis, asked)
  const named = option ?? optionElsewhere(analysis, asked)
  const isOn = value !== null && value !== negated
  const [holds, fails] = named === null ? inWords(analysis, test) : passing(named, negated, isOn)
  return {
    test,
    value: open ? null : value,
    byDefault: value,
    holds,
    fails,
    option,
    negated,
  }
}

/** `unknown and False` is false, and `unknown or True` true, whatever is not known. Or it asks for a key of a configuration. */
function decided(analysis: Analysis, test: Expr, depth = 0): Folded | null {
  if (test.type !== 'binary' || (test.op !== 'and' && test.op !== 'or') || depth > mostGuards)
    return holdsKey(analysis, test)
  for (const side of [test.left, test.right]) {
    const folded = decided(analysis, side, depth + 1) ?? analysis.fold(side)
    if (folded.state === 'known' && truthy(folded.value) === (test.op === 'or')) return folded
  }
  return null
}

function inWords({ text }: Analysis, { start, end }: Expr): [string, string] {
  const shown = text.slice(start, end).replace(/\s+/g, ' ')
  return shown.length > 60
    ? ['a condition holds', 'a condition fails']
    : [`\`${shown}\` holds`, `\`${shown}\` does not hold`]
}

function passing(
  { flags, kind }: Pick<ProgramArgument, 'flags' | 'kind'>,
  negated: boolean,
  isOn: boolean,
): [string, string] {
  const flag = `\`--${flags.at(-1)}\``
  // A switch that is on without being passed is passed to be off.
  if (kind !== 'store true' || isOn) return [`${flag} says so`, `${flag} says otherwise`]
  const [passed, left] = [`${flag} is passed`, `${flag} is not passed`]
  return negated ? [left, passed] : [passed, left]
}

/** The option of the program that a test is: `args.amp`; `use_amp` or `self.amp` where that is all it stands for. */
function optionOf(analysis: Analysis, test: Expr, depth = 0): ProgramArgument | null {
  if (depth > 4) return null
  if (test.type === 'attribute' && analysis.programParameters.isNamespace(test.value)) {
    const matches = analysis.programArguments.filter((one) => one.name === test.attr)
    return matches.length === 1 ? matches[0]! : null
  }
  const behind = test.type === 'name' ? analysis.definition(test) : onlyValue(analysis, test)
  return behind === null || behind === test ? null : optionOf(analysis, behind, depth + 1)
}

/** The same of a program in another module, which passes its command line on. */
function optionElsewhere(
  analysis: Analysis,
  test: Expr,
  depth = 0,
): Pick<ProgramArgument, 'flags' | 'kind'> | null {
  if (depth > 4) return null
  const passed = test.type === 'attribute' ? analysis.outside.option(test.value, test.attr) : null
  if (passed !== null)
    return { flags: passed.flags!, kind: passed.isSwitch === true ? 'store true' : 'value' }
  const behind = test.type === 'name' ? analysis.definition(test) : onlyValue(analysis, test)
  return behind === null || behind === test ? null : optionElsewhere(analysis, behind, depth + 1)
}

/** What an attribute is given, where that happens once. */
function onlyValue(analysis: Analysis, expr: Expr): Expr | null {
  const values = expr.type === 'attribute' ? analysis.attributeValues(expr) : []
  return values.length === 1 ? values[0]! : null
}

/** The guards around an offset, outer ones first. */
export function guardsAt(analysis: Analysis, offset: number): Guard[] {
  const { guards } = analysis
  let low = 0
  let high = guards.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (guards[middle]!.start <= offset) low = middle + 1
    else high = middle
  }
  const found: Guard[] = []
  for (let one = innermost(guards[low - 1] ?? null, offset); one !== null; one = one.around) found.push(one)
  return found.reverse()
}

/** When code at an offset runs, once what holds it is called. */
export function reachOf(analysis: Analysis, offset: number): Reach {
  const around = guardsAt(analysis, offset)
  if (around.length > mostGuards) return { state: 'sometimes', conditions: [], byDefault: null }
  const open: { condition: Condition; holds: boolean }[] = []
  for (const { test, holds } of around) {
    const condition = conditionOf(analysis, test)
    if (condition.value === null) open.push({ condition, holds })
    else if (condition.value !== holds) return { state: 'never', condition, holds }
  }
  if (open.length === 0) return { state: 'always' }
  const defaults = open.map(({ condition, holds }) =>
    condition.byDefault === null ? null : condition.byDefault === holds,
  )
  const byDefault = defaults.includes(false) ? false : defaults.includes(null) ? null : true
  return { state: 'sometimes', conditions: open, byDefault }
}

/** Words of the command line as a program takes them itself: `sys.argv`. */
import type { Expr } from '../syntax/python-ast.js'
import type { Analysis } from './analysis.js'
import { unknown } from './folded.js'
import type { Folded } from './module.js'

/** `sys.argv`, `sys.argv[1]` of a launch without options; null: something else, or no launch. */
export function commandLineWord(analysis: Analysis, expr: Expr): Folded | null {
  const words = expr.type === 'subscript' ? expr.value : expr
  if (analysis.binding === null || words.type !== 'attribute' || analysis.nameOf(words) !== 'sys.argv')
    return null
  const { flags, positionals, complete, program } = analysis.binding.launch
  const given = positionals.map(({ value }) => value)
  if (!complete || Object.keys(flags).length > 0 || given.includes(null)) return unknown('the launch line')
  const from = { state: 'known', channel: 'launch flag', overridable: false } as const
  if (expr.type !== 'subscript') return { ...from, value: [program.path, ...given] }
  const index = expr.index.type === 'constant' ? expr.index.value : null
  if (typeof index !== 'number' || index < 1) return null
  const word = positionals[index - 1]
  return word === undefined
    ? unknown('the launch line')
    : { ...from, value: word.value, overridable: word.overridable === true, location: word.location }
}

/** What `len(sys.argv) > 1` is for a program that is started without arguments; null: another test. */
export function withoutWords(analysis: Analysis, test: Expr): boolean | null {
  if (test.type !== 'binary' || test.left.type !== 'call' || test.right.type !== 'constant') return null
  const { callee, args } = test.left
  const counted = args[0]?.value
  if (callee.type !== 'name' || callee.id !== 'len' || counted?.type !== 'attribute') return null
  if (analysis.nameOf(counted) !== 'sys.argv' || typeof test.right.value !== 'number') return null
  const least = test.right.value
  switch (test.op) {
    case '>':
      return 1 > least
    case '>=':
      return 1 >= least
    case '==':
      return least === 1
    case '<':
      return 1 < least
    case '<=':
      return 1 <= least
    default:
      return null
  }
}

/** Words of the command line as a program takes them itself: `sys.argv`. */
import type { Expr } from '../syntax/python-ast.js'
import type { LaunchValue } from '../text/launch.js'
import { lookUp } from '../text/records.js'
import type { Analysis } from './analysis.js'
import { unknown } from './folded.js'
import type { Folded } from './module.js'

/** `sys.argv`, `sys.argv[1]` of a launch without options; null: something else, or no launch. */
export function commandLineWord(analysis: Analysis, expr: Expr): Folded | null {
  const words = expr.type === 'subscript' ? expr.value : expr
  if (analysis.binding === null || words.type !== 'attribute' || analysis.nameOf(words) !== 'sys.argv')
    return null
  const { flags, positionals, complete, program } = analysis.binding.launch
  const flag = flagLookedUp(analysis, expr)
  const found = flag === null ? undefined : lookUp(flags, flag)
  if (found !== undefined && found.value !== null)
    return {
      state: 'known',
      value: found.value,
      channel: 'launch flag',
      overridable: found.overridable === true,
      location: found.location,
    }
  const given = positionals.map(({ value }) => value)
  if (!complete || given.includes(null)) return unknown('the launch line')
  const from = { state: 'known', channel: 'launch flag', overridable: false } as const
  const options = Object.values(flags)
  if (expr.type !== 'subscript')
    return options.length > 0 ? unknown('the launch line') : { ...from, value: [program.path, ...given] }
  const index = expr.index.type === 'constant' ? expr.index.value : null
  if (typeof index !== 'number' || index < 1) return options.length > 0 ? unknown('the launch line') : null
  const word = positionals[index - 1]
  return word === undefined || !options.every((option) => isBehind(option, word))
    ? unknown('the launch line')
    : { ...from, value: word.value, overridable: word.overridable === true, location: word.location }
}

/** What stands behind a word does not move it. */
function isBehind({ location }: LaunchValue, word: LaunchValue): boolean {
  return location.path === word.location.path && location.start > word.location.start
}

/** The flag, without its dashes, of `sys.argv[sys.argv.index('--config') + 1]`; null: another word. */
export function flagLookedUp(analysis: Analysis, expr: Expr): string | null {
  if (expr.type !== 'subscript' || expr.index.type !== 'binary' || expr.index.op !== '+') return null
  const { left, right } = expr.index
  if (left.type !== 'call' || right.type !== 'constant' || right.value !== 1) return null
  if (analysis.nameOf(expr.value) !== 'sys.argv' || analysis.nameOf(left.callee) !== 'sys.argv.index')
    return null
  const flag = left.args[0]?.value
  return flag?.type === 'constant' && typeof flag.value === 'string'
    ? (/^--?([A-Za-z][\w-]*)$/.exec(flag.value)?.[1] ?? null)
    : null
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

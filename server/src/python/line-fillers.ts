/** Functions of the project that fill a data class from the words of the command line: `Settings.from_argv(sys.argv[1:])`. */
import type { CallExpr } from '../syntax/python-ast.js'
import { once } from '../text/once.js'
import type { Analysis } from './analysis.js'
import type { Func, Klass } from './module.js'

/** What takes words apart or has a parser do so, and what reads a file instead. */
const takesWords =
  /\bsys\.argv\b|\bparse_(known_)?args\(|\.(partition|split|startswith|lstrip|removeprefix|strip)\(\s*['"](=|--?)['"]/
const readsFile = /\bopen\(|\.(load|safe_load|loads|read_text|from_file)\(/

/** The data class that each of them makes an object of. */
export function lineFillers(analysis: Analysis): ReadonlyMap<Func, Klass> {
  // Asked for each function that may give the options.
  return once(analysis, 'line fillers', () => {
    const found = new Map<Func, Klass>()
    if (!takesWords.test(analysis.code)) return found
    for (const func of analysis.functions) {
      const spread = func.calls.filter(({ expr }) => expr.args.some(({ star }) => star === 2))
      if (spread.length === 0) continue
      const text = analysis.code.slice(func.node.start, func.node.end)
      if (!takesWords.test(text) || readsFile.test(text)) continue
      for (const { expr } of spread) {
        const klass = madeBy(analysis, func, expr)
        if (klass !== null && isDataClass(klass)) found.set(func, klass)
      }
    }
    return found
  })
}

/** `cls(**given)` in a method of the class, `Settings(**given)` anywhere. */
function madeBy(analysis: Analysis, func: Func, { callee }: CallExpr): Klass | null {
  const own = callee.type === 'name' && callee.id === 'cls' && callee.id === func.node.params[0]?.name
  return own ? func.class : analysis.classOf(callee)
}

/** Its fields are what its constructor takes. */
function isDataClass({ node, methods }: Klass): boolean {
  return (
    !methods.has('__init__') &&
    node.body.some((statement) => statement.type === 'assign' && statement.annotation !== null)
  )
}

/** Variables that a program sets in its own environment. */
import type { Expr, Stmt } from '../syntax/python-ast.js'
import type { Analysis } from './analysis.js'
import type { EnvironmentWrite, Folded } from './module.js'

const cache = new WeakMap<Analysis, Map<string, EnvironmentWrite>>()

/**
 * By name of the variable: `os.environ['X'] = …`, `os.environ.setdefault('X', …)`, `os.environ.update(X=…)`,
 * `os.putenv('X', …)`. A variable that is set in several ways is not known.
 */
export function environmentWrites(analysis: Analysis): Map<string, EnvironmentWrite> {
  const before = cache.get(analysis)
  if (before !== undefined) return before
  const found = new Map<string, EnvironmentWrite>()
  cache.set(analysis, found)
  if (!analysis.code.includes('environ') && !analysis.code.includes('putenv')) return found
  const written = new Map<string, Expr[]>()
  const add = (
    statement: Stmt,
    key: Expr | undefined,
    value: Expr | null | undefined,
    fallback = false,
  ): void => {
    const name = key?.type === 'constant' && typeof key.value === 'string' ? key.value : null
    if (name === null || value === null || value === undefined) return
    const values = [...(written.get(name) ?? []), value]
    written.set(name, values)
    found.set(name, {
      statement,
      value,
      fallback,
      // A value may be asked for while another one is being folded: each is folded for itself, and when it is needed.
      get folded() {
        return oneValue(
          name,
          values.map((one) => analysis.fold(one)),
        )
      },
    })
  }
  for (const statement of analysis.statements) {
    if (statement.type !== 'assign') continue
    for (const target of statement.targets) {
      if (target.type === 'subscript' && analysis.nameOf(target.value) === 'os.environ')
        add(statement, target.index, statement.value)
    }
  }
  for (const call of analysis.calls) {
    const { statement } = call
    const { args } = call.expr
    if (call.name === 'os.environ.setdefault') add(statement, args[0]?.value, args[1]?.value, true)
    else if (call.name === 'os.putenv') add(statement, args[0]?.value, args[1]?.value)
    else if (call.name === 'os.environ.update') {
      for (const argument of args) {
        if (argument.name !== null)
          add(statement, { type: 'constant', value: argument.name, start: 0, end: 0 }, argument.value)
        else if (argument.value.type === 'dict')
          for (const entry of argument.value.entries) add(statement, entry.key ?? undefined, entry.value)
      }
    }
  }
  return found
}

function oneValue(name: string, values: readonly Folded[]): Folded {
  const last = values.at(-1)!
  return values.every((one) => one === last || sameFolded(one, last))
    ? last
    : { state: 'unknown', because: `several values of ${name}` }
}

function sameFolded(a: Folded, b: Folded): boolean {
  return a.state === 'known' && b.state === 'known' && a.value === b.value
}

/** Folders that each start of a program names anew, so that no later one finds what is in them. */
import type { PythonModule } from '../python/module.js'
import type { Expr } from '../syntax/python-ast.js'
import { findIn } from './pytorch/numbered-files.js'

const clock = /^(strftime|now|utcnow|today|time|time_ns|uuid1|uuid4|ctime|perf_counter)$/

/** `f'runs/{datetime.now():%H%M}'`, also through names: the call that makes it new; null: none is seen. */
export function newEachTime(python: PythonModule, folder: Expr, depth = 0): string | null {
  const value = python.definition(folder)
  let found: string | null = null
  findIn(value, (part) => {
    if (part.type === 'call') {
      const { callee } = part
      const name = callee.type === 'attribute' ? callee.attr : callee.type === 'name' ? callee.id : ''
      if (clock.test(name) && /^(time|datetime|uuid)\./.test(python.nameOf(callee) ?? '')) found ??= name
    } else if (part.type === 'name' && part !== value && depth < 3)
      found ??= newEachTime(python, part, depth + 1)
    return found !== null
  })
  return found
}

/** Code that a run comes to once: no loop goes around it, here or where its function is called. */
import type { Func, Loop, PythonModule } from '../python/module.js'
import { once } from '../text/once.js'

/** False where not all calls are known. */
export function runsOnce(
  python: PythonModule,
  { parent, function: func }: Pick<Loop, 'parent' | 'function'>,
): boolean {
  return parent === null && isCalledOnce(python, func)
}

function isCalledOnce(python: PythonModule, func: Func | null): boolean {
  if (func === null) return true
  const known = once(python, 'called once', () => new Map<Func, boolean>())
  const before = known.get(func)
  if (before !== undefined) return before
  // Functions that call each other come to it again.
  known.set(func, false)
  const outside = python.outsideCalls(func)
  const sites = python.callSites(func)
  const called =
    sites !== null &&
    sites.length + outside.length > 0 &&
    !python.isRepeated(func) &&
    outside.every(({ args }) => args !== null) &&
    sites.every((site) => site.loops.length === 0 && isCalledOnce(python, site.function))
  known.set(func, called)
  return called
}

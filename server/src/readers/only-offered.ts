/** What a program does, and what a library only offers a function for: whoever calls that may end what it starts. */
import type { Call, Func, PythonModule } from '../python/module.js'
import { once } from '../text/once.js'

/** The call stands in a function that no program in sight runs. */
export function isOnlyOffered(python: PythonModule, { function: func }: Pick<Call, 'function'>): boolean {
  return func !== null && !python.evidence.notebook && !python.isEntry && !isStarted(python, func)
}

/** It runs with the file, a program of another module calls it, or a service does: `handler(event, context)` of AWS Lambda. */
function isStarted(python: PythonModule, func: Func): boolean {
  const known = once(python, 'started functions', () => new Map<Func, boolean>())
  const before = known.get(func)
  if (before !== undefined) return before
  // Functions that only call each other are not started.
  known.set(func, false)
  const [first, second] = func.node.params
  const started =
    (first?.name === 'event' && second?.name === 'context') ||
    python.outsideCalls(func).some((call) => call.started === true) ||
    (python.callSites(func) ?? []).some((site) => site.function === null || isStarted(python, site.function))
  known.set(func, started)
  return started
}

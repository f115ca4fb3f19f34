/** What a module says without naming it: its loop takes steps that objects and functions of other modules take. */
import type { PythonModule } from '../python/module.js'
import { once } from '../text/once.js'

/** The calls that its training loops reach, wherever they stand: words of the readers that know what these do. */
export function stepsReached(python: PythonModule): string {
  return once(python, 'words of its steps', () => {
    const reached = new Set<string>()
    for (const { role, effects } of python.loops)
      if (role === 'train' || role === 'epoch') for (const call of effects.calls) reached.add(call)
    return [...reached].join(' ')
  })
}

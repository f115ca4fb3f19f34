/** As many processes as a machine has cores, as a program in Python counts them. */
import { nameFor } from '../edit/imports.js'
import type { Import } from '../edit/write.js'
import type { PythonModule } from '../python/module.js'
import type { FragmentFacts } from './reader.js'

/**
 * `min(8, os.cpu_count() or 1)`, and what has to be imported for it.
 * @param offset where it is to stand
 * @param counter `sched_getaffinity`: the cores that the process may use
 */
export function upToCores(
  python: PythonModule,
  { path, fragment: { index: fragment } }: FragmentFacts,
  offset: number,
  counter: 'cpu_count' | 'sched_getaffinity' = 'cpu_count',
): { code: string; imports: Import[] } {
  const found = nameFor(python.tree, 'os', counter, { path, fragment, offset })
  // `import os` reads better than `from os import cpu_count` where neither is there.
  const name = found.import === null ? found.text : `os.${counter}`
  return {
    code: counter === 'cpu_count' ? `min(8, ${name}() or 1)` : `min(8, len(${name}(0)))`,
    imports: found.import === null ? [] : [{ path, fragment, module: 'os', name: null }],
  }
}

/** Workers on Windows, where each starts a Python of its own and imports what it is to run. */
import type { Call, PythonModule } from '../../python/module.js'
import { passedExpression } from '../../values/argument.js'
import type { FragmentFacts } from '../reader.js'

/** `r"C:\data\train"`, `"D:/photos/train"`; not the line that ends in a prompt, `"Q:\nWhat …"`. */
const windowsPath = /\b[rR]["'][C-Z]:\\[\w .-]|["'][C-Z]:(?:\\\\|\/|\\(?![abfnrtvx\d]))[\w .-]/

/** What has to be done before workers can start there; null: nothing, or nothing says that it runs on Windows. */
export function beforeSpawning(
  python: PythonModule,
  call: Call,
  { metadata }: Pick<FragmentFacts, 'metadata'>,
): string | null {
  if (metadata?.platform !== 'windows' && !windowsPath.test(python.text)) return null
  if (python.evidence.notebook)
    return makesSamplesHere(python, call)
      ? 'once its data set stands in a module: on Windows, workers do not find what a cell defines'
      : null
  return isGuarded(python, call)
    ? null
    : 'once the program runs under if __name__ == "__main__": Windows starts it anew in each worker'
}

/** Its samples are made by a class or a function of this module. */
function makesSamplesHere(python: PythonModule, call: Call): boolean {
  const collate = passedExpression(python.argument(call, 'collate_fn'))
  if (collate !== null && (collate.type === 'lambda' || python.functionOf(collate) !== null)) return true
  return python.classes.some(({ bases }) => bases.some((base) => /(^|\.)\w*Dataset$/.test(base)))
}

/** What goes over it stands in a function, or under the guard; a module that is imported is not started anew. */
function isGuarded(python: PythonModule, call: Call): boolean {
  if (!python.isEntry) return true
  const guard = python.tree.body.find(
    (one) => one.type === 'if' && /__name__/.test(python.text.slice(one.test.start, one.test.end)),
  )
  if (guard !== undefined && guard.start <= call.expr.start && call.expr.end <= guard.end) return true
  return call.function !== null && guard !== undefined
}

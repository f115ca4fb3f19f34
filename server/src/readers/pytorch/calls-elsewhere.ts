/** What a call of the project's code in another module may come to. */

import type { Call, PythonModule } from '../../python/module.js'

/** A call of what matches in the function of another module that is called, or anywhere in the class there whose method is called. */
export function reachesElsewhere(
  python: PythonModule,
  { expr: { callee }, function: own }: Call,
  what: RegExp,
): boolean {
  const matches = (calls: readonly string[] | undefined) => calls?.some((name) => what.test(name)) ?? false
  if (matches(python.importedFunction(callee)?.calls)) return true
  if (callee.type !== 'attribute') return false
  if (callee.value.type === 'name' && callee.value.id === 'self')
    return (
      python.functionOf(callee) === null &&
      (own?.class?.node.bases ?? []).some(({ value }) => matches(python.importedClass(value)?.calls))
    )
  const made = python.definition(callee.value)
  return made.type === 'call' && matches(python.importedClass(made.callee)?.calls)
}

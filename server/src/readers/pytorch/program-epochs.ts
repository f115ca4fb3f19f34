/** How often the programs go through their data that train what a module defines. */
import type { Folded, PythonModule } from '../../python/module.js'

/** Null: they do not say, or do not agree. */
export function programEpochs(python: PythonModule): Folded | null {
  const around = [...python.importers, ...python.programs]
  const known = around.flatMap((module) => module.epochs ?? [])
  const [first] = known
  if (first === undefined)
    return around.some(({ goesThroughEpochs }) => goesThroughEpochs === true)
      ? { state: 'unknown', because: 'the number of epochs' }
      : null
  if (known.some(({ value }) => value !== first.value)) return null
  return {
    state: 'known',
    value: first.value,
    channel: 'code',
    overridable: known.some((one) => one.overridable),
  }
}

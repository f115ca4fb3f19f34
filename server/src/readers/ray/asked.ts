/**
 * Whether a program asks Ray for accelerators: without `use_gpu` or `num_gpus`, tasks, actors and workers see none. Source: Ray 2.40,
 * ScalingConfig, "Accelerator support".
 */
import type { PythonModule } from '../../python/module.js'
import { givesToRay } from '../../python/packages.js'
import { knownArgument, mayBePassed } from '../../values/argument.js'
import { calleePlace } from '../../values/places.js'
import type { Place } from '../../workload/builder.js'

const scaling = /^ray\.(train|air)\.(config\.)?ScalingConfig$/
/** Neither it nor what it imports of the project, directly or by way of others, gives tasks or workers to Ray. */
export function runsWithoutRay(python: PythonModule): boolean {
  return ![...python.imports].some(givesToRay) && !python.imported.some(({ onRay }) => onRay === true)
}

/** `num_gpus=1`, `{'GPU': 1}`, `resources_per_worker={'gpu': 1}`. */
const asking = /\b(num_gpus\w*|gpus_per_\w+)\b|["']gpu["']/i

/** Undefined: it does not use Ray, or nobody can tell. */
export function asksRay(python: PythonModule): { key: string; place: Place } | undefined {
  const made = python.calls.filter(({ name }) => scaling.test(name ?? ''))
  const [first] = made
  if (first === undefined || asking.test(python.code)) return undefined
  const values = made.map((call) => {
    const given = python.argument(call, 'use_gpu', 2)
    return mayBePassed(given) ? knownArgument(given) : false
  })
  if (values.some((value) => value !== false)) return undefined
  // What other modules ask for is not known here.
  if (python.imported.some(({ uses }) => uses.some((use) => use.startsWith('ray.')))) return undefined
  const written = mayBePassed(python.argument(first, 'use_gpu', 2))
  return { key: written ? 'use_gpu=False' : 'use_gpu', place: calleePlace(first) }
}

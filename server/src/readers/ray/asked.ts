/**
 * Whether a program asks Ray for accelerators: without `use_gpu` or `num_gpus`, tasks, actors and workers see none. Source: Ray 2.40,
 * ScalingConfig, "Accelerator support"; xgboost_ray 0.1.19 and lightgbm_ray 0.1.9, RayParams (`gpus_per_actor`, 0 by default).
 */
import type { PythonModule } from '../../python/module.js'
import { givesToRay } from '../../python/packages.js'
import { knownArgument, mayBePassed } from '../../values/argument.js'
import { calleePlace } from '../../values/places.js'
import type { Place } from '../../workload/builder.js'

/** Calls that say what workers are given, with the argument for accelerators and its place. */
const scaling: [RegExp, string, number | undefined][] = [
  [/^ray\.(train|air)\.(config\.)?ScalingConfig$/, 'use_gpu', 2],
  [/^(xgboost_ray|lightgbm_ray)\.(main\.)?RayParams$/, 'gpus_per_actor', undefined],
]
/** Neither it nor what it imports of the project, directly or by way of others, gives tasks or workers to Ray. */
export function runsWithoutRay(python: PythonModule): boolean {
  return ![...python.imports].some(givesToRay) && !python.imported.some(({ onRay }) => onRay === true)
}

const none = /\bgpus_per_actor\s*=\s*0\b/g
/** `num_gpus=1`, `{'GPU': 1}`, `resources_per_worker={'gpu': 1}`. */
const asking = /\b(num_gpus\w*|gpus_per_\w+)\b|["']gpu["']/i

/** Undefined: it does not use Ray, or nobody can tell. */
export function asksRay(python: PythonModule): { key: string; place: Place } | undefined {
  const made = python.calls.flatMap((call) => {
    const row = scaling.find(([name]) => name.test(call.name ?? ''))
    return row === undefined ? [] : [{ call, key: row[1], given: python.argument(call, row[1], row[2]) }]
  })
  const [first] = made
  if (first === undefined || asking.test(python.code.replace(none, ''))) return undefined
  const values = made.map(({ given }) => (mayBePassed(given) ? knownArgument(given) : false))
  if (values.some((value) => value !== false && value !== 0)) return undefined
  // What other modules ask for is not known here.
  if (python.imported.some(({ uses }) => uses.some((use) => use.startsWith('ray.')))) return undefined
  const value = first.key === 'use_gpu' ? 'False' : '0'
  return {
    key: mayBePassed(first.given) ? `${first.key}=${value}` : first.key,
    place: calleePlace(first.call),
  }
}

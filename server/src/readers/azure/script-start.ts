/** How SDK v1 starts a script: on how many machines, in how many processes. */

import type { PythonModule } from '../../python/module.js'
import type { Json } from '../../text/json.js'
import { isLeftOut } from '../../values/argument.js'
import { CallSource } from '../../values/call-source.js'
import { absent, both, convert, orDefault, orUnknown, stated, unreadable } from '../../values/operations.js'
import type { Locator } from '../../values/source.js'
import { effective, type Given, type Value } from '../../values/value.js'
import { ownProcesses } from '../../workload/sharing.js'

export interface Start {
  launcher: 'python' | 'torchrun' | 'mpirun' | 'other'
  nodes: Value<number>
  /** Processes on each of them. */
  perNode: Value<number>
}

/** How many processes the service starts, by `distributed_job_config` or by the arguments of an estimator. */
export function startOf(
  python: PythonModule,
  locator: Locator,
  source: CallSource,
  isEstimator: boolean,
  settings: string,
): Start {
  if (isEstimator) return ofEstimator(source)
  const key = 'distributed_job_config'
  const given = source.get(key)
  const none = isLeftOut(source.argument(key))
  if (none && isLeftOut(source.argument(settings))) {
    const one = orDefault(absent(given), 1)
    return { launcher: 'python', nodes: one, perNode: one }
  }
  const made = source.maker(key)
  const positions: Record<string, number> =
    made?.method === 'MpiConfiguration'
      ? { process_count_per_node: 0, node_count: 1 }
      : { process_count: 1, node_count: 2 }
  const config = made === null ? null : new CallSource(python, made, locator, { positions })
  if (config !== null && made?.method === 'MpiConfiguration') {
    const perNode = wholeOf(config.get('process_count_per_node'))
    return { launcher: 'mpirun', nodes: wholeOf(config.get('node_count')), perNode }
  }
  if (config !== null && made?.method === 'PyTorchConfiguration') {
    const nodes = wholeOf(config.get('node_count'))
    const all = config.get('process_count')
    // Left out, it is one for each machine.
    const perNode = isLeftOut(config.argument('process_count'))
      ? stated(nodes, 1)
      : both(wholeOf(all), nodes, (count, machines) => asWhole(count / machines))
    return { launcher: 'torchrun', nodes, perNode }
  }
  const unknown = unreadable(given, 'it cannot be read')
  return { launcher: 'other', nodes: unknown, perNode: unknown }
}

function ofEstimator(source: CallSource): Start {
  const nodes = wholeOf(source.get('node_count'))
  const perNode = source.get('process_count_per_node')
  const other = ['distributed_training', 'distributed_backend'].some(
    (key) => !isLeftOut(source.argument(key)),
  )
  return other
    ? { launcher: 'other', nodes, perNode: orUnknown(convert(perNode, asWhole), 'it is not given') }
    : { launcher: 'python', nodes, perNode: stated(perNode, 1) }
}

const asWhole = (value: unknown): number | undefined =>
  typeof value === 'number' && Number.isInteger(value) && value > 0 ? value : undefined

/** Left out, it is one. */
const wholeOf = (given: Given<Json>): Value<number> => orDefault(convert(given, asWhole), 1)

export interface RunOfScript {
  job: string | null
  id: string
  folder: string | null
  start: Start
  complete: boolean
}

export function launcherOf(
  { launcher, perNode }: Start,
  own: { launcher: string; processes: number | null },
): { launcher: string; processes: number | null } {
  if (own.launcher !== 'python' || launcher === 'python') return own
  return launcher === 'other'
    ? { ...own, processes: null }
    : { launcher, processes: effective(perNode) ?? null }
}

export function sharingIn({ launcher, nodes }: Start): string | null {
  if (launcher === 'other') return ownProcesses.service
  // Nothing divides the work of several machines, but for what the program does by itself.
  return launcher === 'python' && effective(nodes) === undefined ? 'nodes that cannot be counted' : null
}

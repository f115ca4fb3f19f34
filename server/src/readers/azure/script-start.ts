/** How SDK v1 starts a script: on how many machines, in how many processes. */
import type { ArgumentValue, Call, PythonModule } from '../../python/module.js'
import type { Json } from '../../text/json.js'
import type { Place } from '../../workload/builder.js'
import { foldedValue } from '../search/plain-argument.js'

export interface Start {
  launcher: 'python' | 'torchrun' | 'mpirun' | 'other'
  nodes: number | null
  perNode: number | null
  /** Where the number of processes is written. */
  place: Place | null
  nodesKey: string
  nodesPlace: Place | null
}

const alone: Start = {
  launcher: 'python',
  nodes: 1,
  perNode: 1,
  place: null,
  nodesKey: 'node_count',
  nodesPlace: null,
}

/** How many processes the service starts, by `distributed_job_config` or by the arguments of an estimator. */
export function startOf(python: PythonModule, call: Call, isEstimator: boolean, settings: string): Start {
  if (isEstimator) return ofEstimator(python, call)
  const given = python.argument(call, 'distributed_job_config')
  if (given.state === 'absent' || foldedValue(given) === null)
    return python.argument(call, settings).state === 'absent'
      ? alone
      : { ...alone, launcher: 'other', nodes: null, perNode: null }
  const made = given.state === 'given' ? python.callOf(given.expr) : null
  const count = (name: string, position: number): ArgumentValue =>
    made === null ? { state: 'unknown', because: 'it cannot be read' } : python.argument(made, name, position)
  const placeOf = (argument: ArgumentValue) => (argument.state === 'given' ? { ...argument.span } : null)
  if (made?.method === 'MpiConfiguration') {
    const [perNode, nodes] = [count('process_count_per_node', 0), count('node_count', 1)]
    return {
      launcher: 'mpirun',
      nodes: wholeOf(nodes),
      perNode: wholeOf(perNode),
      place: placeOf(perNode),
      nodesKey: 'node_count',
      nodesPlace: placeOf(nodes),
    }
  }
  if (made?.method === 'PyTorchConfiguration') {
    const [all, nodes] = [count('process_count', 1), count('node_count', 2)]
    const machines = wholeOf(nodes)
    const processes = all.state === 'absent' || foldedValue(all) === null ? machines : wholeOf(all)
    const perNode = processes === null || machines === null ? null : processes / machines
    return {
      launcher: 'torchrun',
      nodes: machines,
      perNode: perNode !== null && Number.isInteger(perNode) ? perNode : null,
      place: placeOf(all),
      nodesKey: 'node_count',
      nodesPlace: placeOf(nodes),
    }
  }
  return { ...alone, launcher: 'other', nodes: null, perNode: null }
}

function ofEstimator(python: PythonModule, call: Call): Start {
  const [nodes, perNode] = [
    python.argument(call, 'node_count'),
    python.argument(call, 'process_count_per_node'),
  ]
  const way = ['distributed_training', 'distributed_backend'].find((key) => {
    const value = python.argument(call, key)
    return value.state !== 'absent' && foldedValue(value) !== null
  })
  return {
    launcher: way === undefined ? 'python' : 'other',
    nodes: wholeOf(nodes),
    perNode: way === undefined ? 1 : perNode.state === 'absent' ? null : wholeOf(perNode),
    place: perNode.state === 'given' ? { ...perNode.span } : null,
    nodesKey: 'node_count',
    nodesPlace: nodes.state === 'given' ? { ...nodes.span } : null,
  }
}

/** Left out, it is one. */
function wholeOf(argument: ArgumentValue): number | null {
  if (argument.state === 'absent') return 1
  const value: Json | undefined = foldedValue(argument)
  return typeof value === 'number' && Number.isInteger(value) && value > 0 ? value : null
}

export interface RunOfScript {
  job: string | null
  id: string
  folder: string | null
  nodes: number | null
  start: Start
  complete: boolean
}

export function launcherOf(
  { launcher, perNode }: Start,
  own: { launcher: string; processes: number | null },
): { launcher: string; processes: number | null } {
  if (own.launcher !== 'python' || launcher === 'python') return own
  return launcher === 'other' ? { ...own, processes: null } : { launcher, processes: perNode }
}

export function sharingIn({ launcher, nodes }: Start): string | null {
  if (launcher === 'other') return 'variables of the service'
  return launcher === 'python' && nodes !== 1 ? 'several nodes without a distribution' : null
}

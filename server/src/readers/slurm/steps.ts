/** Processes of a job step: what `srun` says, else what the batch script asked for. */
import type { Directive } from '../../config/shell-facts.js'
import type { LaunchParts } from '../../link/launch-parts.js'
import { launcherNumber } from '../shell/launches.js'
import { directive, nodesOf, tasksPerNode } from './job.js'

export interface Counted {
  processes?: number | null
  nodes?: number | null
  total?: number
}

/** Processes per node and nodes of a launch that `srun` or MPI starts; nothing for every other. */
export function slurmSteps(parts: LaunchParts, directives: Directive[]): Counted {
  if (!parts.chain.includes('srun')) return mpiSteps(parts, directives)
  const inBatch = directives.some((one) => one.scheduler === 'SBATCH')
  const given = launcherNumber(parts, 'nodes')
  const nodes = given !== undefined ? given : inBatch ? nodesOf(directives) : null
  const inner = parts.chain.filter((name) => name !== 'python')
  // A launcher below `srun` starts its own processes on each node.
  if (inner[inner.length - 1] !== 'srun') return {}
  const perNode = launcherNumber(parts, 'ntasks-per-node')
  if (perNode !== undefined) return { processes: perNode, nodes }
  const total = launcherNumber(parts, 'ntasks')
  if (total !== undefined) {
    if (total === 1) return { processes: 1, nodes: 1 }
    return {
      processes: total === null || nodes === null || total % nodes !== 0 ? null : total / nodes,
      nodes,
    }
  }
  if (!inBatch || !parts.launcherComplete || directive(directives, 'ntasks-per-gpu') !== undefined) {
    return { processes: null, nodes }
  }
  return { processes: tasksPerNode(directives), nodes }
}

/**
 * The batch script runs once, on its first node, so what it tells MPI to start is all that there is, however it is
 * spread over the nodes.
 */
function mpiSteps(parts: LaunchParts, directives: Directive[]): Counted {
  if (!/^(mpirun|horovodrun)$/.test(parts.launcher)) return {}
  if (!directives.some((one) => one.scheduler === 'SBATCH')) return {}
  const nodes = nodesOf(directives)
  const total = launcherNumber(parts, 'np')
  if (nodes === null || nodes < 2 || total == null || launcherNumber(parts, 'npernode') !== undefined)
    return {}
  return total % nodes === 0 ? { processes: total / nodes, nodes, total } : { processes: null, nodes }
}

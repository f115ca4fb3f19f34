/** Processes of a job step: what `srun` says, else what the batch script asked for. */
import type { Directive } from '../../config/shell-facts.js'
import type { LaunchParts } from '../../link/launch-parts.js'
import { launcherNumber } from '../shell/launches.js'
import { directive, nodesOf, tasksPerNode } from './job.js'

/** Processes per node and nodes of a launch that `srun` starts; nothing for every other. */
export function slurmSteps(
  parts: LaunchParts,
  directives: Directive[],
): { processes?: number | null; nodes?: number | null } {
  if (!parts.chain.includes('srun')) return {}
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

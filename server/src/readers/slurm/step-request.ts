/**
 * What the steps of a batch script ask for: `srun -n 32 --gpus-per-task=1 -c 7`. A step takes from what the job holds, so
 * the job holds at least as much. Source: srun manual.
 */
import type { Directive, ShellCommand } from '../../config/shell-facts.js'
import type { LaunchParts } from '../../link/launch-parts.js'
import type { FoundLaunch } from '../shell/launches.js'
import { type GpuRequest, gpuRequest, nodesOf, tasksPerNode } from './job.js'
import { slurmSteps } from './steps.js'

export interface StepRequest {
  command: ShellCommand
  /** The header's options, then those of the step. */
  directives: Directive[]
  /** Tasks on each node; null: not readable. */
  tasks: number | null
  gpus: GpuRequest | null
}

/** Options of `srun` in the form of directives. */
export function asDirectives(parts: LaunchParts): Directive[] {
  return Object.entries(parts.launcherFlags).map(([name, flag]) => ({
    scheduler: 'SBATCH',
    name,
    value: typeof flag.value === 'string' ? flag.value : null,
    start: flag.span.start,
    end: flag.span.end,
    valueStart: flag.valueSpan?.start ?? flag.span.end,
    valueEnd: flag.valueSpan?.end ?? flag.span.end,
  }))
}

/** The step that takes the most GPUs, or tasks; undefined: nothing is started by `srun`. */
export function widestStep(header: Directive[], launches: readonly FoundLaunch[]): StepRequest | undefined {
  const steps = launches.flatMap(({ command, parts }): StepRequest[] => {
    if (!parts.chain.includes('srun')) return []
    const own = asDirectives(parts)
    const directives = [...header, ...own]
    const steps = slurmSteps(parts, header).processes
    const tasks = steps === undefined ? tasksPerNode(directives) : steps
    const asked = gpuRequest(own, tasks, nodesOf(directives))
    return [{ command, directives, tasks, gpus: asked?.count === 0 ? null : asked }]
  })
  const size = ({ directives, gpus, tasks }: StepRequest): number =>
    (gpus?.count ?? 0) * (nodesOf(directives) ?? 1) + (tasks ?? 0) / 1e6
  return steps.reduce<StepRequest | undefined>(
    (most, one) => (most === undefined || size(one) > size(most) ? one : most),
    undefined,
  )
}

/**
 * Variables that a scheduler sets for a job, where the directives of its script say what they hold. Sources: sbatch
 * manual ("output environment variables"), PBS Professional user's guide.
 */
import { define } from '../text/records.js'
import type { Directive } from './shell-facts.js'

/** By name: values that are plain numbers; nothing where the scheduler decides. */
export function schedulerVariables(directives: readonly Directive[]): Record<string, string> {
  const found: Record<string, string> = {}
  const given = (name: string): string | undefined =>
    directives.filter((one) => one.scheduler === 'SBATCH' && one.name === name).at(-1)?.value ?? undefined
  const whole = (value: string | undefined): number | undefined =>
    value !== undefined && /^\d{1,6}$/.test(value) ? Number(value) : undefined
  const set = (value: number | undefined, ...names: string[]): void => {
    if (value !== undefined) for (const name of names) define(found, name, String(value))
  }
  const nodes = whole(given('nodes')?.replace(/^(\d+)-\1$/, '$1'))
  const perNode = whole(given('ntasks-per-node'))
  const both = nodes === undefined || perNode === undefined ? undefined : nodes * perNode
  set(nodes, 'SLURM_NNODES', 'SLURM_JOB_NUM_NODES')
  set(whole(given('ntasks')) ?? both, 'SLURM_NTASKS', 'SLURM_NPROCS')
  set(perNode, 'SLURM_NTASKS_PER_NODE')
  set(whole(given('cpus-per-task')), 'SLURM_CPUS_PER_TASK')
  set(gpusPerNode(given), 'SLURM_GPUS_ON_NODE')
  set(whole(given('gpus')), 'SLURM_GPUS')
  set(whole(given('gpus-per-node')), 'SLURM_GPUS_PER_NODE')
  return found
}

/** `gpu:a100:4` of `--gres`, `a100:4` of `--gpus-per-node`. */
function gpusPerNode(given: (name: string) => string | undefined): number | undefined {
  const perNode = given('gpus-per-node')
  const gres = given('gres')
    ?.split(',')
    .filter((one) => /^gpu\b/.test(one))
  const written = perNode ?? (gres?.length === 1 ? gres[0] : undefined)
  const count = /^(?:[\w.-]+:){0,2}(\d{1,3})$/.exec(written ?? '')?.[1]
  return count === undefined ? undefined : Number(count)
}

/** Machines and prices of the graph in words, for every format that people read. */
import { formatUsd, roughUsd } from '../estimate/hourly.js'
import type { GraphCost, GraphMachine, JobGraph } from '../linter.js'
import { count } from './format/summary.js'

type Job = JobGraph['jobs'][number]
type Pool = JobGraph['pools'][number]

/** `2 machines`, `8×A100-40GB`, `p4d.24xlarge`, `spot`. */
export function machineParts(job: Job): string[] {
  return [
    job.nodes === null || job.nodes === 1 ? [] : [count(job.nodes, 'machine')],
    devices(job),
    job.instanceType === null ? [] : [job.instanceType],
    job.spot === true ? ['spot'] : [],
  ].flat()
}

export function poolParts(pool: Pool): string[] {
  const { minimum, maximum } = pool
  const size =
    minimum === null
      ? maximum === null
        ? []
        : [`up to ${count(maximum, 'machine')}`]
      : minimum === maximum
        ? [count(minimum, 'machine')]
        : [maximum === null ? `${minimum} or more machines` : `${minimum} to ${count(maximum, 'machine')}`]
  return [devices(pool), pool.instanceType === null ? [] : [pool.instanceType], size].flat()
}

export function serviceParts(service: JobGraph['services'][number]): string[] {
  const { replicas, instanceType } = service
  return [
    devices(service),
    instanceType === null ? [] : [instanceType],
    replicas === null ? [] : [count(replicas, 'replica')],
  ].flat()
}

function devices({ gpus, gpuModel }: GraphMachine): string[] {
  if (gpus === null) return gpuModel === null ? [] : [gpuModel]
  if (gpus === 0) return ['no GPU']
  return [gpuModel === null ? count(gpus, 'GPU') : `${gpus}×${gpuModel}`]
}

/** `$21.96/h on demand, about $9/h spot`; null: no price is known. */
export function priceText(cost: GraphCost | null): string | null {
  if (cost === null) return null
  const parts = [
    cost.onDemand === null ? [] : [`${cost.atLeast ? 'from ' : ''}${formatUsd(cost.onDemand)}/h on demand`],
    cost.spot === null ? [] : [`about ${roughUsd(cost.spot)}/h spot`],
  ].flat()
  return parts.length === 0 ? null : parts.join(', ')
}

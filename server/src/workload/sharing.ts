/** Why accelerators that one process of a job leaves idle may serve another one. */

/** The processes of the job's own program: what the program cannot use, none of them uses. */
export const ownProcesses = {
  spark: 'workers of Spark',
  nodes: 'nodes of one job',
  pools: 'several worker pools',
  differingPools: 'worker pools that differ',
  service: 'variables of the service',
  controller: 'variables of the controller',
} as const

/** A scheduler of the job's own, which shows accelerators only to what asks for them. */
export const handedOut = 'Ray'

const own: ReadonlySet<string> = new Set(Object.values(ownProcesses))

/** Programs run beside that of the job, and nobody has read them. */
export function runsOthers(sharing: string): boolean {
  return !own.has(sharing)
}

/** All that it says is which variables tell the processes of one another. */
export function onlyTells(sharing: string): boolean {
  return sharing === ownProcesses.service || sharing === ownProcesses.nodes
}

/** Its workers compute only what the process on the first machine hands out to them. */
export function waitsForDriver(sharing: string): boolean {
  return sharing === ownProcesses.spark
}

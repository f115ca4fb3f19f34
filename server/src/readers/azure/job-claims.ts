/** What a job of Azure Machine Learning is, however it is written: in YAML, or in Python by either SDK. */

import { instance } from '../../catalog/instances.js'
import type { LaunchParts } from '../../link/launch-parts.js'
import type { Location } from '../../text/location.js'
import { define, lookUp } from '../../text/records.js'
import { type Keyed, originOf } from '../../values/operations.js'
import { effective, type Given } from '../../values/value.js'
import type { ClaimBuilder, Place, SubjectBuilder } from '../../workload/builder.js'
import type { Evidence } from '../../workload/claim.js'
import { ownProcesses } from '../../workload/sharing.js'
import type { JobMachine } from '../shell/job-operations.js'
import type { Target } from './targets.js'

/** Calls of a program that are looked into: each is compared with all others. */
export const mostCalls = 200

export interface JobFacts {
  place: Place
  scope: string
  /** Shared with the launches of the job. */
  id: string
  name: Keyed<string> | null
  target: Target
  /** The argument or key that names the cluster, and where its value stands. */
  targetKey: string
  targetPlace: Place
  /** Size of the machine, where the job itself chooses it. */
  size: string | null
  role: 'job' | 'test'
  small: string | null
  notebook: boolean
}

/** Clusters whose name says that their machines have GPUs. */
export function isGpuCluster(target: Target): boolean {
  return (
    target.kind === 'cluster' && /(^|[^a-z])(gpu|nc|nd|a100|v100|h100|t4)(?![a-z])/i.test(target.name ?? '')
  )
}

/** Nothing says that its machines are processors. */
export function mayHaveGpus(target: Target, hasSize: boolean): boolean {
  return !hasSize && !(target.kind === 'cluster' && /cpu/i.test(target.name ?? ''))
}

/** Without a cluster the service finds a machine for the job alone, and spot capacity can be asked for. */
export function isServerless(target: Target): boolean {
  return target.kind === 'none' || target.kind === 'serverless'
}

export function claimJob(claims: ClaimBuilder, job: JobFacts): SubjectBuilder<'Compute'> {
  const { place, target, targetKey } = job
  const machine = job.size === null ? undefined : instance(job.size)
  const gpu = machine === undefined ? isGpuCluster(target) : machine.gpuCount > 0
  const evidence: Evidence = {
    role: job.role,
    accelerator: gpu ? 'gpu' : machine === undefined ? 'maybe' : 'none',
    small: job.small,
    notebook: job.notebook,
  }
  const compute = claims.subject('Compute', place, job.scope, evidence, job.id)
  if (job.name !== null) compute.say('name', job.name.key, job.name.value)
  compute.known('provider', targetKey, 'azure', place)
  compute.known('choosesCapacity', targetKey, isServerless(target), place)
  compute.known('reserved', targetKey, false, place)
  compute.known('service', targetKey, false, place)
  if (target.kind === 'cluster' && target.name !== null)
    compute.known('poolName', targetKey, target.name, job.targetPlace)
  return compute
}

/** The accelerators that the job holds while its command runs; null: none, or nothing is known of them. */
export function machineHeld(
  compute: SubjectBuilder<'Compute'>,
  job: JobFacts,
  nodes: number | null,
): JobMachine | null {
  const machine = job.size === null ? undefined : instance(job.size)
  if (machine === undefined ? job.size !== null || !isGpuCluster(job.target) : machine.gpuCount === 0)
    return null
  const name = effective(job.name?.value)
  return {
    holder: name === undefined ? 'The job' : `The job "${name}"`,
    gpus: machine === undefined || nodes === null ? null : machine.gpuCount * nodes,
    model: machine?.gpu?.name ?? null,
    evidence: compute.subject.evidence,
  }
}

/** One process for each GPU is what is written; more of them than one tell how many there are. */
export function claimGpusByProcesses(
  compute: SubjectBuilder<'Compute'>,
  perNode: Given<number>,
  key = 'process_count_per_instance',
): void {
  const count = effective(perNode) ?? 1
  if (count > 1)
    compute.say('gpus', key, {
      ...originOf(perNode),
      state: 'default',
      value: count,
    })
}

/** The service starts the processes by itself, as torchrun or mpirun would. `kind`: as written, in lower case; null: none. */
export function distributed(
  parts: LaunchParts,
  kind: string | null,
  perNode: number | null | undefined,
): LaunchParts {
  if (parts.launcher !== 'python' || kind === null) return parts
  const launcher = kind === 'pytorch' ? 'torchrun' : kind === 'mpi' ? 'mpirun' : null
  if (launcher === null) return { ...parts, processes: null }
  return { ...parts, launcher, processes: perNode === undefined ? 1 : perNode }
}

/** Why its programs may use the machines in ways that their launches do not tell; null: they do not. */
export function sharingOf(kind: string | null, nodes: number | null): string | null {
  // Nothing divides the work of several machines, but for what the program does by itself.
  if (kind === null) return nodes === null ? 'nodes that cannot be counted' : null
  return kind === 'pytorch' ? null : ownProcesses.service
}

/** The folder that is uploaded, which the command starts in; null: another place, or none. */
export function folderOf(code: string | null | undefined): string | null {
  if (code === undefined || code === null || /^([a-z]+:|\/|~)/i.test(code)) return null
  const folder = code.replace(/^\.\//, '').replace(/(?<!\/)\/+$/, '')
  // A single file is uploaded as it is.
  const file = /^(?:(.*)\/)?[^/]+\.py$/.exec(folder)
  if (file !== null) return file[1] ?? ''
  return folder === '.' ? '' : folder
}

/** `${{inputs.epochs}}` with the values that are given for it. */
export function filledIn(source: string, given: (name: string) => string | undefined): string {
  return source.replace(/\$\{\{\s*inputs\.([\w-]+)\s*\}\}/g, (whole, name: string) => {
    const value = given(name)
    return value !== undefined && /^[\w.+-]+$/.test(value) ? value : whole
  })
}

/** `--lr ${{inputs.lr}}`: what the launch gives stands at the input, where it can be changed. */
export function atInputs(
  parts: LaunchParts,
  command: string,
  placeOf: (name: string) => Location | undefined,
): LaunchParts {
  const flags = { ...parts.flags }
  for (const [, flag, name] of command.matchAll(
    /(?<!\S)--?([\w-]+)(?:=|\s+)["']?\$\{\{\s*inputs\.([\w-]+)\s*\}\}/g,
  )) {
    const given = lookUp(flags, flag!)
    const location = placeOf(name!)
    if (given !== undefined && location !== undefined) define(flags, flag!, { ...given, location })
  }
  return { ...parts, flags }
}

/** What the component starts is put in later. */
export function claimComponent(
  claims: ClaimBuilder,
  job: string,
  component: string,
  nodes: number | null,
  place: Place,
): void {
  claims.launch(
    {
      id: job,
      job,
      component,
      launcher: 'python',
      program: { path: null, module: null, bases: [] },
      flags: {},
      positionals: [],
      complete: false,
      environment: {},
      launcherFlags: {},
      processes: null,
      nodes,
      files: [],
    },
    place,
  )
}

/** What the launches of a component in a file of its own belong to. */
export const componentJob = (path: string): string => `${path}#0:`

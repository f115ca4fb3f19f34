/**
 * Clusters of Databricks as requests for machines. Source: reference of the Clusters and Jobs API 2.1; it does not say how
 * machines are bought unless asked. Configurations as the service exports them do: on demand on Azure and Google Cloud, spot
 * behind the first machine on AWS.
 */
import { instance } from '../../catalog/instances.js'
import type { ClaimBuilder, Place, SubjectBuilder } from '../../workload/builder.js'
import type { Evidence } from '../../workload/claim.js'
import type { ComputeSettings } from '../../workload/words.js'
import type { Keys } from '../config-change.js'
import { claimType } from '../machine-claims.js'
import type { Fields, Said } from './fields.js'

type Compute = SubjectBuilder<'Compute'>

export interface ClusterMachine {
  type: string | null
  /** Null: not known. */
  gpus: number | null
  provider: ComputeSettings['provider']
}

/** Every node runs on the same type unless the driver has one of its own. */
export function machineOf(cluster: Fields): ClusterMachine {
  const said = cluster.text('node_type_id')
  const type = said.state === 'known' ? said.value : null
  const machine = type === null ? undefined : instance(type)
  return { type, gpus: machine?.gpuCount ?? null, provider: providerOf(cluster, type, machine?.provider) }
}

function providerOf(
  cluster: Fields,
  type: string | null,
  known: string | undefined,
): ComputeSettings['provider'] {
  if (known === 'aws' || known === 'gcp' || known === 'azure') return known
  if (type !== null && /^Standard_/i.test(type)) return 'azure'
  if (type !== null && /^[a-z]\w*\.\w+$/.test(type)) return 'aws'
  if (cluster.has('azure_attributes')) return 'azure'
  if (cluster.has('gcp_attributes')) return 'gcp'
  return cluster.has('aws_attributes') ? 'aws' : 'other'
}

export function clusterEvidence({ gpus }: ClusterMachine): Evidence {
  return {
    role: 'job',
    accelerator: gpus === null ? 'maybe' : gpus > 0 ? 'gpu' : 'none',
    small: null,
    notebook: false,
  }
}

/** Machine, number of nodes and how they are bought. */
export function claimCluster(
  claims: ClaimBuilder,
  cluster: Fields,
  scope: string,
  job: string | null,
  place: Place,
): Compute {
  const machine = machineOf(cluster)
  const compute = claims.subject('Compute', place, scope, clusterEvidence(machine), job)
  compute.known('provider', 'node_type_id', machine.provider, place)
  claimNodeType(compute, cluster, place)
  claimNodes(compute, cluster, place)
  claimAvailability(compute, cluster, machine.provider, place)
  return compute
}

function claimNodeType(compute: Compute, cluster: Fields, place: Place): void {
  const said = cluster.text('node_type_id')
  if (said.state === 'absent') {
    compute.unknown('gpus', 'node_type_id', 'a pool or a policy decides', place)
    return
  }
  if (said.state === 'unknown') {
    compute.unknown('instanceType', 'node_type_id', said.because, said.place, said.options)
    compute.unknown('gpus', 'node_type_id', said.because, said.place, said.options)
    return
  }
  const { options } = said
  claimType(compute, 'node_type_id', said.value, said.place, options.site ?? said.place, options)
}

/** Workers; the driver comes on top. Without any the driver does the work. */
export function workersOf(cluster: Fields): Said<number> {
  const single = cluster.boolean('is_single_node')
  if (single.state === 'known' && single.value) return { ...single, value: 0 }
  return cluster.number('num_workers')
}

function claimNodes(compute: Compute, cluster: Fields, place: Place): void {
  const least = cluster.number('autoscale', 'min_workers')
  const workers = cluster.has('autoscale') ? least : workersOf(cluster)
  if (workers.state === 'known' && workers.value === 0 && !cluster.has('autoscale')) {
    compute.known('nodes', 'num_workers', 1, workers.place)
    return
  }
  // Spark divides the work among them.
  compute.known('sharing', 'num_workers', 'workers of Spark', place)
  if (workers.state === 'absent') compute.unknown('nodes', 'num_workers', 'not given', place)
  else if (workers.state === 'unknown')
    compute.unknown('nodes', 'num_workers', workers.because, workers.place)
  else compute.known('nodes', 'num_workers', workers.value + 1, workers.place, workers.options)
}

/** Where each cloud says how its machines are bought, and what it says for spot. */
export const availabilities: Partial<Record<ComputeSettings['provider'], { keys: Keys; spot: string }>> = {
  aws: { keys: ['aws_attributes', 'availability'], spot: 'SPOT_WITH_FALLBACK' },
  azure: { keys: ['azure_attributes', 'availability'], spot: 'SPOT_WITH_FALLBACK_AZURE' },
  gcp: { keys: ['gcp_attributes', 'availability'], spot: 'PREEMPTIBLE_WITH_FALLBACK_GCP' },
}

function claimAvailability(
  compute: Compute,
  cluster: Fields,
  provider: ComputeSettings['provider'],
  place: Place,
): void {
  const where = availabilities[provider]
  // A pool buys its machines itself.
  const pooled = cluster.has('instance_pool_id') || cluster.has('policy_id')
  // On Google Cloud only the workers can be spot machines.
  const workers = workersOf(cluster)
  const single = provider === 'gcp' && workers.state === 'known' && workers.value === 0
  compute.known('choosesCapacity', 'availability', where !== undefined && !pooled && !single, place)
  compute.known('reserved', 'availability', false, place)
  if (where === undefined || pooled || single) return
  const key = 'availability'
  const said = cluster.text(...where.keys)
  const { place: at, options } = cluster.missing(...where.keys)
  if (said.state === 'unknown') compute.unknown('spot', key, said.because, said.place, said.options)
  else if (said.state === 'known')
    compute.known('spot', key, /SPOT|PREEMPTIBLE/.test(said.value), said.place, said.options)
  else if (provider === 'aws')
    compute.unknown('spot', key, 'spot behind the first node, by default', at, options)
  else compute.default('spot', key, false, at, options)
}

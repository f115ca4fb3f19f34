/**
 * Clusters of Databricks as requests for machines. Source: reference of the Clusters and Jobs API 2.1; it does not say how
 * machines are bought unless asked. Configurations as the service exports them do: on demand on Azure and Google Cloud, spot
 * behind the first machine on AWS.
 */

import { instance } from '../../catalog/instances.js'
import { convert, derived, firstGiven, orDefault, orUnknown } from '../../values/operations.js'
import { effective, type Given } from '../../values/value.js'
import type { ClaimBuilder, Place, SubjectBuilder } from '../../workload/builder.js'
import type { Evidence } from '../../workload/claim.js'
import type { ComputeSettings } from '../../workload/resource-kinds.js'
import { ownProcesses } from '../../workload/sharing.js'
import type { Keys } from '../config-change.js'
import { claimType } from '../machine-claims.js'
import { sparkPlugin } from '../pipelines/accelerator-use.js'
import type { Fields } from './fields.js'

type Compute = SubjectBuilder<'Compute'>

export interface ClusterMachine {
  type: string | null
  /** Null: not known. */
  gpus: number | null
  provider: ComputeSettings['provider']
}

/** Every node runs on the same type unless the driver has one of its own. */
export function machineOf(cluster: Fields): ClusterMachine {
  const type = effective(cluster.text('node_type_id')) ?? null
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

function clusterEvidence({ gpus }: ClusterMachine): Evidence {
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
  compute.known('chargedApart', 'node_type_id', 'DBUs', place)
  claimNodeType(compute, cluster, place)
  claimNodes(compute, cluster, place)
  claimAvailability(compute, cluster, machine.provider, place)
  return compute
}

function claimNodeType(compute: Compute, cluster: Fields, place: Place): void {
  const key = 'node_type_id'
  if (!cluster.has(key)) compute.unknown('gpus', key, 'a pool or a policy decides', place)
  claimType(compute, key, cluster.text(key))
}

/** Workers; the driver comes on top. Without any the driver does the work. */
function workersOf(cluster: Fields): Given<number> {
  const none = derived(cluster.boolean('is_single_node'), (single) => (single ? 0 : undefined))
  return firstGiven(none, cluster.number('num_workers'))
}

function claimNodes(compute: Compute, cluster: Fields, place: Place): void {
  const scales = cluster.has('autoscale')
  const workers = scales ? cluster.number('autoscale', 'min_workers') : workersOf(cluster)
  // Spark divides the work among them.
  if (scales || effective(workers) !== 0) compute.known('sharing', 'num_workers', ownProcesses.spark, place)
  if (cluster.mentions(sparkPlugin, 'spark_conf'))
    compute.known('acceleratorLibrary', 'spark_conf', 'spark-rapids', place)
  const nodes = convert(workers, (count) => count + 1)
  compute.say('nodes', 'num_workers', orUnknown(nodes, 'not given'))
}

/** Where each cloud says how its machines are bought, and what it says for spot. */
const availabilities: Partial<Record<ComputeSettings['provider'], { keys: Keys; spot: string }>> = {
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
  const single = provider === 'gcp' && effective(workersOf(cluster)) === 0
  compute.known('choosesCapacity', 'availability', where !== undefined && !pooled && !single, place)
  compute.known('reserved', 'availability', false, place)
  if (where === undefined || pooled || single) return
  const spot = convert(cluster.text(...where.keys), (value) => /SPOT|PREEMPTIBLE/.test(value))
  const because = 'spot behind the first node, by default'
  compute.say('spot', 'availability', provider === 'aws' ? orUnknown(spot, because) : orDefault(spot, false))
}

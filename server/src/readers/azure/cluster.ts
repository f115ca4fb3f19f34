/**
 * Clusters of Azure Machine Learning from Python: `AmlCompute(…)` of SDK v2, `AmlCompute.provisioning_configuration(…)`
 * of SDK v1. Source: references of azure.ai.ml.entities.AmlCompute (azure-ai-ml 1.22) and
 * azureml.core.compute.amlcompute.AmlComputeProvisioningConfiguration (azureml-core 1.57).
 */

import type { Call, PythonModule } from '../../python/module.js'
import type { Json } from '../../text/json.js'
import { passedCall, textArgument } from '../../values/argument.js'
import { asNumber, asText } from '../../values/parse.js'
import { calleePlace } from '../../values/places.js'
import { effective } from '../../values/value.js'
import type { ClaimBuilder } from '../../workload/builder.js'
import type { Claim } from '../../workload/claim.js'
import { claimedCall } from '../claim-argument.js'
import { scopeOf } from '../job-in-code.js'
import { claimPool, claimPoolMachine } from '../pool-claims.js'
import { defineReader } from '../reader.js'
import { settingTable } from '../setting-table.js'

interface Dialect {
  size: string
  minimum: string
  maximum: string
  idle: string
  tier: string
  /** How low-priority machines are spelled. */
  lowPriority: string
  /** What the service does where it is left out: seconds of idleness. */
  seconds: number
}

function table(dialect: Dialect) {
  const orElse =
    (otherwise: number) =>
    (value: Json): number | undefined =>
      value === null ? otherwise : asNumber(value)
  return settingTable('Scaling', {
    machine: {
      keys: [dialect.size],
      position: 0,
      parse: asText,
      write: String,
      title: (type) => `Use ${type}`,
    },
    region: {
      keys: ['location'],
      parse: (value) => asText(value)?.toLowerCase().replaceAll(' ', ''),
    },
    minimum: {
      keys: [dialect.minimum],
      parse: orElse(0),
      otherwise: 0,
      write: Number,
      title: (count, _, key) => `Shrink the cluster to ${count} machines: ${key}=${count}`,
    },
    // Machines at most.
    maximum: { keys: [dialect.maximum], parse: orElse(4), otherwise: 4 },
    idleDelay: {
      keys: [dialect.idle],
      parse: orElse(dialect.seconds),
      otherwise: dialect.seconds,
      write: Number,
      title: (seconds, _, key) =>
        `Release machines after ${Number(seconds) / 60} idle minutes: ${key}=${seconds}`,
    },
    capacity: {
      keys: [dialect.tier],
      parse: (value) => (value === null ? 'on-demand' : capacityOf(value)),
      otherwise: 'on-demand',
      write: (capacity) =>
        capacity === 'spot'
          ? dialect.lowPriority
          : { reason: `${dialect.tier} has to be changed by hand here` },
      title: (_, written, key) => `Use low-priority machines: ${key}=${JSON.stringify(written)}`,
    },
  })
}

function capacityOf(tier: Json): 'spot' | 'on-demand' | undefined {
  if (typeof tier !== 'string') return undefined
  if (/^low[_ -]?priority$/i.test(tier)) return 'spot'
  return /^dedicated$/i.test(tier) ? 'on-demand' : undefined
}

const current = table({
  size: 'size',
  minimum: 'min_instances',
  maximum: 'max_instances',
  idle: 'idle_time_before_scale_down',
  tier: 'tier',
  lowPriority: 'LowPriority',
  seconds: 120,
})
const old = table({
  size: 'vm_size',
  minimum: 'min_nodes',
  maximum: 'max_nodes',
  idle: 'idle_seconds_before_scaledown',
  tier: 'vm_priority',
  lowPriority: 'lowpriority',
  seconds: 1800,
})

export const clusterNames = /^azure\.ai\.ml\.(\w+\.)*AmlCompute$/
const oldClusterNames = /^azureml\.core\.(\w+\.)*AmlCompute\.provisioning_configuration$/
const created = /^azureml\.core\.(\w+\.)*(ComputeTarget|AmlCompute)\.create$/

/** Clusters of a program that are looked into: each is compared with all calls. */
const mostClusters = 200

export const azureClusterReader = defineReader({
  name: 'azure-cluster',
  title: 'Azure ML, cluster from Python',
  settings: [current, old],
  languages: ['python'],
  triggers: ['AmlCompute'],
  shares: true,
  read(facts, _context, claims) {
    const { python } = facts
    if (python === undefined) return
    const seen = new Set<string>()
    for (const call of python.calls) {
      const dialect = dialectOf(call)
      if (dialect === null || seen.size >= mostClusters) continue
      const name = clusterName(python, call)
      // One that is made where it is not there yet, in one cell after the other.
      const text = python.text.slice(call.expr.start, call.expr.end).replace(/\bname\s*=\s*\w+|\s+/g, '')
      if (name !== null && seen.has(`${name} ${text}`)) continue
      seen.add(name === null ? `${call.index}` : `${name} ${text}`)
      readCluster(python, call, claims, name, dialect)
    }
  },
  change(claim, value, facts) {
    const call = claimedCall(facts.python, claim.site)
    const dialect = call === null ? null : dialectOf(call)
    // The job that has the cluster to itself asks for another machine.
    const own: Claim = claim.setting === 'instanceType' ? { ...claim, setting: 'machine' } : claim
    return dialect?.change(own, value, facts) ?? { reason: 'the call has changed' }
  },
})

function dialectOf(call: Call): typeof current | null {
  if (clusterNames.test(call.name ?? '')) return current
  return oldClusterNames.test(call.name ?? '') ? old : null
}

/** The name that the cluster gets: in its own call, or where it is created from its configuration. */
function clusterName(python: PythonModule, call: Call): string | null {
  const given = textArgument(python.argument(call, 'name'))
  if (given !== null || !oldClusterNames.test(call.name ?? '')) return given
  const maker = python.calls.find(
    (one) =>
      created.test(one.name ?? '') &&
      passedCall(python, python.argument(one, 'provisioning_configuration', 2)) === call,
  )
  return maker === undefined ? null : textArgument(python.argument(maker, 'name', 1))
}

function readCluster(
  python: PythonModule,
  call: Call,
  claims: ClaimBuilder,
  name: string | null,
  dialect: typeof current,
): void {
  const source = dialect.argumentsOf(python, call, claims)
  const size = dialect.read('machine', source)
  if (effective(size.value) === undefined) return
  const place = calleePlace(call)
  const pool = claimPool(claims, {
    kind: 'compute cluster',
    provider: 'azure',
    name,
    place,
    scope: scopeOf(call),
    words: [name ?? ''],
    notebook: python.evidence.notebook,
  })
  claimPoolMachine(pool, size.key, size.value)
  dialect.claim(pool, source, {}, ['region', 'minimum', 'maximum', 'idleDelay', 'capacity'])
  pool.known('fixed', dialect.read('minimum', source).key, false, place)
}

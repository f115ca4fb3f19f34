/**
 * Clusters of Azure Machine Learning from Python: `AmlCompute(…)` of SDK v2, `AmlCompute.provisioning_configuration(…)`
 * of SDK v1. Source: references of azure.ai.ml.entities.AmlCompute (azure-ai-ml 1.22) and
 * azureml.core.compute.amlcompute.AmlComputeProvisioningConfiguration (azureml-core 1.57).
 */

import type { Change, Refusal } from '../../edit/write.js'
import type { Call, PythonModule } from '../../python/module.js'
import { stated } from '../../values/operations.js'
import { asNumber } from '../../values/parse.js'
import { calleePlace, callSite } from '../../values/places.js'
import { writeArgument } from '../../values/write-argument.js'
import type { ClaimBuilder } from '../../workload/builder.js'
import type { Claim } from '../../workload/claim.js'
import { byHand } from '../change-answer.js'
import { claimArgument, claimedCall } from '../claim-argument.js'
import { scopeOf } from '../job-in-code.js'
import { claimPool, claimPoolMachine } from '../pool-claims.js'
import { defineReader, type UnitFacts } from '../reader.js'
import { foldedValue } from '../search/plain-argument.js'

interface Dialect {
  size: string
  minimum: string
  maximum: string
  idle: string
  tier: string
  /** How low-priority machines are spelled. */
  lowPriority: string
  /** What the service does with arguments that are left out: machines at most, seconds of idleness. */
  most: number
  seconds: number
}

const current: Dialect = {
  size: 'size',
  minimum: 'min_instances',
  maximum: 'max_instances',
  idle: 'idle_time_before_scale_down',
  tier: 'tier',
  lowPriority: 'LowPriority',
  most: 4,
  seconds: 120,
}
const old: Dialect = {
  size: 'vm_size',
  minimum: 'min_nodes',
  maximum: 'max_nodes',
  idle: 'idle_seconds_before_scaledown',
  tier: 'vm_priority',
  lowPriority: 'lowpriority',
  most: 4,
  seconds: 1800,
}

export const clusterNames = /^azure\.ai\.ml\.(\w+\.)*AmlCompute$/
export const oldClusterNames = /^azureml\.core\.(\w+\.)*AmlCompute\.provisioning_configuration$/
const created = /^azureml\.core\.(\w+\.)*(ComputeTarget|AmlCompute)\.create$/

/** Clusters of a program that are looked into: each is compared with all calls. */
const mostClusters = 200

export const azureClusterReader = defineReader({
  name: 'azure-cluster',
  languages: ['python'],
  triggers: ['AmlCompute'],
  read(facts, _context, claims) {
    const { python } = facts
    if (python === undefined) return
    const seen = new Set<string>()
    for (const call of python.calls) {
      const dialect = clusterNames.test(call.name ?? '')
        ? current
        : oldClusterNames.test(call.name ?? '')
          ? old
          : null
      if (dialect === null || seen.size >= mostClusters) continue
      const name = clusterName(python, call)
      // One that is made where it is not there yet, in one cell after the other.
      const text = python.text.slice(call.expr.start, call.expr.end).replace(/\bname\s*=\s*\w+|\s+/g, '')
      if (name !== null && seen.has(`${name} ${text}`)) continue
      seen.add(name === null ? `${call.index}` : `${name} ${text}`)
      readCluster(python, call, claims, name, dialect)
    }
  },
  change: changeCluster,
})

/** The name that the cluster gets: in its own call, or where it is created from its configuration. */
export function clusterName(python: PythonModule, call: Call): string | null {
  const given = foldedValue(python.argument(call, 'name'))
  if (typeof given === 'string') return given
  if (!oldClusterNames.test(call.name ?? '')) return null
  const maker = python.calls.find((one) => {
    if (!created.test(one.name ?? '')) return false
    const configuration = python.argument(one, 'provisioning_configuration', 2)
    return configuration.state === 'given' && python.callOf(configuration.expr) === call
  })
  const name = maker === undefined ? undefined : foldedValue(python.argument(maker, 'name', 1))
  return typeof name === 'string' ? name : null
}

function readCluster(
  python: PythonModule,
  call: Call,
  claims: ClaimBuilder,
  name: string | null,
  dialect: Dialect,
): void {
  const size = python.argument(call, dialect.size, dialect === old ? 0 : null)
  const type = foldedValue(size)
  if (size.state !== 'given' || typeof type !== 'string') return
  const place = calleePlace(call)
  const site = callSite(call)
  const pool = claimPool(claims, {
    kind: 'compute cluster',
    provider: 'azure',
    name,
    place,
    scope: scopeOf(call),
    words: [name ?? ''],
    notebook: python.evidence.notebook,
  })
  const { overridable } = size.folded.state === 'known' ? size.folded : { overridable: false }
  claimPoolMachine(pool, dialect.size, stated(claims.origin({ ...size.span }, { site, overridable }), type))
  claimRegion(python, call, pool)
  claimArgument(pool, 'minimum', dialect.minimum, call, python.argument(call, dialect.minimum), {
    convert: (value) => (value === null ? 0 : asNumber(value)),
    otherwise: 0,
  })
  claimArgument(pool, 'maximum', dialect.maximum, call, python.argument(call, dialect.maximum), {
    convert: (value) => (value === null ? dialect.most : asNumber(value)),
    otherwise: dialect.most,
  })
  claimArgument(pool, 'idleDelay', dialect.idle, call, python.argument(call, dialect.idle), {
    convert: (value) => (value === null ? dialect.seconds : asNumber(value)),
    otherwise: dialect.seconds,
  })
  claimArgument(pool, 'capacity', dialect.tier, call, python.argument(call, dialect.tier), {
    convert: (value) =>
      value === null ? 'on-demand' : typeof value !== 'string' ? undefined : capacityOf(value),
    otherwise: 'on-demand',
  })
  pool.known('fixed', dialect.minimum, false, place)
}

function capacityOf(tier: string): 'spot' | 'on-demand' | undefined {
  if (/^low[_ -]?priority$/i.test(tier)) return 'spot'
  return /^dedicated$/i.test(tier) ? 'on-demand' : undefined
}

function claimRegion(python: PythonModule, call: Call, pool: ReturnType<typeof claimPool>): void {
  const location = python.argument(call, 'location')
  const region = foldedValue(location)
  if (location.state === 'given' && typeof region === 'string')
    pool.known('region', 'location', region.toLowerCase().replaceAll(' ', ''), { ...location.span })
}

function changeCluster(claim: Claim, value: unknown, facts: UnitFacts): Change | Refusal {
  const { python } = facts
  const call = claimedCall(python, claim.site)
  if (python === undefined || call === null) return { reason: 'the call has changed' }
  const set = (title: string, code: string): Change | Refusal => {
    const write = writeArgument(facts, call, claim.key, python.argument(call, claim.key), code)
    return 'reason' in write ? write : { title, safety: 'unsafe', writes: [write], imports: [] }
  }
  switch (claim.setting) {
    case 'minimum':
      return set(`Let the cluster shrink to ${value} machines: ${claim.key}=${value}`, String(value))
    case 'idleDelay':
      return set(
        `Give machines back after ${Number(value) / 60} idle minutes: ${claim.key}=${value}`,
        String(value),
      )
    case 'capacity': {
      if (value !== 'spot') break
      const quote = /["']/.exec(facts.unit.text.slice(call.expr.start, call.expr.end))?.[0] ?? "'"
      const { lowPriority } = claim.key === old.tier ? old : current
      return set(
        `Use low-priority machines: ${claim.key}=${quote}${lowPriority}${quote}`,
        quote + lowPriority + quote,
      )
    }
  }
  return byHand(claim)
}

/**
 * Clusters and workstations of Azure Machine Learning in YAML (CLI v2). Source: references of the AmlCompute and compute
 * instance schemas: no machines at least, two minutes of idleness; a workstation never stops by itself.
 */
import { at, entry, isNothing, map, text } from '../../config/access.js'
import type { ConfigDocument, ConfigMap, ConfigNode } from '../../config/node.js'
import type { Change, Refusal } from '../../edit/write.js'
import { ConfigSource } from '../../values/config-source.js'
import { asQuotedNumber, asText } from '../../values/parse.js'
import { effective } from '../../values/value.js'
import type { ClaimBuilder, Place } from '../../workload/builder.js'
import type { Claim } from '../../workload/claim.js'
import { byHand } from '../change-answer.js'
import { keyedPlace, nodePlace, writeKeys } from '../config-change.js'
import { claimMachineRequest, claimType } from '../machine-claims.js'
import { claimPool, claimPoolMachine } from '../pool-claims.js'
import { defineReader, type FragmentFacts } from '../reader.js'
import { settingTable } from '../setting-table.js'

const stopKeys = ['idle_time_before_shutdown', 'idle_time_before_shutdown_minutes'] as const

const clusterSettings = settingTable('Scaling', {
  machine: { keys: ['size'], parse: asText },
  region: { keys: ['location'], parse: asText },
  minimum: {
    keys: ['min_instances'],
    parse: asQuotedNumber,
    otherwise: 0,
    write: Number,
    title: (count) => `Shrink the cluster to ${count} machines: min_instances: ${count}`,
  },
  maximum: { keys: ['max_instances'], parse: asQuotedNumber },
  idleDelay: {
    keys: ['idle_time_before_scale_down'],
    parse: asQuotedNumber,
    otherwise: 120,
    write: Number,
    title: (seconds, _, key) =>
      `Release machines after ${Number(seconds) / 60} idle minutes: ${key}: ${seconds}`,
  },
  capacity: {
    // Previews of the command line called it by other names.
    keys: ['tier', 'priority', 'vm_priority'],
    parse: (tier) => (typeof tier === 'string' ? (/low/i.test(tier) ? 'spot' : 'on-demand') : undefined),
    otherwise: 'on-demand',
  },
})

export const azureComputeReader = defineReader({
  name: 'azure-compute',
  title: 'Azure ML, cluster in a file',
  settings: [clusterSettings],
  languages: ['yaml'],
  triggers: ['amlcompute', 'amlCompute', 'computeinstance', 'computeInstance'],
  read(facts, _context, claims) {
    for (const document of facts.config?.documents ?? []) {
      const root = map(document.root)
      const type = entry(root, 'type')
      const kind = text(type?.value)?.toLowerCase()
      if (root === undefined || type === undefined) continue
      if (kind === 'amlcompute') readCluster(claims, document, root, type.value)
      else if (kind === 'computeinstance') readInstance(claims, document, root, type.value)
    }
  },
  change: changeCompute,
})

function readCluster(
  claims: ClaimBuilder,
  document: ConfigDocument,
  root: ConfigMap,
  type: ConfigNode,
): void {
  const place = keyedPlace(type, document.index, ['type'])
  const source = sourceOf(claims, document, root, place)
  const size = clusterSettings.read('machine', source).value
  if (effective(size) === undefined) return
  const name = text(at(root, 'name')) ?? 'cluster'
  const pool = claimPool(claims, {
    kind: 'compute cluster',
    provider: 'azure',
    name,
    place,
    scope: name,
    words: [name, text(at(root, 'description')) ?? ''],
  })
  claimPoolMachine(pool, 'size', size)
  clusterSettings.claim(pool, source, {}, ['region'])
  const withKeys = sourceOf(claims, document, root, place, true)
  clusterSettings.claim(pool, withKeys, {}, ['minimum', 'maximum', 'idleDelay', 'capacity'])
  pool.known('fixed', 'type', false, place)
  pool.known('taints', 'type', [], place)
}

function sourceOf(
  claims: ClaimBuilder,
  document: ConfigDocument,
  root: ConfigMap,
  shown: Place,
  withKey = false,
): ConfigSource {
  return new ConfigSource(root, claims, { document: document.index, keys: [], shown, withKey })
}

function readInstance(
  claims: ClaimBuilder,
  document: ConfigDocument,
  root: ConfigMap,
  type: ConfigNode,
): void {
  const place = keyedPlace(type, document.index, ['type'])
  const source = sourceOf(claims, document, root, place)
  const size = source.text('size')
  if (effective(size) === undefined) return
  const name = text(at(root, 'name'))
  const compute = claimMachineRequest(claims, null, {
    provider: 'azure',
    interactive: true,
    place,
    site: place,
    scope: name ?? 'instance',
  })
  if (name !== undefined) compute.known('name', 'name', name, nodePlace(at(root, 'name')!))
  claimType(compute, 'size', size)
  const given = stopKeys.find((key) => !isNothing(at(root, key)))
  const site = keyedPlace(place, document.index, [stopKeys[1]])
  if (given !== undefined || entry(root, 'schedules') !== undefined)
    compute.unknown('idleStop', given ?? 'schedules', 'it is given', place, { site })
  else compute.default('idleStop', stopKeys[1], null, place, { site })
}

/** The previews that called the key by another name wrote its values in another way as well. */
function lowPriority(
  { key, state }: Claim,
  set: (title: string, to: string, after: string) => Change | Refusal,
): Change | Refusal {
  const name = state === 'default' ? 'tier' : key
  const value = name === 'tier' ? 'low_priority' : 'LowPriority'
  return set(`Use low-priority machines: ${name}: ${value}`, value, 'size')
}

function changeCompute(claim: Claim, value: unknown, facts: FragmentFacts): Change | Refusal {
  const { keys } = claim.site
  if (keys === undefined) return { reason: 'the file has changed' }
  const set = (title: string, to: string | number, after?: string) =>
    writeKeys(claim, facts, title, [{ keys, value: to, ...(after === undefined ? {} : { after }) }])
  switch (claim.setting) {
    case 'minimum':
    case 'idleDelay':
      return clusterSettings.change(claim, value, facts)
    case 'capacity':
      return value === 'spot' ? lowPriority(claim, set) : byHand(claim)
    case 'idleStop': {
      const minutes = Math.round(Number(value) / 60)
      return set(`Stop it after ${minutes} idle minutes: ${stopKeys[1]}: ${minutes}`, minutes, 'size')
    }
    case 'instanceType':
      return set(`Use ${value}`, String(value))
    default:
      return byHand(claim)
  }
}

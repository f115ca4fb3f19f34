/**
 * Clusters and workstations of Azure Machine Learning in YAML (CLI v2). Source: references of the AmlCompute and compute
 * instance schemas: no machines at least, two minutes of idleness; a workstation never stops by itself.
 */
import { at, entry, isNothing, map, number, text } from '../../config/access.js'
import type { ConfigDocument, ConfigMap, ConfigNode } from '../../config/node.js'
import type { Change, Refusal } from '../../edit/write.js'
import { stated } from '../../values/operations.js'
import type { ClaimBuilder } from '../../workload/builder.js'
import type { Claim } from '../../workload/claim.js'
import { byHand } from '../change-answer.js'
import { keyedPlace, nodePlace, writeKeys } from '../config-change.js'
import { claimMachineRequest, claimType } from '../machine-claims.js'
import { claimPool, claimPoolMachine } from '../pool-claims.js'
import { defineReader, type UnitFacts } from '../reader.js'

const idleKey = 'idle_time_before_scale_down'
const stopKeys = ['idle_time_before_shutdown', 'idle_time_before_shutdown_minutes'] as const
const defaults = { minimum: 0, idle: 120 }

export const azureComputeReader = defineReader({
  name: 'azure-compute',
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
  const size = text(at(root, 'size'))
  if (size === undefined) return
  const place = keyedPlace(type, document.index, ['type'])
  const name = text(at(root, 'name')) ?? 'cluster'
  const pool = claimPool(claims, {
    kind: 'compute cluster',
    provider: 'azure',
    name,
    place,
    scope: name,
    words: [name, text(at(root, 'description')) ?? ''],
  })
  claimPoolMachine(pool, 'size', stated(claims.origin(nodePlace(at(root, 'size')!)), size))
  const location = text(at(root, 'location'))
  if (location !== undefined) pool.known('region', 'location', location, nodePlace(at(root, 'location')!))
  const claim = (
    setting: 'minimum' | 'maximum' | 'idleDelay',
    key: string,
    otherwise: number | null,
  ): void => {
    const found = entry(root, key)
    const site = keyedPlace(place, document.index, [key])
    if (found === undefined || isNothing(found.value)) {
      if (otherwise !== null) pool.default(setting, key, otherwise, place, { site })
      return
    }
    const shown = { start: found.keyStart, end: found.value.end }
    const value = number(found.value)
    if (value === undefined) pool.unknown(setting, key, 'an expression', shown, { site })
    else pool.known(setting, key, value, shown, { site })
  }
  claim('minimum', 'min_instances', defaults.minimum)
  claim('maximum', 'max_instances', null)
  claim('idleDelay', idleKey, defaults.idle)
  // Previews of the command line called it by other names.
  const tier = entry(root, 'tier') ?? entry(root, 'priority') ?? entry(root, 'vm_priority')
  const shown = tier === undefined ? place : { start: tier.keyStart, end: tier.value.end }
  const site = keyedPlace(shown, document.index, [tier?.key ?? 'tier'])
  const value = text(tier?.value)
  if (tier === undefined) pool.default('capacity', 'tier', 'on-demand', place, { site })
  else if (value === undefined) pool.unknown('capacity', 'tier', 'an expression', shown, { site })
  else pool.known('capacity', 'tier', /low/i.test(value) ? 'spot' : 'on-demand', shown, { site })
  pool.known('fixed', 'type', false, place)
  pool.known('taints', 'type', [], place)
}

function readInstance(
  claims: ClaimBuilder,
  document: ConfigDocument,
  root: ConfigMap,
  type: ConfigNode,
): void {
  const size = at(root, 'size')
  const sizeName = text(size)
  if (sizeName === undefined) return
  const place = keyedPlace(type, document.index, ['type'])
  const name = text(at(root, 'name'))
  const compute = claimMachineRequest(claims, null, {
    provider: 'azure',
    interactive: true,
    place,
    site: place,
    scope: name ?? 'instance',
  })
  if (name !== undefined) compute.known('name', 'name', name, nodePlace(at(root, 'name')!))
  const at_ = nodePlace(size!)
  const sizePlace = keyedPlace(at_, document.index, ['size'])
  claimType(compute, 'size', stated(claims.origin(sizePlace), sizeName))
  const given = stopKeys.find((key) => !isNothing(at(root, key)))
  const site = keyedPlace(place, document.index, [stopKeys[1]])
  if (given !== undefined || entry(root, 'schedules') !== undefined)
    compute.unknown('idleStop', given ?? 'schedules', 'it is given', place, { site })
  else compute.default('idleStop', stopKeys[1], null, place, { site })
}

function changeCompute(claim: Claim, value: unknown, facts: UnitFacts): Change | Refusal {
  const { keys } = claim.site
  if (keys === undefined) return { reason: 'the file has changed' }
  const set = (title: string, to: string | number, after?: string) =>
    writeKeys(claim, facts, title, [{ keys, value: to, ...(after === undefined ? {} : { after }) }])
  switch (claim.setting) {
    case 'minimum':
      return set(`Let the cluster shrink to ${value} machines: min_instances: ${value}`, Number(value))
    case 'idleDelay':
      return set(
        `Give machines back after ${Number(value) / 60} idle minutes: ${idleKey}: ${value}`,
        Number(value),
      )
    case 'capacity':
      return value === 'spot'
        ? set('Use low-priority machines: tier: low_priority', 'low_priority', 'size')
        : byHand(claim)
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

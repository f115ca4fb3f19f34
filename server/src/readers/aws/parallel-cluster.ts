/**
 * Queues of AWS ParallelCluster 3: machines of SLURM that come and go. Source: its user guide, `Scheduling` section:
 * `MinCount` (0 by default) are always there, `MaxCount` is 10, `CapacityType` is ONDEMAND, and a dynamic machine without
 * work stays for `ScaledownIdletime` minutes (10).
 */

import { at, items, map, text, textWithTemplates } from '../../config/access.js'
import type { ConfigDocument, ConfigNode } from '../../config/node.js'
import type { Change, Refusal } from '../../edit/write.js'
import { lookUp } from '../../text/records.js'
import { nodeValue } from '../../values/config-source.js'
import { convert, orDefault, readAs } from '../../values/operations.js'
import { asBoolean, asQuotedNumber, asText } from '../../values/parse.js'
import { effective } from '../../values/value.js'
import type { ClaimBuilder, Place } from '../../workload/builder.js'
import type { Claim } from '../../workload/claim.js'
import { byHand } from '../change-answer.js'
import { writeKeys } from '../config-change.js'
import { claimFixed, claimPool, claimPoolMachine, type Pool } from '../pool-claims.js'
import { defineReader, type FragmentFacts } from '../reader.js'

type Keys = (string | number)[]

const capacities: Record<string, 'on-demand' | 'spot' | 'reserved'> = {
  ONDEMAND: 'on-demand',
  SPOT: 'spot',
  CAPACITY_BLOCK: 'reserved',
}

export const parallelClusterReader = defineReader({
  name: 'aws-parallel-cluster',
  languages: ['yaml'],
  triggers: ['SlurmQueues'],
  read(facts, _context, claims) {
    for (const document of facts.config?.documents ?? []) {
      if (at(document.root, 'HeadNode') === undefined) continue
      items(at(document.root, 'Scheduling', 'SlurmQueues')).forEach((queue, index) => {
        const keys: Keys = ['Scheduling', 'SlurmQueues', index]
        items(at(queue, 'ComputeResources')).forEach((resource, number) => {
          if (map(resource) !== undefined)
            readResource(claims, document, queue, resource, [...keys, 'ComputeResources', number])
        })
      })
    }
  },
  change: changeQueue,
})

function readResource(
  claims: ClaimBuilder,
  document: ConfigDocument,
  queue: ConfigNode,
  resource: ConfigNode,
  keys: Keys,
): void {
  const place = (node: ConfigNode, own: Keys): Place => ({
    start: node.start,
    end: node.end,
    document: document.index,
    keys: own,
  })
  const several = items(at(resource, 'Instances'))
  const type =
    at(resource, 'InstanceType') ?? (several.length === 1 ? at(several[0], 'InstanceType') : undefined)
  const name = at(resource, 'Name')
  const shown = place(name ?? type ?? resource, keys)
  const pool = claimPool(claims, {
    kind: 'compute resource',
    provider: 'aws',
    name: text(name) ?? null,
    place: shown,
    scope: keys.join('.'),
    words: [text(name) ?? '', text(at(queue, 'Name')) ?? ''],
  })
  const given = (node: ConfigNode | undefined, own: Keys) =>
    nodeValue(node, shown, pool.locator, { site: node === undefined ? shown : place(node, own) })
  const machine = convert(given(type, [...keys, 'InstanceType']), asText)
  if (!claimPoolMachine(pool, 'InstanceType', machine)) return
  const region = text(at(document.root, 'Region'))
  if (region !== undefined) pool.known('region', 'Region', region, shown)
  claimSizes(pool, document.root, resource, keys, given)
  const alone = at(queue, 'JobExclusiveAllocation')
  if (alone !== undefined) {
    const key: Keys = [...keys.slice(0, 3), 'JobExclusiveAllocation']
    pool.say('exclusive', 'JobExclusiveAllocation', convert(given(alone, key), asBoolean))
  }
  const bought = convert(given(at(queue, 'CapacityType'), [...keys.slice(0, 3), 'CapacityType']), asText)
  const capacity = convert(bought, (one) => lookUp(capacities, one), 'a capacity that is not known')
  const reserved = at(resource, 'CapacityReservationTarget') ?? at(queue, 'CapacityReservationTarget')
  if (reserved !== undefined)
    pool.known('capacity', 'CapacityReservationTarget', 'reserved', place(reserved, keys))
  else pool.say('capacity', 'CapacityType', orDefault(capacity, 'on-demand'))
}

function claimSizes(
  pool: Pool,
  root: ConfigNode,
  resource: ConfigNode,
  keys: Keys,
  given: (node: ConfigNode | undefined, own: Keys) => ReturnType<typeof nodeValue>,
): void {
  const [least, most] = [at(resource, 'MinCount'), at(resource, 'MaxCount')]
  const minimum = convert(given(least, [...keys, 'MinCount']), asQuotedNumber)
  const maximum = convert(given(most, [...keys, 'MaxCount']), asQuotedNumber)
  // `${NODES}` for both, for envsubst: the number is open, but nothing changes it, and nobody asks for none.
  const open = /^\$\{?\w+\}?$/.exec(textWithTemplates(least) ?? '')?.[0]
  if (open !== undefined && open === textWithTemplates(most)) {
    const { channel, overridable, location, site } = given(least, [...keys, 'MinCount'])
    const origin = { channel, overridable, location, site }
    pool.say('minimum', 'MinCount', { ...origin, state: 'range', low: 1, high: null })
    pool.say('fixed', 'MaxCount', readAs(origin, true, ''))
    return
  }
  pool.say('minimum', 'MinCount', orDefault(minimum, 0))
  pool.say('maximum', 'MaxCount', orDefault(maximum, 10))
  claimFixed(pool, 'MaxCount', orDefault(minimum, 0), orDefault(maximum, 10))
  // Machines that are always there are never given back.
  if (effective(minimum) === undefined || effective(minimum) !== effective(maximum)) {
    const path: Keys = ['Scheduling', 'SlurmSettings', 'ScaledownIdletime']
    const minutes = convert(given(at(root, ...path), path), asQuotedNumber)
    const seconds = convert(
      minutes,
      (count) => (count < 0 ? undefined : count * 60),
      'a time that is not known',
    )
    pool.say('idleDelay', 'ScaledownIdletime', orDefault(seconds, 600))
  }
}

function changeQueue(claim: Claim, value: unknown, facts: FragmentFacts): Change | Refusal {
  const { keys } = claim.site
  if (keys === undefined) return byHand(claim)
  const set = (title: string, path: Keys, to: string | number | boolean) =>
    writeKeys(claim, facts, title, [{ keys: path, value: to }])
  if (claim.setting === 'minimum' && claim.state !== 'default')
    return set('Scale to zero: MinCount: 0', keys, 0)
  if (claim.setting === 'idleDelay' && claim.state === 'known' && typeof value === 'number')
    return set(`Give machines back after ${Math.round(value / 60)} minutes`, keys, Math.round(value / 60))
  if (claim.setting === 'capacity' && claim.state === 'known')
    return set('Buy spot machines: CapacityType: SPOT', keys, 'SPOT')
  if (claim.setting === 'exclusive' && claim.state === 'known' && value === false)
    return set('Let jobs share machines: JobExclusiveAllocation: false', keys, false)
  return byHand(claim)
}

/**
 * Node groups of an eksctl ClusterConfig. Source: eksctl, pkg/apis/eksctl.io/v1alpha5: without minSize the minimum is
 * desiredCapacity, and without both it is 2; the maximum is desiredCapacity; managed groups take no taints by themselves.
 */
import { at, boolean, entries, entry, items, map, number, text, written } from '../../config/access.js'
import type { ConfigDocument, ConfigMap, ConfigNode } from '../../config/node.js'
import type { Change, Refusal, Write } from '../../edit/write.js'
import { nodeValue } from '../../values/config-source.js'
import { convert, orDefault } from '../../values/operations.js'
import { asQuotedNumber, asSwitch, asText } from '../../values/parse.js'
import type { ClaimBuilder, Place } from '../../workload/builder.js'
import type { Claim } from '../../workload/claim.js'
import { byHand, unsafeChange } from '../change-answer.js'
import {
  acceleratorResource,
  claimFixed,
  claimLabels,
  claimPool,
  claimPoolMachine,
  isAcceleratedType,
  type Pool,
} from '../pool-claims.js'
import { defineReader, type FragmentFacts } from '../reader.js'

type Keys = (string | number)[]

export const eksctlReader = defineReader({
  name: 'eksctl',
  languages: ['yaml', 'json'],
  triggers: ['eksctl.io/'],
  read(facts, _context, claims) {
    for (const document of facts.config?.documents ?? []) {
      const root = map(document.root)
      if (root === undefined || text(at(root, 'kind')) !== 'ClusterConfig') continue
      if (!/^eksctl\.io\//.test(text(at(root, 'apiVersion')) ?? '')) continue
      const others = [...items(at(root, 'managedNodeGroups')), ...items(at(root, 'nodeGroups'))].filter(
        (group) => !isAcceleratedType(text(at(group, 'instanceType')) ?? ''),
      )
      for (const key of ['managedNodeGroups', 'nodeGroups'] as const) {
        items(at(root, key)).forEach((group, index) => {
          if (map(group) !== undefined)
            readGroup(claims, document, root, map(group)!, [key, index], others.length)
        })
      }
    }
  },
  change: changeGroup,
})

const placeOf = (node: ConfigNode, document: number, keys: Keys): Place => ({
  start: node.start,
  end: node.end,
  document,
  keys,
})

function readGroup(
  claims: ClaimBuilder,
  document: ConfigDocument,
  root: ConfigMap,
  group: ConfigMap,
  keys: Keys,
  beside: number,
): void {
  const name = entry(group, 'name')
  const shown: Place =
    name === undefined
      ? { start: group.start, end: group.start + 1 }
      : { start: name.keyStart, end: name.value.end }
  const header: Place = { ...shown, document: document.index, keys }
  const words = [
    text(name?.value) ?? '',
    ...(map(at(group, 'labels'))?.entries.flatMap((one) => [one.key, text(one.value) ?? '']) ?? []),
    text(at(root, 'metadata', 'name')) ?? '',
  ]
  const pool = claimPool(claims, {
    kind: 'node group',
    provider: 'aws',
    name: text(name?.value) ?? 'node group',
    place: header,
    scope: text(name?.value) ?? '',
    words,
  })
  const region = text(at(root, 'metadata', 'region'))
  if (region !== undefined && /^[a-z]{2}(-[a-z]+)+-\d$/.test(region))
    pool.known('region', 'region', region, header)
  claimType(pool, group, document.index, keys, header)
  claimSizes(pool, group, header)
  claimCapacity(pool, group, header)
  claimNodeLabels(pool, root, group, keys[0] === 'managedNodeGroups', header)
  const taints = at(group, 'taints')
  if (taints === undefined) pool.default('taints', 'taints', [], header)
  else if (taints.kind === 'unknown') pool.unknown('taints', 'taints', taints.because, header)
  else {
    const given =
      taints.kind === 'map'
        ? taints.entries.map((one) => one.key)
        : items(taints).map((one) => text(at(one, 'key')) ?? '?')
    pool.known('taints', 'taints', given, header)
  }
  pool.known('otherPools', 'managedNodeGroups', beside, header)
}

/** What eksctl and EKS put on the nodes, and what the group adds. */
function claimNodeLabels(
  pool: Pool,
  root: ConfigMap,
  group: ConfigMap,
  managed: boolean,
  header: Place,
): void {
  const given = entries(at(group, 'labels')).flatMap((one): [string, string][] => {
    const value = written(one.value)
    return value === undefined ? [] : [[one.key, value]]
  })
  const name = text(at(group, 'name'))
  const types = [
    ...items(at(group, 'instanceTypes')),
    ...items(at(group, 'instancesDistribution', 'instanceTypes')),
  ]
  const type = text(at(group, 'instanceType')) ?? (types.length === 1 ? text(types[0]) : undefined)
  const spot = at(group, 'spot')
  const capacity = spot === undefined ? 'ON_DEMAND' : boolean(spot) === true ? 'SPOT' : undefined
  claimLabels(
    pool,
    'labels',
    Object.fromEntries(given),
    {
      'alpha.eksctl.io/nodegroup-name': name,
      'alpha.eksctl.io/cluster-name': text(at(root, 'metadata', 'name')),
      'eks.amazonaws.com/nodegroup': managed ? name : undefined,
      'eks.amazonaws.com/capacityType': managed ? capacity : undefined,
      'node.kubernetes.io/instance-type': type,
    },
    header,
  )
}

function claimType(pool: Pool, group: ConfigMap, document: number, keys: Keys, header: Place): void {
  const single = entry(group, 'instanceType')
  const listed = entry(group, 'instanceTypes')
  const inside = at(group, 'instancesDistribution', 'instanceTypes')
  const node = single?.value ?? items(listed?.value)[0] ?? items(inside)[0]
  const site = node === undefined ? header : placeOf(node, document, [...keys, 'instanceType'])
  claimPoolMachine(pool, 'instanceType', convert(nodeValue(node, header, pool.locator, { site }), asText))
}

function claimSizes(pool: Pool, group: ConfigMap, header: Place): void {
  const [least, desired, most] = [at(group, 'minSize'), at(group, 'desiredCapacity'), at(group, 'maxSize')]
  const key = least === undefined && desired !== undefined ? 'desiredCapacity' : 'minSize'
  const site = header
  const minimum = convert(nodeValue(least ?? desired, header, pool.locator, { site }), asQuotedNumber)
  pool.say('minimum', key, orDefault(minimum, 2))
  const highest = convert(nodeValue(most ?? desired ?? least, header, pool.locator), asQuotedNumber)
  pool.say('maximum', 'maxSize', highest)
  claimFixed(pool, 'maxSize', orDefault(minimum, 2), highest)
  pool.say(
    'initial',
    'desiredCapacity',
    convert(nodeValue(desired, header, pool.locator, { site }), asQuotedNumber),
  )
}

function claimCapacity(pool: Pool, group: ConfigMap, header: Place): void {
  const market = text(at(group, 'instanceMarketOptions', 'marketType'))
  if (at(group, 'capacityReservation') !== undefined || market === 'capacity-block')
    pool.known('capacity', 'capacityReservation', 'reserved', header)
  else if (at(group, 'instancesDistribution') !== undefined)
    pool.known('capacity', 'instancesDistribution', 'mixed', header)
  else {
    const spot = convert(nodeValue(at(group, 'spot'), header, pool.locator, { site: header }), asSwitch)
    const bought = convert(spot, (on) => (on ? 'spot' : 'on-demand'))
    pool.say('capacity', 'spot', orDefault(bought, 'on-demand'))
  }
}

function changeGroup(claim: Claim, _value: unknown, facts: FragmentFacts): Change | Refusal {
  const { document: index, keys, fragment } = claim.site
  const group =
    index === undefined || keys === undefined ? undefined : at(facts.config?.documents[index]?.root, ...keys)
  if (group?.kind !== 'map') return { reason: 'the node group has changed' }
  const set = (path: Keys, value: unknown, after?: string): Write => ({
    kind: 'set key',
    path: facts.path,
    fragment,
    document: index!,
    keys: [...keys!, ...path],
    value,
    ...(after === undefined ? {} : { after }),
  })
  if (claim.setting === 'minimum') {
    const desired = number(at(group, 'desiredCapacity'))
    const writes: Write[] = []
    if (desired !== undefined && desired > 0) writes.push(set(['desiredCapacity'], 0))
    const most = number(at(group, 'maxSize'))
    writes.push(
      set(['minSize'], 0, entry(group, 'desiredCapacity') === undefined ? undefined : 'desiredCapacity'),
    )
    if (most === undefined)
      writes.push(set(['maxSize'], Math.max(1, desired ?? number(at(group, 'minSize')) ?? 2), 'minSize'))
    return unsafeChange('Scale to zero: minSize: 0', writes)
  }
  if (claim.setting === 'capacity') {
    if (keys![0] !== 'managedNodeGroups') return { reason: 'give the group an instancesDistribution' }
    return unsafeChange('Buy spot machines: spot: true', [set(['spot'], true)])
  }
  if (claim.setting === 'taints')
    return unsafeChange('Keep other work away with a taint', [
      set(['taints'], [{ key: acceleratorResource(group), value: 'true', effect: 'NoSchedule' }]),
    ])
  return byHand(claim)
}

/**
 * Karpenter's NodePools (v1, v1beta1). Source: karpenter.sh documentation, concepts/nodepools and disruption:
 * `consolidateAfter` is 0s where it is left out, `Never` turns consolidation off.
 */
import { at, entries, entry, items, map, text, written } from '../../config/access.js'
import type { ConfigMap, ConfigNode } from '../../config/node.js'
import type { Change, Refusal, Write } from '../../edit/write.js'
import { define } from '../../text/records.js'
import { nodeValue } from '../../values/config-source.js'
import { convert, readAs, stated } from '../../values/operations.js'
import { asQuotedNumber, asText } from '../../values/parse.js'
import { effective } from '../../values/value.js'
import type { ClaimBuilder, Place } from '../../workload/builder.js'
import type { Claim } from '../../workload/claim.js'
import { byHand, unsafeChange } from '../change-answer.js'
import { type KubernetesObject, manifestLanguages, objectsIn } from '../kubernetes/objects.js'
import {
  acceleratorResource,
  claimLabels,
  claimPool,
  claimPoolMachine,
  isAcceleratedType,
  type Pool,
} from '../pool-claims.js'
import { defineReader, type FragmentFacts } from '../reader.js'

type Keys = (string | number)[]

export const karpenterReader = defineReader({
  name: 'karpenter',
  languages: manifestLanguages,
  triggers: ['karpenter.sh/v1'],
  read(facts, _context, claims) {
    const pools = objectsIn(facts).filter(isPool)
    for (const pool of pools) readPool(claims, pool, pools.length - 1)
  },
  change: changePool,
})

function isPool({ version, kind }: KubernetesObject): boolean {
  return /^karpenter\.sh\/v1/.test(version) && kind === 'NodePool'
}

interface Requirement {
  operator: string
  values: ConfigNode
  node: ConfigNode
  keys: Keys
}

function requirementsOf({ root, base }: KubernetesObject): Map<string, Requirement> {
  const found = new Map<string, Requirement>()
  items(at(root, 'spec', 'template', 'spec', 'requirements')).forEach((one, index) => {
    const [key, operator, values] = [text(at(one, 'key')), text(at(one, 'operator')), at(one, 'values')]
    if (key !== undefined && operator !== undefined && values !== undefined)
      found.set(key, {
        operator,
        values,
        node: one,
        keys: [...base, 'spec', 'template', 'spec', 'requirements', index],
      })
  })
  return found
}

function readPool(claims: ClaimBuilder, object: KubernetesObject, beside: number): void {
  const { document, root, base } = object
  const name = entry(at(root, 'metadata'), 'name')
  const spec = entry(root, 'spec')
  if (spec === undefined || map(spec.value) === undefined) return
  const header: Place = { start: spec.keyStart, end: spec.keyEnd, document: document.index, keys: base }
  const shown = name === undefined ? header : { ...header, start: name.keyStart, end: name.value.end }
  const labels = map(at(root, 'spec', 'template', 'metadata', 'labels'))
  const pool = claimPool(claims, {
    kind: 'NodePool',
    provider: 'kubernetes',
    name: text(name?.value) ?? 'pool',
    place: shown,
    scope: text(name?.value) ?? '',
    words: [
      text(name?.value) ?? '',
      ...(labels?.entries.flatMap((one) => [one.key, text(one.value) ?? '']) ?? []),
      ...items(at(root, 'spec', 'template', 'spec', 'taints')).map((one) => text(at(one, 'value')) ?? ''),
    ],
  })
  const requirements = requirementsOf(object)
  if (!claimMachines(pool, requirements, shown)) return
  claimNodeLabels(pool, root, requirements, text(name?.value), shown)
  claimCapacity(pool, requirements, shown, document.index, at(root, 'spec', 'replicas') !== undefined)
  claimDisruption(pool, object, header)
  const limits = at(root, 'spec', 'limits')
  const replicas = at(root, 'spec', 'replicas')
  if (replicas !== undefined) claimStatic(pool, replicas, object)
  else if (limits === undefined) pool.default('maximum', 'limits', null, shown, { site: header })
  const taints = at(root, 'spec', 'template', 'spec', 'taints')
  if (taints === undefined) pool.default('taints', 'taints', [], shown, { site: header })
  else if (taints.kind === 'list')
    pool.known(
      'taints',
      'taints',
      items(taints).map((one) => text(at(one, 'key')) ?? '?'),
      shown,
      { site: header },
    )
  else pool.unknown('taints', 'taints', 'template', shown)
  pool.known('otherPools', 'NodePool', beside, shown)
}

/** `replicas` makes a pool of a fixed number of machines, whatever there is to do (Karpenter 1.8, StaticCapacity). */
function claimStatic(pool: Pool, replicas: ConfigNode, { document, base }: KubernetesObject): void {
  const place: Place = {
    start: replicas.start,
    end: replicas.end,
    document: document.index,
    keys: [...base, 'spec', 'replicas'],
  }
  pool.say(
    'minimum',
    'replicas',
    convert(nodeValue(replicas, place, pool.locator, { site: place }), asQuotedNumber),
  )
  pool.known('fixed', 'replicas', true, place)
}

/** Labels of the template, and those that a requirement allows one value for. */
function claimNodeLabels(
  pool: Pool,
  root: ConfigMap,
  requirements: Map<string, Requirement>,
  name: string | undefined,
  place: Place,
): void {
  const labels: Record<string, string | undefined> = { 'karpenter.sh/nodepool': name }
  for (const [key, { operator, values }] of requirements) {
    if (operator === 'In' && items(values).length === 1) define(labels, key, written(items(values)[0]))
  }
  const given = entries(at(root, 'spec', 'template', 'metadata', 'labels')).flatMap(
    (one): [string, string][] => {
      const value = written(one.value)
      return value === undefined ? [] : [[one.key, value]]
    },
  )
  claimLabels(pool, 'requirements', Object.fromEntries(given), labels, place)
}

const perFamily = /instance-(category|family|gpu-name|gpu-manufacturer|gpu-count)$/

/** Every machine that it may start has accelerators. */
function claimMachines(pool: Pool, requirements: Map<string, Requirement>, place: Place): boolean {
  const types = requirements.get('node.kubernetes.io/instance-type')
  if (types?.operator === 'In') {
    const values = items(types.values).map(text)
    if (values.length === 0 || values.some((one) => one === undefined || !isAcceleratedType(one)))
      return false
    if (values.length === 1)
      return claimPoolMachine(pool, 'instance-type', stated(pool.locator.origin(place), values[0]!))
    pool.known('gpus', 'instance-type', 1, place)
    return true
  }
  for (const [key, requirement] of requirements) {
    if (!perFamily.test(key)) continue
    const values = items(requirement.values).map(text)
    const accelerated =
      (/gpu/.test(key) && /^(In|Exists|Gt|Gte)$/.test(requirement.operator)) ||
      (requirement.operator === 'In' &&
        values.length > 0 &&
        values.every(
          (one) => one !== undefined && /^(p|g|trn|inf|dl|p\d\w*|g[4-9]\w*|trn\d\w*|inf\d)$/.test(one),
        ))
    if (accelerated) {
      pool.known('gpus', key, 1, place)
      return true
    }
  }
  return false
}

function claimCapacity(
  pool: Pool,
  requirements: Map<string, Requirement>,
  shown: Place,
  document: number,
  isStatic: boolean,
): void {
  const key = 'karpenter.sh/capacity-type'
  const said = requirements.get(key)
  if (said === undefined) {
    // Versions differ in what they do by themselves; what is reserved has to be named where machines are described.
    if (isStatic) pool.default('capacity', key, 'mixed', shown)
    else pool.unknown('capacity', key, 'not given', shown)
    return
  }
  const values = said.operator === 'In' ? items(said.values).map(text) : [undefined]
  const place: Place = {
    start: said.values.start,
    end: said.values.end,
    document,
    keys: [...said.keys, 'values'],
  }
  const spot = values[0] === 'spot' ? 'spot' : 'on-demand'
  const capacity = values.includes('reserved') ? 'reserved' : values.length === 1 ? spot : 'mixed'
  const readable = values.every((one) => one !== undefined)
  pool.say('capacity', key, readAs(pool.locator.origin(place), readable ? capacity : null, 'template'))
}

/** `1h30m`, `600s`; undefined: not readable. */
function goDuration(value: string): number | undefined {
  const match = /^(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?$/.exec(value.trim())
  if (match === null || value.trim() === '') return undefined
  const [hours, minutes, seconds] = match.slice(1).map((one) => Number(one ?? 0))
  return hours! * 3600 + minutes! * 60 + seconds!
}

function claimDisruption(pool: Pool, { document, root, base }: KubernetesObject, header: Place): void {
  const disruption = at(root, 'spec', 'disruption')
  const key = 'consolidateAfter'
  const after = convert(nodeValue(at(disruption, key), header, pool.locator, { site: header }), asText)
  const never = effective(after) === 'Never'
  if (never)
    pool.say(
      'blockedBy',
      key,
      convert(after, () => '`consolidateAfter: Never`'),
    )
  else pool.say('idleDelay', key, convert(after, goDuration, 'not a duration'))
  items(at(disruption, 'budgets')).forEach((budget, index) => {
    const nodes = at(budget, 'nodes')
    const zero = nodes?.kind === 'scalar' && /^0%?$/.test(String(nodes.value))
    // A budget for some hours or for some reasons leaves room for the rest.
    if (!zero || entry(budget, 'schedule') !== undefined) return
    const reasons = items(at(budget, 'reasons')).map(text)
    if (reasons.length > 0 && !reasons.includes('Empty')) return
    const place: Place = {
      start: nodes.start,
      end: nodes.end,
      document: document.index,
      keys: [...base, 'spec', 'disruption', 'budgets', index, 'nodes'],
    }
    pool.known('blockedBy', 'budgets', '`nodes: "0"` in its disruption budgets', place, { site: place })
  })
}

function changePool(claim: Claim, value: unknown, facts: FragmentFacts): Change | Refusal {
  const { document: index, keys, fragment } = claim.site
  if (index === undefined || keys === undefined) return byHand(claim)
  // Of what is missing the site is the pool itself.
  const inner = keys.indexOf('spec')
  const base = inner < 0 ? keys : keys.slice(0, inner)
  const set = (path: Keys, data: unknown): Write => ({
    kind: 'set key',
    path: facts.path,
    fragment,
    document: index,
    keys: path,
    value: data,
  })
  if (claim.setting === 'minimum')
    return { reason: 'without `replicas` the pool starts machines as pods ask for them' }
  if (claim.setting === 'blockedBy' && claim.key === 'consolidateAfter')
    return unsafeChange('Release idle machines after 5 minutes: consolidateAfter: 5m', [
      set([...base, 'spec', 'disruption', 'consolidateAfter'], '5m'),
    ])
  if (claim.setting === 'blockedBy')
    return { reason: 'name reasons other than Empty in the budget, so that idle machines may go' }
  if (claim.setting === 'idleDelay' && typeof value === 'number') {
    const minutes = Math.max(1, Math.round(value / 60))
    return unsafeChange(`Release idle machines after ${minutes} minutes`, [
      set([...base, 'spec', 'disruption', 'consolidateAfter'], `${minutes}m`),
    ])
  }
  const resource = acceleratorResource(
    at(facts.config?.documents[index]?.root, ...base, 'spec', 'template', 'spec', 'requirements'),
  )
  if (claim.setting === 'maximum' && typeof value === 'number')
    return unsafeChange(`Set a limit: limits: ${resource}: ${value}`, [
      set([...base, 'spec', 'limits'], { [resource]: value }),
    ])
  if (claim.setting === 'taints')
    return unsafeChange('Keep other work away with a taint', [
      set(
        [...base, 'spec', 'template', 'spec', 'taints'],
        [{ key: resource, value: 'true', effect: 'NoSchedule' }],
      ),
    ])
  if (claim.setting === 'capacity' && claim.state === 'known')
    return unsafeChange('Take spot machines first: capacity-type spot and on-demand', [
      set(keys, ['spot', 'on-demand']),
    ])
  return { reason: 'add a requirement of karpenter.sh/capacity-type with spot and on-demand' }
}

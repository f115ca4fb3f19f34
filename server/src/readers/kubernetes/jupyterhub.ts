/**
 * Values of the JupyterHub chart (zero-to-jupyterhub): notebook servers of people, and what ends those that nobody uses.
 * Defaults: the chart's own values.yaml (cull.enabled true, timeout 3600 s, every 600 s, maxAge 0).
 */
import { at, entry, items, number } from '../../config/access.js'
import type { ConfigDocument, ConfigNode } from '../../config/node.js'
import { nodeValue } from '../../values/config-source.js'
import { convert, derived, orDefault } from '../../values/operations.js'
import { asQuotedNumber, asSwitch } from '../../values/parse.js'
import type { ClaimBuilder, Place } from '../../workload/builder.js'
import { claimMachineRequest } from '../machine-claims.js'
import { defineReader } from '../reader.js'
import { carryOut, type Keys, withPlan } from './change-plan.js'
import { placeOf } from './objects.js'
import { acceleratorNames, machineOf } from './pod.js'

/** Seconds without use after which the culler ends a server. */
const timeoutByDefault = 3600

export const jupyterHubReader = defineReader({
  name: 'jupyterhub',
  languages: ['yaml'],
  triggers: ['singleuser:'],
  read(facts, _context, claims) {
    for (const document of facts.config?.documents ?? []) {
      // A chart that holds it as a part keeps its values under the part's name.
      for (const base of [[], ['jupyterhub']]) readValues(claims, document, base)
    }
  },
  change: carryOut,
})

function readValues(claims: ClaimBuilder, document: ConfigDocument, base: Keys): void {
  const root = at(document.root, ...base)
  const own = entry(root, 'singleuser')
  if (own === undefined || own.value.kind !== 'map') return
  if (!['hub', 'proxy', 'cull', 'scheduling', 'prePuller'].some((key) => at(root, key) !== undefined)) return
  const held = acceleratorsOf(own.value)
  if (held === null) return
  const place: Place = {
    start: own.keyStart,
    end: own.keyEnd,
    document: document.index,
    keys: [...base, 'singleuser'],
  }
  const compute = claimMachineRequest(claims, null, {
    provider: 'kubernetes',
    interactive: true,
    place,
    site: place,
    scope: 'singleuser',
  })
  if (held.count === null) compute.unknown('gpus', held.resource, 'template', placeOf(held.node))
  else compute.known('gpus', held.resource, held.count, placeOf(held.node))
  const { gpuModel } = machineOf(claims, own.value)
  if (gpuModel !== null) compute.say('gpuModel', gpuModel.key, gpuModel.value)
  const read = (key: string) => nodeValue(at(root, 'cull', key), place, claims)
  const limit = convert(read('timeout'), asQuotedNumber)
  compute.say('idleStop', 'cull.timeout', orDefault(limit, timeoutByDefault))
  const enabled = convert(read('enabled'), asSwitch)
  const off = derived(enabled, (on): null | undefined => (on ? undefined : null))
  const plan = {
    title: 'Stop servers that nobody uses: cull.enabled: true',
    writes: [{ path: [...base, 'cull', 'enabled'], value: true }],
  }
  compute.say('idleStop', 'cull.enabled', withPlan(off, document.index, [], plan))
}

interface Held {
  resource: string
  /** Null: a number that cannot be read. */
  count: number | null
  node: ConfigNode
}

/** What a server holds by itself, else what the largest profile gives it. */
function acceleratorsOf(singleuser: ConfigNode): Held | null {
  const found: Held[] = []
  const look = (limits: ConfigNode | undefined): void => {
    for (const resource of acceleratorNames) {
      const node = at(limits, resource)
      if (node === undefined || node.kind !== 'scalar') continue
      const count = number(node) ?? null
      if (count !== 0) found.push({ resource, count, node })
    }
  }
  look(at(singleuser, 'extraResource', 'limits'))
  look(at(singleuser, 'extraResource', 'guarantees'))
  for (const profile of items(at(singleuser, 'profileList'))) {
    look(at(profile, 'kubespawner_override', 'extra_resource_limits'))
    look(at(profile, 'kubespawner_override', 'extra_resource_guarantees'))
  }
  return found.sort((a, b) => (b.count ?? 0) - (a.count ?? 0))[0] ?? null
}

/**
 * Where a GKE pool stands. Its sizes count for each zone: those that it names, those of its cluster, or the three that
 * a regional cluster takes by itself.
 */
import { isNothing, items, text } from '../../config/access.js'
import type { HclValue } from '../../config/hcl-module.js'
import { effective } from '../../values/value.js'
import { Block } from './block.js'

/** Zones that GKE takes in a region where none is named. */
const zonesOfRegion = 3

export interface PoolPlace {
  region?: string
  zones?: number
}

/** `us-central1`, not `us-central1-a`. */
const isRegion = (location: string): boolean => /^[a-z]+-[a-z]+\d+$/.test(location)

export function placeOfPool(pool: Block): PoolPlace {
  const cluster = clusterOf(pool)
  const location = locationOf(pool) ?? (cluster === null ? undefined : locationOf(cluster))
  if (location === undefined)
    return [pool, cluster].some((one) => one !== null && namesRegion(one)) && !names(pool)
      ? ofUnknownRegion(cluster)
      : {}
  const zonal = !isRegion(location)
  const zones = names(pool) ? countOf(pool.at('node_locations')) : zonesOfCluster(cluster, zonal)
  return { region: location.replace(/-[a-z]$/, ''), ...(zones === undefined ? {} : { zones }) }
}

/** An empty list and `null` name none, such as the defaults of variables. */
function names(block: Block): boolean {
  const node = block.at('node_locations')?.node
  if (node?.kind === 'list') return items(node).length > 0
  return block.has('node_locations') && !(node !== undefined && isNothing(node))
}

/** `location = var.region`, whichever that is: a zone is called one. */
function namesRegion(block: Block): boolean {
  const node = block.at('location')?.node
  return node?.kind === 'unknown' && /^var\.(\w+_)?region$/.test(node.reference ?? node.because)
}

function ofUnknownRegion(cluster: Block | null): PoolPlace {
  const zones = zonesOfCluster(cluster, false)
  return zones === undefined ? {} : { zones }
}

/** Undefined: they are named in a way that cannot be read. */
function zonesOfCluster(cluster: Block | null, zonal: boolean): number | undefined {
  if (cluster === null || !names(cluster)) return zonal ? 1 : zonesOfRegion
  const named = countOf(cluster.at('node_locations'))
  // A zonal cluster names only the zones beside its own.
  return named !== undefined && zonal ? named + 1 : named
}

/** `location = google_container_cluster.main.location` is that of the cluster. */
function locationOf(block: Block): string | undefined {
  for (const key of ['location', 'zone', 'region']) {
    const own = effective(block.text(key))
    if (own !== undefined) return own
    const named = block.module.scope.referred(block.at(key)?.node)
    const there = text(block.module.scope.at(named, key)?.node)
    if (there !== undefined) return there
  }
  return undefined
}

function clusterOf(pool: Block): Block | null {
  const found = pool.module.scope.referred(pool.at('cluster')?.node)
  return found === undefined ? null : new Block(pool.module, found, '', pool.header)
}

/**
 * Also `"us-east4-a,us-east4-b"`, as the module kubernetes-engine takes it, and `slice(…, 0, 2)` of names that are known only when
 * it runs: their number is written all the same.
 */
function countOf(value: HclValue | undefined): number | undefined {
  const { node } = value ?? {}
  const listed = items(node).length
  if (listed > 0) return listed
  const cut = node?.kind === 'unknown' ? /^slice\(.*, ?(\d+), ?(\d+) ?\)$/.exec(node.because) : null
  if (cut !== null) return Number(cut[2]) - Number(cut[1])
  const written = text(node)
  return written === undefined || written === '' ? undefined : written.split(',').length
}

/** A pool in a list of the module kubernetes-engine, which is regional unless it says otherwise. */
export function placeOfModulePool(pool: Block, call: Block): PoolPlace {
  const region = effective(call.text('region'))
  const zones = countOf(pool.at('node_locations')) ?? countOf(call.at('zones'))
  const byDefault =
    region === undefined || pool.has('node_locations') || call.has('zones') ? undefined : zonesOfRegion
  const count = zones ?? byDefault
  return { ...(region === undefined ? {} : { region }), ...(count === undefined ? {} : { zones: count }) }
}

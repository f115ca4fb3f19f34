/** A cluster for people and for jobs of all kinds, which stays until nobody has used it for a while. */
import type { Json } from '../../text/json.js'
import { asQuotedNumber } from '../../values/parse.js'
import { effective } from '../../values/value.js'
import type { ClaimBuilder, Place } from '../../workload/builder.js'
import { settingTable } from '../setting-table.js'
import { claimCluster } from './cluster.js'
import type { Fields } from './fields.js'

const idleStop = {
  keys: ['autotermination_minutes'],
  parse: (value: Json) => {
    const minutes = asQuotedNumber(value)
    return minutes === undefined ? undefined : minutes <= 0 ? null : minutes * 60
  },
}

const clusterSettings = settingTable('Compute', { idleStop })
export const requestSettings = settingTable('Compute', { idleStop: { ...idleStop, otherwise: null } })

/** `request`: of the Clusters API itself, which a bundle is not. */
export function claimStandingCluster(
  claims: ClaimBuilder,
  fields: Fields,
  key: string,
  shown: Place,
  request: boolean,
): void {
  const compute = claimCluster(claims, fields, key, null, shown)
  compute.known('name', 'cluster_name', effective(fields.text('cluster_name')) ?? key, shown)
  compute.known('interactive', 'cluster', false, shown)
  compute.known('service', 'cluster', true, shown)
  clusterSettings.claim(compute, fields)
  // A request that leaves it out asks for a cluster that never stops; bundles fill in an hour. A policy may set it.
  if (request && !fields.has('policy_id')) requestSettings.claim(compute, fields)
}

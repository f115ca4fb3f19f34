/**
 * Services of SkyServe: replicas of a task that answer requests. Source: skypilot, sky/serve/service_spec.py: `replicas` is a fixed
 * number, `replica_policy` scales between two, from none on; one replica unless something else is said.
 */
import { at, entry } from '../../config/access.js'
import type { ConfigDocument, ConfigMap } from '../../config/node.js'
import { ConfigSource } from '../../values/config-source.js'
import { convert } from '../../values/operations.js'
import { asQuotedNumber } from '../../values/parse.js'
import { effective } from '../../values/value.js'
import type { ClaimBuilder, Place } from '../../workload/builder.js'
import type { Evidence } from '../../workload/claim.js'
import { nodePlace } from '../config-change.js'
import { settingTable } from '../setting-table.js'

export const policyKeys = ['service', 'replica_policy']

export const serviceSettings = settingTable('Serving', {
  minReplicas: {
    keys: [
      [...policyKeys, 'min_replicas'],
      ['service', 'replicas'],
    ],
    parse: asQuotedNumber,
    otherwise: 1,
  },
})

interface Replica {
  name: string | null
  evidence: Evidence
  /** Null: not known. */
  gpus: number | null
  gpuModel: string | null
  /** What asks for its machine. */
  shown: Place
}

export function claimReplicas(
  claims: ClaimBuilder,
  root: ConfigMap,
  document: ConfigDocument,
  { name, evidence, gpus, gpuModel, shown }: Replica,
): void {
  const service = entry(root, 'service')
  if (service === undefined || gpus === null) return
  const place = { start: service.keyStart, end: service.keyEnd }
  const serving = claims.subject('Serving', place, name ?? 'service', evidence)
  serving.known('platform', 'service', 'SkyServe', place)
  if (name !== null) serving.known('name', 'name', name, nodePlace(at(root, 'name')!))
  serving.known('gpus', 'accelerators', gpus, shown)
  if (gpuModel !== null) serving.known('gpuModel', 'accelerators', gpuModel, shown)
  const source = new ConfigSource(root, claims, {
    document: document.index,
    keys: [],
    shown: place,
    withKey: true,
  })
  serviceSettings.claim(serving, source, {})
  const least = effective(serviceSettings.read('minReplicas', source).value)
  const most = effective(convert(source.get(...policyKeys, 'max_replicas'), asQuotedNumber))
  const scaled = least !== undefined && most !== undefined && most !== null && most > least
  const policy = entry(service.value, 'replica_policy')
  const said = policy === undefined ? place : { start: policy.keyStart, end: policy.keyEnd }
  serving.known('scalesToZero', 'replica_policy', scaled, said)
  if (scaled) serving.known('autoscaled', 'replica_policy', true, said)
  else serving.default('autoscaled', 'replica_policy', false, said)
}

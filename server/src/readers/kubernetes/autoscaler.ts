/**
 * What changes the number of replicas of something else: a HorizontalPodAutoscaler (autoscaling/v1, v2beta1, v2beta2, v2)
 * and a ScaledObject of KEDA (keda.sh/v1alpha1); of any other kind with a `scaleTargetRef`, only what it scales. What its target holds, the project adds: it often stands in another file.
 * Defaults: the Go types of both.
 */
import { at, boolean, entry, isUnknown, items, number, text, written } from '../../config/access.js'
import type { ConfigNode } from '../../config/node.js'
import { orDefault } from '../../values/operations.js'
import type { ClaimBuilder, Place } from '../../workload/builder.js'
import { claimPool, type Pool } from '../pool-claims.js'
import { defineReader } from '../reader.js'
import { carryOut, type Keys, planned } from './change-plan.js'
import {
  type KubernetesObject,
  manifestLanguages,
  nameOf,
  numberAt,
  objectsIn,
  placeOf,
  specPlace,
} from './objects.js'

/** `cooldownPeriod` where it is not given (KEDA); `stabilizationWindowSeconds` of scaling down (HPA): the same. */
const cooldown = 300
/** `maxReplicaCount` where it is not given (KEDA). */
const mostByDefault = 100

export const autoscalerReader = defineReader({
  name: 'kubernetes-autoscaler',
  languages: manifestLanguages,
  triggers: [
    'HorizontalPodAutoscaler',
    'ScaledObject',
    'scaleTargetRef',
    'kubernetes_horizontal_pod_autoscaler',
  ],
  read(facts, _context, claims) {
    for (const object of objectsIn(facts)) {
      const { kind, version } = object
      if (kind === 'ScaledObject' && version.startsWith('keda.sh/v1')) readScaledObject(claims, object)
      else if (kind === 'HorizontalPodAutoscaler' && version.startsWith('autoscaling/v'))
        readAutoscaler(claims, object)
      else readOther(claims, object)
    }
  },
  change: carryOut,
})

/** Null: it is a patch of another manifest. */
function startScaler(claims: ClaimBuilder, object: KubernetesObject, called: string): Pool | null {
  const target = at(object.root, 'spec', 'scaleTargetRef')
  const place = specPlace(object)
  if (target === undefined || place === null) return null
  const name = text(at(target, 'name'))
  const kindNode = at(target, 'kind')
  const kind = kindNode === undefined ? 'Deployment' : text(kindNode)
  const own = nameOf(object)?.value
  const pool = claimPool(claims, {
    kind: called,
    provider: 'kubernetes',
    name: own ?? name ?? object.kind,
    place,
    scope: own ?? name ?? object.kind,
    words: [name ?? '', own ?? ''],
  })
  if (name === undefined || kind === undefined)
    pool.unknown('target', 'scaleTargetRef', 'template', placeOf(target))
  else pool.known('target', 'scaleTargetRef', `${kind}/${name}`, placeOf(target))
  return pool
}

function claimNumber(
  pool: Pool,
  object: KubernetesObject,
  setting: 'leastReplicas' | 'mostReplicas' | 'idleDelay' | 'utilization',
  keys: Keys,
  otherwise: number | undefined,
  title: string,
): void {
  const key = String(keys.at(-1))
  const given = numberAt(pool.locator, object, keys, specPlace(object)!, `${title}: ${key}: {value}`)
  pool.say(setting, key, otherwise === undefined ? given : orDefault(given, otherwise))
}

function readScaledObject(claims: ClaimBuilder, object: KubernetesObject): void {
  const pool = startScaler(claims, object, 'scaled object')
  if (pool === null) return
  const takesOver = at(object.root, 'metadata', 'annotations', 'scaledobject.keda.sh/transfer-hpa-ownership')
  if (boolean(takesOver) === true) pool.known('replaces', 'transfer-hpa-ownership', true, placeOf(takesOver!))
  const keep = 'Keep {value} replicas without traffic'
  const idle = number(at(object.root, 'spec', 'idleReplicaCount'))
  // Where it is given, so many stay when nothing is active.
  const floor = idle === undefined ? 'minReplicaCount' : 'idleReplicaCount'
  claimNumber(pool, object, 'leastReplicas', ['spec', floor], 0, keep)
  claimNumber(pool, object, 'mostReplicas', ['spec', 'maxReplicaCount'], mostByDefault, 'Set a ceiling')
  claimNumber(pool, object, 'idleDelay', ['spec', 'cooldownPeriod'], cooldown, 'Scale down sooner')
  claimBehaviour(
    pool,
    object,
    ['spec', 'advanced', 'horizontalPodAutoscalerConfig', 'behavior', 'scaleDown'],
    false,
  )
  const triggers = entry(at(object.root, 'spec'), 'triggers')
  if (triggers === undefined || triggers.value.kind !== 'list') return
  const kinds = items(triggers.value).map((one) => text(at(one, 'type')))
  if (kinds.some((one) => one === undefined)) return
  const place: Place = { start: triggers.keyStart, end: triggers.keyEnd }
  const metrics = kinds as string[]
  claimMetrics(pool, object, 'triggers', metrics, place)
  // Use of a processor is only measured while a pod runs, and so is what the pods tell of themselves.
  const told = items(triggers.value).map((one) =>
    ownMetrics.test(written(at(one, 'metadata', 'query')) ?? ''),
  )
  pool.known(
    'reachesZero',
    'triggers',
    metrics.some((one, index) => one !== 'cpu' && one !== 'memory' && !told[index]),
    place,
  )
  items(triggers.value).forEach((one, index) => {
    if (!/^(cpu|memory)$/.test(metrics[index]!)) return
    const kind = text(at(one, 'metricType')) ?? text(at(one, 'metadata', 'type'))
    if (kind !== 'Utilization') return
    claimNumber(pool, object, 'utilization', ['spec', 'triggers', index, 'metadata', 'value'], undefined, aim)
  })
}

/** An autoscaler of somebody else's (PodAutoscaler, VariantAutoscaling): all that is known is what it scales. */
function readOther(claims: ClaimBuilder, object: KubernetesObject): void {
  const { kind, version } = object
  // Each version of these is read above, or is none.
  if (/^(keda\.sh|autoscaling)\//.test(version)) return
  const pool = startScaler(claims, object, kind)
  // How it gets along with another one is not known either.
  pool?.known('replaces', 'scaleTargetRef', true, specPlace(object)!)
}

const aim = 'Aim at more'

/** What model servers and the exporters beside them measure of a running pod. */
const ownMetrics = /\b(vllm|sglang):|\b(tgi|te|nv_inference|nv_gpu|DCGM_FI|container|kube_pod|ray_serve)_\w/

/** Which measure fits, only its author knows. */
function claimMetrics(
  pool: Pool,
  object: KubernetesObject,
  key: string,
  metrics: string[],
  place: Place,
): void {
  const reason =
    'scale on waiting requests or on accelerator utilisation (a metric of the pods, or an external one)'
  pool.known('metrics', key, metrics, place, { site: planned(place, object.document.index, [], { reason }) })
}

function readAutoscaler(claims: ClaimBuilder, object: KubernetesObject): void {
  const pool = startScaler(claims, object, 'autoscaler')
  if (pool === null) return
  claimNumber(
    pool,
    object,
    'leastReplicas',
    ['spec', 'minReplicas'],
    1,
    'Keep {value} replicas without traffic',
  )
  claimNumber(pool, object, 'mostReplicas', ['spec', 'maxReplicas'], undefined, 'Let it grow')
  claimBehaviour(pool, object, ['spec', 'behavior', 'scaleDown'], true)
  if (object.version === 'autoscaling/v1') {
    const key = 'targetCPUUtilizationPercentage'
    const given = entry(at(object.root, 'spec'), key)
    if (given === undefined) return
    claimMetrics(pool, object, key, ['cpu'], { start: given.keyStart, end: given.keyEnd })
    claimNumber(pool, object, 'utilization', ['spec', key], undefined, aim)
    return
  }
  const metrics = entry(at(object.root, 'spec'), 'metrics')
  if (metrics === undefined || metrics.value.kind !== 'list' || metrics.value.open !== undefined) return
  const names = items(metrics.value).map(metricOf)
  if (names.length === 0 || names.some((one) => one === null)) return
  claimMetrics(pool, object, 'metrics', names as string[], { start: metrics.keyStart, end: metrics.keyEnd })
  items(metrics.value).forEach((one, index) => {
    const section = entry(one, 'resource') === undefined ? 'containerResource' : 'resource'
    if (at(one, section) === undefined) return
    const old = at(one, section, 'targetAverageUtilization') !== undefined
    const keys = old ? ['targetAverageUtilization'] : ['target', 'averageUtilization']
    claimNumber(pool, object, 'utilization', ['spec', 'metrics', index, section, ...keys], undefined, aim)
  })
}

/** 'cpu', 'memory', or the name of a metric; null: not readable. */
function metricOf(node: ConfigNode): string | null {
  const kind = text(at(node, 'type'))
  if (kind === 'Resource') return text(at(node, 'resource', 'name')) ?? null
  if (kind === 'ContainerResource') return text(at(node, 'containerResource', 'name')) ?? null
  if (kind === undefined) return null
  const section = kind[0]!.toLowerCase() + kind.slice(1)
  const name = at(node, section, 'metric', 'name') ?? at(node, section, 'metricName')
  return isUnknown(name) ? null : (text(name) ?? kind)
}

/** `window`: the wait is that of the object itself, where no other key says it. */
function claimBehaviour(pool: Pool, object: KubernetesObject, keys: Keys, window: boolean): void {
  const waiting = [...keys, 'stabilizationWindowSeconds']
  if (at(object.root, ...waiting) !== undefined || window)
    claimNumber(pool, object, 'idleDelay', waiting, cooldown, 'Wait before scaling down')
  const policy = at(object.root, ...keys, 'selectPolicy')
  if (policy === undefined || text(policy) !== 'Disabled') return
  const place = placeOf(policy)
  const site = planned(place, object.document.index, [], {
    title: 'Let it scale down: selectPolicy: Max',
    writes: [{ path: [...object.base, ...keys, 'selectPolicy'], value: 'Max' }],
  })
  pool.known('blockedBy', 'selectPolicy', '`selectPolicy: Disabled` for scaling down', place, { site })
}

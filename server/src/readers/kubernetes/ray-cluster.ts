/** Worker groups of a `RayCluster` or `RayService` (ray.io/v1), which grow and shrink by rules of their own. */

import { instance } from '../../catalog/instances.js'
import { at, boolean, entry, items, number, text } from '../../config/access.js'
import type { ConfigNode } from '../../config/node.js'
import type { PlannedChange } from '../../text/change-target.js'
import { orDefault } from '../../values/operations.js'
import { effective } from '../../values/value.js'
import type { ClaimBuilder, Place } from '../../workload/builder.js'
import { claimPool, type Pool } from '../pool-claims.js'
import { defineReader } from '../reader.js'
import { carryOut, type Keys, planned } from './change-plan.js'
import { type KubernetesObject, manifestLanguages, nameOf, numberAt, objectsIn, placeOf } from './objects.js'
import { acceleratorsOf, machineOf } from './pod.js'

/** `autoscalerOptions.idleTimeoutSeconds` where it is not given (KubeRay). */
const rayIdle = 60

export const kubeRayClusterReader = defineReader({
  name: 'kuberay-cluster',
  languages: manifestLanguages,
  triggers: ['ray.io/v1'],
  read(facts, _context, claims) {
    for (const object of objectsIn(facts)) {
      if (!object.version.startsWith('ray.io/v1')) continue
      if (object.kind === 'RayCluster') readCluster(claims, object, ['spec'])
      else if (object.kind === 'RayService') readCluster(claims, object, ['spec', 'rayClusterConfig'])
    }
  },
  change: carryOut,
})

function readCluster(claims: ClaimBuilder, object: KubernetesObject, cluster: Keys): void {
  const spec = at(object.root, ...cluster)
  const scales = at(spec, 'enableInTreeAutoscaling')
  if (scales !== undefined && boolean(scales) === undefined) return
  const autoscaled = boolean(scales) === true
  for (const [index, group] of items(at(spec, 'workerGroupSpecs')).entries()) {
    const pod = at(group, 'template', 'spec')
    const accelerators = acceleratorsOf(pod)
    if (accelerators === null || accelerators.count === null) continue
    const key = autoscaled ? 'minReplicas' : 'replicas'
    const written = entry(group, key)
    const filled = filledIn(written?.value)
    const count = written === undefined ? 0 : filled ? 1 : number(written.value)
    const hosts = at(group, 'numOfHosts')
    const each = hosts === undefined ? 1 : number(hosts)
    if (written === undefined || count === undefined || count < 1 || each === undefined) continue
    // One replica is what it takes to answer.
    if (object.kind === 'RayService' && count === 1) continue
    const keys: Keys = [...cluster, 'workerGroupSpecs', index]
    const place: Place = {
      start: written.value.start,
      end: written.value.end,
      document: object.document.index,
      keys: [...object.base, ...keys],
    }
    const name = text(at(group, 'groupName')) ?? `${index}`
    const pool = claimPool(claims, {
      kind: 'worker group',
      provider: 'kubernetes',
      name,
      place,
      scope: `${nameOf(object)?.value ?? 'RayCluster'}.${name}`,
      words: [name, nameOf(object)?.value ?? '', ...(object.kind === 'RayService' ? ['serving'] : [])],
    })
    claimAccelerators(pool, pod, accelerators.count)
    const plan: PlannedChange = autoscaled
      ? { title: 'Scale down: minReplicas: {value}', writes: [{ path: [...object.base, ...keys, key] }] }
      : {
          title: 'Let the autoscaler decide: enableInTreeAutoscaling: true, minReplicas: {value}',
          writes: [
            { path: [...object.base, ...cluster, 'enableInTreeAutoscaling'], value: true },
            { path: [...object.base, ...keys, 'minReplicas'], after: 'replicas' },
          ],
        }
    const site = planned(place, object.document.index, [], plan)
    if (filled)
      pool.say('minimum', key, { ...pool.locator.origin(place), state: 'range', low: each, high: null })
    else pool.known('minimum', key, count * each, place, { site })
    pool.known('fixed', 'enableInTreeAutoscaling', !autoscaled, place)
    // Whether the nodes behind it are paid for anyhow, and whether the cluster is made for one job, is not here.
    pool.unknown('capacity', 'nodeSelector', 'the nodes behind it', place)
    if (autoscaled)
      claimDelay(pool, object, [...cluster, 'autoscalerOptions', 'idleTimeoutSeconds'], rayIdle, place)
  }
}

/** `replicas: ${WORKERS}`, which `envsubst` fills in: some number, and a group that is written down has a machine at least. */
function filledIn(node: ConfigNode | undefined): boolean {
  return node?.kind === 'unknown' && /^["']?\$(\w+|\{\w+\})["']?$/.test(node.text ?? '')
}

function claimAccelerators(pool: Pool, pod: ConfigNode | undefined, count: number): void {
  const resource = acceleratorsOf(pod)!
  const { gpuModel, instanceType } = machineOf(pool.locator, pod)
  pool.known('gpus', resource.resource, count, placeOf(resource.shown.value))
  if (gpuModel !== null) pool.say('gpuModel', gpuModel.key, gpuModel.value)
  // A pod that asks for less may share its machine.
  const machine = effective(instanceType?.value)
  if (instanceType !== null && machine !== undefined && instance(machine)?.gpuCount === count)
    pool.say('machine', instanceType.key, instanceType.value)
}

function claimDelay(pool: Pool, object: KubernetesObject, keys: Keys, byDefault: number, place: Place): void {
  const key = String(keys.at(-1))
  const title = `Scale down sooner: ${key}: {value}`
  pool.say('idleDelay', key, orDefault(numberAt(pool.locator, object, keys, place, title), byDefault))
}

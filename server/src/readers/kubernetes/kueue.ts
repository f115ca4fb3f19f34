/**
 * Kueue: the queues that jobs wait in, and the kinds of machines behind them (kueue.x-k8s.io, v1beta1 and v1beta2).
 * Which job waits where, the project adds: queues often stand in files of their own.
 */
import { at, entries, items, text, written } from '../../config/access.js'
import type { ClaimBuilder, Place, SubjectBuilder } from '../../workload/builder.js'
import type { Evidence } from '../../workload/claim.js'
import { defineReader } from '../reader.js'
import { type KubernetesObject, manifestLanguages, nameOf, objectsIn, placeOf, specPlace } from './objects.js'
import { acceleratorNames, machineOfLabels } from './pod.js'

type Queue = SubjectBuilder<'Queue'>

const evidence: Evidence = { role: 'job', accelerator: 'maybe', small: null, notebook: false }

export const kueueReader = defineReader({
  name: 'kueue',
  languages: manifestLanguages,
  triggers: ['LocalQueue', 'ClusterQueue', 'ResourceFlavor'],
  read(facts, _context, claims) {
    for (const object of objectsIn(facts)) {
      if (!object.version.startsWith('kueue.x-k8s.io/')) continue
      if (object.kind === 'LocalQueue') readLocalQueue(claims, object)
      else if (object.kind === 'ClusterQueue') readClusterQueue(claims, object)
      else if (object.kind === 'ResourceFlavor') readFlavor(claims, object)
    }
  },
})

function start(
  claims: ClaimBuilder,
  object: KubernetesObject,
  kind: 'local' | 'cluster' | 'flavour',
  place: Place,
): Queue | null {
  const name = nameOf(object)
  if (name === null) return null
  const queue = claims.subject('Queue', place, name.value, evidence)
  queue.known('kind', object.kind, kind, place)
  queue.known('name', 'metadata.name', name.value, place)
  return queue
}

function readLocalQueue(claims: ClaimBuilder, object: KubernetesObject): void {
  const behind = text(at(object.root, 'spec', 'clusterQueue'))
  const place = specPlace(object)
  const queue = behind === undefined || place === null ? null : start(claims, object, 'local', place)
  if (queue === null) return
  queue.known('behind', 'clusterQueue', behind!, place!)
  const namespace = text(at(object.root, 'metadata', 'namespace'))
  if (namespace !== undefined) queue.known('namespace', 'metadata.namespace', namespace, place!)
}

function readClusterQueue(claims: ClaimBuilder, object: KubernetesObject): void {
  const groups = at(object.root, 'spec', 'resourceGroups')
  const place = specPlace(object)
  const queue = groups === undefined || place === null ? null : start(claims, object, 'cluster', place)
  if (queue === null) return
  const shares = at(object.root, 'spec', 'cohort') ?? at(object.root, 'spec', 'cohortName')
  const flavours: (string | undefined)[] = []
  for (const group of items(groups)) {
    const covered = items(at(group, 'coveredResources')).map((one) => text(one) ?? '')
    if (!covered.some((one) => acceleratorNames.includes(one))) continue
    for (const flavour of items(at(group, 'flavors'))) {
      const quotas = items(at(flavour, 'resources')).filter((one) =>
        acceleratorNames.includes(text(at(one, 'name')) ?? ''),
      )
      // Nothing of that kind is for this queue, and nobody lends it any.
      const none = quotas.length > 0 && quotas.every((one) => isZero(written(at(one, 'nominalQuota'))))
      if (!none || shares !== undefined) flavours.push(text(at(flavour, 'name')))
    }
  }
  const shown = placeOf(groups!)
  if (flavours.includes(undefined)) queue.unknown('flavours', 'flavors', 'template', shown)
  else queue.known('flavours', 'flavors', flavours as string[], shown)
}

const isZero = (quota: string | undefined) => quota !== undefined && /^0+$/.test(quota)

function readFlavor(claims: ClaimBuilder, object: KubernetesObject): void {
  const labelled = at(object.root, 'spec', 'nodeLabels')
  const place = specPlace(object)
  const queue = labelled === undefined || place === null ? null : start(claims, object, 'flavour', place)
  if (queue === null) return
  const labels = entries(labelled).flatMap(({ key, value }) => {
    const said = written(value)
    return said === undefined ? [] : [{ label: key, value: said, node: value, keys: ['nodeLabels', key] }]
  })
  queue.known(
    'labels',
    'nodeLabels',
    Object.fromEntries(labels.map(({ label, value }) => [label, value])),
    placeOf(labelled!),
  )
  const { gpuModel, instanceType, spot } = machineOfLabels(claims, labels)
  if (gpuModel !== null) queue.say('gpuModel', gpuModel.key, gpuModel.value)
  if (instanceType !== null) queue.say('instanceType', instanceType.key, instanceType.value)
  if (spot !== null) queue.say('spot', spot.key, spot.value)
}

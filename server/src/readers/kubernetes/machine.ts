/** Which nodes a pod asks for: the accelerator, the machine type, spot or on demand. */
import { at, entries, items, map, text, written } from '../../config/access.js'
import type { ConfigNode } from '../../config/node.js'
import { stated } from '../../values/operations.js'
import { effective } from '../../values/value.js'
import type { Place, SubjectBuilder } from '../../workload/builder.js'
import { type Keys, type Planned, withPlan } from './change-plan.js'
import { type KubernetesObject, placeOf } from './objects.js'
import { machineOf, type NodeLabel, nodeLabels } from './pod.js'

/** Labels by which a job waits in a queue, or takes capacity that was bought ahead. */
const queueName = 'kueue.x-k8s.io/queue-name'
const queued = /^kueue\.x-k8s\.io\/|reservation|capacity-?block/i

/** `uniform`: all nodes of the job are like these. */
export function claimMachine(
  compute: SubjectBuilder<'Compute'>,
  object: Pick<KubernetesObject, 'root' | 'document'>,
  group: { pod: ConfigNode; keys: Keys } | undefined,
  place: Place,
  uniform = true,
): void {
  const { gpuModel, instanceType, spot, spotTolerated } = machineOf(compute.locator, group?.pod)
  if (gpuModel !== null) compute.say('gpuModel', gpuModel.key, gpuModel.value)
  if (gpuModel?.key === classLabel) compute.known('gpuCloud', classLabel, 'coreweave', place)
  if (uniform && instanceType !== null && group !== undefined)
    compute.say(
      'instanceType',
      instanceType.key,
      withPlan(instanceType.value, object.document.index, group.keys, typePlan(group.pod, instanceType.key)),
    )
  if (uniform && group !== undefined) claimLabels(compute, group.pod)
  if (uniform && group !== undefined) claimProcesses(compute, object, group)
  claimQueue(compute, object, group?.pod)
  const onDemand = effective(spot?.value) === false
  compute.known('choosesCapacity', 'nodeSelector', onDemand && uniform, place)
  if (spot !== null) {
    const { key, value, label } = spot
    compute.say('spot', key, withPlan(value, object.document.index, group!.keys, spotPlan(label)))
    if (!isQueued(object, group!.pod)) compute.known('reserved', key, false, placeOf(label.node))
  } else if (group !== undefined && inQueue(object, group.pod))
    compute.unknown('spot', queueName, 'the queue chooses the nodes', place)
  else if (spotTolerated)
    compute.unknown('spot', 'tolerations', 'spot nodes are tolerated, not selected', place)
  else if (map(group?.pod)?.open === undefined) compute.default('spot', 'nodeSelector', false, place)
}

/** By which pods of CoreWeave choose their accelerator. Source: docs.coreweave.com, node labels. */
const classLabel = 'gpu.nvidia.com/class'
const processFlag = /^(--(?:nproc[-_]per[-_]node|num[-_]processes|num[-_]gpus))(?:=(\d+))?$/

/** The flag by which the only container tells its launcher how many processes to start. */
function claimProcesses(
  compute: SubjectBuilder<'Compute'>,
  { root, document }: Pick<KubernetesObject, 'root' | 'document'>,
  { pod, keys }: { pod: ConfigNode; keys: Keys },
): void {
  // The controller's own number.
  if (at(root, 'spec', 'nprocPerNode') !== undefined) return
  const containers = items(at(pod, 'containers'))
  if (containers.length !== 1) return
  for (const section of ['command', 'args']) {
    const words = items(at(containers[0], section))
    for (const [index, word] of words.entries()) {
      const flag = processFlag.exec(text(word) ?? '')
      if (flag === null) continue
      const apart = flag[2] === undefined ? words[index + 1] : undefined
      const count = Number(flag[2] ?? written(apart) ?? Number.NaN)
      if (!Number.isInteger(count) || count < 1) return
      const path = ['containers', 0, section, apart === undefined ? index : index + 1]
      const value = apart === undefined ? `${flag[1]}={value}` : '{value}'
      const plan = { title: `Start {value} processes: ${flag[1]} {value}`, writes: [{ path, value }] }
      const origin = compute.locator.origin(placeOf(apart ?? word))
      compute.say('processes', flag[1]!, withPlan(stated(origin, count), document.index, keys, plan))
      return
    }
  }
}

/** Which pool that is, only a file about the cluster can tell. */
function claimLabels(compute: SubjectBuilder<'Compute'>, pod: ConfigNode): void {
  const labels = nodeLabels(pod)
  const selector = at(pod, 'nodeSelector') ?? at(pod, 'affinity')
  if (labels.length === 0 || selector === undefined) return
  const wanted = Object.fromEntries(labels.map(({ label, value }) => [label, value]))
  const key = labels[0]!.keys[0] === 'nodeSelector' ? 'nodeSelector' : 'nodeAffinity'
  compute.known('poolLabels', key, wanted, placeOf(labels[0]!.node))
}

/** Kueue chooses the nodes; what it may take, only a file about its queues can tell. */
function claimQueue(
  compute: SubjectBuilder<'Compute'>,
  { root }: Pick<KubernetesObject, 'root'>,
  pod: ConfigNode | undefined,
): void {
  const node = [at(root, 'metadata', 'labels', queueName), at(pod, 'metadata', 'labels', queueName)].find(
    (one) => one !== undefined,
  )
  const name = text(node)
  if (node === undefined || name === undefined) return
  compute.known('queue', queueName, name, placeOf(node))
  const namespace = at(root, 'metadata', 'namespace')
  const given = text(namespace)
  if (given !== undefined) compute.known('namespace', 'metadata.namespace', given, placeOf(namespace!))
}

/** Kueue adds the labels of the flavour that it takes, which may be spot or reserved. */
function inQueue({ root }: Pick<KubernetesObject, 'root'>, pod: ConfigNode): boolean {
  const labels = [at(root, 'metadata', 'labels'), at(pod, 'metadata', 'labels')]
  return labels.some((one) => at(one, queueName) !== undefined)
}

function isQueued({ root }: Pick<KubernetesObject, 'root'>, pod: ConfigNode): boolean {
  const labels = [
    ...entries(at(root, 'metadata', 'labels')),
    ...entries(at(root, 'metadata', 'annotations')),
    ...entries(at(pod, 'nodeSelector')),
  ]
  return labels.some((one) => queued.test(one.key))
}

function typePlan(pod: ConfigNode, label: string): Planned {
  if (at(pod, 'nodeSelector', label) === undefined)
    return { reason: 'the nodes are chosen by an affinity: let it ask for the other type' }
  return { title: `Use {value}: ${label}`, writes: [{ path: ['nodeSelector', label] }] }
}

function spotPlan(spot: NodeLabel): Planned {
  if (spot.keys[0] !== 'nodeSelector')
    return {
      reason: 'the nodes are chosen by an affinity: let it ask for spot nodes, and tolerate their taint',
    }
  const value = /^false$/i.test(spot.value) ? 'true' : /^[A-Z_]+$/.test(spot.value) ? 'SPOT' : 'spot'
  return { title: `Run it on spot nodes: ${spot.label}: ${value}`, writes: [{ path: spot.keys, value }] }
}

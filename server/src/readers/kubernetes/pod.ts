/** What the pod template of a workload asks for: accelerators, machines, time, and what its containers run. */

import { gpu } from '../../catalog/gpus.js'
import { at, entries, entry, items, number, text, textWithTemplates, written } from '../../config/access.js'
import type { ConfigEntry, ConfigNode } from '../../config/node.js'
import { define, lookUp } from '../../text/records.js'
import { derived, type Keyed, stated } from '../../values/operations.js'
import { type Locator, spanOf } from '../../values/source.js'
import { effective } from '../../values/value.js'
import { acceleratorModel } from '../machine-claims.js'

/** Resources that are whole accelerators. Slices and shares of one (MIG, time slicing) have names of their own. */
const accelerators: Record<string, 'gpu' | 'tpu'> = {
  'nvidia.com/gpu': 'gpu',
  // Its name before Kubernetes 1.8.
  'alpha.kubernetes.io/nvidia-gpu': 'gpu',
  'amd.com/gpu': 'gpu',
  'habana.ai/gaudi': 'gpu',
  'aws.amazon.com/neuron': 'gpu',
  // Its older name.
  'aws.amazon.com/neurondevice': 'gpu',
  'google.com/tpu': 'tpu',
}

// Clusters that many share name each model apart, such as the National Research Platform: nvidia.com/a100.
for (const model of 'a10 a40 a100 a6000 rtxa6000 rtx8000 gh200 h100 h200 l4 l40 l40s t4 v100'.split(' '))
  define(accelerators, `nvidia.com/${model}`, 'gpu')

export const acceleratorNames: string[] = Object.keys(accelerators)

const modelLabels = [
  'cloud.google.com/gke-accelerator',
  'nvidia.com/gpu.product',
  'k8s.amazonaws.com/accelerator',
  'karpenter.k8s.aws/instance-gpu-name',
  'accelerator',
  'gpu-type',
  'gpu.nvidia.com/class',
  'run.googleapis.com/accelerator',
]
const machineLabels = ['node.kubernetes.io/instance-type', 'beta.kubernetes.io/instance-type']
/** Label and value that select spot or preemptible nodes. */
const spotLabels: [string, RegExp][] = [
  ['cloud.google.com/gke-spot', /^true$/i],
  ['cloud.google.com/gke-preemptible', /^true$/i],
  ['cloud.google.com/gke-provisioning', /^(spot|preemptible)$/i],
  ['eks.amazonaws.com/capacityType', /^spot$/i],
  ['karpenter.sh/capacity-type', /^spot$/i],
  ['kubernetes.azure.com/scalesetpriority', /^spot$/i],
  ['node.kubernetes.io/lifecycle', /^spot$/i],
]

/** The same for nodes that are paid by the hour. */
const onDemandLabels: [string, RegExp][] = [
  ['cloud.google.com/gke-spot', /^false$/i],
  ['cloud.google.com/gke-provisioning', /^standard$/i],
  ['eks.amazonaws.com/capacityType', /^on_demand$/i],
  ['karpenter.sh/capacity-type', /^on-demand$/i],
  ['kubernetes.azure.com/scalesetpriority', /^regular$/i],
]

export interface Accelerators {
  /** Per pod; null: a number that is not readable. */
  count: number | null
  kind: 'gpu' | 'tpu'
  /** 'nvidia.com/gpu'. */
  resource: string
  /** The entry that a finding shows: the limit where there is one. */
  shown: ConfigEntry
  /** Containers that ask for some. */
  containers: number
  /** Keys from the pod specification to each place where the number is written. */
  places: (string | number)[][]
}

/** Nodes on which GKE hands out slices of a GPU, or lets several pods take turns on one. */
const sharedNodes =
  /^cloud\.google\.com\/gke-(gpu-partition-size|gpu-sharing-strategy|max-shared-clients-per-gpu)$/
/** A share of a GPU's memory or cores (HAMi), as a resource beside the GPU. */
const share = /^nvidia\.com\/(gpumem|gpumem-percentage|gpucores|vgpu)$/

/** True where what the pod asks for as a GPU is a part of one. */
function takesSlices(pod: ConfigNode | undefined): boolean {
  return (
    nodeLabels(pod).some(({ label }) => sharedNodes.test(label)) ||
    items(at(pod, 'containers')).some((container) =>
      ['limits', 'requests'].some((section) =>
        entries(at(container, 'resources', section)).some((one) => share.test(one.key)),
      ),
    )
  )
}

/** Accelerators over all containers of a pod specification; null: none, or only slices. */
export function acceleratorsOf(pod: ConfigNode | undefined): Accelerators | null {
  let found: Accelerators | null = null
  items(at(pod, 'containers')).forEach((container, index) => {
    const resources = at(container, 'resources')
    let counted = false
    for (const section of ['limits', 'requests']) {
      for (const one of entries(at(resources, section))) {
        const kind = lookUp(accelerators, one.key)
        if (kind === undefined || (found !== null && found.resource !== one.key)) continue
        const count = number(one.value) ?? null
        if (count === 0) continue
        found ??= { count: 0, kind, resource: one.key, shown: one, containers: 0, places: [] }
        found.places.push(['containers', index, 'resources', section, one.key])
        // A request repeats the limit.
        if (counted) continue
        counted = true
        found.containers++
        found.count = found.count === null || count === null ? null : found.count + count
      }
    }
  })
  return found !== null && takesSlices(pod) ? null : found
}

/** `nvidia.com/gpu: $GPUS` for envsubst, `{{ gpus }}` for Jinja: nobody fills in none. A chart may well do that. */
export function isFilledIn({ count, shown }: Accelerators): boolean {
  const said = written(shown.value) ?? textWithTemplates(shown.value) ?? ''
  return count === null && /^(\$\w+|\$\{\w+\}|\{\{-?\s*\w+\s*-?\}\})$/.test(said)
}

/** Labels that the pod's node must have: its selector and the required affinity with one value. */
export function nodeLabels(pod: ConfigNode | undefined): NodeLabel[] {
  const labels: NodeLabel[] = []
  for (const one of entries(at(pod, 'nodeSelector'))) {
    const value = written(one.value)
    if (value !== undefined)
      labels.push({ label: one.key, value, node: one.value, keys: ['nodeSelector', one.key] })
  }
  const path = [
    'affinity',
    'nodeAffinity',
    'requiredDuringSchedulingIgnoredDuringExecution',
    'nodeSelectorTerms',
  ]
  const terms = items(at(pod, ...path))
  // Several terms are alternatives.
  if (terms.length === 1) {
    items(at(terms[0], 'matchExpressions')).forEach((expression) => {
      const label = text(at(expression, 'key'))
      const values = items(at(expression, 'values'))
      const value = written(values[0])
      if (
        label !== undefined &&
        value !== undefined &&
        values.length === 1 &&
        text(at(expression, 'operator')) === 'In'
      )
        labels.push({ label, value, node: values[0]!, keys: path })
    })
  }
  return labels
}

export interface Machine {
  gpuModel: Keyed<string> | null
  instanceType: Keyed<string> | null
  /** null: nothing is said, or spot nodes are only tolerated, so it may be either. */
  spot: (Keyed<boolean> & { label: NodeLabel }) | null
  spotTolerated: boolean
}

/** A label with the node that says its value. */
export interface NodeLabel {
  label: string
  value: string
  node: ConfigNode
  keys: (string | number)[]
}

/** What keeps a pod that asks for no accelerators on nodes that have some; null: nothing. */
export function keptOnAccelerators(
  pod: ConfigNode | undefined,
): { labels: (string | number)[][] } | { reason: string } | null {
  // Types of machines are told, and changed, by a setting of their own.
  const labels = nodeLabels(pod).filter(
    (one) =>
      !machineLabels.includes(one.label) && /gpu|accelerator|nvidia/i.test(`${one.label}=${one.value}`),
  )
  if (labels.length === 0) return null
  const affine = labels.find(({ keys }) => keys[0] !== 'nodeSelector')
  if (affine !== undefined)
    return {
      reason: `${affine.label}: ${affine.value} still asks for nodes with GPUs: choose others with it`,
    }
  const all = entries(at(pod, 'nodeSelector'))
  return { labels: labels.length === all.length ? [['nodeSelector']] : labels.map(({ keys }) => keys) }
}

/** What labels of nodes say about them. */
export function machineOfLabels(locator: Locator, labels: readonly NodeLabel[]): Machine {
  const machine: Machine = { gpuModel: null, instanceType: null, spot: null, spotTolerated: false }
  for (const one of labels) {
    const { label: key, value } = one
    const at = locator.origin(spanOf(one.node))
    if (modelLabels.includes(key)) {
      const model = gpu(value)
      if (model !== undefined) machine.gpuModel ??= { key, value: stated(at, model.name) }
    } else if (machineLabels.includes(key)) {
      machine.instanceType = { key, value: stated(at, value) }
    } else if (spotLabels.some(([name, spot]) => name === key && spot.test(value))) {
      machine.spot = { key, value: stated(at, true), label: one }
    } else if (onDemandLabels.some(([name, other]) => name === key && other.test(value))) {
      machine.spot ??= { key, value: stated(at, false), label: one }
    }
  }
  if (machine.gpuModel === null && machine.instanceType !== null) {
    const { key, value } = machine.instanceType
    machine.gpuModel = { key, value: derived(value, acceleratorModel) }
  }
  return machine
}

export function machineOf(locator: Locator, pod: ConfigNode | undefined): Machine {
  const machine = machineOfLabels(locator, nodeLabels(pod))
  const asked = acceleratorsOf(pod)
  const named = asked === null ? undefined : gpu(asked.resource.replace(/^nvidia\.com\//, ''))
  if (asked !== null && named !== undefined && effective(machine.gpuModel?.value) === undefined) {
    const at = locator.origin(spanOf(asked.shown.value))
    machine.gpuModel = { key: asked.resource, value: stated(at, named.name) }
  }
  machine.spotTolerated = items(at(pod, 'tolerations')).some((toleration) => {
    const key = text(at(toleration, 'key'))
    return key !== undefined && (spotLabels.some(([name]) => name === key) || /spot|preemptible/i.test(key))
  })
  return machine
}

/** Words of `command` and `args` of a container; null: the image decides what runs. */
export function containerWords(container: ConfigNode): ConfigNode[] | null {
  const command = items(at(container, 'command'))
  const args = items(at(container, 'args'))
  if (command.length > 0) return [...command, ...args]
  // Without a command the image's own entry point runs; some images run what they are given.
  const first = args[0] === undefined ? undefined : text(args[0])
  return first !== undefined &&
    /^(\/\S*\/)?(python[\d.]*|torchrun|accelerate|deepspeed|bash|sh|mpirun)$/.test(first)
    ? args
    : null
}

/** The variables that a container sets; null values come from elsewhere. */
export function containerEnvironment(
  container: ConfigNode,
): { name: string; value: string | null; node: ConfigNode }[] {
  return items(at(container, 'env')).flatMap((item) => {
    const name = text(at(item, 'name'))
    if (name === undefined) return []
    const value = entry(item, 'value')
    return [
      {
        name,
        value: value === undefined ? null : (written(value.value) ?? null),
        node: value?.value ?? item,
      },
    ]
  })
}

/** Images whose only work is to wait. */
export function isIdleImage(container: ConfigNode): boolean {
  return /(^|\/)(sleep|pause|agnhost)(:|@|$)/.test(text(at(container, 'image')) ?? '')
}

/** A manifest that is laid over another one (a Kustomize patch) names containers without their images. */
export function isPatch(pod: ConfigNode | undefined): boolean {
  const containers = items(at(pod, 'containers'))
  return containers.length === 0 || containers.some((container) => at(container, 'image') === undefined)
}

/** Images that wait for requests, where nothing says what they are to run. */
export function isServerImage(container: ConfigNode): boolean {
  if (at(container, 'command') !== undefined || at(container, 'ports') === undefined) return false
  return /[/-](model-?)?server(:|@|$)|\b(vllm-openai|tritonserver|text-generation-inference|nim)\b/i.test(
    text(at(container, 'image')) ?? '',
  )
}

/** Kueue's own limits: of the job, and of the machines that were queued for it. */
const queueKeys: [string, string][] = [
  ['labels', 'kueue.x-k8s.io/max-exec-time-seconds'],
  ['annotations', 'provreq.kueue.x-k8s.io/maxRunDurationSeconds'],
]

export function queueLimits(metadata: ConfigNode | undefined): [string, ConfigNode | undefined][] {
  return queueKeys.map(([section, key]) => [key, at(metadata, section, key)])
}

/**
 * Containers on accelerators whose models come from the Hugging Face Hub into a folder that ends with the pod: an `emptyDir`, or the
 * container's own file system. Sources: huggingface_hub 1, "Environment variables"; vLLM 0.11, TGI 3, images and their caches.
 */
import { at, entries, entry, items, text } from '../../config/access.js'
import type { ConfigNode } from '../../config/node.js'
import type { Span } from '../../text/location.js'
import type { ClaimBuilder } from '../../workload/builder.js'
import type { Evidence } from '../../workload/claim.js'
import { sizeOfModel } from '../huggingface/model-sizes.js'
import { claimOperation } from '../operation-claims.js'
import { defineReader, type FragmentFacts, type ReaderContext } from '../reader.js'
import { serversOf } from '../serving/container-command.js'
import { acceleratorNames, acceleratorsOf, containerEnvironment, machineOf } from './pod.js'

/** In the order in which the library looks. */
const variables = ['HF_HUB_CACHE', 'HUGGINGFACE_HUB_CACHE', 'TRANSFORMERS_CACHE', 'HF_HOME']

const elsewhere = new Set(['HF_HUB_OFFLINE', 'TRANSFORMERS_OFFLINE', 'HOME', 'XDG_CACHE_HOME'])

/** A shell that sets one of them before it starts the server. */
function exports(container: ConfigNode): boolean {
  return ['command', 'args'].some((key) =>
    items(at(container, key)).some((one) =>
      /\b(HF_|HUGGINGFACE_|TRANSFORMERS_|XDG_)\w+=/.test(text(one) ?? ''),
    ),
  )
}

export const modelCacheReader = defineReader({
  name: 'kubernetes-model-cache',
  languages: ['yaml'],
  triggers: [...variables, 'vllm', 'text-generation', 'text-embeddings', 'sglang'],
  read(facts, context, claims) {
    for (const { root, templated } of facts.config?.documents ?? [])
      if (!templated) for (const pod of podsIn(root)) readPod(pod, facts, context, claims)
  },
  change: () => ({ reason: 'mount a volume that outlives the pod' }),
})

/** Every map with containers, wherever it stands. */
function podsIn(root: ConfigNode): ConfigNode[] {
  const found: ConfigNode[] = []
  const stack = [root]
  for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
    if (node.kind === 'list') stack.push(...node.items)
    else if (node.kind === 'map') {
      if (at(node, 'containers')?.kind === 'list') found.push(node)
      else for (const one of node.entries) stack.push(one.value)
    }
  }
  return found
}

function readPod(pod: ConfigNode, facts: FragmentFacts, context: ReaderContext, claims: ClaimBuilder): void {
  const accelerators = acceleratorsOf(pod)
  if (accelerators === null || accelerators.kind !== 'gpu') return
  for (const container of items(at(pod, 'containers'))) {
    const asks = ['limits', 'requests'].some((section) =>
      entries(at(container, 'resources', section)).some(({ key }) => acceleratorNames.includes(key)),
    )
    const cache = asks ? cacheOf(container, facts, context) : null
    const shown = cache === null ? null : lostAt(pod, container, cache)
    if (cache === null || shown === null) continue
    const parameters = cache.model === null ? null : sizeOfModel(cache.model)
    const evidence: Evidence = {
      role: /(^|\/)tests?\//.test(facts.path) ? 'test' : 'job',
      accelerator: 'gpu',
      small: null,
      notebook: false,
    }
    const operation = claimOperation(claims, {
      kind: 'lost cache',
      place: 'run',
      key: cache.key,
      at: shown,
      site: shown,
      scope: text(at(container, 'name')) ?? '',
      evidence,
      weight: parameters !== null && parameters < fetchedInMoments ? 'slight' : 'ordinary',
      subject: cache.model,
      apart: 'model cache',
    })
    if (accelerators.count !== null) operation.known('gpus', accelerators.resource, accelerators.count, shown)
    const { gpuModel } = machineOf(claims, pod)
    if (gpuModel !== null) operation.say('gpuModel', gpuModel.key, gpuModel.value)
  }
}

/** A model of so few parameters is a few gigabytes. */
const fetchedInMoments = 3e9

interface Cache {
  /** Where it lies in the container. */
  folder: string
  /** The variable or option that says so, or the folder itself. */
  key: string
  /** The model that a server fetches; null: whatever the program asks for. */
  model: string | null
  /** Nothing else is known to fill the folder: the image of a server, which comes without models. */
  bare: boolean
  shown: Span
}

function cacheOf(container: ConfigNode, facts: FragmentFacts, context: ReaderContext): Cache | null {
  const environment = containerEnvironment(container)
  // Nothing is fetched, or the folder follows from another one.
  if (environment.some(({ name }) => elsewhere.has(name)) || exports(container)) return null
  const said = variables
    .map((name) => environment.find((one) => one.name === name))
    .find((one) => one !== undefined)
  const image = text(at(container, 'image')) ?? null
  const servers = serversOf([at(container, 'command'), at(container, 'args')], image, context, facts)
  const command = servers.find((one) => one.model !== null) ?? servers[0] ?? null
  const id = command?.model?.text ?? null
  // A folder, a bucket.
  const model = id !== null && /^[\w-][\w.-]*\/[\w.-]+$/.test(id) ? id : null
  if (said !== undefined) {
    if (said.value === null || (command !== null && model === null)) return null
    return { folder: said.value, key: said.name, model, bare: false, shown: said.node }
  }
  // Variables that stand elsewhere may name another folder.
  if (command === null || model === null || at(container, 'envFrom') !== undefined) return null
  const folder =
    command.flags.get('download-dir') ??
    (/^T(G|E)I$/.test(command.server) ? '/data' : '/root/.cache/huggingface')
  const shown = { start: command.model!.start, end: command.model!.end }
  return {
    folder,
    key: folder,
    model,
    bare: /(^|\/)(vllm-openai|text-generation-inference|text-embeddings-inference|sglang|vllm)(:|@|$)/.test(
      image ?? '',
    ),
    shown,
  }
}

/** The volume that is made for the pod alone, or what names a folder on none; null: it may stay. */
function lostAt(pod: ConfigNode, container: ConfigNode, { folder, bare, shown }: Cache): Span | null {
  const whole = (path: string) => `${path.replace(/(?<!\/)\/+$/, '')}/`
  const own = whole(folder)
  const all = items(at(container, 'volumeMounts')).map((one) => ({
    name: text(at(one, 'name')),
    path: whole(text(at(one, 'mountPath')) ?? ''),
  }))
  // The models may lie in a folder of it: `/root/.cache/huggingface/hub`.
  if (all.some(({ path }) => path !== own && path.startsWith(own))) return null
  const mounts = all
    .filter(({ path }) => path !== '/' && own.startsWith(path))
    .sort((one, other) => other.path.length - one.path.length)
  const [mount] = mounts
  if (mount === undefined) return bare ? shown : null
  const volume = items(at(pod, 'volumes')).find((one) => text(at(one, 'name')) === mount.name)
  const made = entry(volume, 'emptyDir')
  if (made === undefined) return null
  // Something fills it before the program starts.
  const filled = items(at(pod, 'initContainers')).some((one) =>
    items(at(one, 'volumeMounts')).some((used) => text(at(used, 'name')) === mount.name),
  )
  return filled ? null : { start: made.keyStart, end: made.keyEnd }
}

/** What model servers on Kubernetes have in common: the accelerators of a replica, and how few replicas there may be. */
import { at, entries, items, text, written } from '../../config/access.js'
import type { ConfigNode } from '../../config/node.js'
import type { ShellWord } from '../../config/shell-facts.js'
import { nodeValue } from '../../values/config-source.js'
import { absent, convert, orDefault, stated, unreadable } from '../../values/operations.js'
import { asQuotedNumber } from '../../values/parse.js'
import type { ClaimBuilder, Place, SubjectBuilder } from '../../workload/builder.js'
import type { Evidence } from '../../workload/claim.js'
import { claimModelOfCommand, claimModelOfEnvironment } from '../served-model.js'
import { type ServerCommand, serverCommand } from '../serving/command.js'
import { type Keys, type Planned, planned, withPlan } from './change-plan.js'
import { environmentOf } from './environment.js'
import { type KubernetesObject, nameOf, placeOf } from './objects.js'
import { acceleratorsOf, containerEnvironment, machineOf } from './pod.js'
import { fewerGpus } from './workload.js'

export interface Floor {
  key: string
  /** Null: it is not given. */
  node: ConfigNode | null
  otherwise: number
  /** From the top of the document to where it is, or would be, written. */
  keys: Keys
  plan?: Planned
}

/**
 * `keys`: from the top of the document to the pod, where that is written as one; `container`: from there to the resources of
 * the only container, where it stands in no list. Null: no replica holds accelerators.
 */
export function claimServing(
  claims: ClaimBuilder,
  object: KubernetesObject,
  platform: string,
  pod: ConfigNode | undefined,
  floor: Floor,
  place: Place,
  keys?: Keys,
  container?: Keys,
): SubjectBuilder<'Serving'> | null {
  const accelerators = acceleratorsOf(pod)
  if (accelerators === null) return null
  const evidence: Evidence = { role: 'job', accelerator: accelerators.kind, small: null, notebook: false }
  const name = nameOf(object)
  const serving = claims.subject('Serving', place, name?.value ?? object.kind, evidence)
  serving.known('platform', object.kind, platform, place)
  if (name !== null) {
    serving.known('name', 'metadata.name', name.value, placeOf(name.node))
    serving.known('object', 'metadata.name', `${object.kind}/${name.value}`, placeOf(name.node))
  } else serving.unknown('object', 'metadata.name', 'template', place)
  const resource = placeOf(accelerators.shown.value)
  if (accelerators.count === null) serving.unknown('gpus', accelerators.resource, 'template', resource)
  else {
    const group = { pod: pod!, keys: keys ?? [], ...(container === undefined ? {} : { container }) }
    const fewer = keys === undefined ? null : fewerGpus([{ group, accelerators }])
    const site = fewer === null ? resource : planned(resource, object.document.index, [], fewer)
    serving.known('gpus', accelerators.resource, accelerators.count, resource, { site })
  }
  const { gpuModel } = machineOf(claims, pod)
  if (gpuModel !== null) serving.say('gpuModel', gpuModel.key, gpuModel.value)
  const environment = environmentOf(claims.layout?.path ?? claims.path, object)
  if (environment !== null) serving.known('environment', environment.said, environment.kind, place)
  claimFloor(serving, object, floor, place)
  claimServed(serving, pod)
  return serving
}

/** What the only server among its containers is started with, or told by its environment. */
function claimServed(serving: SubjectBuilder<'Serving'>, pod: ConfigNode | undefined): void {
  for (const container of items(at(pod, 'containers'))) {
    const nodes = [...items(at(container, 'command')), ...items(at(container, 'args'))]
    const words = nodes.map((node): ShellWord => {
      const found = written(node)
      return { text: found ?? null, raw: found ?? '', start: node.start, end: node.end }
    })
    const command =
      serverCommand(words, text(at(container, 'image')) ?? null) ?? huggingFaceServer(container, words)
    if (command?.model?.text != null) {
      const from = serving.locator.origin({ start: command.model.start, end: command.model.end })
      claimModelOfCommand(serving, command, stated(from, command.model.text))
      return
    }
    const variables = containerEnvironment(container)
    claimModelOfEnvironment(serving, (name) => {
      const found = variables.find((one) => one.name === name)
      const from = serving.locator.origin(placeOf(found?.node ?? container))
      return found === undefined
        ? absent(from)
        : found.value === null
          ? unreadable(from, 'it comes from elsewhere')
          : stated(from, found.value)
    })
  }
}

/** The server of KServe for models of Hugging Face: `--model_id=…`. */
function huggingFaceServer(container: ConfigNode, words: readonly ShellWord[]): ServerCommand | null {
  if (text(at(container, 'modelFormat', 'name')) !== 'huggingface') return null
  return serverCommand(
    words.map((word) => ({ ...word, text: word.text?.replace(/^--model_id\b/, '--model') ?? null })),
    'vllm-openai',
  )
}

export function claimFloor(
  serving: SubjectBuilder<'Serving'>,
  object: KubernetesObject,
  floor: Floor,
  place: Place,
): void {
  const { node, key, otherwise, keys } = floor
  const plan = floor.plan ?? {
    title: `Keep {value} ${key.includes('/') ? 'instances' : 'replicas'} without traffic: ${key}: {value}`,
    writes: [{ path: keys }],
  }
  const count = convert(nodeValue(node ?? undefined, place, serving.locator), asQuotedNumber)
  serving.say('minReplicas', key, withPlan(orDefault(count, otherwise), object.document.index, [], plan))
}

/** Resources that every container asks for; a limit without a request is one as well. */
export function requestedOf(pod: ConfigNode | undefined): string[] | null {
  const containers = items(at(pod, 'containers'))
  const each = containers.map((container) => {
    const resources = at(container, 'resources')
    const [requests, limits] = [at(resources, 'requests'), at(resources, 'limits')]
    const readable = [resources, requests, limits].every((one) => one === undefined || one.kind === 'map')
    return readable ? new Set([...entries(requests), ...entries(limits)].map((one) => one.key)) : null
  })
  const [first] = each
  if (first === undefined || first === null || each.some((one) => one === null)) return null
  return [...first].filter((key) => each.every((one) => one!.has(key)))
}

/** Pods that ask for processors and memory and for nothing else, so they get no accelerator. */
import { at, entries, entry, isUnknown, items } from '../../config/access.js'
import type { ConfigEntry, ConfigNode } from '../../config/node.js'
import { containerEnvironment, isPatch, nodeLabels } from './pod.js'

const plain = /^(cpu|memory|ephemeral-storage|hugepages-\w+)$/
const section = (resources: ConfigNode | undefined, name: string) => entries(at(resources, name))

/** The `resources` of its first container; null: it may get an accelerator, or nothing says what it gets. */
export function processorsOnly(pod: ConfigNode | undefined): ConfigEntry | null {
  const containers = items(at(pod, 'containers'))
  if (pod === undefined || containers.length === 0 || isPatch(pod)) return null
  // Accelerators by other ways: a runtime that shows all of the node, claims, devices of the node.
  if (['runtimeClassName', 'resourceClaims'].some((key) => entry(pod, key) !== undefined)) return null
  if (nodeLabels(pod).some(({ label, value }) => namesAccelerator(`${label} ${value}`))) return null
  for (const toleration of items(at(pod, 'tolerations')))
    if (
      entries(toleration).some(
        ({ value }) => value.kind === 'scalar' && namesAccelerator(String(value.value)),
      )
    )
      return null
  return containers.every(isPlain) ? (entry(containers[0], 'resources') ?? null) : null
}

const namesAccelerator = (text: string): boolean => /gpu|nvidia|accelerator|cuda|tpu/i.test(text)

function isPlain(container: ConfigNode): boolean {
  const resources = at(container, 'resources')
  const asked = [...section(resources, 'limits'), ...section(resources, 'requests')]
  if (asked.length === 0 || asked.some(({ key, value }) => !plain.test(key) || isUnknown(value))) return false
  if (entry(at(container, 'securityContext'), 'privileged') !== undefined) return false
  return !containerEnvironment(container).some(({ name }) => /NVIDIA|CUDA/.test(name))
}

/**
 * Models that KubeAI serves (kubeai.org/v1, `Model`): `url` names the model, `resourceProfile` the accelerators of a
 * replica (`nvidia-gpu-l4:2`: two units of a profile), `minReplicas` how few there may be, none by default.
 */

import { gpu } from '../../catalog/gpus.js'
import { at, entry, items, text, written } from '../../config/access.js'
import type { ConfigNode } from '../../config/node.js'
import type { ShellWord } from '../../config/shell-facts.js'
import { stated } from '../../values/operations.js'
import type { ClaimBuilder, SubjectBuilder } from '../../workload/builder.js'
import type { Evidence } from '../../workload/claim.js'
import { defineReader } from '../reader.js'
import { claimModelOfCommand } from '../served-model.js'
import { serverCommand } from '../serving/command.js'
import { carryOut } from './change-plan.js'
import { type KubernetesObject, manifestLanguages, nameOf, objectsIn, placeOf, specPlace } from './objects.js'
import { claimFloor } from './serving.js'

export const kubeaiReader = defineReader({
  name: 'kubeai',
  title: 'KubeAI, `Model`',
  languages: manifestLanguages,
  triggers: ['kubeai.org/v1'],
  read(facts, _context, claims) {
    for (const object of objectsIn(facts))
      if (object.kind === 'Model' && object.version === 'kubeai.org/v1') readModel(claims, object)
  },
  change: carryOut,
})

function readModel(claims: ClaimBuilder, object: KubernetesObject): void {
  const spec = at(object.root, 'spec')
  const profile = entry(spec, 'resourceProfile')
  const place = specPlace(object)
  const held = /^([\w.-]+):(\d+)$/.exec(text(profile?.value) ?? '')
  if (profile === undefined || place === null || held === null) return
  const [, name, count] = held
  // Profiles are the cluster's own; those that come with KubeAI name the card.
  const card = gpu(name!.replace(/^nvidia-gpu-/i, ''))
  if (/^cpu\b/i.test(name!) || (card === undefined && !/gpu/i.test(name!))) return
  const evidence: Evidence = { role: 'job', accelerator: 'gpu', small: null, notebook: false }
  const called = nameOf(object)
  const serving = claims.subject('Serving', place, called?.value ?? 'model', evidence)
  serving.known('platform', 'Model', 'KubeAI', place)
  if (called !== null) {
    serving.known('name', 'metadata.name', called.value, placeOf(called.node))
    serving.known('object', 'metadata.name', `Model/${called.value}`, placeOf(called.node))
  }
  const shown = placeOf(profile.value)
  serving.known('gpus', 'resourceProfile', Number(count), shown)
  if (card !== undefined) serving.known('gpuModel', 'resourceProfile', card.name, shown)
  const least = at(spec, 'minReplicas')
  claimFloor(
    serving,
    object,
    {
      key: 'minReplicas',
      node: least ?? null,
      otherwise: 0,
      keys: [...object.base, 'spec', 'minReplicas'],
    },
    place,
  )
  serving.known('scalesToZero', 'Model', true, place)
  claimServed(serving, spec)
}

/** `hf://Qwen/Qwen2.5-7B-Instruct` with the arguments of vLLM. */
function claimServed(serving: SubjectBuilder<'Serving'>, spec: ConfigNode | undefined): void {
  const url = at(spec, 'url')
  const model = /^hf:\/\/([^?]+)/.exec(text(url) ?? '')?.[1]
  if (url === undefined || model === undefined || !/^vllm$/i.test(text(at(spec, 'engine')) ?? '')) return
  const words = [
    { text: '--model', raw: '--model', start: url.start, end: url.start },
    { text: model, raw: model, start: url.start, end: url.end },
    ...items(at(spec, 'args')).map((node): ShellWord => {
      const found = written(node)
      return { text: found ?? null, raw: found ?? '', start: node.start, end: node.end }
    }),
  ]
  const command = serverCommand(words, 'vllm-openai')
  if (command === null) return
  const from = serving.locator.origin({ start: url.start, end: url.end })
  claimModelOfCommand(serving, command, stated(from, model))
}

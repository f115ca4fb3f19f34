/** Services of Cloud Run with a GPU. Defaults: provider hashicorp/google 7 (no instance is kept). */
import { derived, firstGiven, orDefault } from '../../values/operations.js'
import { effective } from '../../values/value.js'
import type { Evidence } from '../../workload/claim.js'
import { attachedModel } from '../machine-claims.js'
import type { Block } from './block.js'

export function readCloudRun(block: Block): void {
  const { module, header } = block
  const gpus = block.number('template', 0, 'containers', 0, 'resources', 0, 'limits', 'nvidia.com/gpu')
  if ((effective(gpus) ?? 0) < 1) return
  const evidence: Evidence = { role: 'job', accelerator: 'gpu', small: null, notebook: false }
  const serving = module.claims.subject('Serving', header, block.name, evidence)
  const type = 'google_cloud_run_v2_service'
  serving.known('platform', type, 'Cloud Run', header)
  serving.known('purpose', type, 'deployment', header)
  serving.known('tornDown', type, false, header)
  serving.known('scalesToZero', type, true, header)
  serving.known('name', 'name', effective(block.text('name')) ?? block.name, header)
  serving.say('gpus', 'nvidia.com/gpu', gpus)
  const card = derived(block.text('template', 0, 'node_selector', 0, 'accelerator'), attachedModel)
  serving.say('gpuModel', 'accelerator', orDefault(card, 'L4'))
  const kept = firstGiven(
    block.number('template', 0, 'scaling', 0, 'min_instance_count'),
    block.number('scaling', 0, 'min_instance_count'),
  )
  serving.say('minReplicas', 'min_instance_count', orDefault(kept, 0))
}

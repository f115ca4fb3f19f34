/**
 * Online deployments of Azure Machine Learning in YAML (CLI v2). Source: reference of the managed online deployment
 * schema: one instance and no autoscaling by default; it is billed until the endpoint is deleted.
 */
import { at, entry, map, text } from '../../config/access.js'
import type { ConfigDocument, ConfigMap } from '../../config/node.js'
import { ConfigSource } from '../../values/config-source.js'
import { convert, derived, orDefault, orUnknown } from '../../values/operations.js'
import { asQuotedNumber } from '../../values/parse.js'
import { effective } from '../../values/value.js'
import type { ClaimBuilder } from '../../workload/builder.js'
import type { Evidence } from '../../workload/claim.js'
import { keyedPlace } from '../config-change.js'
import { acceleratorModel } from '../machine-claims.js'
import { acceleratorCount } from '../pool-claims.js'
import { defineReader } from '../reader.js'
import { claimModelByName } from '../served-model.js'
import { settingTable } from '../setting-table.js'

const deploymentSettings = settingTable('Serving', {
  minReplicas: { keys: ['instance_count'], parse: asQuotedNumber, otherwise: 1 },
})

export const azureDeploymentReader = defineReader({
  name: 'azure-deployment',
  title: 'Azure ML, online deployment in YAML',
  settings: [deploymentSettings],
  languages: ['yaml'],
  triggers: ['endpoint_name'],
  read(facts, _context, claims) {
    for (const document of facts.config?.documents ?? []) {
      const root = map(document.root)
      if (root !== undefined && isDeployment(root)) readDeployment(claims, document, root)
    }
  },
  change: (claim) => ({
    reason:
      claim.setting === 'machine'
        ? 'use another instance_type, and let the model server know how many GPUs that has'
        : 'the number of instances follows the load by autoscale settings, a resource of their own',
  }),
})

/** By its schema, or by what only such deployments have; batch and Kubernetes deployments run on machines of others. */
function isDeployment(root: ConfigMap): boolean {
  const schema = text(at(root, '$schema'))
  if (schema !== undefined) return /managedOnlineDeployment/i.test(schema)
  return (
    ['endpoint_name', 'instance_type', 'model'].every((key) => entry(root, key) !== undefined) &&
    entry(root, 'compute') === undefined
  )
}

function readDeployment(claims: ClaimBuilder, document: ConfigDocument, root: ConfigMap): void {
  const said = entry(root, 'instance_type')
  if (said === undefined) return
  const place = keyedPlace({ start: said.keyStart, end: said.value.end }, document.index, ['instance_type'])
  const options = { document: document.index, keys: [], shown: place }
  const source = new ConfigSource(root, claims, options)
  const type = source.text('instance_type')
  const count = acceleratorCount(effective(type) ?? '')
  if (count === undefined) return
  const evidence: Evidence = { role: 'job', accelerator: 'maybe', small: null, notebook: false }
  const name = text(at(root, 'name')) ?? 'deployment'
  const serving = claims.subject('Serving', place, name, evidence)
  serving.known('platform', 'managedOnlineDeployment', 'Azure ML', place)
  serving.known('name', 'name', name, place)
  serving.known('purpose', 'managedOnlineDeployment', 'deployment', place)
  serving.default('tornDown', 'az ml online-deployment create', false, place)
  serving.known('endsBy', 'endpoint_name', 'az ml online-endpoint delete', place)
  serving.say('machine', 'instance_type', type)
  serving.say('gpus', 'instance_type', orUnknown(convert(type, acceleratorCount), 'not given'))
  serving.say('gpuModel', 'instance_type', derived(type, acceleratorModel))
  claimModelByName(serving, 'model', convert(source.text('model'), registeredName))
  deploymentSettings.claim(serving, source)
  const scales = convert(source.text('scale_settings', 'type'), (kind) => !/^default$/i.test(kind))
  serving.say('autoscaled', 'scale_settings', orDefault(scales, false))
}

/** 'distilbert-sst2' of `azureml:distilbert-sst2:4` and `azureml://registries/acme/models/distilbert-sst2/versions/4`. */
function registeredName(reference: string): string | undefined {
  return /^azureml:(?:\/\/registries\/[^/]+\/models\/)?([^:/]+)/.exec(reference)?.[1]
}

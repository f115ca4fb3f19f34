/**
 * Models that KAITO serves on machines of its own (kaito.sh, `Workspace`): `resource` names the machine and how many
 * there are, `inference.preset` the model. Nothing but deleting the workspace gives them back.
 */
import { at, entry } from '../../config/access.js'
import { ConfigSource } from '../../values/config-source.js'
import { asQuotedNumber } from '../../values/parse.js'
import { effective } from '../../values/value.js'
import type { ClaimBuilder } from '../../workload/builder.js'
import type { Evidence } from '../../workload/claim.js'
import { keyedPlace } from '../config-change.js'
import { claimMachine } from '../endpoint.js'
import { acceleratorCount } from '../pool-claims.js'
import { defineReader } from '../reader.js'
import { claimModelByName } from '../served-model.js'
import { settingTable } from '../setting-table.js'
import { type KubernetesObject, manifestLanguages, nameOf, objectsIn, placeOf } from './objects.js'

const workspaceSettings = settingTable('Serving', {
  minReplicas: { keys: ['count'], parse: asQuotedNumber, otherwise: 1 },
})

export const kaitoReader = defineReader({
  name: 'kaito',
  title: 'KAITO, `Workspace`',
  settings: [workspaceSettings],
  languages: manifestLanguages,
  triggers: ['kaito.sh/v1'],
  read(facts, _context, claims) {
    for (const object of objectsIn(facts)) {
      const served = at(object.root, 'inference') !== undefined
      if (object.kind === 'Workspace' && object.version.startsWith('kaito.sh/v1') && served)
        readWorkspace(claims, object)
    }
  },
  change: (claim) => ({
    reason:
      claim.setting === 'machine'
        ? 'use another instanceType, one that the preset runs on'
        : 'a preset that spans machines needs all of them',
  }),
})

function readWorkspace(claims: ClaimBuilder, object: KubernetesObject): void {
  const said = entry(at(object.root, 'resource'), 'instanceType')
  if (said === undefined) return
  const keys = [...object.base, 'resource']
  const place = keyedPlace({ start: said.keyStart, end: said.value.end }, object.document.index, [
    ...keys,
    'instanceType',
  ])
  const options = { document: object.document.index, keys, shown: place }
  const source = new ConfigSource(at(object.root, 'resource'), claims, options)
  const type = source.text('instanceType')
  if (acceleratorCount(effective(type) ?? '') === undefined) return
  const evidence: Evidence = { role: 'job', accelerator: 'maybe', small: null, notebook: false }
  const name = nameOf(object)
  const serving = claims.subject('Serving', place, name?.value ?? 'workspace', evidence)
  serving.known('platform', 'Workspace', 'KAITO', place)
  if (name !== null) serving.known('name', 'metadata.name', name.value, placeOf(name.node))
  serving.known('purpose', 'Workspace', 'deployment', place)
  claimMachine(serving, 'instanceType', type)
  workspaceSettings.claim(serving, source)
  serving.known('autoscaled', 'InferenceSet', false, place)
  const inference = new ConfigSource(at(object.root, 'inference'), claims, {
    ...options,
    keys: [...object.base, 'inference'],
  })
  claimModelByName(serving, 'preset', inference.get('preset', 'name'))
}

/** Jobs of Acme: `acme.yaml`. Source: Acme 2.3, reference of job files. */
import { map } from '../../server/src/config/access.js'
import { nodePlace } from '../../server/src/readers/config-change.js'
import { defineReader } from '../../server/src/readers/reader.js'
import { settingTable, since } from '../../server/src/readers/setting-table.js'
import { ConfigSource } from '../../server/src/values/config-source.js'
import { asBoolean, asNumber, asText } from '../../server/src/values/parse.js'

const job = settingTable('Compute', {
  instanceType: { keys: ['machine'], parse: asText },
  gpus: { keys: [['resources', 'gpus'], 'gpus'], parse: asNumber, otherwise: 0, write: (count) => count },
  spot: { keys: ['preemptible'], parse: asBoolean, otherwise: false, write: (spot) => spot },
  timeLimit: {
    keys: ['max_hours'],
    parse: (value) => (typeof value === 'number' ? value * 3600 : undefined),
    otherwise: since('acme', '2.0', null, 24 * 3600),
    otherwiseInWords: 'none; 24 h before 2.0',
    write: (seconds) => (seconds === null ? { reason: 'Acme always has a limit' } : seconds / 3600),
  },
})

export const acmeReader = defineReader({
  name: 'acme',
  title: 'Acme',
  languages: ['yaml'],
  triggers: ['acme/v2'],
  settings: [job],
  read(facts, context, claims) {
    for (const document of facts.config?.documents ?? []) {
      const root = map(document.root)
      if (root === undefined) continue
      const shown = nodePlace(root)
      const source = new ConfigSource(root, claims, { document: document.index, keys: [], shown })
      const evidence = { role: 'job', accelerator: 'maybe', small: null, notebook: false } as const
      const compute = claims.subject(
        'Compute',
        shown,
        'job',
        evidence,
        `${claims.path}#${document.index}:acme`,
      )
      job.claim(compute, source, context.versions)
    }
  },
  change: (claim, value, facts) => job.change(claim, value, facts),
})

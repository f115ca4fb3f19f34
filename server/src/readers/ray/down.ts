/** Commands that take down the cluster of a file: `ray down cluster.yaml`. Source: ray, scripts/scripts.py. */
import type { Place } from '../../workload/builder.js'
import type { Evidence } from '../../workload/claim.js'
import { defineReader } from '../reader.js'

export const rayDownReader = defineReader({
  name: 'ray-down',
  languages: ['shell'],
  triggers: ['ray down', 'ray teardown'],
  read({ shell }, _context, claims) {
    for (const command of shell?.commands ?? []) {
      const [program, verb, ...rest] = command.words.map((word) => word.text ?? word.raw)
      if (program !== 'ray' || (verb !== 'down' && verb !== 'teardown') || command.unreachable) continue
      const file = rest.find((word) => /\.ya?ml$/.test(word) && !/[$=]/.test(word))
      if (file === undefined) continue
      const place: Place = { start: command.words[0]!.start, end: command.words[1]!.end }
      const evidence: Evidence = { role: 'job', accelerator: 'none', small: null, notebook: false }
      const end = claims.subject('Compute', place, file, evidence)
      end.known('startsFile', 'ray down', file.replace(/^\.\//, ''), place)
      end.known('endedBy', 'ray down', 'ray down', place)
    }
  },
})

/** Changes of a recipe: one key of the YAML file, the rest of it as it is. */
import type { Change, Refusal } from '../../edit/write.js'
import type { Json } from '../../text/json.js'
import type { Claim } from '../../workload/claim.js'
import type { UnitFacts } from '../reader.js'

export function changeRecipe(
  claim: Claim,
  value: Json,
  facts: UnitFacts,
  options: { keys?: string[]; after?: string; safety?: Change['safety'] } = {},
): Change | Refusal {
  const { config, path, unit } = facts
  const keys = options.keys ?? claim.site.keys
  if (keys === undefined || config?.documents[claim.site.document ?? 0] === undefined)
    return { reason: 'the file has changed' }
  return {
    title: `Set ${keys.join('.')} to ${String(value)}`,
    safety: options.safety ?? 'unsafe',
    writes: [
      {
        kind: 'set key',
        path,
        unit: unit.index,
        document: claim.site.document ?? 0,
        keys: [...keys],
        value,
        ...(options.after === undefined ? {} : { after: options.after }),
      },
    ],
    imports: [],
  }
}

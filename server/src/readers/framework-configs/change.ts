/** Changes of a framework config: one key of the YAML file, the rest of it as it is. */
import type { Change, Refusal } from '../../edit/write.js'
import type { Json } from '../../text/json.js'
import type { Claim } from '../../workload/claim.js'
import { byHand } from '../change-answer.js'
import type { FragmentFacts } from '../reader.js'
import { writeLaunchValue } from '../write-launch-value.js'

export function changeFrameworkConfig(
  claim: Claim,
  value: Json,
  facts: FragmentFacts,
  options: { keys?: string[]; after?: string; safety?: Change['safety'] } = {},
): Change | Refusal {
  const { config, path, fragment } = facts
  if (claim.channel === 'launch flag' && (options.keys?.at(-1) ?? claim.key) === claim.key) {
    const write = writeLaunchValue(claim, String(value), facts)
    return 'reason' in write
      ? write
      : {
          title: `Set ${claim.key} to ${String(value)} on the launch line`,
          safety: options.safety ?? 'unsafe',
          writes: [write],
          imports: [],
        }
  }
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
        fragment: fragment.index,
        document: claim.site.document ?? 0,
        keys: [...keys],
        value,
        ...(options.after === undefined ? {} : { after: options.after }),
      },
    ],
    imports: [],
  }
}

/** Does it as seldom as is often enough. */
export function changeInterval(claim: Claim, facts: FragmentFacts): Change | Refusal {
  const { target } = claim.site
  return target?.kind === 'interval' ? changeFrameworkConfig(claim, target.steps, facts) : byHand(claim)
}

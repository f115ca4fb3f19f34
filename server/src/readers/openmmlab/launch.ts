/** What a launch of `tools/train.py` lays over a configuration: `--amp`, `--cfg-options a.b=c`. */
import { overrideValue } from '../../link/hydra-overrides.js'
import type { Configured, ConfiguredMap } from '../../text/configured.js'
import { changedAt } from '../../text/merge-configured.js'
import { lookUp } from '../../text/records.js'
import type { Launch, LaunchValue } from '../../workload/claim.js'

/** Keys that flags of the program set. */
const switches: Record<string, { keys: string[]; value: string }> = {
  amp: { keys: ['optim_wrapper', 'type'], value: 'AmpOptimWrapper' },
}

/** Options of the program that share their name with no key of a configuration. */
export function withLaunch(root: ConfiguredMap, launch: Launch): ConfiguredMap {
  let merged = root
  for (const [name, given] of Object.entries(launch.flags)) {
    const known = lookUp(switches, name)
    if (known !== undefined && given.value === true)
      merged = changedAt(merged, known.keys, () => ({
        kind: 'scalar',
        value: known.value,
        at: placeOf(given),
      }))
    else if (known !== undefined) merged = changedAt(merged, known.keys, () => unreadable(given))
    else if (name.includes('.')) merged = changedAt(merged, name.split('.'), () => overridden(given))
  }
  return launch.complete ? merged : { ...merged, open: 'arguments of the launch line' }
}

function placeOf({ location }: LaunchValue): Configured['at'] {
  return { location, document: 0, keys: null }
}

function overridden(given: LaunchValue): Configured {
  const value = typeof given.value === 'string' ? overrideValue(given.value) : given.value
  return value === undefined || value === null
    ? unreadable(given)
    : { kind: 'scalar', value, at: placeOf(given) }
}

function unreadable(given: LaunchValue): Configured {
  return { kind: 'unknown', because: 'a value of the launch line', at: placeOf(given) }
}

/** Values of readers as a launch passes them on. */
import type { Json } from '../text/json.js'
import { effective, type Given } from '../values/value.js'
import type { LaunchValue } from '../workload/claim.js'

/** `word`: as it stands on the command line or in the environment. */
export function launchValue(given: Given<Json>, word: (value: Json) => string | null): LaunchValue {
  const value = effective(given)
  return {
    value: value === undefined ? null : word(value),
    ...(given.overridable ? { overridable: true } : {}),
    location: given.location,
  }
}

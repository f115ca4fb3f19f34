/** What a launch sets, and what the program sets in its own environment, as values. */
import type { PythonModule } from '../python/module.js'
import type { Json } from '../text/json.js'
import type { Origin } from '../text/origin.js'
import { lookUp } from '../text/records.js'
import { foldedValue } from '../values/folded-value.js'
import { absent, firstGiven, originOf, stated, unreadable } from '../values/operations.js'
import type { Locator } from '../values/source.js'
import type { Given } from '../values/value.js'
import type { Binding, LaunchValue } from '../workload/claim.js'
import { programVariable } from './program-variable.js'

/** A flag or variable of a launch: it stands where the launch has it. `left`: where it is left out. */
export function launchedValue(
  set: LaunchValue | undefined,
  channel: 'launch flag' | 'launch environment',
  left: Origin,
): Given<Json> {
  if (set === undefined) return absent(left)
  const origin: Origin = {
    ...originOf(left),
    channel,
    overridable: set.overridable === true,
    location: set.location,
  }
  return set.value === null ? unreadable(origin, 'a value of the launch') : stated(origin, set.value)
}

/** A variable of the environment as the program sets it for its libraries. */
export function ownVariable(
  python: PythonModule,
  name: string,
  binding: Binding | null,
  left: Origin,
  locator: Locator,
): Given<Json> {
  const own = programVariable(python, name, binding)
  if (own === null) return absent(left)
  const { start, end } = own.value
  return foldedValue(own.folded, { start, end }, left.site, locator)
}

/** The same, else as its launch sets it. */
export function environmentValue(
  python: PythonModule,
  name: string,
  binding: Binding | null,
  left: Origin,
  locator: Locator,
): Given<Json> {
  const own = ownVariable(python, name, binding, left, locator)
  const set = lookUp(binding?.launch.environment, name)
  return firstGiven(own, launchedValue(set, 'launch environment', left))
}

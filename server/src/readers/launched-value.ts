/** What a launch sets, and what the program sets in its own environment, as values. */
import type { PythonModule } from '../python/module.js'
import type { Json } from '../text/json.js'
import { lookUp } from '../text/records.js'
import { foldedValue } from '../values/folded-value.js'
import { absent, stated, unreadable } from '../values/operations.js'
import type { Locator } from '../values/source.js'
import type { Given } from '../values/value.js'
import type { Place } from '../workload/builder.js'
import type { Binding, LaunchValue } from '../workload/claim.js'
import { programVariable } from './program-variable.js'

/** Where the value would be shown if nothing set it, and what a change would edit. */
export interface Launched {
  place: Place
  site: Place
  locator: Locator
}

/** A flag or variable of a launch: it stands where the launch has it. */
export function launchedValue(
  set: LaunchValue | undefined,
  channel: 'launch flag' | 'launch environment',
  { place, site, locator }: Launched,
): Given<Json> {
  if (set === undefined) return absent(locator.origin(place, { channel: 'library default', site }))
  const origin = locator.origin(place, { channel, site, location: set.location })
  return set.value === null ? unreadable(origin, 'a value of the launch') : stated(origin, set.value)
}

/** A variable of the environment: as the program sets it for its libraries, else as its launch does. */
export function environmentValue(
  python: PythonModule,
  name: string,
  binding: Binding | null,
  launched: Launched,
): Given<Json> {
  const own = programVariable(python, name, binding)
  if (own === null)
    return launchedValue(lookUp(binding?.launch.environment, name), 'launch environment', launched)
  const { start, end } = own.value
  return foldedValue(own.folded, { start, end }, launched.site, launched.locator)
}

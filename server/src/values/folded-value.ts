/** Folded Python values as values with an origin. */
import type { Folded } from '../python/module.js'
import type { Json } from '../text/json.js'
import type { Place } from '../text/origin.js'
import { configuredSite } from './places.js'
import type { Locator } from './source.js'
import type { Settled, Value } from './value.js'

/** `place` is the expression, `site` what a change would edit; a value of a launch or a file stands where that has it. */
export function foldedValue(folded: Folded, place: Place, site: Place, locator: Locator): Value<Json> {
  if (folded.state === 'known') return knownValue(folded, place, site, locator)
  const origin = locator.origin(place, { site })
  const { because, options } = folded
  if (options === undefined) return { ...origin, state: 'unknown', because }
  return {
    ...origin,
    state: 'choice',
    options: options.map(({ folded: one, ...rest }) => ({
      ...rest,
      value: knownValue(one, place, site, locator),
    })),
  }
}

function knownValue(
  folded: Folded & { state: 'known' },
  place: Place,
  site: Place,
  locator: Locator,
): Settled<Json> {
  const { value, channel, overridable, option, location, configured, written } = folded
  const elsewhere = written === undefined || written.path === locator.path ? undefined : written
  if (elsewhere !== undefined && location === undefined) {
    const of = option === undefined ? {} : { option }
    const origin = locator.origin(place, { site, channel, overridable, location: elsewhere, ...of })
    // Its reader looks at the code that uses it.
    return { ...origin, site: { ...origin.site, path: locator.path }, state: 'known', value }
  }
  const origin = locator.origin(place, {
    site: configured === undefined ? site : configuredSite(site, configured),
    channel,
    overridable,
    ...(option === undefined ? {} : { option }),
    ...(location === undefined ? {} : { location }),
  })
  // What code makes of the value of a file is changed by whoever reads the code.
  const made = channel === 'named file' && configured === undefined
  return {
    ...origin,
    ...(made ? { site: { ...origin.site, path: locator.path } } : {}),
    state: 'known',
    value,
  }
}

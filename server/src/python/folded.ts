/** Folded values and how they are put together. */
import type { Expr } from '../syntax/python-ast.js'
import type { ConfiguredPlace } from '../text/configured.js'
import type { Json } from '../text/json.js'
import type { LaunchBinding } from '../text/launch.js'
import { type Location, sameLocation } from '../text/location.js'
import { lookUp } from '../text/records.js'
import type { Folded, FoldedOption, ModuleSummary } from './module.js'
import { sameValue } from './operators.js'

export type Fold = (expr: Expr) => Folded

type Unknown = Folded & { state: 'unknown' }

export const unknown = (because: string): Unknown => ({ state: 'unknown', because })
export const known = (value: Json): Folded => ({ state: 'known', value, channel: 'code', overridable: false })

/** A constant of another module. */
export function constantOf(
  { constants, places, replaceable }: Pick<ModuleSummary, 'constants' | 'places' | 'replaceable'>,
  name: string,
  binding: LaunchBinding | null,
): Folded | undefined {
  const value = lookUp(constants, name)
  if (value !== undefined) return writtenAt(known(value), lookUp(places ?? {}, name))
  const open = lookUp(replaceable ?? {}, name)
  if (open === undefined) return undefined
  const { environment = {}, contained = false } = binding?.launch ?? {}
  if (open.variables.some((one) => lookUp(environment, one) !== undefined)) return unknown('the environment')
  return { state: 'known', value: open.value, channel: 'code', overridable: !contained }
}

export function writtenAt(folded: Folded, place: Location | undefined): Folded {
  return folded.state === 'unknown' || place === undefined ? folded : { ...folded, written: place }
}

/** A value that stands in a configuration file, or that the launch line puts there. */
export function configuredAs(value: Json, at: ConfiguredPlace, overridable: boolean): Folded {
  const launched = at.keys === null
  return {
    state: 'known',
    value,
    channel: launched ? 'launch flag' : 'named file',
    overridable: overridable && !launched,
    location: at.location,
    ...(launched ? {} : { configured: at }),
  }
}

/** A value made from parts: as overridable as its parts, from the strongest launch channel among them. */
export function combine(value: Json, parts: Folded[]): Folded {
  const result: Folded = { state: 'known', value, channel: 'code', overridable: false }
  for (const part of parts) {
    if (part.state === 'unknown') continue
    if (part.overridable) result.overridable = true
    if (part.channel !== 'code' && result.channel === 'code') {
      result.channel = part.channel
      result.location = part.location
    }
  }
  return result
}

/** One value that all agree on. */
export function agree(values: Folded[], otherwise: string): Folded {
  const first = values[0]
  if (first === undefined) return unknown(otherwise)
  for (const value of values) {
    // What one of them could be says nothing of the others.
    if (value.state === 'unknown') return values.length === 1 ? value : unknown(value.because)
    if (first.state === 'known' && !sameValue(first.value, value.value)) return unknown(otherwise)
  }
  if (first.state === 'unknown') return first
  // Written once, it can be changed there.
  return values.every((value) => isSamePlace(first, value)) ? first : combine(first.value, values)
}

function isSamePlace(a: Folded & { state: 'known' }, b: Folded): boolean {
  if (b.state === 'unknown' || a.overridable !== b.overridable || a.channel !== b.channel) return false
  return (
    a === b || (a.location !== undefined && b.location !== undefined && sameLocation(a.location, b.location))
  )
}

/** Of two, where the second only decided that it is the first. */
export function combineWith(value: Folded, other: Folded): Folded {
  return value.state === 'unknown' ? value : combine(value.value, [value, other])
}

/** More than these are no choice that somebody wrote down. */
const mostOptions = 8

/** One of several, whichever of them holds; those that are a choice themselves are spelled out. */
export function chosen(
  because: string,
  options: readonly { folded: Folded; when: string; byDefault: boolean }[],
): Folded {
  const flat: FoldedOption[] = []
  for (const { folded, when, byDefault } of options) {
    if (folded.state === 'known') flat.push({ folded, when, byDefault })
    else if (folded.options === undefined) return unknown(because)
    else
      for (const inner of folded.options)
        flat.push({ ...inner, when: `${when} and ${inner.when}`, byDefault: byDefault && inner.byDefault })
  }
  if (flat.length < 2 || flat.length > mostOptions) return unknown(because)
  const values = flat.map((one) => one.folded)
  const [first] = values
  if (values.every((one) => sameValue(one.value, first!.value))) return combine(first!.value, values)
  return { state: 'unknown', because, options: flat }
}

const longestValue = 40

/** What several calls pass: the value that all agree on, or one of them. */
export function oneOf(values: readonly Folded[], name: string): Folded {
  const because = `several values of ${name}`
  const agreed = agree([...values], because)
  if (agreed.state === 'known' || values.length === 1) return agreed
  // By spelling: values are the same where they are spelled alike.
  const distinct = new Map<string, Folded & { state: 'known' }>()
  // One that could be several of them counts as all of these.
  const each = values.flatMap((one) =>
    one.state === 'unknown' && one.options !== undefined ? one.options.map(({ folded }) => folded) : [one],
  )
  for (const folded of each) {
    if (folded.state === 'unknown') return agreed
    const spelled = JSON.stringify(folded.value)
    if (!distinct.has(spelled)) distinct.set(spelled, folded)
  }
  const options = [...distinct].map(([spelled, folded]) => ({
    folded,
    when: `\`${name}\` is ${spelled.slice(0, longestValue)}`,
    byDefault: false,
  }))
  return chosen(because, options)
}

/** What is computed from a value, for each that it could be. */
export function throughOptions(
  value: Unknown,
  compute: (value: Folded & { state: 'known' }) => Folded,
): Folded {
  if (value.options === undefined) return value
  return chosen(
    value.because,
    value.options.map((option) => ({ ...option, folded: compute(option.folded) })),
  )
}

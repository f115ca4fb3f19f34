/** Values that calls pass: parts of one, and what several agree on. */
import { oneOf } from '../python/folded.js'
import type { Folded, Passed } from '../python/module.js'
import type { Json } from '../text/json.js'
import { lookUp } from '../text/records.js'

/** What stands under the keys of a value. */
export function partOf(
  value: Passed,
  keys: readonly (string | number)[],
  otherwise: Passed | undefined,
): Passed {
  const [key, ...rest] = keys
  if (key === undefined) return value
  const because = `.${keys.join('.')}`
  if (value.state === 'arguments') {
    const one = lookUp(value.values, String(key))
    if (one === undefined) return { state: 'unknown', because }
    const { value: held, overridable, flags, reads } = one
    const option = flags === undefined ? {} : { option: flags, ...(reads === undefined ? {} : { reads }) }
    return partOf({ state: 'known', value: held, overridable, ...option }, rest, otherwise)
  }
  if (value.state !== 'known') return { state: 'unknown', because }
  const holds = typeof value.value === 'object' && value.value !== null
  const child = holds ? lookUp(value.value as Record<string, Json>, String(key)) : undefined
  if (child !== undefined) return partOf({ ...value, value: child }, rest, otherwise)
  return rest.length === 0 && holds && otherwise !== undefined ? otherwise : { state: 'unknown', because }
}

/** One value that all agree on, or one of several that the code holds. */
export function together(values: readonly Passed[], name: string): Passed | null {
  const [first, ...rest] = values
  if (first === undefined) return null
  if (first.state === 'arguments')
    return rest.reduce<Passed>((before, one) => sameArguments(before, one), first)
  for (const one of rest) {
    if (first.state !== 'known' || one.state !== 'known') return eitherOf(values, name)
    if (JSON.stringify(first.value) !== JSON.stringify(one.value)) return eitherOf(values, name)
  }
  return first.state === 'known'
    ? { ...first, overridable: values.some((one) => one.state === 'known' && one.overridable) }
    : first
}

/** What somebody could give by the command line or a file is no choice of the code. */
function eitherOf(values: readonly Passed[], name: string): Passed {
  const because = 'several callers'
  const folded = values.map((one): Folded => {
    if (one.state === 'unknown' && one.options !== undefined)
      return { state: 'unknown', because, options: one.options }
    return one.state === 'known' && one.from === undefined && one.option === undefined
      ? { state: 'known', value: one.value, channel: 'code', overridable: one.overridable }
      : { state: 'unknown', because }
  })
  const either = oneOf(folded, name)
  return either.state === 'unknown' && either.options !== undefined
    ? { state: 'unknown', because, options: either.options }
    : { state: 'unknown', because }
}

function sameArguments(a: Passed, b: Passed): Passed {
  if (a.state !== 'arguments' || b.state !== 'arguments')
    return { state: 'unknown', because: 'several callers' }
  const shared = Object.entries(a.values).filter(
    ([name, one]) => JSON.stringify(lookUp(b.values, name)) === JSON.stringify(one),
  )
  return { state: 'arguments', values: Object.fromEntries(shared) }
}

/** Values that calls pass: parts of one, and what several agree on. */
import type { Passed } from '../python/module.js'
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

/** One value that all agree on. */
export function together(values: readonly Passed[]): Passed | null {
  const [first, ...rest] = values
  if (first === undefined) return null
  if (first.state === 'arguments')
    return rest.reduce<Passed>((before, one) => sameArguments(before, one), first)
  for (const one of rest) {
    if (first.state !== 'known' || one.state !== 'known')
      return { state: 'unknown', because: 'several callers' }
    if (JSON.stringify(first.value) !== JSON.stringify(one.value))
      return { state: 'unknown', because: 'several callers' }
  }
  return first.state === 'known'
    ? { ...first, overridable: values.some((one) => one.state === 'known' && one.overridable) }
    : first
}

function sameArguments(a: Passed, b: Passed): Passed {
  if (a.state !== 'arguments' || b.state !== 'arguments')
    return { state: 'unknown', because: 'several callers' }
  const shared = Object.entries(a.values).filter(
    ([name, one]) => JSON.stringify(lookUp(b.values, name)) === JSON.stringify(one),
  )
  return { state: 'arguments', values: Object.fromEntries(shared) }
}

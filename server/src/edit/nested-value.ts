/** The value inside the maps that are still missing; undefined where a list would have to begin in its middle. */
export function nestedValue(keys: readonly (string | number)[], value: unknown): unknown {
  let nested = value
  for (const key of [...keys].reverse()) {
    if (typeof key === 'number') {
      if (key !== 0) return undefined
      nested = [nested]
    } else nested = { [key]: nested }
  }
  return nested
}

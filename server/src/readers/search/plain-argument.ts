/** Arguments of searches as plain values, for what is counted rather than claimed. */
import type { ArgumentValue } from '../../python/module.js'
import type { Json } from '../../text/json.js'

/** The folded value; undefined where the argument is absent or cannot be read. */
export function foldedValue(argument: ArgumentValue): Json | undefined {
  return argument.state === 'given' && argument.folded.state === 'known' ? argument.folded.value : undefined
}

export function numberOf(argument: ArgumentValue): number | null {
  const value = foldedValue(argument)
  return typeof value === 'number' ? value : null
}

/** Left out, or None. */
export function isLeftOut(argument: ArgumentValue): boolean {
  return argument.state === 'absent' || foldedValue(argument) === null
}

/** None sets no limit; numbers are kept; everything else is not understood. */
export const limitOf = (value: Json): number | null | undefined =>
  value === null ? null : typeof value === 'number' ? value : undefined

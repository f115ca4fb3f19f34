/** Arguments of searches as plain values, for what is counted rather than claimed. */
import type { Json } from '../../text/json.js'

export { isLeftOut, knownArgument as foldedValue, numberArgument as numberOf } from '../../values/argument.js'

/** None sets no limit; numbers are kept; everything else is not understood. */
export const limitOf = (value: Json): number | null | undefined =>
  value === null ? null : typeof value === 'number' ? value : undefined

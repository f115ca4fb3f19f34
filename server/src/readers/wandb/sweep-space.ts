/** The parameters of a W&B sweep as a search space. Source: W&B documentation, "Define a sweep configuration". */
import { distinctCount, integerSize, quantisedSize } from '../../estimate/dimension.js'
import type { Json } from '../../text/json.js'
import type { Span } from '../../text/location.js'
import type { Dimension, DrawnDimension } from '../../workload/resource-kinds.js'
import { type Locate, listed, range } from '../search/drawn.js'

function isMap(value: Json | undefined): value is Record<string, Json> {
  return value !== null && typeof value === 'object' && !Array.isArray(value)
}

/** Dimensions of `parameters:`; groups of parameters inside parameters multiply like the rest. */
export function sweepDimensions(parameters: Json, prefix = ''): Dimension[] {
  if (!isMap(parameters)) return []
  return Object.entries(parameters).flatMap(([key, parameter]): Dimension[] => {
    const name = prefix + key
    if (!isMap(parameter)) return [{ name, size: null }]
    if (isMap(parameter.parameters)) return sweepDimensions(parameter.parameters, `${name}.`)
    return [dimension(name, parameter)]
  })
}

function dimension(name: string, parameter: Record<string, Json>): Dimension {
  const { values, min, max, q } = parameter
  if (Array.isArray(values)) return { name, size: distinctCount(values), values }
  if ('value' in parameter) return { name, size: 1 }
  if (typeof min !== 'number' || typeof max !== 'number') return { name, size: null }
  if (typeof q === 'number') return { name, size: quantisedSize(min, max, q) }
  // A range of whole numbers is enumerated; one of floats cannot be.
  return { name, size: Number.isInteger(min) && Number.isInteger(max) ? integerSize(min, max) : null }
}

/** What a parameter draws from, of numbers: a range is uniform where no distribution is named. */
export function drawnFrom(
  name: string,
  parameter: Json | undefined,
  span: Span,
  locate: Locate,
): DrawnDimension | null {
  if (!isMap(parameter)) return null
  const { values, min, max, distribution } = parameter
  if (values !== undefined) return listed(name, values, span, locate)
  if (typeof min !== 'number' || typeof max !== 'number') return null
  if (distribution !== undefined && typeof distribution !== 'string') return null
  if (/^(q_)?log_uniform(_values)?$/.test(distribution ?? ''))
    return range(name, min, max, 'logarithmic', span, locate)
  return /^((q_|int_)?uniform)?$/.test(distribution ?? '')
    ? range(name, min, max, 'linear', span, locate)
    : null
}

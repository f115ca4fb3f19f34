/** What an experiment of NNI searches and how, in a file or in Python. Source: nni 3.0, experiment/config and algorithms/hpo. */
import { distinctCount, integerSize, quantisedSize } from '../../estimate/dimension.js'
import { configuredAt, plainConfigured } from '../../text/configured.js'
import type { Json } from '../../text/json.js'
import { lookUp } from '../../text/records.js'
import type { ClaimBuilder } from '../../workload/builder.js'
import type { Dimension, SearchSettings } from '../../workload/resource-kinds.js'
import type { FragmentFacts } from '../reader.js'

const strategies: Record<string, SearchSettings['strategy']> = {
  gridsearch: 'grid',
  random: 'random',
  tpe: 'bayesian',
  smac: 'bayesian',
  gp: 'bayesian',
  metistuner: 'bayesian',
  metis: 'bayesian',
  dngo: 'bayesian',
  hyperband: 'hyperband',
  bohb: 'hyperband',
}

/** `name`: of the tuner, in lower case; undefined: a tuner of its own. */
export function strategyOf(name: string | undefined): SearchSettings['strategy'] | undefined {
  if (name === undefined) return undefined
  return lookUp(strategies, name) ?? 'other'
}

/** These end when their brackets or lists do. */
export const endsByItself = (name: string | undefined): boolean =>
  strategyOf(name) === 'hyperband' || name === 'batch' || name === 'batchtuner'

/** These stop weak trials; a population replaces its weak members. */
export const stopsByItself = (name: string | undefined): boolean =>
  strategyOf(name) === 'hyperband' || name === 'pbt' || name === 'pbttuner'

/** The examples write 999 days where they mean no limit. */
export const limitOf = (seconds: number): number | null => (seconds >= 365 * 86_400 ? null : seconds)

const units: Record<string, number> = { s: 1, m: 60, h: 3600, d: 86_400 }

/** `4h`, `999d`, `3600`; undefined: not readable. */
export function secondsOf(duration: string | undefined): number | undefined {
  const match = /^\s*([\d.]+)\s*([smhd]?)\s*$/.exec(duration ?? '')
  return match === null ? undefined : Number(match[1]) * lookUp(units, match[2] || 's')!
}

/** The space in a file that the experiment names. */
export function spaceInFile(
  path: string | undefined,
  named: FragmentFacts['named'],
  claims: ClaimBuilder,
): Dimension[] | null {
  if (path === undefined) return null
  claims.namesFile(path)
  const space = lookUp(named, path)
  if (space?.kind !== 'map' || space.open !== undefined) return null
  return Object.entries(space.entries).map(([key, node]) => {
    const type = configuredAt(node, '_type')
    const values = configuredAt(node, '_value')
    return dimensionOf(
      key,
      type?.kind === 'scalar' ? String(type.value) : undefined,
      values?.kind === 'list' ? values.items.map(plainConfigured) : [],
    )
  })
}

/** `lr: {_type: choice, _value: [0.1, 0.01]}`. */
export function dimensionOf(name: string, type: string | undefined, values: (Json | undefined)[]): Dimension {
  const [min, max, step] = values.map((one) => Number(one))
  switch (type) {
    case 'choice': {
      const found = values.map((one, index): Json => one ?? `#${index}`)
      return { name, size: distinctCount(found), values: found }
    }
    case 'randint':
      return { name, size: isNumber(min) && isNumber(max) ? integerSize(min, max - 1) : null }
    case 'quniform': {
      const known = isNumber(min) && isNumber(max) && isNumber(step)
      return { name, size: known ? quantisedSize(min, max, step) : null }
    }
    default:
      return { name, size: null }
  }
}

function isNumber(value: number | undefined): value is number {
  return value !== undefined && Number.isFinite(value)
}

/** Variables that programs take from objects of the project by their names, often from another file. */
import { define, lookUp } from '../text/records.js'
import type { Extraction, Launch, LaunchValue, NamedVariables, VariableSource } from '../workload/claim.js'
import { nearest } from './paths.js'

type Values = NamedVariables['values']

/** A launch with what its variables were found to be; the same object while these are the same, so that judgements are kept. */
const completed = new WeakMap<Launch, { found: readonly Values[][]; launch: Launch }>()

export function withNamedVariables(
  launches: readonly Launch[],
  extractions: readonly Extraction[],
): readonly Launch[] {
  if (!launches.some(({ variablesFrom }) => variablesFrom !== undefined)) return launches
  const byName = valuesByName(extractions)
  return launches.map((launch) => {
    const sources = launch.variablesFrom
    if (sources === undefined) return launch
    const found = sources.map(({ object }) => nearest(byName.get(object) ?? [], launch.location.path, pathOf))
    if (found.every((one) => one.length === 0)) return launch
    const before = completed.get(launch)
    if (before !== undefined && isSame(before.found, found)) return before.launch
    const result = { ...launch, environment: environmentOf(launch, sources, found.map(agreed)) }
    completed.set(launch, { found, launch: result })
    return result
  })
}

function isSame(before: readonly Values[][], now: readonly Values[][]): boolean {
  return before.every(
    (values, index) =>
      values.length === now[index]!.length && values.every((one, place) => one === now[index]![place]),
  )
}

const pathOf = (values: Values): string => Object.values(values)[0]!.location.path

function valuesByName(extractions: readonly Extraction[]): Map<string, Values[]> {
  const found = new Map<string, Values[]>()
  for (const { variables = [] } of extractions)
    for (const { object, values } of variables) found.set(object, [...(found.get(object) ?? []), values])
  return found
}

/** Each environment may have its own object: what they do not agree on is set to something that nobody knows. */
function agreed(objects: readonly Values[]): Values {
  const result: Values = {}
  for (const values of objects) {
    for (const [name, one] of Object.entries(values)) {
      const same = objects.every((other) => lookUp(other, name)?.value === one.value)
      define(result, name, same ? one : { ...one, value: null })
    }
  }
  return result
}

/** A later object wins over an earlier one, and what the container lists by itself over all of them. */
function environmentOf(
  { environment }: Launch,
  sources: readonly VariableSource[],
  found: readonly Values[],
): Record<string, LaunchValue> {
  const result: Record<string, LaunchValue> = {}
  sources.forEach((source, index) => {
    if (!('prefix' in source)) return
    for (const [name, value] of Object.entries(found[index]!))
      define(result, `${source.prefix}${name}`, value)
  })
  for (const [name, value] of Object.entries(environment)) define(result, name, value)
  sources.forEach((source, index) => {
    const value = 'key' in source ? lookUp(found[index]!, source.key) : undefined
    if (value !== undefined && 'variable' in source) define(result, source.variable, value)
  })
  return result
}

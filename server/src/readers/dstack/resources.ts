/** How dstack writes accelerators, times and ranges. Source: dstack, core/models/{resources,duration,common}.py. */
import { allGpus, gpu } from '../../catalog/gpus.js'
import { at, entry, items, number, written } from '../../config/access.js'
import type { ConfigEntry, ConfigNode } from '../../config/node.js'
import type { Json } from '../../text/json.js'
import { lookUp } from '../../text/records.js'

export interface Accelerators {
  /** The key with its value. */
  found: ConfigEntry
  /** On each node; null: a range, or not readable. */
  count: number | null
  /** Catalogue name; null: several, or any. */
  model: string | null
  /** Those that it may be, where names or an amount of memory leave several; empty: any. */
  choices: string[]
  tpu: boolean
}

/** `resources.gpu`: `8`, `24GB`, `H100:8`, `A100:80GB:2`, `{name: [A100, H100], count: 2}`; null: none is asked for. */
export function acceleratorsOf(root: ConfigNode): Accelerators | null {
  const found = entry(at(root, 'resources'), 'gpu')
  if (found === undefined) return null
  const { value } = found
  if (value.kind === 'map') {
    const count = at(value, 'count')
    const names = at(value, 'name')
    const given = names?.kind === 'list' ? items(names).map(written) : [written(names)]
    return named(found, {
      count: count === undefined ? '1' : (written(count) ?? ''),
      names: given,
      memory: written(at(value, 'memory')),
      vendor: written(at(value, 'vendor')),
    })
  }
  const parts = (written(value) ?? '').replaceAll(' ', '').split(':')
  const vendor = parts.find((part) => /^(nvidia|amd|google|tpu|intel|tenstorrent)$/i.test(part))
  const name = parts.find((part) => part !== vendor && /^[A-Za-z]/.test(part))
  const count = parts.find((part) => /^[\d.]+$/.test(part))
  const memory = parts.find((part) => /^\d.*[A-Za-z]/.test(part))
  const readable = value.kind === 'scalar' && value.value !== null
  return named(found, {
    count: readable ? (count ?? '1') : '',
    names: name === undefined ? [] : name.split(','),
    memory,
    vendor,
  })
}

interface Asked {
  count: string
  names: (string | undefined)[]
  memory: string | undefined
  vendor: string | undefined
}

function named(found: ConfigEntry, { count, names, memory, vendor }: Asked): Accelerators {
  const [only] = names
  const tpu = /^(google|tpu)$/i.test(vendor ?? '') || names.some((name) => /^(tpu-)?v\d/.test(name ?? ''))
  const single = names.length === 1 ? only : undefined
  const exact = /^\d+GB$/i.test(memory ?? '') ? gpu(`${single}-${memory}`) : undefined
  return {
    found,
    count: /^\d+$/.test(count) && !tpu ? Number(count) : null,
    model: single === undefined ? null : ((exact ?? gpu(single))?.name ?? null),
    choices: names.length > 1 ? namedCards(names) : names.length === 0 ? cardsWith(memory, vendor) : [],
    tpu,
  }
}

function namedCards(names: readonly (string | undefined)[]): string[] {
  const found = names.map((name) => gpu(name ?? '')?.name)
  return found.includes(undefined) ? [] : found.flatMap((name) => name ?? [])
}

/** `24GB`: so much; `24GB..`, `16GB..40GB`: at least, and at most. */
function cardsWith(memory: string | undefined, vendor: string | undefined): string[] {
  const match = /^(?:(\d+)GB)?(\.\.)?(?:(\d+)GB)?$/i.exec(memory ?? '')
  if (match === null || (match[1] === undefined && match[3] === undefined)) return []
  const least = Number(match[1] ?? 0)
  const most = match[3] !== undefined ? Number(match[3]) : match[2] === undefined ? least : Infinity
  const wanted = vendor?.toLowerCase() ?? 'nvidia'
  return allGpus()
    .filter(
      (one) =>
        one.vendor === wanted && one.memoryGB !== null && one.memoryGB >= least && one.memoryGB <= most,
    )
    .map(({ name }) => name)
}

const seconds: Record<string, number> = { s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 }

/** `2h`, `1d`, `3600`; null: `off`; undefined: not readable. */
export function secondsOf(value: Json): number | null | undefined {
  if (value === false) return null
  const source = String(value).trim()
  // Minus one is the oldest spelling of `off`.
  if (/^-?\d+(\.\d+)?$/.test(source)) return Number(source) < 0 ? null : Number(source)
  if (/^off$/i.test(source)) return null
  const match = /^(\d+)\s*([smhdw])$/.exec(source)
  return match === null ? undefined : Number(match[1]) * lookUp(seconds, match[2]!)!
}

/** The same of a node of a configuration. */
export function durationOf(node: ConfigNode): number | null | undefined {
  return node.kind === 'scalar' && node.value !== null ? secondsOf(node.value) : undefined
}

/** `2`, `0..4`, `1..`, `{min: 1, max: 4}`; null: not readable. */
export function rangeOf(node: ConfigNode | undefined): { least: number; most: number | null } | null {
  if (node?.kind === 'map') {
    const [least, most] = [number(at(node, 'min')) ?? 0, number(at(node, 'max'))]
    return { least, most: most ?? null }
  }
  const match = /^(\d+)?(\.\.)?(\d+)?$/.exec(written(node) ?? '-')
  if (match === null || match[0] === '') return null
  const least = Number(match[1] ?? 0)
  if (match[2] === undefined) return { least, most: least }
  return { least, most: match[3] === undefined ? null : Number(match[3]) }
}

/** `8h`, `30m`: the largest unit that is whole. */
export function spelledDuration(value: number): string {
  for (const unit of ['d', 'h', 'm'] as const) {
    const size = seconds[unit]!
    if (value % size === 0 && value >= size && !(unit === 'd' && value === 86_400))
      return `${value / size}${unit}`
  }
  return `${value}s`
}

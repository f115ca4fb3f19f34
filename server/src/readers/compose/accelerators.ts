/** Accelerators and memory that a service of Compose asks for. Source: the Compose specification, "deploy" and "services". */
import { at, items, number, text, textWithTemplates, written } from '../../config/access.js'
import type { ConfigMap, ConfigNode } from '../../config/node.js'
import { lookUp } from '../../text/records.js'
import type { Keys } from '../config-change.js'

export interface Devices {
  /** What asks for them, and the keys of it below the service. */
  node: ConfigNode
  keys: Keys
  /** Null: not readable. */
  count: number | 'all' | null
  /** Keys of the number alone; null: it is not written as one. */
  number: Keys | null
  /** Devices beside it in the same list, itself among them. */
  listed: number
}

/** `deploy.resources.reservations.devices`, `gpus`, `runtime: nvidia`; null: none. */
export function devicesOf(service: ConfigMap): Devices | null {
  const path = ['deploy', 'resources', 'reservations', 'devices']
  const lists: [ConfigNode | undefined, Keys][] = [
    [at(service, ...path), path],
    [at(service, 'gpus'), ['gpus']],
  ]
  for (const [list, keys] of lists) {
    if (list !== undefined && byDefault(list) === 'all')
      return { node: list, keys, count: 'all', number: null, listed: 1 }
    const index = items(list).findIndex((one) => isGpu(one, keys[0] === 'gpus'))
    const device = items(list)[index]
    if (device === undefined) continue
    const ids = at(device, 'device_ids')
    const count = at(device, 'count')
    if (ids !== undefined)
      return {
        node: ids,
        keys,
        count: ids.kind === 'list' ? ids.items.length : null,
        number: null,
        listed: items(list).length,
      }
    const given = count === undefined ? 'all' : byDefault(count)
    return {
      node: count ?? device,
      keys,
      // Without a number it is every one that fits.
      count: given === 'all' ? 'all' : wholeNumber(given),
      number: number(count) === undefined ? null : [...keys, index, 'count'],
      listed: items(list).length,
    }
  }
  const runtime = at(service, 'runtime')
  if (text(runtime) !== 'nvidia') return null
  const visible = environmentOf(service).find((one) => one.name === 'NVIDIA_VISIBLE_DEVICES')
  const named = /^\d+(,\d+)*$/.test(visible?.value ?? '') ? visible!.value!.split(',').length : null
  if (/^(none|void)$/.test(visible?.value ?? '')) return null
  if (visible?.value === 'all')
    return { node: visible.node, keys: ['runtime'], count: 'all', number: null, listed: 1 }
  return { node: visible?.node ?? runtime!, keys: ['runtime'], count: named, number: null, listed: 1 }
}

/** A scalar as text; of a variable that is filled in from outside (`${GPUS:-1}`) what holds where nobody sets it. */
export function byDefault(node: ConfigNode): string | undefined {
  return written(node) ?? /^\$\{\w+:?-([^{}$]*)\}$/.exec(textWithTemplates(node)?.trim() ?? '')?.[1]
}

function wholeNumber(text: string | undefined): number | null {
  return /^\d+$/.test(text?.trim() ?? '') ? Number(text) : null
}

function isGpu(device: ConfigNode, gpus: boolean): boolean {
  const capabilities = items(at(device, 'capabilities')).flatMap((one) =>
    one.kind === 'list' ? items(one).map(written) : [written(one)],
  )
  return gpus || capabilities.includes('gpu') || text(at(device, 'driver')) === 'nvidia'
}

export interface Variable {
  name: string
  /** Null: brought from outside, or not readable. */
  value: string | null
  node: ConfigNode
}

/** `environment` as a map or a list. */
export function environmentOf(service: ConfigMap): Variable[] {
  const node = at(service, 'environment')
  if (node?.kind === 'map')
    return node.entries.map(({ key, value }) => ({ name: key, value: written(value) ?? null, node: value }))
  return items(node).flatMap((item) => {
    const source = text(item) ?? textWithTemplates(item) ?? ''
    const [, name, value] = /^(\w+)(?:=([\s\S]*))?$/.exec(source) ?? []
    if (name === undefined) return []
    return [{ name, value: item.kind === 'scalar' ? (value ?? null) : null, node: item }]
  })
}

const units: Record<string, number> = { '': 1, b: 1, k: 2 ** 10, m: 2 ** 20, g: 2 ** 30 }

/** `8gb`, `512m`, 67108864: bytes; undefined: not readable. */
export function bytesOf(node: ConfigNode): number | undefined {
  return bytesIn(byDefault(node) ?? '')
}

export function bytesIn(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)\s*([bkmg]?)(?:i?b)?$/i.exec(text.trim())
  return match === null ? undefined : Number(match[1]) * lookUp(units, match[2]!.toLowerCase())!
}

/** Bytes of `/dev/shm` without any word about it: what Docker gives. */
export const sharedByDefault = 64 * 2 ** 20

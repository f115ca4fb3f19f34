/**
 * What a configuration file hands to the scripts that read it: plain values, each with the place where it is written.
 * Values of several files, and of a launch line, can stand in one tree.
 */
import type { Json } from './json.js'
import type { Location } from './location.js'
import { lookUp } from './records.js'

/** Begins a path that stands below the root of the project. */
export const projectRoot = '<root>/'

export interface ConfiguredPlace {
  location: Location
  /** Index of the document in its file, and the keys down to the value; null: the value stands on a launch line. */
  document: number
  keys: (string | number)[] | null
}

export type Configured =
  | {
      kind: 'map'
      entries: Record<string, Configured>
      at: ConfiguredPlace
      /** Why there may be more keys than these, or other values. */
      open?: string
    }
  | { kind: 'list'; items: Configured[]; at: ConfiguredPlace; open?: string }
  | { kind: 'scalar'; value: Json; at: ConfiguredPlace }
  | {
      kind: 'unknown'
      because: string
      text?: string
      at: ConfiguredPlace
      /** It is one of these, each under a condition. */
      options?: { value: Json; at: ConfiguredPlace; when: string }[]
    }

export type ConfiguredMap = Configured & { kind: 'map' }

/** A file as a script sees it once the program has read it. */
export interface ConfigurationRoot {
  root: Configured
  /** A launch that is not known could replace the values (Hydra's command line). */
  overridable: boolean
}

/** The value of a key; unknown where the map may hold more than is seen; undefined: it is not there. */
export function configuredChild(node: Configured, key: string | number): Configured | undefined {
  if (node.kind === 'unknown') return node
  if (node.kind === 'map') {
    const child = lookUp(node.entries, String(key))
    if (child !== undefined || node.open === undefined) return child
    return { kind: 'unknown', because: node.open, at: node.at }
  }
  if (node.kind === 'list' && typeof key === 'number') {
    const child = node.items.at(key)
    if (child !== undefined || node.open === undefined) return child
    return { kind: 'unknown', because: node.open, at: node.at }
  }
  return undefined
}

/** The value below a path of keys, as `configuredChild`. */
export function configuredAt(
  node: Configured | undefined,
  ...keys: (string | number)[]
): Configured | undefined {
  let current = node
  for (const key of keys) {
    if (current === undefined) return undefined
    current = configuredChild(current, key)
  }
  return current
}

/** The value without its places; undefined where some of it is not known. */
export function plainConfigured(node: Configured): Json | undefined {
  switch (node.kind) {
    case 'scalar':
      return node.value
    case 'unknown':
      return undefined
    case 'list': {
      if (node.open !== undefined) return undefined
      const items: Json[] = []
      for (const item of node.items) {
        const value = plainConfigured(item)
        if (value === undefined) return undefined
        items.push(value)
      }
      return items
    }
    case 'map': {
      if (node.open !== undefined) return undefined
      const result: Record<string, Json> = {}
      for (const [key, child] of Object.entries(node.entries)) {
        const value = plainConfigured(child)
        if (value === undefined) return undefined
        Object.defineProperty(result, key, { value, enumerable: true, configurable: true, writable: true })
      }
      return result
    }
  }
}

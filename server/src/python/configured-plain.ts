/** Configurations as modules tell each other of them: plain data. */
import type { Json } from '../text/json.js'
import type { Location } from '../text/location.js'
import { define, lookUp } from '../text/records.js'
import type { ConfiguredPath } from './configured-path.js'
import { known, writtenAt } from './folded.js'
import type { PlainPath } from './module.js'

/** Longest value of a field that is worth passing on, in characters of JSON. */
const longestField = 500

export function toPlain({
  root,
  keys,
  fields,
  parts,
  under,
  commandLine,
  ...more
}: ConfiguredPath): PlainPath {
  const values: Record<string, Json> = {}
  const places: Record<string, Location> = {}
  for (const [name, value] of fields?.values ?? []) {
    if (value.state === 'unknown' || value.overridable) continue
    if (JSON.stringify(value.value).length > longestField) continue
    define(values, name, value.value)
    if (value.written !== undefined) define(places, name, value.written)
  }
  return {
    root,
    keys,
    ...(fields === undefined
      ? {}
      : { fields: { from: fields.from, values, ...(Object.keys(places).length === 0 ? {} : { places }) } }),
    ...(parts === undefined ? {} : { parts: { from: parts.from, paths: mapped(parts.paths, toPlain) } }),
    ...(under === undefined ? {} : { under: toPlain(under) }),
    ...(commandLine === true ? { commandLine } : {}),
    ...(more.overrides === undefined ? {} : { overrides: more.overrides }),
    ...(more.overridable === true ? { overridable: true as const } : {}),
  }
}

function mapped<A, B>(record: Readonly<Record<string, A>>, change: (one: A) => B): Record<string, B> {
  const result: Record<string, B> = {}
  for (const [key, one] of Object.entries(record)) define(result, key, change(one))
  return result
}

/** One object stays one, however often it is asked for. */
const objects = new WeakMap<PlainPath, ConfiguredPath>()

export function fromPlain(plain: PlainPath): ConfiguredPath {
  const path = objects.get(plain) ?? made(plain)
  objects.set(plain, path)
  return path
}

function made({
  root,
  keys,
  fields,
  parts,
  under,
  commandLine,
  changed,
  mayChange,
  ...more
}: PlainPath): ConfiguredPath {
  const values = new Map(
    Object.entries(fields?.values ?? {}).map(([name, value]) => [
      name,
      writtenAt(known(value), lookUp(fields?.places ?? {}, name)),
    ]),
  )
  return {
    root,
    keys,
    ...(fields === undefined ? {} : { fields: { from: fields.from, values } }),
    ...(parts === undefined ? {} : { parts: { from: parts.from, paths: mapped(parts.paths, fromPlain) } }),
    ...(under === undefined ? {} : { under: fromPlain(under) }),
    ...(commandLine === true ? { commandLine } : {}),
    ...(changed === undefined ? {} : { changed }),
    ...(mayChange === undefined ? {} : { mayChange }),
    ...(more.overrides === undefined ? {} : { overrides: more.overrides }),
    ...(more.overridable === true ? { overridable: true as const } : {}),
  }
}

/** A root of the module at `path`, told apart from those of other modules. */
export function rootIn(path: string, root: string): string {
  return `${path}\0${root}`
}

/** The module that a root of another one belongs to; null: it is the reader's own. */
export function moduleOfRoot(root: string): string | null {
  const cut = root.indexOf('\0')
  return cut <= 0 ? null : root.slice(0, cut)
}

/** As another module sees it: with the roots of the module at `path`. */
export function seenFrom(path: string, plain: PlainPath): PlainPath {
  return withRoots(plain, (root) => (root.includes('\0') ? root : rootIn(path, root)))
}

/** Every root that a path leads to. */
export function rootsOf({ root, parts, under }: PlainPath): string[] {
  const inside = Object.values(parts?.paths ?? {})
  const all = [...inside, ...(under === undefined ? [] : [under])].flatMap(rootsOf)
  return [...new Set([...(root === null ? [] : [root]), ...all])]
}

/** The same path with other roots. */
export function withRoots(path: PlainPath, change: (root: string) => string): PlainPath {
  const { root, parts, under } = path
  const inner = (one: PlainPath): PlainPath => withRoots(one, change)
  return {
    ...path,
    root: root === null ? null : change(root),
    ...(parts === undefined ? {} : { parts: { from: parts.from, paths: mapped(parts.paths, inner) } }),
    ...(under === undefined ? {} : { under: withRoots(under, change) }),
  }
}

/** A part of it. */
export function plainBelow(path: PlainPath, keys: readonly (string | number)[]): PlainPath {
  const { under } = path
  return {
    ...path,
    keys: [...path.keys, ...keys],
    ...(under === undefined ? {} : { under: plainBelow(under, keys) }),
  }
}

/** Configurations as modules tell each other of them: plain data. */
import type { Json } from '../text/json.js'
import type { Location } from '../text/location.js'
import { define, lookUp } from '../text/records.js'
import type { ConfiguredPath } from './configured-path.js'
import { known, writtenAt } from './folded.js'
import type { PlainPath } from './module.js'

/** Longest value of a field that is worth passing on, in characters of JSON. */
const longestField = 500

/** Without what the program writes to it. */
export function toPlain({
  fields,
  parts,
  under,
  changed: _,
  mayChange: __,
  ...path
}: ConfiguredPath): PlainPath {
  const further = ledTo({ parts, under }, toPlain)
  return fields === undefined ? { ...path, ...further } : { ...path, fields: plainFields(fields), ...further }
}

function plainFields({
  from,
  values,
  all,
  open: before,
}: NonNullable<ConfiguredPath['fields']>): PlainPath['fields'] {
  const plain: Record<string, Json> = {}
  const places: Record<string, Location> = {}
  const open: string[] = [...(before ?? [])]
  for (const [name, value] of values) {
    if (value.state === 'unknown' || value.overridable || JSON.stringify(value.value).length > longestField) {
      open.push(name)
      continue
    }
    define(plain, name, value.value)
    if (value.written !== undefined) define(places, name, value.written)
  }
  return {
    from,
    values: plain,
    ...(Object.keys(places).length === 0 ? {} : { places }),
    ...(all === undefined ? {} : { all }),
    ...(open.length === 0 ? {} : { open }),
  }
}

/** What a path leads to elsewhere. */
interface Further<Path> {
  parts?: { from: number; paths: Readonly<Record<string, Path>> }
  under?: Path
}

/** The same with other paths. */
export function ledTo<A, B>(
  { parts, under }: Further<A>,
  change: (one: A) => B,
): { parts?: { from: number; paths: Record<string, B> }; under?: B } {
  return {
    ...(parts === undefined ? {} : { parts: { from: parts.from, paths: mapped(parts.paths, change) } }),
    ...(under === undefined ? {} : { under: change(under) }),
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

function made({ fields, parts, under, ...path }: PlainPath): ConfiguredPath {
  const further = ledTo({ parts, under }, fromPlain)
  if (fields === undefined) return { ...path, ...further }
  const values = new Map(
    Object.entries(fields.values).map(([name, value]) => [
      name,
      writtenAt(known(value), lookUp(fields.places ?? {}, name)),
    ]),
  )
  const { from, all, open } = fields
  return {
    ...path,
    fields: {
      from,
      values,
      ...(all === undefined ? {} : { all }),
      ...(open === undefined ? {} : { open }),
    },
    ...further,
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

/**
 * The configuration that all calls of a function pass; null: none, or not the same. A program beside the one that trains has a
 * configuration of its own (`eval.yaml`), which says nothing of the training.
 */
export function agreedPath(
  calls: readonly { path: PlainPath | null | undefined; fits: boolean }[],
): PlainPath | null {
  const fitting = calls.filter(({ fits }) => fits)
  return theOnly(calls) ?? (fitting.length < calls.length ? theOnly(fitting) : null)
}

function theOnly(calls: readonly { path: PlainPath | null | undefined }[]): PlainPath | null {
  const [first, ...others] = calls.map(({ path }) => path ?? null)
  const spelled = JSON.stringify(first)
  return first !== undefined && others.every((one) => JSON.stringify(one) === spelled) ? first : null
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
  const { root } = path
  return {
    ...path,
    root: root === null ? null : change(root),
    ...ledTo(path, (one) => withRoots(one, change)),
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

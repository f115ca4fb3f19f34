/** Kinds of values in a configuration file: how each is read, and what a JSON schema says of it. */
import type { ConfigEntry, ConfigMap, ConfigNode } from '../config/node.js'
import type { Json } from '../text/json.js'
import { define, lookUp } from '../text/records.js'
import { nearest } from './nearest.js'

export type JsonSchema = { [keyword: string]: Json }

/** Who is told what is wrong with a file. */
export interface Problems {
  /** @param offset of the text that the message is about */
  add(offset: number, message: string): void
}

export interface Field<T> {
  /** One sentence for whoever writes the key. */
  doc: string
  schema: JsonSchema
  /** Undefined: it is wrong, and that has been told. */
  read(entry: ConfigEntry, problems: Problems): T | undefined
}

export type Shape = Readonly<Record<string, Field<unknown>>>

/** What a table of this shape holds. */
export type Values<S extends Shape> = { [K in keyof S]?: S[K] extends Field<infer T> ? T : never }

/** A text with its place. */
export interface Placed {
  text: string
  start: number
}

export function wrongType(entry: ConfigEntry, expected: string, problems: Problems): undefined {
  // What cannot be read at all has been reported as a syntax error.
  if (entry.value.kind !== 'unknown') problems.add(entry.keyStart, `"${entry.key}" must be ${expected}`)
  return undefined
}

export function text(doc: string, schema: JsonSchema = {}): Field<string> {
  return {
    doc,
    schema: { type: 'string', ...schema },
    read: (entry, problems) => {
      const { value } = entry
      if (value.kind === 'scalar' && typeof value.value === 'string') return value.value
      return wrongType(entry, 'a string', problems)
    },
  }
}

/** Texts with their places. `alone`: one of them need not stand in brackets. */
export function placedTexts(entry: ConfigEntry, problems: Problems, alone = false): Placed[] | undefined {
  const { value } = entry
  const found: Placed[] = []
  const expected = alone ? 'a string, or a list of strings' : 'a list of strings'
  for (const item of value.kind === 'list' ? value.items : [value]) {
    const isListed = value.kind === 'list' || alone
    if (!isListed || item.kind !== 'scalar' || typeof item.value !== 'string')
      return wrongType(entry, expected, problems)
    found.push({ text: item.value, start: item.start })
  }
  return found
}

export function texts(doc: string, items: JsonSchema = {}): Field<string[]> {
  return {
    doc,
    schema: { type: 'array', items: { type: 'string', ...items } },
    read: (entry, problems) => placedTexts(entry, problems)?.map((each) => each.text),
  }
}

export function count(doc: string): Field<number> {
  return {
    doc,
    schema: { type: 'integer', minimum: 0 },
    read: (entry, problems) => {
      const { value } = entry
      const number = value.kind === 'scalar' ? value.value : null
      if (typeof number === 'number' && Number.isInteger(number) && number >= 0) return number
      return wrongType(entry, 'a whole number, 0 or more', problems)
    },
  }
}

/** Zero or more, and not more than `most`. */
export function amount(doc: string, expected: string, most = Number.MAX_VALUE): Field<number> {
  return {
    doc,
    schema: { type: 'number', minimum: 0, ...(most === Number.MAX_VALUE ? {} : { maximum: most }) },
    read: (entry, problems) => {
      const { value } = entry
      const number = value.kind === 'scalar' ? value.value : null
      if (typeof number === 'number' && number >= 0 && number <= most) return number
      return wrongType(entry, expected, problems)
    },
  }
}

export function flag(doc: string): Field<boolean> {
  return {
    doc,
    schema: { type: 'boolean' },
    read: (entry, problems) => {
      const { value } = entry
      if (value.kind === 'scalar' && typeof value.value === 'boolean') return value.value
      return wrongType(entry, 'true or false', problems)
    },
  }
}

export function readOneOf<T extends string>(
  entry: ConfigEntry,
  values: readonly T[],
  problems: Problems,
): T | undefined {
  const { value } = entry
  const word = value.kind === 'scalar' && typeof value.value === 'string' ? value.value : undefined
  return values.find((each) => each === word) ?? wrongType(entry, `one of ${values.join(', ')}`, problems)
}

export function oneOf<T extends string>(doc: string, values: readonly T[]): Field<T> {
  return { doc, schema: { enum: [...values] }, read: (entry, problems) => readOneOf(entry, values, problems) }
}

/** @param what as messages call it */
export function table<S extends Shape>(doc: string, what: string, shape: S): Field<Values<S>> {
  return {
    doc,
    schema: schemaOf(shape),
    read: (entry, problems) => readTable(entry.value, what, shape, problems),
  }
}

/** A list of tables (`[[name]]`); one without a key of `needed` is left out, and so is one that `check` refuses. */
export function tables<S extends Shape>(
  doc: string,
  what: string,
  shape: S,
  needed: readonly (keyof S & string)[],
  check: (table: ConfigMap, problems: Problems) => boolean = () => true,
): Field<Values<S>[]> {
  return {
    doc,
    schema: { type: 'array', items: schemaOf(shape, needed) },
    read: (entry, problems) => {
      const { value } = entry
      const expected = `a list of tables, [[${entry.key}]]`
      if (value.kind !== 'list') return wrongType(entry, expected, problems)
      return value.items.flatMap((item) => {
        if (item.kind !== 'map') {
          if (item.kind !== 'unknown') wrongType(entry, expected, problems)
          return []
        }
        const values = readTable(item, what, shape, problems)
        const missing = needed.filter((key) => !has(item, key))
        for (const key of missing) problems.add(item.start, `${what} needs "${key}"`)
        const isRight = check(item, problems) && missing.length === 0
        return values !== undefined && isRight && needed.every((key) => values[key] !== undefined)
          ? [values]
          : []
      })
    },
  }
}

export function has(table: ConfigMap, key: string): boolean {
  return table.entries.some((entry) => entry.key === key)
}

/** What is right of a table; what is wrong is told. */
export function readTable<S extends Shape>(
  node: ConfigNode,
  what: string,
  shape: S,
  problems: Problems,
): Values<S> | undefined {
  if (node.kind !== 'map') {
    if (node.kind !== 'unknown') problems.add(node.start, `${what} must be a table`)
    return undefined
  }
  const values: Record<string, unknown> = {}
  for (const entry of node.entries) {
    const field = lookUp(shape, entry.key)
    if (field === undefined) {
      const names = Object.keys(shape)
      const hint = nearest(entry.key, names)
      const end = hint === undefined ? `; it may hold ${names.join(', ')}` : `, did you mean "${hint}"?`
      problems.add(entry.keyStart, `unknown key "${entry.key}" in ${what}${end}`)
      continue
    }
    const value = field.read(entry, problems)
    if (value !== undefined) define(values, entry.key, value)
  }
  // Each key holds what the field of that name has read.
  return values as Values<S>
}

export function schemaOf(shape: Shape, needed: readonly string[] = []): JsonSchema {
  const properties = Object.fromEntries(
    Object.entries(shape).map(([key, { doc, schema }]) => [key, { description: doc, ...schema }]),
  )
  return {
    type: 'object',
    properties,
    additionalProperties: false,
    ...(needed.length === 0 ? {} : { required: [...needed] }),
  }
}

/** Located values: what a configuration file says, with the range of every key and value. Plain JSON. */

import type { TextName } from '../text/named-text.js'

export type ConfigNode = ConfigMap | ConfigList | ConfigScalar | ConfigUnknown

interface Placed {
  /** Range of the value in the fragment. */
  start: number
  end: number
}

export interface ConfigEntry {
  key: string
  keyStart: number
  keyEnd: number
  value: ConfigNode
}

export interface ConfigMap extends Placed {
  kind: 'map'
  entries: ConfigEntry[]
  /** HCL only: the labels of the block. */
  labels?: string[]
  /** Why entries may be missing that are there when the file is used ('template', a merge that cannot be read). */
  open?: string
  /** HCL only: blocks that are made for each item of something (`dynamic "taint" { for_each = … content { … } }`). */
  dynamic?: { name: string; iterator: string; over: ConfigNode; content: ConfigMap }[]
}

export interface ConfigList extends Placed {
  kind: 'list'
  items: ConfigNode[]
  /** As for maps. */
  open?: string
}

export interface ConfigScalar extends Placed {
  kind: 'scalar'
  value: string | number | boolean | null
  /** As written, quotes included. */
  raw: string
}

/** Present, but not readable: a template, an interpolation, a syntax error. */
export interface ConfigUnknown extends Placed {
  kind: 'unknown'
  because: string
  /** The text with its templates or interpolations still inside: a command line can be read around them. */
  text?: string
  /** HCL only: `var.name`, `local.map["key"].size`: what another place of the module holds. */
  reference?: string
  /** HCL only: `local.sizes[var.env].type`, `lookup(local.sizes, var.env, "m5.large")`. */
  lookedUp?: { map: string; key: string; rest: string; otherwise?: ConfigNode }
  /** HCL only: `var.env == "prod" ? a : b`. */
  chosen?: { test: string; then: ConfigNode; otherwise: ConfigNode }
  /** HCL only: `file("boot.sh")`, `templatefile("boot.sh.tpl", {…})`: the text of a file. */
  file?: { name: TextName; variables?: ConfigNode }
  /** HCL only: `merge(a, b)`, whose maps are laid over each other. */
  merged?: ConfigNode[]
  /** HCL only: `try(a, b)`, `coalesce(a, b)`: the first of them that there is. */
  firstOf?: ConfigNode[]
  /** HCL only: `"${var.family}.xlarge"`, `format("%s.xlarge", var.family)`: what is put together to a text. */
  parts?: ConfigNode[]
  /** HCL only: `{ for one in local.pools : one.name => one }`. */
  keyed?: { of: string; item: string; keyName?: string; key: string; test?: string }
  /** HCL only: what a type gives to objects that leave it out (`object({ gpus = optional(number, 1) })`). */
  gives?: ObjectDefaults
  /** HCL only: a key that is certainly not in its map. */
  missing?: true
}

export interface ObjectDefaults {
  fields?: { key: string; value?: ConfigNode; within?: ObjectDefaults }[]
  /** Of the items of a list or a map. */
  items?: ObjectDefaults
}

/** One document (YAML files may hold several). */
export interface ConfigDocument {
  index: number
  root: ConfigNode
  /** True when it holds template syntax (`{{ … }}`, `{% … %}`). */
  templated: boolean
  hasErrors: boolean
  /** Where the first error is; absent: nobody can tell. */
  errorAt?: number
}

export interface ConfigFacts {
  documents: ConfigDocument[]
  comments: { start: number; end: number; text: string }[]
  /** Why nothing was read. */
  problem?: string
}

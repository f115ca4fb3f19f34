/**
 * A tree-sitter tree copied into flat arrays by one cursor walk. Asking a tree-sitter node for anything crosses into
 * WebAssembly, so each question is asked once; afterwards the tree can be deleted and nodes are plain indices.
 *
 * Nodes stand in preorder: the first child of `i` is `i + 1` (when `next[i]` is not that), its next sibling `next[i]`.
 * Comments and line continuations may stand between any two nodes and are kept apart.
 */
import type { Language, Tree } from 'web-tree-sitter'

export interface FlatTree {
  text: string
  count: number
  /** Kind of node `i`: `names[types[i]]`; 'ERROR' for what could not be parsed. */
  types: Uint16Array
  names: readonly string[]
  /** 1 for named nodes, 0 for punctuation, keywords and operators. */
  named: Uint8Array
  /** Offsets; for unnamed nodes -1 unless the tree holds an error. */
  starts: Int32Array
  ends: Int32Array
  /** Index into `fieldNames`; 0: none. Only for named nodes. */
  fields: Uint8Array
  fieldNames: readonly (string | null)[]
  /** Index behind the last descendant. */
  next: Int32Array
  /** 1 when the node is or holds an error or a missing token. */
  broken: Uint8Array
  /** 1 when the parser made the node up. */
  missing: Uint8Array
  comments: { start: number; end: number; text: string }[]
  hasErrors: boolean
}

/** What of a language's trees is worth asking for; every question saved counts. */
export interface Shape {
  /** Named kinds whose inside is never needed. Unnamed nodes have none. */
  leaves: ReadonlySet<string>
  /** Kinds whose children have no field names. */
  fieldless: ReadonlySet<string>
  /** Kinds whose inside is needed only where `needsInside` says so (and in trees with errors). */
  mixed: ReadonlySet<string>
  needsInside(text: string, start: number): boolean
}

interface LanguageTable {
  shape: Shape
  names: string[]
  isNamed: Uint8Array
  inside: Uint8Array
  hasFields: Uint8Array
  comment: number
  continuation: number
}

const never = 0
const always = 1
const sometimes = 2

/** Tree-sitter's number for ERROR. */
const errorType = 65535

const tables = new WeakMap<Language, LanguageTable>()

function tableOf(language: Language, shape: Shape): LanguageTable {
  let table = tables.get(language)
  if (table === undefined || table.shape !== shape) {
    const names = language.types.map((name) => name ?? '')
    const isNamed = new Uint8Array(names.length + 1)
    const inside = new Uint8Array(names.length + 1)
    const hasFields = new Uint8Array(names.length + 1)
    for (let type = 0; type < names.length; type++) {
      const name = names[type]!
      isNamed[type] = language.nodeTypeIsNamed(type) ? 1 : 0
      inside[type] =
        isNamed[type] === 0 || shape.leaves.has(name) ? never : shape.mixed.has(name) ? sometimes : always
      hasFields[type] = shape.fieldless.has(name) ? 0 : 1
    }
    // ERROR gets a place of its own at the end.
    isNamed[names.length] = 1
    inside[names.length] = always
    names.push('ERROR')
    const kind = (name: string) => names.findIndex((one, type) => one === name && isNamed[type] === 1)
    const comment = kind('comment')
    table = { shape, names, isNamed, inside, hasFields, comment, continuation: kind('line_continuation') }
    tables.set(language, table)
  }
  return table
}

export function flatten(tree: Tree, text: string, shape: Shape): FlatTree {
  const table = tableOf(tree.language, shape)
  const { isNamed, inside, hasFields, comment, continuation } = table
  const error = table.names.length - 1
  const hasErrors = tree.rootNode.hasError

  let capacity = Math.max(64, text.length >> 2)
  let types = new Uint16Array(capacity)
  let named = new Uint8Array(capacity)
  let starts = new Int32Array(capacity)
  let ends = new Int32Array(capacity)
  let fields = new Uint8Array(capacity)
  let next = new Int32Array(capacity)
  let broken = new Uint8Array(capacity)
  let missing = new Uint8Array(capacity)
  const comments: FlatTree['comments'] = []
  const open: number[] = []
  let count = 0

  const cursor = tree.walk()
  try {
    walk: for (;;) {
      let type = cursor.nodeTypeId
      if (type === errorType) type = error
      if (type === comment || type === continuation) {
        if (type === comment) {
          const start = cursor.startIndex
          // The grammar leaves the \r of a CRLF line in the comment.
          const end = trimmedEnd(text, start, cursor.endIndex)
          comments.push({ start, end, text: text.slice(start, end) })
        }
      } else {
        if (count === capacity) {
          capacity *= 2
          types = grown(types, new Uint16Array(capacity))
          named = grown(named, new Uint8Array(capacity))
          starts = grown(starts, new Int32Array(capacity))
          ends = grown(ends, new Int32Array(capacity))
          fields = grown(fields, new Uint8Array(capacity))
          next = grown(next, new Int32Array(capacity))
          broken = grown(broken, new Uint8Array(capacity))
          missing = grown(missing, new Uint8Array(capacity))
        }
        const node = count++
        const isNamedNode = isNamed[type]!
        types[node] = type
        named[node] = isNamedNode
        if (isNamedNode === 1) {
          starts[node] = cursor.startIndex
          ends[node] = cursor.endIndex
          const parent = open[open.length - 1]
          if (parent !== undefined && hasFields[types[parent]!] === 1) fields[node] = cursor.currentFieldId
        } else if (hasErrors) {
          starts[node] = cursor.startIndex
          ends[node] = cursor.endIndex
        } else {
          starts[node] = -1
          ends[node] = -1
        }
        if (hasErrors) {
          if (type === error) broken[node] = 1
          else if (starts[node] === ends[node] && cursor.nodeIsMissing) {
            broken[node] = 1
            missing[node] = 1
          }
        }
        const isOpen =
          inside[type] === always ||
          (inside[type] === sometimes && (hasErrors || shape.needsInside(text, starts[node]!)))
        if (isOpen && cursor.gotoFirstChild()) {
          open.push(node)
          continue
        }
        next[node] = count
      }
      while (!cursor.gotoNextSibling()) {
        if (open.length === 0) break walk
        cursor.gotoParent()
        next[open.pop()!] = count
      }
    }
  } finally {
    cursor.delete()
  }
  if (hasErrors) spread(broken, next, count)
  return {
    text,
    count,
    types,
    names: table.names,
    named,
    starts,
    ends,
    fields,
    fieldNames: tree.language.fields,
    next,
    broken,
    missing,
    comments,
    hasErrors,
  }
}

/** The tree of a piece as a tree of the whole text, in which the piece begins at an offset. */
export function moved(flat: FlatTree, whole: string, by: number): FlatTree {
  if (by > 0) {
    for (const offsets of [flat.starts, flat.ends])
      for (let node = 0; node < flat.count; node++) if (offsets[node]! >= 0) offsets[node]! += by
  }
  return { ...flat, text: whole, comments: flat.comments.map((one) => later(one, by)) }
}

export function later<T extends { start: number; end: number }>(one: T, by: number): T {
  return { ...one, start: one.start + by, end: one.end + by }
}

/** Marks every ancestor of a broken node. */
function spread(broken: Uint8Array, next: Int32Array, count: number): void {
  const ancestors: number[] = []
  for (let node = 0; node < count; node++) {
    while (ancestors.length > 0 && next[ancestors[ancestors.length - 1]!]! <= node) ancestors.pop()
    if (broken[node] === 1) {
      for (let at = ancestors.length - 1; at >= 0 && broken[ancestors[at]!] === 0; at--)
        broken[ancestors[at]!] = 1
    }
    ancestors.push(node)
  }
}

function trimmedEnd(text: string, start: number, end: number): number {
  while (end > start && (text.charCodeAt(end - 1) === 13 || text.charCodeAt(end - 1) === 10)) end--
  return end
}

function grown<T extends Uint8Array | Uint16Array | Int32Array>(from: T, to: T): T {
  to.set(from)
  return to
}

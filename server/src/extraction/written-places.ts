/**
 * Where the keys of a manifest that is laid out are written: in itself, in a patch, in a kustomization, in the values of a
 * chart. Readers spell changes for the manifest as a whole; here each write finds the file that it belongs into.
 */
import { at, type Key } from '../config/access.js'
import { blockText } from '../config/block-text.js'
import type { LaidTexts } from '../config/laid-texts.js'
import type { ConfigDocument, ConfigNode, ConfigScalar } from '../config/node.js'
import { yamlFacts } from '../config/yaml.js'
import type { Change, ConfigurationWrite, Refusal, Within, Write } from '../edit/write.js'

export interface WrittenFile {
  path: string
  documents: readonly ConfigDocument[]
}

/**
 * `laid`: the manifest with everything that lies over it, its offsets in the space of `texts`; `others`: in the order of
 * `Overlay.origins`.
 */
export interface LaidOut {
  own: WrittenFile
  laid: readonly ConfigDocument[]
  texts: LaidTexts
  others: readonly WrittenFile[]
}

/** A change of the manifest as changes of what it is put together from. */
export function whereWritten(change: Change, files: LaidOut): Change | Refusal {
  const writes: Write[] = []
  for (const write of change.writes) {
    const placed =
      write.kind === 'set key' || write.kind === 'remove key'
        ? placedWrite(write, files)
        : { reason: 'the manifest is put together from several files: change it by hand' }
    if ('reason' in placed) return placed
    writes.push(placed)
  }
  return { ...change, writes }
}

function placedWrite(
  write: ConfigurationWrite & { path: string },
  files: LaidOut,
): (ConfigurationWrite & { path: string }) | Refusal {
  let node: ConfigNode | undefined = files.laid[write.document]?.root
  if (node === undefined) return { reason: 'the manifest has changed' }
  let length = 0
  while (length < write.keys.length) {
    const next: ConfigNode | undefined = at(node, write.keys[length]!)
    // In a map that is open, what is not there may still be.
    if (next === undefined || (next.kind === 'unknown' && next.start === node.start)) break
    node = next
    length++
  }
  const rest = write.keys.slice(length)
  if (node.kind === 'unknown') return { reason: `a template makes ${nameOf(write.keys, length)}` }
  if (rest.length > 0 && node.kind === 'scalar' && node.value !== null)
    return { reason: `${nameOf(write.keys, length)} is not a map` }
  const { text, ...span } = files.texts.spanAt(node)
  const file = text === 0 ? files.own : files.others[text - 1]
  const found = file === undefined ? null : placeIn(file, { kind: node.kind, ...span })
  if (file === undefined || found === null)
    return {
      reason: `${nameOf(write.keys, length)} is put together${file === undefined ? '' : ` in ${file.path}`} in a way that cannot be edited`,
    }
  const end = node.kind === 'list' ? inOwnList(node, rest, found.node) : rest
  if (end === null) return { reason: `${nameOf(write.keys, length)} is put together from several files` }
  return {
    ...write,
    path: file.path,
    fragment: 0,
    document: found.document,
    keys: [...found.keys, ...end],
    ...(found.within === undefined ? {} : { within: found.within }),
  }
}

/** A new item comes behind those that the file itself has; the others are not at the same place in it. */
function inOwnList(laid: ConfigNode, rest: Key[], own: ConfigNode): Key[] | null {
  if (rest.length === 0) return rest
  if (laid.kind !== 'list' || own.kind !== 'list' || rest[0] !== laid.items.length) return null
  return [own.items.length, ...rest.slice(1)]
}

function nameOf(keys: readonly Key[], length: number): string {
  const last = keys
    .slice(0, length)
    .filter((one) => typeof one === 'string')
    .at(-1)
  return last === undefined ? 'the manifest' : String(last)
}

interface Found {
  document: number
  keys: Key[]
  node: ConfigNode
  within?: Within
}

/** The node of the file that stands there. */
function placeIn(file: WrittenFile, span: Standing): Found | null {
  for (const { index, root } of file.documents) {
    const found = below(root, (node) => stands(node, span))
    if (found !== null) return { document: index, ...found }
  }
  for (const { index, root } of file.documents) {
    const holder = below(root, (node) => node.kind === 'scalar' && holds(node, span))
    if (holder === null) continue
    const scalar = holder.node as ConfigScalar
    const block = blockText(scalar.raw, scalar.start)
    if (block === null) continue
    for (const inner of yamlFacts(block.text).documents) {
      const found = below(inner.root, (node) =>
        stands({ ...node, start: block.place(node.start), end: block.place(node.end) }, span),
      )
      if (found !== null)
        return { document: inner.index, ...found, within: { document: index, keys: holder.keys } }
    }
  }
  return null
}

interface Standing {
  kind: ConfigNode['kind']
  start: number
  end: number
}

const stands = (node: Standing, wanted: Standing): boolean =>
  node.kind === wanted.kind && node.start === wanted.start && node.end === wanted.end

const holds = (node: Standing, wanted: Standing): boolean =>
  node.start < wanted.start && node.end >= wanted.end

/** The first node below `root` that passes, with the keys to it. */
function below(
  root: ConfigNode,
  passes: (node: ConfigNode) => boolean,
  keys: Key[] = [],
): { keys: Key[]; node: ConfigNode } | null {
  if (passes(root)) return { keys, node: root }
  if (keys.length > 100) return null
  if (root.kind === 'map')
    for (const { key, value } of root.entries) {
      const found = below(value, passes, [...keys, key])
      if (found !== null) return found
    }
  if (root.kind === 'list')
    for (const [index, item] of root.items.entries()) {
      const found = below(item, passes, [...keys, index])
      if (found !== null) return found
    }
  return null
}

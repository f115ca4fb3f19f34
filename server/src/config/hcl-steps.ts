/** Paths of keys in references of HCL, what two values have in common, and folders that calls name. */
import { at, entries, items, type Key, map, text } from './access.js'
import type { ConfigNode } from './node.js'

/** What a value says, without its place. */
export function spelled(node: ConfigNode): string {
  if (node.kind === 'scalar') return JSON.stringify(node.value)
  if (node.kind === 'list') return `[${node.items.map(spelled).join()}]`
  if (node.kind === 'map') return `{${node.entries.map((one) => `${one.key}:${spelled(one.value)}`).join()}}`
  return `?${node.because}`
}

/** `local.map["key"].size` → ['local', 'map', 'key', 'size']. */
export function stepsOf(reference: string): Key[] {
  const steps: Key[] = []
  for (const found of reference.matchAll(/\["([^"]*)"\]|\[(\d+)\]|\[count\.index\]|([\w-]+)/g)) {
    if (found[1] !== undefined) steps.push(found[1])
    else if (found[2] !== undefined) steps.push(Number(found[2]))
    // Every copy of the resource gets an item of its own; the first stands for them.
    else if (found[3] === undefined) steps.push(0)
    else steps.push(found[3])
  }
  return steps
}

/** Folder that `source = "./modules/gpu"` of a file in `folder` means; null: not in the project. */
export function calledFolder(folder: string, block: ConfigNode): string | null {
  const source = text(at(block, 'source'))
  if (source === undefined || !/^\.\.?(\/|$)/.test(source)) return null
  const parts = folder === '' ? [] : folder.split('/')
  for (const part of source.split('/')) {
    if (part === '' || part === '.') continue
    if (part !== '..') parts.push(part)
    else if (parts.pop() === undefined) return null
  }
  return parts.join('/')
}

/** What `local.env.locals.region` goes through: blocks of a file are maps there. */
export function blocksAsMaps(root: ConfigNode): ConfigNode {
  return {
    kind: 'map',
    entries: entries(root).map((one) => ({ ...one, value: map(items(one.value)[0]) ?? one.value })),
    start: root.start,
    end: root.end,
  }
}

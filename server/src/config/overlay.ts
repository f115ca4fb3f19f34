/**
 * Patches laid over a configuration, as Kustomize does it. Nodes of a patch keep the place where they are written, in
 * the space of offsets that the texts share.
 */
import { lookUp } from '../text/records.js'
import { at, entry, items, map, text, written } from './access.js'
import type { LaidTexts } from './laid-texts.js'
import type { ConfigEntry, ConfigMap, ConfigNode } from './node.js'
import { placedBy } from './node-copies.js'

/** What is laid over one document. `origin`: which text it is from, counted from 0. */
export type Patch =
  | { kind: 'merge'; origin: number; node: ConfigNode }
  | { kind: 'operation'; origin: number; operation: string; path: string[]; node: ConfigNode | null }
  /** Another name, tag or digest for an image. */
  | { kind: 'image'; origin: number; name: string; value: string; node: ConfigNode }

/** Kinds whose lists are merged item by item; those of all others are replaced as a whole. */
const builtIn = /^(Pod|Deployment|StatefulSet|DaemonSet|ReplicaSet|Job|CronJob)$/

/** By which key items of a list are told apart. */
const mergeKeys: Record<string, string> = {
  containers: 'name',
  initContainers: 'name',
  volumes: 'name',
  env: 'name',
  volumeMounts: 'mountPath',
  ports: 'containerPort',
}

/** Copies of the nodes, in the space of offsets that the texts share. */
export function laidFrom(node: ConfigNode, origin: number, texts: LaidTexts): ConfigNode {
  const by = texts.startOf(origin + 1)
  return placedBy(node, ({ start, end }) => ({ start: start + by, end: end + by }))
}

export function withPatches(root: ConfigNode, patches: readonly Patch[], texts: LaidTexts): ConfigNode {
  let result = root
  for (const patch of patches) {
    if (patch.kind === 'merge') {
      const itemwise = builtIn.test(text(at(result, 'kind')) ?? '')
      result = merged(result, laidFrom(patch.node, patch.origin, texts), '', itemwise) ?? result
    } else if (patch.kind === 'image') result = withImage(result, patch, texts)
    else {
      const node = patch.node === null ? null : laidFrom(patch.node, patch.origin, texts)
      result = operated(result, patch.path, patch.operation, node)
    }
  }
  return result
}

/** `registry.example.com/team/train:3@sha256:…`: the name without what follows it. */
const imageName = /^(.*?)(?::([\w.-]+))?(?:@(sha256:\w+))?$/

/** `value`: `name`, `:tag` and `@digest` that take the place of those that are written; each may be left out. */
function withImage(
  node: ConfigNode,
  patch: Patch & { kind: 'image' },
  texts: LaidTexts,
  depth = 0,
): ConfigNode {
  if (depth > 60) return node
  if (node.kind === 'list')
    return { ...node, items: node.items.map((one) => withImage(one, patch, texts, depth + 1)) }
  if (node.kind !== 'map') return node
  return {
    ...node,
    entries: node.entries.map((one) => {
      const image = one.key === 'image' ? text(one.value) : undefined
      const parts = image === undefined ? null : imageName.exec(image)
      if (parts === null) return { ...one, value: withImage(one.value, patch, texts, depth + 1) }
      const [, name, tag, digest] = parts
      const next = imageName.exec(patch.value)
      if (name !== patch.name || next === null) return one
      const kept = tag === undefined ? '' : `:${tag}`
      const rest = next[3] === undefined ? (next[2] === undefined ? kept : `:${next[2]}`) : `@${next[3]}`
      const after = rest === '' && digest !== undefined ? `@${digest}` : rest
      const value = `${next[1] === '' ? name : next[1]}${after}`
      const { start, end } = laidFrom(patch.node, patch.origin, texts)
      return { ...one, value: { kind: 'scalar', value, raw: value, start, end } }
    }),
  }
}

const directive = '$patch'

/** Undefined: it is taken out. */
function merged(
  base: ConfigNode | undefined,
  patch: ConfigNode,
  key: string,
  itemwise: boolean,
): ConfigNode | undefined {
  if (patch.kind === 'scalar' && patch.value === null) return undefined
  if (patch.kind === 'map') {
    const said = text(at(patch, directive))
    if (said === 'delete') return undefined
    const plain: ConfigMap = { ...patch, entries: patch.entries.filter((one) => one.key !== directive) }
    if (said === 'replace' || base === undefined || base.kind !== 'map') return plain
    return mergedMaps(base, plain, itemwise)
  }
  const by = lookUp(mergeKeys, key)
  if (patch.kind === 'list' && base?.kind === 'list' && by !== undefined && itemwise) {
    const result = [...base.items]
    for (const item of patch.items) {
      const name = written(at(item, by))
      const index = name === undefined ? -1 : result.findIndex((one) => written(at(one, by)) === name)
      const next = merged(index < 0 ? undefined : result[index], item, '', itemwise)
      if (index < 0) {
        if (next !== undefined) result.push(next)
      } else if (next === undefined) result.splice(index, 1)
      else result[index] = next
    }
    return { ...base, items: result }
  }
  return patch
}

function mergedMaps(base: ConfigMap, patch: ConfigMap, itemwise: boolean): ConfigMap {
  const result = [...base.entries]
  for (const one of patch.entries) {
    const index = result.findIndex((each) => each.key === one.key)
    const before = result[index]
    const value = merged(before?.value, one.value, one.key, itemwise)
    if (value === undefined) {
      if (index >= 0) result.splice(index, 1)
    } else if (before === undefined) result.push({ ...one, value })
    else result[index] = { ...(value.start === before.value.start ? before : one), value }
  }
  return { ...base, entries: result }
}

/** One operation of RFC 6902, or `unknown`: something that cannot be read is put there. */
function operated(root: ConfigNode, path: string[], operation: string, value: ConfigNode | null): ConfigNode {
  const [key, ...rest] = path
  if (key === undefined) return root
  if (root.kind === 'map') {
    const before = entry(root, key)
    if (rest.length > 0) {
      if (before === undefined) return root
      const next: ConfigEntry = { ...before, value: operated(before.value, rest, operation, value) }
      return { ...root, entries: root.entries.map((one) => (one === before ? next : one)) }
    }
    const others = root.entries.filter((one) => one !== before)
    if (operation === 'remove') return { ...root, entries: others }
    if (value === null || (before === undefined && operation !== 'add')) return root
    const made: ConfigEntry = { key, keyStart: value.start, keyEnd: value.end, value }
    return {
      ...root,
      entries:
        before === undefined ? [...others, made] : root.entries.map((one) => (one === before ? made : one)),
    }
  }
  if (root.kind !== 'list') return root
  const named = /^\[name=(.+)\]$/.exec(key)
  const index =
    named !== null
      ? root.items.findIndex((one) => text(at(one, 'name')) === named[1])
      : key === '-'
        ? root.items.length
        : /^\d+$/.test(key)
          ? Number(key)
          : -1
  if (index < 0 || index > root.items.length) return root
  const list = [...root.items]
  if (rest.length > 0) {
    if (list[index] === undefined) return root
    list[index] = operated(list[index], rest, operation, value)
  } else if (operation === 'remove') list.splice(index, 1)
  else if (value !== null) list.splice(index, operation === 'add' ? 0 : 1, value)
  return { ...root, items: list }
}

/** Every key and text of patches: what decides which readers have something to say. */
export function wordsOf(patches: readonly Patch[]): string {
  const found: string[] = []
  const add = (node: ConfigNode, depth: number): void => {
    if (depth > 40 || found.length > 2_000) return
    if (node.kind === 'list') for (const item of node.items) add(item, depth + 1)
    else if (map(node) !== undefined)
      for (const one of map(node)!.entries) {
        found.push(one.key)
        add(one.value, depth + 1)
      }
    else {
      const said = written(node)
      if (said !== undefined) found.push(said)
    }
  }
  for (const patch of patches) {
    if (patch.kind === 'operation') found.push(...patch.path)
    if (patch.node !== null) add(patch.node, 0)
  }
  return found.join('\n')
}

/** Operations of a patch in the form of RFC 6902; null: it is none. */
export function operationsOf(
  node: ConfigNode,
): { operation: string; path: string[]; node: ConfigNode | null }[] | null {
  const list = items(node)
  if (list.length === 0) return null
  const found = list.map((one) => {
    const operation = text(at(one, 'op'))
    const path = text(at(one, 'path'))
    return operation === undefined || path === undefined
      ? null
      : { operation, path: pointer(path), node: at(one, 'value') ?? null }
  })
  return found.some((one) => one === null)
    ? null
    : (found as { operation: string; path: string[]; node: ConfigNode | null }[])
}

/** `/spec/template/metadata/labels/example.com~1team`. */
function pointer(path: string): string[] {
  return path
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
}

/** `spec.template.spec.containers.[name=server].image`: what a replacement of Kustomize writes to. */
export function fieldPath(path: string): string[] {
  return [...path.matchAll(/\[name=[^\]]*\]|\[([^\]=]+)\]|((?:\\\.|[^.[\]])+)/g)].map(
    ([all, quoted, plain]) => quoted ?? plain?.replaceAll('\\.', '.') ?? all,
  )
}

/**
 * Kustomize: which manifests are laid out with which patches. A kustomization names manifests and other kustomizations
 * (`resources`, `bases`, `components`) and patches them; what no other one names is what is applied.
 */
import { at, entries, items, map, number, text, written } from '../config/access.js'
import { blockText } from '../config/block-text.js'
import type { ConfigMap, ConfigNode } from '../config/node.js'
import { placedBy } from '../config/node-copies.js'
import { fieldPath, operationsOf, type Patch } from '../config/overlay.js'
import { yamlFacts } from '../config/yaml.js'
import { kustomizationName, type Overlay } from '../extraction/manifests.js'
import { folderOf, join } from '../link/paths.js'
import type { Span } from '../text/location.js'
import type { ProjectFiles } from './project-files.js'

interface Located {
  path: string
  patch: (origin: number) => Patch
}

interface Instance {
  path: string
  document: number
  kind: string
  name: string
  patches: Located[]
}

/** Layouts of one file; more are as good as none. */
const mostOverlays = 16
/** Manifests of one kustomization with everything below it. */
const mostInstances = 2_000

export class KustomizeIndex {
  private readonly kustomizations = new Map<string, { path: string; root: ConfigMap }>()
  private readonly built = new Map<string, Instance[]>()
  private readonly overlays = new Map<string, Overlay[]>()
  /** Patches that apply to a manifest of the project. */
  private readonly patches = new Set<string>()
  private readonly referred = new Set<string>()

  constructor(
    private readonly project: ProjectFiles,
    files: readonly string[],
  ) {
    for (const path of files) {
      if (!kustomizationName.test(path)) continue
      const root = map(project.record(path)?.manifests?.[0]?.root)
      if (root !== undefined) this.kustomizations.set(folderOf(path), { path, root })
    }
    for (const [folder, { root }] of this.kustomizations) {
      for (const other of this.namedBy(folder, root))
        if (this.kustomizations.has(other)) this.referred.add(other)
    }
    for (const folder of this.kustomizations.keys()) if (!this.referred.has(folder)) this.layOut(folder)
  }

  /** Files that kustomizations name. */
  *named(): Generator<string> {
    for (const [folder, { root }] of this.kustomizations) {
      yield* this.namedBy(folder, root)
      for (const one of patchPaths(root)) yield join(folder, one)
    }
  }

  /** Undefined: nothing is laid over it. */
  overlaysOf(path: string): Overlay[] | undefined {
    const found = this.overlays.get(path)
    if (found === undefined || found.every((one) => one.documents.length === 0)) return undefined
    return found.slice(0, mostOverlays)
  }

  /** It is laid over other manifests, and is none itself. */
  isPatch(path: string): boolean {
    return this.patches.has(path)
  }

  /** Manifests and kustomizations that are named, as paths of the project. */
  private namedBy(folder: string, root: ConfigMap): string[] {
    return ['resources', 'bases', 'components'].flatMap((key) =>
      items(at(root, key)).flatMap((one) => {
        const path = text(one)
        return path === undefined || path.includes('://') ? [] : [join(folder, path)]
      }),
    )
  }

  private layOut(folder: string): void {
    const { path } = this.kustomizations.get(folder)!
    const byFile = new Map<string, Map<number, Located[][]>>()
    for (const instance of this.build(folder)) {
      const documents = byFile.get(instance.path) ?? new Map<number, Located[][]>()
      byFile.set(instance.path, documents)
      const list = documents.get(instance.document) ?? []
      documents.set(instance.document, list)
      list.push(instance.patches)
    }
    for (const [file, documents] of byFile) {
      // A kustomization that applies several layouts of one base gives several overlays.
      const count = Math.max(...[...documents.values()].map((list) => list.length))
      for (let index = 0; index < count; index++) {
        const origins: string[] = []
        const patched = [...documents].flatMap(([document, list]) => {
          const own = list[Math.min(index, list.length - 1)]!
          const patches = own.map(({ path: from, patch }) => {
            if (!origins.includes(from)) origins.push(from)
            return patch(origins.indexOf(from))
          })
          return patches.length === 0 ? [] : [{ index: document, patches }]
        })
        const list = this.overlays.get(file) ?? []
        this.overlays.set(file, list)
        if (list.length < mostOverlays) list.push({ path, origins, documents: patched })
      }
    }
  }

  private build(folder: string): Instance[] {
    const known = this.built.get(folder)
    if (known !== undefined) return known
    // What names itself over others has nothing more to say.
    this.built.set(folder, [])
    const { root } = this.kustomizations.get(folder)!
    const instances: Instance[] = []
    for (const other of this.namedBy(folder, root)) {
      if (this.kustomizations.has(other)) {
        const isComponent = text(at(this.kustomizations.get(other)!.root, 'kind')) === 'Component'
        if (isComponent) {
          this.apply(other, instances)
          instances.push(...this.manifestsOf(other))
        } else instances.push(...this.build(other).map((one) => ({ ...one, patches: [...one.patches] })))
      } else instances.push(...this.documentsOf(other))
      if (instances.length > mostInstances) break
    }
    instances.length = Math.min(instances.length, mostInstances)
    this.apply(folder, instances)
    this.built.set(folder, instances)
    return instances
  }

  private manifestsOf(folder: string): Instance[] {
    const { root } = this.kustomizations.get(folder)!
    return this.namedBy(folder, root).flatMap((path) => this.documentsOf(path))
  }

  private documentsOf(path: string): Instance[] {
    return (this.project.record(path)?.manifests ?? []).map(({ index, kind, name }) => ({
      path,
      document: index,
      kind,
      name,
      patches: [],
    }))
  }

  /** Adds the patches of one kustomization to what they match. */
  private apply(folder: string, instances: Instance[]): void {
    const { path, root } = this.kustomizations.get(folder)!
    for (const patch of [...this.patchesOf(folder, path, root), ...transformations(path, root)]) {
      for (const instance of instances) {
        if (!patch.matches(instance)) continue
        instance.patches.push(...patch.parts)
        if (patch.file !== null) this.patches.add(patch.file)
      }
    }
  }

  private patchesOf(folder: string, path: string, root: ConfigMap): Targeted[] {
    const found: Targeted[] = []
    const ofFile = (name: string, target: ConfigNode | undefined): void => {
      const file = join(folder, name)
      for (const { root: node } of this.project.record(file)?.manifests ?? []) {
        if (node !== undefined) found.push(...targeted(node, file, file, target))
      }
    }
    const inline = (node: ConfigNode, target: ConfigNode | undefined): void => {
      const source = text(node)
      if (source === undefined || source.length > 100_000) return
      const placeOf = placesIn(node, source)
      for (const document of yamlFacts(source).documents)
        found.push(...targeted(placedBy(document.root, placeOf), path, null, target))
    }
    for (const one of items(at(root, 'patchesStrategicMerge'))) {
      const name = text(one)
      if (name === undefined) continue
      if (name.includes('\n')) inline(one, undefined)
      else ofFile(name, undefined)
    }
    for (const one of [...items(at(root, 'patchesJson6902')), ...items(at(root, 'patches'))]) {
      const target = at(one, 'target')
      const name = text(at(one, 'path'))
      const body = at(one, 'patch')
      if (name !== undefined) ofFile(name, target)
      else if (body !== undefined) inline(body, target)
    }
    return found
  }
}

interface Targeted {
  /** The file of the patch, where it has one of its own. */
  file: string | null
  parts: Located[]
  matches(instance: Instance): boolean
}

function patchPaths(root: ConfigMap): string[] {
  const own = items(at(root, 'patchesStrategicMerge')).map(text)
  const others = [...items(at(root, 'patchesJson6902')), ...items(at(root, 'patches'))].map((one) =>
    text(at(one, 'path')),
  )
  return [...own, ...others].filter((one): one is string => one !== undefined && !one.includes('\n'))
}

/** Where a piece of a text stands that a scalar holds: where it is not a literal block, where that begins. */
function placesIn(node: ConfigNode, source: string): (span: Span) => Span {
  const block = node.kind === 'scalar' ? blockText(node.raw, node.start) : null
  if (block === null || block.text.trimEnd() !== source.trimEnd())
    return () => ({ start: node.start, end: Math.min(node.end, node.start + 2) })
  return ({ start, end }) => ({ start: block.place(start), end: block.place(end) })
}

function targeted(
  node: ConfigNode,
  path: string,
  file: string | null,
  target: ConfigNode | undefined,
): Targeted[] {
  const operations = operationsOf(node)
  if (operations === null && node.kind !== 'map') return []
  // A selector of labels may or may not fit: what it would set is not known.
  const unsure = at(target, 'labelSelector') !== undefined || at(target, 'annotationSelector') !== undefined
  const value = (one: ConfigNode): ConfigNode => (unsure ? withoutValues(one) : one)
  const parts =
    operations === null
      ? [{ path, patch: (origin: number): Patch => ({ kind: 'merge', origin, node: value(node) }) }]
      : operations.map((one) => ({
          path,
          patch: (origin: number): Patch => ({
            kind: 'operation',
            origin,
            operation: one.operation,
            path: one.path,
            node: one.node === null ? null : value(one.node),
          }),
        }))
  const kind = text(at(target, 'kind')) ?? (target === undefined ? text(at(node, 'kind')) : undefined)
  const name =
    text(at(target, 'name')) ?? (target === undefined ? text(at(node, 'metadata', 'name')) : undefined)
  if (target === undefined && (kind === undefined || name === undefined)) return []
  const fits = (pattern: string | undefined, said: string): boolean =>
    pattern === undefined || pattern === said || (target !== undefined && anchored(pattern, said))
  return [{ file, parts, matches: (instance) => fits(kind, instance.kind) && fits(name, instance.name) }]
}

function anchored(pattern: string, said: string): boolean {
  if (!/^[\w.*+|()[\]-]{1,200}$/.test(pattern)) return false
  // Only the plain forms: a pattern of somebody else must not cost time.
  if (/[+*][)\]]?[+*]|\)[+*]/.test(pattern)) return false
  try {
    return new RegExp(`^(?:${pattern})$`).test(said)
  } catch {
    return false
  }
}

function withoutValues(node: ConfigNode, depth = 0): ConfigNode {
  if (node.kind === 'map' && depth < 100)
    return {
      ...node,
      entries: node.entries.map((one) => ({ ...one, value: withoutValues(one.value, depth + 1) })),
    }
  if (node.kind === 'list' && depth < 100)
    return { ...node, items: node.items.map((one) => withoutValues(one, depth + 1)) }
  return { kind: 'unknown', because: 'a patch that is chosen by labels', start: node.start, end: node.end }
}

const replicated = /^(Deployment|StatefulSet|ReplicaSet|ReplicationController)$/

/** `namespace`, `replicas`, labels, and `replacements`, whose values come from elsewhere. */
function transformations(path: string, root: ConfigMap): Targeted[] {
  const found: Targeted[] = []
  const add = (node: ConfigNode, keys: string[], matches: (instance: Instance) => boolean): void => {
    const merge = keys.reduceRight<ConfigNode>(
      (value, key) => ({
        kind: 'map',
        start: node.start,
        end: node.end,
        entries: [{ key, keyStart: node.start, keyEnd: node.end, value }],
      }),
      node,
    )
    const patch = (origin: number): Patch => ({ kind: 'merge', origin, node: merge })
    found.push({ file: null, parts: [{ path, patch }], matches })
  }
  const namespace = at(root, 'namespace')
  if (text(namespace) !== undefined) add(namespace!, ['metadata', 'namespace'], () => true)
  const labels = [at(root, 'commonLabels'), ...items(at(root, 'labels')).map((one) => at(one, 'pairs'))]
  for (const one of labels) if (entries(one).length > 0) add(one!, ['metadata', 'labels'], () => true)
  for (const one of items(at(root, 'replicas'))) {
    const [name, count] = [text(at(one, 'name')), at(one, 'count')]
    if (name === undefined || number(count) === undefined) continue
    add(count!, ['spec', 'replicas'], (instance) => instance.name === name && replicated.test(instance.kind))
  }
  for (const one of items(at(root, 'images'))) {
    const [name, newName] = [text(at(one, 'name')), text(at(one, 'newName')) ?? '']
    const [tag, digest] = [written(at(one, 'newTag')), text(at(one, 'digest'))]
    const node = at(one, 'newName') ?? at(one, 'newTag') ?? at(one, 'digest')
    if (name === undefined || node === undefined) continue
    const value = `${newName}${digest !== undefined ? `@${digest}` : tag !== undefined ? `:${tag}` : ''}`
    const patch = (origin: number): Patch => ({ kind: 'image', origin, name, value, node })
    found.push({ file: null, parts: [{ path, patch }], matches: () => true })
  }
  for (const target of items(at(root, 'replacements')).flatMap((one) => items(at(one, 'targets')))) {
    const [kind, name] = [text(at(target, 'select', 'kind')), written(at(target, 'select', 'name'))]
    const parts = items(at(target, 'fieldPaths')).flatMap((one): Located[] => {
      const field = text(one)
      if (field === undefined) return []
      const node: ConfigNode = { kind: 'unknown', because: 'a replacement', start: one.start, end: one.end }
      return [
        {
          path,
          patch: (origin) => ({
            kind: 'operation',
            origin,
            operation: 'replace',
            path: fieldPath(field),
            node,
          }),
        },
      ]
    })
    found.push({
      file: null,
      parts,
      matches: (instance) =>
        (kind ?? instance.kind) === instance.kind && (name ?? instance.name) === instance.name,
    })
  }
  return found
}

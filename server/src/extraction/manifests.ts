/** What a file of YAML holds for kustomizations and charts, and what they lay over it. */
import { at, text } from '../config/access.js'
import type { ConfigNode } from '../config/node.js'
import { operationsOf, type Patch } from '../config/overlay.js'

export const kustomizationName = /(^|\/)kustomization\.ya?ml$/

/** A document of a manifest. `root`: only where it may be a patch. */
export interface ManifestDocument {
  index: number
  kind: string
  name: string
  root?: ConfigNode
}

/** The patches of one file as one kustomization that is applied lays them out. Plain JSON. */
export interface Overlay {
  /** The kustomization that is applied. */
  path: string
  /** Files that patches stand in, in the order of `Patch.origin`. */
  origins: string[]
  documents: { index: number; patches: Patch[] }[]
  /** A template: the values that it is filled with, which whoever installs the chart may change. */
  values?: ConfigNode
}

/** The largest kustomization, or file of a chart's values, in characters. */
const largestValues = 200_000

/** The largest manifest that is kept as a possible patch, in characters. */
const largestPatch = 16_000

/** What a file of YAML says to Kustomize; undefined: it holds no objects. */
export function manifestsOf(
  path: string,
  source: string,
  documents: readonly { index: number; root: ConfigNode }[],
): ManifestDocument[] | undefined {
  const isKustomization = kustomizationName.test(path) || /(^|\/)values\.ya?ml$/.test(path)
  const found = documents.flatMap(({ index, root }): ManifestDocument[] => {
    const kind = text(at(root, 'kind')) ?? ''
    const name = text(at(root, 'metadata', 'name')) ?? ''
    const isObject = kind !== '' && name !== ''
    if (!isKustomization && !isObject && operationsOf(root) === null) return []
    const kept = isKustomization ? source.length <= largestValues : source.length <= largestPatch
    return [{ index, kind, name, ...(kept ? { root } : {}) }]
  })
  return found.length === 0 ? undefined : found
}

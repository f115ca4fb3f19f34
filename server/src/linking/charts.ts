/** Helm charts: templates, and the file with the values that they are filled with by default. */
import type { ConfigNode } from '../config/node.js'
import { wordsOf } from '../config/overlay.js'
import type { FileRecord } from '../extraction/analyzer.js'
import type { Overlay } from '../extraction/manifests.js'
import { folderOf, join } from '../link/paths.js'
import { acceleratorNames } from '../readers/kubernetes/pod.js'

export const valuesName = /(^|\/)values\.ya?ml$/
const template = /^(.*?)\/?templates\/(?:.*\/)?[^/]+\.ya?ml$/

export function isChartTemplate(path: string): boolean {
  return template.test(path)
}

export class ChartIndex {
  /** By the folder of the chart. */
  private readonly values = new Map<string, Overlay>()

  constructor(
    private readonly records: ReadonlyMap<string, FileRecord>,
    private readonly files: readonly string[],
  ) {
    for (const path of files) {
      if (!valuesName.test(path)) continue
      const root = records.get(path)?.manifests?.[0]?.root
      // Without accelerators there is nothing to say.
      if (root !== undefined && holdsAccelerators(root))
        this.values.set(folderOf(path), { path, origins: [path], documents: [], values: root })
    }
  }

  /** Templates that were not read, since no reader has a word in them. */
  missing(): string[] {
    if (this.values.size === 0) return []
    return this.files.filter(
      (path) => this.overlayOf(path) !== undefined && this.records.get(path)?.filtered === true,
    )
  }

  /** Undefined: it is no template, or its chart brings nothing that matters. */
  overlayOf(path: string): Overlay | undefined {
    if (this.values.size === 0) return undefined
    const folder = template.exec(path)?.[1]
    return folder === undefined ? undefined : this.values.get(join('', folder))
  }
}

function holdsAccelerators(root: ConfigNode): boolean {
  const words = wordsOf([{ kind: 'merge', origin: 0, node: root }])
  return acceleratorNames.some((name) => words.includes(name))
}

/** Helm charts: templates, and the file with the values that they are filled with by default. */
import type { ConfigNode } from '../config/node.js'
import { wordsOf } from '../config/overlay.js'
import type { Overlay } from '../extraction/manifests.js'
import { folderOf, join } from '../link/paths.js'
import { acceleratorNames } from '../readers/kubernetes/pod.js'
import type { ProjectFiles } from './project-files.js'

export const valuesName = /(^|\/)values\.ya?ml$/
const template = /^(.*?)\/?templates\/(?:.*\/)?[^/]+\.ya?ml$/

export function isChartTemplate(path: string): boolean {
  return template.test(path)
}

export class ChartIndex {
  /** By the folder of the chart. */
  private readonly values = new Map<string, Overlay>()

  constructor(
    project: ProjectFiles,
    private readonly files: readonly string[],
  ) {
    for (const path of files) {
      if (!valuesName.test(path)) continue
      const root = project.record(path)?.manifests?.[0]?.root
      // Without accelerators there is nothing to say.
      if (root !== undefined && holdsAccelerators(root))
        this.values.set(folderOf(path), { path, origins: [path], documents: [], values: root })
    }
  }

  templates(): string[] {
    return this.values.size === 0 ? [] : this.files.filter((path) => this.overlayOf(path) !== undefined)
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

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

interface Chart {
  overlay: Overlay
  /** The values hold accelerators, so any template may. */
  accelerated: boolean
}

export class ChartIndex {
  /** By the folder of the chart. */
  private readonly charts = new Map<string, Chart>()
  private readonly known: ReadonlySet<string>

  constructor(
    private readonly project: ProjectFiles,
    private readonly files: readonly string[],
  ) {
    this.known = new Set(files)
    for (const path of files) {
      if (!valuesName.test(path)) continue
      const root = project.record(path)?.manifests?.[0]?.root
      if (root === undefined) continue
      const overlay = { path, origins: [path], documents: [], values: root }
      this.charts.set(folderOf(path), { overlay, accelerated: holdsAccelerators(root) })
    }
  }

  templates(): string[] {
    if (this.charts.size === 0) return []
    return this.files.filter((path) => this.chartOf(path)?.accelerated === true)
  }

  /** The values of templates that hold something by themselves: how many of it may stand there. */
  values(): string[] {
    return this.files.flatMap((path) => {
      const folder = template.exec(path)?.[1]
      if (folder === undefined || !this.holdsSubjects(path)) return []
      return ['values.yaml', 'values.yml']
        .map((name) => join(folder, name))
        .filter((one) => this.known.has(one))
    })
  }

  /** Undefined: it is no template, or neither it nor its chart brings anything that matters. */
  overlayOf(path: string): Overlay | undefined {
    const chart = this.charts.size === 0 ? undefined : this.chartOf(path)
    if (chart === undefined) return undefined
    return chart.accelerated || this.holdsSubjects(path) ? chart.overlay : undefined
  }

  private chartOf(path: string): Chart | undefined {
    const folder = template.exec(path)?.[1]
    return folder === undefined ? undefined : this.charts.get(join('', folder))
  }

  private holdsSubjects(path: string): boolean {
    return (this.project.record(path)?.extraction.subjects.length ?? 0) > 0
  }
}

function holdsAccelerators(root: ConfigNode): boolean {
  const words = wordsOf([{ kind: 'merge', origin: 0, node: root }])
  return acceleratorNames.some((name) => words.includes(name))
}

/** How manifests are laid out by kustomizations and charts, and which files that takes. */
import type { FileRecord } from '../extraction/file-record.js'
import { kustomizationName, type Overlay } from '../extraction/manifests.js'
import { ChartIndex } from './charts.js'
import { KustomizeIndex } from './kustomize.js'
import type { LinkedProject, LinkKind } from './link-kind.js'
import { Overlays } from './overlays.js'

interface Index {
  kustomize: KustomizeIndex
  charts: ChartIndex
}

const yaml = /\.ya?ml$/

export class Layouts implements LinkKind {
  private readonly overlays = new Overlays()

  constructor(private readonly project: LinkedProject) {}

  /** Kustomizations, then the manifests, patches and templates that they name. */
  follow(): void {
    const { files } = this.project
    for (const path of files.matching(yaml)) if (kustomizationName.test(path)) files.want(path)
    const { kustomize, charts } = this.now()
    for (const path of kustomize.named()) files.want(path)
    for (const path of [...charts.templates(), ...charts.values()]) files.want(path)
  }

  layouts(record: FileRecord): readonly Overlay[] | 'part' | undefined {
    if (!yaml.test(record.path)) return undefined
    const { kustomize, charts } = this.now()
    if (kustomize.isPatch(record.path)) return 'part'
    const chart = charts.overlayOf(record.path)
    return chart === undefined ? this.overlays.wanted(record, kustomize.overlaysOf(record.path)) : [chart]
  }

  private now(): Index {
    const { files, questions } = this.project
    const index = () => {
      const paths = files.matching(yaml)
      return { kustomize: new KustomizeIndex(files, paths), charts: new ChartIndex(files, paths) }
    }
    return questions.ask('layouts', index).answer
  }
}

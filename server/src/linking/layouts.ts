/** How manifests are laid out by kustomizations and charts, and which files that takes. */
import type { FileRecord } from '../extraction/analyzer.js'
import type { Overlay } from '../extraction/manifests.js'
import { ChartIndex } from './charts.js'
import { KustomizeIndex, missingKustomizations } from './kustomize.js'
import { Overlays } from './overlays.js'

interface Index {
  /** What it was made of, by identity. */
  from: readonly unknown[]
  kustomize: KustomizeIndex
  charts: ChartIndex
}

export class Layouts {
  readonly extractions = new Overlays()
  private known: Index | null = null
  /** Compared with the records since the link began: within one link nothing changes. */
  private checked = false

  constructor(private readonly records: ReadonlyMap<string, FileRecord>) {}

  startLink(): void {
    this.checked = false
  }

  /** Kustomizations, then the manifests, patches and templates that they name, in which no reader has a word. */
  missing(files: readonly string[]): string[] {
    const missing = missingKustomizations(this.records, files)
    if (missing.length > 0) return missing
    const { kustomize, charts } = this.now(files)
    return [...kustomize.missing(), ...charts.missing()]
  }

  /** 'patch': it is laid over other manifests; undefined: it stands for itself. */
  of(record: FileRecord, files: readonly string[]): Overlay[] | 'patch' | undefined {
    const { kustomize, charts } = this.now(files)
    if (kustomize.isPatch(record.path)) return 'patch'
    const chart = charts.overlayOf(record.path)
    return chart === undefined ? this.extractions.wanted(record, kustomize.overlaysOf(record.path)) : [chart]
  }

  /** Made again where a manifest has changed. */
  private now(files: readonly string[]): Index {
    const known = this.known
    if (known?.from[0] === files && this.isFresh(known, files)) return known
    this.known = {
      from: [files, ...files.map((path) => this.records.get(path)?.manifests)],
      kustomize: new KustomizeIndex(this.records, files),
      charts: new ChartIndex(this.records, files),
    }
    this.checked = true
    return this.known
  }

  private isFresh({ from }: Index, files: readonly string[]): boolean {
    if (this.checked) return true
    this.checked = files.every((path, index) => this.records.get(path)?.manifests === from[index + 1])
    return this.checked
  }
}

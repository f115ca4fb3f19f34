/** Which layouts of a manifest change what anybody reads. */
import { wordsOf } from '../config/overlay.js'
import type { FileRecord } from '../extraction/file-record.js'
import type { Overlay } from '../extraction/manifests.js'
import { acceleratorNames } from '../readers/kubernetes/pod.js'

export class Overlays {
  private accelerators = new WeakMap<Overlay, boolean>()

  /** Undefined: they change nothing that anybody reads. */
  wanted(record: FileRecord, overlays: Overlay[] | undefined): Overlay[] | undefined {
    if (overlays === undefined) return undefined
    if (record.extraction.subjects.length > 0) return overlays
    return overlays.some((one) => this.bringsAccelerators(one)) ? overlays : undefined
  }

  private bringsAccelerators(overlay: Overlay): boolean {
    let brings = this.accelerators.get(overlay)
    if (brings === undefined) {
      const words = wordsOf(overlay.documents.flatMap(({ patches }) => patches))
      brings = acceleratorNames.some((name) => words.includes(name))
      this.accelerators.set(overlay, brings)
    }
    return brings
  }
}

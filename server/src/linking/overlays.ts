/** Readings of one manifest, once for each way in which patches are laid over it. */
import { wordsOf } from '../config/overlay.js'
import type { FileRecord } from '../extraction/analyzer.js'
import type { Overlay } from '../extraction/manifests.js'
import { acceleratorNames } from '../readers/kubernetes/pod.js'
import type { Claim, Extraction, Launch, Subject } from '../workload/claim.js'

export class Overlays {
  private known = new Map<string, { parts: readonly Extraction[]; joined: Extraction }>()
  private empty = new WeakMap<Extraction, Extraction>()
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

  /** One reading out of several; the same object for as long as all of them stay the same. */
  joined(path: string, parts: readonly Extraction[]): Extraction {
    const before = this.known.get(path)
    if (before?.parts.length === parts.length && before.parts.every((one, index) => one === parts[index]))
      return before.joined
    const joined: Extraction = { subjects: [], claims: [], launches: [] }
    parts.forEach((part, index) => {
      const own = renamed(part, index)
      joined.subjects.push(...own.subjects)
      joined.claims.push(...own.claims)
      joined.launches.push(...own.launches)
    })
    this.known.set(path, { parts, joined })
    return joined
  }

  /** A patch is no manifest of its own. */
  withoutSubjects(extraction: Extraction): Extraction {
    let empty = this.empty.get(extraction)
    if (empty === undefined) {
      empty = { subjects: [], claims: [], launches: [] }
      this.empty.set(extraction, empty)
    }
    return empty
  }
}

/** Subjects, jobs and launches of each layout are their own. */
function renamed(extraction: Extraction, index: number): Extraction {
  const own = (id: string): string => (index === 0 ? id : `${id}~${index}`)
  const jobs = (id: string | null): string | null => (id === null ? null : own(id))
  return {
    subjects: extraction.subjects.map((one): Subject => ({ ...one, id: own(one.id), job: jobs(one.job) })),
    claims: extraction.claims.map(
      (one): Claim => ({
        ...one,
        subject: one.subject.endsWith('@*') ? one.subject : own(one.subject),
        site: { ...one.site, layout: index },
      }),
    ),
    launches: extraction.launches.map((one): Launch => ({ ...one, id: own(one.id), job: jobs(one.job) })),
  }
}

/** What the files of a project say, each read with what is around it, and what they add to each other. */
import type { Claim, Extraction, Launch, Subject } from '../workload/claim.js'

/** What was made of extractions before: the same object for as long as what it was made of stays the same. */
export class Remade {
  readonly amended = new WeakMap<Extraction, { key: string; extraction: Extraction }>()
  readonly empty = new WeakMap<Extraction, Extraction>()
  readonly joined = new Map<string, { parts: readonly Extraction[]; joined: Extraction }>()

  /** Forgets files that are gone. */
  prune(files: ReadonlyMap<string, unknown>): void {
    for (const path of this.joined.keys()) if (!files.has(path)) this.joined.delete(path)
  }
}

export class Extractions {
  readonly byPath = new Map<string, Extraction>()
  /** By path: files that speak of what it says. */
  readonly related = new Map<string, Set<string>>()

  constructor(private readonly remade: Remade) {}

  /** Adds what other files say of it. `replace`: in place of what is claimed without them. */
  amend(path: string, claims: readonly Claim[], replace: boolean): void {
    const extraction = this.byPath.get(path)
    if (extraction === undefined) return
    const key = JSON.stringify(claims)
    let known = this.remade.amended.get(extraction)
    if (known?.key !== key) {
      const told = new Set(replace ? claims.map(({ subject, setting }) => `${subject} ${setting}`) : [])
      const own = extraction.claims.filter(({ subject, setting }) => !told.has(`${subject} ${setting}`))
      known = { key, extraction: { ...extraction, claims: [...own, ...claims] } }
      this.remade.amended.set(extraction, known)
    }
    this.byPath.set(path, known.extraction)
  }

  /** Only other files give it a meaning: by itself it says nothing. */
  hide(path: string): void {
    const extraction = this.byPath.get(path)
    if (extraction === undefined) return
    let empty = this.remade.empty.get(extraction)
    if (empty === undefined) {
      empty = { subjects: [], claims: [], launches: [] }
      this.remade.empty.set(extraction, empty)
    }
    this.byPath.set(path, empty)
  }

  /** One out of several, each of another way in which the file is laid out. */
  join(path: string, parts: readonly Extraction[]): void {
    let known = this.remade.joined.get(path)
    if (known?.parts.length !== parts.length || !known.parts.every((one, index) => one === parts[index])) {
      const joined: Extraction = { subjects: [], claims: [], launches: [] }
      parts.forEach((part, index) => {
        const own = renamed(part, index)
        joined.subjects.push(...own.subjects)
        joined.claims.push(...own.claims)
        joined.launches.push(...own.launches)
      })
      known = { parts, joined }
      this.remade.joined.set(path, known)
    }
    this.byPath.set(path, known.joined)
  }

  relate(a: string, b: string): void {
    for (const [from, to] of [
      [a, b],
      [b, a],
    ] as const) {
      if (from === to) continue
      const set = this.related.get(from)
      if (set === undefined) this.related.set(from, new Set([to]))
      else set.add(to)
    }
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

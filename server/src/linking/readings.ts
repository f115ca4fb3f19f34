/** Files as they are read with what is around them; kept while nothing of that changes. */

import type { FileRecord } from '../extraction/file-record.js'
import type { Overlay } from '../extraction/manifests.js'
import type { Surroundings } from '../extraction/surroundings.js'
import type { KeptAnswers } from '../host/answers.js'
import type { Backend, ReadResult, Versions } from '../host/backend.js'
import { hashOf } from '../text/digest.js'
import { lookUp } from '../text/records.js'
import type { Binding } from '../workload/claim.js'
import { bindingKey, spelled } from './extraction-keys.js'
import { withImage } from './launches.js'
import type { Around } from './link-kind.js'
import type { Reads } from './questions.js'
import type { ReadAlone } from './summary-stage.js'

interface Reading {
  hash: string
  /** Spells everything that it was read with. */
  key: string
  reads: Reads
  /** What is around it but not asked of other files. */
  given: string
  result: ReadResult
  /** The last link that asked for it. */
  asked: number
}

/** What is around a file under a launch, and what that was found from. */
type AskAround = (
  record: FileRecord,
  binding: Binding | null,
  bound: string,
) => { answer: Around; reads: Reads }

export class Readings {
  /** By path and slot. */
  private readonly kept = new Map<string, Reading>()
  private links = 0

  constructor(
    private readonly around: AskAround,
    private readonly backendOf: (path: string) => Backend,
    private readonly answersOf: (path: string) => KeptAnswers | null,
    private readonly takeAlone: (path: string) => ReadAlone | undefined,
  ) {}

  begin(): void {
    this.links++
  }

  /** Forgets what has not been asked since `begin`. */
  prune(): void {
    for (const [id, { asked }] of this.kept) if (asked < this.links) this.kept.delete(id)
  }

  /** @param slot tells apart the readings of one file: by itself, under its launches, in its layouts */
  async read(
    record: FileRecord,
    binding: Binding | null,
    slot: string,
    versionsOf: (path: string) => Versions,
    overlay?: Overlay,
  ): Promise<ReadResult> {
    const { path } = record
    const bound = binding === null ? '' : bindingKey(binding, true)
    const { answer: around, reads } = this.around(record, binding, bound)
    // Of Python code only what leads to other files is known by now.
    const isRead = record.imports === null && Object.keys(around).length === 0
    if (isRead && binding === null && overlay === undefined)
      return { extraction: record.extraction, faults: record.faults }
    const versions = withImage(versionsOf(path), binding)
    const given = [spelled(versions), bound, overlay === undefined ? '' : spelled(overlay)].join('|')
    const id = `${path}\0${slot}`
    const before = this.kept.get(id)
    if (before?.reads === reads && before.hash === record.hash && before.given === given) {
      before.asked = this.links
      return before.result
    }
    const key = hashOf([record.hash, given, ...[...reads].flat()].join('|'))
    const keep = (result: ReadResult): ReadResult => {
      this.kept.set(id, { hash: record.hash, key, reads, given, result, asked: this.links })
      return result
    }
    if (before?.key === key) return keep(before.result)
    const answers = this.answersOf(path)
    const question = `extraction ${slot}`
    const known = answers?.get<ReadResult>(path, question, key)
    if (known !== undefined) return keep(known)
    const surroundings: Surroundings = { imported: {}, importers: [], ...around, binding, versions }
    if (overlay !== undefined) surroundings.overlay = overlay
    const alone = binding === null ? this.takeAlone(path) : undefined
    const result =
      alone !== undefined && isAllAround(alone, surroundings)
        ? alone.result
        : await this.backendOf(path).read(path, surroundings)
    if (result.faults.length === 0) answers?.put(path, question, key, result)
    return keep(result)
  }

  /** Files that this one was read with, and those that were read with it. */
  readWith(path: string, isKnown: (path: string) => boolean): Set<string> {
    const found = new Set<string>()
    for (const [id, { reads }] of this.kept) {
      const other = id.slice(0, id.indexOf('\0'))
      if (other === path) {
        for (const input of reads.keys()) {
          const file = ofFile.exec(input)?.[1]
          if (file !== undefined && isKnown(file)) found.add(file)
        }
      } else if (saying.some((kind) => reads.has(`${kind} ${path}`))) found.add(other)
    }
    return found
  }
}

/** Inputs that are what one file says. */
const saying = ['record', 'summary', 'importer', 'program']
const ofFile = new RegExp(`^(?:${saying.join('|')}) (.*)$`, 's')

/** Whether a module that was read with its imports would be read with the same. */
function isAllAround({ imported, versions }: ReadAlone, surroundings: Surroundings): boolean {
  const { importers, outside = [], binding, ...others } = surroundings
  if (importers.length > 0 || outside.length > 0 || binding !== null) return false
  if (spelled(others.versions) !== spelled(versions)) return false
  const plain = ['imported', 'versions']
  if (Object.entries(others).some(([name, value]) => value !== undefined && !plain.includes(name)))
    return false
  const names = Object.keys(imported)
  const around = surroundings.imported
  return (
    names.length === Object.keys(around).length &&
    names.every((name) => lookUp(around, name) === lookUp(imported, name))
  )
}

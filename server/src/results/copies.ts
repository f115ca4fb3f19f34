/** Near-identical copies of a file: what holds of all of them is told in one, with a list of the other places. */

import type { Finding } from '../finding.js'
import { moreSevere } from '../judging/severity.js'
import type { SourceFile } from '../text/source-file.js'

/** Of the lines of the longer file; what copies of a script or a manifest differ in are names, seeds and rates. */
const leastShared = 0.9
/** Lines that are not blank; shorter files are alike in form. */
const leastLines = 20
/** Places in a list; more of them are counted. */
const mostListed = 10
/** Lines by which most files are told apart at once. */
const glanced = 16

interface Sketch {
  hash: string
  /** How often each line that is not blank occurs, without indentation. */
  lines: ReadonlyMap<string, number>
  total: number
  /** The first of its lines by the alphabet: files that share few of them are no copies. */
  first: ReadonlySet<string>
}

/** A finding as it is shown, beside those at other places. */
interface Told {
  places: string
  result: Finding
}

export class Copies {
  private sketches = new Map<string, Sketch>()
  /** Of the last run: the same findings give the same result. */
  private told = new Map<Finding, Told>()

  constructor(private readonly sourceOf: (path: string) => Promise<SourceFile | undefined>) {}

  /**
   * Of findings that near-identical files share the loudest is kept (of equals the one of the shortest path) and lists the other places; the others
   * become hints, so that an open copy still offers its fix.
   * @param findings in the order in which they are shown, which is kept
   * @param hashOf of the text of a file
   * @param mayLower the user has not set the severity
   */
  async fold(
    findings: readonly Finding[],
    hashOf: (path: string) => string,
    mayLower: (finding: Finding) => boolean,
  ): Promise<Finding[]> {
    const told = new Map<Finding, Told>()
    const sketches = new Map<string, Sketch>()
    for (const group of alike(findings.filter((each) => each.severity !== 'hint' && mayLower(each)))) {
      let left = [...group].sort(byRank)
      for (let first = left.shift(); first !== undefined; first = left.shift()) {
        const own = await this.sketch(first, hashOf, sketches)
        const copies: Finding[] = []
        for (const other of left)
          if (areCopies(own, await this.sketch(other, hashOf, sketches))) copies.push(other)
        if (copies.length === 0) continue
        left = left.filter((one) => !copies.includes(one))
        this.keep(told, first, copies, withPlaces)
        for (const copy of copies) this.keep(told, copy, [first], asCopy)
      }
    }
    this.told = told
    this.sketches = sketches
    return findings.map((each) => told.get(each)?.result ?? each)
  }

  private keep(
    told: Map<Finding, Told>,
    finding: Finding,
    others: readonly Finding[],
    make: (finding: Finding, others: readonly Finding[]) => Finding,
  ): void {
    const places = others
      .map(({ location: { path, cell, start } }) => `${path}\0${cell}\0${start}`)
      .join('\n')
    const before = this.told.get(finding)
    told.set(finding, before?.places === places ? before : { places, result: make(finding, others) })
  }

  private async sketch(
    { location: { path } }: Finding,
    hashOf: (path: string) => string,
    sketches: Map<string, Sketch>,
  ): Promise<Sketch> {
    const known = sketches.get(path)
    if (known !== undefined) return known
    const hash = hashOf(path)
    const before = this.sketches.get(path)
    const found = before?.hash === hash ? before : sketchOf(hash, await this.sourceOf(path))
    sketches.set(path, found)
    return found
  }
}

/**
 * Findings of several files that say the same; the second of a file belongs to the second of another one. What is said of code follows from the code:
 * the lines have to be the same. What is said of a launch file follows from what it starts as well: the message has to be the same, but for names.
 */
function alike(findings: readonly Finding[]): Finding[][] {
  const groups = new Map<string, Finding[]>()
  const counts = new Map<string, number>()
  for (const finding of findings) {
    const { path } = finding.location
    const isCode = /\.(py|ipynb)$/.test(path)
    // Names of jobs are in quotes.
    const said = `${finding.rule}\0${isCode ? finding.moved : finding.message.replace(/"[^"]*"/g, '')}`
    const ordinal = counts.get(`${path}\0${said}`) ?? 0
    counts.set(`${path}\0${said}`, ordinal + 1)
    const key = `${said}\0${ordinal}`
    const group = groups.get(key)
    if (group === undefined) groups.set(key, [finding])
    else group.push(finding)
  }
  return [...groups.values()].filter((group) => group.length > 1)
}

function byRank(a: Finding, b: Finding): number {
  if (a.severity !== b.severity) return moreSevere(a.severity, b.severity) ? -1 : 1
  const [one, other] = [a.location.path, b.location.path]
  return depth(one) - depth(other) || one.length - other.length || (one < other ? -1 : 1)
}

const depth = (path: string): number => path.split('/').length

function sketchOf(hash: string, file: SourceFile | undefined): Sketch {
  const lines = new Map<string, number>()
  let total = 0
  for (const text of textsOf(file)) {
    for (const line of text.split('\n')) {
      const bare = line.trim()
      if (bare === '') continue
      lines.set(bare, (lines.get(bare) ?? 0) + 1)
      total++
    }
  }
  return { hash, lines, total, first: new Set([...lines.keys()].sort().slice(0, glanced)) }
}

/** Of a notebook its cells: outputs differ from run to run. */
function textsOf(file: SourceFile | undefined): string[] {
  if (file === undefined) return []
  const cells = file.parts.filter(({ cell }) => cell !== null)
  return cells.length > 0 ? cells.map(({ text }) => text) : [file.text]
}

function areCopies(a: Sketch, b: Sketch): boolean {
  const longer = Math.max(a.total, b.total)
  if (Math.min(a.total, b.total) < Math.max(leastLines, leastShared * longer)) return false
  // Copies have nearly all of them in common.
  const common = [...a.first].filter((line) => b.first.has(line)).length
  if (common < Math.min(a.first.size, b.first.size) / 4) return false
  let shared = 0
  for (const [line, count] of a.lines) shared += Math.min(count, b.lines.get(line) ?? 0)
  return shared >= leastShared * longer
}

function withPlaces(finding: Finding, copies: readonly Finding[]): Finding {
  const listed = copies.slice(0, mostListed)
  const more = copies.length - listed.length
  const places = listed.map(({ location }, index) => ({
    location,
    message:
      more > 0 && index === listed.length - 1
        ? `the same in this copy of the file, and in ${more} more`
        : 'the same in this copy of the file',
  }))
  return { ...finding, related: [...finding.related, ...places] }
}

function asCopy(finding: Finding, [first]: readonly Finding[]): Finding {
  const place = { location: first!.location, message: 'told there: this file is a copy' }
  return { ...finding, severity: 'hint', related: [...finding.related, place] }
}

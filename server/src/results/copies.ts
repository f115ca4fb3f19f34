/** Near-identical copies of a file: what holds of all of them is told in one, with a list of the other places. */

import type { Finding } from '../finding.js'
import type { SourceFile } from '../text/source-file.js'

/** Of the lines of the longer file; what copies of a script or a manifest differ in are names, seeds and rates. */
const SHARED = 0.9
/** Lines that are not blank; shorter files are alike in form. */
const SHORTEST = 20
const SIGNATURE = 16
/** Places in a list; more of them are counted. */
const LISTED = 10

interface Sketch {
  hash: string
  /** How often each line that is not blank occurs, without indentation. */
  lines: ReadonlyMap<string, number>
  total: number
  /** The smallest hashes of its lines: files that share few of them are no copies. */
  signature: ReadonlySet<number>
}

/** One finding of a file, and those of other files that say the same. */
interface Alike {
  path: string
  finding: Finding
}

export class Copies {
  private sketches = new Map<string, Sketch>()
  /** Of the last run: the same findings give the same result. */
  private told = new Map<Finding, { key: string; finding: Finding }>()

  constructor(private readonly sourceOf: (path: string) => Promise<SourceFile | undefined>) {}

  /**
   * Keeps the loudest of findings that near-identical files share (of equals the one of the shortest path), lists the other places in it, and makes hints of the others, so that an open copy still offers its fix.
   * @param findings in the order in which they are shown, which is kept
   * @param hashOf of the text of a file
   * @param mayLower the user has not set the severity
   */
  async fold(
    findings: readonly Finding[],
    hashOf: (path: string) => string,
    mayLower: (finding: Finding) => boolean,
  ): Promise<Finding[]> {
    const changed = new Map<Finding, Finding>()
    const told = new Map<Finding, { key: string; finding: Finding }>()
    const sketches = new Map<string, Sketch>()
    for (const group of alike(findings.filter((each) => each.severity !== 'hint' && mayLower(each)))) {
      const left = [...group].sort(byRank)
      while (left.length > 1) {
        const first = left.shift()!
        const own = await this.sketch(first.path, hashOf, sketches)
        const copies: Alike[] = []
        for (const other of [...left]) {
          if (!areCopies(own, await this.sketch(other.path, hashOf, sketches))) continue
          copies.push(other)
          left.splice(left.indexOf(other), 1)
        }
        if (copies.length === 0) continue
        const places = copies.map(({ finding }) => finding.location)
        const key = places.map(({ path, cell, start }) => `${path}\0${cell}\0${start}`).join('\n')
        this.keep(told, first.finding, key, () => withPlaces(first.finding, copies))
        for (const { finding } of copies) {
          const { path, cell, start } = first.finding.location
          this.keep(told, finding, `${path}\0${cell}\0${start}`, () => asCopy(finding, first.finding))
        }
      }
    }
    for (const [finding, { finding: result }] of told) changed.set(finding, result)
    this.told = told
    this.sketches = sketches
    return changed.size === 0 ? [...findings] : findings.map((each) => changed.get(each) ?? each)
  }

  private keep(
    told: Map<Finding, { key: string; finding: Finding }>,
    finding: Finding,
    key: string,
    make: () => Finding,
  ): void {
    const before = this.told.get(finding)
    told.set(finding, before?.key === key ? before : { key, finding: make() })
  }

  private async sketch(
    path: string,
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
function alike(findings: readonly Finding[]): Alike[][] {
  const groups = new Map<string, Alike[]>()
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
    if (group === undefined) groups.set(key, [{ path, finding }])
    else group.push({ path, finding })
  }
  return [...groups.values()].filter((group) => group.length > 1)
}

const severities = ['error', 'warning', 'information', 'hint']

function byRank(a: Alike, b: Alike): number {
  return (
    severities.indexOf(a.finding.severity) - severities.indexOf(b.finding.severity) ||
    depth(a.path) - depth(b.path) ||
    a.path.length - b.path.length ||
    (a.path < b.path ? -1 : 1)
  )
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
  const hashes = [...lines.keys()].map(hashOfLine).sort((a, b) => a - b)
  return { hash, lines, total, signature: new Set(hashes.slice(0, SIGNATURE)) }
}

/** Of a notebook its cells: outputs differ from run to run. */
function textsOf(file: SourceFile | undefined): string[] {
  if (file === undefined) return []
  const cells = file.parts.filter(({ cell }) => cell !== null)
  return cells.length > 0 ? cells.map(({ text }) => text) : [file.text]
}

/** FNV-1a over UTF-16 code units, 32 bits. */
function hashOfLine(line: string): number {
  let hash = 0x811c9dc5
  for (let index = 0; index < line.length; index++)
    hash = Math.imul(hash ^ line.charCodeAt(index), 0x01000193)
  return hash >>> 0
}

function areCopies(a: Sketch, b: Sketch): boolean {
  const longer = Math.max(a.total, b.total)
  if (Math.min(a.total, b.total) < Math.max(SHORTEST, SHARED * longer)) return false
  // Of copies three in four are expected to be in both.
  const common = [...a.signature].filter((hash) => b.signature.has(hash)).length
  if (common < Math.min(a.signature.size, b.signature.size) / 4) return false
  let shared = 0
  for (const [line, count] of a.lines) shared += Math.min(count, b.lines.get(line) ?? 0)
  return shared >= SHARED * longer
}

function withPlaces(finding: Finding, copies: readonly Alike[]): Finding {
  const listed = copies.slice(0, LISTED)
  const more = copies.length - listed.length
  const places = listed.map(({ finding: { location } }, index) => ({
    location,
    message:
      more > 0 && index === listed.length - 1
        ? `the same in this copy of the file, and in ${more} more`
        : 'the same in this copy of the file',
  }))
  return { ...finding, related: [...finding.related, ...places] }
}

function asCopy(finding: Finding, first: Finding): Finding {
  const related = [
    ...finding.related,
    { location: first.location, message: 'told there: this file is a copy' },
  ]
  return { ...finding, severity: 'hint', related }
}

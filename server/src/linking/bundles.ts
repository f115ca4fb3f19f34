/** Files of Databricks asset bundles belong together: one declares variables, another uses them. */
import { type BundleFacts, type BundleFile, bundleName } from '../config/bundle.js'
import type { FileRecord } from '../extraction/analyzer.js'
import { matchesGlob } from '../link/glob.js'
import { folderOf, join, parents } from '../link/paths.js'

/**
 * Files of bundles in which no reader has a word: first the bundles' own, then what these include. `read`: those among
 * the files that have been read.
 */
export function missingBundles(
  records: ReadonlyMap<string, FileRecord>,
  files: readonly string[],
  read: readonly string[],
): string[] {
  const isMissing = (path: string) => records.get(path)?.filtered === true
  const folders = new Set<string>()
  for (const path of read)
    if (records.get(path)?.bundle?.resources === true)
      for (const folder of [folderOf(path), ...parents(folderOf(path))]) folders.add(folder)
  if (folders.size === 0) return []
  const own = files.filter((path) => bundleName.test(path) && folders.has(folderOf(path)))
  const missing = own.filter(isMissing)
  if (missing.length > 0) return missing
  const patterns = own.flatMap((path) => patternsOf(path, records.get(path)?.bundle))
  return patterns.length === 0
    ? []
    : files.filter((path) => /\.ya?ml$/.test(path) && isMissing(path) && matches(path, patterns))
}

export class BundleIndex {
  /** By the path of a file: the bundles that it belongs to. */
  private readonly bundles = new Map<string, string[][]>()

  constructor(
    private readonly records: ReadonlyMap<string, FileRecord>,
    files: readonly string[],
  ) {
    const parts = files.filter((path) => records.get(path)?.bundle !== undefined)
    for (const path of parts) {
      const bundle = bundleName.test(path) ? records.get(path)?.bundle : undefined
      if (bundle?.includes === undefined) continue
      const patterns = patternsOf(path, bundle)
      const members = [path, ...parts.filter((one) => one !== path && matches(one, patterns))]
      for (const member of members) {
        const list = this.bundles.get(member)
        if (list === undefined) this.bundles.set(member, [members])
        else list.push(members)
      }
    }
  }

  /** Files that what is said of this one depends on. */
  filesAround(path: string): string[] {
    if (this.records.get(path)?.bundle?.resources !== true) return []
    const found = new Set((this.bundles.get(path) ?? []).flat())
    found.delete(path)
    return [...found].filter((one) => says(this.records.get(one)!.bundle!)).sort()
  }

  factsOf(path: string): BundleFacts | undefined {
    const files = this.filesAround(path)
    if (files.length === 0) return undefined
    const facts: BundleFacts = { variables: {}, replaced: [], changed: [] }
    for (const one of files) {
      const { variables, replaced, changed } = this.records.get(one)!.bundle!
      Object.assign(facts.variables, variables)
      facts.replaced.push(...replaced)
      facts.changed.push(...changed)
    }
    // Each bundle may give another value.
    if (this.bundles.get(path)!.length > 1) facts.replaced.push(...Object.keys(facts.variables))
    return facts
  }
}

function says({ variables, replaced, changed }: BundleFile): boolean {
  return Object.keys(variables).length + replaced.length + changed.length > 0
}

interface Pattern {
  /** What stands before the first wildcard: cheap to look at. */
  start: string
  whole: string
}

function matches(path: string, patterns: readonly Pattern[]): boolean {
  return patterns.some(({ start, whole }) => path.startsWith(start) && matchesGlob(whole, path))
}

/** Patterns of `include`, relative to the bundle's own file, as those of the project. */
function patternsOf(path: string, bundle: BundleFile | undefined): Pattern[] {
  return (bundle?.includes ?? []).slice(0, 100).map((include) => {
    const whole = join(folderOf(path), include)
    return { start: /^[^*?]*/.exec(whole)![0], whole }
  })
}

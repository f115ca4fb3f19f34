/** Files of Databricks asset bundles belong together: one declares variables, another uses them. */
import { type BundleFacts, type BundleFile, bundleName } from '../config/bundle.js'
import type { FileRecord } from '../extraction/file-record.js'
import { matchesGlob } from '../link/glob.js'
import { folderOf, join, parents } from '../link/paths.js'
import { define } from '../text/records.js'
import type { Around, LinkedProject, LinkKind } from './link-kind.js'
import type { ProjectFiles } from './project-files.js'

const yaml = /\.ya?ml$/

export class BundleLinks implements LinkKind {
  constructor(private readonly project: LinkedProject) {}

  /** The files of the bundles themselves, then what these include. */
  follow(): void {
    const { files } = this.project
    const folders = new Set<string>()
    for (const { path, bundle } of files.readRecords())
      if (bundle?.resources === true)
        for (const folder of [folderOf(path), ...parents(folderOf(path))]) folders.add(folder)
    if (folders.size === 0) return
    const own = files.matching(bundleName).filter((path) => folders.has(folderOf(path)))
    const patterns = own.flatMap((path) => patternsOf(path, files.record(path)?.bundle))
    for (const path of own) files.want(path)
    if (patterns.length === 0) return
    for (const path of files.matching(yaml)) if (matches(path, patterns)) files.want(path)
  }

  around({ path, bundle }: FileRecord): Around {
    if (bundle?.resources !== true) return {}
    const { files, questions } = this.project
    questions.read(`bundle ${path}`)
    for (const one of this.now().filesAround(path)) files.record(one)
    const facts = this.now().factsOf(path)
    return facts === undefined ? {} : { bundle: facts }
  }

  look(kind: string, path: string): string | undefined {
    return kind === 'bundle' ? this.now().filesAround(path).join('\n') : undefined
  }

  private now(): BundleIndex {
    const { files, questions } = this.project
    // Of the index a file depends on no more than its own part, which it notes.
    return questions.apart(() => questions.ask('bundles', () => new BundleIndex(files)).answer)
  }
}

class BundleIndex {
  /** By the path of a file: the bundles that it belongs to. */
  private readonly bundles = new Map<string, string[][]>()

  constructor(private readonly files: ProjectFiles) {
    const parts = files.matching(yaml).filter((path) => files.record(path)?.bundle !== undefined)
    for (const path of parts) {
      const bundle = bundleName.test(path) ? files.record(path)?.bundle : undefined
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
    if (this.files.record(path)?.bundle?.resources !== true) return []
    const found = new Set((this.bundles.get(path) ?? []).flat())
    found.delete(path)
    return [...found].filter((one) => says(this.files.record(one)!.bundle!)).sort()
  }

  factsOf(path: string): BundleFacts | undefined {
    const files = this.filesAround(path)
    if (files.length === 0) return undefined
    const facts: BundleFacts = { variables: {}, replaced: [], changed: [] }
    for (const one of files) {
      const { variables, replaced, changed, production } = this.files.record(one)!.bundle!
      for (const [name, declared] of Object.entries(variables))
        define(facts.variables, name, { declared, path: one })
      facts.replaced.push(...replaced)
      facts.changed.push(...changed)
      if (production !== undefined) facts.production = { ...production, path: one }
    }
    // Each bundle may give another value.
    if (this.bundles.get(path)!.length > 1) {
      facts.replaced.push(...Object.keys(facts.variables))
      delete facts.production
    }
    return facts
  }
}

function says({ variables, replaced, changed, production }: BundleFile): boolean {
  return Object.keys(variables).length + replaced.length + changed.length > 0 || production !== undefined
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

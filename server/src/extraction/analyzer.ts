/**
 * From the text of a file to what readers claim about it. Trees and facts stay in here (and so in the worker that
 * runs it); what comes out is plain data.
 */
import { bundleFileOf } from '../config/bundle.js'
import { configuredFrom } from '../config/configured.js'
import type { Change, Refusal } from '../edit/write.js'
import type { HydraFile } from '../link/hydra.js'
import { ownConfiguration } from '../link/inherited-configuration.js'
import { searchedFolders } from '../link/search-path.js'
import { analyse } from '../python/analyse.js'
import { Analysis } from '../python/analysis.js'
import { configurationFunction, configurationModule } from '../python/configuration-module.js'
import { importsOf } from '../python/imports.js'
import type { ModuleSummary } from '../python/module.js'
import { letGoOfModules } from '../python/module-of-code.js'
import { mayNameModules, namedModules } from '../python/named-modules.js'
import type { SummaryFor } from '../python/summary.js'
import type { FragmentFacts, Reader, UnreadModule } from '../readers/reader.js'
import type { Grammars } from '../syntax/parser.js'
import type { Configured } from '../text/configured.js'
import { lookUp } from '../text/records.js'
import type { SourceFile } from '../text/source-file.js'
import type { SourceFragment } from '../text/source-fragment.js'
import type { Extraction } from '../workload/claim.js'
import { inReadingOrder, isStartedHere, startedProgram } from './cell-programs.js'
import { ClaimChanges } from './change-claim.js'
import { FragmentExtractor, leads, shares } from './extract-fragment.js'
import type { FileRecord } from './file-record.js'
import { factsOf } from './fragment-facts.js'
import { manifestsOf } from './manifests.js'
import { readerChoice } from './reader-choice.js'
import { ShellTexts } from './shell-texts.js'
import { configStatements, pythonStatements, shellStatements } from './statements.js'
import { readSuppressions, type Suppression } from './suppression-comments.js'
import type { Surroundings } from './surroundings.js'
import { syntaxErrorOf } from './syntax-error.js'
import { type FragmentTree, type Thread, Trees } from './trees.js'

export class Analyzer {
  readonly trees: Trees
  private readonly shell: ShellTexts
  private readonly choice: ReturnType<typeof readerChoice>
  private readonly extractor: FragmentExtractor
  private readonly changes: ClaimChanges

  constructor(
    private readonly grammars: Grammars,
    readers: readonly Reader[],
    thread: Thread = 'alone',
  ) {
    this.choice = readerChoice(readers)
    this.shell = new ShellTexts(grammars)
    this.trees = new Trees(grammars, this.shell, thread)
    this.extractor = new FragmentExtractor(readers, this.choice, this.shell)
    this.changes = new ClaimChanges(readers, this.trees, this.shell)
  }

  /** Reads a file by itself. `Trees.prepare` must have been awaited. `force`: another file asks for it. */
  load(file: SourceFile, hash: string, versions: Record<string, string>, force = false): FileRecord {
    const record: FileRecord = {
      path: file.path,
      hash,
      filtered: false,
      lines: 0,
      bytes: 0,
      problems: [...file.problems],
      faults: [],
      imports: null,
      extraction: { subjects: [], claims: [], launches: [] },
      suppressions: [],
    }
    const trees = this.trees.parse(file, record.problems)
    const broken = syntaxErrorOf(file, trees, this.grammars)
    if (broken !== undefined) record.syntaxError = broken
    const surroundings: Surroundings = { imported: {}, importers: [], binding: null, versions }
    const writes = file.fragments.flatMap(({ language, target }) =>
      language === 'python' && target !== undefined ? [target] : [],
    )
    if (writes.length > 0) record.writes = writes
    inReadingOrder(file).forEach(({ fragment, index }) => {
      const tree = trees[index]!
      const isModule = fragment.index === 0 && tree.python !== undefined
      if (isModule) {
        const named = mayNameModules(file.text) ? namedModules(tree.python!) : []
        record.imports = [...new Set([...importsOf(tree.python!), ...named])]
        if (this.mayShare(file, fragment)) record.shares = true
        const searched = searchedFolders(file.text)
        if (searched.length > 0) record.searched = searched
      }
      if (
        isModule &&
        !force &&
        !this.isLeading(fragment, {
          text: fragment.text,
          tree: tree.python!,
          imports: record.imports!,
          metadata: file.metadata,
        })
      ) {
        if (fragment.text.includes('costlint'))
          record.suppressions.push(...suppressionsOf(file.path, fragment, tree))
        return
      }
      const facts = factsOf(this.shell, file, fragment, tree, surroundings)
      if (fragment.index === 0 && fragment.language === 'yaml') {
        const manifests = manifestsOf(file.path, fragment.text, facts.config?.documents ?? [])
        if (manifests !== undefined) record.manifests = manifests
        const bundle = bundleFileOf(file.path, facts.config?.documents ?? [])
        if (bundle !== undefined) record.bundle = bundle
      }
      if (fragment.index === 0 && fragment.language === 'hcl') record.hcl = facts.config?.documents[0]?.root
      if (!isStartedHere(fragment, record.extraction)) {
        const only = isModule ? leads : undefined
        this.extractor.extract(facts, surroundings, record.extraction, record.faults, only)
      }
      if (
        fragment.index === 0 &&
        facts.python !== undefined &&
        (force || record.extraction.frameworkConfig !== undefined)
      )
        record.module = configurationModule(facts.python, fragment)
      if (file.text.includes('costlint') || fragment.text.includes('costlint')) {
        record.suppressions.push(...suppressionsOf(file.path, fragment, tree))
      }
    })
    return record
  }

  /** The values of a configuration file, for the scripts that read it. */
  configuredOf(file: SourceFile): HydraFile {
    const fragment = file.fragments[0]
    if (fragment?.language === 'python') return { root: this.configuredByCode(file, fragment) }
    const documents = fragment === undefined ? undefined : this.trees.of(file)[0]?.config?.documents
    if (fragment === undefined || documents === undefined) return { root: null }
    const root = configuredFrom(file.path, fragment, documents)
    const header = /^\s*#\s*@package[ \t]+([\w.]+)/m.exec(fragment.text.slice(0, 2_000))?.[1]
    return header === undefined ? { root } : { root, package: header }
  }

  private configuredByCode(file: SourceFile, fragment: SourceFragment): Configured | null {
    const tree = this.trees.of(file)[0]?.python
    const python = tree === undefined ? null : analyse(file.path, fragment.text, tree, false)
    const made = python === null ? null : configurationFunction(python, fragment)
    const own = made === null ? null : ownConfiguration(file.path, made.module)
    return made === null ? null : (lookUp(own?.entries, made.name) ?? null)
  }

  /** Whether readers that say what other files are joined with have a word in a module. */
  private mayShare(file: SourceFile, fragment: SourceFragment): boolean {
    const metadata = file.metadata === undefined ? '' : JSON.stringify(file.metadata)
    return (
      file.fragments.length > 1 ||
      this.choice.of(fragment, [metadata]).some((reader) => shares(reader, fragment))
    )
  }

  /** Whether a reader would be asked because of what the module imports that may say what other files are joined with. */
  private sharesByImports({ fragment, metadata, python }: FragmentFacts): boolean {
    if (!(python instanceof Analysis) || fragment.index !== 0) return false
    const behind = python.behindImports()
    if (behind.length === 0) return false
    const texts = [metadata === undefined ? '' : JSON.stringify(metadata)]
    const own = new Set(this.choice.of(fragment, texts))
    return this.choice
      .of(fragment, [...texts, ...behind])
      .some((reader) => !own.has(reader) && (shares(reader, fragment) || leads(reader)))
  }

  /** Whether readers that lead to other files have a word in a module. */
  private isLeading(fragment: SourceFragment, module: UnreadModule): boolean {
    const metadata = module.metadata === undefined ? '' : JSON.stringify(module.metadata)
    return this.choice
      .of(fragment, [metadata])
      .some(({ leads }) => (typeof leads === 'function' ? leads(module) : leads === true))
  }

  /**
   * What a module lets others know, where the modules that it imports are known; null: it is no Python. `use`: as
   * `SummaryUse`.
   */
  summarise(
    file: SourceFile,
    imported: Record<string, ModuleSummary>,
    versions: Record<string, string>,
    use: { read: boolean; for: SummaryFor },
  ): { summary: ModuleSummary; alone?: { extraction: Extraction; faults: string[] } } | null {
    letGoOfModules()
    const trees = this.trees.of(file)
    const [fragment] = file.fragments
    if (fragment === undefined) return null
    const surroundings: Surroundings = { imported, importers: [], binding: null, versions }
    const facts = factsOf(this.shell, file, fragment, trees[0]!, surroundings)
    if (!(facts.python instanceof Analysis)) return null
    const summary = facts.python.summary(use.for)
    // What it is configured with is asked for first.
    if (!use.read || summary.configurations !== undefined) return { summary }
    return { summary, alone: this.read(file, surroundings, facts) }
  }

  /** Reads a file again, with what the project says around it. `module`: the facts of its first fragment, where they are known. */
  read(
    file: SourceFile,
    surroundings: Surroundings,
    module?: FragmentFacts,
  ): { extraction: Extraction; faults: string[]; shares?: true } {
    if (module === undefined) letGoOfModules()
    const trees = this.trees.of(file)
    const extraction: Extraction = { subjects: [], claims: [], launches: [] }
    const faults: string[] = []
    let shared = false
    const { binding } = surroundings
    const written = binding === null ? undefined : startedProgram(file, binding.launch)
    inReadingOrder(file).forEach(({ fragment, index }) => {
      if (written === undefined ? isStartedHere(fragment, extraction) : fragment !== written) return
      const known = index === 0 ? module : undefined
      const facts = known ?? factsOf(this.shell, file, fragment, trees[index]!, surroundings)
      this.extractor.extract(facts, surroundings, extraction, faults)
      if (binding !== null) shared ||= this.sharesByImports(facts)
    })
    return { extraction, faults, ...(shared ? { shares: true } : {}) }
  }

  /** The change that the claim's reader would make: see `ClaimChanges`. */
  change(...asked: Parameters<ClaimChanges['change']>): Change | Refusal {
    return this.changes.change(...asked)
  }
}

function suppressionsOf(path: string, fragment: SourceFragment, tree: FragmentTree): Suppression[] {
  if (tree.python !== undefined)
    return readSuppressions(path, fragment, tree.python.comments, pythonStatements(tree.python))
  if (tree.config !== undefined)
    return readSuppressions(path, fragment, tree.config.comments, configStatements(tree.config))
  if (tree.shell !== undefined)
    return readSuppressions(path, fragment, tree.shell.comments, shellStatements(tree.shell))
  return []
}

/**
 * From the text of a file to what readers claim about it. Trees and facts stay in here (and so in the worker that
 * runs it); what comes out is plain data.
 */

import { bundleFileOf } from '../config/bundle.js'
import { configuredFrom } from '../config/configured.js'
import { wordsOf } from '../config/overlay.js'
import type { Change, Refusal } from '../edit/write.js'
import type { HydraFile } from '../link/hydra.js'
import { ownConfiguration } from '../link/inherited-configuration.js'
import { isWrittenAs } from '../link/programs.js'
import { searchedFolders } from '../link/search-path.js'
import { installedVersions, plainVersions, processorWheels } from '../link/versions.js'
import { analyse } from '../python/analyse.js'
import { Analysis, type Neighbours } from '../python/analysis.js'
import { configurationFunction, configurationModule } from '../python/configuration-module.js'
import { importsOf } from '../python/imports.js'
import type { Call, ModuleSummary, PythonModule } from '../python/module.js'
import { letGoOfModules } from '../python/module-of-code.js'
import { mayNameModules, namedModules } from '../python/named-modules.js'
import type { SummaryFor } from '../python/summary.js'
import { uncalledBecause } from '../python/uncalled.js'
import { tooNew } from '../readers/first-releases.js'
import type { FragmentFacts, Reader, ReaderContext, UnreadModule } from '../readers/reader.js'
import { takenOut } from '../readers/taken-out.js'
import { withWrittenFor } from '../readers/written-for.js'
import type { Grammars } from '../syntax/parser.js'
import type { Configured } from '../text/configured.js'
import { lookUp } from '../text/records.js'
import type { SourceFile } from '../text/source-file.js'
import type { SourceFragment } from '../text/source-fragment.js'
import { ClaimBuilder } from '../workload/builder.js'
import type { Binding, Claim, Extraction } from '../workload/claim.js'
import { type Helper, helpersWithCallers, ofCaller, without } from './callers.js'
import { describeLaunches } from './described-launches.js'
import type { FileRecord } from './file-record.js'
import { laidOver, layoutOf, patchesOf, textsOf } from './laid-over.js'
import { manifestsOf } from './manifests.js'
import { readerChoice } from './reader-choice.js'
import { markReasoned, reasonsIn } from './reasons.js'
import { sharesAnything } from './shared.js'
import { ShellTexts } from './shell-texts.js'
import { configStatements, pythonStatements, shellStatements } from './statements.js'
import { readSuppressions, type Suppression } from './suppression-comments.js'
import type { Surroundings } from './surroundings.js'
import { syntaxErrorOf } from './syntax-error.js'
import { type FragmentTree, type Thread, Trees } from './trees.js'
import { markTriedOut } from './tried-out.js'
import { onlyWithCard } from './unknown-card.js'
import { valueInFile } from './value-in-file.js'
import { type WrittenFile, whereWritten } from './written-places.js'

export class Analyzer {
  readonly trees: Trees
  private readonly shell: ShellTexts
  private readonly choice: ReturnType<typeof readerChoice>
  /** What the last change was made from. */
  private toChange: { tree: FragmentTree; surroundings: Surroundings; facts: FragmentFacts } | null = null

  constructor(
    private readonly grammars: Grammars,
    private readonly readers: readonly Reader[],
    thread: Thread = 'alone',
  ) {
    this.choice = readerChoice(readers)
    this.shell = new ShellTexts(grammars)
    this.trees = new Trees(grammars, this.shell, thread)
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
      const facts = this.factsOf(file, fragment, tree, surroundings)
      if (fragment.index === 0 && fragment.language === 'yaml') {
        const manifests = manifestsOf(file.path, fragment.text, facts.config?.documents ?? [])
        if (manifests !== undefined) record.manifests = manifests
        const bundle = bundleFileOf(file.path, facts.config?.documents ?? [])
        if (bundle !== undefined) record.bundle = bundle
      }
      if (fragment.index === 0 && fragment.language === 'hcl') record.hcl = facts.config?.documents[0]?.root
      if (!isStartedHere(fragment, record.extraction)) {
        const only = isModule ? leads : undefined
        this.readFragment(facts, surroundings, record.extraction, record.faults, only)
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
    const facts = this.factsOf(file, fragment, trees[0]!, surroundings)
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
      const facts = known ?? this.factsOf(file, fragment, trees[index]!, surroundings)
      this.readFragment(facts, surroundings, extraction, faults)
      if (binding !== null) shared ||= this.sharesByImports(facts)
    })
    return { extraction, faults, ...(shared ? { shares: true } : {}) }
  }

  /** The change that the claim's reader would make. `others`: the files that are laid over this one; `card`: the accelerator that it is for. */
  change(
    file: SourceFile,
    claim: Claim,
    value: unknown,
    surroundings: Surroundings,
    others: readonly SourceFile[] = [],
    card?: string,
  ): Change | Refusal {
    const { target } = claim.site
    if (target?.kind === 'refused') return { reason: target.reason }
    if (target?.kind === 'pool' && target.own !== true)
      return { reason: 'the pool that it runs on decides this' }
    const reader = this.readers.find((one) => one.name === claim.reader)
    if (reader?.change === undefined) return { reason: `${claim.key} has to be changed by hand here` }
    const trees = this.trees.of(file)
    const launched = isGivenElsewhere(claim)
    const holding = (fragment: SourceFragment): boolean =>
      launched
        ? fragment.segments.some((one) => holds(one, claim.location))
        : fragment.index === claim.site.fragment
    // The command of a cell stands in the text of the cell as well.
    const index = file.fragments.indexOf(file.fragments.filter(holding).at(-1)!)
    if (index < 0) return { reason: 'the place is no longer in the file' }
    const { origin, text, language } = file.fragments[index]!
    if (origin === 'heredoc' && language === 'json' && file.fragments[0]?.language === 'python')
      return { reason: 'the manifest is a dictionary of Python code: change it there by hand' }
    if (origin === 'argument')
      return { reason: 'it stands in quotes inside of another program: change it there by hand' }
    if (origin === 'heredoc' && !standsAsWritten(file, file.fragments[index]!))
      return { reason: 'values are put into this text before it is used' }
    const read = this.factsToChange(file, index, trees[index]!, surroundings)
    const known = launched ? asLaunch(read) : read
    const facts = card === undefined ? known : { ...known, card }
    const asked = reader.change(claim, value, facts)
    const answer = 'reason' in asked ? (valueInFile(claim, value, facts) ?? asked) : asked
    if ('reason' in answer) return answer
    const change = card === undefined && value === 'bf16-mixed' ? onlyWithCard(answer) : answer
    const refused =
      tooNew(change, facts.versions) ?? takenOut(change, facts.python, file.path, facts.fragment.index)
    if (refused !== null) return refused
    if (surroundings.overlay === undefined || index !== 0) return change
    return whereWritten(change, {
      own: this.writtenIn(file),
      laid: facts.config?.documents ?? [],
      texts: textsOf(text, surroundings.overlay),
      others: others.map((one) => this.writtenIn(one)),
    })
  }

  /** The findings of a file are mended one after another: it is analysed once for all of them. */
  private factsToChange(
    file: SourceFile,
    index: number,
    tree: FragmentTree,
    surroundings: Surroundings,
  ): FragmentFacts {
    const before = this.toChange
    if (before?.tree === tree && before.surroundings === surroundings) return before.facts
    const facts = this.factsOf(file, file.fragments[index]!, tree, surroundings)
    this.toChange = { tree, surroundings, facts }
    return facts
  }

  private writtenIn(file: SourceFile): WrittenFile {
    return { path: file.path, documents: this.trees.of(file)[0]?.config?.documents ?? [] }
  }

  private factsOf(
    file: SourceFile,
    fragment: SourceFragment,
    tree: FragmentTree,
    surroundings: Surroundings,
  ): FragmentFacts {
    const versions = versionsIn(file, surroundings.versions)
    const facts: FragmentFacts = { path: file.path, fragment, versions }
    if (file.metadata !== undefined) facts.metadata = file.metadata
    if (file.cellSeconds !== undefined) facts.cellSeconds = file.cellSeconds
    if (tree.config !== undefined) facts.config = tree.config
    const { overlay } = surroundings
    if (overlay !== undefined && tree.config !== undefined && fragment.index === 0)
      facts.config = laidOver(tree.config, fragment.text, overlay)
    if (tree.shell !== undefined)
      facts.shell = this.shell.again(file.path, fragment, tree.shell, surroundings)
    if (surroundings.hcl !== undefined && fragment.index === 0) facts.hcl = surroundings.hcl
    if (surroundings.bundle !== undefined && fragment.index === 0) facts.bundle = surroundings.bundle
    if (surroundings.inherited !== undefined && fragment.index === 0) facts.inherited = surroundings.inherited
    if (surroundings.named !== undefined) facts.named = surroundings.named
    if (tree.python !== undefined) {
      const own = fragment.index === 0
      const neighbours: Neighbours = {
        importedByName: new Map(Object.entries(surroundings.imported)),
        behind: surroundings.behind ?? [],
        importers: own ? surroundings.importers : [],
        programs: own ? (surroundings.programs ?? []) : [],
        configurations: new Map(own ? Object.entries(surroundings.configurations ?? {}) : []),
        processorOnly: versions[processorWheels] !== undefined,
        ...(own && surroundings.outside !== undefined ? { outside: surroundings.outside } : {}),
      }
      const notebook = file.notebook && own
      const { binding: launched } = surroundings
      const started = launched === null ? undefined : startedProgram(file, launched.launch)
      const binding = own || fragment === started ? launched : null
      facts.python =
        tree.analysed?.with(neighbours, binding) ??
        analyse(file.path, fragment.text, tree.python, notebook, neighbours, binding)
      facts.versions = withWrittenFor(facts.python, versions)
    }
    return facts
  }

  /** A function that describes a job is read once for each of its calls. */
  private readForCallers(
    reader: Reader,
    facts: FragmentFacts & { python: Analysis },
    context: ReaderContext,
    extraction: Extraction,
  ): void {
    const { python, fragment } = facts
    for (const helper of helpersWithCallers(python, extraction)) {
      const each = helper.callers.map((caller) => {
        const builder = new ClaimBuilder(facts.path, fragment, reader.name)
        reader.read({ ...facts, python: this.asCalled(python, helper, caller) }, context, builder)
        return ofCaller(builder.extraction, fragment, helper, caller)
      })
      without(extraction, fragment, helper)
      for (const { subjects, claims, launches } of each) {
        extraction.subjects.push(...subjects)
        extraction.claims.push(...claims)
        extraction.launches.push(...launches)
      }
    }
  }

  /** Several readers may ask for the same. */
  private readonly called = new WeakMap<Analysis, Map<number, Analysis>>()

  private asCalled(python: Analysis, { func }: Helper, caller: Call): Analysis {
    const known = this.called.get(python) ?? new Map<number, Analysis>()
    this.called.set(python, known)
    const made = known.get(caller.expr.start) ?? python.forCaller(func, caller)
    known.set(caller.expr.start, made)
    return made
  }

  private readFragment(
    facts: FragmentFacts,
    surroundings: Surroundings,
    into: Extraction,
    faults: string[],
    isAsked: (reader: Reader) => boolean = () => true,
  ): void {
    const inner = this.shell.within(facts.path, surroundings.texts)
    const context: ReaderContext = {
      binding:
        facts.fragment.index === 0 || facts.fragment.target !== undefined ? surroundings.binding : null,
      versions: facts.versions ?? surroundings.versions,
      documents: facts.config?.documents ?? [],
      shell: (text) => inner.facts(text),
      textOf: (path) => lookUp(surroundings.texts ?? {}, path),
    }
    // A configuration names what is made: `_target_: torch.utils.data.DataLoader`.
    const instantiations = facts.python instanceof Analysis ? [...facts.python.instantiations.keys()] : []
    const made = instantiations.map((call) => call.name ?? '')
    if (facts.python instanceof Analysis) made.push(...facts.python.behindImports())
    // A program is what it starts: `main.py` may leave all of the training to the module that it calls.
    if (context.binding !== null && facts.python !== undefined)
      made.push(
        [
          ...new Set(facts.python.imported.flatMap(({ imports, brings = [] }) => [...imports, ...brings])),
        ].join(' '),
      )
    const { overlay } = surroundings
    const isLaidOut = overlay !== undefined && facts.fragment.index === 0
    const layout = isLaidOut ? layoutOf(facts.fragment.text, overlay) : null
    const patches = overlay === undefined ? '' : wordsOf(patchesOf(overlay))
    const metadata = facts.metadata === undefined ? '' : JSON.stringify(facts.metadata)
    // A script that a job calls may start a command of the project, whose name no reader knows.
    const called = surroundings.binding?.launch.shell === undefined ? '' : 'python'
    const texts = [patches, metadata, called, ...made]
    const reasons = reasonsIn(commentsOf(facts))
    for (const reader of this.choice.of(facts.fragment, texts)) {
      if (!isAsked(reader)) continue
      const builder = new ClaimBuilder(facts.path, facts.fragment, reader.name)
      builder.layout = layout
      try {
        reader.read(facts, context, builder)
      } catch (error) {
        // One reader's bug must not take the others' findings along.
        faults.push(
          `reader ${reader.name}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
        )
        continue
      }
      if (facts.python instanceof Analysis && leads(reader))
        this.readForCallers(reader, { ...facts, python: facts.python }, context, builder.extraction)
      if (facts.fragment.index === 0 && facts.python !== undefined && !leads(reader)) {
        const { launches, names, frameworkConfig } = builder.extraction
        if (launches.length > 0 || names !== undefined || frameworkConfig !== undefined)
          faults.push(`reader ${reader.name}: leads to other files, but is not marked so`)
        else if (!shares(reader, facts.fragment) && sharesAnything(builder.extraction))
          faults.push(`reader ${reader.name}: is joined with other files, but is not marked so`)
      }
      if (facts.python !== undefined) {
        markUncalled(facts.python, builder.extraction)
        markTriedOut(facts.python, facts.fragment, builder.extraction)
      }
      if (reasons.length > 0 && layout === null) markReasoned(builder.extraction.claims, builder, reasons)
      into.subjects.push(...builder.extraction.subjects)
      into.claims.push(...builder.extraction.claims)
      into.launches.push(...builder.extraction.launches)
      describeLaunches(this.readers, facts, builder.extraction.launches, into)
      const { imagePrograms, imageBuilds, compiledFrom, pipelines, starts, variables } = builder.extraction
      if (starts !== undefined) into.starts = starts
      if (compiledFrom !== undefined) into.compiledFrom = compiledFrom
      if (pipelines !== undefined) into.pipelines = pipelines
      if (imagePrograms !== undefined) into.imagePrograms = [...(into.imagePrograms ?? []), ...imagePrograms]
      if (builder.extraction.texts !== undefined)
        into.texts = [...(into.texts ?? []), ...builder.extraction.texts]
      if (builder.extraction.names !== undefined)
        into.names = [...(into.names ?? []), ...builder.extraction.names]
      if (builder.extraction.frameworkConfig !== undefined && facts.fragment.index === 0)
        into.frameworkConfig = builder.extraction.frameworkConfig
      if (imageBuilds !== undefined) into.imageBuilds = [...(into.imageBuilds ?? []), ...imageBuilds]
      if (variables !== undefined) into.variables = [...(into.variables ?? []), ...variables]
      if (builder.extraction.unseen !== undefined)
        into.unseen = [...(into.unseen ?? []), ...builder.extraction.unseen]
    }
    const own = facts.fragment.language === 'shell' ? facts.shell?.sources : undefined
    const sources = [...(own ?? []), ...inner.sources()]
    if (sources.length > 0) into.texts = [...(into.texts ?? []), ...sources]
  }
}

function commentsOf({ python, config, shell }: FragmentFacts) {
  return python?.tree.comments ?? config?.comments ?? shell?.comments ?? []
}

/** Subjects in functions that nothing calls. */
function markUncalled(python: PythonModule, { subjects }: Extraction): void {
  for (const subject of subjects) {
    const uncalled = uncalledBecause(python, subject.scope)
    if (uncalled !== null) subject.evidence = { ...subject.evidence, uncalled }
  }
}

/** Programs that cells write come last: their launches are known by then. */
function inReadingOrder({ fragments }: SourceFile): { fragment: SourceFragment; index: number }[] {
  const all = fragments.map((fragment, index) => ({ fragment, index }))
  const written = ({ fragment }: { fragment: SourceFragment }) => fragment.target !== undefined
  return [...all.filter((one) => !written(one)), ...all.filter(written)]
}

function shares({ shares }: Reader, { text }: SourceFragment): boolean {
  return typeof shares === 'function' ? shares(text) : shares === true
}

function leads(reader: Reader): boolean {
  return reader.leads !== undefined
}

/** A program that a cell writes and another cell starts is read with that launch, and only so. */
function isStartedHere({ target, language }: SourceFragment, { launches }: Extraction): boolean {
  return (
    target !== undefined &&
    language === 'python' &&
    launches.some(({ program }) => program.path !== null && isWrittenAs(program.path, target))
  )
}

/** The program that a cell of the file writes, and that this launch of the same file starts. */
function startedProgram(
  { path, fragments }: SourceFile,
  { location, program }: Binding['launch'],
): SourceFragment | undefined {
  if (location.path !== path || program.path === null) return undefined
  const started = program.path
  return fragments.find(
    ({ language, target }) => language === 'python' && target !== undefined && isWrittenAs(started, target),
  )
}

/** By a launch in another file than its reader read. */
function isGivenElsewhere({ channel, location, site, subject }: Claim): boolean {
  const launched = channel === 'launch flag' || channel === 'launch environment'
  return launched && site.path === undefined && !subject.startsWith(`${location.path}#`)
}

function holds(
  { start, end, cell, source }: SourceFragment['segments'][number],
  location: Claim['location'],
): boolean {
  return cell === location.cell && source <= location.start && location.end <= source + end - start
}

const installed = new WeakMap<SourceFile, Record<string, string>>()

/** Those of the project, and above them what the cells of a notebook install. */
function versionsIn(file: SourceFile, versions: Record<string, string>): Record<string, string> {
  if (!file.notebook) return versions
  let own = installed.get(file)
  if (own === undefined) {
    const commands = file.fragments.filter(({ language }) => language === 'shell')
    own = plainVersions(installedVersions(commands.map(({ text }) => text).join('\n')))
    installed.set(file, own)
  }
  return Object.keys(own).length === 0 ? versions : { ...versions, ...own }
}

/** What code or configuration there says is no answer to where its reader's own site is. */
function asLaunch({ path, fragment, shell, versions }: FragmentFacts): FragmentFacts {
  return {
    path,
    fragment,
    launch: true,
    ...(shell === undefined ? {} : { shell }),
    ...(versions === undefined ? {} : { versions }),
  }
}

/** False where values will be put into its text, or signs were taken out of it. */
function standsAsWritten(file: SourceFile, { text, segments }: SourceFragment): boolean {
  const whole = segments.reduce((length, { start, end }) => length + end - start, 0) === text.length
  const same = ({ start, end, source }: SourceFragment['segments'][number]) =>
    file.text.slice(source, source + end - start) === text.slice(start, end)
  return whole && segments.every(same)
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

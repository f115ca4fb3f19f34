/**
 * What a reader is: the one place that knows a framework or platform. It turns what a file says into claims, and
 * knows how that framework spells a change. It never judges.
 */
import type { BundleFacts } from '../config/bundle.js'
import type { HclModule } from '../config/hcl-module.js'
import type { ConfigDocument, ConfigFacts } from '../config/node.js'
import type { ShellFacts } from '../config/shell-facts.js'
import type { Change, Refusal } from '../edit/write.js'
import type { PythonModule } from '../python/module.js'
import type { PythonTree } from '../syntax/python-ast.js'
import type { Configured, ConfiguredMap } from '../text/configured.js'
import type { Json } from '../text/json.js'
import type { NamedText } from '../text/named-text.js'
import type { Language, SourceFragment } from '../text/source-fragment.js'
import type { ClaimBuilder } from '../workload/builder.js'
import type { Binding, Claim, Launch } from '../workload/claim.js'
import type { DescribedTable } from './setting-table.js'

/** One fragment with its facts. Which facts are there follows from the language. */
export interface FragmentFacts {
  path: string
  fragment: SourceFragment
  python?: PythonModule
  config?: ConfigFacts
  shell?: ShellFacts
  /** This fragment holds the launch that gives the value; its reader read another file. */
  launch?: true
  /** Of a notebook, also in the commands of its cells: what it says about itself (its kernel, its runtime). */
  metadata?: Record<string, Json>
  /** Of a notebook: how long each of its cells ran last, where that is known of one that may train. */
  cellSeconds?: readonly (number | null)[]
  /** The Terraform module that the file belongs to; absent: only the file itself is known. */
  hcl?: HclModule
  /** What the other files of the Databricks asset bundle say. */
  bundle?: BundleFacts
  /** A framework config with what it inherits from other files of the project; absent: it stands alone. */
  inherited?: ConfiguredMap
  /** Files that the file names (`ClaimBuilder.namesFile`), as written; absent: none was found. */
  named?: Record<string, Configured>
  /** As `ReaderContext.versions`: a change must not write what the library in use does not know. */
  versions?: Record<string, string>
  /** Of a change: the accelerator that it is for; absent: nothing names one. */
  card?: string
}

export interface ReaderContext {
  /** The launch that the script is read with; null: read by itself. */
  binding: Binding | null
  /** Versions that the project asks for at least, by distribution name in lower case ('transformers': '4.46.1'); exact pins also under 'transformers=='. */
  versions: Record<string, string>
  /** What the fragment holds beside the object that is read: a ConfigMap with a script, say. */
  documents: readonly ConfigDocument[]
  /** Facts of shell text inside this fragment (`bash -c "…"`, container arguments, `run: |`). Offsets are those of `text`. */
  shell(text: string): ShellFacts
  /** A script that the file names (`ClaimBuilder.namesText`); undefined: it is none of the project, or has not been read so far. */
  textOf(path: string): NamedText | undefined
}

/** What is known of a module before its analysis. */
export interface UnreadModule {
  text: string
  tree: PythonTree
  /** As `ModuleSummary.imports`. */
  imports: readonly string[]
  /** As `FragmentFacts.metadata`. */
  metadata?: FragmentFacts['metadata']
}

/** For `Reader.leads`: only what imports the library leads somewhere. */
export function importing(library: string): (module: UnreadModule) => boolean {
  return ({ imports }) => imports.some((name) => name === library || name.startsWith(`${library}.`))
}

export interface Reader {
  name: string
  /** What the documentation calls it; needed where it has tables of settings. Default: the name. */
  title?: string
  languages: Language[]
  /** Words without which it has nothing to say: the byte pre-filter of the project is derived from these. */
  triggers: string[]
  /**
   * Of Python code: what it says leads to other files (launches, framework configs, files that it names), so it is asked
   * before files are linked. The others are asked once, when it is known what the project says around the file. A test
   * tells of a module that is not analysed yet whether it can lead anywhere.
   */
  leads?: true | ((module: UnreadModule) => boolean)
  /**
   * Of Python code: it says what other files are joined with, whatever starts the program (machines, pools, endpoints). Readers
   * that lead elsewhere may do so as well; others only speak of what the program does when it runs. A test tells by the text.
   */
  shares?: true | ((text: string) => boolean)
  /** Where two readers claim a setting on one channel, the higher layer wins (an engine around a framework). */
  layer?: number
  /** Settings that are plain keys, with their defaults: the documentation lists them. */
  settings?: readonly DescribedTable[]
  read(facts: FragmentFacts, context: ReaderContext, claims: ClaimBuilder): void
  /**
   * What the command line of a launch says of a training whose program the project may not hold, as subjects that belong to the
   * launch; false: nothing.
   */
  describes?(launch: Launch, claims: ClaimBuilder): boolean
  /** How this framework writes that setting. `facts` are those of the claim's own fragment, parsed again. */
  change?(claim: Claim, value: unknown, facts: FragmentFacts): Change | Refusal
}

export function defineReader(reader: Reader): Reader {
  return reader
}

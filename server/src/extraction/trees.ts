/** Trees of the fragments of files, kept for as long as there is room. */
import { dockerfileFacts } from '../config/dockerfile.js'
import { hclFacts } from '../config/hcl.js'
import { iniFacts } from '../config/ini.js'
import { jsonFacts } from '../config/json.js'
import type { ConfigFacts } from '../config/node.js'
import { shellFacts } from '../config/shell.js'
import type { ShellFacts } from '../config/shell-facts.js'
import { tomlFacts } from '../config/toml.js'
import { yamlFacts } from '../config/yaml.js'
import { LastAnalysis } from '../python/analyse.js'
import { type GrammarName, type Grammars, IncrementalParser } from '../syntax/parser.js'
import type { PythonTree } from '../syntax/python-ast.js'
import { pythonTree } from '../syntax/python-tree.js'
import { maskMarkdown } from '../text/markdown.js'
import type { SourceFile } from '../text/source-file.js'
import type { Language, SourceFragment } from '../text/source-fragment.js'
import type { ShellTexts } from './shell-texts.js'

export interface FragmentTree {
  python?: PythonTree
  /** Of a file that somebody types into. */
  analysed?: LastAnalysis
  config?: ConfigFacts
  shell?: ShellFacts
}

/** Who reads: one thread for the whole project, or one of several workers. */
export type Thread = 'alone' | 'worker'

/**
 * Characters of source whose trees are kept for reading again. A worker reads a part of a large project, of which most is let go
 * anyway before it is asked for again: keeping more costs the collector as much time as parsing once more (bench/README.md).
 */
const keptCharacters: Record<Thread, number> = { alone: 6_000_000, worker: 250_000 }

const grammarOf: Partial<Record<Language, GrammarName>> = {
  python: 'python',
  shell: 'bash',
  markdown: 'bash',
  hcl: 'hcl',
  toml: 'toml',
}

export class Trees {
  private readonly parsed = new Map<string, { file: SourceFile; trees: FragmentTree[] }>()
  /** Files that an editor holds: their last tree is kept, so that a keystroke costs a small parse. */
  private readonly edited = new Map<string, IncrementalParser>()
  private kept = 0

  constructor(
    private readonly grammars: Grammars,
    private readonly shell: ShellTexts,
    private thread: Thread,
  ) {}

  /** Loads the grammars that the fragments need; parsing itself is synchronous. */
  async prepare(file: SourceFile): Promise<void> {
    const wanted = new Set<GrammarName>()
    for (const fragment of file.fragments) {
      const grammar = grammarOf[fragment.language]
      if (grammar !== undefined && !this.grammars.isLoaded(grammar)) wanted.add(grammar)
      // Shell text inside configuration and Python is parsed on demand.
      if (fragment.language !== 'toml' && !this.grammars.isLoaded('bash')) wanted.add('bash')
    }
    if (wanted.size > 0) await this.grammars.load(...wanted)
  }

  /** Those of all fragments, as `prepare` has made possible. */
  of(file: SourceFile): FragmentTree[] {
    const before = this.parsed.get(file.path)
    return before?.file === file ? before.trees : this.parse(file, [])
  }

  /** The same anew. `problems`: what cannot be parsed is added to them. */
  parse(file: SourceFile, problems: string[]): FragmentTree[] {
    this.forget(file.path)
    const trees = file.fragments.map((fragment): FragmentTree => {
      try {
        const tree = this.treeOf(file, fragment, problems)
        const problem = tree.config?.problem ?? tree.shell?.problem
        if (problem !== undefined && !problems.includes(problem)) problems.push(problem)
        return tree
      } catch (error) {
        problems.push(`cannot be parsed: ${error instanceof Error ? error.message : String(error)}`)
        return {}
      }
    })
    this.remember(file, trees)
    return trees
  }

  /** A tree is kept, or an editor holds the text. */
  has(path: string): boolean {
    return this.parsed.has(path) || this.edited.has(path)
  }

  /** Workers read the files of the project from now on. */
  keepLess(): void {
    this.thread = 'worker'
  }

  forget(path: string): void {
    const before = this.parsed.get(path)
    if (before === undefined) return
    this.parsed.delete(path)
    this.kept -= before.file.text.length
  }

  startEditing(path: string): void {
    if (!this.edited.has(path)) this.edited.set(path, new IncrementalParser(this.grammars))
  }

  stopEditing(path: string): void {
    this.edited.get(path)?.dispose()
    this.edited.delete(path)
  }

  private remember(file: SourceFile, trees: FragmentTree[]): void {
    this.parsed.set(file.path, { file, trees })
    this.kept += file.text.length
    for (const [oldest, entry] of this.parsed) {
      if (this.kept <= keptCharacters[this.thread] || oldest === file.path) break
      this.parsed.delete(oldest)
      this.kept -= entry.file.text.length
    }
  }

  private treeOf({ path, notebook }: SourceFile, fragment: SourceFragment, problems: string[]): FragmentTree {
    switch (fragment.language) {
      case 'python': {
        // The other units of a file are too short for an old tree to help.
        const incremental = fragment.index === 0 ? this.edited.get(path) : undefined
        const python = pythonTree(fragment.text, incremental ?? this.grammars)
        if (python.problem !== undefined) problems.push(python.problem)
        if (incremental === undefined) return { python }
        return { python, analysed: new LastAnalysis(path, fragment.text, python, notebook) }
      }
      case 'yaml':
        return { config: yamlFacts(fragment.text) }
      case 'json':
        return { config: jsonFacts(fragment.text) }
      case 'toml':
        return { config: tomlFacts(fragment.text, this.grammars) }
      case 'ini':
        return { config: iniFacts(fragment.text) }
      case 'markdown':
        return { shell: shellFacts(maskMarkdown(fragment.text), this.grammars) }
      case 'hcl':
        return { config: hclFacts(fragment.text, this.grammars) }
      case 'dockerfile':
        return { config: dockerfileFacts(fragment.text) }
      case 'shell':
        return { shell: this.shell.alone(fragment) }
      default:
        return {}
    }
  }
}

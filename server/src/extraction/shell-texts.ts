/** Commands of scripts, and of shell text in other files, with the scripts that they read in. */
import { type PlainNode, plainTree } from '../config/plain-tree.js'
import { shellFacts } from '../config/shell.js'
import type { ShellCommand, ShellFacts } from '../config/shell-facts.js'
import type { ScriptCall } from '../config/shell-reader.js'
import type { ShellSurroundings } from '../config/shell-sources.js'
import { fallback } from '../config/shell-values.js'
import { folderOf } from '../link/paths.js'
import type { Grammars } from '../syntax/parser.js'
import { programsInShell } from '../text/embedded-programs.js'
import type { NamedText, TextName } from '../text/named-text.js'
import type { SourceFragment } from '../text/source-fragment.js'
import type { Binding } from '../workload/claim.js'

/** Their trees are kept while files are read that read them in. */
const mostSourced = 50

/** Scripts of the project, as the file names them. */
type Texts = Readonly<Record<string, NamedText>> | undefined

export class ShellTexts {
  /** Scripts that others read in, by their text. */
  private readonly sourced = new Map<string, PlainNode>()

  constructor(private readonly grammars: Grammars) {}

  /** A script by itself. */
  alone({ text, recipeLines }: SourceFragment): ShellFacts {
    return this.read(text, null, undefined, recipeLines)
  }

  /**
   * The same with the scripts that it reads in, and, where a job calls it, with the arguments and the environment of the
   * call. `facts`: what it says alone.
   */
  again(
    path: string,
    { text, index, language, recipeLines }: SourceFragment,
    facts: ShellFacts,
    { binding, texts }: { binding: Binding | null; texts?: Texts },
  ): ShellFacts {
    const call = index === 0 && binding !== null ? callOf(binding) : undefined
    const around = language === 'shell' ? this.around(path, texts) : null
    return call === undefined && around === null ? facts : this.read(text, around, call, recipeLines)
  }

  /** Shell text inside a file. */
  within(path: string, texts: Texts): InnerShell {
    const around = this.around(path, texts)
    return new InnerShell((text) => this.read(text, around))
  }

  private read(
    text: string,
    around: ShellSurroundings | null,
    call?: ScriptCall,
    lines?: readonly number[],
  ): ShellFacts {
    return withInline(shellFacts(text, this.grammars, call, lines, around), text)
  }

  private around(path: string, texts: Texts): ShellSurroundings | null {
    return texts === undefined ? null : { home: folderOf(path), texts, parse: (text) => this.parse(text) }
  }

  private parse(text: string): PlainNode | undefined {
    let root = this.sourced.get(text)
    if (root === undefined) {
      root = this.grammars.parse('bash', text, (tree) => plainTree(tree, text)).value?.root
      if (this.sourced.size >= mostSourced) this.sourced.clear()
      if (root !== undefined) this.sourced.set(text, root)
    }
    return root
  }
}

/** Several readers, and several questions of one, ask for the same commands. */
class InnerShell {
  private readonly known = new Map<string, ShellFacts>()

  constructor(private readonly read: (text: string) => ShellFacts) {}

  facts(text: string): ShellFacts {
    let facts = this.known.get(text)
    if (facts === undefined) {
      facts = this.read(text)
      this.known.set(text, facts)
    }
    return facts
  }

  /** Scripts that the texts which were asked for read in. */
  sources(): TextName[] {
    return [...this.known.values()].flatMap(({ sources }) => sources ?? [])
  }
}

/** What a script that is called finds; undefined: the launch starts something else. */
function callOf({ launch: { shell, environment } }: Binding): ScriptCall | undefined {
  if (shell === undefined) return undefined
  const given = Object.entries(environment).map(
    ([name, { value, overridable }]) =>
      [name, typeof value !== 'string' ? null : overridable === true ? fallback(value) : value] as const,
  )
  return { arguments: shell.arguments, environment: { ...shell.variables, ...Object.fromEntries(given) } }
}

/** Marks the commands that are fed a program of the script itself. */
function withInline(facts: ShellFacts, text: string): ShellFacts {
  const programs = programsInShell(text).filter((one) => one.at !== null)
  if (programs.length === 0) return facts
  const fedTo = ({ start, end }: ShellCommand) =>
    programs.find(({ at }) => at !== null && start <= at && at < end)?.embedded.target
  return {
    ...facts,
    commands: facts.commands.map((one) => {
      const inline = fedTo(one)
      return inline === undefined ? one : { ...one, inline }
    }),
  }
}

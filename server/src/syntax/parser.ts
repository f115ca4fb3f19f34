/**
 * Loading of grammars and the one way to parse: the tree is lent to a callback and deleted when it returns, because
 * memory inside WebAssembly is freed by nobody else.
 *
 * Loading is asynchronous (WebAssembly), parsing is synchronous. Nothing here knows about files: the bytes of the
 * grammars come from a `GrammarSource`, so that the same code runs in Node and in a web worker.
 */
import { Language, Parser, type Tree } from 'web-tree-sitter'
import { type TextChange, textChange } from './text-change.js'

export type GrammarName = 'python' | 'bash' | 'hcl' | 'toml'

export const grammarNames: readonly GrammarName[] = ['python', 'bash', 'hcl', 'toml']

/** Where the WebAssembly bytes come from. */
export interface GrammarSource {
  /** web-tree-sitter.wasm; undefined: the library finds it by itself (next to its own script). */
  runtime: Uint8Array | undefined
  grammar(name: GrammarName): Promise<Uint8Array>
}

export interface ParseLimits {
  /** Longest text, in UTF-16 code units. */
  characters: number
  /** Longest time that one parse may take, in milliseconds. */
  milliseconds: number
}

export const defaultLimits: ParseLimits = { characters: 2_000_000, milliseconds: 10_000 }

/** What the callback returned, or why there was no tree to give to it. */
export type Parsed<T> = { value: T; problem?: undefined } | { value?: undefined; problem: string }

/** Anything that can parse: `Grammars`, or an `IncrementalParser` that keeps the last tree of one document. */
export interface TreeSource {
  /** Calls `use` with the tree; the tree must not be kept. What `use` throws is passed on. */
  parse<T>(language: GrammarName, text: string, use: (tree: Tree) => T): Parsed<T>
}

/** Loads the parser runtime and the grammars named; others can be loaded later. Rejects when a file is damaged. */
export async function loadGrammars(
  source: GrammarSource,
  names: readonly GrammarName[] = ['python'],
  limits: ParseLimits = defaultLimits,
): Promise<Grammars> {
  const { runtime } = source
  // With the bytes in hand no file is looked for; without `locateFile` the library asks for the URL of its script
  // all the same, which a bundled web worker does not have.
  await Parser.init({
    ...(runtime === undefined ? {} : { wasmBinary: runtime, locateFile: (name: string) => name }),
    // What it has to say of a trap is in the error that it throws.
    printErr: () => {},
  })
  const grammars = new Grammars(source, limits)
  await grammars.load(...names)
  return grammars
}

export class Grammars implements TreeSource {
  private readonly languages = new Map<GrammarName, Promise<Language>>()
  private readonly parsers = new Map<GrammarName, { language: Language; parser: Parser | undefined }>()

  constructor(
    private readonly source: GrammarSource,
    readonly limits: ParseLimits,
  ) {}

  /** Makes these languages ready to parse. Cheap when they are already. */
  async load(...names: GrammarName[]): Promise<void> {
    await Promise.all(
      names.map(async (name) => {
        let loading = this.languages.get(name)
        if (loading === undefined) {
          loading = this.source.grammar(name).then((bytes) => Language.load(bytes))
          this.languages.set(name, loading)
        }
        try {
          const language = await loading
          if (!this.parsers.has(name)) this.parsers.set(name, { language, parser: undefined })
        } catch (error) {
          // A later attempt may succeed (a web worker that was offline).
          this.languages.delete(name)
          throw new Error(`cannot load the ${name} grammar: ${message(error)}`)
        }
      }),
    )
  }

  isLoaded(name: GrammarName): boolean {
    return this.parsers.has(name)
  }

  parse<T>(name: GrammarName, text: string, use: (tree: Tree) => T): Parsed<T> {
    const parsed = this.parseToTree(name, text)
    if (typeof parsed === 'string') return { problem: parsed }
    try {
      return { value: use(parsed) }
    } finally {
      parsed.delete()
    }
  }

  /** For `IncrementalParser`: the caller owns the tree. A string says why there is none. */
  parseToTree(name: GrammarName, text: string, previous?: Tree): Tree | string {
    const entry = this.parsers.get(name)
    if (entry === undefined) return `the ${name} grammar is not loaded`
    if (text.length > this.limits.characters) {
      return `too large: ${text.length} characters, the limit is ${this.limits.characters}`
    }
    if (name === 'bash' && hasEndlessPipeline(text)) return `a pipeline of more than ${mostPipes} commands`
    try {
      if (entry.parser === undefined) {
        entry.parser = new Parser()
        entry.parser.setLanguage(entry.language)
      }
      const deadline = performance.now() + this.limits.milliseconds
      const progressCallback = () => performance.now() > deadline
      // The library copies 5,119 code units per call; handing over short pieces spares it measuring the whole rest.
      const piece = (index: number) => text.slice(index, index + 5_000)
      const tree = entry.parser.parse(piece, previous, { progressCallback })
      if (tree !== null) return tree
      entry.parser.reset()
      return `parsing took longer than ${this.limits.milliseconds} ms`
    } catch (error) {
      // A trap inside WebAssembly leaves this parser in an unknown state; the next call makes a new one.
      entry.parser = undefined
      return `the ${name} parser failed: ${message(error).replace(/\. Build with .*/, '')}`
    }
  }

  /** Frees the parsers. Languages live as long as the module. */
  dispose(): void {
    for (const entry of this.parsers.values()) {
      entry.parser?.delete()
      entry.parser = undefined
    }
  }
}

/**
 * Keeps the last tree of one document in one language, so that a keystroke in a large file costs a small parse. Holds
 * memory until `dispose`.
 */
export class IncrementalParser implements TreeSource {
  private tree: Tree | undefined
  private text = ''
  private language: GrammarName | undefined

  constructor(private readonly grammars: Grammars) {}

  /**
   * Parses the new text of the document. `changes` are applied in order, each to the text that the one before left;
   * without them the change is found by comparing the texts.
   */
  parse<T>(language: GrammarName, text: string, use: (tree: Tree) => T, changes?: TextChange[]): Parsed<T> {
    if (this.language !== language) this.dispose()
    const previous = this.tree
    if (previous !== undefined) {
      for (const change of changes ?? textChange(this.text, text)) previous.edit(asEdit(change))
    }
    const parsed = this.grammars.parseToTree(language, text, previous)
    this.dispose()
    if (typeof parsed === 'string') return { problem: parsed }
    this.tree = parsed
    this.text = text
    this.language = language
    return { value: use(parsed) }
  }

  dispose(): void {
    this.tree?.delete()
    this.tree = undefined
    this.text = ''
    this.language = undefined
  }
}

/** From some more on the grammar of the shell aborts, and takes all that is loaded beside it along. */
const mostPipes = 10_000

function hasEndlessPipeline(text: string): boolean {
  if (text.length < mostPipes) return false
  return text.split('\n').some((line) => line.length > mostPipes && line.split('|').length > mostPipes)
}

type TreeEdit = Parameters<Tree['edit']>[0]

function asEdit(change: TextChange): TreeEdit {
  // The library asks for its class but reads only these fields.
  return {
    startIndex: change.start,
    oldEndIndex: change.oldEnd,
    newEndIndex: change.newEnd,
    startPosition: change.startPosition,
    oldEndPosition: change.oldEndPosition,
    newEndPosition: change.newEndPosition,
  } as TreeEdit
}

function message(error: unknown): string {
  return error instanceof Error && error.message !== '' ? error.message : String(error)
}

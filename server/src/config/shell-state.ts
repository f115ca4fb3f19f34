/** What a running shell remembers: its variables and the folder it stands in, and what commands of its own do to them. */

import type { Span } from '../text/location.js'
import { inField, type PlainNode } from './plain-tree.js'
import { mostWords } from './shell-braces.js'
import type { ShellWord } from './shell-facts.js'
import { catText, type GivenText } from './shell-heredocs.js'
import { assignedName } from './shell-survey.js'
import { fallback, heldText, isBlank, wideHole } from './shell-values.js'
import { ShellVariables } from './shell-variables.js'
import { expandValue, expandWord, longestValue, namesArguments } from './shell-words.js'

const assigners = new Set(['read', 'mapfile', 'readarray', 'getopts', 'printf', 'let'])

export class ShellState {
  readonly variables = new ShellVariables()
  private exportsAll = false
  /** How often a function or a script that is read in has been left before its end. */
  returns = 0
  /** The command that reads in the file whose statements are run: what that says is shown there. */
  private shown: Span | null = null

  constructor(
    private text: string,
    /** Relative to where the script was started; null: unknown. */
    public folder: string | null,
  ) {}

  /** Runs statements of another file. */
  readingIn<T>(text: string, at: Span, run: () => T): T {
    const before = { text: this.text, shown: this.shown }
    this.text = text
    this.shown ??= at
    const result = run()
    this.text = before.text
    this.shown = before.shown
    return result
  }

  /** Nodes of a command line as words; nodes that touch are one word. */
  words(nodes: PlainNode[]): ShellWord[] {
    const words: ShellWord[] = []
    for (let index = 0; index < nodes.length; ) {
      const { start } = nodes[index]!
      let { end } = nodes[index]!
      index++
      while (index < nodes.length && nodes[index]!.start === end) end = nodes[index++]!.end
      words.push(...expandWord(this.text.slice(start, end), start, this.variables))
      if (words.length > 10 * mostWords) break
    }
    const { shown } = this
    return shown === null ? words : words.map((word) => ({ ...word, raw: '', ...shown }))
  }

  /** A `variable_assignment`; `end`: where its value ends. */
  assign(node: PlainNode, exported: boolean, end: number): void {
    const name = assignedName(node, this.text)
    const value = inField(node, 'value')
    const appends = node.children.some((child) => child.type === '+=')
    const given = appends ? null : catText(node, name, this.text)
    const before = appends ? this.variables.get(name) : undefined
    if (inField(node, 'name')?.type === 'subscript') {
      this.variables.set(name, { kind: 'unknown', splits: true })
      return
    }
    if (given !== null) this.take(given)
    else if (value?.type === 'array') {
      const items = this.words(value.children.filter((child) => child.named))
      const head = before === undefined ? [] : before.kind === 'array' ? before.words : null
      this.variables.set(
        name,
        head === null
          ? { kind: 'unknown', splits: true }
          : { kind: 'array', words: [...head, ...items].slice(0, mostWords) },
      )
    } else {
      const raw = value === undefined ? '' : this.text.slice(value.start, end)
      let text = expandValue(raw, value?.start ?? end, this.variables)
      // What is appended to a variable from outside has an unknown beginning.
      if (appends) text = (before?.kind === 'text' ? before.text : wideHole) + text
      if (text.length > longestValue) text = wideHole
      this.variables.set(
        name,
        isBlank(text) ? { kind: 'unknown', splits: severalWords(name, raw) } : { kind: 'text', text },
      )
    }
    if (exported || this.exportsAll) this.export(name, node)
    else {
      const at = this.shown ?? node
      this.variables.moveExport(name, at.start, at.end)
    }
  }

  export(name: string, node: Span): void {
    const { start, end } = this.shown ?? node
    this.variables.export(name, start, end)
  }

  /** A text between marks as the value of a variable. */
  take({ name, body, literal }: GivenText): void {
    const raw = this.text.slice(body.start, body.end)
    const text = literal
      ? raw
      : expandValue(`"${raw.replace(/"/g, '\\"')}"`, Math.max(0, body.start - 1), this.variables)
    this.variables.set(
      name,
      isBlank(text) || text.length > longestValue
        ? { kind: 'unknown', splits: true }
        : { kind: 'text', text: text.trim() },
    )
  }

  /** What a command of the shell itself does; true when the script ends with it. */
  runBuiltin([first, ...rest]: ShellWord[]): boolean {
    const name = first?.text ?? ''
    if (name === 'exit') return true
    if (name === ':') this.takeDefaults(rest)
    if (name === 'return') {
      this.returns++
      return true
    }
    if (name === 'exec') return rest.length > 0
    if (name === 'cd' || name === 'pushd') {
      const target = rest.find((word) => word.text !== '--' && word.text !== '-P')
      this.folder = target === undefined ? null : joined(this.folder, target.text)
    } else if (name === 'popd') this.folder = null
    else if (name === 'set' && rest.some((word) => word.text === '-a' || word.text === 'allexport')) {
      this.exportsAll = rest[0]?.text !== '+a' && rest[0]?.text !== '+o'
    } else if (name === 'set' && rest[0]?.text === '--') {
      this.bindPositions(rest.slice(1))
    } else if (name === 'shift') {
      const all = this.variables.get('@')
      const by = rest.length === 0 ? 1 : Number(rest[0]!.text ?? Number.NaN)
      this.bindPositions(all?.kind === 'array' && Number.isSafeInteger(by) ? all.words.slice(by) : null)
    } else if (assigners.has(name)) {
      for (const word of rest) {
        const target = /^[A-Za-z_]\w*/.exec(word.text ?? '')?.[0]
        if (target !== undefined && (name !== 'printf' || rest[0]?.text === '-v')) {
          this.variables.set(target, { kind: 'unknown', splits: name !== 'let' })
        }
      }
    }
    return false
  }

  /** `: "${WORKERS:=0}"` gives a variable a value that whoever starts the script may replace. */
  private takeDefaults(words: readonly ShellWord[]): void {
    for (const { raw } of words) {
      const [, name, value] = /^"?\$\{([A-Za-z_]\w*):?=([^{}$`"]*)\}"?$/.exec(raw) ?? []
      if (name !== undefined && this.variables.get(name) === undefined)
        this.variables.set(name, { kind: 'text', text: fallback(value!.replace(/'/g, '')) })
    }
  }

  /** The arguments of a function as `$1`, `$@`; null: no longer known. */
  bindPositions(words: ShellWord[] | null): void {
    const readable = words?.every((word) => word.splits !== true) ? words : null
    for (let position = 1; position <= 9; position++) {
      const word = readable?.[position - 1]
      this.variables.set(
        String(position),
        word === undefined
          ? undefined
          : word.text === null
            ? { kind: 'unknown', splits: false }
            : { kind: 'text', text: heldText(word) ?? word.text },
      )
    }
    for (const all of ['@', '*'])
      this.variables.set(all, readable === null ? undefined : { kind: 'array', words: readable })
  }

  /** Runs something with arguments of its own. */
  withPositions(words: ShellWord[] | null, run: () => void): void {
    const before = [...'123456789@*'].map((name) => [name, this.variables.get(name)] as const)
    this.bindPositions(words)
    run()
    for (const [name, value] of before) this.variables.set(name, value)
  }

  /** As between `set -a` and `set +a`. */
  exportingAll(run: () => void): void {
    const before = this.exportsAll
    this.exportsAll = true
    run()
    this.exportsAll = before
  }

  /** In a shell of its own: what it changes does not leave. */
  apart(run: () => void): void {
    const { folder } = this
    this.variables.branches([{ run, keep: false }], true)
    this.folder = folder
  }

  /** What may or may not run. It is taken to leave the folder as it was. */
  perhaps(run: () => unknown): void {
    const { folder } = this
    this.variables.branches([{ run, keep: true }], false)
    this.folder = folder
  }

  /** What may run any number of times: what it assigns is unknown when it begins and when it is over. */
  repeatedly(assigned: Iterable<string>, run: () => void): void {
    const { folder } = this
    this.variables.forgetAll(assigned)
    this.variables.branches([{ run, keep: true }], false)
    if (this.folder !== folder) this.folder = null
  }

  /** Runs each from the same state. A run is true when it ends the script; so is the result when all do. */
  alternatives(runs: (() => boolean)[], exhaustive: boolean): boolean {
    const before = this.folder
    const folders: (string | null)[] = exhaustive ? [] : [before]
    const ends: boolean[] = []
    this.variables.branches(
      runs.map((run) => ({
        run: () => {
          this.folder = before
          const ended = run()
          ends.push(ended)
          if (!ended) folders.push(this.folder)
          return ended
        },
        keep: true,
      })),
      exhaustive,
    )
    this.folder =
      folders.length > 0 && folders.every((one) => one === folders[0])
        ? folders[0]!
        : folders.length > 0
          ? null
          : before
    return exhaustive && ends.every(Boolean)
  }
}

/** True when an unreadable value looks as if it held several words. */
function severalWords(name: string, raw: string): boolean {
  const outside = raw.replace(/\$\(\(.*?\)\)|\$\([^()]*\)|`[^`]*`|\$\{[^{}]*\}/g, '')
  return namesArguments(name) || /\s/.test(outside) || /\$[@*]|\[[@*]\]/.test(raw)
}

function joined(folder: string | null, target: string | null): string | null {
  if (target === null || target === '-' || target.startsWith('~')) return null
  if (target.startsWith('/')) return target
  if (folder === null) return null
  const parts: string[] = []
  for (const part of `${folder}/${target}`.split('/')) {
    if (part === '' || part === '.') continue
    if (part === '..' && parts.length > 0 && parts[parts.length - 1] !== '..') parts.pop()
    else parts.push(part)
  }
  return `${folder.startsWith('/') ? '/' : ''}${parts.join('/')}`
}

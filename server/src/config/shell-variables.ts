/** Variables of a script while it is read: what each holds now, what is exported, and what branches leave behind. */
import { define } from '../text/records.js'
import type { ShellCommand, ShellWord } from './shell-facts.js'
import { fallback, isFallback, readable, type ShellScope, type ShellValue, wideHole } from './shell-values.js'

const mostExports = 300

interface Branch {
  /** May return true: the branch ends the script, so it leaves nothing behind. */
  run: () => unknown
  /** False: nothing that it changes is seen outside. */
  keep: boolean
}

/** Exported variables that a command is taken to find; of more, those that were exported last. */
const mostExported = 300

export class ShellVariables implements ShellScope {
  private readonly values = new Map<string, ShellValue>()
  private readonly exported = new Map<string, { start: number; end: number }>()
  /** Innermost branch last: the values that names had before it. */
  private readonly journals: Map<string, ShellValue | undefined>[] = []
  private snapshot: ShellCommand['environment'] | null = null

  /** Arguments of the script are all known. */
  knowsArguments = false

  isSettled(name: string): boolean {
    return this.knowsArguments && /^\d+$/.test(name)
  }

  get(name: string): ShellValue | undefined {
    return this.values.get(name)
  }

  set(name: string, value: ShellValue | undefined): void {
    if (name === '') return
    const journal = this.journals[this.journals.length - 1]
    if (journal !== undefined && !journal.has(name)) journal.set(name, this.values.get(name))
    if (value === undefined) this.values.delete(name)
    else this.values.set(name, value)
    if (this.exported.has(name)) this.snapshot = null
  }

  forgetAll(names: Iterable<string>): void {
    for (const name of names) {
      this.set(name, { kind: 'unknown', splits: this.splits([this.get(name)]) })
    }
  }

  /** What names hold, as values that whoever starts the script may replace. */
  asFallbacks(names: Iterable<string>): [name: string, value: ShellValue][] {
    return [...names].flatMap((name): [string, ShellValue][] => {
      const value = this.get(name)
      return value?.kind === 'text' && value.text !== ''
        ? [[name, { kind: 'text', text: fallback(value.text) }]]
        : []
    })
  }

  export(name: string, start: number, end: number): void {
    if (this.exported.size >= mostExports && !this.exported.has(name)) return
    this.exported.set(name, { start, end })
    this.snapshot = null
  }

  /** A later assignment of an exported variable is where its value stands. */
  moveExport(name: string, start: number, end: number): void {
    if (this.exported.has(name)) this.export(name, start, end)
  }

  /** What a command started now would find in its environment, as far as the script put it there. */
  environment(): ShellCommand['environment'] {
    this.snapshot ??= [...this.exported].slice(-mostExported).map(([name, place]) => {
      const held = this.get(name)
      const fallback = held?.kind === 'text' && isFallback(held.text)
      return { name, value: textOf(held), ...place, ...(fallback ? { fallback: true as const } : {}) }
    })
    return this.snapshot
  }

  /** Runs alternatives one by one from the same state; afterwards a name holds what all of them agree on. */
  branches(branches: Branch[], exhaustive: boolean): void {
    let outcomes = 0
    const left = new Map<string, (ShellValue | undefined)[]>()
    const before = new Map<string, ShellValue | undefined>()
    for (const branch of branches) {
      const journal = new Map<string, ShellValue | undefined>()
      this.journals.push(journal)
      const ended = branch.run() === true
      this.journals.pop()
      const counts = branch.keep && !ended
      if (counts) outcomes++
      for (const [name, old] of journal) {
        if (!before.has(name)) before.set(name, old)
        if (counts) {
          const values = left.get(name)
          if (values === undefined) left.set(name, [this.values.get(name)])
          else values.push(this.values.get(name))
        }
        this.set(name, old)
      }
    }
    if (outcomes === 0) return
    for (const [name, old] of before) {
      const possible = left.get(name) ?? []
      // Where a branch leaves it alone, it is what it was.
      if (!exhaustive || possible.length < outcomes) possible.push(old)
      const first = possible[0]
      if (possible.every((value) => same(value, first))) this.set(name, first)
      else this.set(name, commonBeginning(possible) ?? { kind: 'unknown', splits: this.splits(possible) })
    }
  }

  plain(): Record<string, string | null> {
    const plain: Record<string, string | null> = Object.create(null)
    for (const [name, value] of this.values) if (/^[A-Za-z_]/.test(name)) define(plain, name, textOf(value))
    return plain
  }

  /** True when one of the values may be no word, several words, or an option. */
  private splits(values: (ShellValue | undefined)[]): boolean {
    return values.some(
      (value) =>
        value?.kind === 'array' ||
        (value?.kind === 'unknown' && value.splits) ||
        (value?.kind === 'text' &&
          (value.text === '' || value.text.startsWith('-') || /[\s\uE001]/.test(value.text))),
    )
  }
}

/**
 * Branches that only append (`if …; then ARGS="$ARGS --x"; fi`) leave the beginning known and any number of words
 * behind it; undefined for other differences.
 */
function commonBeginning(values: (ShellValue | undefined)[]): ShellValue | undefined {
  const texts = values.map((value) => (value?.kind === 'text' ? value.text : null))
  if (texts.every((text) => text !== null)) {
    const shortest = texts.reduce((a, b) => (a.length <= b.length ? a : b))
    const appended = texts.every(
      (text) => text.startsWith(shortest) && /^\s|^$/.test(text.slice(shortest.length)),
    )
    return shortest.trim() !== '' && appended ? { kind: 'text', text: `${shortest} ${wideHole}` } : undefined
  }
  const lists = values.map((value) => (value?.kind === 'array' ? value.words : null))
  if (!lists.every((words) => words !== null)) return undefined
  const shortest = lists.reduce((a, b) => (a.length <= b.length ? a : b))
  const [place] = shortest
  const same = (a: ShellWord, b: ShellWord | undefined) => a.start === b?.start && a.text === b.text
  if (
    place === undefined ||
    !lists.every((words) => shortest.every((word, index) => same(word, words[index])))
  ) {
    return undefined
  }
  return { kind: 'array', words: [...shortest, { ...place, text: null, raw: '', splits: true }] }
}

function textOf(value: ShellValue | undefined): string | null {
  if (value?.kind === 'text') return readable(value.text)
  if (value?.kind !== 'array' || value.words.some((word) => word.text === null)) return null
  return value.words.map((word) => word.text).join(' ')
}

function same(a: ShellValue | undefined, b: ShellValue | undefined): boolean {
  if (a === b) return true
  // Equal texts with holes need not be equal.
  if (a?.kind !== 'text' || b?.kind !== 'text' || readable(a.text) === null) return false
  return readable(a.text) === readable(b.text)
}

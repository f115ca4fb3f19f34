/** Variables of a script while it is read: what each holds now, what is exported, and what branches leave behind. */
import type { ShellCommand } from './shell-facts.js'
import type { ShellScope, ShellValue } from './shell-words.js'

const mostExports = 300

interface Branch {
  /** May return true: the branch ends the script, so it leaves nothing behind. */
  run: () => unknown
  /** False: nothing that it changes is seen outside. */
  keep: boolean
}

export class ShellVariables implements ShellScope {
  private readonly values = new Map<string, ShellValue>()
  private readonly exported = new Map<string, { start: number; end: number }>()
  /** Innermost branch last: the values that names had before it. */
  private readonly journals: Map<string, ShellValue | undefined>[] = []
  private snapshot: ShellCommand['environment'] | null = null

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
    this.snapshot ??= [...this.exported].map(([name, place]) => ({
      name,
      value: textOf(this.get(name)),
      ...place,
    }))
    return this.snapshot
  }

  /** Runs alternatives one by one from the same state; afterwards a name holds what all of them agree on. */
  branches(branches: Branch[], exhaustive: boolean): void {
    const outcomes: Map<string, ShellValue | undefined>[] = []
    const before = new Map<string, ShellValue | undefined>()
    for (const branch of branches) {
      const journal = new Map<string, ShellValue | undefined>()
      this.journals.push(journal)
      const ended = branch.run() === true
      this.journals.pop()
      const outcome = new Map<string, ShellValue | undefined>()
      for (const [name, old] of journal) {
        if (!before.has(name)) before.set(name, old)
        outcome.set(name, this.values.get(name))
        this.set(name, old)
      }
      if (branch.keep && !ended) outcomes.push(outcome)
    }
    if (outcomes.length === 0) return
    for (const [name, old] of before) {
      const possible = outcomes.map((outcome) => (outcome.has(name) ? outcome.get(name) : old))
      if (!exhaustive) possible.push(old)
      const first = possible[0]
      if (possible.every((value) => same(value, first))) this.set(name, first)
      else this.set(name, { kind: 'unknown', splits: this.splits(possible) })
    }
  }

  plain(): Record<string, string | null> {
    const plain: Record<string, string | null> = Object.create(null)
    for (const [name, value] of this.values) if (/^[A-Za-z_]/.test(name)) plain[name] = textOf(value)
    return plain
  }

  /** True when one of the values may be no word, several words, or an option. */
  private splits(values: (ShellValue | undefined)[]): boolean {
    return values.some(
      (value) =>
        value?.kind === 'array' ||
        (value?.kind === 'unknown' && value.splits) ||
        (value?.kind === 'text' &&
          (value.text === '' || value.text.startsWith('-') || /\s/.test(value.text))),
    )
  }
}

function textOf(value: ShellValue | undefined): string | null {
  if (value?.kind === 'text') return value.text
  if (value?.kind !== 'array' || value.words.some((word) => word.text === null)) return null
  return value.words.map((word) => word.text).join(' ')
}

function same(a: ShellValue | undefined, b: ShellValue | undefined): boolean {
  if (a === b) return true
  return a?.kind === 'text' && b?.kind === 'text' && a.text === b.text
}

/** Which options of a command take a value. Names are without dashes, with `-` for `_`. */
import type { ShellWord } from '../config/shell-facts.js'

export interface OptionTable {
  /** Options followed by a value (or by several, where a number says so). */
  values: ReadonlyMap<string, number>
  /** Options without a value. Others are guessed: a value follows when the next word is no option and no script. */
  flags: ReadonlySet<string>
  /** Short options that have a long name, and take a value where that does. */
  long: Readonly<Record<string, string>>
  /** Options with several letters behind one dash (`-np 4`). */
  singleDash?: boolean
}

/** `values` and `flags` are lists of names; `name*2` takes two values. */
export function table(
  values: string,
  flags = '',
  long: Record<string, string> = {},
  singleDash = false,
): OptionTable {
  const arity = new Map<string, number>()
  for (const word of values.split(/\s+/).filter(Boolean)) {
    const [name, count] = word.split('*')
    arity.set(name!, Number(count ?? 1))
  }
  const alone = new Set(flags.split(/\s+/).filter(Boolean))
  for (const [short, name] of Object.entries(long)) {
    if (arity.has(short) || alone.has(short)) continue
    const count = arity.get(name)
    if (count !== undefined) arity.set(short, count)
    else if (alone.has(name)) alone.add(short)
  }
  return { values: arity, flags: alone, long, singleDash }
}

/**
 * The path that a word names. Behind a folder that cannot be read (`$DIR/train.py`) the rest stands as an absolute path
 * of another machine; null when nothing can be read.
 */
export function pathOf(word: ShellWord): string | null {
  if (word.text !== null) return word.text
  const tail = /^["']?(?:\$\w+|\$\{[^{}]*\}|\$\([^()]*\))["']?((?:\/[\w.@+-]+)+)["']?$/.exec(
    word.outline ?? word.raw,
  )
  return tail === null ? null : tail[1]!
}

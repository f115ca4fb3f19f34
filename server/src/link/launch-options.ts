/** Options of a launcher or wrapper: where they end and the command that it starts begins. */
import type { ShellWord } from '../config/shell-facts.js'
import { lookUp } from '../text/records.js'
import { isInterpreter } from './command-words.js'
import type { LaunchFlag } from './launch-parts.js'
import type { OptionTable } from './option-table.js'

/**
 * Reads options from the front of `words` and hands each to `option`, under its long name where it has one.
 *
 * @param modules flags behind which the program follows at once (`-m`)
 * @returns the index of the first word behind them; `complete` is false when some words cannot be read, so that absent
 * options are unknown
 */
export function readOptions(
  words: ShellWord[],
  known: OptionTable,
  modules: string[],
  option: (name: string, flag: Omit<LaunchFlag, 'location'>) => void,
): { end: number; complete: boolean } {
  let complete = true
  let index = 0
  const add = (
    written: string,
    name: string,
    value: string | boolean | null,
    from: ShellWord,
    values: ShellWord[],
  ) => {
    const last = values[values.length - 1] ?? from
    const span = { start: from.start, end: Math.max(from.end, last.end) }
    const attached = values.length === 0 && value !== true
    const offset = attached && from.raw.includes('=') ? from.raw.indexOf('=') + 1 : written.length
    option(name, {
      value,
      written,
      span,
      valueSpan: attached
        ? { start: Math.min(from.start + offset, from.end), end: from.end }
        : values.length > 0
          ? { start: values[0]!.start, end: last.end }
          : null,
      more: [],
      ...([from, ...values].some((one) => one.fallback === true) ? { overridable: true as const } : {}),
    })
  }
  while (index < words.length) {
    const word = words[index]!
    const text = word.text ?? /^(--?[A-Za-z][\w-]*=)/.exec(word.outline ?? '')?.[1] ?? null
    if (text === null) {
      if (isInterpreter(word)) break
      // Options in a variable, when a program still follows.
      const behind = words
        .slice(index + 1, index + 40)
        .some((one) => one.text !== null && /^[^-].*\.py$|^python[\d.]*$|^-m$/.test(one.text))
      if (!behind) break
      complete = false
      index++
      continue
    }
    if (text === '--') {
      index++
      break
    }
    if (text === '-' || !text.startsWith('-')) break
    const [, dashes, name, equals, attached] = /^(--?)([^=]*)(=?)([\s\S]*)$/.exec(text) as unknown as string[]
    const plain = name!.replace(/_/g, '-')
    const isLong =
      dashes === '--' || name!.length === 1 || known.singleDash === true || known.flags.has(plain)
    const spelled = lookUp(known.long, plain) ?? (name!.length === 1 ? plain : name!)
    if (equals === '=' && isLong) {
      add(`${dashes}${name}`, spelled, word.text === null ? null : attached!, word, [])
      index++
      continue
    }
    if (!isLong) {
      // `-n4`, `-lu`
      const letter = name![0]!
      const long = lookUp(known.long, letter) ?? letter
      if (known.values.has(letter)) add(`-${letter}`, long, text.slice(2), word, [])
      else for (const one of name!) add(`-${one}`, lookUp(known.long, one) ?? one, true, word, [])
      index++
      continue
    }
    const count = known.values.get(plain) ?? (known.flags.has(plain) || modules.includes(plain) ? 0 : null)
    // `-env NAME value` is also written `-env NAME=value`.
    const taken =
      count === 2 && words[index + 1]?.text?.includes('=')
        ? 1
        : (count ?? (looksLikeValue(words[index + 1]) ? 1 : 0))
    const values = words.slice(index + 1, index + 1 + taken)
    add(
      `${dashes}${name}`,
      spelled,
      taken === 0
        ? true
        : values.some((one) => one.text === null)
          ? null
          : values.map((one) => one.text).join(' '),
      word,
      values,
    )
    index += 1 + taken
    if (modules.includes(plain)) break
  }
  return { end: index, complete }
}

function looksLikeValue(word: ShellWord | undefined): boolean {
  if (word === undefined) return false
  if (word.text === null) return word.splits !== true
  return !word.text.startsWith('-') && !/\.py$|^python[\d.]*$/.test(word.text)
}

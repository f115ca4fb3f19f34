/** How often loops of the shell run, and what ends them. */
import type { PlainNode } from './plain-tree.js'
import { evaluateArithmetic } from './shell-arithmetic.js'
import type { ShellWord } from './shell-facts.js'
import type { ShellScope } from './shell-values.js'

/** Number of words that `for x in …` walks over; null when a pattern or an unreadable word may be any number. */
export function countWords(words: ShellWord[]): number | null {
  const countable = words.every(
    (word) => word.splits !== true && (word.text === null ? word.raw.startsWith('"') : !isGlob(word)),
  )
  return countable ? words.length : null
}

function isGlob(word: ShellWord): boolean {
  const { raw, text } = word
  const bracket = raw.indexOf('[')
  return raw === text && (/[*?]/.test(raw) || (bracket >= 0 && raw.lastIndexOf(']') > bracket + 1))
}

/** Passes of `for ((i=0; i<n; i++))`, from its three parts without blanks; null when they are anything else. */
export function countTrips(
  name: string,
  [initial, condition, update]: [string, string, string],
  scope: ShellScope,
): number | null {
  const known = (source: string) =>
    evaluateArithmetic(source, (variable) => {
      const value = scope.get(variable)
      return value?.kind === 'text' ? value.text : null
    })
  const first = known(initial.slice(name.length + 1))
  const bound = /^(\w+)(<=?)(.+)$/.exec(condition)
  const last = bound?.[1] === name ? known(bound[3]!) : null
  const stride = new RegExp(`^(?:${name}\\+\\+|\\+\\+${name}|${name}\\+=(\\d+))$`).exec(update)
  if (name === '' || first === null || last === null || stride === null) return null
  const step = Number(stride[1] ?? 1)
  const trips = Math.ceil((last - first + (bound![2] === '<=' ? 1 : 0)) / step)
  return step > 0 && Number.isFinite(trips) ? Math.max(0, trips) : null
}

/** What ends a `while` or `until` loop; 'other' where it may be anything. */
export type LoopEnd = 'condition succeeds' | 'body leaves' | 'never' | 'other'

/** `until python train.py; do sleep 60; done`, `while true; do python train.py; done`. */
export function endOfLoop(node: PlainNode, condition: PlainNode, body: PlainNode, text: string): LoopEnd {
  const source = (one: PlainNode) => text.slice(one.start, one.end)
  const until = node.children.some((child) => child.type === 'until')
  const negated = /^!\s/.test(source(condition))
  if (until !== negated) return 'condition succeeds'
  if (until || !/^(true|:|\[ 1 \]|\(\( *1 *\)\))$/.test(source(condition).trim())) return 'other'
  return /(^|[\s;&|])(break|exit|return)\b/.test(source(body)) ? 'body leaves' : 'never'
}

/** `0.05 0.1 1`, `1e-4 3e-4` are fractions, `100 300` only numbers. */
export function numbersAmong(values: readonly (string | null)[]): { numbers?: true; fractions?: true } {
  const all = values.every((value) => value !== null && /^(?:\d+(?:\.\d+)?|\.\d+)(e[-+]?\d+)?$/i.test(value))
  if (!all) return {}
  return values.some((value) => /\.|e-/i.test(value!))
    ? { numbers: true, fractions: true }
    : { numbers: true }
}

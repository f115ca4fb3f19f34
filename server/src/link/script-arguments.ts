/** Arguments of a script as a launch line gives them, before the script itself says what they mean. */
import type { ShellWord } from '../config/shell-facts.js'
import type { Location, Span } from '../text/location.js'
import type { Launch, LaunchValue } from '../workload/claim.js'
import type { LaunchFlag } from './launch-parts.js'
import { pathOf } from './option-table.js'

export interface ScriptArguments {
  flags: Record<string, LaunchFlag>
  positionals: LaunchValue[]
  complete: boolean
  files: Launch['files']
}

/** A value that whoever starts the launch file may replace. */
export function overridableBy({ fallback }: { fallback?: true }): { overridable?: true } {
  return fallback === true ? { overridable: true } : {}
}

const override = /^(?:\+{0,2}|~)([A-Za-z_][\w./@-]*)=([\s\S]*)$/
const most = 2_000

/** True for flags whose value is a file that configures the run, not one that holds data. */
export function namesConfiguration(flag: string): boolean {
  // `-c` is short for one of these.
  return /^c$|config|cfg|conf$|deepspeed|fsdp|hparams|recipe|args|params|settings|yaml/i.test(flag)
}

const otherFormat = /\.(json|cfg|conf|config|ini)$/i

const isConfiguration = (flag: string, path: string): boolean =>
  namesConfiguration(flag) && (/\.(ya?ml|toml)$/i.test(path) || otherFormat.test(path))

/**
 * Reads `--a b`, `--a=b`, `--flag`, `-x 1`, `key=value` (Hydra, OmegaConf) and positional words. Which flags take no
 * value only the script knows: `--flag word` counts as a value here, and `more` holds words that may belong to it too.
 */
export function readArguments(words: ShellWord[], locate: (span: Span) => Location): ScriptArguments {
  const found: ScriptArguments = { flags: {}, positionals: [], complete: true, files: [] }
  const { flags } = found
  const set = (name: string, flag: LaunchFlag) =>
    Object.defineProperty(flags, name, { value: flag, enumerable: true, configurable: true, writable: true })
  let last: LaunchFlag | null = null
  const begin = (word: ShellWord, written: string, value: string | boolean | null, offset: number | null) => {
    const span = { start: word.start, end: word.end }
    const flag: LaunchFlag = {
      value,
      ...overridableBy(word),
      location: locate(span),
      written,
      span,
      valueSpan: offset === null ? null : { start: Math.min(word.start + offset, word.end), end: word.end },
      more: [],
    }
    const name = written.replace(/^--?/, '')
    set(name, flag)
    const negated = /^--no[-_](.+)$/.exec(written)
    if (negated !== null && value === true && !Object.hasOwn(flags, negated[1]!)) {
      set(negated[1]!, { ...flag, value: 'false', more: [] })
    }
    return flag
  }
  const file = (flag: string, word: ShellWord, value: string) => {
    const isOther = flag === '' && otherFormat.test(value)
    if (/\.(ya?ml|toml)$/i.test(value) || isOther || isConfiguration(flag, value)) {
      found.files.push({ flag, path: value, location: locate({ start: word.start, end: word.end }) })
    }
  }
  for (const word of words.slice(0, most)) {
    const { text } = word
    const head = text ?? /^--?[A-Za-z][\w.-]*=/.exec(word.outline ?? '')?.[0] ?? null
    if (head === null && word.splits === true) {
      // Any number of words: the flag before may have lost its value, or gained none.
      found.complete = false
      if (last !== null && last.value === true) last.value = null
      last = null
      continue
    }
    if (text === '--') {
      last = null
      continue
    }
    // A word of several (`--params "--interval 500"`) is a value: parsers take no option with a space in it.
    const option =
      head === null || /^--?[\w.:/-]+\s/.test(head)
        ? null
        : /^(--?[A-Za-z_][\w.:/-]*)(=?)([\s\S]*)$/.exec(head)
    if (option !== null) {
      const [, name, equals, rest] = option as unknown as [string, string, string, string]
      if (equals === '=') {
        const flag = begin(word, name, text === null ? null : rest, word.raw.indexOf('=') + 1)
        if (typeof flag.value === 'string') file(name.replace(/^-+/, ''), word, flag.value)
        last = flag
        continue
      }
      // `-j4`
      const short = /^-([A-Za-z])(\d+)$/.exec(name)
      if (short !== null) {
        begin(word, `-${short[1]}`, short[2]!, 2)
        last = null
      } else last = begin(word, name, true, null)
      continue
    }
    const value: LaunchValue = {
      value: text,
      location: locate({ start: word.start, end: word.end }),
      ...overridableBy(word),
    }
    const assigned = override.exec(text ?? word.outline ?? '')
    if (assigned !== null && !/^https?:/.test(word.raw)) {
      const flag = begin(word, assigned[1]!, text === null ? null : assigned[2]!, word.raw.indexOf('=') + 1)
      if (typeof flag.value === 'string') file(assigned[1]!, word, flag.value)
      last = null
      continue
    }
    if (last !== null && last.value === true) {
      const written = pathOf(word)
      const flag = last.written.replace(/^-+/, '')
      // Whatever folder stands before it, the file is found by its name.
      last.value = text ?? (written !== null && isConfiguration(flag, written) ? written : null)
      Object.assign(last, overridableBy(word))
      last.span = { start: last.span.start, end: Math.max(last.span.end, word.end) }
      last.location = locate(last.span)
      last.valueSpan = { start: word.start, end: word.end }
      if (written !== null) file(flag, word, written)
      continue
    }
    if (last !== null) last.more.push(value)
    found.positionals.push(value)
    // Where no flag waits for its value, a bare variable outside quotes may be empty, a flag, or several words.
    if (text === null && /^\$(\w+|\{\w+\})$/.test(word.raw) && !/^\$\{?\d/.test(word.raw))
      found.complete = false
    if (text !== null && (last === null || /\.ya?ml$/i.test(text))) file('', word, text)
  }
  if (words.length > most) found.complete = false
  return found
}

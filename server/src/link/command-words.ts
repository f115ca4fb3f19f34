/** Words that name a command, and commands that stand inside the words of another one. */
import type { ShellWord } from '../config/shell-facts.js'
import { fallback, type ShellScope } from '../config/shell-values.js'
import { splitCommands } from '../config/shell-words.js'
import type { LaunchValue } from '../text/launch.js'
import { lookUp } from '../text/records.js'
import { launchers, trainers } from './launchers.js'
import { wrappers } from './wrappers.js'

/** Name of a command without its folder; null when it cannot be read. */
export function commandName(word: ShellWord): string | null {
  if (word.text !== null) return word.text.slice(word.text.lastIndexOf('/') + 1)
  const tail = /\/([\w.-]+)["']?$/.exec(word.outline ?? word.raw)
  return tail === null ? null : tail[1]!
}

/** `$PYTHON`, `$VENV/bin/python`: the name says what it stands for. */
export function isInterpreter({ text, raw, splits }: ShellWord): boolean {
  return (
    text === null && splits !== true && /(?:PYTHON|PY_?EXE\w*|PY_?BIN\w*)\}?"?$|\/python[\d.]*"?$/i.test(raw)
  )
}

/** A word that is a command which starts programs, or a shell. */
export function startsCommand(word: ShellWord | undefined): boolean {
  const name = word === undefined ? null : commandName(word)
  return (
    name !== null &&
    (/^(?:python[\d.]*|(?:ba|z|k|da)?sh)$/.test(name) ||
      [wrappers, launchers, trainers].some((entries) => entries.some(({ words }) => words[0] === name)))
  )
}

/** Commands in the arguments of another one, where `\\&\\&` or `\\;` stand between them. */
export function handedOn(words: ShellWord[]): ShellWord[][] {
  const commands: ShellWord[][] = [[]]
  for (const word of words) {
    if (word.text !== null && /^(?:&&|\|\||;|\|)$/.test(word.text)) commands.push([])
    else commands.at(-1)!.push(word)
  }
  return commands
}

/** The entry with the most words that stand at the front. */
export function longest<T extends { words: string[] }>(
  entries: T[],
  name: string,
  words: ShellWord[],
): T | undefined {
  let best: T | undefined
  for (const entry of entries) {
    if (entry.words[0] !== name || entry.words.length <= (best?.words.length ?? 0)) continue
    if (entry.words.every((word, index) => index === 0 || words[index]?.text === word)) best = entry
  }
  return best
}

/**
 * Commands inside a quoted script; words keep their places where the quotes hide nothing. `environment`: what the shell that
 * reads it finds there.
 */
export function commandsIn(
  word: ShellWord,
  environment: Readonly<Record<string, LaunchValue>> = {},
): ShellWord[][] {
  const quoted = /^(["'])([\s\S]*)\1$/.exec(word.raw)
  // `"$CMD"`: what is known of the variable says more than its name.
  const variable = word.outline !== undefined && /^["']?\$(?:\w+|\{\w+\})["']?$/.test(word.raw)
  const inner = variable ? undefined : quoted?.[2]
  if (inner !== undefined && (word.text === inner || (word.text === null && quoted![1] === '"'))) {
    const exported: ShellScope = {
      get(name) {
        const { value, overridable } = lookUp(environment, name) ?? {}
        if (typeof value !== 'string') return undefined
        return { kind: 'text', text: overridable === true ? fallback(value) : value }
      },
    }
    return splitCommands(inner, word.start + 1, exported)
  }
  const text = word.text ?? word.outline
  if (text === undefined) return []
  return splitCommands(text, 0).map((words) =>
    words.map((one) => ({ ...one, start: word.start, end: word.end })),
  )
}

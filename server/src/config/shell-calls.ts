/** Calls of scripts and of their functions: what they are given, and what they run that no call before has run. */
import type { ShellCommand, ShellWord } from './shell-facts.js'
import { isFallback, readable } from './shell-words.js'

/** Calls of one function that are read one by one; one that is called more often is a helper. */
export const mostCalls = 12
/** The same of all functions, which may call each other. */
export const mostCallsInAll = 60

/** What a script is called with has no place in it. */
export function argument(given: string | null): ShellWord {
  const text = given === null ? null : readable(given)
  const word = { text, raw: text ?? '', start: 0, end: 0 }
  return given !== null && isFallback(given) ? { ...word, fallback: true } : word
}

/** Commands of a function that has run before, without those that do the same again. */
export function notSeen(commands: readonly ShellCommand[], known: readonly ShellCommand[]): ShellCommand[] {
  return commands.flatMap((command): ShellCommand[] => {
    const earlier = known.filter(({ start, end }) => start === command.start && end === command.end)
    if (earlier.length === 0) return [command]
    return earlier.some((one) => isSameCommand(one, command)) ? [] : [{ ...command, time: earlier.length }]
  })
}

/** Nothing tells two runs of one command apart. */
function isSameCommand(one: ShellCommand, other: ShellCommand): boolean {
  return (
    one.folder === other.folder &&
    one.words.length === other.words.length &&
    one.words.every(({ text }, index) => text === other.words[index]!.text) &&
    JSON.stringify(one.environment) === JSON.stringify(other.environment)
  )
}

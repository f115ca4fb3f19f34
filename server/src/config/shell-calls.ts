/** Calls of scripts and of their functions: what they are given, and what they run that no call before has run. */
import type { ShellCommand, ShellWord } from './shell-facts.js'
import { isFallback, readable } from './shell-values.js'

/** Calls of one function that are read one by one; one that is called more often is a helper. */
const mostCalls = 12
/** The same of all functions, which may call each other. */
const mostCallsInAll = 60
/** Characters of functions that are read for calls of their own. */
const longestInAll = 40_000

/** What may still be read call by call: functions call each other, and some are long. */
export class CallBudget {
  private calls = mostCallsInAll
  private characters = longestInAll

  /** Whether a function that is called so often is read once for each of its calls. */
  allows(times: number, length: number): boolean {
    if (times > mostCalls || times * length > longestInAll) return false
    if (this.calls <= 0 || this.characters < length) return false
    this.calls--
    this.characters -= length
    return true
  }
}

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

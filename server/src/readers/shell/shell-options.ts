/** What the options of the shell are when a script comes to a command. */
import type { ShellCommand, ShellFacts } from '../../config/shell-facts.js'

export const word = (command: ShellCommand, index: number): string => command.words[index]?.text ?? ''

/** The script ends at the first failure when it comes to this command. */
export function stopsAtFailure(shell: ShellFacts, command: ShellCommand): boolean {
  return stopperOf(shell, command) !== null
}

/** The command that made it so; null: the script goes on. */
export function stopperOf(shell: ShellFacts, command: ShellCommand): ShellCommand | null {
  return setterOf(shell, command, 'e', 'errexit')
}

const setters = new WeakMap<ShellFacts, ShellCommand[]>()

/** `set -e` and its like, in the order of the script. */
function settersOf(shell: ShellFacts): readonly ShellCommand[] {
  const found = setters.get(shell) ?? shell.commands.filter((command) => word(command, 0) === 'set')
  setters.set(shell, found)
  return found
}

/** An option of the shell is on when the script comes to this command. */
export function isSet(
  shell: ShellFacts,
  command: ShellCommand,
  letter: string | null,
  option: string,
): boolean {
  return setterOf(shell, command, letter, option) !== null
}

function setterOf(
  shell: ShellFacts,
  command: ShellCommand,
  letter: string | null,
  option: string,
): ShellCommand | null {
  let on: ShellCommand | null = null
  for (const one of settersOf(shell)) {
    if (one.start >= command.start) break
    for (const [index, { text }] of one.words.entries()) {
      const [, sign, letters] = /^([-+])([a-zA-Z]+)$/.exec(text ?? '') ?? []
      if (letters === undefined) continue
      const named = letters.endsWith('o') && word(one, index + 1) === option
      if (named || (letter !== null && letters.includes(letter))) on = sign === '-' ? one : null
    }
  }
  return on
}

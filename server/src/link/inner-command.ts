/** Commands that run another one elsewhere: in a container, on the nodes of a job. */
import type { ShellWord } from '../config/shell-facts.js'
import type { Span } from '../text/location.js'
import { containerEnvironment, containerRun } from './container-run.js'
import { torchxCommand } from './torchx.js'

export interface InnerCommand {
  words: ShellWord[]
  environment: { name: string; value: string; span: Span }[]
}

/** Undefined: another command. Null: it runs nothing that can be read. `words` begin with the command. */
export function innerCommand(name: string, words: ShellWord[]): InnerCommand | null | undefined {
  if (name === 'torchx') return torchxCommand(words)
  const run = containerRun(words)
  return run === null ? undefined : { words: run.command, environment: containerEnvironment(run) }
}

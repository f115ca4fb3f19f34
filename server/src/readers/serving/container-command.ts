/** The servers that a container starts: by the words of its command, or by the lines of the shell that it is. */
import { text, written } from '../../config/access.js'
import type { ConfigNode } from '../../config/node.js'
import type { ShellWord } from '../../config/shell-facts.js'
import type { ReaderContext } from '../reader.js'
import { type ServerCommand, serverCommand } from './command.js'

export interface ContainerServer {
  command: ServerCommand
  /** The text whose lines a shell runs, where the words of the command have no place of their own; null: there is none. */
  script: ConfigNode | null
}

/** `words`: entry point, command and arguments. */
export function serversOf(
  words: readonly ConfigNode[],
  image: string | null,
  context: ReaderContext,
): ContainerServer[] {
  const shell = words.findIndex((word) => /^-\w*c$/.test(written(word) ?? ''))
  const inShell = words
    .slice(0, Math.max(0, shell))
    .some((word) => /(^|\/)(ba|da)?sh$/.test(written(word) ?? ''))
  const script = inShell ? words[shell + 1] : undefined
  if (script === undefined) {
    const command = serverCommand(words.map(wordOf), image)
    return command === null ? [] : [{ command, script: null }]
  }
  const lines = text(script)
  return (lines === undefined ? [] : context.shell(lines).commands).flatMap((one) => {
    const command = serverCommand(one.words, null)
    return command === null ? [] : [{ command, script }]
  })
}

function wordOf(node: ConfigNode): ShellWord {
  const raw = written(node)
  return { text: raw ?? null, raw: raw ?? '', start: node.start, end: node.end, splits: raw === undefined }
}

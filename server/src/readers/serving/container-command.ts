/** The servers that a container starts: by the words of its command, or by the lines of the shell that it is. */
import { items, text, written } from '../../config/access.js'
import type { ConfigNode } from '../../config/node.js'
import type { ShellWord } from '../../config/shell-facts.js'
import type { FragmentFacts, ReaderContext } from '../reader.js'
import { type ServerCommand, serverCommand } from './command.js'

/**
 * @param parts entry point, command and arguments
 * @returns with each word where it stands in the file; those of a script where all of it stands
 */
export function serversOf(
  parts: readonly (ConfigNode | undefined)[],
  image: string | null,
  context: ReaderContext,
  { fragment }: FragmentFacts,
): ServerCommand[] {
  const words = parts.flatMap((part) =>
    part !== undefined && text(part) !== undefined
      ? splitWords(part, context, fragment.text)
      : items(part).map(wordOf),
  )
  const option = words.findIndex((word) => /^-\w*c$/.test(word.text ?? ''))
  const inShell = words
    .slice(0, Math.max(0, option))
    .some((word) => /(^|\/)(ba|da)?sh$/.test(word.text ?? ''))
  const script = inShell ? words[option + 1] : undefined
  if (script === undefined) {
    const command = serverCommand(words, image)
    return command === null ? [] : [command]
  }
  const { start, end } = script
  return (script.text === null ? [] : context.shell(script.text).commands).flatMap(
    (one) =>
      serverCommand(
        one.words.map((word) => ({ ...word, start, end })),
        null,
      ) ?? [],
  )
}

function wordOf(node: ConfigNode): ShellWord {
  const raw = written(node)
  return { text: raw ?? null, raw: raw ?? '', start: node.start, end: node.end, splits: raw === undefined }
}

/** Stands before options that have no program of their own. */
const argumentsOf = 'program'

/** Compose splits a text as a shell does. A word stands where it is written, if it is there once; else where all of the text is. */
function splitWords(part: ConfigNode, context: ReaderContext, source: string): ShellWord[] {
  const { start, end } = part
  const written = source.slice(start, end)
  const [command] = context.shell(`${argumentsOf} ${text(part)!}`).commands
  return (command?.words.slice(1) ?? []).map((word) => {
    const at = written.indexOf(word.raw)
    const once = at >= 0 && written.indexOf(word.raw, at + 1) < 0
    return { ...word, ...(once ? { start: start + at, end: start + at + word.raw.length } : { start, end }) }
  })
}

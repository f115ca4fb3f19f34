/** Commands of a file, whatever it is: a script, texts and lists of words of YAML (steps, jobs, containers), Python that starts them. */
import { entries, items, textWithTemplates, written } from '../../config/access.js'
import type { ConfigNode } from '../../config/node.js'
import type { ShellCommand, ShellWord } from '../../config/shell-facts.js'
import { calleePlace } from '../../values/places.js'
import type { Place } from '../../workload/builder.js'
import { bareCommand } from '../bare-command.js'
import { commandText, starters } from '../python/started-programs.js'
import type { FragmentFacts, ReaderContext } from '../reader.js'

/** Whether a text, or words with blanks between them, may be such a command. */
type Mentions = (text: string) => boolean

export interface PlacedCommand {
  command: ShellCommand
  /** What stands in the file for it, where the offsets of its words are those of another text; null: they are those of the file. */
  shown: Place | null
}

const deepestNode = 40
const mostTexts = 2_000
const mostWords = 200
const longestText = 20_000

export function commandsAnywhere(
  facts: FragmentFacts,
  context: ReaderContext,
  mentions: Mentions,
): PlacedCommand[] {
  const { shell, config } = facts
  if (shell !== undefined) return reachable(shell.commands, null, context)
  if (config === undefined) return inProgram(facts, context, mentions)
  const found: PlacedCommand[] = []
  for (const { root } of config.documents) visit(root, context, mentions, found, 0)
  return found
}

function reachable(
  commands: readonly ShellCommand[],
  shown: Place | null,
  context: ReaderContext,
): PlacedCommand[] {
  return commands.flatMap((command) => {
    if (command.unreachable) return []
    const inner = innerText(command)
    if (inner === null) return [{ command, shown }]
    const place = shown ?? { start: command.start, end: command.end }
    return context
      .shell(inner)
      .commands.flatMap((one) => (one.unreachable ? [] : [{ command: one, shown: place }]))
  })
}

const shells = /(^|\/)(ba|z|da)?sh$/

/** The text of `bash -c "…"`; null: the command is no such one. */
function innerText({ words }: ShellCommand): string | null {
  const [program, option, text] = words
  return shells.test(program?.text ?? '') && /^-\w*c$/.test(option?.text ?? '') ? (text?.text ?? null) : null
}

function visit(
  node: ConfigNode,
  context: ReaderContext,
  mentions: Mentions,
  found: PlacedCommand[],
  depth: number,
): void {
  if (depth > deepestNode || found.length > mostTexts) return
  if (node.kind === 'map') {
    const words = containerWords(node)
    if (words !== null) found.push(...listed(words.flat(), context, mentions, words.at(-1)!))
    for (const { key, value } of entries(node))
      if (words === null || (key !== 'command' && key !== 'args'))
        visit(value, context, mentions, found, depth + 1)
    return
  }
  if (node.kind === 'list') {
    const words = asWords(node)
    if (words !== null) found.push(...listed(words, context, mentions))
    else for (const item of items(node)) visit(item, context, mentions, found, depth + 1)
    return
  }
  const text = textWithTemplates(node)
  if (text === undefined || text.length > longestText || !mentions(text)) return
  // Templates of CI systems: their values are filled in later.
  const masked = text.replace(/\$\{\{[\s\S]*?\}\}|<<[^<>]*>>|\{\{[\s\S]*?\}\}/g, 'template')
  found.push(...reachable(context.shell(masked).commands, { start: node.start, end: node.end }, context))
}

/** Words of a container: `command` with `args` behind it; null: it has no such lists. */
function containerWords(node: ConfigNode): ConfigNode[][] | null {
  const lists = ['command', 'args'].flatMap((key) => {
    const value = entries(node).find((one) => one.key === key)?.value
    return value === undefined ? [] : [asWords(value)]
  })
  const [command] = lists
  return command == null || lists.includes(null) ? null : lists.flatMap((one) => (one === null ? [] : [one]))
}

/** Programs that are handed text with blanks in it. */
const interpreter = /(^|\/)((ba|z|da)?sh|python[\d.]*)$/

/** A list of which each item is a word (`[python, train.py]`); null: a list of commands, or of something else. */
function asWords(node: ConfigNode): ConfigNode[] | null {
  const words = node.kind === 'list' ? items(node) : []
  if (words.length < 2 || words.length > mostWords) return null
  const texts = words.map(wordOf)
  const whole = interpreter.test(texts[0] ?? '') || !texts.some((one) => /\s/.test(one ?? ''))
  return whole && !texts.includes(undefined) ? words : null
}

function wordOf(node: ConfigNode): string | undefined {
  return textWithTemplates(node) ?? written(node)
}

function listed(
  words: readonly ConfigNode[],
  context: ReaderContext,
  mentions: Mentions,
  last: readonly ConfigNode[] = words,
): PlacedCommand[] {
  if (!mentions(words.map(wordOf).join(' '))) return []
  const shown = { start: last[0]!.start, end: last.at(-1)!.end }
  const own = words.map((one): ShellWord => {
    const raw = wordOf(one)!
    return { text: /\$|\{\{/.test(raw) ? null : raw, raw, outline: raw, start: one.start, end: one.end }
  })
  return reachable([bareCommand(own)], shown, context)
}

/** Those that a Python program hands to the system: `subprocess.run(['dvc', 'repro'])`. */
function inProgram({ python }: FragmentFacts, context: ReaderContext, mentions: Mentions): PlacedCommand[] {
  return (python?.calls ?? []).flatMap((call) => {
    const given = call.name !== null && starters.test(call.name) ? call.expr.args[0]?.value : undefined
    const text = given === undefined ? null : commandText(python!, given)
    if (text === null || text.length > longestText || !mentions(text)) return []
    const { start, end } = calleePlace(call)
    return reachable(context.shell(text).commands, { start, end }, context)
  })
}

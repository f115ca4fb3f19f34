/**
 * Shell scripts as facts: which commands run, in order, with words and environment as far as the file gives them.
 */

import type { TreeSource } from '../syntax/parser.js'
import { directives } from './directives.js'
import { plainTree } from './plain-tree.js'
import { schedulerVariables } from './scheduler-variables.js'
import type { ShellFacts } from './shell-facts.js'
import { blankAround, fedScripts } from './shell-heredocs.js'
import { type ScriptCall, ShellReader } from './shell-reader.js'
import { type ShellSurroundings, SourcedScripts } from './shell-sources.js'
import { maskTemplates } from './template.js'

/**
 * Reads a script with the `bash` grammar. Never throws; a script that cannot be parsed as a whole still gives its
 * directives and the commands around the errors.
 *
 * Variables hold what the script assigned on the way to a command; what differs between branches, changes in a loop or
 * comes from outside is unknown (word text null). `${X:-default}` is the default where the script does not set X.
 */
export function shellFacts(
  text: string,
  trees: TreeSource,
  call?: ScriptCall,
  /** Where lines begin that a shell of its own runs: those of a Makefile's recipes. */
  lines?: readonly number[],
  /** Scripts of the project that it may read in; null: they are not known. */
  around: ShellSurroundings | null = null,
): ShellFacts {
  const masked = maskTemplates(text).text
  const found = directives(masked)
  const parsed = trees.parse('bash', masked, (tree) => plainTree(tree, masked))
  if (parsed.value === undefined) {
    const { problem } = parsed
    return { commands: [], directives: found, variables: {}, comments: [], hasErrors: true, problem }
  }
  const { root, comments, hasErrors } = parsed.value
  const sources = new SourcedScripts(around)
  const reader = new ShellReader(masked, root, '', sources)
  for (const [name, text] of Object.entries(schedulerVariables(found)))
    reader.state.variables.set(name, { kind: 'text', text })
  if (call !== undefined) reader.bind(call)
  reader.read(lines)
  for (const { command, body } of fedScripts(root, masked)) {
    const inner = blankAround(masked, body)
    const fed = trees.parse('bash', inner, (tree) => plainTree(tree, inner))
    if (fed.value === undefined) continue
    const around = reader.commands.find((one) => one.start === command.start)
    const nested = new ShellReader(inner, fed.value.root, around?.folder)
    nested.read()
    reader.commands.push(...nested.commands)
  }
  const commands = reader.commands.sort((a, b) => a.start - b.start)
  if (masked !== text) {
    for (const word of commands.flatMap((command) => command.words))
      word.raw = text.slice(word.start, word.end)
    for (const comment of comments) comment.text = text.slice(comment.start, comment.end)
  }
  return {
    commands,
    directives: found,
    variables: reader.state.variables.plain(),
    comments,
    hasErrors,
    ...(sources.names.length === 0 ? {} : { sources: sources.names }),
  }
}

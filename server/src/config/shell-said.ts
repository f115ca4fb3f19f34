/** Failures of which a script only says that they have happened, and goes on. */
import { namedChildren, type PlainNode } from './plain-tree.js'
import { branchesOfIf } from './shell-branches.js'

const saying = new Set(['true', ':', '/bin/true', 'echo', 'printf', 'date', 'continue'])

export interface Said {
  start: number
  end: number
  text: string
}

/** `echo failed`, `{ echo failed >&2; continue; }`. */
export function onlySays(nodes: readonly PlainNode[], text: string): boolean {
  const commands = nodes.filter((one) => one.named)
  return commands.length > 0 && commands.every((one) => says(one, text))
}

function says(node: PlainNode, text: string): boolean {
  if (node.type === 'command') return saying.has(text.slice(node.start, node.end).split(/\s/, 1)[0] ?? '')
  if (node.type === 'compound_statement') return onlySays(node.children, text)
  if (node.type !== 'redirected_statement') return false
  const [command, ...others] = namedChildren(node)
  return command !== undefined && says(command, text) && others.every((one) => one.type === 'file_redirect')
}

/** `if ! python train.py; then echo failed; fi`: the part for its failure, where that only says so. */
export function saidOfCondition(node: PlainNode, text: string): Said | null {
  const { conditions, branches, exhaustive } = branchesOfIf(node)
  const [asked, ...others] = conditions.filter((one) => one.named)
  if (asked === undefined || others.length > 0) return null
  if (asked.type === 'negated_command') return saidIn(branches[0], text)
  if (asked.type === 'test_command' || asked.type === 'list') return null
  return exhaustive && branches.length === 2 ? saidIn(branches[1], text) : null
}

const failed = /^\[\[?\s+"?\$\?"?\s+(-ne|-gt|!=)\s+0\s+\]\]?$/
const succeeded = /^\[\[?\s+"?\$\?"?\s+(-eq|==?)\s+0\s+\]\]?$/

/** The same of the command before `if [ $? -ne 0 ]; then echo failed; fi`. */
export function saidOfStatus(node: PlainNode | undefined, text: string): Said | null {
  if (node?.type !== 'if_statement') return null
  const { conditions, branches, exhaustive } = branchesOfIf(node)
  const [asked, ...others] = conditions.filter((one) => one.named)
  if (asked === undefined || others.length > 0) return null
  const test = text.slice(asked.start, asked.end)
  if (failed.test(test)) return saidIn(branches[0], text)
  return succeeded.test(test) && exhaustive && branches.length === 2 ? saidIn(branches[1], text) : null
}

function saidIn(branch: PlainNode[] | undefined, text: string): Said | null {
  if (branch === undefined || !onlySays(branch, text)) return null
  const commands = branch.filter((one) => one.named)
  const { start } = commands[0]!
  const { end } = commands.at(-1)!
  return { start, end, text: text.slice(start, end) }
}

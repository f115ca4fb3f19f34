/** Scripts that a shell is given on its standard input: `singularity exec image.sif bash <<EOF`. */
import type { Span } from '../text/location.js'
import { inField, namedChildren, type PlainNode } from './plain-tree.js'

export interface FedScript {
  /** The command that reads it. */
  command: Span
  body: Span
}

const mostScripts = 8

/** In the order of the text. What runs on another machine (`ssh`), or is submitted (`sbatch`), is left out. */
export function fedScripts(root: PlainNode, text: string): FedScript[] {
  const found: FedScript[] = []
  const open = [root]
  for (let node = open.pop(); node !== undefined && found.length < mostScripts; node = open.pop()) {
    if (node.type === 'redirected_statement') {
      const command = namedChildren(node).find((child) => child.type === 'command')
      const heredoc = namedChildren(node).find((child) => child.type === 'heredoc_redirect')
      const body = heredoc?.children.find((child) => child.type === 'heredoc_body')
      if (command !== undefined && body !== undefined && runsShell(text.slice(command.start, command.end)))
        found.push({
          command: { start: command.start, end: command.end },
          body: { start: body.start, end: body.end },
        })
    }
    for (let index = node.children.length - 1; index >= 0; index--) open.push(node.children[index]!)
  }
  return found
}

export interface GivenText {
  name: string
  body: Span
  /** `<<'EOF'`: nothing in it is expanded. */
  literal: boolean
}

const reads =
  /^(?:IFS=\S*\s+)?read\s+(?:-[A-Za-z]+\s+)*-[A-Za-z]*d\s*(?:''|"")\s+(?:-[A-Za-z]+\s+)*([A-Za-z_]\w*)\s*$/

/** `read -r -d '' NAME <<EOF`: the whole text becomes the value of the variable. */
export function readText(node: PlainNode, text: string): GivenText | null {
  const given = fedText(node)
  if (given === null || given.command.end - given.command.start > 200) return null
  const name = reads.exec(text.slice(given.command.start, given.command.end))
  return name === null ? null : { name: name[1]!, ...bodyOf(given, text) }
}

/** `NAME=$(cat <<EOF … EOF)`, quoted or not. */
export function catText(assignment: PlainNode, name: string, text: string): GivenText | null {
  let value = inField(assignment, 'value')
  if (value?.type === 'string' && namedChildren(value).length === 1) value = namedChildren(value)[0]
  const inner = value?.type === 'command_substitution' ? namedChildren(value) : []
  if (inner.length !== 1 || inner[0]!.type !== 'redirected_statement') return null
  const given = fedText(inner[0]!)
  // A pipe behind the mark makes another text of it.
  if (given?.heredoc.children.some((child) => child.named && !/^heredoc_(start|body|end)$/.test(child.type)))
    return null
  if (given === null || text.slice(given.command.start, given.command.end).trim() !== 'cat') return null
  return { name, ...bodyOf(given, text) }
}

interface Fed {
  command: PlainNode
  heredoc: PlainNode
  body: PlainNode
}

function fedText(node: PlainNode): Fed | null {
  const children = namedChildren(node)
  const command = children.find((child) => child.type === 'command')
  const heredoc = children.find((child) => child.type === 'heredoc_redirect')
  const body = heredoc?.children.find((child) => child.type === 'heredoc_body')
  return command === undefined || heredoc === undefined || body === undefined
    ? null
    : { command, heredoc, body }
}

function bodyOf({ heredoc, body }: Fed, text: string): Pick<GivenText, 'body' | 'literal'> {
  const mark = heredoc.children.find((child) => child.type === 'heredoc_start')
  const literal = mark !== undefined && /['"\\]/.test(text.slice(mark.start, mark.end))
  return { body: { start: body.start, end: body.end }, literal }
}

/** The text with everything but a part of it blank, so that offsets stay. */
export function blankAround(text: string, { start, end }: Span): string {
  const blank = (part: string) => part.replace(/[^\n]/g, ' ')
  return blank(text.slice(0, start)) + text.slice(start, end) + blank(text.slice(end))
}

/** `bash`, `sh -s`, `docker exec -i trainer bash -e`. */
function runsShell(command: string): boolean {
  return (
    /(^|[\s/])(ba|z|k|da)?sh(\s+-[a-z]+)*\s*$/.test(command) && !/^\s*(ssh|sbatch|qsub|bsub)\s/.test(command)
  )
}

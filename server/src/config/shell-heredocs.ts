/** Scripts that a shell is given on its standard input: `singularity exec image.sif bash <<EOF`. */
import type { Span } from '../text/location.js'
import { namedChildren, type PlainNode } from './plain-tree.js'

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

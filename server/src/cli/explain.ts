/** `costlint explain RULE`: the rule's page, made readable on a terminal. */
import { suggestion } from '../linter.js'
import { lookUp } from '../text/records.js'
import { type Colors, type Console, exit, UsageError } from './console.js'
import type { Engine } from './engine.js'

export async function explainRule(engine: Engine, console: Console, rule: string): Promise<number> {
  const pages = await engine.pages()
  const page = lookUp(pages, rule)
  if (page === undefined)
    throw new UsageError(`unknown rule "${rule}"${suggestion(rule, Object.keys(pages))}`)
  console.out(renderMarkdown(page, console.colors))
  return exit.clean
}

/** Headings and emphasis as colours, links with their target; code and tables stay as they are written. */
export function renderMarkdown(page: string, colors: Colors): string {
  let fenced = false
  const lines = page.split(/\r?\n/).flatMap((line) => {
    if (/^\s*(?:```|~~~)/.test(line)) {
      fenced = !fenced
      return []
    }
    if (fenced) return [`    ${colors.cyan(line)}`.trimEnd()]
    const heading = /^(#{1,6})\s+(.*?)\s*#*$/.exec(line)
    if (heading !== null) {
      const text = inline(heading[2]!, colors)
      return [colors.bold(heading[1]!.length === 1 ? colors.underline(text) : text)]
    }
    return [inline(line, colors)]
  })
  return `${lines
    .join('\n')
    .replace(/<!--[\s\S]*?-->\n?/g, '')
    .replace(/\n{3,}/g, '\n\n')
    .trim()}\n`
}

function inline(line: string, colors: Colors): string {
  // Code spans first: what looks like a mark inside them is none.
  return line
    .split(/(`[^`]+`)/)
    .map((part) =>
      /^`[^`]+`$/.test(part)
        ? colors.cyan(part.slice(1, -1))
        : part
            .replace(/!?\[([^\]]*)\]\(([^)\s]*)[^)]*\)/g, (_, text: string, target: string) =>
              text === target || target.startsWith('#') ? text : `${text} <${target}>`,
            )
            .replace(/\*\*([^*]+)\*\*/g, (_, text: string) => colors.bold(text))
            .replace(
              /(^|[\s(])\*([^*\s][^*]*)\*/g,
              (_, before: string, text: string) => before + colors.italic(text),
            ),
    )
    .join('')
}

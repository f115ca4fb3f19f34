/** `costlint explain NAME`: the page of a rule or an item of the checklist, made readable on a terminal. */
import { itemPage } from '../checklist/item-page.js'
import { groups, items } from '../checklist/items.js'
import { suggestion } from '../linter.js'
import { lookUp } from '../text/records.js'
import { type Colors, type Console, exit, UsageError } from './console.js'
import type { Engine } from './engine.js'

export async function explain(engine: Engine, console: Console, name: string | undefined): Promise<number> {
  if (name === undefined) {
    console.out(itemList(console.colors))
    return exit.clean
  }
  const pages = await engine.pages()
  const item = items.find(({ id }) => id === name)
  const page = item === undefined ? lookUp(pages, name) : itemPage(item, await engine.rules())
  if (page === undefined) {
    const names = [...Object.keys(pages), ...items.map(({ id }) => id)]
    throw new UsageError(`unknown rule or checklist item "${name}"${suggestion(name, names)}`)
  }
  console.out(renderMarkdown(page, console.colors))
  return exit.clean
}

function itemList(colors: Colors): string {
  const width = Math.max(...items.map(({ id }) => id.length))
  const parts = groups.map(({ id, title, asks }) => {
    const own = items.filter(({ group }) => group === id)
    const lines = own.map((item) => `  ${colors.bold(item.id.padEnd(width))}  ${item.asks}`)
    return `${colors.underline(title)}  ${colors.dim(asks)}\n${lines.join('\n')}\n`
  })
  return `${parts.join('\n')}\ncostlint explain ITEM says more; costlint rules lists the rules.\n`
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
    const heading = /^(#{1,6}) (.+)$/.exec(line)
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
            .replace(/!?\[([^[\]]*)\]\(([^()\s]*)(?:\s[^()]*)?\)/g, (_, text: string, target: string) =>
              // What names a file with its line needs no address.
              text === target || /^#|#L\d+$/.test(target) ? text : `${text} <${target}>`,
            )
            .replace(/\*\*([^*]+)\*\*/g, (_, text: string) => colors.bold(text))
            .replace(
              /(^|[\s(])\*([^*\s][^*]*)\*/g,
              (_, before: string, text: string) => before + colors.italic(text),
            )
            .replace(/\\([\\[\]<>*_#|!&~`])/g, '$1'),
    )
    .join('')
}

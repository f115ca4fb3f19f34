/** Places in files as links of Markdown. */
import { escapeMarkdown } from './markdown-text.js'

/** `[train.py:12](src/train.py#L12)`; `path`: relative to the document; `line`: null: the file as a whole. */
export function markdownLink(text: string, path: string, line: number | null): string {
  const target = encodeURI(path).replace(/[()<>#?]/g, percent)
  return `[${escapeMarkdown(text)}](${target}${line === null ? '' : `#L${line}`})`
}

export function markdownCell(text: string): string {
  return escapeMarkdown(text).replace(/(?<!\\)\|/g, '\\|')
}

function percent(character: string): string {
  return `%${character.charCodeAt(0).toString(16).toUpperCase()}`
}

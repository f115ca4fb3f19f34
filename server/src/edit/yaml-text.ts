/** Where things stand in YAML text: what belongs to a key, how collections are written, what is a template. */
import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  isCollection as isYamlCollection,
  type Pair,
  type ParsedNode,
  visit,
  type YAMLMap,
  type YAMLSeq,
} from 'yaml'
import { type Masked, maskTemplates } from '../config/template.js'
import type { Span } from '../text/location.js'
import type { BracketedList } from './bracketed-list.js'
import { indentation, lineEnd, lineStart, nextLine } from './fragment-edit.js'
import type { YamlStyle } from './yaml-format.js'

export type YMap = YAMLMap<ParsedNode, ParsedNode | null>
export type YSeq = YAMLSeq<ParsedNode>
export type YPair = Pair<ParsedNode, ParsedNode | null>

/** Tokens around a pair or item, as the parser kept them. */
interface Token {
  type: string
  offset: number
  source: string
}

/** What holds a value: where it may be replaced, and how its place is written. */
export interface Holder {
  flow: boolean
  /** Column of the key; of the dash for items of lists; -1 for the document. */
  column: number
  /** Behind the colon (and an anchor), or null where the value has no colon before it. */
  colon: number | null
  /** The value carries an explicit tag, which decides its type. */
  tagged: boolean
}

export class YamlText {
  protected readonly masked: Masked

  constructor(protected readonly text: string) {
    this.masked = maskTemplates(text)
  }

  pairHolder(map: YMap, pair: YPair): Holder {
    const separators = ((pair.srcToken as { sep?: Token[] } | undefined)?.sep ?? []).filter((token) =>
      ['map-value-ind', 'anchor', 'tag'].includes(token.type),
    )
    const last = separators[separators.length - 1]
    const start = map.range![0]
    return {
      flow: map.flow === true,
      column: start - lineStart(this.text, start),
      colon: last ? last.offset + last.source.length : null,
      tagged: separators.some((token) => token.type === 'tag'),
    }
  }

  pairSpan(map: YMap, pair: YPair): Span {
    const { value } = pair
    const start = pair.key.range[0]
    const behindKey = this.pairHolder(map, pair).colon ?? pair.key.range[1]
    const end = value === null || value.range[0] === value.range[1] ? behindKey : this.contentEnd(value)
    return { start, end: Math.max(end, behindKey) }
  }

  /** Behind the last character that belongs to the value; comments below it do not. */
  contentEnd(node: ParsedNode): number {
    let current: ParsedNode = node
    for (;;) {
      if (!isYamlCollection(current) || current.flow || current.items.length === 0)
        return this.trimmedEnd(current)
      const last: unknown = current.items[current.items.length - 1]
      if (isMap(current)) {
        const pair = last as YPair
        if (pair.value === null || pair.value.range[0] === pair.value.range[1]) {
          return this.pairSpan(current as unknown as YMap, pair).end
        }
        current = pair.value
      } else current = last as ParsedNode
    }
  }

  /** Without the white space that the parser counts to block scalars, unless `|+` keeps it. */
  trimmedEnd(node: ParsedNode): number {
    const [start, end] = node.range
    if (isScalar(node) && /^[|>]\d?\+/.test(this.text.slice(start, start + 3))) {
      return this.text[end - 1] === '\n' ? lineEnd(this.text, end - 1) : end
    }
    let trimmed = end
    while (trimmed > start && ' \t\r\n'.includes(this.text[trimmed - 1]!)) trimmed--
    return trimmed
  }

  dashColumn(seq: YSeq): number {
    const first = (seq.srcToken as { items?: { start: Token[] }[] } | undefined)?.items?.[0]
    const dash = first?.start.find((token) => token.type === 'seq-item-ind')
    return dash ? dash.offset - lineStart(this.text, dash.offset) : -1
  }

  flowList(node: YMap | YSeq, items: Span[]): BracketedList | null {
    const open = node.range![0]
    const close = node.range![1] - 1
    if (!'}]'.includes(this.text[close]!) || !'{['.includes(this.text[open]!)) return null
    return { text: this.text, open, close, items, comment: '#', trailingComma: false }
  }

  /** JSON written as YAML: keys, or else strings, in double quotes. */
  isJson(node: ParsedNode | null): boolean {
    if (!node || !isYamlCollection(node) || !node.flow) return false
    if (isMap(node)) {
      return (
        node.items.length > 0 &&
        node.items.every((pair) => this.text[(pair as unknown as YPair).key.range[0]] === '"')
      )
    }
    const items = node.items as unknown as ParsedNode[]
    return items.some((item) => isScalar(item) && this.text[item.range[0]] === '"')
  }

  /** Comment lines further right than `column` still belong to what stands above them. */
  behindComments(from: number, column: number): number {
    const { text } = this
    let at = from
    for (let line = nextLine(text, from); line < text.length; line = nextLine(text, line)) {
      const end = lineEnd(text, line)
      const content = text.slice(line, end).trim()
      if (content === '') continue
      if (!content.startsWith('#') || indentation(text, line).length <= column) break
      at = end
    }
    return at
  }

  /** True where a template fills a line of its own, so that what stands in the text is not what the file becomes. */
  holdsTemplateLine(start: number, end: number): boolean {
    return this.masked.spans.some(
      (span) => span.start >= start && span.end <= end && this.masked.text[span.start] === ' ',
    )
  }

  /** True where an alias elsewhere stands for this very value. */
  isAliased(document: Document.Parsed, node: ParsedNode): boolean {
    const anchor = isAlias(node) ? undefined : node.anchor
    if (!anchor) return false
    let found = false
    visit(document, {
      Alias(_, alias) {
        if (alias.source !== anchor) return undefined
        found = true
        return visit.BREAK
      },
    })
    return found
  }

  /** True where the value, or a part of it, has aliases outside it. */
  isShared(document: Document.Parsed, node: ParsedNode): boolean {
    const anchors = new Set<string>()
    visit(node as never, {
      Node(_, inner) {
        if ('anchor' in inner && inner.anchor) anchors.add(inner.anchor)
      },
    })
    if (anchors.size === 0) return false
    let shared = false
    visit(document, {
      Alias(_, alias) {
        const { range } = alias
        const inside = range && range[0] >= node.range[0] && range[1] <= node.range[1]
        if (!inside && anchors.has(alias.source)) shared = true
      },
    })
    return shared
  }

  /** What most of the document does; of equals the first. */
  styleOf(document: Document.Parsed): YamlStyle {
    const indents: number[] = []
    const lists: boolean[] = []
    const quotes: ('"' | "'")[] = []
    const column = (offset: number) => offset - lineStart(this.text, offset)
    visit(document, {
      Pair: (_, pair) => {
        const { key, value } = pair as unknown as YPair
        if (!key?.range || !value) return
        if (isMap(value) && !value.flow) {
          const step = column(value.range![0]) - column(key.range[0])
          if (step > 0 && step <= 8) indents.push(step)
        }
        if (isSeq(value) && !value.flow) {
          const dash = this.dashColumn(value as unknown as YSeq)
          if (dash >= 0) lists.push(dash > column(key.range[0]))
        }
        if (isScalar(value) && value.type === 'QUOTE_DOUBLE') quotes.push('"')
        if (isScalar(value) && value.type === 'QUOTE_SINGLE') quotes.push("'")
      },
    })
    return {
      indent: mostFrequent(indents) ?? 2,
      indentLists: mostFrequent(lists) ?? true,
      quote: mostFrequent(quotes) ?? '"',
    }
  }
}

function mostFrequent<T>(values: readonly T[]): T | undefined {
  const counts = new Map<T, number>()
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1)
  const most = Math.max(...counts.values())
  return values.find((value) => counts.get(value) === most)
}

export function keyOf(pair: YPair): string | null {
  return isScalar(pair.key) ? String(pair.key.value ?? '') : null
}

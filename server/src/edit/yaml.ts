/** Sets and removes keys in YAML text. Everything that is not the key itself stays as it is written. */
import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  isCollection as isYamlCollection,
  type ParsedNode,
  parseAllDocuments,
} from 'yaml'
import { touches } from '../config/template.js'
import { insertItems, removeItems } from './bracketed-list.js'
import {
  endsLine,
  type FragmentEdit,
  lineBreak,
  lineEnd,
  lineStart,
  nextLine,
  refuse,
  startsLine,
} from './fragment-edit.js'
import { nestedValue } from './nested-value.js'
import { inSequence } from './sequence.js'
import type { ConfigurationWrite, Refusal, Within } from './write.js'
import {
  blockEntry,
  blockLines,
  childColumn,
  flowValue,
  sameCase,
  takesLines,
  type YamlStyle,
  yamlString,
} from './yaml-format.js'
import { steadyPlace } from './yaml-template.js'
import { type Holder, keyOf, YamlText, type YMap, type YPair, type YSeq } from './yaml-text.js'
import { editsWithin, withoutHolder } from './yaml-within.js'

type SetKey = Extract<ConfigurationWrite, { kind: 'set key' }>
export function yamlEdits(text: string, writes: readonly ConfigurationWrite[]): FragmentEdit[] | Refusal {
  return inSequence(text, writes, (current, write) => {
    try {
      return write.within === undefined
        ? new YamlWriter(current).write(write)
        : new YamlWriter(current).writeWithin(write, write.within)
    } catch (error) {
      // The parser recurses over nested collections.
      if (error instanceof RangeError) return refuse('the file is nested too deeply')
      throw error
    }
  })
}

/**
 * The last two texts, the latest at the end: every fix of a file asks for the same one, and its second write for what the
 * first made of it. Documents are only looked at.
 */
const recent = new Map<string, Document.Parsed[]>()

function parsed(text: string): Document.Parsed[] {
  const documents =
    recent.get(text) ??
    (parseAllDocuments(text, {
      keepSourceTokens: true,
      schema: 'failsafe',
      uniqueKeys: false,
      strict: false,
      prettyErrors: false,
      logLevel: 'silent',
    }) as Document.Parsed[])
  recent.delete(text)
  recent.set(text, documents)
  for (const old of recent.keys()) {
    if (recent.size <= 2) break
    recent.delete(old)
  }
  return documents
}

class YamlWriter extends YamlText {
  private readonly documents: Document.Parsed[]
  private readonly eol: string
  private style: YamlStyle = { indent: 2, indentLists: true, quote: '"' }

  constructor(text: string) {
    super(text)
    this.documents = parsed(this.masked.text)
    this.eol = lineBreak(text)
  }

  write(write: ConfigurationWrite): FragmentEdit[] | Refusal {
    if (this.documents.length === 0 && write.document === 0) {
      if (write.kind === 'remove key') return refuse('the key is not there')
      return this.fillEmpty(this.text.length, write)
    }
    const document = this.documents[write.document]
    if (!document) return refuse('the document is no longer there')
    if (document.errors.length > 0) return refuse('the file is not valid YAML')
    this.style = this.styleOf(document)
    return write.kind === 'set key' ? this.set(document, write) : this.remove(document, write.keys)
  }

  writeWithin(write: ConfigurationWrite, { document: index, keys }: Within): FragmentEdit[] | Refusal {
    const document = this.documents[index]
    if (!document) return refuse('the document is no longer there')
    const node = document.getIn(keys, true)
    if (!isScalar(node)) return refuse(`${describe(keys, keys.length)} is no text`)
    const scalar = node as unknown as ParsedNode
    const raw = this.text.slice(scalar.range[0], this.trimmedEnd(scalar))
    return editsWithin(raw, scalar.range[0], this.eol, (text) => yamlEdits(text, [withoutHolder(write)]))
  }

  private set(document: Document.Parsed, write: SetKey): FragmentEdit[] | Refusal {
    const { keys } = write
    let node = document.contents as ParsedNode | null
    let holder: Holder = { flow: false, column: -this.style.indent, colon: null, tagged: false }
    for (let i = 0; i < keys.length; i++) {
      const key = keys[i]!
      if (node === null || isNull(node)) {
        if (i === 0) return this.fillEmpty(node?.range[2] ?? document.range[2], write)
        const nested = nestedValue(keys.slice(i), write.value)
        return nested === undefined
          ? refuse(`there is no item ${key}`)
          : this.replace(document, node, holder, nested, write)
      }
      if (isAlias(node)) return refuse(`${describe(keys, i)} is an alias of another value`)
      if (this.isAliased(document, node))
        return refuse(`other values of the file are aliases of ${describe(keys, i)}`)
      if (isMap(node)) {
        const map = node as unknown as YMap
        const pairs = map.items.filter((pair) => keyOf(pair) === String(key))
        if (pairs.length > 1) return refuse(`${key} is given twice`)
        if (pairs.length === 0) {
          if (i < keys.length - 1 && map.items.some((pair) => keyOf(pair) === '<<')) {
            return refuse(`${key} may come from a merged map`)
          }
          const nested = nestedValue(keys.slice(i + 1), write.value)
          if (nested === undefined) return refuse(`there is no item ${keys[i + 1]}`)
          return this.insertPair(map, String(key), nested, write, i === keys.length - 1)
        }
        holder = this.pairHolder(map, pairs[0]!)
        node = pairs[0]!.value
      } else if (isSeq(node)) {
        const seq = node as unknown as YSeq
        const index = Number(key)
        if (!Number.isInteger(index) || index < 0 || index > seq.items.length)
          return refuse(`there is no item ${key}`)
        if (index === seq.items.length) {
          const nested = nestedValue(keys.slice(i + 1), write.value)
          return nested === undefined
            ? refuse(`there is no item ${keys[i + 1]}`)
            : this.appendItem(seq, nested)
        }
        holder = { flow: seq.flow === true, column: this.dashColumn(seq), colon: null, tagged: false }
        node = seq.items[index]!
      } else return refuse(`${describe(keys, i)} is not a map`)
    }
    return this.replace(document, node, holder, write.value, write)
  }

  /** A document without content. */
  private fillEmpty(at: number, write: SetKey): FragmentEdit[] | Refusal {
    const value = nestedValue(write.keys, write.value)
    if (value === undefined || !takesLines(value)) return refuse('there is nothing to set')
    const lines = this.commented(blockLines(value, 0, this.style), write.comment)
    const lead = at > 0 && this.text[at - 1] !== '\n' ? this.eol : ''
    return [{ start: at, end: at, text: lead + lines.join(this.eol) + this.eol }]
  }

  private replace(
    document: Document.Parsed,
    node: ParsedNode | null,
    holder: Holder,
    value: unknown,
    write: SetKey,
  ): FragmentEdit[] | Refusal {
    const { text, eol, style } = this
    if (node && touches(this.masked.spans, node.range[0], node.range[1]))
      return refuse('the value is a template')
    if (holder.tagged) return refuse('the value has a tag of its own')
    if (node && !isAlias(node) && this.isShared(document, node)) {
      return refuse('other values of the file are aliases of this one')
    }
    const empty = node === null || node.range[0] === node.range[1]
    const start = empty ? (holder.colon ?? -1) : node.range[0]
    if (start < 0) return refuse('the value has no place of its own')
    const end = empty ? start : this.trimmedEnd(node)
    const old = node && isScalar(node) ? text[start] : ''
    const keepQuote = typeof value === 'string' && (old === '"' || old === "'") ? old : undefined
    if (holder.flow) {
      const json = old === '"' || this.isJson(node)
      const spelled = sameCase(flowValue(value, style, true, json), text.slice(start, end))
      return [{ start, end, text: empty ? ` ${spelled}` : spelled }]
    }
    if (!empty && isSeq(node) && node.flow && Array.isArray(value)) {
      const spelled = flowValue(value, style, true, /^\[\s*"/.test(text.slice(start, end)))
      return this.commentedEdit(write, end, [{ start, end, text: spelled }])
    }
    const block = !empty && isYamlCollection(node) && !node.flow
    if (!takesLines(value)) {
      const spelled = keepQuote
        ? yamlString(value as string, style, false, keepQuote)
        : sameCase(flowValue(value, style, false), text.slice(start, end))
      if (block && holder.colon !== null) {
        return this.commentedEdit(write, holder.colon, [
          { start: holder.colon, end: holder.colon, text: ` ${spelled}` },
          { start: lineEnd(text, holder.colon), end, text: '' },
        ])
      }
      return this.commentedEdit(write, end, [{ start, end, text: empty ? ` ${spelled}` : spelled }])
    }
    if (holder.colon === null) {
      // An item of a list, or the whole document: it stays at its column.
      const column = start - lineStart(text, start)
      const lines = blockLines(value, column, style)
      return [{ start, end, text: lines.join(eol).trimStart() }]
    }
    const lines = blockLines(value, childColumn(value, holder.column, style), style)
    if (block) return [{ start: lineStart(text, start), end, text: lines.join(eol) }]
    const at = lineEnd(text, end)
    if (!endsLine(text, end)) return refuse('other text follows the value')
    return this.commentedEdit(write, end, [
      { start: holder.colon, end, text: '' },
      { start: at, end: at, text: lines.map((line) => eol + line).join('') },
    ])
  }

  private insertPair(
    map: YMap,
    key: string,
    value: unknown,
    write: SetKey,
    isLast: boolean,
  ): FragmentEdit[] | Refusal {
    const { text, eol, style } = this
    const sibling = isLast && write.after !== undefined ? write.after : null
    let index = map.items.findIndex((pair) => keyOf(pair) === sibling)
    if (index < 0) index = map.items.length - 1
    if (map.flow) {
      const list = this.flowList(
        map,
        map.items.map((pair) => this.pairSpan(map, pair)),
      )
      if (list === null) return refuse('the map cannot be read')
      const json = this.isJson(map as unknown as ParsedNode)
      const name = json ? JSON.stringify(key) : yamlString(key, style, true)
      const item = `${name}: ${flowValue(value, style, true, json)}`
      return insertItems(list, [item], index + 1, ' '.repeat(style.indent))
    }
    const first = map.range![0]
    const prefix = text.slice(lineStart(text, first), first)
    const next = nextLine(text, map.range![1])
    if (prefix.includes('\t')) return refuse('tabs stand in the indentation')
    const ends = [index, ...map.items.keys()].map((one) => this.pairSpan(map, map.items[one]!).end)
    const templated = this.holdsTemplateLine(lineStart(text, first), nextLine(text, next))
    if (!templated && !endsLine(text, ends[0]!)) return refuse('other text follows the value')
    const places = ends
      .filter((end) => endsLine(text, end))
      .map((end) => this.behindComments(lineEnd(text, end), prefix.length))
    // The nearest one before it, and only then those behind it.
    const at = templated
      ? steadyPlace(text, first, [
          places[0]!,
          ...places.slice(1, index + 1).reverse(),
          ...places.slice(index + 1),
        ])
      : places[0]
    if (at === undefined) return refuse('a template builds the map: put the key where it holds in every case')
    const lines = this.commented(blockEntry(key, value, prefix.length, style), write.comment)
    return [{ start: at, end: at, text: lines.map((line) => eol + line).join('') }]
  }

  private appendItem(seq: YSeq, value: unknown): FragmentEdit[] | Refusal {
    const { text, eol, style } = this
    if (seq.flow) {
      const list = this.flowList(
        seq,
        seq.items.map((item) => ({ start: item.range[0], end: this.trimmedEnd(item) })),
      )
      if (list === null) return refuse('the list cannot be read')
      const item = flowValue(value, style, true, this.isJson(seq as unknown as ParsedNode))
      return insertItems(list, [item], seq.items.length, ' '.repeat(style.indent))
    }
    const last = seq.items[seq.items.length - 1]!
    const end = Math.max(this.contentEnd(last), last.range[0])
    const column = this.dashColumn(seq)
    if (this.holdsTemplateLine(lineStart(text, seq.range![0]), nextLine(text, seq.range![1]))) {
      return refuse('the list is built by a template')
    }
    if (column < 0 || !endsLine(text, end)) return refuse('the list cannot be read')
    const at = this.behindComments(lineEnd(text, end), column)
    const lines = blockLines([value], column, style)
    return [{ start: at, end: at, text: lines.map((line) => eol + line).join('') }]
  }

  private remove(document: Document.Parsed, keys: (string | number)[]): FragmentEdit[] | Refusal {
    let node = document.contents as ParsedNode | null
    let holder: Holder = { flow: false, column: -1, colon: null, tagged: false }
    for (let i = 0; i < keys.length; i++) {
      const key = keys[i]!
      const isLast = i === keys.length - 1
      if (node !== null && isAlias(node)) return refuse(`${describe(keys, i)} is an alias of another value`)
      if (node !== null && this.isAliased(document, node)) {
        return refuse(`other values of the file are aliases of ${describe(keys, i)}`)
      }
      if (node !== null && isMap(node)) {
        const map = node as unknown as YMap
        const pairs = map.items.filter((pair) => keyOf(pair) === String(key))
        if (pairs.length !== 1)
          return refuse(pairs.length > 1 ? `${key} is given twice` : `${key} is not there`)
        if (isLast) return this.removePair(document, map, pairs[0]!, holder)
        holder = this.pairHolder(map, pairs[0]!)
        node = pairs[0]!.value
      } else if (node !== null && isSeq(node)) {
        const seq = node as unknown as YSeq
        const item = seq.items[Number(key)]
        if (!item) return refuse(`there is no item ${key}`)
        if (isLast) return this.removeItem(document, seq, Number(key), holder)
        holder = { flow: seq.flow === true, column: this.dashColumn(seq), colon: null, tagged: false }
        node = item
      } else return refuse(`${key} is not there`)
    }
    return refuse('there is nothing to remove')
  }

  private removePair(
    document: Document.Parsed,
    map: YMap,
    pair: YPair,
    holder: Holder,
  ): FragmentEdit[] | Refusal {
    const { text } = this
    if (pair.value && this.isShared(document, pair.value))
      return refuse('other values of the file are aliases of this one')
    const index = map.items.indexOf(pair)
    const spans = map.items.map((item) => this.pairSpan(map, item))
    if (map.flow) {
      const list = this.flowList(map, spans)
      return list === null ? refuse('the map cannot be read') : removeItems(list, new Set([index]))
    }
    const { start, end } = spans[index]!
    if (!endsLine(text, end)) return refuse('other text follows the value')
    if (map.items.length === 1) return this.emptied(map as unknown as ParsedNode, start, end, '{}', holder)
    if (startsLine(text, start))
      return [{ start: lineStart(text, start), end: nextLine(text, end), text: '' }]
    // The first key of an item shares the line of its dash; any other lead (`? key`) is not for keeping.
    const following = spans[index + 1]
    if (index > 0 || !following || !/^[\s-]*$/.test(text.slice(lineStart(text, start), start))) {
      return refuse('other text stands before the key')
    }
    return [{ start, end: following.start, text: '' }]
  }

  private removeItem(
    document: Document.Parsed,
    seq: YSeq,
    index: number,
    holder: Holder,
  ): FragmentEdit[] | Refusal {
    const { text } = this
    const item = seq.items[index]!
    if (this.isShared(document, item)) return refuse('other values of the file are aliases of this one')
    if (seq.flow) {
      const spans = seq.items.map((one) => ({ start: one.range[0], end: this.trimmedEnd(one) }))
      const list = this.flowList(seq, spans)
      return list === null ? refuse('the list cannot be read') : removeItems(list, new Set([index]))
    }
    const end = Math.max(this.contentEnd(item), item.range[0])
    const dash = text.lastIndexOf('-', item.range[0] - 1)
    if (dash < 0 || !startsLine(text, dash) || !endsLine(text, end)) return refuse('the list cannot be read')
    if (seq.items.length === 1) return this.emptied(seq as unknown as ParsedNode, dash, end, '[]', holder)
    return [{ start: lineStart(text, dash), end: nextLine(text, end), text: '' }]
  }

  /** A block collection that loses its last entry becomes `{}` or `[]`, so that it stays what it is. */
  private emptied(
    node: ParsedNode,
    start: number,
    end: number,
    text: string,
    holder: Holder,
  ): FragmentEdit[] {
    if (holder.colon === null) return [{ start: node.range[0], end, text }]
    return [
      { start: holder.colon, end: holder.colon, text: ` ${text}` },
      { start: Math.min(lineEnd(this.text, holder.colon), start), end, text: '' },
    ]
  }

  private commented(lines: string[], comment: string | undefined): string[] {
    if (!comment || lines.length === 0) return lines
    return [`${lines[0]}  # ${comment.replace(/^#\s*/, '')}`, ...lines.slice(1)]
  }

  private commentedEdit(write: SetKey, at: number, edits: FragmentEdit[]): FragmentEdit[] {
    if (!write.comment) return edits
    const end = lineEnd(this.text, at)
    if (this.text.slice(at, end).trim() !== '') return edits
    // Before lines that other edits add below.
    return [
      ...edits.slice(0, 1),
      { start: end, end, text: this.commented([''], write.comment)[0]! },
      ...edits.slice(1),
    ]
  }
}

function isNull(node: ParsedNode): boolean {
  return isScalar(node) && node.type === 'PLAIN' && /^(?:|~|null|Null|NULL)$/.test(String(node.value ?? ''))
}

function describe(keys: readonly (string | number)[], length: number): string {
  return length === 0 ? 'the document' : keys.slice(0, length).join('.')
}

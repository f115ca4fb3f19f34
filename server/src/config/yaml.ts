/**
 * YAML as located values. Anchors, aliases and merge keys are resolved for reading; errors and templates cost only
 * what they touch.
 */
import {
  type Alias,
  Composer,
  type Document,
  isAlias,
  isMap,
  isScalar,
  Lexer,
  type ParsedNode,
  Parser,
  type Scalar,
  type YAMLMap,
  type YAMLSeq,
} from 'yaml'
import type { Span } from '../text/location.js'
import type { ConfigDocument, ConfigEntry, ConfigFacts, ConfigList, ConfigMap, ConfigNode } from './node.js'
import { plainValue } from './scalar.js'
import {
  filler,
  firstOffset,
  isRunReference,
  isTemplate,
  type Masked,
  maskTemplates,
  touches,
  unmask,
} from './template.js'

/** Characters; larger files are data, not configuration. */
const largestYaml = 1_000_000
const deepest = 200
// Nodes after aliases are expanded: a few lines of aliases can stand for billions.
const mostNodes = 500_000
const controlLexemes = new Set(['\x02', '\x18', '\x1f', '\uFEFF'])

/**
 * Reads YAML of any number of documents. Never throws: what cannot be read is an unknown node with the reason.
 *
 * - Ranges of values include quotes; those of keys too. A block scalar begins at its `|` or `>`.
 * - An alias has the range of the alias itself, its children that of the anchor; merged entries stand at the anchor.
 * - Plain scalars follow YAML 1.2, and YAML 1.1 for `yes`, `no`, `on`, `off`.
 * - A scalar with `{{ … }}` or `${…}` is unknown ('template') and keeps its text; block scalars stay strings.
 */
export function yamlFacts(text: string): ConfigFacts {
  if (text.length > largestYaml) return { documents: [unreadable(text, 'too large')], comments: [] }
  const masked = maskTemplates(text)
  const comments: ConfigFacts['comments'] = []
  const documents: Document.Parsed[] = []
  let failure: string | null = null
  try {
    const parser = new Parser()
    // Everything stays a string here: `plainValue` decides, by the rules of both YAML versions.
    const composer = new Composer({
      schema: 'failsafe',
      uniqueKeys: false,
      prettyErrors: false,
      strict: false,
      logLevel: 'silent',
    })
    let offset = 0
    let depth = 0
    let scalarFollows = false
    for (const lexeme of new Lexer().lex(masked.text)) {
      if (!scalarFollows) {
        if (lexeme[0] === '#') {
          comments.push({
            start: offset,
            end: offset + lexeme.length,
            text: text.slice(offset, offset + lexeme.length),
          })
        } else if (lexeme === '[' || lexeme === '{') {
          if (++depth > deepest) throw new RangeError('nesting')
        } else if (lexeme === ']' || lexeme === '}') depth--
      }
      if (!controlLexemes.has(lexeme) || (lexeme === '\uFEFF' && text[offset] === lexeme))
        offset += lexeme.length
      scalarFollows = lexeme === '\x1f'
      for (const token of parser.next(lexeme))
        for (const document of composer.next(token)) documents.push(document)
    }
    for (const token of parser.end()) for (const document of composer.next(token)) documents.push(document)
    for (const document of composer.end(false, text.length)) documents.push(document)
  } catch (error) {
    // The parser recurses over nested collections, so hostile nesting ends here as a stack overflow.
    failure = error instanceof RangeError ? 'nested too deeply' : 'syntax error'
  }
  const facts: ConfigFacts = { documents: [], comments }
  documents.forEach((document, index) => {
    // Template lines at the end of a document are blanks to the parser, which leaves them out.
    const until = documents[index + 1]?.range[0] ?? text.length
    const extent = Math.max(document.range[2], until)
    facts.documents.push(new DocumentBuilder(text, masked, document, facts.documents.length).build(extent))
  })
  if (failure !== null) facts.documents.push({ ...unreadable(text, failure), index: facts.documents.length })
  return facts
}

function unreadable(text: string, because: string): ConfigDocument {
  return {
    index: 0,
    root: { kind: 'unknown', because, start: 0, end: text.length },
    templated: false,
    hasErrors: true,
  }
}

interface Anchor {
  node: ConfigNode
  size: number
}

class DocumentBuilder {
  private readonly anchors = new Map<string, Anchor>()
  private readonly openAnchors = new Set<string>()
  /** Template lines that are the value of a key. */
  private readonly consumed = new Set<number>()
  private nodes = 0
  private readonly templates: Span[]

  constructor(
    private readonly text: string,
    private readonly masked: Masked,
    private readonly document: Document.Parsed,
    private readonly index: number,
  ) {
    this.templates = masked.spans.filter((span) => !isRunReference(text.slice(span.start, span.end)))
  }

  build(extent: number): ConfigDocument {
    const { contents, errors, range } = this.document
    const [start, , end] = range
    const root = this.node(contents as ParsedNode | null, start, start, extent, 0)
    return {
      index: this.index,
      root,
      templated: touches(this.templates, start, end),
      hasErrors: errors.length > 0,
      ...(errors.length > 0 ? { errorAt: errors[0]!.pos[0] } : {}),
    }
  }

  /**
   * One value. `at` is where an absent value would stand, `lead` where the space before it begins, `extent` where the
   * space behind it ends: template lines in these spaces belong to it.
   */
  private node(node: ParsedNode | null, at: number, lead: number, extent: number, depth: number): ConfigNode {
    if (++this.nodes > mostNodes) return { kind: 'unknown', because: 'too large', start: at, end: at }
    if (node === null) return this.empty(at, extent)
    const start = node.range[0]
    if (depth > deepest) return { kind: 'unknown', because: 'nested too deeply', start, end: node.range[1] }
    if (isAlias(node)) return this.alias(node)
    const anchor = node.anchor
    const before = this.nodes
    if (anchor !== undefined) this.openAnchors.add(anchor)
    const built = this.tagged(node, lead, extent, depth)
    if (anchor !== undefined) {
      this.openAnchors.delete(anchor)
      this.anchors.set(anchor, { node: built, size: this.nodes - before + 1 })
    }
    return built
  }

  /** A template writes something between these places that is no value by itself. */
  private emits(start: number, end: number): boolean {
    return firstOffset(this.masked.emissions, start, end, this.consumed) !== undefined
  }

  private empty(at: number, extent: number): ConfigNode {
    const emission = firstOffset(this.masked.emissions, at, extent, this.consumed)
    if (emission !== undefined) {
      // What stands right behind a key is its value, and adds nothing to what is around it.
      this.consumed.add(emission)
      return { kind: 'unknown', because: 'template', start: at, end: at }
    }
    return { kind: 'scalar', value: null, raw: '', start: at, end: at }
  }

  private tagged(
    node: Scalar.Parsed | YAMLMap.Parsed | YAMLSeq.Parsed,
    lead: number,
    extent: number,
    depth: number,
  ) {
    const { tag } = node
    const local = tag !== undefined && !tag.startsWith('tag:yaml.org,2002:')
    if (isScalar(node)) return this.scalar(node, extent, local ? tag : null)
    const end = this.trimmedEnd(node.range[0], node.range[1])
    // `!Ref`, `!include` and the like: what they make of the value is not in the file.
    if (local) return { kind: 'unknown', because: tag, start: node.range[0], end } satisfies ConfigNode
    return isMap(node)
      ? this.map(node, lead, extent, end, depth)
      : this.list(node as YAMLSeq.Parsed, extent, end, depth)
  }

  private scalar(node: Scalar.Parsed, extent: number, tag: string | null): ConfigNode {
    const start = node.range[0]
    const block = node.type === 'BLOCK_LITERAL' || node.type === 'BLOCK_FOLDED'
    const end = block ? this.trimmedEnd(start, node.range[1]) : node.range[1]
    const source = String(node.value ?? '')
    if (source === '' && start === end && tag === null) return this.empty(start, extent)
    let value = unmask(source, this.text, this.masked, start, end)
    // Lines that held nothing but a directive.
    if (block && touches(this.masked.spans, start, end)) value = value.replace(/^[ \t]+$/gm, '')
    if (tag !== null) return { kind: 'unknown', because: tag, text: value, start, end }
    // A block scalar is mostly a script, which can be read around its templates; `${…}` in it is the shell's.
    if (
      block
        ? firstOffset(this.masked.emissions, start, end) !== undefined
        : source.includes(filler) || isTemplate(value)
    ) {
      return { kind: 'unknown', because: 'template', text: value, start, end }
    }
    const plain = node.type === 'PLAIN' && node.tag !== 'tag:yaml.org,2002:str'
    return {
      kind: 'scalar',
      value: plain ? plainValue(source) : value,
      raw: this.text.slice(start, end),
      start,
      end,
    }
  }

  private map(node: YAMLMap.Parsed, lead: number, extent: number, end: number, depth: number): ConfigMap {
    const start = node.range[0]
    const map: ConfigMap = { kind: 'map', entries: [], start, end }
    const space = node.flow ? end : extent
    const merges: ConfigNode[] = []
    const starts = node.items.map((pair) => (pair.key as ParsedNode | null)?.range[0] ?? start)
    if (this.emits(lead, starts[0] ?? space)) map.open = 'template'
    node.items.forEach((pair, index) => {
      const keyNode = pair.key as ParsedNode | null
      const keyEnd = keyNode?.range[1] ?? starts[index]!
      const next = starts[index + 1] ?? space
      const value = this.node(pair.value as ParsedNode | null, keyEnd, keyEnd, next, depth + 1)
      if (value.end > value.start && this.emits(value.end, next)) map.open = 'template'
      if (!isScalar(keyNode)) return
      const source = String(keyNode.value ?? '')
      if (source === '<<' && keyNode.type === 'PLAIN') {
        merges.push(value)
        return
      }
      if (source.includes(filler)) map.open = 'template'
      const key = unmask(source, this.text, this.masked, keyNode.range[0], keyNode.range[1])
      map.entries.push({ key, keyStart: keyNode.range[0], keyEnd: keyNode.range[1], value })
    })
    // In a template, the same key twice stands in two branches of a condition.
    if (this.masked.spans.length > 0) this.doubtDuplicates(map.entries)
    if (merges.length > 0) this.merge(map, merges)
    return map
  }

  private doubtDuplicates(entries: ConfigEntry[]): void {
    const seen = new Map<string, ConfigEntry>()
    for (const entry of entries) {
      const earlier = seen.get(entry.key)
      if (earlier !== undefined) {
        for (const one of [earlier, entry]) {
          one.value = { kind: 'unknown', because: 'template', start: one.value.start, end: one.value.end }
        }
      }
      seen.set(entry.key, entry)
    }
  }

  /** `<<: *a` and `<<: [*a, *b]`: own keys win, then earlier maps. */
  private merge(map: ConfigMap, merges: ConfigNode[]): void {
    const keys = new Set(map.entries.map((entry) => entry.key))
    for (const source of merges.flatMap((node) => (node.kind === 'list' ? node.items : [node]))) {
      if (source.kind !== 'map') {
        map.open = source.kind === 'unknown' ? source.because : 'merge'
        continue
      }
      if (source.open !== undefined) map.open = source.open
      for (const entry of source.entries) {
        if (keys.has(entry.key)) continue
        keys.add(entry.key)
        map.entries.push(entry)
        this.nodes++
      }
    }
  }

  private list(node: YAMLSeq.Parsed, extent: number, end: number, depth: number): ConfigList {
    const list: ConfigList = { kind: 'list', items: [], start: node.range[0], end }
    const space = node.flow ? end : extent
    let lead = node.range[0]
    const items = node.items as (ParsedNode | null)[]
    items.forEach((item, index) => {
      const next = items[index + 1]?.range[0] ?? space
      const built = this.node(item, lead, lead, next, depth + 1)
      list.items.push(built)
      lead = Math.max(lead, built.end)
      if (built.end > built.start && this.emits(built.end, next)) list.open = 'template'
    })
    return list
  }

  private alias(node: Alias.Parsed): ConfigNode {
    const [start, end] = node.range
    if (this.openAnchors.has(node.source)) return { kind: 'unknown', because: 'recursive alias', start, end }
    const anchor = this.anchors.get(node.source)
    if (anchor === undefined) return { kind: 'unknown', because: 'unknown alias', start, end }
    this.nodes += anchor.size
    if (this.nodes > mostNodes) return { kind: 'unknown', because: 'too large', start, end }
    return { ...anchor.node, start, end }
  }

  /** End without the blank lines that the parser counts to block collections and block scalars. */
  private trimmedEnd(start: number, end: number): number {
    let trimmed = end
    while (trimmed > start && ' \t\r\n'.includes(this.text[trimmed - 1]!)) trimmed--
    return trimmed
  }
}

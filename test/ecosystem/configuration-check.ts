/**
 * Reads a configuration or shell file again after a fix, with parsers that the linter does not use where there are
 * any: the same data but for what the fix wrote, and every comment, anchor and tag still there.
 */
import { spawnSync } from 'node:child_process'
import { parse as parseJsonc, visit } from 'jsonc-parser'
import { Lexer } from 'yaml'
import { type PlainNode, plainTree } from '../../server/src/config/plain-tree.js'
import type { TextEdit } from '../../server/src/edit/write.js'
import { grammarFiles } from '../../server/src/host/node/grammar-files.js'
import { type Grammars, loadGrammars } from '../../server/src/syntax/parser.js'
import type { Language } from '../../server/src/text/source-fragment.js'
import { type DataNode, type Difference, differences, wordsOf } from './data-difference.js'
import type { PythonProcess } from './python-process.js'

/** A text as data, with what is no data and has to survive. */
interface Extraction {
  data: DataNode
  /** Comments, anchors, aliases and tags. */
  marks: string[]
}

export interface Reread {
  language: Language
  /** Why it cannot be told: the text could not be read before the fix either. */
  unreadable?: string
  /** What no parser takes any more. */
  broken?: string
  differences: Difference[]
  /** Differences that do not come from the text of the edits. */
  unexplained: Difference[]
  /** Comments, anchors, aliases and tags that are gone, and stood outside what the edits replaced. */
  lost: string[]
}

export class ConfigurationReader {
  private constructor(
    private readonly python: PythonProcess,
    private readonly grammars: Grammars,
  ) {}

  static async create(python: PythonProcess): Promise<ConfigurationReader> {
    return new ConfigurationReader(python, await loadGrammars(await grammarFiles(), ['hcl', 'bash', 'toml']))
  }

  /** `replaced` and `written`: the old and the new text of each edit. */
  async reread(
    language: Language,
    before: string,
    after: string,
    edits: readonly { replaced: string; written: string }[],
  ): Promise<Reread> {
    const result: Reread = { language, differences: [], unexplained: [], lost: [] }
    let masked = (text: string) => text
    let old = await this.read(language, before)
    if (typeof old === 'string' && before.includes('{{')) {
      masked = maskTemplates
      old = await this.read(language, masked(before))
    }
    if (typeof old === 'string') return { ...result, unreadable: old }
    const now = await this.read(language, masked(after))
    if (typeof now === 'string') return { ...result, broken: now }
    result.differences = differences(old.data, now.data)
    result.unexplained = result.differences.filter((each) => !isExplained(each, edits))
    const kept = [...now.marks]
    for (const mark of old.marks) {
      const index = kept.indexOf(mark)
      if (index >= 0) kept.splice(index, 1)
      else if (!edits.some(({ replaced }) => squeezed(replaced).includes(squeezed(mark))))
        result.lost.push(mark)
    }
    return result
  }

  private async read(language: Language, text: string): Promise<Extraction | string> {
    switch (language) {
      case 'yaml':
      case 'toml': {
        const { problem, data, marks } = await this.python.read(language, text)
        if (data === undefined) return problem ?? 'no data'
        const comments = language === 'yaml' ? yamlComments(text) : this.comments('toml', text)
        return { data, marks: [...(marks ?? []), ...comments] }
      }
      case 'json': {
        const { data } = await this.python.read('json', text)
        if (data !== undefined) return { data, marks: [] }
        const errors: { offset: number }[] = []
        const value: unknown = parseJsonc(text, errors as never[], { allowTrailingComma: true })
        return errors.length > 0 ? 'no JSON' : { data: fromJson(value), marks: jsonComments(text) }
      }
      case 'hcl': {
        const parsed = this.grammars.parse('hcl', text, (tree) => plainTree(tree, text))
        if (parsed.value === undefined) return parsed.problem
        if (parsed.value.hasErrors) return 'the grammar of HCL finds errors'
        return {
          data: hclData(parsed.value.root, text),
          marks: parsed.value.comments.map((each) => each.text),
        }
      }
      case 'shell': {
        const { status, stderr } = spawnSync('bash', ['-n'], { input: text, encoding: 'utf8' })
        return status === 0 ? { data: lines(text), marks: [] } : stderr.trim()
      }
      default:
        return { data: lines(text), marks: [] }
    }
  }

  private comments(language: 'toml', text: string): string[] {
    return (
      this.grammars
        .parse(language, text, (tree) => plainTree(tree, text))
        .value?.comments.map((each) => each.text) ?? []
    )
  }
}

/** The old and the new text of edits of one text, whose offsets are its own. */
export function replacements(
  text: string,
  edits: readonly TextEdit[],
): { replaced: string; written: string }[] {
  return edits.map(({ location, newText }) => ({
    replaced: text.slice(location.start, location.end),
    written: newText,
  }))
}

/** Templates of Helm and Jinja: those alone on a line are left out, the others stand as a word. */
function maskTemplates(text: string): string {
  return text.replace(/^[ \t]*(?:\{\{.*\}\}|\{%.*%\})[ \t]*$/gm, '').replace(/\{\{.*?\}\}|\{%.*?%\}/g, 'T')
}

function yamlComments(text: string): string[] {
  const found: string[] = []
  let last = ''
  for (const token of new Lexer().lex(text)) {
    // After U+001F comes a scalar, which may begin with the same sign.
    if (token.startsWith('#') && last !== '\x1f') found.push(token.trimEnd())
    last = token
  }
  return found
}

function jsonComments(text: string): string[] {
  const found: string[] = []
  visit(text, { onComment: (offset, length) => found.push(text.slice(offset, offset + length).trimEnd()) })
  return found
}

function fromJson(value: unknown): DataNode {
  if (Array.isArray(value)) return { list: value.map(fromJson) }
  if (typeof value === 'object' && value !== null)
    return { map: Object.entries(value).map(([key, one]) => [key, fromJson(one)]) }
  return { scalar: String(value), type: typeof value }
}

function lines(text: string): DataNode {
  return { list: text.split('\n').map((line) => ({ scalar: line, type: 'line' })) }
}

/** Attributes and blocks by name; the labels of a block belong to its name. */
function hclData(node: PlainNode, text: string): DataNode {
  const map: [string, DataNode][] = []
  const source = (each: PlainNode) => text.slice(each.start, each.end)
  for (const child of node.children) {
    if (child.type === 'attribute') {
      const [name, value] = child.children.filter((each) => each.named)
      if (name !== undefined && value !== undefined) map.push([source(name), hclValue(value, text)])
    } else if (child.type === 'block') {
      const body = child.children.find((each) => each.type === 'body')
      const name = child.children
        .filter((each) => each.type === 'identifier' || each.type === 'string_lit')
        .map(source)
        .join(' ')
      map.push([name, body === undefined ? { map: [] } : hclData(body, text)])
    } else if (child.type === 'body') {
      const inner = hclData(child, text)
      if ('map' in inner) map.push(...inner.map)
    }
  }
  return { map }
}

/** Objects and lists as such, every other expression as its text. */
function hclValue(node: PlainNode, text: string): DataNode {
  const inner = node.children.filter((each) => each.named)
  const wraps = ['expression', 'collection_value', 'literal_value', 'expr_term']
  if (wraps.includes(node.type) && inner.length === 1) return hclValue(inner[0]!, text)
  if (node.type === 'tuple')
    return { list: inner.filter((each) => each.type === 'expression').map((each) => hclValue(each, text)) }
  if (node.type === 'object') {
    const elements = inner.filter((each) => each.type === 'object_elem')
    return {
      map: elements.map((each) => {
        const [key, value] = each.children.filter((part) => part.named)
        const name = key === undefined ? '' : text.slice(key.start, key.end)
        return [name, value === undefined ? { list: [] } : hclValue(value, text)]
      }),
    }
  }
  return { scalar: text.slice(node.start, node.end).replace(/\s+/g, ' '), type: 'expression' }
}

/** True for a difference whose key and values stand in what the edits wrote or replaced. */
function isExplained(
  difference: Difference,
  edits: readonly { replaced: string; written: string }[],
): boolean {
  const { kind, path, before, after } = difference
  const key = path.at(-1)
  const written = squeezed(edits.map((each) => each.written).join('\n'))
  const replaced = squeezed(edits.map((each) => each.replaced).join('\n'))
  const all = (words: readonly string[], text: string) => words.every((word) => text.includes(squeezed(word)))
  const name = typeof key === 'string' ? [key.replace(/#\d+$/, '')] : []
  if (kind === 'added') return all([...name, ...wordsOf(after!)], written)
  if (kind === 'removed') return all([...name, ...wordsOf(before!)], replaced)
  // A value may be edited as a whole or within; a key that comes above a value brings a map for a scalar.
  return (
    all(wordsOf(after!), written) ||
    edits.every((each) => wordsOf(after!).some((word) => squeezed(word).includes(squeezed(each.written))))
  )
}

/** Without quotes, escapes and spaces, which each language writes in its way. */
function squeezed(text: string): string {
  return text.replace(/["'\\\s]/g, '')
}

/** JSON as located values; comments and trailing commas are tolerated, errors cost only what they touch. */
import { createScanner, type Node, type ParseError, parseTree } from 'jsonc-parser'
import type { ConfigFacts, ConfigNode } from './node.js'
import { isTemplate, withoutRunReferences } from './template.js'

/** Characters; larger files are data, not configuration. */
const largestJson = 4_000_000
const deepest = 200
const lineComment = 12
const blockComment = 13
const endOfFile = 17

/** Reads one JSON document. Never throws. Ranges of strings and keys include the quotes. */
export function jsonFacts(text: string): ConfigFacts {
  const unreadable = (because: string): ConfigFacts => ({
    documents: [
      {
        index: 0,
        root: { kind: 'unknown', because, start: 0, end: text.length },
        templated: false,
        hasErrors: true,
      },
    ],
    comments: [],
  })
  if (text.length > largestJson) return unreadable('too large')
  const errors: ParseError[] = []
  let tree: Node | undefined
  try {
    tree = parseTree(text, errors, { allowTrailingComma: true, allowEmptyContent: true })
  } catch {
    // The parser recurses over nested brackets.
    return unreadable('nested too deeply')
  }
  const state = { templated: false }
  const root: ConfigNode =
    tree === undefined
      ? { kind: 'scalar', value: null, raw: '', start: 0, end: 0 }
      : convert(text, tree, 0, state)
  return {
    documents: [
      {
        index: 0,
        root,
        templated: state.templated,
        hasErrors: errors.length > 0,
        ...(errors.length > 0 ? { errorAt: errors[0]!.offset } : {}),
      },
    ],
    comments: comments(text),
  }
}

function convert(text: string, node: Node, depth: number, state: { templated: boolean }): ConfigNode {
  const start = node.offset
  const end = node.offset + node.length
  if (depth > deepest) return { kind: 'unknown', because: 'nested too deeply', start, end }
  switch (node.type) {
    case 'object': {
      const entries = []
      for (const property of node.children ?? []) {
        const [key, value] = property.children ?? []
        if (key === undefined) continue
        const keyEnd = key.offset + key.length
        entries.push({
          key: String(key.value),
          keyStart: key.offset,
          keyEnd,
          value:
            value === undefined
              ? ({ kind: 'unknown', because: 'syntax error', start: keyEnd, end: keyEnd } as const)
              : convert(text, value, depth + 1, state),
        })
      }
      return { kind: 'map', entries, start, end }
    }
    case 'array':
      return {
        kind: 'list',
        items: (node.children ?? []).map((child) => convert(text, child, depth + 1, state)),
        start,
        end,
      }
    case 'string': {
      const value = String(node.value)
      if (isTemplate(value)) {
        if (/\{[{%]/.test(withoutRunReferences(value))) state.templated = true
        return { kind: 'unknown', because: 'template', text: value, start, end }
      }
      return { kind: 'scalar', value, raw: text.slice(start, end), start, end }
    }
    case 'number':
    case 'boolean':
    case 'null':
      return {
        kind: 'scalar',
        value: (node.value ?? null) as number | boolean | null,
        raw: text.slice(start, end),
        start,
        end,
      }
    default:
      return { kind: 'unknown', because: 'syntax error', start, end }
  }
}

function comments(text: string): ConfigFacts['comments'] {
  const found: ConfigFacts['comments'] = []
  if (!text.includes('//') && !text.includes('/*')) return found
  const scanner = createScanner(text, false)
  for (let token: number = scanner.scan(); token !== endOfFile; token = scanner.scan()) {
    if (token !== lineComment && token !== blockComment) continue
    const start = scanner.getTokenOffset()
    const end = start + scanner.getTokenLength()
    found.push({ start, end, text: text.slice(start, end) })
  }
  return found
}

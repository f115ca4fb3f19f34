/** Sets and removes keys in JSON text, comments and layout kept. */
import { type Node, type ParseError, parseTree } from 'jsonc-parser'
import { type BracketedList, insertItems, removeItems } from './bracketed-list.js'
import { type FragmentEdit, indentation, lineBreak, lineStart, refuse, startsLine } from './fragment-edit.js'
import { nestedValue } from './nested-value.js'
import { inSequence } from './sequence.js'
import type { ConfigurationWrite, Refusal } from './write.js'

export function jsonEdits(text: string, writes: readonly ConfigurationWrite[]): FragmentEdit[] | Refusal {
  return inSequence(text, writes, edit)
}

function edit(text: string, write: ConfigurationWrite): FragmentEdit[] | Refusal {
  const errors: ParseError[] = []
  let root: Node | undefined
  try {
    root = parseTree(text, errors, { allowTrailingComma: true, allowEmptyContent: true })
  } catch {
    // The parser recurses over nested brackets.
    return refuse('the file is nested too deeply')
  }
  if (errors.length > 0) return refuse('the file is not valid JSON')
  const unit = indentationUnit(text, root)
  if (root === undefined) return startFile(text, write, unit)
  let node = root
  for (const [i, key] of write.keys.entries()) {
    const rest = write.keys.slice(i + 1)
    const list = listOf(text, node)
    if (node.type === 'object' && list) {
      const properties = node.children ?? []
      const indices = properties.flatMap((one, at) => (one.children![0]!.value === String(key) ? [at] : []))
      if (indices.length > 1) return refuse(`${key} is given twice`)
      const index = indices[0]
      const value = index === undefined ? undefined : properties[index]!.children![1]
      if (write.kind === 'remove key' && rest.length === 0) {
        return index === undefined ? refuse(`${key} is not there`) : removeItems(list, new Set([index]))
      }
      if (value) node = value
      else if (write.kind === 'remove key') return refuse(`${key} is not there`)
      else {
        const nested = nestedValue(rest, write.value ?? null)
        if (nested === undefined) return refuse(`there is no item ${rest[0]}`)
        const sibling = rest.length === 0 ? write.after : undefined
        const after = properties.findIndex((one) => one.children![0]!.value === sibling)
        return insert(
          list,
          `${JSON.stringify(String(key))}: `,
          nested,
          after < 0 ? properties.length : after + 1,
          unit,
        )
      }
    } else if (node.type === 'array' && list) {
      const items = node.children ?? []
      const index = Number(key)
      if (write.kind === 'set key' && index === items.length) {
        const nested = nestedValue(rest, write.value ?? null)
        return nested === undefined
          ? refuse(`there is no item ${rest[0]}`)
          : insert(list, '', nested, index, unit)
      }
      const item = items[index]
      if (!item) return refuse(`there is no item ${key}`)
      if (write.kind === 'remove key' && rest.length === 0) return removeItems(list, new Set([index]))
      node = item
    } else return refuse(`${write.keys.slice(0, i).join('.') || 'the document'} is not an object`)
  }
  if (write.kind === 'remove key') return refuse('there is nothing to remove')
  const start = node.offset
  const onLines = text.slice(root.offset, root.offset + root.length).includes('\n')
  const spelled = spell(write.value, onLines, indentation(text, start), unit, lineBreak(text))
  return [{ start, end: start + node.length, text: spelled }]
}

function startFile(text: string, write: ConfigurationWrite, unit: string): FragmentEdit[] | Refusal {
  const value = write.kind === 'set key' ? nestedValue(write.keys, write.value ?? null) : undefined
  if (value === undefined) return refuse('there is nothing to set')
  const eol = lineBreak(text)
  return [{ start: text.length, end: text.length, text: spell(value, true, '', unit, eol) + eol }]
}

function insert(
  list: BracketedList,
  name: string,
  value: unknown,
  index: number,
  unit: string,
): FragmentEdit[] {
  const { text, open, close } = list
  const eol = lineBreak(text)
  const first = list.items[0]
  const opening = indentation(text, open)
  if (!first) {
    // An empty object opens up where the objects of the file do.
    const outerOnLines = text.slice(0, open).includes('\n')
    if (!outerOnLines || text.slice(open + 1, close).trim() !== '') {
      return insertItems(list, [name + spell(value, false, '', unit, eol)], index, unit)
    }
    const inner = opening + unit
    const item = inner + name + spell(value, true, inner, unit, eol)
    return [{ start: open + 1, end: close, text: eol + item + eol + opening }]
  }
  const ownLine = startsLine(text, list.items[list.items.length - 1]!.start)
  const spelled = spell(value, ownLine, ownLine ? indentation(text, first.start) : '', unit, eol)
  return insertItems(list, [name + spelled], index, unit)
}

/** Compact (`{"a": 1}`), or on lines that stand at `indent`. */
function spell(value: unknown, onLines: boolean, indent: string, unit: string, eol: string): string {
  if (onLines) return JSON.stringify(value, null, unit).replace(/\n/g, eol + indent)
  if (Array.isArray(value)) return `[${value.map((item) => spell(item, false, '', unit, eol)).join(', ')}]`
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value).map(
      ([key, item]) => `${JSON.stringify(key)}: ${spell(item, false, '', unit, eol)}`,
    )
    return `{${entries.join(', ')}}`
  }
  return JSON.stringify(value ?? null)
}

function listOf(text: string, node: Node): BracketedList | null {
  if (node.type !== 'object' && node.type !== 'array') return null
  const items = (node.children ?? []).map((one) => ({ start: one.offset, end: one.offset + one.length }))
  const close = node.offset + node.length - 1
  return { text, open: node.offset, close, items, comment: '//', trailingComma: false }
}

function indentationUnit(text: string, root: Node | undefined): string {
  const first = root?.children?.[0]
  if (root && first && startsLine(text, first.offset)) {
    const inner = indentation(text, first.offset)
    const outer = indentation(text, lineStart(text, root.offset))
    if (inner.length > outer.length && inner.startsWith(outer)) return inner.slice(outer.length)
  }
  return '  '
}

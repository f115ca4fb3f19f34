/**
 * Sets and removes attributes of blocks and objects in HCL (Terraform). Keys: block types, each with its index, or
 * attributes that hold an object, then a name. `[…, 'taint', 0]` with a map adds a block where there is none.
 */
import { type Assignment, assignmentLine, below, inlineValue, valueEnd } from './assignments.js'
import { skipTrivia } from './bracketed-list.js'
import {
  endsLine,
  type FragmentEdit,
  indentation,
  lineEnd,
  lineStart,
  nextLine,
  refuse,
  startsLine,
} from './fragment-edit.js'
import { inSequence } from './sequence.js'
import type { ConfigurationWrite, Refusal } from './write.js'

interface Body {
  /** Offset of `{`; -1 for the file. */
  open: number
  close: number
  assignments: Assignment[]
  /** `start`: of the word that names its type. */
  blocks: { type: string; start: number; body: Body }[]
}

export function hclEdits(text: string, writes: readonly ConfigurationWrite[]): FragmentEdit[] | Refusal {
  return inSequence(text, writes, edit)
}

function edit(text: string, write: ConfigurationWrite): FragmentEdit[] | Refusal {
  const file = scan(text)
  if (file === null) return refuse('the file cannot be read')
  let body = file
  let at = 0
  while (at < write.keys.length - 1) {
    const type = String(write.keys[at])
    const index = write.keys[at + 1]
    const found = body.blocks.filter((one) => one.type === type)
    if (found.length === 0 && typeof index !== 'number') {
      const inner = objectOf(text, body, type)
      if (inner === undefined) return refuse(`there is no ${type}`)
      body = inner
      at++
      continue
    }
    if (found.length === 0 && typeof index === 'number' && at < write.keys.length - 2) {
      const item = itemOf(text, body, type, index)
      if (item !== undefined) {
        body = item
        at += 2
        continue
      }
    }
    if (found.length === 0 && index === 0 && at === write.keys.length - 2 && write.kind === 'set key')
      return addBlock(text, body, type, write.value)
    const block = typeof index === 'number' ? found[index] : found.length === 1 ? found[0] : undefined
    if (!block) return refuse(`there is no block ${type}`)
    body = block.body
    at += typeof index === 'number' ? 2 : 1
  }
  const last = write.keys[at]
  if (typeof last !== 'string') return refuse('the attribute has no name')
  const name = last
  const present = body.assignments.find((one) => one.names[0] === name)
  if (write.kind === 'remove key') {
    if (!present) return removeBlocks(text, body, name)
    if (!startsLine(text, present.keyStart) || !isLastOnLine(text, present.valueEnd)) {
      return refuse('other text stands on the line')
    }
    return [{ start: lineStart(text, present.keyStart), end: nextLine(text, present.valueEnd), text: '' }]
  }
  const value = inlineValue(write.value, 'hcl')
  if (value === undefined) return refuse('HCL has no such value')
  if (present) return [{ start: present.valueStart, end: present.valueEnd, text: value }]
  if (body.blocks.some((one) => one.type === name)) return refuse(`${name} is a block`)
  return add(text, body, name, value, write)
}

/** All blocks of this type, each with its lines. */
function removeBlocks(text: string, body: Body, type: string): FragmentEdit[] | Refusal {
  const blocks = body.blocks.filter((one) => one.type === type)
  if (blocks.length === 0) return refuse(`${type} is not there`)
  const apart = blocks.every(
    (one) => startsLine(text, one.start) && one.body.close >= 0 && isLastOnLine(text, one.body.close + 1),
  )
  if (!apart) return refuse('other text stands on the line')
  return blocks.map((one) => ({
    start: lineStart(text, one.start),
    end: nextLine(text, one.body.close + 1),
    text: '',
  }))
}

function add(
  text: string,
  body: Body,
  name: string,
  value: string,
  write: Extract<ConfigurationWrite, { kind: 'set key' }>,
): FragmentEdit[] | Refusal {
  const note = write.comment ? ` # ${write.comment.replace(/^#\s*/, '')}` : ''
  const index = body.assignments.findIndex((one) => one.names[0] === write.after)
  const above = index < 0 ? body.assignments : body.assignments.slice(0, index + 1)
  const last = above[above.length - 1]
  if (last) {
    const comma = text[last.valueEnd] === ',' ? 1 : 0
    if (!startsLine(text, last.keyStart) || !isLastOnLine(text, last.valueEnd + comma)) {
      return refuse('the block stands on one line')
    }
    const plain = assignmentLine(text, name, value, above, indentation(text, last.keyStart))
    // `terraform fmt` aligns with the line above, even where that stands alone.
    const alone = text.slice(last.keyStart, last.equals).trimEnd().length
    const isOneLine = !text.slice(last.valueStart, last.valueEnd).includes('\n')
    const isAlone = isOneLine && text.slice(last.keyStart, last.equals).length === alone + 1
    const line = isAlone && plain.includes(`${name} = `) ? plain.replace(name, name.padEnd(alone)) : plain
    return [below(text, last.valueEnd, line + (comma === 1 ? ',' : '') + note)]
  }
  if (body.open < 0) return refuse('there is no block for it')
  const outer = indentation(text, body.open)
  const line = `${outer}  ${name} = ${value}${note}`
  if (isLastOnLine(text, body.open + 1)) return [below(text, body.open, line)]
  if (text.slice(body.open + 1, body.close).trim() !== '') return refuse('the block stands on one line')
  const eol = text.includes('\r\n') ? '\r\n' : '\n'
  return [{ start: body.open + 1, end: body.close, text: eol + line + eol + outer }]
}

/** The object that an attribute holds, as a body of its own. */
function objectOf(text: string, body: Body, name: string): Body | undefined {
  const held = body.assignments.find((one) => one.names[0] === name)
  if (held === undefined) return undefined
  const encoding = /^(?:yaml|json)encode\(\s*(?=\{)/.exec(text.slice(held.valueStart, held.valueEnd))
  if (encoding === null) return objectAt(text, held.valueStart, held.valueEnd)
  const start = held.valueStart + encoding[0].length
  return objectAt(text, start, valueEnd(text, start, 'hcl'))
}

/** An object in the list that an attribute holds. */
function itemOf(text: string, body: Body, name: string, index: number): Body | undefined {
  const held = body.assignments.find((one) => one.names[0] === name)
  if (held === undefined || text[held.valueStart] !== '[') return undefined
  let at = skip(text, held.valueStart + 1)
  for (let item = 0; at < held.valueEnd - 1; item++) {
    const end = valueEnd(text, at, 'hcl')
    if (end <= at) return undefined
    if (item === index) return objectAt(text, at, end)
    at = skip(text, end)
    if (text[at] === ',') at = skip(text, at + 1)
  }
  return undefined
}

function objectAt(text: string, start: number, end: number): Body | undefined {
  if (text[start] !== '{') return undefined
  const inner: Body = { open: start, close: end - 1, assignments: [], blocks: [] }
  let at = skip(text, start + 1)
  while (at < inner.close) {
    const key = /^(?:"((?:[^"\\\n]|\\.)*)"|([A-Za-z_][\w-]*))/.exec(text.slice(at, at + 300))
    if (key === null) return undefined
    const keyStart = at
    at = skip(text, at + key[0].length)
    if (!/^(=(?!=)|:)/.test(text.slice(at, at + 2))) return undefined
    const valueStart = at + 1 + /^[ \t]*/.exec(text.slice(at + 1, at + 200))![0].length
    const stop = valueEnd(text, valueStart, 'hcl')
    if (stop <= valueStart) return undefined
    inner.assignments.push({ names: [key[1] ?? key[2]!], keyStart, equals: at, valueStart, valueEnd: stop })
    at = skip(text, stop)
    if (text[at] === ',') at = skip(text, at + 1)
  }
  return inner
}

/** A block at the end of another, with an empty line above it. */
function addBlock(text: string, body: Body, type: string, value: unknown): FragmentEdit[] | Refusal {
  if (body.assignments.some((one) => one.names[0] === type)) return refuse(`${type} is not a block here`)
  if (body.open < 0 || value === null || typeof value !== 'object' || Array.isArray(value))
    return refuse('no such block can be written')
  if (!startsLine(text, body.close)) return refuse('the block stands on one line')
  const outer = indentation(text, body.close)
  const lines = blockLines(type, value as Record<string, unknown>, `${outer}  `)
  if (lines === undefined) return refuse('HCL has no such value')
  const eol = text.includes('\r\n') ? '\r\n' : '\n'
  const start = lineStart(text, body.close)
  const isEmpty = body.assignments.length + body.blocks.length === 0
  return [{ start, end: start, text: (isEmpty ? '' : eol) + lines.map((line) => line + eol).join('') }]
}

/** Maps are blocks, everything else attributes, with their `=` in one column. */
function blockLines(type: string, value: Record<string, unknown>, indent: string): string[] | undefined {
  const plain = Object.entries(value).filter(([, one]) => one === null || typeof one !== 'object')
  const blocks = Object.entries(value).filter(([, one]) => one !== null && typeof one === 'object')
  const width = plain.reduce((most, [key]) => Math.max(most, key.length), 0)
  const lines = [`${indent}${type} {`]
  for (const [key, one] of plain) {
    const spelled = inlineValue(one, 'hcl')
    if (spelled === undefined) return undefined
    lines.push(`${indent}  ${key.padEnd(width)} = ${spelled}`)
  }
  for (const [key, one] of blocks) {
    const inner = blockLines(key, one as Record<string, unknown>, `${indent}  `)
    if (inner === undefined) return undefined
    lines.push(...inner)
  }
  lines.push(`${indent}}`)
  return lines
}

function isLastOnLine(text: string, offset: number): boolean {
  return endsLine(text, offset) || text.slice(offset, lineEnd(text, offset)).trim().startsWith('//')
}

function skip(text: string, from: number): number {
  let at = from
  for (;;) {
    const slashes = skipTrivia(text, at, text.length, '//')
    const next = text[slashes] === '#' ? lineEnd(text, slashes) : slashes
    if (next === at) return at
    at = next
  }
}

/** Blocks and attributes; null where something else stands. */
function scan(text: string): Body | null {
  const file: Body = { open: -1, close: text.length, assignments: [], blocks: [] }
  const stack = [file]
  let at = skip(text, 0)
  while (at < text.length) {
    const body = stack[stack.length - 1]!
    if (text[at] === '}') {
      if (stack.length === 1) return null
      body.close = at
      stack.pop()
      at = skip(text, at + 1)
      continue
    }
    const name = /^[A-Za-z_][\w-]*/.exec(text.slice(at, at + 200))?.[0]
    if (!name) return null
    const start = at
    at = skip(text, at + name.length)
    if (text[at] === '=' && text[at + 1] !== '=') {
      const valueStart = at + 1 + /^[ \t]*/.exec(text.slice(at + 1, at + 200))![0].length
      const end = valueEnd(text, valueStart, 'hcl')
      if (end <= valueStart) return null
      body.assignments.push({ names: [name], keyStart: start, equals: at, valueStart, valueEnd: end })
      at = skip(text, end)
      continue
    }
    // Labels of the block.
    for (;;) {
      const label = /^(?:"(?:[^"\\\n]|\\.)*"|[A-Za-z_][\w-]*)/.exec(text.slice(at, at + 500))?.[0]
      if (!label) break
      at = skip(text, at + label.length)
    }
    if (text[at] !== '{') return null
    const inner: Body = { open: at, close: -1, assignments: [], blocks: [] }
    body.blocks.push({ type: name, start, body: inner })
    stack.push(inner)
    at = skip(text, at + 1)
  }
  return stack.length === 1 ? file : null
}

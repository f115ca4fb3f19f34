/** Programs and files inside of the blocks of text that a YAML file holds. */
import { inlineName, programsInShell } from './embedded-programs.js'
import type { Piece } from './fragment.js'
import type { Embedded } from './magics.js'

const mostBlocks = 200
const most = 20

/** The text of a `|` block without its indentation, and where each of its lines stands. */
interface Block {
  text: string
  /** What stands before it: `train.py`, `source`; null: it is an item of a list. */
  key: string | null
  /** Where the line of its mark begins. */
  start: number
  lines: { at: number; source: number }[]
}

const header = /^([ \t]*(?:- +)*)(?:(["']?)([\w./-]+)\2[ \t]*:[ \t]*)?\|[-+]?\d?[ \t]*\r?$/

export function programsInYaml(text: string): Embedded[] {
  const mayHold =
    text.includes('python') || (text.includes('<<') && (text.includes('.py') || text.includes('apiVersion:')))
  if (!mayHold && !/(\.py|\bmanifest)["']?[ \t]*:/.test(text)) return []
  const found: Embedded[] = []
  for (const block of blocksOf(text)) {
    if (found.length >= most) break
    const own = programOf(block, text)
    if (own !== null) {
      found.push(own)
      continue
    }
    for (const { embedded } of programsInShell(block.text))
      found.push({ ...embedded, pieces: embedded.pieces.flatMap((piece) => placed(piece, block)) })
  }
  return found
}

function blocksOf(text: string): Block[] {
  const blocks: Block[] = []
  const lines = text.split('\n')
  let start = 0
  const starts = lines.map((line) => {
    const own = start
    start += line.length + 1
    return own
  })
  for (let index = 0; index < lines.length && blocks.length < mostBlocks; index++) {
    const line = lines[index]!
    const match = line.includes('|') ? header.exec(line) : null
    if (match === null) continue
    const least = match[1]!.replace(/- +$/, '').length
    let last = index
    let indent = -1
    while (last + 1 < lines.length) {
      const next = lines[last + 1]!
      const depth = /^ */.exec(next)![0].length
      if (next.trim() !== '') {
        if (indent === -1) indent = depth
        if (depth < indent || depth <= least - (match[3] === undefined ? 1 : 0)) break
      }
      last++
    }
    if (indent <= 0) continue
    let body = ''
    const places: Block['lines'] = []
    for (let inner = index + 1; inner <= last; inner++) {
      const source = lines[inner]!
      const cut = Math.min(indent, /^ */.exec(source)![0].length)
      places.push({ at: body.length, source: starts[inner]! + cut })
      body += `${source.slice(cut)}\n`
    }
    blocks.push({ text: body, key: match[3] ?? null, start: starts[index]!, lines: places })
    index = last
  }
  return blocks
}

const fed = /(^|[\s/])python[\d.]*( -[uOBEsI]+)* -c$/

/** The block is a program by itself: a file of a ConfigMap, the source of a script template, the word behind `-c`. */
function programOf(block: Block, text: string): Embedded | null {
  const whole = { text: block.text, start: 0, end: block.text.length }
  const pieces = placed(whole, block)
  if (block.key?.endsWith('.py') === true)
    return { language: 'python', origin: 'writefile', target: block.key, pieces }
  // What a step of a workflow hands to Kubernetes.
  if (block.key === 'manifest' && /^apiVersion:/m.test(block.text) && /^kind:/m.test(block.text))
    return { language: 'yaml', origin: 'heredoc', target: 'manifest.yaml', pieces }
  const before = text.slice(Math.max(0, block.start - 400), block.start)
  const isSource =
    block.key === 'source' && /\bcommand:\s*(\[|-)\s*["']?\/?[\w/]*python[\d.]*["']?/.test(before)
  const words = before
    .slice(-160)
    .replace(/["'[\],]/g, ' ')
    .replace(/^[ \t]*-[ \t]/gm, ' ')
    .replace(/\b(args|command):/g, ' ')
    .replace(/\s+/g, ' ')
    .trim()
  if (!isSource && !(block.key === null && fed.test(words))) return null
  return { language: 'python', origin: 'heredoc', target: inlineName(block.text), pieces }
}

/** A piece of the block's text as pieces of the file, line by line. */
function placed(piece: Piece, { lines }: Block): Piece[] {
  const sourceOf = (offset: number): number => {
    let line = lines[0]!
    for (const one of lines) {
      if (one.at > offset) break
      line = one
    }
    return line.source + offset - line.at
  }
  if (piece.text.length !== piece.end - piece.start) {
    const at = sourceOf(piece.start)
    return [{ text: piece.text, start: at, end: at }]
  }
  const pieces: Piece[] = []
  let from = piece.start
  while (from < piece.end) {
    const newline = piece.text.indexOf('\n', from - piece.start)
    const to = newline === -1 ? piece.end : piece.start + newline + 1
    const start = sourceOf(from)
    pieces.push({
      text: piece.text.slice(from - piece.start, to - piece.start),
      start,
      end: start + to - from,
    })
    from = to
  }
  return pieces
}

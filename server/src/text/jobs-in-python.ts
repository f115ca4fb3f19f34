/** Batch scripts that Python code holds as text and hands to a scheduler: `f"""#!/bin/bash\n#SBATCH --gres=gpu:{gpus}…"""`. */
import type { Piece } from './fragment.js'
import type { Embedded } from './magics.js'
import { lookUp } from './records.js'

const directives = ['#SBATCH', '#PBS', '#BSUB']
const directive = /^[ \t]*#(SBATCH|PBS|BSUB)[ \t]/m
/** Each of them costs a parse. */
const most = 20
/** Lines of a script that are written one by one. */
const mostLiterals = 400

/** A string of Python: where its content stands, and how it is read. */
interface Literal {
  start: number
  contentStart: number
  contentEnd: number
  end: number
  raw: boolean
  formatted: boolean
  triple: boolean
}

export function jobsInPython(text: string): Embedded[] {
  if (!directives.some((word) => text.includes(word))) return []
  const literals = literalsOf(text)
  const found: Embedded[] = []
  let values: Values | undefined
  for (let index = 0; index < literals.length && found.length < most; index++) {
    const first = literals[index]!
    const content = text.slice(first.contentStart, first.contentEnd)
    if (!isBeginning(content, first)) continue
    const parts = [first]
    let follows: Follows = 'apart'
    while (index + 1 < literals.length && parts.length < mostLiterals) {
      const next = literals[index + 1]!
      follows = relation(text, parts.at(-1)!, next, first.triple)
      if (follows !== 'same text') break
      parts.push(next)
      index++
    }
    if (follows === 'perhaps') continue
    values ??= valuesIn(text)
    const pieces = withoutIndent(parts.flatMap((part) => linesOf(text, part, parts.length > 1, values!)))
    if (isJob(pieces.map((piece) => piece.text).join('')))
      found.push({ language: 'shell', origin: 'argument', pieces })
  }
  return found
}

function isBeginning(content: string, { triple }: Literal): boolean {
  return /^(\\\r?\n)?\s*#!.*sh\b/.test(content) || (triple && directive.test(content))
}

/** It asks the scheduler for something, runs something, and no line may bring any number of further wishes. */
function isJob(script: string): boolean {
  if (!directive.test(script) || !/^[ \t]*[^#\s]/m.test(script)) return false
  const header = script.slice(0, script.search(/^[ \t]*[A-Za-z./"']/m))
  return !/^[ \t]*(#(SBATCH|PBS|BSUB)[ \t]+)?\$\{\w+_\}[ \t]*$/m.test(header)
}

/** `perhaps`: written behind it under a condition, or any number of times. */
type Follows = 'same text' | 'perhaps' | 'apart'

const writes = /(\.(write|writelines|append|extend)\s*\(|\bprint\s*\(|\+=)\s*[([]*\s*$/

/** Literals side by side, in a list, or written one after the other: nothing but that stands between them. */
function relation(text: string, before: Literal, next: Literal, triple: boolean): Follows {
  const between = text.slice(before.end, next.start)
  if (between.length > 300) return 'apart'
  if (/^[\s,+\\()[\]]*$/.test(between)) return triple && /[,\]]/.test(between) ? 'apart' : 'same text'
  if (!writes.test(between)) return 'apart'
  if (/\b(if|for|while|else|elif|try)\b/.test(between)) return 'perhaps'
  return triple || /\b(with|def|return|close|open)\b|#/.test(between) ? 'apart' : 'same text'
}

/** Every string of the code in order; what comments hold is none. */
function literalsOf(text: string): Literal[] {
  const found: Literal[] = []
  const opening = /#|(?<![\w"'])([rbuf]{0,2})("""|'''|"|')/gi
  for (let match = opening.exec(text); match !== null; match = opening.exec(text)) {
    const [whole, prefix, quote] = match
    if (quote === undefined) {
      const end = text.indexOf('\n', match.index)
      if (end < 0) break
      opening.lastIndex = end
      continue
    }
    const contentStart = match.index + whole.length
    const contentEnd = closing(text, contentStart, quote)
    const end = contentEnd + quote.length
    opening.lastIndex = Math.max(end, contentStart)
    if (contentEnd >= text.length) continue
    found.push({
      start: match.index,
      contentStart,
      contentEnd,
      end,
      raw: /r/i.test(prefix!),
      formatted: /f/i.test(prefix!),
      triple: quote.length === 3,
    })
  }
  return found
}

function closing(text: string, from: number, quote: string): number {
  for (let at = from; at < text.length; at++) {
    if (text[at] === '\\') at++
    else if (text.startsWith(quote, at)) return at
    else if (quote.length === 1 && text[at] === '\n') return at
  }
  return text.length
}

/** Names with one plain value; null: with several. */
type Values = ReadonlyMap<string, string | null>

const assignment =
  /^[ \t]*([A-Za-z_]\w{0,60})[ \t]*(?::[ \t]*\w+[ \t]*)?=[ \t]*(?:(["'])([^"'\\{}\n]{0,200})\2|(\d{1,12}))?(.*)$/gm

function valuesIn(text: string): Values {
  const values = new Map<string, string | null>()
  for (const [, name, , quoted, number, rest] of text.matchAll(assignment)) {
    const value = /^[ \t]*(#.*)?\r?$/.test(rest!) ? (quoted ?? number ?? null) : null
    const before = values.get(name!)
    values.set(name!, before === undefined || before === value ? value : null)
  }
  // A parameter or the variable of a loop is another one of that name.
  for (const [, list] of text.matchAll(
    /\b(?:def[ \t]+\w+[ \t]*\(([^()]{0,600})|for[ \t]+([\w, \t]{1,80})[ \t]in\b)/g,
  ))
    for (const name of list?.match(/[A-Za-z_]\w*/g) ?? []) values.set(name, null)
  return values
}

/** A variable of the shell that nothing sets, for what only the program knows. */
const open = (expression: string) => `\${${expression.replace(/\W+/g, '_').slice(0, 40) || 'value'}_}`

const escapes: Readonly<Record<string, string>> = { n: '\n', t: '\t', '\n': '' }

/** The content as the shell gets it, a piece for each line or less. */
function linesOf(text: string, literal: Literal, separate: boolean, values: Values): Piece[] {
  const { contentStart, contentEnd, raw, formatted } = literal
  const pieces: Piece[] = []
  let from = contentStart
  const plain = (to: number): void => {
    let start = from
    while (start < to) {
      const newline = text.indexOf('\n', start)
      const end = newline < 0 || newline >= to ? to : newline + 1
      pieces.push({ text: text.slice(start, end), start, end })
      start = end
    }
  }
  const instead = (at: number, end: number, by: string): void => {
    plain(at)
    pieces.push({ text: by, start: at, end })
    from = end
  }
  const placeholder =
    /\\(\r?\n|[^\r])|\{\{|\}\}|(?<!\$)\{([^{}\n]{0,120})\}|%(?:\((\w+)\))?[sdi]\b|\$\{(?=\{)/g
  placeholder.lastIndex = contentStart
  for (let match = placeholder.exec(text); match !== null; match = placeholder.exec(text)) {
    const { index } = match
    const end = index + match[0].length
    if (end > contentEnd) break
    if (index < from) continue
    const [whole, escaped, expression, named] = match
    if (escaped !== undefined) {
      if (raw) continue
      const by = lookUp(escapes, escaped.at(-1)!) ?? (/[\\"']/.test(escaped) ? escaped : undefined)
      if (by !== undefined) instead(index, end, by)
    } else if (whole === '{{' || whole === '}}') {
      if (formatted) instead(index, end, whole[0]!)
    } else if (expression !== undefined) instead(index, end, filled(expression, values))
    else if (whole.startsWith('%')) instead(index, end, open(named ?? ''))
    // `${{NAME}}` of a formatted string is `${NAME}` of the shell: its braces come next.
    else if (formatted) placeholder.lastIndex = index + 1
  }
  plain(contentEnd)
  if (separate && !literal.triple && pieces.at(-1)?.text.endsWith('\n') === false)
    pieces.push({ text: '\n', start: contentEnd, end: contentEnd })
  return pieces
}

function filled(expression: string, values: Values): string {
  const name = expression.replace(/[!:].*$/, '').trim()
  const value = values.get(name)
  return value != null && /^[\w./:@,+-]+$/.test(value) ? value : open(name)
}

/** Text that is indented as the code around it is, which `dedent` takes away. */
function withoutIndent(pieces: readonly Piece[]): Piece[] {
  const text = pieces.map((piece) => piece.text).join('')
  const depths = text
    .split('\n')
    .flatMap((line) => (line.trim() === '' ? [] : [/^[ \t]*/.exec(line)![0].length]))
  // The first line may stand behind the quotes.
  const least = Math.min(...(depths.length > 1 ? depths.slice(1) : depths))
  let begins = true
  let leading = true
  return pieces.flatMap((piece): Piece[] => {
    const isLine = begins
    begins = piece.text.endsWith('\n')
    if (leading && piece.text.trim() === '') return []
    leading = false
    const cut = isLine ? Math.min(least, /^[ \t]*/.exec(piece.text)![0].length) : 0
    if (cut === 0 || piece.text.length !== piece.end - piece.start) return [piece]
    return [{ text: piece.text.slice(cut), start: piece.start + cut, end: piece.end }]
  })
}

/**
 * Words of the shell: quote removal, expansion of known variables, splitting. Works on text, so it serves the words
 * that a tree marks off as well as strings that hold a command (`bash -c "…"`).
 */
import { evaluateArithmetic } from './shell-arithmetic.js'
import { braceWords, countBraceWords, mostWords, range } from './shell-braces.js'
import { edited, editOf } from './shell-edits.js'
import { ansiEnd, ansiText, dollarEnd, wordEnd } from './shell-ends.js'
import type { ShellWord } from './shell-facts.js'
import {
  emptyScope,
  fallback,
  fallbackMark,
  hole,
  isFallback,
  outlineOf,
  readable,
  type ShellScope,
  type ShellValue,
  wideHole,
} from './shell-values.js'
import { filler } from './template.js'

const deepest = 12

/** Characters of a value; a longer one, as `A=$A$A` in a row gives, is unknown. */
export const longestValue = 20_000

interface Part {
  /** null: unknown. */
  text: string | null
  /** Not subject to splitting. */
  quoted: boolean
  /** Unknown, and any number of words where no quotes hold it together. */
  splits: boolean
  words?: ShellWord[]
}

const unknown = (quoted: boolean, splits = false): Part => ({ text: null, quoted, splits })

/**
 * The words that one written word stands for: usually one, none for an empty variable, several for a list in a
 * variable, an array or braces. They carry the range of the written word, items of an array their own.
 */
export function expandWord(raw: string, start: number, scope: ShellScope, depth = 0): ShellWord[] {
  const end = start + raw.length
  // Most words are plain.
  if (!/[\\'"$`{\uE000]/.test(raw)) return [{ text: raw, raw, start, end }]
  const hasBraces = raw.includes('{') && !/['"`\\]/.test(raw)
  if (hasBraces && countBraceWords(raw) > mostWords) return [{ text: null, raw, start, end, splits: true }]
  const braces = hasBraces ? braceWords(raw) : null
  if (braces !== null) {
    return braces
      .flatMap((one) => expandWord(one, start, scope, depth))
      .map((word) => ({ ...word, raw, start, end }))
  }
  const parts = partsOf(raw, start, scope, false, depth)
  if (parts.length === 1 && parts[0]!.words !== undefined) return parts[0]!.words
  return join(parts, longestValue + raw.length).map((field) => {
    const word: ShellWord = { text: readable(field), raw, start, end }
    if (field.includes(fallbackMark)) word.fallback = true
    if (word.text === null) {
      if (field === wideHole) word.splits = true
      else if (field !== hole) word.outline = outlineOf(field)
    }
    return word
  })
}

/** The value of a word where no splitting happens (an assignment, inside quotes); null when it is unknown. */
export function expandText(raw: string, start: number, scope: ShellScope, quoted = false): string | null {
  return readable(expandValue(raw, start, scope, quoted))
}

/** The same, with holes where parts are unreadable. */
export function expandValue(
  raw: string,
  start: number,
  scope: ShellScope,
  quoted = false,
  depth = 0,
): string {
  let value = ''
  for (const part of partsOf(raw, start, scope, quoted, depth)) {
    value += part.words?.map((word) => word.text ?? hole).join(' ') ?? partText(part)
    if (value.length > longestValue + raw.length) return wideHole
  }
  return value
}

function partText(part: Part): string {
  return part.text ?? (part.splits ? wideHole : hole)
}

/** Puts the parts of a word together and splits it where unquoted values have blanks. */
function join(parts: Part[], longest: number): string[] {
  const fields: string[] = []
  let current: string | null = null
  let length = 0
  const flush = () => {
    if (current !== null) fields.push(current)
    current = null
  }
  for (const part of parts) {
    length += part.text?.length ?? 1
    if (fields.length > mostWords || length > longest) return [wideHole]
    if (part.text === null) {
      current = (current ?? '') + (parts.length === 1 && !part.quoted ? partText(part) : hole)
      continue
    }
    const pieces = part.quoted ? [part.text] : part.text.split(/[ \t\n]+/)
    pieces.forEach((piece, index) => {
      if (index > 0) flush()
      if (piece !== '' || part.quoted) current = (current ?? '') + piece
    })
  }
  flush()
  return fields
}

function partsOf(raw: string, start: number, scope: ShellScope, inQuotes: boolean, depth: number): Part[] {
  if (depth > deepest) return [unknown(true)]
  const parts: Part[] = []
  let literal = ''
  let quotedAny = false
  const flush = (force = false) => {
    if (literal !== '' || force) parts.push({ text: literal, quoted: true, splits: false })
    literal = ''
  }
  let quoted = inQuotes
  let position = 0
  while (position < raw.length) {
    const char = raw[position]!
    if (char === filler) {
      flush()
      while (raw[position] === filler) position++
      parts.push(unknown(true))
    } else if (char === '\\') {
      const next = raw[position + 1]
      position += 2
      if (next === undefined) literal += char
      else if (next === '\n') continue
      else if (next === '\r' && raw[position] === '\n') position++
      else if (quoted && !'$`"\\'.includes(next)) literal += char + next
      else literal += next
    } else if (char === '"') {
      quoted = !quoted
      quotedAny = true
      position++
    } else if (char === "'" && !quoted) {
      const close = raw.indexOf("'", position + 1)
      quotedAny = true
      if (close === -1) return [...parts, unknown(true)]
      literal += raw.slice(position + 1, close)
      position = close + 1
    } else if (char === '`') {
      const close = raw.indexOf('`', position + 1)
      flush()
      if (close === -1) return [...parts, unknown(true)]
      parts.push(substitution(raw.slice(position + 1, close), start + position + 1, scope, quoted, depth))
      position = close + 1
    } else if (char === '$') {
      if (!quoted && raw[position + 1] === "'") {
        const close = ansiEnd(raw, position + 2)
        if (close === -1) return [...parts, unknown(true)]
        quotedAny = true
        literal += ansiText(raw.slice(position + 2, close))
        position = close + 1
        continue
      }
      if (!quoted && raw[position + 1] === '"') {
        position++
        continue
      }
      const end = dollarEnd(raw, position)
      if (end === position) {
        literal += char
        position++
        continue
      }
      flush()
      if (end === -1) return [...parts, unknown(true)]
      parts.push(dollar(raw.slice(position, end), start + position, scope, quoted, depth))
      position = end
    } else {
      literal += char
      position++
    }
  }
  // `""` is a word, an empty variable is none.
  flush(quotedAny && parts.length === 0)
  return parts
}

/** Value of one `$…`. */
function dollar(source: string, start: number, scope: ShellScope, quoted: boolean, depth: number): Part {
  if (source.startsWith('$((') && source.endsWith('))')) {
    const value = evaluateArithmetic(source.slice(3, -2), (name) => textOf(scope.get(name)))
    return value === null ? unknown(quoted) : { text: String(value), quoted, splits: false }
  }
  if (source.startsWith('$(')) return substitution(source.slice(2, -1), start + 2, scope, quoted, depth)
  if (!source.startsWith('${')) return variable(source.slice(1), scope, quoted)
  const inner = source.slice(2, -1)
  const match = /^([A-Za-z_]\w*|[0-9]+|[@*])(\[[^\]]*\])?(?:(:?[-=+?])([\s\S]*))?$/.exec(inner)
  if (match === null) return changed(inner, start + 2, scope, quoted, depth)
  const [, name, subscript, operator, word] = match as unknown as [string, string, string?, string?, string?]
  if (subscript !== undefined) return element(scope.get(name), subscript.slice(1, -1), scope, quoted)
  if (operator === undefined) return variable(name, scope, quoted)
  const value = scope.get(name)
  if (operator.endsWith('+')) return unknown(quoted, true)
  if (value?.kind === 'unknown') return unknown(quoted, value.splits)
  const useDefault =
    value === undefined || (operator.startsWith(':') && value.kind === 'text' && value.text === '')
  // `${X:?message}` stops when X is not set; what X would be is unknown.
  if (!useDefault || operator.endsWith('?')) return variable(name, scope, quoted)
  const at = start + source.length - 1 - (word ?? '').length
  const text = expandValue(word ?? '', at, scope, quoted, depth + 1)
  const open = value === undefined && text !== '' && !scope.isSettled?.(name)
  return { text: open ? fallbackMark + text : text, quoted, splits: false }
}

/** `${NAME//a/b}`; `inner`: between the braces. */
function changed(inner: string, start: number, scope: ShellScope, quoted: boolean, depth: number): Part {
  const found = editOf(inner)
  const value = found === null ? undefined : scope.get(found.name)
  if (found === null || value?.kind !== 'text') return unknown(quoted)
  const { edit } = found
  const given = edit.kind === 'replace' ? edit.by : ''
  const by = expandValue(given, start + inner.length - given.length, scope, quoted, depth + 1)
  const result = edited(value.text, edit, by, longestValue)
  if (result === null) return unknown(quoted)
  const text = isFallback(value.text) && !isFallback(result) ? fallback(result) : result
  return { text, quoted, splits: false }
}

function textOf(value: ShellValue | undefined): string | null {
  if (value?.kind === 'text') return readable(value.text)
  return value?.kind === 'array' ? (value.words[0]?.text ?? null) : null
}

function variable(name: string, scope: ShellScope, quoted: boolean): Part {
  const value = scope.get(name)
  if (value?.kind === 'text') return { text: value.text, quoted, splits: false }
  if (value?.kind === 'array') {
    if (name === '@' || name === '*') return { text: null, quoted, splits: true, words: value.words }
    const first = textOf(value)
    return first === null ? unknown(quoted) : { text: first, quoted, splits: false }
  }
  if (value?.kind === 'unknown') return unknown(quoted, value.splits)
  // `"$@"` is as many words as there are arguments, quotes or not.
  if (name === '@' || name === '*') return unknown(name === '*' && quoted, true)
  // Where a script starts, or where it was submitted: both are the folder that paths in it are relative to.
  if (name === 'PWD' || name === 'SLURM_SUBMIT_DIR' || name === 'PBS_O_WORKDIR') {
    return { text: '.', quoted, splits: false }
  }
  return unknown(quoted, namesArguments(name))
}

/** True for names that people give to lists of arguments; `_` at the end: the value of a Python expression. */
export function namesArguments(name: string): boolean {
  return /ARGS|ARGUMENTS|OPTS|OPTIONS?_?$|FLAGS?_?$|EXTRA|PARAMS|OVERRIDES|CMD|COMMAND/i.test(name)
}

function element(value: ShellValue | undefined, subscript: string, scope: ShellScope, quoted: boolean): Part {
  if (subscript === '@' || subscript === '*') {
    if (value?.kind === 'array') return { text: null, quoted, splits: true, words: value.words }
    return unknown(subscript === '*' && quoted, true)
  }
  const index = evaluateArithmetic(subscript, (name) => textOf(scope.get(name)))
  const text = value?.kind === 'array' && index !== null ? (value.words.at(index)?.text ?? null) : null
  return text === null ? unknown(quoted) : { text, quoted, splits: false }
}

const self = String.raw`\$(?:0|\{0\}|BASH_SOURCE|\{BASH_SOURCE(?:\[0\])?\})`
const real = String.raw`(?:(?:realpath|readlink)\s+(?:-\w+\s+)*(?:--\s+)?)?`
const ownFolder = new RegExp(String.raw`^dirname\s+(?:--\s+)?(?:${real}${self}|\$\(\s*${real}${self}\s*\))$`)
const ownFolderInside = new RegExp(
  String.raw`\$\(\s*dirname\s+(?:--\s+)?(?:${real}${self}|\$\(\s*${real}${self}\s*\))\s*\)`,
)

const encoding =
  /^(?:echo|printf\s+['"]%s['"])\s+(?:-n\s+)?"\$\{?([A-Za-z_]\w*)\}?"\s*\|\s*base64(?:\s+(?:-w\s*0|--wrap=0))?(?:\s*\|\s*tr\s+-d\s+['"]?\\n['"]?)?$/

/** Output of `$(…)`, for the few commands whose output the text gives: `seq`, `pwd`, the script's own folder. */
function substitution(
  source: string,
  start: number,
  scope: ShellScope,
  quoted: boolean,
  depth: number,
): Part {
  const text = source.trim().replace(/["']/g, '')
  if (text === 'pwd' || ownFolder.test(text)) return { text: '.', quoted, splits: false }
  const moved =
    /^(?:cd\s+(?:-P\s+)?(?:--\s+)?(\S+)\s*(?:>\s*\/dev\/null\s*(?:2>&1\s*)?)?(?:&&|;)\s*pwd(?:\s+-P)?|realpath\s+(\S+))$/.exec(
      text.replace(ownFolderInside, '.'),
    )
  const folder = moved?.[1] ?? moved?.[2]
  if (folder !== undefined && /^\.[\w./-]*$/.test(folder)) return { text: folder, quoted, splits: false }
  // Where a program lies: what it is called tells as much.
  const program = /^(?:which|command -v|type -[pP])\s+([\w.+-]+)$/.exec(text)?.[1]
  if (program !== undefined) return { text: program, quoted, splits: false }
  // What reads it takes the text out of it again: the start script of a machine.
  const coded = encoding.exec(source.trim())?.[1]
  if (coded !== undefined) return variable(coded, scope, quoted)
  const words = /^\s*seq\s/.test(source) ? (splitCommands(source, start, scope, depth + 1)[0] ?? []) : []
  const numbers = words
    .slice(1)
    .map((word) => (word.text === null || !/^-?\d+$/.test(word.text) ? null : Number(word.text)))
  if (numbers.length > 0 && numbers.length <= 3 && !numbers.includes(null)) {
    const [first, step, last] =
      numbers.length === 1
        ? [1, 1, numbers[0]!]
        : numbers.length === 2
          ? [numbers[0]!, 1, numbers[1]!]
          : numbers
    const values = range(first!, last!, step!)
    if (values !== null) return { text: values.join(' '), quoted, splits: false }
  }
  return unknown(quoted, true)
}

/**
 * The simple commands of a short text (a `bash -c` string, one line), in order; operators separate them, redirections
 * are left out, leading assignments are words. `start` is the offset of the text in its fragment.
 */
export function splitCommands(
  text: string,
  start: number,
  scope: ShellScope = emptyScope,
  depth = 0,
): ShellWord[][] {
  const commands: ShellWord[][] = []
  let words: ShellWord[] = []
  const flush = () => {
    if (words.length > 0) commands.push(words)
    words = []
  }
  if (depth > deepest) return commands
  let position = 0
  let skipTarget = false
  while (position < text.length) {
    const char = text[position]!
    if (/[ \t\r]/.test(char)) position++
    else if (char === '\\' && /^\\\r?\n/.test(text.slice(position, position + 3))) {
      position += text[position + 1] === '\r' ? 3 : 2
    } else if (/[\n;()]/.test(char)) {
      flush()
      position++
    } else if (char === '#') {
      const end = text.indexOf('\n', position)
      position = end === -1 ? text.length : end
    } else if (char === '&' || char === '|') {
      if (char === '&' && text[position + 1] === '>') {
        position += text[position + 2] === '>' ? 3 : 2
        skipTarget = true
        continue
      }
      flush()
      position++
    } else if (char === '<' || char === '>') {
      while (position < text.length && '<>&'.includes(text[position]!)) position++
      skipTarget = true
    } else {
      const end = wordEnd(text, position)
      const raw = text.slice(position, end)
      if (skipTarget) skipTarget = false
      else if (!(/^\d+$/.test(raw) && /[<>]/.test(text[end] ?? ''))) {
        words.push(...expandWord(raw, start + position, scope, depth))
      }
      position = end
    }
  }
  flush()
  return commands
}

/** Comments that switch a rule off: where they go, in the syntax of each language. */

export interface Insertion {
  offset: number
  newText: string
}

/** The comment sign of a file; undefined where the format has no comments (JSON). */
export function commentSign(path: string): string | undefined {
  return /\.(json|jsonc)$/i.test(path) ? undefined : '#'
}

/** A comment of ours that could take one more rule: `# costlint: ignore[a/b]`. */
const ignore = /#\s*costlint:\s*ignore\[([^\]\n]*)\]/
const ignoreFile = /#\s*costlint:\s*ignore-file\[([^\]\n]*)\]/

interface Line {
  start: number
  end: number
  text: string
}

function lineAt(text: string, offset: number): Line {
  const start = text.lastIndexOf('\n', offset - 1) + 1
  const newline = text.indexOf('\n', offset)
  const end = newline < 0 ? text.length : newline
  return { start, end, text: text.slice(start, end).replace(/\r$/, '') }
}

function lineBefore(text: string, line: Line): Line | undefined {
  return line.start === 0 ? undefined : lineAt(text, line.start - 1)
}

function newlineOf(text: string): string {
  return text.includes('\r\n') ? '\r\n' : '\n'
}

/** One more rule in the brackets of a comment on this line; undefined: there is no such comment. */
function extend(line: Line, pattern: RegExp, rule: string): Insertion | undefined {
  const match = pattern.exec(line.text)
  if (match === null) return undefined
  const inside = match[1]!
  const offset = line.start + match.index + match[0].length - 1
  return { offset, newText: inside.trim() === '' ? rule : `, ${rule}` }
}

/** Switches a rule off for the line at `offset`: a comment on the line above, or one more rule in one that is there. */
export function suppressLine(text: string, offset: number, rule: string): Insertion {
  let line = lineAt(text, offset)
  const above = lineBefore(text, line)
  const known =
    extend(line, ignore, rule) ?? (above && /^\s*#/.test(above.text) && extend(above, ignore, rule))
  if (known) return known
  // A comment between lines joined by a backslash would cut the command in two.
  for (let before = lineBefore(text, line); before?.text.endsWith('\\'); before = lineBefore(text, line)) {
    line = before
  }
  const indentation = /^\s*/.exec(line.text)![0]
  return {
    offset: line.start,
    newText: `${indentation}# costlint: ignore[${rule}]${newlineOf(text)}`,
  }
}

/** Lines that must stay first: the interpreter, the encoding, Docker's directives, cloud-init's mark, a cell magic. */
const first = /^(?:\uFEFF?#!|#.*coding[:=]|#\s*(?:syntax|escape|check)\s*=|#cloud-config|%%|%YAML)/

/** Switches a rule off for the whole file. */
export function suppressFile(text: string, rule: string): Insertion {
  let line = lineAt(text, 0)
  for (;;) {
    const known = extend(line, ignoreFile, rule)
    if (known !== undefined) return known
    if (!first.test(line.text)) break
    if (line.end >= text.length) {
      return {
        offset: text.length,
        newText: `${newlineOf(text)}# costlint: ignore-file[${rule}]${newlineOf(text)}`,
      }
    }
    line = lineAt(text, line.end + 1)
  }
  const mark = text.charCodeAt(line.start) === 0xfeff ? 1 : 0
  return { offset: line.start + mark, newText: `# costlint: ignore-file[${rule}]${newlineOf(text)}` }
}

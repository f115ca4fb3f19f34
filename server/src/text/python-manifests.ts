/** Manifests of Kubernetes that Python code holds as text: `f"""apiVersion: batch/v1 …"""`. Read by eye, without a parse. */
import type { Piece } from './fragment.js'
import type { Embedded } from './magics.js'

const quoted = /(?<![\w"'])([rRfFuU]{0,2})("""|''')/g
/** Each of them costs a parse. */
const most = 20
const mostMarks = 200
const mostAssignments = 500

/** Before a text that is handed on. A text that stands by itself describes what it stands in. */
const isUsed = /(?:[=([{,+]|\b(?:return|yield|in))\s*$/

export function manifestsInPython(text: string): Embedded[] {
  if (!text.includes('apiVersion:')) return []
  const found: Embedded[] = []
  let values: ReadonlyMap<string, string | null> | undefined
  quoted.lastIndex = 0
  for (let seen = 0; seen < mostMarks && found.length < most; seen++) {
    const match = quoted.exec(text)
    if (match === null) break
    const start = match.index + match[0].length
    const end = text.indexOf(match[2]!, start)
    if (end === -1) break
    quoted.lastIndex = end + 3
    const body = text.slice(start, end)
    if (!isUsed.test(text.slice(Math.max(0, match.index - 80), match.index))) continue
    if (!/^[ \t]*apiVersion:/m.test(body) || !/^[ \t]*kind:/m.test(body) || body.includes('\\')) continue
    const isFilled = /f/i.test(match[1]!) || /^\s*\.format\(/.test(text.slice(end + 3, end + 40))
    if (isFilled) values ??= assignmentsIn(text)
    const pieces = isFilled ? filled(body, start, values!) : [{ text: body, start, end }]
    found.push({ language: 'yaml', origin: 'heredoc', target: 'manifest.yaml', pieces })
  }
  return found
}

/** `gpus = 8`, `gpus: int = 8`, `render(gpus=8)`: names with one plain value each. Null: several values, or one that is not plain. */
export function assignmentsIn(text: string): ReadonlyMap<string, string | null> {
  const values = new Map<string, string | null>()
  const assignment =
    /(?<![\w.])([A-Za-z_]\w{0,60})[ \t]*(?::[ \t]*\w{1,30}[ \t]*)?=(?!=)[ \t]*(?:"([^"\n\\]{0,200})"|'([^'\n\\]{0,200})'|(\d[\d.]{0,20}(?![\w.]))|(?=\S))/g
  let seen = 0
  for (const [, name, double, single, digits] of text.matchAll(assignment)) {
    if (++seen > mostAssignments) return new Map()
    const value = double ?? single ?? digits ?? null
    const before = values.get(name!)
    values.set(name!, before === undefined || before === value ? value : null)
  }
  for (const [name, value] of passedByPlace(text)) values.set(name, value)
  return values
}

const called = /(\bdef[ \t]{1,9})?\b([A-Za-z_]\w{0,60})\((?=([^()]{0,400}))/g

const literal = /^(?:"([^"\\]*)"|'([^'\\]*)'|(\d[\d.]*))$/

/** Parameters with a default that calls pass by their place: `render("big", 8)`. Null: not all of them the same plain value. */
function passedByPlace(text: string): Map<string, string | null> {
  const parameters = new Map<string, string[]>()
  const calls = new Map<string, string[][]>()
  for (const [, defines, name, inside] of text.matchAll(called)) {
    const parts = inside!.split(',').map((one) => one.trim())
    if (defines !== undefined) parameters.set(name!, parts)
    else {
      const placed = parts.filter((one) => !/^\w+\s*=/.test(one))
      const before = calls.get(name!)
      if (before === undefined) calls.set(name!, [placed])
      else before.push(placed)
    }
  }
  const found = new Map<string, string | null>()
  for (const [name, names] of parameters)
    for (const [place, one] of names.entries()) {
      const passed = (calls.get(name) ?? []).map((all) => all[place] ?? '')
      if (!one.includes('=') || passed.every((text) => text === '')) continue
      const [, double, single, digits] = literal.exec(passed[0]!) ?? []
      const same = passed.every((text) => text === passed[0])
      found.set(/^\w*/.exec(one)![0], same ? (double ?? single ?? digits ?? null) : null)
    }
  return found
}

/** What can stand in any file without changing its form. */
const plainValue = /^[\w./:@,+-]+$/
const field = /\{\{|\}\}|\{([^{}\n]{1,200})\}/g

/** The text as the format makes it: values that are known put in, the others as a template. */
function filled(body: string, start: number, values: ReadonlyMap<string, string | null>): Piece[] {
  const pieces: Piece[] = []
  let from = 0
  for (const match of body.matchAll(field)) {
    const [whole, expression] = match
    if (match.index > from)
      pieces.push({ text: body.slice(from, match.index), start: start + from, end: start + match.index })
    const value = values.get(expression?.trim() ?? '')
    const text =
      expression === undefined
        ? whole[0]!
        : value != null && plainValue.test(value)
          ? value
          : `{{ ${expression.replace(/[{}"'\\:#]/g, '_')} }}`
    from = match.index + whole.length
    pieces.push({ text, start: start + match.index, end: start + from })
  }
  if (from < body.length)
    pieces.push({ text: body.slice(from), start: start + from, end: start + body.length })
  return pieces
}

/** A text of an f-string with the values that are known, the others as a template. */
export function fieldsFilled(body: string, values: ReadonlyMap<string, string | null>): string {
  return filled(body, 0, values)
    .map((piece) => piece.text)
    .join('')
}

/** `gpus`, `str(gpus)`, `int(gpus)`: the value where it is known, else a template. */
export function expressionText(written: string, values: ReadonlyMap<string, string | null>): string {
  const expression = written.trim()
  const name = /^(?:(?:str|int)\(\s*)?([A-Za-z_]\w*)\)?$/.exec(expression)?.[1]
  const value = name === undefined ? undefined : values.get(name)
  return value ?? `{{ ${expression.slice(0, 80).replace(/[{}"'\\:#\n]/g, '_')} }}`
}

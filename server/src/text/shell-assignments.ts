/** Variables of a shell script with one value each, as a text that the script writes is filled with them. Read by eye, without a parse. */
import type { Piece } from './fragment.js'

const assignment =
  /(?:^|[\s;(&|])([A-Za-z_]\w{0,60})=(?:"([^"\n]{0,200})"|'([^'\n]{0,200})'|([^\s;"'()&|]{0,200}))/g
/** `${NAME:-value}`, `${NAME:=value}`: what it is unless somebody says otherwise. */
const withDefault = /^\$\{(\w+):?[-=]([^${}`]*)\}$/
/** Names that get their values from elsewhere. */
const given =
  /\b(?:(?:for|select|getopts[ \t]+\S+)[ \t]+[A-Za-z_]\w*|read(?:[ \t]+-\w+)*(?:[ \t]+[A-Za-z_]\w*){1,20})/g

const mostAssignments = 500

/** Null: it has several values, or one that cannot be read. */
export type Assignments = ReadonlyMap<string, string | null>

export function assignmentsIn(text: string): Assignments {
  const values = new Map<string, string | null>()
  let seen = 0
  for (const [, name, double, single, plain] of text.matchAll(assignment)) {
    if (++seen > mostAssignments) return new Map()
    const value = single ?? plainOrDefault((double ?? plain)!, name!)
    const before = values.get(name!)
    values.set(name!, before === undefined || before === value ? value : null)
  }
  for (const [command] of text.matchAll(given))
    for (const name of command.split(/[ \t]+/).slice(1)) values.set(name, null)
  return values
}

function plainOrDefault(written: string, name: string): string | null {
  const [, own, otherwise] = withDefault.exec(written) ?? []
  if (own !== undefined) return own === name ? otherwise! : null
  return /[$`\\]/.test(written) ? null : written
}

/** What can stand in any file without changing its form. */
const plainValue = /^[\w./:@,+-]+$/
const expansion = /(\\?)\$(?:\{(\w+)(?::?-([^${}`]*))?\}|(\w+))/g

/** The text with the values that are known put in. */
export function filledIn(body: string, start: number, values: Assignments): Piece[] {
  const pieces: Piece[] = []
  let from = 0
  for (const match of body.matchAll(expansion)) {
    const [whole, backslash, braced, otherwise, plain] = match
    const name = braced ?? plain!
    const value = values.has(name) ? values.get(name) : otherwise
    if (backslash !== '' || value == null || !plainValue.test(value)) continue
    if (match.index > from)
      pieces.push({ text: body.slice(from, match.index), start: start + from, end: start + match.index })
    from = match.index + whole.length
    pieces.push({ text: value, start: start + match.index, end: start + from })
  }
  if (from < body.length)
    pieces.push({ text: body.slice(from), start: start + from, end: start + body.length })
  return pieces
}

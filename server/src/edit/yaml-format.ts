/** How values are written in YAML. What comes out means the same to YAML 1.1 (PyYAML, Kubernetes) and YAML 1.2. */
import { plainValue } from '../config/scalar.js'

export interface YamlStyle {
  /** Columns that a nested map stands further right. */
  indent: number
  /** Whether lists in maps stand further right than their key. */
  indentLists: boolean
  quote: '"' | "'"
}

const unprintable = /[\p{Cc}\u2028\u2029\uFEFF\uD800-\uDFFF]/u
const indicator = /^[-?:,[\]{}#&*!|>'"%@`=]/
const sexagesimal = /^[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?$/
const date = /^\d{4}-\d\d?-\d\d?(?:$|[Tt\s])/
const numberLike = /^[-+]?(?:\.?[0-9][0-9_]*|0x[\da-f_]+|0o?[0-7_]+|0b[01_]+|\.inf|\.nan)$/i
const shortBoolean = /^(?:[yYnN]|<<)$/

function needsQuotes(text: string, flow: boolean): boolean {
  if (text === '' || text.trim() !== text || unprintable.test(text)) return true
  if (indicator.test(text) && !/^-[A-Za-z0-9_./-]*[A-Za-z0-9]/.test(text)) return true
  if (/: |:$| #|^---|^\.\.\.$/.test(text)) return true
  if (flow && /[,[\]{}]|:(?=\S)/.test(text)) return true
  if (sexagesimal.test(text) || date.test(text) || numberLike.test(text) || shortBoolean.test(text))
    return true
  return typeof plainValue(text) !== 'string'
}

function quoted(text: string, quote: '"' | "'"): string {
  if (quote === "'" && !unprintable.test(text)) return `'${text.replace(/'/g, "''")}'`
  return JSON.stringify(text).replace(
    /[\u007f-\u009f\u2028\u2029\ufeff]/g,
    (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}

export function yamlString(text: string, style: YamlStyle, flow: boolean, keepQuote?: '"' | "'"): string {
  if (keepQuote) return quoted(text, keepQuote)
  return needsQuotes(text, flow) ? quoted(text, style.quote) : text
}

function yamlNumber(value: number): string {
  if (Number.isNaN(value)) return '.nan'
  if (!Number.isFinite(value)) return value > 0 ? '.inf' : '-.inf'
  // Without a point and a signed exponent, YAML 1.1 reads a string.
  const [mantissa, exponent] = String(value).split('e')
  if (exponent === undefined) return mantissa!
  return `${mantissa!.includes('.') ? mantissa : `${mantissa}.0`}e${/^[-+]/.test(exponent) ? '' : '+'}${exponent}`
}

function isCollection(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}

function isEmpty(value: object): boolean {
  return Array.isArray(value) ? value.length === 0 : Object.keys(value).length === 0
}

/** True where the value takes lines of its own in block style. */
export function takesLines(value: unknown): value is object {
  return isCollection(value) && !isEmpty(value)
}

/** A value on one line. `json`: strings and keys in double quotes, as the collection around it has them. */
export function flowValue(value: unknown, style: YamlStyle, flow: boolean, json = false): string {
  if (typeof value === 'string') return json ? quoted(value, '"') : yamlString(value, style, flow)
  if (typeof value === 'number') return yamlNumber(value)
  if (typeof value === 'boolean') return String(value)
  if (!isCollection(value)) return 'null'
  if (Array.isArray(value)) return `[${value.map((item) => flowValue(item, style, true, json)).join(', ')}]`
  const entries = Object.entries(value).map(([key, item]) => {
    const name = json ? quoted(key, '"') : yamlString(key, style, true)
    return `${name}: ${flowValue(item, style, true, json)}`
  })
  return `{${entries.join(', ')}}`
}

/** `key: value` in block style, as lines that start at column `column`. */
export function blockEntry(key: string, value: unknown, column: number, style: YamlStyle): string[] {
  const name = `${' '.repeat(column)}${yamlString(key, style, false)}:`
  if (!takesLines(value)) return [`${name} ${flowValue(value, style, false)}`]
  return [name, ...blockLines(value, childColumn(value, column, style), style)]
}

/** Where the value of a key at `column` starts. */
export function childColumn(value: object, column: number, style: YamlStyle): number {
  return Array.isArray(value) && !style.indentLists ? column : column + style.indent
}

/** The lines of a map or list that starts at column `column`. */
export function blockLines(value: object, column: number, style: YamlStyle): string[] {
  if (!Array.isArray(value))
    return Object.entries(value).flatMap(([key, item]) => blockEntry(key, item, column, style))
  return value.flatMap((item) => {
    const dash = `${' '.repeat(column)}- `
    if (!takesLines(item) || Array.isArray(item)) return [dash + flowValue(item, style, false)]
    const lines = blockLines(item, column + 2, style)
    return [dash + lines[0]!.trimStart(), ...lines.slice(1)]
  })
}

/** `False` becomes `True`, as `false` becomes `true`: files of Python people are written like Python. */
export function sameCase(spelled: string, before: string): string {
  if (!/^(true|false)$/.test(spelled)) return spelled
  if (/^(True|False)$/.test(before)) return spelled[0]!.toUpperCase() + spelled.slice(1)
  return /^(TRUE|FALSE)$/.test(before) ? spelled.toUpperCase() : spelled
}

/** A new default for an option of the program, with the type and the choices that it then needs. */

import type { Refusal } from '../edit/write.js'
import type { ProgramArgument, PythonModule } from '../python/module.js'
import type { Expr } from '../syntax/python-ast.js'
import { lastName } from '../syntax/python-children.js'
import type { Span } from '../text/location.js'

interface Edit {
  at: Span
  text: string
}

/** One edit from the first to the last part of the option that changes; refused where the program could not take the value. */
export function newDefault(
  python: PythonModule,
  option: ProgramArgument,
  fallback: Span,
  code: string,
): Edit | Refusal {
  const declared = python.callAt(option.span)?.expr.args ?? []
  const given = (name: string) => declared.find((one) => one.name === name)?.value
  const type = given('type')
  const choices = given('choices') ?? choicesOf(type)
  const text = /^(['"])(.*)\1$/.exec(code)
  const retyped = text !== null && (option.type === 'int' || option.type === 'float')
  const listed = choices === undefined ? null : constantsOf(choices)
  const value = text === null ? code : text[2]!
  const chosen = choices === undefined || (!retyped && listed?.some((one) => String(one) === value) === true)
  const edits: Edit[] = [{ at: fallback, text: code }]
  if (retyped || !chosen) {
    const cannot: Refusal = { reason: `the option ${option.name} would have to take ${code} first` }
    // What else looks at the value knows only what it can be now.
    if (!isUsedOnce(python, option.name) || (retyped && type === undefined)) return cannot
    if (retyped && type !== undefined) edits.push({ at: type, text: 'str' })
    if (choices !== undefined) {
      if (listed === null) return cannot
      const quote = text?.[1] ?? ''
      const spelled = [...listed.map((one) => `${quote}${String(one)}${quote}`), code].join(', ')
      edits.push({ at: { start: choices.start + 1, end: choices.end - 1 }, text: spelled })
    }
  }
  return joined(python.text, edits)
}

/** Whether a launch may give the option this word, which is no number that it asks for. */
export function takesWord(python: PythonModule, option: ProgramArgument, word: string): boolean {
  const declared = python.callAt(option.span)?.expr.args ?? []
  const given = (name: string) => declared.find((one) => one.name === name)?.value
  const choices = given('choices') ?? choicesOf(given('type'))
  if (choices !== undefined) return constantsOf(choices)?.some((one) => String(one) === word) === true
  return option.type === null || option.type === 'str' || Number.isInteger(Number(word))
}

/** `click.Choice(['16', '32'])`. */
function choicesOf(type: Expr | undefined): Expr | undefined {
  return type?.type === 'call' && lastName(type.callee) === 'Choice' ? type.args[0]?.value : undefined
}

/** Of a list or tuple that is written out, in brackets. */
function constantsOf(expr: Expr): (string | number)[] | null {
  if (expr.type !== 'list' && expr.type !== 'tuple') return null
  const values = expr.items.map((item) => (item.type === 'constant' ? item.value : null))
  const plain = values.filter((one) => typeof one === 'string' || typeof one === 'number')
  return plain.length === values.length && plain.length > 0 ? plain : null
}

function isUsedOnce(python: PythonModule, name: string): boolean {
  return [...python.code.matchAll(new RegExp(`\\.${name}\\b`, 'g'))].length === 1
}

function joined(source: string, edits: readonly Edit[]): Edit {
  const ordered = [...edits].sort((a, b) => a.at.start - b.at.start)
  const [first, last] = [ordered[0]!, ordered.at(-1)!]
  let [text, end] = ['', first.at.start]
  for (const edit of ordered) {
    text += source.slice(end, edit.at.start) + edit.text
    end = edit.at.end
  }
  return { at: { start: first.at.start, end: last.at.end }, text }
}

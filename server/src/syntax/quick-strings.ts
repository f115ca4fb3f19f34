/** Strings of well-formed Python, those with expressions inside among them. */
import { joinedStrings } from './joined-strings.js'
import type { Expr } from './python-ast.js'
import { decodeString } from './python-strings.js'
import { QuickScanner } from './quick-scanner.js'
import { Token } from './quick-tokens.js'

/** Levels of nesting that this parser follows; deeper text is left to the grammar, which cuts it. */
export const deepest = 60
/** The same of what is made without nesting: operators and calls in a row. */
const tallest = 300

const capitalN = 78
const newline = 10
const carriageReturn = 13
const doubleQuote = 34
const singleQuote = 39
const backslash = 92

export abstract class QuickStrings extends QuickScanner {
  /** Levels of the expression that was read last. */
  protected height = 0
  protected nesting = 0

  /** An expression of so many levels was read. */
  protected read<T extends Expr>(expr: T, height: number): T {
    if (height > tallest) this.fail()
    this.height = height
    return expr
  }

  /** Any expression without `:=`, `*` and `yield`. */
  protected abstract expression(): Expr
  /** `a`, or `a, b` as a tuple. */
  protected abstract list(): Expr

  /** One string, or several that stand side by side. */
  protected strings(): Expr {
    const start = this.start
    const first = this.string()
    if (!this.is(Token.string) && !this.is(Token.format)) return first
    const strings = [first]
    let height = this.height
    while (this.is(Token.string) || this.is(Token.format)) {
      strings.push(this.string())
      height = Math.max(height, this.height)
    }
    const place = { start, end: this.before }
    this.height = height + 1
    return joinedStrings(strings, place)
  }

  private string(): Expr {
    this.height = 1
    if (this.is(Token.format)) return this.formatted()
    const { start, end, prefix, quotes } = this
    const inside = this.text.slice(start + prefix.length + quotes, end - quotes)
    this.advance()
    if (prefix.includes('b')) return { type: 'other', start, end, children: [] }
    return { type: 'constant', start, end, value: decodeString(inside, prefix.includes('r')) }
  }

  /** A string with expressions inside, whose opening quotes are the present token. */
  private formatted(): Expr {
    const { text, start, quotes, prefix } = this
    const raw = prefix.includes('r')
    const quote = text.charCodeAt(this.at - 1)
    const parts: (string | Expr)[] = []
    let constant = ''
    let from = this.at
    let height = 1
    const close = (at: number): void => {
      const inside = text.slice(from, at)
      constant += decodeString(inside.replaceAll('{{', '{').replaceAll('}}', '}'), raw)
    }
    for (let at = from; ; at++) {
      if (at >= text.length) this.fail()
      const code = text.charCodeAt(at)
      if (code === backslash) {
        const next = text.charCodeAt(at + 1)
        if (next === Token.openCurly || next === Token.closeCurly || (next === capitalN && !raw)) this.fail()
        at++
      } else if (code === quote) {
        const isEnd = quotes === 1 || (text.charCodeAt(at + 1) === quote && text.charCodeAt(at + 2) === quote)
        if (!isEnd) continue
        close(at)
        this.at = at + quotes
        this.end = this.at
        break
      } else if (quotes === 1 && (code === newline || code === carriageReturn)) this.fail()
      else if (code === Token.closeCurly) {
        if (text.charCodeAt(++at) !== Token.closeCurly) this.fail()
      } else if (code === Token.openCurly) {
        if (text.charCodeAt(at + 1) === Token.openCurly) at++
        else {
          close(at)
          if (constant !== '') parts.push(constant)
          constant = ''
          parts.push(this.interpolation(at))
          height = Math.max(height, this.height)
          from = this.at
          at = from - 1
        }
      }
    }
    this.start = start
    const { end } = this
    this.kind = Token.format
    this.advance()
    if (parts.length === 0) return this.read({ type: 'constant', start, end, value: constant }, 1)
    if (constant !== '') parts.push(constant)
    return this.read({ type: 'fstring', start, end, parts }, height + 1)
  }

  /** `{expr}` of an f-string, from its brace; leaves `at` behind the other one. */
  private interpolation(open: number): Expr {
    if (++this.nesting > deepest) this.fail()
    this.at = open
    this.kind = Token.newline
    // The brace itself, then what is in it.
    this.advance()
    this.advance()
    const value = this.list()
    let height = this.height
    const children = [value]
    let plain = true
    if (this.is(Token.assign)) {
      plain = false
      this.advance()
    }
    if (this.is(Token.exclamation)) {
      plain = false
      this.advance()
      if (!this.is(Token.name) || !/^[rsa]$/.test(this.value)) this.fail()
      this.advance()
    }
    if (this.is(Token.colon)) {
      plain = false
      let at = this.end
      for (; this.text.charCodeAt(at) !== Token.closeCurly; at++) {
        const code = this.text.charCodeAt(at)
        if (code !== Token.openCurly) {
          if (at >= this.text.length || code === newline || code === backslash) this.fail()
          if (code === doubleQuote || code === singleQuote) this.fail()
          continue
        }
        this.at = at
        this.kind = Token.newline
        this.advance()
        this.advance()
        children.push(this.expression())
        height = Math.max(height, this.height)
        if (!this.is(Token.closeCurly)) this.fail()
        at = this.start
      }
      this.at = at
      this.kind = Token.newline
      this.advance()
    }
    if (!this.is(Token.closeCurly)) this.fail()
    this.at = this.end
    this.nesting--
    if (plain) return this.read(value, height)
    return this.read({ type: 'other', start: open, end: this.end, children }, height + 1)
  }
}

/**
 * Tokens of well-formed Python, one at a time, for `quick-statements.ts`. What is not plainly right ends in
 * `notPlain`, and the grammar reads the whole text instead.
 */
import { isFloatLiteral, numberValue } from './python-strings.js'
import { classes, digit, inName, isCalculating, keywords, Token } from './quick-tokens.js'

/** Thrown where the text is not what this parser knows; made once, since nobody reads where it came from. */
export const notPlain = new Error('not plain Python')

const numeral =
  /0[xX][0-9a-fA-F_]+|0[oO][0-7_]+|0[bB][01_]+|(?:[0-9][0-9_]*\.?[0-9_]*|\.[0-9][0-9_]*)(?:[eE][+-]?[0-9_]+)?[jJ]?/y

const wideName = /[\p{ID_Continue}]/u

const tab = 9
const newline = 10
const formFeed = 12
const carriageReturn = 13
const space = 32
const doubleQuote = 34
const hash = 35
const singleQuote = 39
const backslash = 92

/** Where a scanner is, to come back to. */
export interface Mark {
  at: number
  kind: number
  start: number
  end: number
  before: number
  value: string
  brackets: number
  comments: number
}

export class QuickScanner {
  readonly comments: { start: number; end: number; text: string }[] = []
  /** The present token, and where the one before it ended. */
  protected kind: number = Token.newline
  protected start = 0
  protected end = 0
  protected before = 0
  /** Of a name its spelling, of a sign for calculating what it is written as. */
  protected value = ''
  /** Of a string: its prefix, in lower case, and how many quotes it begins with. */
  protected prefix = ''
  protected quotes = 0
  /** Where the next token is looked for. */
  protected at: number
  private brackets = 0
  private readonly indents = [0]
  private dedents = 0
  private atLineStart = true

  /** @param from the start of a line */
  constructor(
    protected readonly text: string,
    from = 0,
  ) {
    this.at = from
  }

  protected fail(): never {
    throw notPlain
  }

  protected mark(): Mark {
    const { at, kind, start, end, before, value, brackets } = this
    return { at, kind, start, end, before, value, brackets, comments: this.comments.length }
  }

  /** Back to a mark of the same line. */
  protected reset(mark: Mark): void {
    this.at = mark.at
    this.kind = mark.kind
    this.start = mark.start
    this.end = mark.end
    this.before = mark.before
    this.value = mark.value
    this.brackets = mark.brackets
    this.comments.length = mark.comments
  }

  protected is(kind: number): boolean {
    return this.kind === kind
  }

  protected expect(kind: number): void {
    if (this.kind !== kind) this.fail()
    this.advance()
  }

  /** Reads the next token. */
  protected advance(): void {
    if (this.kind > Token.dedent) this.before = this.end
    if (this.dedents > 0) {
      this.dedents--
      this.kind = Token.dedent
      return
    }
    if (this.atLineStart && this.brackets === 0 && this.isIndented()) return
    this.skipBlanks()
    const { text, at } = this
    this.start = at
    if (at >= text.length) {
      this.endOfText()
      return
    }
    const code = text.charCodeAt(at)
    if (code < 128 && (classes[code]! & inName) !== 0) {
      if ((classes[code]! & digit) !== 0) this.number()
      else this.name()
    } else if (code === newline || code === carriageReturn) {
      this.lineBreak(at)
      this.end = this.at
      this.kind = Token.newline
      this.atLineStart = true
    } else if (code === doubleQuote || code === singleQuote) {
      this.quoted(at, '')
    } else if (code >= 128) this.name()
    else this.sign(code)
  }

  /** Behind the end of a line. */
  private lineBreak(at: number): void {
    if (this.text.charCodeAt(at) === carriageReturn) {
      if (this.text.charCodeAt(at + 1) !== newline) this.fail()
      at++
    }
    this.at = at + 1
  }

  private endOfText(): void {
    this.end = this.at
    if (this.brackets > 0) this.fail()
    if (!this.atLineStart) {
      this.kind = Token.newline
      this.atLineStart = true
    } else if (this.indents.length > 1) {
      this.indents.pop()
      this.kind = Token.dedent
    } else this.kind = Token.end
  }

  /** Compares the indentation of a line that holds something. True: a token came of it. */
  private isIndented(): boolean {
    const { text } = this
    let at = this.at
    let width = 0
    for (;;) {
      const code = text.charCodeAt(at)
      if (code === space) width++
      else if (code === tab) width = (width | 7) + 1
      else if (code === formFeed) width = 0
      else if (code === newline || code === carriageReturn) {
        this.lineBreak(at)
        at = this.at - 1
        width = 0
      } else if (code === hash) {
        at = this.comment(at) - 1
      } else break
      at++
    }
    this.at = at
    if (at >= text.length) return false
    if (text.charCodeAt(at) === backslash) this.fail()
    this.atLineStart = false
    const { indents } = this
    let top = indents[indents.length - 1]!
    if (width === top) return false
    this.start = at
    this.end = at
    if (width > top) {
      indents.push(width)
      this.kind = Token.indent
      return true
    }
    while (width < top) {
      indents.pop()
      this.dedents++
      top = indents[indents.length - 1]!
    }
    if (width !== top) this.fail()
    this.dedents--
    this.kind = Token.dedent
    return true
  }

  /** @returns where its line ends */
  private comment(start: number): number {
    const { text } = this
    let line = text.indexOf('\n', start)
    if (line === -1) line = text.length
    let end = line
    while (end > start && text.charCodeAt(end - 1) === carriageReturn) end--
    const content = text.slice(start, end)
    if (content.includes('\r')) this.fail()
    this.comments.push({ start, end, text: content })
    return end
  }

  private skipBlanks(): void {
    const { text } = this
    for (;;) {
      const code = text.charCodeAt(this.at)
      if (code === space || code === tab || code === formFeed) this.at++
      else if (code === hash) this.at = this.comment(this.at)
      else if (code === backslash) {
        this.lineBreak(this.at + 1)
        if (text.charCodeAt(this.at - 1) !== newline) this.fail()
      } else if (this.brackets > 0 && (code === newline || code === carriageReturn)) this.lineBreak(this.at)
      else return
    }
  }

  private name(): void {
    const { text } = this
    const start = this.at
    let at = start
    for (;;) {
      const code = text.charCodeAt(at)
      if (code < 128) {
        if ((classes[code]! & inName) === 0) break
        at++
      } else if (code >= 128 && wideName.test(text.charAt(at))) at++
      else if (code >= 128) this.fail()
      else break
    }
    const quote = text.charCodeAt(at)
    const value = text.slice(start, at)
    if (quote === doubleQuote || quote === singleQuote) {
      this.quoted(at, value.toLowerCase())
      return
    }
    this.at = at
    this.end = at
    this.value = value
    this.kind = keywords.get(value) ?? Token.name
  }

  private number(): void {
    numeral.lastIndex = this.at
    const found = numeral.exec(this.text)
    if (found === null) this.fail()
    this.value = found[0]
    this.at += found[0].length
    this.end = this.at
    const code = this.text.charCodeAt(this.at)
    if (code >= 128 || (classes[code]! & inName) !== 0 || this.text.charCodeAt(this.at - 1) === 95)
      this.fail()
    this.kind = Token.number
  }

  /** Literals that stand for a number, or for something else that is none. */
  protected numberOf(literal: string): { value: number; float: boolean } | null {
    const value = numberValue(literal)
    return value === null ? null : { value, float: isFloatLiteral(literal) }
  }

  /** A string whose quotes begin at `at`. */
  private quoted(at: number, prefix: string): void {
    const { text } = this
    const quote = text.charCodeAt(at)
    this.prefix = prefix
    this.quotes = text.charCodeAt(at + 1) === quote && text.charCodeAt(at + 2) === quote ? 3 : 1
    if (prefix === 'f' || prefix === 'fr' || prefix === 'rf') {
      this.kind = Token.format
      this.at = at + this.quotes
      this.end = this.at
      return
    }
    if (
      prefix !== '' &&
      prefix !== 'r' &&
      prefix !== 'u' &&
      prefix !== 'b' &&
      prefix !== 'br' &&
      prefix !== 'rb'
    )
      this.fail()
    this.kind = Token.string
    this.at = this.closing(at + this.quotes, quote, this.quotes)
    this.end = this.at
  }

  /** Behind the quotes that end a string. */
  private closing(from: number, quote: number, quotes: number): number {
    const { text } = this
    for (let at = from; at < text.length; at++) {
      const code = text.charCodeAt(at)
      if (code === backslash) {
        at++
        if (text.charCodeAt(at) === carriageReturn && text.charCodeAt(at + 1) === newline) at++
      } else if (code === quote) {
        if (quotes === 1) return at + 1
        if (text.charCodeAt(at + 1) === quote && text.charCodeAt(at + 2) === quote) return at + 3
      } else if (quotes === 1 && (code === newline || code === carriageReturn)) this.fail()
    }
    return this.fail()
  }

  private sign(code: number): void {
    const { text, at } = this
    const next = text.charCodeAt(at + 1)
    const third = text.charCodeAt(at + 2)
    let kind = code
    let length = 1
    switch (code) {
      case Token.open:
      case Token.openSquare:
      case Token.openCurly:
        this.brackets++
        break
      case Token.close:
      case Token.closeSquare:
      case Token.closeCurly:
        if (--this.brackets < 0) this.fail()
        break
      case Token.comma:
      case Token.semicolon:
      case Token.tilde:
        break
      case Token.dot:
        if (next === Token.dot && third === Token.dot) [kind, length] = [Token.ellipsis, 3]
        else if (next >= 48 && next <= 57) {
          this.number()
          return
        }
        break
      case Token.colon:
        if (next === Token.assign) [kind, length] = [Token.walrus, 2]
        break
      case Token.assign:
        if (next === Token.assign) [kind, length] = [Token.equal, 2]
        break
      case Token.exclamation:
        if (next === Token.assign) [kind, length] = [Token.unequal, 2]
        break
      case Token.less:
        if (next === Token.less) [kind, length] = [Token.shiftLeft, 2]
        else if (next === Token.assign) [kind, length] = [Token.lessEqual, 2]
        else if (next === Token.greater) this.fail()
        break
      case Token.greater:
        if (next === Token.greater) [kind, length] = [Token.shiftRight, 2]
        else if (next === Token.assign) [kind, length] = [Token.greaterEqual, 2]
        break
      case Token.star:
        if (next === Token.star) [kind, length] = [Token.power, 2]
        break
      case Token.slash:
        if (next === Token.slash) [kind, length] = [Token.floorDivide, 2]
        break
      case Token.minus:
        if (next === Token.greater) [kind, length] = [Token.arrow, 2]
        break
      case Token.plus:
      case Token.percent:
      case Token.ampersand:
      case Token.at:
      case Token.caret:
      case Token.bar:
        break
      default:
        this.fail()
    }
    if (isCalculating[kind] === 1) {
      if (text.charCodeAt(at + length) === Token.assign) [kind, length] = [Token.augmented, length + 1]
      this.value = text.slice(at, at + length)
    } else if (kind >= Token.lessEqual && kind <= Token.unequal) this.value = text.slice(at, at + 2)
    else if (kind === Token.less || kind === Token.greater) this.value = text.charAt(at)
    this.kind = kind
    this.at = at + length
    this.end = this.at
  }
}

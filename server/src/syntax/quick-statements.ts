/**
 * Statements of well-formed Python, straight from its tokens. The grammar knows all of Python, old and new, and what is
 * half-typed; it is slow, and its tree has to be copied. Most files need none of that: this parser makes the same plain
 * tree in a fraction of the time, and gives up at the first thing that it does not know.
 */
import type { Argument, Expr, If, PythonTree, Stmt, Try, With } from './python-ast.js'
import { notPlain } from './quick-scanner.js'
import { QuickSimpleStatements } from './quick-simple-statements.js'
import { Token } from './quick-tokens.js'

/** Levels of blocks, each `elif` counted as one. */
const deepestBlock = 50

/** The tree of a text; null: the grammar has to read it. */
export function quickTree(text: string): PythonTree | null {
  try {
    const parser = new QuickParser(text)
    return { body: parser.module(), comments: parser.comments, hasErrors: false }
  } catch (error) {
    if (error === notPlain || error instanceof RangeError) return null
    throw error
  }
}

/** Statements of the module that are plain, up to one that is not. */
export interface QuickStart extends Pick<PythonTree, 'body' | 'comments'> {
  /** Where that one begins, and the first token in it that is not plain; null: all of the text is plain. */
  stopped: { at: number; token: number } | null
}

/** Reads a text from the start of a line on that stands in no statement. */
export function quickStart(text: string, from: number): QuickStart {
  const parser = new QuickParser(text, from)
  const body: Stmt[] = []
  try {
    parser.statements(body)
    return { body, comments: parser.comments, stopped: null }
  } catch (error) {
    if (error !== notPlain && !(error instanceof RangeError)) throw error
    const { stopped } = parser
    return {
      body: body.filter(({ start }) => start < stopped.at),
      comments: parser.comments.filter(({ start }) => start < stopped.at),
      stopped,
    }
  }
}

class QuickParser extends QuickSimpleStatements {
  private level = 0
  private statementAt = 0

  module(): Stmt[] {
    const body: Stmt[] = []
    this.statements(body)
    return body
  }

  /** Those of the module, which are its own even where one that follows is not plain. */
  statements(into: Stmt[]): void {
    this.statementAt = this.at
    this.advance()
    while (!this.is(Token.end)) {
      this.statementAt = this.start
      if (this.is(Token.newline)) this.advance()
      else this.statement(into)
    }
  }

  /** After it has thrown `notPlain`. */
  get stopped(): { at: number; token: number } {
    return { at: this.statementAt, token: Math.max(this.start, this.statementAt) }
  }

  /** What stands behind a colon. */
  private block(): Stmt[] {
    this.expect(Token.colon)
    const body: Stmt[] = []
    if (++this.level > deepestBlock) this.fail()
    if (this.is(Token.newline)) {
      this.advance()
      this.expect(Token.indent)
      while (!this.is(Token.dedent)) this.statement(body)
      this.advance()
    } else this.line(body)
    this.level--
    return body
  }

  /** Simple statements up to the end of the line. */
  private line(into: Stmt[]): void {
    for (;;) {
      into.push(this.simple())
      if (this.is(Token.newline)) break
      // The grammar counts a semicolon at the end of a line to the statement around it.
      this.expect(Token.semicolon)
    }
    this.advance()
  }

  private statement(into: Stmt[]): void {
    switch (this.kind) {
      case Token.if:
        into.push(this.if(null))
        return
      case Token.for:
        into.push(this.for(this.start))
        return
      case Token.while:
        into.push(this.while())
        return
      case Token.with:
        into.push(this.with(this.start))
        return
      case Token.try:
        into.push(this.try())
        return
      case Token.def:
      case Token.class:
        into.push(this.definition(this.start, []))
        return
      case Token.at:
        into.push(this.decorated())
        return
      case Token.async: {
        const { start } = this
        this.advance()
        if (this.is(Token.for)) into.push(this.for(start))
        else if (this.is(Token.with)) into.push(this.with(start))
        else if (this.is(Token.def)) into.push(this.definition(start, []))
        else this.fail()
        return
      }
      default:
        this.line(into)
    }
  }

  /** `whole`: the statement that an `elif` belongs to. */
  private if(whole: If | null): If {
    const { start } = this
    this.advance()
    const test = this.named()
    const body = this.block()
    const made: If = { type: 'if', start, end: endOf(body), test, body, orelse: [] }
    if (this.is(Token.elif)) {
      if (++this.level > deepestBlock) this.fail()
      made.orelse = [this.if(whole ?? made)]
      this.level--
      made.end = endOf(made.orelse)
    } else if (this.is(Token.else)) {
      made.orelse = this.otherwise()
      made.end = endOf(made.orelse)
    }
    return made
  }

  private otherwise(): Stmt[] {
    if (!this.is(Token.else)) return []
    this.advance()
    return this.block()
  }

  private for(start: number): Stmt {
    this.advance()
    const target = this.targets()
    this.expect(Token.in)
    const iterable = this.list()
    const body = this.block()
    const orelse = this.otherwise()
    const end = endOf(orelse.length > 0 ? orelse : body)
    return { type: 'for', start, end, target, iterable, body, orelse }
  }

  private while(): Stmt {
    const { start } = this
    this.advance()
    const test = this.named()
    const body = this.block()
    const orelse = this.otherwise()
    return { type: 'while', start, end: endOf(orelse.length > 0 ? orelse : body), test, body, orelse }
  }

  private with(start: number): Stmt {
    this.advance()
    const items = this.inParentheses() ?? this.withItems()
    const body = this.block()
    return { type: 'with', start, end: endOf(body), items, body }
  }

  private withItems(): With['items'] {
    const items: With['items'] = []
    do {
      if (items.length > 0) this.advance()
      items.push(this.withItem())
    } while (this.is(Token.comma))
    return items
  }

  private withItem(): With['items'][number] {
    const value = this.expression()
    if (!this.is(Token.as)) return { value, target: null }
    this.advance()
    return { value, target: this.primary() }
  }

  /** `with (open(a) as f, open(b) as g):`; null: the parentheses belong to an expression, or there are none. */
  private inParentheses(): With['items'] | null {
    if (!this.is(Token.open)) return null
    const mark = this.mark()
    this.advance()
    const items: With['items'] = []
    let hasTargets = false
    while (this.begins()) {
      const item = this.withItem()
      hasTargets ||= item.target !== null
      items.push(item)
      if (!this.is(Token.comma)) break
      this.advance()
    }
    if (this.is(Token.close)) {
      this.advance()
      if (this.is(Token.colon) && (hasTargets || items.length > 1)) return items
    }
    if (hasTargets) this.fail()
    this.reset(mark)
    return null
  }

  private try(): Stmt {
    const made: Try = {
      ...{ type: 'try', start: this.start, end: 0 },
      ...{ body: [], handlers: [], orelse: [], finally: [] },
    }
    this.advance()
    made.body = this.block()
    while (this.is(Token.except)) {
      const { start } = this
      this.advance()
      let type: Expr | null = null
      let name: string | undefined
      if (!this.is(Token.colon)) {
        type = this.expression()
        if (this.is(Token.as)) {
          this.advance()
          if (!this.is(Token.name)) this.fail()
          name = this.value
          this.advance()
        }
      }
      const body = this.block()
      const place = { start, end: endOf(body) }
      made.handlers.push(name === undefined ? { type, body, ...place } : { type, name, body, ...place })
    }
    made.orelse = this.otherwise()
    if (this.is(Token.finally)) {
      this.advance()
      made.finally = this.block()
    }
    if (made.handlers.length === 0 && made.finally.length === 0) this.fail()
    if (made.handlers.length === 0 && made.orelse.length > 0) this.fail()
    const blocks = [made.body, ...made.handlers.map(({ body }) => body), made.orelse, made.finally]
    made.end = endOf(blocks.filter((block) => block.length > 0).at(-1)!)
    return made
  }

  private decorated(): Stmt {
    const { start } = this
    const decorators: Expr[] = []
    while (this.is(Token.at)) {
      this.advance()
      decorators.push(this.named())
      this.expect(Token.newline)
    }
    if (this.is(Token.async)) {
      this.advance()
      if (!this.is(Token.def)) this.fail()
    } else if (!this.is(Token.def) && !this.is(Token.class)) this.fail()
    return this.definition(start, decorators)
  }

  /** A function or a class, from its keyword. */
  private definition(start: number, decorators: Expr[]): Stmt {
    const isClass = this.is(Token.class)
    this.advance()
    if (!this.is(Token.name)) this.fail()
    const name = this.value
    const nameStart = this.start
    this.advance()
    if (isClass) {
      const bases: Argument[] = this.is(Token.open) ? this.arguments() : []
      const body = this.block()
      return { type: 'class', start, end: endOf(body), name, nameStart, decorators, body, bases }
    }
    this.expect(Token.open)
    const params = this.params(Token.close, () => this.annotation())
    this.expect(Token.close)
    let returns: Expr | null = null
    if (this.is(Token.arrow)) {
      this.advance()
      returns = this.annotation()
    }
    const body = this.block()
    const end = endOf(body)
    return { type: 'function', start, end, name, nameStart, decorators, body, params, returns }
  }
}

function endOf(body: readonly Stmt[]): number {
  return body[body.length - 1]!.end
}

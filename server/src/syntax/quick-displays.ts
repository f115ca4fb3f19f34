/** What stands in brackets of its own: tuples, lists, sets, dictionaries, comprehensions; and what `for` binds. */
import type { Comprehension, DictExpr, Expr } from './python-ast.js'
import { deepest, QuickStrings } from './quick-strings.js'
import { Token } from './quick-tokens.js'

/** What stands on either side of a comparison. */
export const operand = 5

export abstract class QuickDisplays extends QuickStrings {
  /** An expression, `name := value`, or `*items`. */
  protected abstract item(): Expr
  /** Operators that bind at least as tightly as `least`. */
  protected abstract binary(least: number): Expr
  /** An atom with what is called, asked or looked up of it. */
  protected abstract primary(): Expr
  protected abstract yield(): Expr

  protected nested(inside: () => Expr): Expr {
    if (++this.nesting > deepest) this.fail()
    this.advance()
    const made = inside()
    this.nesting--
    return made
  }

  /** Items up to a closing bracket, the first of which has been read. */
  private items(first: Expr, close: number): Expr[] {
    const items = [first]
    let height = this.height
    while (this.is(Token.comma)) {
      this.advance()
      if (this.is(close)) break
      items.push(this.item())
      height = Math.max(height, this.height)
    }
    this.expect(close)
    this.height = height + 1
    return items
  }

  protected parenthesized(start: number): Expr {
    if (this.is(Token.close)) {
      this.advance()
      return { type: 'tuple', start, end: this.before, items: [] }
    }
    if (this.is(Token.yield)) {
      const made = this.yield()
      this.expect(Token.close)
      return made
    }
    const first = this.item()
    if (this.is(Token.for) || this.is(Token.async)) {
      const made = this.comprehension('generator', start, first)
      this.expect(Token.close)
      made.end = this.before
      return made
    }
    if (this.is(Token.comma)) {
      const items = this.items(first, Token.close)
      return { type: 'tuple', start, end: this.before, items }
    }
    if (first.type === 'starred') this.fail()
    this.expect(Token.close)
    this.height++
    return first
  }

  protected bracketed(start: number): Expr {
    if (this.is(Token.closeSquare)) {
      this.advance()
      return { type: 'list', start, end: this.before, items: [] }
    }
    const first = this.item()
    if (this.is(Token.for) || this.is(Token.async)) {
      const made = this.comprehension('list', start, first)
      this.expect(Token.closeSquare)
      made.end = this.before
      return made
    }
    const items = this.items(first, Token.closeSquare)
    return { type: 'list', start, end: this.before, items }
  }

  protected braced(start: number): Expr {
    if (this.is(Token.closeCurly)) {
      this.advance()
      return { type: 'dict', start, end: this.before, entries: [] }
    }
    if (this.is(Token.power)) return this.dictionary(start, [], 0)
    const at = this.start
    const first = this.item()
    if (this.is(Token.colon)) {
      let height = this.height
      this.advance()
      const value = this.expression()
      height = Math.max(height, this.height)
      if (this.is(Token.for) || this.is(Token.async)) {
        const made = this.comprehension('dict', start, first, value)
        this.expect(Token.closeCurly)
        made.end = this.before
        return made
      }
      return this.dictionary(start, [{ start: at, end: this.before, key: first, value }], height)
    }
    if (this.is(Token.for) || this.is(Token.async)) {
      const made = this.comprehension('set', start, first)
      this.expect(Token.closeCurly)
      made.end = this.before
      return made
    }
    const items = this.items(first, Token.closeCurly)
    return { type: 'set', start, end: this.before, items }
  }

  /** The rest of a dictionary, whose first entries have been read. */
  private dictionary(start: number, entries: DictExpr['entries'], tall: number): Expr {
    let height = tall
    if (entries.length > 0 && this.is(Token.comma)) this.advance()
    else if (entries.length > 0 && !this.is(Token.closeCurly)) this.fail()
    while (!this.is(Token.closeCurly)) {
      const at = this.start
      let key: Expr | null = null
      let value: Expr
      if (this.is(Token.power)) {
        this.advance()
        value = this.binary(operand)
      } else {
        key = this.expression()
        height = Math.max(height, this.height)
        this.expect(Token.colon)
        value = this.expression()
      }
      height = Math.max(height, this.height)
      entries.push({ start: at, end: this.before, key, value })
      if (!this.is(Token.comma)) break
      this.advance()
    }
    this.expect(Token.closeCurly)
    return this.read({ type: 'dict', start, end: this.before, entries }, height + 1)
  }

  /** The clauses behind the element. The end of the expression is where its bracket closes: the caller's to say. */
  protected comprehension(
    kind: Comprehension['kind'],
    start: number,
    element: Expr,
    value?: Expr,
  ): Comprehension {
    if (element.type === 'starred') this.fail()
    const clauses: Comprehension['clauses'] = []
    const conditions: Expr[] = []
    let height = this.height
    const tall = <T extends Expr>(expr: T): T => {
      height = Math.max(height, this.height)
      return expr
    }
    for (;;) {
      if (this.is(Token.async)) this.advance()
      else if (!this.is(Token.for)) break
      this.expect(Token.for)
      const target = tall(this.targets())
      this.expect(Token.in)
      clauses.push({ target, iterable: tall(this.binary(1)) })
      while (this.is(Token.if)) {
        this.advance()
        conditions.push(tall(this.binary(1)))
      }
    }
    const made: Comprehension =
      value === undefined
        ? { type: 'comprehension', start, end: start, kind, element, clauses, conditions }
        : { type: 'comprehension', start, end: start, kind, element, value, clauses, conditions }
    return this.read(made, height + 1)
  }

  /** What `for` binds. */
  protected targets(): Expr {
    const start = this.start
    const first = this.target()
    if (!this.is(Token.comma)) return first
    const items = [first]
    let height = this.height
    while (this.is(Token.comma)) {
      this.advance()
      if (this.is(Token.in)) break
      items.push(this.target())
      height = Math.max(height, this.height)
    }
    return this.read({ type: 'tuple', start, end: this.before, items }, height + 1)
  }

  private target(): Expr {
    const start = this.start
    const isStarred = this.is(Token.star)
    if (isStarred) this.advance()
    const at = this.start
    const made = this.primary()
    this.asTarget(made, at)
    return isStarred
      ? this.read({ type: 'starred', start, end: this.before, value: made }, this.height + 1)
      : made
  }

  /** Refuses what nothing can be assigned to, and targets in parentheses, which the grammar reads in its own way. */
  protected asTarget(expr: Expr, start: number): void {
    if (expr.start !== start) this.fail()
    switch (expr.type) {
      case 'name':
      case 'attribute':
      case 'subscript':
        return
      case 'starred':
        if (expr.value.type === 'starred') this.fail()
        this.asTarget(expr.value, expr.value.start)
        return
      case 'tuple':
      case 'list':
        if (expr.items.length === 0) this.fail()
        for (const one of expr.items) this.asTarget(one, one.start)
        return
      default:
        this.fail()
    }
  }
}

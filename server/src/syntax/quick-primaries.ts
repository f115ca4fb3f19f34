/** What operators join: names, constants and brackets, with what is called, asked or looked up of them. */
import type { Argument, Expr } from './python-ast.js'
import { QuickDisplays } from './quick-displays.js'
import { Token } from './quick-tokens.js'

export abstract class QuickPrimaries extends QuickDisplays {
  /** The same, or `name := value`. */
  protected abstract named(): Expr
  /** Whether the present token can begin an item. */
  protected abstract begins(): boolean

  /** An atom with what is called, asked or looked up of it. */
  protected override primary(): Expr {
    const start = this.start
    if (this.is(Token.await)) {
      this.advance()
      if (this.is(Token.await)) this.fail()
      const awaited = this.primary()
      return this.read({ type: 'other', start, end: this.before, children: [awaited] }, this.height + 1)
    }
    let value = this.atom()
    for (;;) {
      let height = this.height
      switch (this.kind) {
        case Token.dot: {
          this.advance()
          if (!this.is(Token.name)) this.fail()
          const attr = this.value
          this.advance()
          value = { type: 'attribute', start, end: this.before, value, attr }
          break
        }
        case Token.open: {
          const args = this.arguments()
          height = Math.max(height, this.height)
          value = { type: 'call', start, end: this.before, callee: value, args }
          break
        }
        case Token.openSquare: {
          const index = this.index()
          height = Math.max(height, this.height)
          value = { type: 'subscript', start, end: this.before, value, index }
          break
        }
        default:
          return value
      }
      this.read(value, height + 1)
    }
  }

  /** From one parenthesis to the other. */
  protected arguments(): Argument[] {
    const open = this.start
    const args: Argument[] = []
    let height = 0
    this.expect(Token.open)
    while (!this.is(Token.close)) {
      const start = this.start
      const star = this.is(Token.star) ? 1 : this.is(Token.power) ? 2 : 0
      let name: string | null = null
      let value: Expr
      if (star > 0) {
        this.advance()
        value = this.expression()
      } else {
        value = this.named()
        if (this.is(Token.assign)) {
          if (value.type !== 'name' || value.start !== start || value.end !== this.before) this.fail()
          name = value.id
          this.advance()
          value = this.expression()
        } else if (this.is(Token.for) || this.is(Token.async)) {
          value = this.comprehension('generator', open + 1, value)
          // The parentheses belong to the call: what replaces the argument must leave them.
          if (!this.is(Token.close) || args.length > 0) this.fail()
          value.end = this.start
          args.push({ start: value.start, end: value.end, name: null, star: 0, value })
          height = this.height
          break
        }
      }
      height = Math.max(height, this.height)
      args.push({ start, end: this.before, name, star, value })
      if (!this.is(Token.comma)) break
      this.advance()
    }
    this.expect(Token.close)
    this.height = height
    return args
  }

  private index(): Expr {
    this.expect(Token.openSquare)
    const first = this.slice()
    const items = [first]
    let height = this.height
    let isTuple = false
    while (this.is(Token.comma)) {
      isTuple = true
      this.advance()
      if (this.is(Token.closeSquare)) break
      items.push(this.slice())
      height = Math.max(height, this.height)
    }
    this.expect(Token.closeSquare)
    if (!isTuple) return first
    const last = items[items.length - 1]!
    return this.read({ type: 'tuple', start: first.start, end: last.end, items }, height + 1)
  }

  private slice(): Expr {
    const start = this.start
    const children: Expr[] = []
    let height = 0
    const part = (): void => {
      children.push(this.expression())
      height = Math.max(height, this.height)
    }
    if (!this.is(Token.colon)) {
      const only = this.item()
      if (!this.is(Token.colon)) return only
      if (only.type === 'starred' || only.type === 'walrus') this.fail()
      children.push(only)
      height = this.height
    }
    this.advance()
    if (this.begins()) part()
    if (this.is(Token.colon)) {
      this.advance()
      if (this.begins()) part()
    }
    return this.read({ type: 'other', start, end: this.before, children }, height + 1)
  }

  private atom(): Expr {
    const { kind, start, end } = this
    this.height = 1
    switch (kind) {
      case Token.name: {
        const id = this.value
        this.advance()
        return { type: 'name', start, end, id }
      }
      case Token.number: {
        const number = this.numberOf(this.value)
        this.advance()
        if (number === null) return { type: 'other', start, end, children: [] }
        const { value, float } = number
        return float
          ? { type: 'constant', start, end, value, float }
          : { type: 'constant', start, end, value }
      }
      case Token.string:
      case Token.format:
        return this.strings()
      case Token.true:
      case Token.false:
        this.advance()
        return { type: 'constant', start, end, value: kind === Token.true }
      case Token.none:
        this.advance()
        return { type: 'constant', start, end, value: null }
      case Token.ellipsis:
        this.advance()
        return { type: 'other', start, end, children: [] }
      case Token.open:
        return this.nested(() => this.parenthesized(start))
      case Token.openSquare:
        return this.nested(() => this.bracketed(start))
      case Token.openCurly:
        return this.nested(() => this.braced(start))
      default:
        return this.fail()
    }
  }
}

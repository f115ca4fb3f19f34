/** Expressions of well-formed Python, straight from its tokens: what `python-expressions.ts` makes of the grammar's trees. */
import type { Expr, Param } from './python-ast.js'
import { operand } from './quick-displays.js'
import { QuickPrimaries } from './quick-primaries.js'
import { deepest } from './quick-strings.js'
import { Token } from './quick-tokens.js'

/** How tightly operators bind; 0: no operator. */
const precedence = new Uint8Array(256)
const comparison = 4
for (const [level, kinds] of [
  [1, [Token.or]],
  [2, [Token.and]],
  [
    comparison,
    [
      Token.less,
      Token.greater,
      Token.lessEqual,
      Token.greaterEqual,
      Token.equal,
      Token.unequal,
      Token.in,
      Token.not,
      Token.is,
    ],
  ],
  [5, [Token.bar]],
  [6, [Token.caret]],
  [7, [Token.ampersand]],
  [8, [Token.shiftLeft, Token.shiftRight]],
  [9, [Token.plus, Token.minus]],
  [10, [Token.star, Token.slash, Token.percent, Token.at, Token.floorDivide]],
] as const)
  for (const kind of kinds) precedence[kind] = level

/** It holds no call, whose twin would count as a second one. */
function isPlain(expr: Expr): boolean {
  return expr.type === 'attribute' ? isPlain(expr.value) : expr.type === 'name' || expr.type === 'constant'
}

export class QuickExpressions extends QuickPrimaries {
  /** Any expression without `:=`, `*` and `yield`. */
  protected expression(): Expr {
    if (++this.nesting > deepest) this.fail()
    const start = this.start
    let made: Expr
    if (this.is(Token.lambda)) made = this.lambda()
    else {
      made = this.binary(1)
      if (this.is(Token.if)) {
        const then = made
        let height = this.height
        this.advance()
        const test = this.binary(1)
        height = Math.max(height, this.height)
        this.expect(Token.else)
        const otherwise = this.expression()
        made = { type: 'conditional', start, end: this.before, test, then, otherwise }
        this.read(made, Math.max(height, this.height) + 1)
      }
    }
    this.nesting--
    return made
  }

  /** The same, or `name := value`. */
  protected named(): Expr {
    const start = this.start
    const made = this.expression()
    if (!this.is(Token.walrus)) return made
    if (made.type !== 'name' || made.start !== start || made.end !== this.before) this.fail()
    this.advance()
    const value = this.expression()
    return this.read({ type: 'walrus', start, end: this.before, name: made.id, value }, this.height + 1)
  }

  /** The same, or `*items`. */
  protected item(): Expr {
    if (!this.is(Token.star)) return this.named()
    const start = this.start
    this.advance()
    const value = this.binary(operand)
    return this.read({ type: 'starred', start, end: this.before, value }, this.height + 1)
  }

  /** `a`, or `a, b` as a tuple. */
  protected list(): Expr {
    if (this.is(Token.yield)) return this.yield()
    const start = this.start
    return this.listFrom(start, this.item())
  }

  protected listFrom(start: number, first: Expr): Expr {
    if (!this.is(Token.comma)) {
      if (first.type === 'starred') this.fail()
      return first
    }
    const items = [first]
    let height = this.height
    while (this.is(Token.comma)) {
      this.advance()
      if (!this.begins()) break
      items.push(this.item())
      height = Math.max(height, this.height)
    }
    return this.read({ type: 'tuple', start, end: this.before, items }, height + 1)
  }

  /** Whether the present token can begin an item. */
  protected begins(): boolean {
    switch (this.kind) {
      case Token.name:
      case Token.number:
      case Token.string:
      case Token.format:
      case Token.open:
      case Token.openSquare:
      case Token.openCurly:
      case Token.minus:
      case Token.plus:
      case Token.tilde:
      case Token.star:
      case Token.not:
      case Token.lambda:
      case Token.await:
      case Token.true:
      case Token.false:
      case Token.none:
      case Token.ellipsis:
        return true
      default:
        return false
    }
  }

  protected yield(): Expr {
    const start = this.start
    this.expect(Token.yield)
    const children: Expr[] = []
    this.height = 0
    if (this.is(Token.from)) {
      this.advance()
      children.push(this.expression())
    } else if (this.begins()) children.push(this.list())
    return this.read({ type: 'other', start, end: this.before, children }, this.height + 1)
  }

  private lambda(): Expr {
    const start = this.start
    this.expect(Token.lambda)
    const params = this.params(Token.colon, null)
    let height = this.height
    this.expect(Token.colon)
    const body = this.expression()
    height = Math.max(height, this.height)
    return this.read({ type: 'lambda', start, end: this.before, params, body }, height + 1)
  }

  /** Parameters up to the token that ends them. `annotation`: null in a lambda, which has none. */
  protected params(until: number, annotation: (() => Expr) | null): Param[] {
    const params: Param[] = []
    let height = 0
    while (!this.is(until)) {
      const start = this.start
      if (this.is(Token.slash)) this.advance()
      else {
        const star = this.is(Token.star) ? 1 : this.is(Token.power) ? 2 : 0
        if (star > 0) this.advance()
        let name = ''
        let type: Expr | null = null
        let given: Expr | null = null
        if (this.is(Token.name)) {
          name = this.value
          this.advance()
          if (annotation !== null && this.is(Token.colon)) {
            this.advance()
            type = annotation()
            height = Math.max(height, this.height)
          }
          if (this.is(Token.assign)) {
            if (star > 0) this.fail()
            this.advance()
            given = this.expression()
            height = Math.max(height, this.height)
          }
        } else if (star !== 1) this.fail()
        params.push({ start, end: this.before, name, star, annotation: type, default: given })
      }
      if (!this.is(Token.comma)) break
      this.advance()
    }
    if (!this.is(until)) this.fail()
    this.height = height
    return params
  }

  /** Operators that bind at least as tightly as `least`. */
  protected binary(least: number): Expr {
    const start = this.start
    let left = this.is(Token.not) ? this.not(least) : this.unary()
    for (;;) {
      const level = precedence[this.kind]!
      if (level === 0 || level < least) return left
      let height = this.height
      if (level === comparison) {
        left = this.comparison(start, left)
        continue
      }
      const op = level < 3 ? (level === 1 ? 'or' : 'and') : this.value
      this.advance()
      const right = this.binary(level + 1)
      height = Math.max(height, this.height)
      left = this.read({ type: 'binary', start, end: this.before, op, left, right }, height + 1)
    }
  }

  private not(least: number): Expr {
    if (least > 3) this.fail()
    if (++this.nesting > deepest) this.fail()
    const start = this.start
    this.advance()
    const operand = this.binary(3)
    this.nesting--
    return this.read({ type: 'unary', start, end: this.before, op: 'not', operand }, this.height + 1)
  }

  private comparison(start: number, first: Expr): Expr {
    const operands = [first]
    const ops: string[] = []
    let height = this.height
    while (precedence[this.kind] === comparison) {
      ops.push(this.comparing())
      operands.push(this.binary(operand))
      height = Math.max(height, this.height)
    }
    const end = this.before
    const [left, right, last] = operands as [Expr, Expr, Expr?]
    if (last === undefined)
      return this.read({ type: 'binary', start, end, op: ops[0]!, left, right }, height + 1)
    if (operands.length === 3 && isPlain(right)) {
      // `a < b < c` is `a < b and b < c`, where evaluating `b` twice does nothing twice.
      const side = (op: string, one: Expr, other: Expr): Expr => ({
        ...{ type: 'binary', start: one.start, end: other.end },
        ...{ op, left: one, right: other },
      })
      const both = { left: side(ops[0]!, left, right), right: side(ops[1]!, right, last) }
      return this.read({ type: 'binary', start, end, op: 'and', ...both }, height + 2)
    }
    return this.read({ type: 'other', start, end, children: operands }, height + 1)
  }

  /** Passes over a comparing operator. */
  private comparing(): string {
    const { kind } = this
    const op = this.value
    this.advance()
    if (kind === Token.in) return 'in'
    if (kind === Token.not) {
      this.expect(Token.in)
      return 'not in'
    }
    if (kind !== Token.is) return op
    if (!this.is(Token.not)) return 'is'
    this.advance()
    return 'is not'
  }

  private unary(): Expr {
    const { kind } = this
    if (kind !== Token.minus && kind !== Token.plus && kind !== Token.tilde) return this.power()
    if (++this.nesting > deepest) this.fail()
    const start = this.start
    const op = kind === Token.minus ? '-' : kind === Token.plus ? '+' : '~'
    this.advance()
    const operand = this.unary()
    this.nesting--
    return this.read({ type: 'unary', start, end: this.before, op, operand }, this.height + 1)
  }

  private power(): Expr {
    const start = this.start
    const left = this.primary()
    if (!this.is(Token.power)) return left
    let height = this.height
    this.advance()
    const right = this.unary()
    height = Math.max(height, this.height)
    return this.read({ type: 'binary', start, end: this.before, op: '**', left, right }, height + 1)
  }
}

/** Statements of well-formed Python that hold no others, straight from its tokens: assignments, imports, `return`, `raise` and the like. */
import type { Expr, Import, Simple, Stmt } from './python-ast.js'
import { QuickExpressions } from './quick-expressions.js'
import { Token } from './quick-tokens.js'

export class QuickSimpleStatements extends QuickExpressions {
  protected annotation(): Expr {
    return this.expression()
  }

  protected simple(): Stmt {
    const { start, kind } = this
    switch (kind) {
      case Token.return: {
        this.advance()
        const value = this.begins() || this.is(Token.yield) ? this.list() : null
        return { type: 'return', start, end: this.before, value }
      }
      case Token.import:
        return this.import()
      case Token.from:
        return this.fromImport()
      case Token.pass:
      case Token.break:
      case Token.continue:
        this.advance()
        return {
          type: kind === Token.pass ? 'pass' : kind === Token.break ? 'break' : 'continue',
          ...{ start, end: this.before, children: [] },
        }
      case Token.global:
      case Token.nonlocal: {
        const children: Expr[] = []
        do {
          this.advance()
          if (!this.is(Token.name)) this.fail()
          children.push({ type: 'name', start: this.start, end: this.end, id: this.value })
          this.advance()
        } while (this.is(Token.comma))
        return { type: 'global', start, end: this.before, children }
      }
      case Token.del:
        this.advance()
        return this.ended('delete', start, [this.list()])
      case Token.raise: {
        this.advance()
        const children: Expr[] = []
        if (this.begins()) {
          children.push(this.expression())
          if (this.is(Token.from)) {
            this.advance()
            children.push(this.expression())
          }
        }
        return this.ended('raise', start, children)
      }
      case Token.assert: {
        this.advance()
        const children = [this.expression()]
        if (this.is(Token.comma)) {
          this.advance()
          children.push(this.expression())
        }
        return this.ended('assert', start, children)
      }
      default:
        return this.expressionStatement()
    }
  }

  private ended(type: Simple['type'], start: number, children: Expr[]): Stmt {
    return { type, start, end: this.before, children }
  }

  private expressionStatement(): Stmt {
    const { start } = this
    // Python 2 had statements of these names, and the grammar knows them.
    const isOld = this.is(Token.name) && (this.value === 'print' || this.value === 'exec')
    if (this.is(Token.yield)) {
      const value = this.yield()
      return { type: 'expr', start, end: this.before, value }
    }
    const first = this.item()
    switch (this.kind) {
      case Token.colon: {
        this.asTarget(first, start)
        if (first.type === 'tuple' || first.type === 'list' || first.type === 'starred') this.fail()
        this.advance()
        const annotation = this.annotation()
        let value: Expr | null = null
        if (this.is(Token.assign)) {
          this.advance()
          value = this.list()
        }
        return { type: 'assign', start, end: this.before, targets: [first], annotation, value }
      }
      case Token.augmented: {
        this.asTarget(first, start)
        const op = this.value
        this.advance()
        const value = this.list()
        return { type: 'augassign', start, end: this.before, target: first, op, value }
      }
    }
    let value = this.listFrom(start, first)
    if (!this.is(Token.assign)) {
      if (value.type === 'walrus' && value.start === start) this.fail()
      if (isOld && (value.type !== 'call' || value.callee.type !== 'name')) this.fail()
      return { type: 'expr', start, end: this.before, value }
    }
    const targets: Expr[] = []
    let at = start
    while (this.is(Token.assign)) {
      this.asTarget(value, at)
      targets.push(value)
      this.advance()
      at = this.start
      value = this.list()
    }
    return { type: 'assign', start, end: this.before, targets, annotation: null, value }
  }

  private import(): Stmt {
    const { start } = this
    const names: Import['names'] = []
    do {
      this.advance()
      const at = this.start
      const name = this.dotted()
      const alias = this.alias()
      names.push({ name, alias, start: at, end: this.before })
    } while (this.is(Token.comma))
    return { type: 'import', start, end: this.before, module: null, level: 0, names, from: false }
  }

  private dotted(): string {
    let name = ''
    for (;;) {
      if (!this.is(Token.name)) this.fail()
      name += this.value
      this.advance()
      if (!this.is(Token.dot)) return name
      name += '.'
      this.advance()
    }
  }

  private alias(): string | null {
    if (!this.is(Token.as)) return null
    this.advance()
    if (!this.is(Token.name)) this.fail()
    const alias = this.value
    this.advance()
    return alias
  }

  private fromImport(): Stmt {
    const { start } = this
    this.advance()
    let level = 0
    for (; this.is(Token.dot) || this.is(Token.ellipsis); this.advance()) level += this.is(Token.dot) ? 1 : 3
    const module = level > 0 && this.is(Token.import) ? null : this.dotted()
    this.expect(Token.import)
    const names: Import['names'] = []
    if (this.is(Token.star)) {
      names.push({ name: '*', alias: null, start: this.start, end: this.end })
      this.advance()
    } else {
      const inParentheses = this.is(Token.open)
      if (inParentheses) this.advance()
      for (;;) {
        const at = this.start
        if (!this.is(Token.name)) this.fail()
        const name = this.value
        this.advance()
        const alias = this.alias()
        names.push({ name, alias, start: at, end: this.before })
        if (!this.is(Token.comma)) break
        this.advance()
        if (inParentheses && this.is(Token.close)) break
      }
      if (inParentheses) this.expect(Token.close)
    }
    return { type: 'import', start, end: this.before, module, level, names, from: true }
  }
}

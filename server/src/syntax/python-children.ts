/** What stands directly inside an expression or a statement of the plain tree. */
import { once } from '../text/once.js'
import type { Comprehension, Expr, Stmt } from './python-ast.js'

/** Calls `visit` for every direct sub-expression, in order. Nothing is allocated, not even iterators: the analysis walks trees often. */
export function forEachChild(expr: Expr, visit: (child: Expr) => void): void {
  switch (expr.type) {
    // Most have nothing below them: no other kind is looked for.
    case 'name':
    case 'constant':
      return
    case 'attribute':
    case 'starred':
    case 'walrus':
      visit(expr.value)
      return
    case 'call':
      visit(expr.callee)
      for (let index = 0; index < expr.args.length; index++) visit(expr.args[index]!.value)
      return
    case 'list':
    case 'tuple':
    case 'set':
      for (let index = 0; index < expr.items.length; index++) visit(expr.items[index]!)
      return
    case 'dict':
      for (const { key, value } of expr.entries) {
        if (key !== null) visit(key)
        visit(value)
      }
      return
    case 'binary':
      visit(expr.left)
      visit(expr.right)
      return
    case 'unary':
      visit(expr.operand)
      return
    case 'conditional':
      visit(expr.test)
      visit(expr.then)
      visit(expr.otherwise)
      return
    case 'subscript':
      visit(expr.value)
      visit(expr.index)
      return
    case 'comprehension':
      visit(expr.element)
      if (expr.value !== undefined) visit(expr.value)
      for (const clause of expr.clauses) {
        visit(clause.target)
        visit(clause.iterable)
      }
      for (const condition of expr.conditions) visit(condition)
      return
    case 'fstring':
      for (const part of expr.parts) if (typeof part !== 'string') visit(part)
      return
    case 'lambda':
      for (const param of expr.params) if (param.default !== null) visit(param.default)
      visit(expr.body)
      return
    case 'other':
      for (const child of expr.children) visit(child)
      return
  }
}

/** Direct sub-expressions. */
export function childrenOf(expr: Expr): Expr[] {
  const found: Expr[] = []
  forEachChild(expr, (child) => found.push(child))
  return found
}

/** `fit` of `self.trainer.fit`; empty for what is no name and no attribute. */
export function lastName(expr: Expr): string {
  return expr.type === 'name' ? expr.id : expr.type === 'attribute' ? expr.attr : ''
}

export function isName(expr: Expr, name: string): boolean {
  return expr.type === 'name' && expr.id === name
}

/** The names that an expression reads or binds. */
export function namesIn(expr: Expr): string[] {
  return expr.type === 'name' ? [expr.id] : childrenOf(expr).flatMap(namesIn)
}

/** Calls `visit` for every expression that a statement holds directly (not those of statements inside it). */
export function forEachExpression(statement: Stmt, visit: (expr: Expr) => void): void {
  switch (statement.type) {
    case 'expr':
      visit(statement.value)
      return
    case 'assign':
      for (let index = 0; index < statement.targets.length; index++) visit(statement.targets[index]!)
      if (statement.annotation !== null) visit(statement.annotation)
      if (statement.value !== null) visit(statement.value)
      return
    case 'augassign':
      visit(statement.target)
      visit(statement.value)
      return
    case 'if':
    case 'while':
      visit(statement.test)
      return
    case 'for':
      visit(statement.target)
      visit(statement.iterable)
      return
    case 'with':
      for (const item of statement.items) {
        visit(item.value)
        if (item.target !== null) visit(item.target)
      }
      return
    case 'try':
      for (const handler of statement.handlers) if (handler.type !== null) visit(handler.type)
      return
    case 'function':
      for (const decorator of statement.decorators) visit(decorator)
      for (const param of statement.params) {
        if (param.default !== null) visit(param.default)
        if (param.annotation !== null) visit(param.annotation)
      }
      if (statement.returns !== null) visit(statement.returns)
      return
    case 'class':
      for (const decorator of statement.decorators) visit(decorator)
      for (const base of statement.bases) visit(base.value)
      return
    case 'return':
      if (statement.value !== null) visit(statement.value)
      return
    case 'match':
      visit(statement.subject)
      return
    case 'import':
    case 'broken':
      return
    default:
      for (const child of statement.children) visit(child)
  }
}

/** Expressions that a statement holds directly. */
export function expressionsOf(statement: Stmt): Expr[] {
  const found: Expr[] = []
  forEachExpression(statement, (expr) => found.push(expr))
  return found
}

/** Whether some expression of the statements, or inside of one, is such. */
export function someExpression(block: readonly Stmt[], is: (expr: Expr) => boolean): boolean {
  const inside = (expr: Expr): boolean => is(expr) || childrenOf(expr).some(inside)
  return block.some(
    (one) =>
      expressionsOf(one).some(inside) || blocksOf(one).some((statements) => someExpression(statements, is)),
  )
}

/** The lists of statements inside a statement. */
export function blocksOf(statement: Stmt): readonly Stmt[][] {
  switch (statement.type) {
    case 'if':
    case 'for':
    case 'while':
      return [statement.body, statement.orelse]
    case 'with':
    case 'function':
    case 'class':
      return [statement.body]
    case 'try':
      return [
        statement.body,
        ...statement.handlers.map((handler) => handler.body),
        statement.orelse,
        statement.finally,
      ]
    case 'match':
      return statement.cases.map((one) => one.body)
    default:
      return none
  }
}

const none: readonly Stmt[][] = []

/** Where statements, and those inside of them, say a name; `except`: not in this one. */
export function usesOf(body: readonly Stmt[], name: string, except: Stmt | null = null): Expr[] {
  const found: Expr[] = []
  const inExpr = (expr: Expr): void => {
    if (isName(expr, name)) found.push(expr)
    forEachChild(expr, inExpr)
  }
  const visit = (statement: Stmt): void => {
    if (statement === except) return
    forEachExpression(statement, inExpr)
    for (const block of blocksOf(statement)) block.forEach(visit)
  }
  body.forEach(visit)
  return found
}

/** The comprehensions of a statement that an expression of it stands in, from the outside in. */
export function comprehensionsAround(statement: Stmt, wanted: Expr): Comprehension[] {
  const all = once(statement, 'comprehensions', () => {
    const found: Comprehension[] = []
    const waiting = expressionsOf(statement).reverse()
    for (let expr = waiting.pop(); expr !== undefined; expr = waiting.pop()) {
      if (expr.type === 'comprehension') found.push(expr)
      waiting.push(...childrenOf(expr).reverse())
    }
    return found
  })
  return all.filter((one) => one !== wanted && one.start <= wanted.start && wanted.end <= one.end)
}

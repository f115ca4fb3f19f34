/**
 * Code that is passed through again and again: what in it differs from one pass to the next, and what runs in each of
 * them.
 */
import { isDrawn, isRemembered, leavesBefore } from '../python/each-call.js'
import type { Call, Func, PythonModule } from '../python/module.js'
import type { CallExpr, Expr, Stmt } from '../syntax/python-ast.js'
import { childrenOf, expressionsOf, forEachChild } from '../syntax/python-children.js'
import type { HotStatement } from './pytorch/hot-code.js'

/** Tells of a function whether each pass runs it: it is reached without a cache and without leaving before. */
export function alwaysRun(followed: ReadonlyMap<Func, Call>): (func: Func) => boolean {
  const always = new Map<Func, boolean>()
  const runsAlways = (func: Func): boolean => {
    const known = always.get(func)
    if (known !== undefined) return known
    always.set(func, true)
    const call = followed.get(func)
    const result =
      !isRemembered(func) &&
      (call === undefined ||
        call.function === null ||
        (call.function !== func &&
          !leavesBefore(call.function, call.expr.start) &&
          runsAlways(call.function)))
    always.set(func, result)
    return result
  }
  return runsAlways
}

/** `try: return self.cache[item]`, or a file that may be missing. */
export function inTry(func: Func, statement: Stmt): boolean {
  return func.node.body.some(
    (one) => one.type === 'try' && one.start <= statement.start && statement.end <= one.end,
  )
}

/** Calls that run whenever the expression does. */
export function plainCalls(analysis: PythonModule, expr: Expr): Call[] {
  const found: Call[] = []
  const visit = (one: Expr): void => {
    if (one.type === 'lambda' || one.type === 'conditional') return
    if (one.type === 'binary' && (one.op === 'or' || one.op === 'and')) {
      visit(one.left)
      return
    }
    const call = one.type === 'call' ? analysis.callAt(one) : null
    if (call !== null) found.push(call)
    forEachChild(one, visit)
  }
  visit(expr)
  return found
}

/** What differs from one pass to the next to begin with. */
export interface Source {
  /** Null: code of the module itself. */
  func: Func | null
  names: string[]
  /** `item`: one pass is one item, so that every loop inside goes through parts of it. `whole`: through the same ones. */
  passes: 'item' | 'whole'
}

/** Which names differ from one pass to the next. */
export class Varying {
  private readonly names = new Set<string>()

  constructor(
    private readonly analysis: PythonModule,
    private readonly source: Source,
    statements: HotStatement[],
    followed: Map<Func, Call>,
  ) {
    for (const name of source.names) this.add(source.func, name)
    // Values go forward through assignments and into calls; three rounds reach what people write.
    for (let round = 0; round < 3; round++) {
      for (const { statement, func } of statements) this.pass(statement, func)
      for (const [func, call] of followed) this.enter(func, call)
    }
  }

  has(expr: Expr, func: Func | null): boolean {
    if (expr.type === 'name') return this.isVarying(func, expr)
    if (expr.type === 'attribute' && expr.value.type === 'name' && expr.value.id === 'self')
      return this.names.has(`self.${expr.attr}`)
    if (expr.type === 'call' && this.isDrawn(expr)) return true
    return childrenOf(expr).some((child) => this.has(child, func))
  }

  /** A function also sees the names of its module, and of the code that is passed through. */
  private isVarying(func: Func | null, expr: Expr & { type: 'name' }): boolean {
    const name = expr.id
    if (this.names.has(key(func, name))) return true
    if (this.source.passes === 'item' || this.isLocal(func, expr)) return false
    return this.names.has(key(null, name)) || this.names.has(key(this.source.func, name))
  }

  /** A function that is called has names of its own, whatever the code that calls it names so. */
  private isLocal(func: Func | null, name: Expr & { type: 'name' }): boolean {
    if (func === null || func === this.source.func) return false
    const { start, end } = func.node
    return this.analysis.bindingsOf(name).some(({ at }) => start <= at && at < end)
  }

  private isDrawn({ callee }: CallExpr): boolean {
    const name = this.analysis.nameOf(callee)
    if (isDrawn(name, callee)) return true
    const method = callee.type === 'attribute' ? callee.attr : ''
    return (
      this.source.passes === 'whole' &&
      /shuffle|augment|noise|resample|train_test_split/i.test(`${name ?? ''} ${method}`)
    )
  }

  private add(func: Func | null, name: string): void {
    this.names.add(key(func, name))
  }

  private mark(target: Expr, func: Func | null): void {
    if (target.type === 'name') this.add(func, target.id)
    else if (target.type === 'attribute' && target.value.type === 'name' && target.value.id === 'self')
      this.names.add(`self.${target.attr}`)
    else if (target.type === 'subscript') this.mark(target.value, func)
    else if (target.type === 'attribute' && this.source.passes === 'whole') this.mark(target.value, func)
    else if (target.type === 'tuple' || target.type === 'list' || target.type === 'starred')
      for (const child of childrenOf(target)) this.mark(child, func)
  }

  /** `[load(name) for name in names]`: the names of a comprehension differ where what it goes through does. */
  private comprehensions(expr: Expr, func: Func | null): void {
    if (expr.type === 'comprehension')
      for (const { target, iterable } of expr.clauses) if (this.has(iterable, func)) this.mark(target, func)
    for (const child of childrenOf(expr)) this.comprehensions(child, func)
  }

  private pass(statement: Stmt, func: Func | null): void {
    for (const expr of expressionsOf(statement)) this.comprehensions(expr, func)
    if (statement.type === 'assign') {
      if (statement.value !== null && this.has(statement.value, func))
        for (const target of statement.targets) this.mark(target, func)
    } else if (statement.type === 'augassign') {
      if (this.has(statement.value, func) || isCounter(statement.target)) this.mark(statement.target, func)
    } else if (statement.type === 'for') {
      // What a loop goes through differs within one sample; it stays what it is all the same.
      if (this.source.passes === 'item' || this.has(statement.iterable, func))
        this.mark(statement.target, func)
    } else if (statement.type === 'with') {
      for (const { value, target } of statement.items)
        if (target !== null && this.has(value, func)) this.mark(target, func)
    } else if (statement.type === 'expr' && this.source.passes === 'whole') this.change(statement.value, func)
  }

  /** `data.set_fold(fold)`: what is told something that differs differs from there on. */
  private change(expr: Expr, func: Func | null): void {
    if (expr.type !== 'call' || expr.callee.type !== 'attribute') return
    if (expr.args.some(({ value }) => this.has(value, func))) this.mark(expr.callee.value, func)
  }

  /** What a call passes for the parameters of a function that it reaches. */
  private enter(func: Func, call: Call): void {
    const caller = call.function
    const params = func.node.params.filter((param) => param.name !== 'self' && param.name !== 'cls')
    call.expr.args.forEach((argument, position) => {
      const param =
        argument.name === null ? params[position] : params.find((one) => one.name === argument.name)
      const varies =
        caller === null && this.source.passes === 'item' ? true : this.has(argument.value, caller)
      if (argument.star !== 0) for (const one of params) this.add(func, one.name)
      else if (param !== undefined && varies) this.add(func, param.name)
    })
  }
}

/** `self.position += 1`. */
function isCounter(target: Expr): boolean {
  return target.type === 'attribute'
}

const key = (func: Func | null, name: string): string => `${func?.index ?? ''} ${name}`

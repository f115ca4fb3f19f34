/** What the constructor of a network makes: `self.x = …`, lists that grow, loops that make layers. */

import type { CallExpr, Expr, FunctionDef, Stmt } from '../../syntax/python-ast.js'
import { lastName } from '../../syntax/python-children.js'
import { assigned } from './network-targets.js'
import { isSelf, type Scope, type Value } from './network-values.js'

/** Values of expressions; undefined where one cannot be followed. */
export interface Evaluator {
  quiet(expr: Expr, scope: Scope): Value
  items(expr: Expr, scope: Scope): Value[] | undefined
  /** Undefined: it cannot be told. */
  truth(test: Expr, scope: Scope): boolean | undefined
  /** @throws Unfollowed when too much has been looked at */
  tick(): void
}

/** Gives the parameters of a constructor the values that a call hands over, or their defaults. */
export function bind(
  init: FunctionDef,
  call: CallExpr,
  outer: Scope,
  into: Scope,
  evaluator: Evaluator,
): void {
  const params = init.params.filter((param) => param.star === 0 && param.name !== '').slice(1)
  params.forEach((param, index) => {
    const given =
      call.args.find((one) => one.name === param.name) ??
      call.args.filter((one) => one.name === null && one.star === 0)[index]
    const expr = given?.value ?? param.default
    if (expr !== null && expr !== undefined)
      into.names.set(param.name, evaluator.quiet(expr, given === undefined ? into : outer))
  })
}

/** `self.x = …` of the constructor. What stands under a condition is unknown, and so is what uses it. */
export function initialise(body: Stmt[], scope: Scope, evaluator: Evaluator): void {
  for (const statement of body) {
    evaluator.tick()
    if (statement.type === 'expr') grow(statement.value, scope, evaluator)
    else if (statement.type === 'for') repeat(statement, scope, evaluator)
    else if (statement.type === 'if') choose(statement, scope, evaluator)
    else if (statement.type !== 'assign' || statement.value === null) forget(statement, scope)
    else {
      for (const target of statement.targets) {
        if (target.type === 'name') scope.names.set(target.id, evaluator.quiet(statement.value, scope))
        else if (target.type === 'attribute' && isSelf(target.value))
          scope.own.set(target.attr, evaluator.quiet(statement.value, scope))
      }
    }
  }
}

/** `self.layers.append(nn.Linear(n, m))`; whatever else changes a list makes it unknown. */
function grow(expr: Expr, scope: Scope, evaluator: Evaluator): void {
  if (expr.type !== 'call' || expr.callee.type !== 'attribute') return
  const { value: list, attr } = expr.callee
  if (!/^(append|extend|insert|add_module|pop|clear)$/.test(attr)) return
  const values = list.type === 'attribute' && isSelf(list.value) ? scope.own : scope.names
  const name = lastName(list)
  const before = values.get(name)
  const [item] = expr.args
  if (attr === 'append' && Array.isArray(before) && item !== undefined)
    values.set(name, [...before, evaluator.quiet(item.value, scope)])
  else values.set(name, undefined)
}

/** A branch whose condition is known runs; what one of the others assigns is not known afterwards. */
function choose(branch: Stmt & { type: 'if' }, scope: Scope, evaluator: Evaluator): void {
  const truth = evaluator.truth(branch.test, scope)
  if (truth === undefined) forget(branch, scope)
  else initialise(truth ? branch.body : branch.orelse, scope, evaluator)
}

/** A loop of the constructor that makes layers. */
function repeat(loop: Stmt & { type: 'for' }, scope: Scope, evaluator: Evaluator): void {
  const items = evaluator.items(loop.iterable, scope)
  const { target } = loop
  if (
    items === undefined ||
    loop.body.some((one) => one.type !== 'assign' && one.type !== 'expr' && one.type !== 'if')
  ) {
    forget(loop, scope)
    return
  }
  for (const item of items) {
    if (!assigned(target, item, scope.names)) {
      forget(loop, scope)
      return
    }
    initialise(loop.body, scope, evaluator)
  }
}

/** Whatever a branch assigns is not known afterwards. */
function forget(statement: Stmt, scope: Scope): void {
  const stack: Stmt[] = [statement]
  for (let one = stack.pop(); one !== undefined; one = stack.pop()) {
    if (one.type === 'expr' && one.value.type === 'call' && one.value.callee.type === 'attribute') {
      const { value } = one.value.callee
      if (value.type === 'name') scope.names.set(value.id, undefined)
      else if (value.type === 'attribute' && isSelf(value.value)) scope.own.set(value.attr, undefined)
    }
    if (one.type === 'assign') {
      for (const target of one.targets) {
        if (target.type === 'name') scope.names.set(target.id, undefined)
        else if (target.type === 'attribute' && isSelf(target.value)) scope.own.set(target.attr, undefined)
      }
    }
    if ('body' in one) stack.push(...one.body)
    if ('orelse' in one) stack.push(...one.orelse)
    if (one.type === 'try') stack.push(...one.finally, ...one.handlers.flatMap((handler) => handler.body))
  }
}

/** Who binds which name where: the scopes of a module and every binding in them, in source order. */
import type { CallExpr, Expr, Import, Stmt } from '../syntax/python-ast.js'
import { forEachChild, forEachExpression } from '../syntax/python-children.js'
import { type Binding, branchOf, type Scope } from './scope.js'

interface Where {
  conditional: boolean
  loop: { start: number; end: number } | null
  branch: number
}

const always: Where = { conditional: false, loop: null, branch: 0 }

/** Methods that change a list, set or dictionary in place. */
const mutators = /^(append|extend|insert|update|pop|popitem|remove|setdefault|clear|add|sort|reverse)$/

function newScope(
  kind: Scope['kind'],
  node: Scope['node'],
  parent: Scope | null,
  start: number,
  end: number,
): Scope {
  const scope: Scope = {
    kind,
    node,
    parent,
    children: [],
    start,
    end,
    bindings: new Map(),
    outer: new Set(),
    stars: [],
  }
  parent?.children.push(scope)
  return scope
}

function bind(scope: Scope, binding: Binding): void {
  let target = scope
  if (scope.outer.has(binding.name)) {
    while (target.parent !== null && target.kind !== 'module') target = target.parent
    binding.conditional = true
  }
  const list = target.bindings.get(binding.name)
  if (list === undefined) target.bindings.set(binding.name, [binding])
  else list.push(binding)
}

function bindTarget(
  scope: Scope,
  target: Expr,
  kind: Binding['kind'],
  written: Expr | null,
  at: number,
  where: Where,
  unpack: number[] | null = null,
): void {
  const value = written?.type === 'call' ? withoutCast(scope, written) : written
  switch (target.type) {
    case 'name':
      bind(scope, { name: target.id, at, kind, value, unpack, node: null, target: null, ...where })
      break
    case 'tuple':
    case 'list':
      target.items.forEach((item, index) => {
        const direct = value !== null && (value.type === 'tuple' || value.type === 'list') && unpack === null
        if (direct && kind === 'assign' && value.items.length === target.items.length) {
          bindTarget(scope, item, kind, value.items[index]!, at, where)
        } else bindTarget(scope, item, kind, value, at, where, [...(unpack ?? []), index])
      })
      break
    case 'starred':
      bindTarget(scope, target.value, 'other', null, at, where)
      break
    case 'attribute':
      // `self.x = …`, `args.x = …`: kept under the dotted spelling, in the scope of the module.
      if (target.value.type === 'name') {
        bind(scope, {
          name: `${target.value.id}.${target.attr}`,
          at,
          kind,
          value,
          unpack,
          node: null,
          target: null,
          ...where,
        })
      }
      break
    case 'subscript': {
      // `d['a']['b'] = …` changes what `d['a']` holds.
      let outer = target
      while (outer.value.type === 'subscript') outer = outer.value
      if (outer.value.type === 'name') {
        bind(scope, {
          name: `${outer.value.id}[]`,
          at,
          kind,
          value: outer,
          unpack: null,
          node: null,
          target: null,
          ...where,
          assigned: kind === 'assign' && unpack === null ? value : null,
          ...(outer === target ? {} : { inside: target }),
        })
      }
      break
    }
  }
}

/** `typing.cast(Options, args)` says a type to those who check it; it is `args`. */
function withoutCast(scope: Scope, value: CallExpr): Expr {
  const { callee, args } = value
  const [type, held, other] = args
  if (type === undefined || held === undefined || other !== undefined) return value
  if (args.some(({ name, star }) => name !== null || star > 0) || !isCast(scope, callee)) return value
  return held.value.type === 'call' ? withoutCast(scope, held.value) : held.value
}

function isCast(scope: Scope, callee: Expr): boolean {
  const [name, rest] =
    callee.type === 'attribute' && callee.value.type === 'name'
      ? [callee.value.id, `.${callee.attr}`]
      : callee.type === 'name'
        ? [callee.id, '']
        : [null, '']
  if (name === null || (rest === '' ? name : rest.slice(1)) !== 'cast') return false
  for (let around: Scope | null = scope; around !== null; around = around.parent) {
    const bound = around.bindings.get(name)
    if (bound !== undefined) return bound.every(({ target }) => `${target}${rest}` === 'typing.cast')
  }
  return false
}

/** Scopes inside an expression (lambdas and comprehensions bind names of their own). */
function visitExpr(scope: Scope, expr: Expr, where: Where): void {
  expressionVisitor(scope, where)(expr)
}

/** One for all expressions of a statement: a function for each of them would be most of what is allocated. */
function expressionVisitor(scope: Scope, where: Where): (expr: Expr) => void {
  const visit = (expr: Expr): void => visitWith(visit, scope, expr, where)
  return visit
}

/** `visit`: for what stands in the same scope. */
function visitWith(visit: (expr: Expr) => void, scope: Scope, expr: Expr, where: Where): void {
  switch (expr.type) {
    case 'name':
    case 'constant':
      break
    case 'lambda': {
      const inner = newScope('inner', null, scope, expr.start, expr.end)
      for (const param of expr.params) bindParam(inner, param.name, param.start, param.default)
      visitExpr(inner, expr.body, where)
      break
    }
    case 'comprehension': {
      const inner = newScope('inner', null, scope, expr.start, expr.end)
      for (const clause of expr.clauses) {
        bindTarget(inner, clause.target, 'loop', clause.iterable, expr.start, always)
        visitExpr(inner, clause.iterable, where)
      }
      visitExpr(inner, expr.element, where)
      if (expr.value !== undefined) visitExpr(inner, expr.value, where)
      for (const condition of expr.conditions) visitExpr(inner, condition, where)
      break
    }
    case 'walrus':
      bind(scope, {
        name: expr.name,
        at: expr.start,
        kind: 'assign',
        value: expr.value,
        unpack: null,
        node: null,
        target: null,
        ...where,
      })
      visit(expr.value)
      break
    case 'call':
      if (
        expr.callee.type === 'attribute' &&
        expr.callee.value.type === 'name' &&
        mutators.test(expr.callee.attr)
      ) {
        bind(scope, {
          name: `${expr.callee.value.id}[]`,
          at: expr.end,
          kind: 'other',
          value: expr,
          unpack: null,
          node: null,
          target: null,
          ...where,
        })
      }
      forEachChild(expr, visit)
      break
    default:
      forEachChild(expr, visit)
  }
}

function bindParam(scope: Scope, name: string, at: number, fallback: Expr | null): void {
  bind(scope, {
    name,
    at,
    kind: 'param',
    value: fallback,
    unpack: null,
    node: null,
    target: null,
    ...always,
  })
}

/** What a name of an import stands for: `..models.build`, `torch`; the module for a star. */
export function importTarget(
  { from, level, module }: Import,
  { name, alias }: Import['names'][number],
): string {
  if (!from) return alias === null ? name.split('.')[0]! : name
  const above = `${'.'.repeat(level)}${module ?? ''}`
  if (name === '*') return above
  return above === '' || above.endsWith('.') ? `${above}${name}` : `${above}.${name}`
}

/** `import models.resnet` binds `models`, and reads `models.resnet`. */
export function modulesBelow({ from }: Import, { name, alias }: Import['names'][number]): string[] {
  return from || alias !== null || !name.includes('.') ? [] : [name]
}

function bindImport(scope: Scope, statement: Import, where: Where): void {
  for (const name of statement.names) {
    const target = importTarget(statement, name)
    if (statement.from && name.name === '*') {
      scope.stars.push(target)
      continue
    }
    bind(scope, {
      name: name.alias ?? (statement.from ? name.name : name.name.split('.')[0]!),
      at: statement.start,
      kind: 'import',
      value: null,
      unpack: null,
      node: statement,
      target,
      ...where,
    })
  }
}

function visitBlock(scope: Scope, body: Stmt[], where: Where): void {
  for (const statement of body) visitStatement(scope, statement, where)
}

/** The `index`-th block of a statement: one that may not run. */
function inBlock(where: Where, statement: Stmt, index: number): Where {
  return { conditional: true, loop: where.loop, branch: branchOf(statement.start, index) }
}

function visitStatement(scope: Scope, statement: Stmt, where: Where): void {
  forEachExpression(statement, expressionVisitor(scope, where))
  switch (statement.type) {
    case 'assign':
      for (const target of statement.targets) {
        // The name holds from the end of the statement: `x = f(x)` reads the old one.
        if (statement.value !== null)
          bindTarget(scope, target, 'assign', statement.value, statement.end, where)
      }
      break
    case 'augassign':
      bindTarget(scope, statement.target, 'augmented', statement.value, statement.end, where)
      break
    case 'for': {
      const loop = { start: statement.start, end: statement.end }
      bindTarget(scope, statement.target, 'loop', statement.iterable, statement.iterable.end, {
        ...where,
        loop,
      })
      visitBlock(scope, statement.body, { ...inBlock(where, statement, 0), loop })
      visitBlock(scope, statement.orelse, inBlock(where, statement, 1))
      return
    }
    case 'while':
      visitBlock(scope, statement.body, {
        ...inBlock(where, statement, 0),
        loop: { start: statement.start, end: statement.end },
      })
      visitBlock(scope, statement.orelse, inBlock(where, statement, 1))
      return
    case 'with':
      for (const item of statement.items) {
        if (item.target !== null) bindTarget(scope, item.target, 'with', item.value, item.target.end, where)
      }
      visitBlock(scope, statement.body, where)
      return
    case 'function': {
      bind(scope, {
        name: statement.name,
        at: statement.start,
        kind: 'function',
        value: null,
        unpack: null,
        node: statement,
        target: null,
        ...where,
      })
      const inner = newScope('function', statement, scope, statement.start, statement.end)
      for (const param of statement.params) bindParam(inner, param.name, param.start, param.default)
      visitBlock(inner, statement.body, always)
      return
    }
    case 'class': {
      bind(scope, {
        name: statement.name,
        at: statement.start,
        kind: 'class',
        value: null,
        unpack: null,
        node: statement,
        target: null,
        ...where,
      })
      const inner = newScope('class', statement, scope, statement.start, statement.end)
      visitBlock(inner, statement.body, always)
      return
    }
    case 'import':
      bindImport(scope, statement, where)
      return
    case 'delete':
      // `del d[key]` changes the dictionary.
      for (const child of statement.children) {
        if (child.type === 'subscript') bindTarget(scope, child, 'other', null, statement.end, where)
      }
      return
    case 'global':
      for (const child of statement.children) if (child.type === 'name') scope.outer.add(child.id)
      return
    case 'try':
      // What a `try` body binds usually holds afterwards (imports with a fallback, above all).
      visitBlock(scope, statement.body, where)
      statement.handlers.forEach((handler, index) => {
        visitBlock(scope, handler.body, inBlock(where, statement, index))
      })
      visitBlock(scope, statement.orelse, where)
      visitBlock(scope, statement.finally, where)
      return
    case 'if':
      // `if __name__ == '__main__':` always runs in a script.
      visitBlock(scope, statement.body, isMainGuard(statement.test) ? where : inBlock(where, statement, 0))
      visitBlock(scope, statement.orelse, inBlock(where, statement, 1))
      return
    case 'match':
      statement.cases.forEach((one, index) => {
        visitBlock(scope, one.body, inBlock(where, statement, index))
      })
      return
  }
}

export function isMainGuard(test: Expr): boolean {
  if (test.type !== 'binary' || test.op !== '==') return false
  const sides = [test.left, test.right]
  return (
    sides.some((side) => side.type === 'name' && side.id === '__name__') &&
    sides.some((side) => side.type === 'constant' && side.value === '__main__')
  )
}

export function buildScopes(body: Stmt[], length: number): Scope {
  const module = newScope('module', null, null, 0, length + 1)
  visitBlock(module, body, always)
  return module
}

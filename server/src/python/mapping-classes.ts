/** Objects that are filled from a mapping: constructors that take its keys, loops that set them as attributes. */
import type { Expr, FunctionDef, Stmt } from '../syntax/python-ast.js'
import { isName } from '../syntax/python-children.js'
import type { Analysis } from './analysis.js'
import type { Klass } from './module.js'

/** How its constructor takes the keys of a mapping: each as a keyword, or all as this parameter. */
export type Taking = 'keywords' | { name: string; position: number }

const fieldClasses =
  /(^|\.)(BaseModel|BaseSettings|RootModel|NamedTuple|SQLModel|Struct|TypedDict|DataClassJsonMixin|DataClassDictMixin|YAMLWizard|JSONWizard)$/
const fieldDecorators = /(^|\.)(dataclass|define|frozen|mutable|attrs|attr\.s|s)$/

/** Null: what becomes of the arguments is not known. */
export function takingOf(analysis: Analysis, klass: Klass, depth = 0): Taking | null {
  const init = klass.methods.get('__init__')
  if (init !== undefined) return takenBy(init.node)
  if (klass.bases.some((base) => fieldClasses.test(base))) return 'keywords'
  const decorated = klass.node.decorators.some((one) => {
    const decorator = one.type === 'call' ? one.callee : one
    const name =
      decorator.type === 'attribute' ? `.${decorator.attr}` : decorator.type === 'name' ? decorator.id : ''
    return fieldDecorators.test(analysis.nameOf(decorator) ?? name)
  })
  if (decorated) return 'keywords'
  for (const base of klass.node.bases) {
    const parent = base.name === null ? analysis.classOf(base.value) : null
    const taking =
      parent === null || parent === klass || depth > 8 ? null : takingOf(analysis, parent, depth + 1)
    if (taking !== null) return taking
  }
  return null
}

/** `self.__dict__.update(entries)`, `for k, v in entries.items(): setattr(self, k, v)` in a constructor. */
function takenBy(init: FunctionDef): Taking | null {
  for (const statement of init.body) {
    const taken = takenFrom(statement)
    const position = init.params.findIndex(({ name }) => name === taken)
    const param = init.params[position]
    if (param !== undefined)
      return param.star === 2 ? 'keywords' : { name: param.name, position: position - 1 }
  }
  return null
}

function takenFrom(statement: Stmt): string | null {
  if (statement.type === 'for') return loopedMapping(statement, 'self')
  if (statement.type === 'assign' && statement.value?.type === 'name')
    return statement.targets.some((target) => isDictionaryOf(target, 'self')) ? statement.value.id : null
  if (statement.type !== 'expr' || statement.value.type !== 'call') return null
  const { callee, args } = statement.value
  const source = args[0]?.value
  const updates =
    callee.type === 'attribute' && callee.attr === 'update' && isDictionaryOf(callee.value, 'self')
  return updates && source?.type === 'name' ? source.id : null
}

/** `x.__dict__`, `vars(x)`. */
export function isDictionaryOf(expr: Expr, name: string): boolean {
  if (expr.type === 'attribute') return expr.attr === '__dict__' && isName(expr.value, name)
  return (
    expr.type === 'call' &&
    isName(expr.callee, 'vars') &&
    expr.args.length === 1 &&
    isName(expr.args[0]!.value, name)
  )
}

/** What `for k, v in X.items(): setattr(name, k, v)` and `for k in X: setattr(name, k, X[k])` go through. */
function loopedMapping(loop: Stmt & { type: 'for' }, name: string): string | null {
  const mapping = setFrom(loop, name)
  return mapping?.type === 'name' ? mapping.id : null
}

/** The mapping whose keys a loop sets on an object; null: it does something else. */
export function setFrom(loop: Stmt & { type: 'for' }, name: string): Expr | null {
  const sets = loop.body.some((inner) => setsAttribute(inner, name))
  const { iterable } = loop
  if (!sets) return null
  const called = iterable.type === 'call' ? iterable.callee : null
  return called?.type === 'attribute' && /^(items|keys|iteritems)$/.test(called.attr)
    ? called.value
    : iterable
}

function setsAttribute(statement: Stmt, name: string): boolean {
  if (statement.type === 'if') return statement.body.some((inner) => setsAttribute(inner, name))
  if (statement.type === 'assign')
    return statement.targets.some(
      (target) =>
        target.type === 'subscript' &&
        // `self[key] = value` of a class that sets what it is given.
        (isDictionaryOf(target.value, name) || (name === 'self' && isName(target.value, name))),
    )
  if (statement.type !== 'expr' || statement.value.type !== 'call') return false
  const { callee, args } = statement.value
  if (callee.type !== 'name' || callee.id !== 'setattr') return false
  const [target, key] = args
  return target !== undefined && isName(target.value, name) && key?.value.type === 'name'
}

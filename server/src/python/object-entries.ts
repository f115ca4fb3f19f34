/** An object as the dictionary of its fields: `asdict(space)`, `space.model_dump()`, `vars(space)`. */
import type { Expr, Stmt } from '../syntax/python-ast.js'
import { lookUp } from '../text/records.js'
import type { Analysis } from './analysis.js'
import { baseClasses } from './base-classes.js'
import { configuredPath } from './configured-path.js'
import { displayOf } from './display.js'
import { importedTarget, projectTarget } from './import-targets.js'
import { takingOf } from './mapping-classes.js'
import { nameOf } from './names.js'

const copiers = /^(dataclasses\.asdict|attrs?\.asdict|vars|omegaconf\.OmegaConf\.(to_container|to_object))$/
/** Methods of pydantic, of named tuples, and of mixins. */
const copyMethods = /^(model_dump|dict|_asdict|asdict|to_dict|as_dict)$/

/** The object whose fields an expression lists; null: it lists none. */
export function copiedObject(analysis: Analysis, expr: Expr): Expr | null {
  if (expr.type === 'attribute') return expr.attr === '__dict__' ? expr.value : null
  if (expr.type !== 'call') return null
  const { callee, args } = expr
  const [first] = args
  const name = nameOf(analysis, callee)
  if (name !== null && copiers.test(name))
    return first?.star === 0 && first.name === null ? first.value : null
  const method = name === null && callee.type === 'attribute' && copyMethods.test(callee.attr) ? callee : null
  return method !== null && args.length === 0 ? method.value : null
}

/** Names that a class declares for its objects. */
export function declaredFields(body: readonly Stmt[]): string[] {
  return body.flatMap((one) => {
    const target = one.type === 'assign' && one.annotation !== null ? one.targets[0] : undefined
    return target?.type === 'name' && !target.id.startsWith('_') && target.id !== 'model_config'
      ? [target.id]
      : []
  })
}

/** Each field of an object with what it holds; null: its class is not known, or holds more. */
export function objectDisplay(analysis: Analysis, object: Expr, at: number): Expr | null {
  const names = fieldsOf(analysis, object)
  return names === null || names.length === 0 ? null : displayOfFields(object, names, at)
}

export function displayOfFields(object: Expr, names: readonly string[], at: number): Expr {
  const here = { start: at, end: at }
  return {
    type: 'dict',
    entries: names.map((name) => ({
      key: displayOf(name, here),
      value: { type: 'attribute', value: object, attr: name, ...here },
      ...here,
    })),
    ...here,
  }
}

function fieldsOf(analysis: Analysis, object: Expr): string[] | null {
  const klass = analysis.instanceClass(object)
  if (klass !== null) {
    if (takingOf(analysis, klass) !== 'keywords') return null
    const all = [...baseClasses(analysis, klass)].reverse().concat(klass)
    return [...new Set(all.flatMap(({ node }) => declaredFields(node.body)))]
  }
  const { start, end } = object
  const target = importedTarget(analysis, { type: 'attribute', value: object, attr: 'any', start, end })
  const found = target === null ? null : projectTarget(analysis, target)
  const elsewhere =
    found === null ? undefined : lookUp(found.summary.classes, found.rest.replace(/\.?any$/, ''))
  if (elsewhere !== undefined)
    return elsewhere.takes === 'keywords' ? Object.keys(elsewhere.fields ?? {}) : null
  return fieldsBehind(analysis, object)
}

/** Of an object that another module makes: `settings.space`. */
function fieldsBehind(analysis: Analysis, object: Expr): string[] | null {
  const path = configuredPath(analysis, object)
  if (path?.fields === undefined || path.root !== null || path.under !== undefined) return null
  const { from, values, open = [] } = path.fields
  const prefix = path.keys
    .slice(from)
    .map((key) => `${key}.`)
    .join('')
  const inside = (name: string): string[] =>
    name.startsWith(prefix) ? [name.slice(prefix.length).split('.')[0]!] : []
  return open.some((name) => inside(name).length > 0)
    ? null
    : [...new Set([...values.keys()].flatMap(inside))]
}

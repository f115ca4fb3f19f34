/** What a name stands for: imports and aliases followed to a canonical dotted name, and the expression that a name was assigned. */
import type { CallExpr, Expr } from '../syntax/python-ast.js'
import { lastName } from '../syntax/python-children.js'
import { lookUp } from '../text/records.js'
import type { Analysis } from './analysis.js'
import { attributeValues } from './attribute-values.js'
import { canonicalName, starExports } from './canonical-names.js'
import { handedModule } from './handed-modules.js'
import { projectTarget, reexported, starTarget, targetOf } from './import-targets.js'
import { importedBy, importedUnder } from './lazy-imports.js'
import { type Binding, reaching, scopeAt } from './scope.js'

const builtins = new Set(
  (
    'range len list tuple set dict sorted int float str bool abs round sum min max print open zip enumerate map filter ' +
    'isinstance hasattr getattr setattr super type any all iter next vars input reversed frozenset'
  ).split(' '),
)

/** Names in a row that are followed from one to the next. */
export const depthLimit = 8

/** Remembered, since every question about a name begins with this one: ten times for each name (bench/README.md). */
export function bindingsOf(analysis: Analysis, name: string, offset: number): readonly Binding[] {
  const { reached } = analysis
  const place = reached.places[offset]
  if (place !== undefined && place > 0 && reached.names[place] === name) return reached.bindings[place]!
  const bindings = reaching(scopeAt(analysis.scopes, offset), name, offset)
  reached.set(name, offset, bindings)
  return bindings
}

/** Canonical dotted name of an expression; null where it is local or unknown. */
export function nameOf(analysis: Analysis, expr: Expr, depth = 0): string | null {
  if (depth > depthLimit) return null
  if (expr.type === 'name') {
    // Written out in a configuration.
    if (expr.id.includes('.')) return canonicalName(expr.id)
    const bindings = bindingsOf(analysis, expr.id, expr.start)
    if (bindings.length === 0) {
      for (const module of analysis.scopes.stars) {
        if (lookUp(starExports, canonicalName(module))?.includes(expr.id))
          return canonicalName(`${module}.${expr.id}`)
      }
      const star = starTarget(analysis, expr.id)
      if (star !== null) return reexported(analysis, star)
      return builtins.has(expr.id) ? expr.id : null
    }
    if (bindings.length === 1) return nameOfBinding(analysis, bindings[0]!, depth)
    const names = new Set(bindings.map((binding) => nameOfBinding(analysis, binding, depth)))
    if (names.size === 1) return [...names][0]!
    // `try: from a import X / except ImportError: from b import X` and `X = None` as a fallback.
    const known = [...names].filter((name): name is string => name !== null)
    if (known.length >= 1 && bindings.every((binding) => binding.kind === 'import' || isNone(binding.value)))
      return known[0]!
    return null
  }
  if (expr.type === 'attribute') {
    const base = nameOf(analysis, expr.value, depth + 1)
    if (base !== null) return builtins.has(base) ? null : canonicalName(`${base}.${expr.attr}`)
    // `common.DataLoader`, where a module of the project passes it on.
    const target = expr.value.type === 'name' ? targetOf(analysis, expr) : null
    return target === null ? null : reexported(analysis, target)
  }
  if (expr.type === 'subscript') return importedUnder(analysis, expr, depth)
  return expr.type === 'call' ? attributeByName(analysis, expr, depth) : null
}

/** `getattr(torch, config['dtype'])`: what a library has under a name that is known. */
function attributeByName(analysis: Analysis, expr: CallExpr, depth: number): string | null {
  if (!analysis.complete || !isAttributeByName(expr)) return null
  const [object, attribute] = expr.args
  const library = nameOf(analysis, object!.value, depth + 1)
  if (library === null || builtins.has(library)) return null
  const folded = analysis.fold(attribute!.value)
  if (folded.state === 'unknown' || folded.overridable || typeof folded.value !== 'string') return null
  return /^\w+(\.\w+)*$/.test(folded.value) ? canonicalName(`${library}.${folded.value}`) : null
}

/** `getattr(object, name)`, with or without a fallback. */
export function isAttributeByName({ callee, args }: CallExpr): boolean {
  return (
    callee.type === 'name' &&
    callee.id === 'getattr' &&
    args.length >= 2 &&
    args.every(({ name, star }) => name === null && star === 0)
  )
}

export function isNone(expr: Expr | null): boolean {
  return expr !== null && expr.type === 'constant' && expr.value === null
}

/**
 * Remembered, since names that are bound in many places and refer to each other would be followed over and over. What
 * refers to itself has no name.
 */
function nameOfBinding(analysis: Analysis, binding: Binding, depth: number): string | null {
  const { bindingNames } = analysis
  const known = bindingNames.get(binding)
  if (known !== undefined) return known
  bindingNames.set(binding, null)
  const name = followBinding(analysis, binding, depth)
  const { value } = binding
  // What a configuration says is known only when all of the module is.
  if (name === null && !analysis.complete && value?.type === 'call' && isAttributeByName(value))
    bindingNames.delete(binding)
  else bindingNames.set(binding, name)
  return name
}

function followBinding(analysis: Analysis, binding: Binding, depth: number): string | null {
  if (binding.kind === 'import' && binding.target !== null) {
    if (binding.target.startsWith('.')) return reexported(analysis, binding.target)
    const inProject = projectTarget(analysis, binding.target)
    if (inProject !== null) return reexported(analysis, binding.target)
    return canonicalName(binding.target)
  }
  if (binding.kind === 'assign' && binding.value !== null && binding.unpack === null) {
    const value = binding.value
    if (value.type === 'name' || value.type === 'attribute') return nameOf(analysis, value, depth + 1)
    // `Wrapper = DDP if cuda else DDPOnCpu`: the same thing in two versions.
    if (value.type === 'conditional') {
      return agreed([value.then, value.otherwise], (one) => nameOf(analysis, one, depth + 1))
    }
    // `DL = partial(DataLoader, …)` stands for DataLoader with more arguments.
    if (value.type === 'call') {
      const made = nameOf(analysis, value.callee, depth + 1)
      if (isAttributeByName(value)) return attributeByName(analysis, value, depth)
      if (made === 'functools.partial' && value.args[0] !== undefined && value.args[0].name === null) {
        return nameOf(analysis, value.args[0].value, depth + 1)
      }
      if (made === null) return importedBy(analysis, value, null, depth)
    }
  }
  if (binding.kind === 'assign' && binding.value?.type === 'call' && binding.unpack !== null)
    return importedBy(analysis, binding.value, binding.unpack, depth)
  const handed = handedModule(analysis, binding)
  return handed === null || projectTarget(analysis, handed) !== null ? null : canonicalName(handed)
}

/** The expression that a name was last assigned before this place, where it is certain; else the expression itself. */
export function definition(analysis: Analysis, expr: Expr, depth = 0): Expr {
  if (depth > depthLimit) return expr
  if (expr.type === 'call') {
    const made = analysis.givenBack.get(expr)
    return made === undefined ? expr : definition(analysis, made, depth + 1)
  }
  if (expr.type === 'name') {
    const bindings = bindingsOf(analysis, expr.id, expr.start)
    if (bindings.length !== 1) return expr
    const binding = bindings[0]!
    if (binding.value === null || binding.unpack !== null) return expr
    const holds = binding.kind === 'assign' || (binding.kind === 'with' && isProgressBar(binding.value))
    return holds ? definition(analysis, binding.value, depth + 1) : expr
  }
  if (expr.type === 'attribute') {
    const values = attributeValues(analysis, expr)
    if (values.length === 1 && values[0] !== null) return definition(analysis, values[0]!, depth + 1)
  }
  if (expr.type === 'subscript') {
    const item = itemOf(analysis, expr.value, expr.index, depth + 1)
    if (item !== null) return definition(analysis, item, depth + 1)
  }
  return expr
}

/** `with tqdm(loader) as bar:`: the bar itself, unlike what a file or a lock gives. */
function isProgressBar(value: Expr): boolean {
  return (
    value.type === 'call' &&
    /^(tqdm|trange|tqdm_notebook|tnrange|alive_it|track)$/.test(lastName(value.callee))
  )
}

/** `grids[0]`, `grids['svc']`: the item of a literal that nothing changes. */
function itemOf(analysis: Analysis, container: Expr, index: Expr, depth: number): Expr | null {
  if (!analysis.complete) return null
  const literal = definition(analysis, container, depth)
  if (literal.type !== 'list' && literal.type !== 'tuple' && literal.type !== 'dict') return null
  if (container.type === 'name' && analysis.changesOf(container.id, container.start).length > 0) return null
  const key = analysis.fold(index)
  if (key.state === 'unknown') return null
  if (literal.type === 'dict') {
    let found: Expr | null = null
    for (const entry of literal.entries) {
      if (entry.key === null) return null
      const name = analysis.fold(entry.key)
      if (name.state === 'unknown') return null
      if (name.value === key.value) found = entry.value
    }
    return found
  }
  if (typeof key.value !== 'number' || literal.items.some((item) => item.type === 'starred')) return null
  return literal.items.at(key.value) ?? null
}

/** The one answer that all give. */
export function agreed<A, T>(all: readonly A[], answer: (one: A) => T | null): T | null {
  if (all.length === 0) return null
  const first = answer(all[0]!)
  if (first === null) return null
  for (let index = 1; index < all.length; index++) if (answer(all[index]!) !== first) return null
  return first
}

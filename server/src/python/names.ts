/** What a name stands for: imports and aliases followed to a canonical dotted name, a function, a class, a value. */
import type { CallExpr, Expr } from '../syntax/python-ast.js'
import { lookUp } from '../text/records.js'
import type { Analysis } from './analysis.js'
import { baseClasses } from './base-classes.js'
import { canonicalName, starExports } from './canonical-names.js'
import { classConstant } from './data-classes.js'
import { handedModule } from './handed-modules.js'
import { inheritedField } from './inherited-fields.js'
import { importedBy, importedUnder } from './lazy-imports.js'
import type {
  ClassSummary,
  Func,
  FunctionLoad,
  FunctionSummary,
  Klass,
  ModuleSummary,
  SingleParameter,
} from './module.js'
import { passedValues } from './passed-values.js'
import { importedMember } from './project-members.js'
import { returnsOf } from './returns.js'
import { savedParameter } from './saved-parameters.js'
import { type Binding, reaching, type Scope, scopeAt } from './scope.js'

const builtins = new Set(
  (
    'range len list tuple set dict sorted int float str bool abs round sum min max print open zip enumerate map filter ' +
    'isinstance hasattr getattr setattr super type any all iter next vars input reversed frozenset'
  ).split(' '),
)

export const depthLimit = 8

/** Methods that return the object they are called on (or its like). */
export const fluent = new Set(
  'to cuda cpu half float double bfloat16 train eval compile requires_grad_ share_memory'.split(' '),
)

/** Remembered, since every question about a name begins with this one: ten times for each name (bench/README.md). */
export function bindingsOf(analysis: Analysis, name: string, offset: number): readonly Binding[] {
  const { reached } = analysis
  const place = reached.places[offset]
  if (place !== undefined && place > 0 && reached.names[place] === name) return reached.bindings[place]!
  const bindings = reaching(scopeAt(analysis.scopes, offset), name, offset)
  reached.set(name, offset, bindings)
  return bindings
}

/** What an import target lies in: 'a' for 'a.b', '..' for '..a'; null: nothing is above it. */
export function moduleAbove(target: string): string | null {
  const cut = target.lastIndexOf('.')
  if (cut < 0 || cut === target.length - 1) return null
  return /^\.*$/.test(target.slice(0, cut)) ? target.slice(0, cut + 1) : target.slice(0, cut)
}

/** The module of the project that an import target lies in, with what remains of the target. */
export function projectTarget(
  analysis: Analysis,
  target: string,
): { summary: ModuleSummary; rest: string } | null {
  if (analysis.importedByName.size === 0) return null
  let found = analysis.projectTargets.get(target)
  if (found === undefined) {
    found = findInProject(analysis, target)
    analysis.projectTargets.set(target, found)
  }
  return found
}

function findInProject(analysis: Analysis, target: string): { summary: ModuleSummary; rest: string } | null {
  for (let module: string | null = target; module !== null; module = moduleAbove(module)) {
    const summary = analysis.importedByName.get(module)
    if (summary !== undefined) return { summary, rest: target.slice(module.length).replace(/^\./, '') }
  }
  return null
}

/** The target behind a name that nothing binds, where `from module import *` of a module of the project brings it. */
export function starTarget(analysis: Analysis, id: string): string | null {
  if (analysis.scopes.stars.length === 0) return null
  for (const module of analysis.scopes.stars) {
    const summary = analysis.importedByName.get(module)
    if (summary === undefined || id.startsWith('_')) continue
    if (
      Object.hasOwn(summary.functions, id) ||
      Object.hasOwn(summary.classes, id) ||
      Object.hasOwn(summary.constants, id) ||
      Object.hasOwn(summary.reexports, id) ||
      Object.hasOwn(summary.kept ?? {}, id)
    )
      return module.endsWith('.') ? `${module}${id}` : `${module}.${id}`
  }
  return null
}

/** The import target that a name or attribute chain begins with, as far as it is written: 'common.make_loader'. */
export function targetOf(analysis: Analysis, expr: Expr): string | null {
  let root = expr
  while (root.type === 'attribute') root = root.value
  if (root.type !== 'name') return null
  const last = bindingsOf(analysis, root.id, root.start).at(-1)
  const target = last === undefined ? starTarget(analysis, root.id) : last.target
  if (target === null || expr.type !== 'attribute') return target
  // Few names are imported: the rest is spelled only for those.
  let rest = expr.attr
  for (let one = expr.value; one.type === 'attribute'; one = one.value) rest = `${one.attr}.${rest}`
  return target.endsWith('.') ? target + rest : `${target}.${rest}`
}

/** The import target behind a callee: a function, or a method of an object whose class is imported. */
export function importedTarget(analysis: Analysis, callee: Expr): string | null {
  if (callee.type !== 'name' && callee.type !== 'attribute') return null
  const direct = targetOf(analysis, callee)
  if (direct !== null || callee.type !== 'attribute') return direct
  const klass = importedClassOf(analysis, callee.value)
  return klass === null ? null : `${klass}.${callee.attr}`
}

/** The import target of the class that a value is an object of: as it was made, or as a parameter declares it. */
function importedClassOf(analysis: Analysis, value: Expr, depth = 0): string | null {
  if (depth > 4) return null
  const made = definition(analysis, value)
  if (made.type === 'call') return targetOf(analysis, made.callee)
  if (made.type === 'name') {
    const bindings = bindingsOf(analysis, made.id, made.start)
    const [binding] = bindings
    if (bindings.length !== 1 || binding!.kind !== 'param') return null
    const annotation = analysis.parameterAnnotation(binding!)
    if (annotation !== null) return declaredClass(analysis, annotation)
    // While calls are still collected, more may be to come.
    if (!analysis.complete) return null
    return analysis.passedTargets.of(binding!, () => {
      const passed = passedValues(analysis, binding!)
      return passed === null || passed.outside.length > 0
        ? null
        : agreed(passed.here, (one) => importedClassOf(analysis, one))
    })
  }
  // `self.trainer = trainer` in the constructor.
  const classes = new Set(
    attributeValues(analysis, made).map((one) =>
      one === null ? null : importedClassOf(analysis, one, depth + 1),
    ),
  )
  return classes.size === 1 ? [...classes][0]! : null
}

/** `Trainer`, `'Trainer'`, `Optional[Trainer]`, `Trainer | None`. */
function declaredClass(analysis: Analysis, annotation: Expr): string | null {
  const { type, start, end } = annotation
  if (type === 'constant')
    return typeof annotation.value === 'string' && /^\w+$/.test(annotation.value)
      ? targetOf(analysis, { type: 'name', id: annotation.value, start, end })
      : null
  if (type === 'subscript')
    return /(^|\.)Optional$/.test(nameOf(analysis, annotation.value) ?? '')
      ? declaredClass(analysis, annotation.index)
      : null
  if (type === 'binary' && annotation.op === '|')
    return isNone(annotation.right) ? declaredClass(analysis, annotation.left) : null
  return targetOf(analysis, annotation)
}

/** What another module of the project says of the function that an expression names, or the method of a class of it. */
export function importedFunction(analysis: Analysis, callee: Expr): FunctionSummary | null {
  const found = importedMember(analysis, callee)
  return found === null ? null : (lookUp(found.summary.functions, found.rest) ?? null)
}

/** What another module says of the class that has a method, and the name of that. */
export function importedMethod(
  analysis: Analysis,
  callee: Expr,
): { klass: ClassSummary; method: string } | null {
  const found = importedMember(analysis, callee)
  const [name, method] = found?.rest.split('.') ?? []
  if (found === null || name === undefined || method === undefined) return null
  const klass = lookUp(found.summary.classes, name)
  return klass === undefined ? null : { klass, method }
}

/** Parameters that a function or a method of another module runs a network on, each as a batch of one. */
export function importedSingles(analysis: Analysis, callee: Expr): readonly SingleParameter[] {
  const found = importedMethod(analysis, callee)
  const singles =
    found === null ? importedFunction(analysis, callee)?.singles : lookUp(found.klass.singles, found.method)
  return singles ?? []
}

/** What a function, a method or a constructor of another module loads each time. */
export function importedLoads(analysis: Analysis, callee: Expr): readonly FunctionLoad[] {
  const method = importedMethod(analysis, callee)
  if (method !== null) return lookUp(method.klass.loads, method.method) ?? []
  const func = importedFunction(analysis, callee)
  if (func !== null) return func.loads ?? []
  return lookUp(analysis.importedClass(callee)?.loads, '__init__') ?? []
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

function isNone(expr: Expr | null): boolean {
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

/** A name that a module of the project only passes on from a library. */
function reexported(analysis: Analysis, target: string): string | null {
  const found = projectTarget(analysis, target)
  if (found === null || found.rest === '' || found.rest.includes('.')) return null
  return lookUp(found.summary.reexports, found.rest) ?? null
}

/** The expression that a name was last assigned before this place, where it is certain; else the expression itself. */
export function definition(analysis: Analysis, expr: Expr, depth = 0): Expr {
  if (depth > depthLimit) return expr
  if (expr.type === 'name') {
    const bindings = bindingsOf(analysis, expr.id, expr.start)
    if (bindings.length !== 1) return expr
    const binding = bindings[0]!
    if (binding.kind !== 'assign' || binding.value === null || binding.unpack !== null) return expr
    return definition(analysis, binding.value, depth + 1)
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

/** What is assigned to `self.x` in the class, or to `name.x` in the module; null for what has no single value. */
export function attributeValues(analysis: Analysis, expr: Expr): readonly (Expr | null)[] {
  if (expr.type !== 'attribute') return nothing
  if (expr.value.type !== 'name') {
    const saved = savedParameter(analysis, expr)
    return saved === null ? nothing : [saved]
  }
  const { id } = expr.value
  const bindings =
    id === 'self' || id === 'cls'
      ? analysis.attributesOfClasses.get(classScopeAt(analysis, expr.start))
      : analysis.attributeStores
  // `args.epochs = args.epochs or 10` reads what was there before.
  const stored = bindings?.get(`${id}.${expr.attr}`)
  if (stored === undefined) {
    const own = id === 'self' || id === 'cls'
    const value = own ? (ownConstant(analysis, expr) ?? heldByBase(analysis, expr)) : null
    return value === null ? nothing : [value]
  }
  const values: (Expr | null)[] = []
  for (const { binding } of stored) {
    const { value } = binding
    if (value === null || expr.start < value.start || expr.end > value.end)
      values.push(binding.kind === 'assign' && binding.unpack === null ? value : null)
  }
  return values.length > mostValues ? [null] : values
}

const nothing: readonly null[] = []

/** What a base of the class keeps in the attribute. */
function heldByBase(analysis: Analysis, { attr, start }: Expr & { type: 'attribute' }): Expr | null {
  const klass = classAround(analysis, start)
  return klass === null ? null : inheritedField(analysis, klass, attr)
}

/** `EPOCHS = 100` in the body of the class, or of one that it extends here; null where another class may replace it. */
function ownConstant(analysis: Analysis, expr: Expr & { type: 'attribute' }): Expr | null {
  const klass = classAround(analysis, expr.start)
  if (klass === null) return null
  const constant = [klass, ...baseClasses(analysis, klass)]
    .map((one) => classConstant(one, expr.attr))
    .find((one) => one !== null)
  if (constant === undefined) return null
  const extended = (base: string): boolean => base === klass.name || base.endsWith(`.${klass.name}`)
  const replaced =
    analysis.classes.some((one) => one !== klass && baseClasses(analysis, one).includes(klass)) ||
    analysis.importers.some(({ derived }) => derived?.some(({ base }) => extended(base)) === true)
  return replaced ? null : constant
}

/** Assignments to one attribute that are looked at. */
const mostValues = 100

/** The innermost class around an offset; null: there is none. Remembered, since all of `self` begins with this question. */
function classScopeAt(analysis: Analysis, offset: number): Scope | null {
  let found = analysis.classScopes.get(offset)
  if (found === undefined) {
    found = classScope(scopeAt(analysis.scopes, offset))
    analysis.classScopes.set(offset, found)
  }
  return found
}

export function classScope(scope: Scope | null): Scope | null {
  let current = scope
  while (current !== null && current.kind !== 'class') current = current.parent
  return current
}

/** The innermost class whose code holds an offset. */
export function classAround(analysis: Analysis, offset: number): Klass | null {
  return classOfNode(analysis, classScopeAt(analysis, offset))
}

export function classOfScope(analysis: Analysis, scope: Scope): Klass | null {
  return classOfNode(analysis, classScope(scope))
}

function classOfNode(analysis: Analysis, scope: Scope | null): Klass | null {
  const node = scope?.node
  return node?.type === 'class' ? (analysis.classByNode.get(node) ?? null) : null
}

/** Calls that give back the function that they are given, prepared or compiled. */
export const wrappers =
  /^(functools\.partial|torch\.compile|tensorflow\.function|jax\.(jit|pmap|checkpoint|remat)|flax\.nnx\.(jit|pmap)|equinox\.filter_(jit|pmap))$/

/** Function of this module that an expression names: `train`, `self.step`, `Model.fit`. */
export function functionOf(analysis: Analysis, expr: Expr, depth = 0): Func | null {
  if (depth > depthLimit) return null
  if (expr.type === 'name') {
    const bindings = bindingsOf(analysis, expr.id, expr.start)
    const last = bindings.at(-1)
    if (last === undefined) return null
    if (last.kind === 'function') return analysis.functionByNode.get(last.node as never) ?? null
    if (last.kind === 'assign' && last.value !== null && last.unpack === null)
      return functionOf(analysis, last.value, depth + 1)
    // An object that the function is passed, and that can be called.
    const passed = last.kind === 'param' ? passedClass(analysis, expr) : null
    return passed === null ? null : methodOf(analysis, passed, '__call__')
  }
  if (expr.type === 'attribute') {
    if (expr.value.type === 'name' && (expr.value.id === 'self' || expr.value.id === 'cls')) {
      const klass = classAround(analysis, expr.start)
      if (klass === null) return null
      return methodOf(analysis, klass, expr.attr) ?? preparedFunction(analysis, expr, depth)
    }
    const klass = classOf(analysis, expr.value, depth + 1) ?? instanceClass(analysis, expr.value, depth + 1)
    return klass === null ? elsewhere(analysis, expr, depth) : methodOf(analysis, klass, expr.attr)
  }
  if (expr.type === 'call') {
    const name = nameOf(analysis, expr.callee)
    const wrapped = expr.args[0]
    if (wrapped !== undefined && name !== null && wrappers.test(name)) {
      return functionOf(analysis, wrapped.value, depth + 1)
    }
    if (name === null) return functionMade(analysis, expr, depth)
  }
  return null
}

/** Methods that a decorator gives a function, which run it with the same arguments: in Modal, Ray and Celery. */
const runsElsewhere = /^(remote|local|spawn|delay)$/

/** `train.remote(config)`. */
function elsewhere(
  analysis: Analysis,
  { value, attr }: Extract<Expr, { type: 'attribute' }>,
  depth: number,
): Func | null {
  if (value.type !== 'name' || !runsElsewhere.test(attr)) return null
  const func = functionOf(analysis, value, depth + 1)
  return func !== null && func.node.decorators.length > 0 ? func : null
}

/** The inner function that `make_tokenize(tokenizer)` returns, what objects of `Tokenize(tokenizer)` do when they are called. */
function functionMade(analysis: Analysis, { callee }: CallExpr, depth: number): Func | null {
  const klass = classOf(analysis, callee, depth + 1)
  if (klass !== null) return methodOf(analysis, klass, '__call__')
  const maker = functionOf(analysis, callee, depth + 1)
  const made = new Set<Func | null>()
  for (const value of maker === null ? [] : returnsOf(maker))
    made.add(value.type === 'name' || value.type === 'call' ? functionOf(analysis, value, depth + 1) : null)
  const [only = null] = made
  return made.size === 1 ? only : null
}

/** `self.train_step = jax.jit(train_step)`, `self.step = step` in a constructor. */
function preparedFunction(analysis: Analysis, expr: Expr, depth: number): Func | null {
  const values = attributeValues(analysis, expr)
  const [only] = values
  return values.length === 1 && (only?.type === 'call' || only?.type === 'name')
    ? functionOf(analysis, only, depth + 1)
    : null
}

export function methodOf(analysis: Analysis, klass: Klass, name: string): Func | null {
  const own = klass.methods.get(name)
  if (own !== undefined) return own
  for (const { methods } of baseClasses(analysis, klass)) {
    const inherited = methods.get(name)
    if (inherited !== undefined) return inherited
  }
  return null
}

/** Class of this module that an expression names. */
export function classOf(analysis: Analysis, expr: Expr, depth = 0): Klass | null {
  if (depth > depthLimit || expr.type !== 'name') return null
  const bindings = bindingsOf(analysis, expr.id, expr.start)
  const last = bindings.at(-1)
  if (last === undefined) return null
  if (last.kind === 'class') return analysis.classByNode.get(last.node as never) ?? null
  if (last.kind === 'assign' && last.value !== null && last.unpack === null)
    return classOf(analysis, last.value, depth + 1)
  return null
}

/** Class of this module that a value is an instance of. */
export function instanceClass(analysis: Analysis, expr: Expr, depth = 0): Klass | null {
  if (depth > depthLimit) return null
  const value = definition(analysis, expr)
  if (value.type === 'name') return passedClass(analysis, value)
  if (value.type === 'attribute')
    return agreed(attributeValues(analysis, value), (one) =>
      one === null || one.type === 'constant' ? null : instanceClass(analysis, one, depth + 1),
    )
  if (value.type !== 'call') return null
  const made = classOf(analysis, value.callee, depth + 1)
  if (made !== null) return made
  if (value.callee.type === 'attribute' && fluent.has(value.callee.attr)) {
    return instanceClass(analysis, value.callee.value, depth + 1)
  }
  return null
}

/** The class of what all calls of a function, here or in other modules, pass for a parameter. */
function passedClass(analysis: Analysis, { id, start }: Expr & { type: 'name' }): Klass | null {
  // While calls are still collected, more may be to come.
  if (!analysis.complete) return null
  const bindings = bindingsOf(analysis, id, start)
  const binding = bindings.length === 1 ? bindings[0]! : null
  if (binding?.kind !== 'param') return null
  return analysis.passedClasses.of(binding, () => {
    const passed = passedValues(analysis, binding)
    if (passed === null) return null
    const made = passed.outside.map((one) =>
      one?.path === analysis.path ? (analysis.classes.find(({ name }) => name === one.name) ?? null) : null,
    )
    const here = agreed(passed.here, (one) => instanceClass(analysis, one))
    if (passed.here.length === 0) return agreed(made, (one) => one)
    return here !== null && made.every((one) => one === here) ? here : null
  })
}

/** The one answer that all give. */
function agreed<A, T>(all: readonly A[], answer: (one: A) => T | null): T | null {
  if (all.length === 0) return null
  const first = answer(all[0]!)
  return first !== null && all.slice(1).every((one) => answer(one) === first) ? first : null
}

/** What a loop over combinations multiplies: `itertools.product`, and lists of configurations that were made before. */

import { argumentOf } from '../../python/configured-path.js'
import { functionAt, resultAt } from '../../python/definition-places.js'
import type { Call, Func, PythonModule } from '../../python/module.js'
import type { CallExpr, Expr, For, Stmt } from '../../syntax/python-ast.js'
import { childrenOf } from '../../syntax/python-children.js'
import { plainConfigured } from '../../text/configured.js'
import type { Json } from '../../text/json.js'
import type { Location } from '../../text/location.js'
import { passedExpression } from '../../values/argument.js'
import { effective } from '../../values/value.js'

export interface Factor {
  /** The key, where the collections are those of a dictionary. */
  name: string | null
  values: Expr
  /** What the collection holds, where it stands in a file that the code loads. */
  loaded?: Json[]
  location?: Location
}

/** The caller of a function that makes combinations, and what its call hands over. */
interface Caller {
  python: PythonModule
  func: Func
  call: CallExpr
}

/** The collections of `itertools.product(a, b)`, `product(*grid.values())`. */
export function productOf(
  python: PythonModule,
  iterable: Expr,
  caller: Caller | null = null,
): Factor[] | null {
  const value = python.definition(iterable)
  if (value.type !== 'call' || python.nameOf(value.callee) !== 'itertools.product') return null
  const factors: Factor[] = []
  for (const argument of value.args) {
    if (argument.name !== null) return null
    if (argument.star === 0) factors.push({ name: null, values: argument.value })
    else {
      const spread = valuesOf(python, argument.value, caller)
      if (spread === null) return null
      factors.push(...spread)
    }
  }
  return factors
}

/** `grid.values()`, `list(grid.values())`, `[v for v in grid.values()]`, or a list of collections. */
function valuesOf(python: PythonModule, expr: Expr, caller: Caller | null): Factor[] | null {
  let value = python.definition(expr)
  const looked = lookedUp(python, value)
  if (looked !== null) return factorsOf(python, looked, caller)
  if (value.type === 'comprehension' && value.clauses.length === 1 && value.conditions.length === 0)
    value = python.definition(value.clauses[0]!.iterable)
  if (value.type === 'call' && python.nameOf(value.callee) === 'list' && value.args.length === 1)
    value = python.definition(value.args[0]!.value)
  if (value.type === 'list' || value.type === 'tuple')
    return value.items.map((item) => ({ name: null, values: item }))
  const dictionary =
    value.type === 'call' && value.callee.type === 'attribute' && value.callee.attr === 'values'
      ? value.callee.value
      : unzipped(python, expr)
  return dictionary === null ? null : factorsOf(python, dictionary, caller)
}

/** The dictionary of `(grid[name] for name in sorted(grid))`. */
function lookedUp(python: PythonModule, value: Expr): Expr | null {
  if (value.type !== 'comprehension' || value.clauses.length !== 1 || value.conditions.length > 0) return null
  const { target, iterable } = value.clauses[0]!
  const { element } = value
  if (element.type !== 'subscript' || element.index.type !== 'name' || target.type !== 'name') return null
  if (element.index.id !== target.id) return null
  let keys = python.definition(iterable)
  if (keys.type === 'call' && /^(sorted|list|tuple)$/.test(python.nameOf(keys.callee) ?? ''))
    keys = python.definition(keys.args[0]?.value ?? keys)
  if (keys.type === 'call' && keys.callee.type === 'attribute' && keys.callee.attr === 'keys')
    keys = python.definition(keys.callee.value)
  const dictionary = python.definition(element.value)
  const same =
    (keys.start === dictionary.start && keys.end === dictionary.end) ||
    (keys.type === 'name' && dictionary.type === 'name' && keys.id === dictionary.id)
  return same ? element.value : null
}

/** `ParameterGrid(grid)` of scikit-learn. */
export function parameterGrid(python: PythonModule, expr: Expr): Factor[] | null {
  const value = python.definition(expr)
  const given = value.type === 'call' ? value.args[0]?.value : undefined
  if (value.type !== 'call' || given === undefined) return null
  const name = python.nameOf(value.callee)
  return name === 'sklearn.model_selection.ParameterGrid' ? factorsOf(python, given) : null
}

function factorsOf(python: PythonModule, dictionary: Expr, caller: Caller | null = null): Factor[] | null {
  const handed = caller === null ? null : handedOver(python, dictionary, caller)
  if (handed !== null) return handed
  const keys = python.keysOf(dictionary)
  if (keys === null) return loadedFactors(python, dictionary)
  const factors: Factor[] = []
  for (const key of keys) {
    const values = passedExpression(python.entry(dictionary, key))
    if (values === null) return null
    factors.push({ name: key, values })
  }
  return factors
}

/** The lists of a dictionary that the caller hands over: `expand(space)`. */
function handedOver(python: PythonModule, dictionary: Expr, caller: Caller): Factor[] | null {
  const named = python.definition(dictionary)
  if (named.type !== 'name') return null
  const position = caller.func.node.params.findIndex((one) => one.name === named.id)
  const given = position < 0 ? null : argumentOf(caller.call, named.id, position)
  if (given === null) return null
  const lists = effective(caller.python.fold(given))
  if (typeof lists !== 'object' || lists === null || Array.isArray(lists)) return null
  const factors = Object.entries(lists).flatMap(([name, loaded]): Factor[] =>
    Array.isArray(loaded) ? [{ name, values: given, loaded }] : [],
  )
  return factors.length === Object.keys(lists).length ? factors : null
}

/** The lists of `yaml.safe_load(open('grid.yaml'))`; null where a key holds anything else, or more may be there. */
function loadedFactors(python: PythonModule, dictionary: Expr): Factor[] | null {
  const held = python.configured(dictionary)
  if (held?.kind !== 'map' || held.open !== undefined) return null
  const factors: Factor[] = []
  for (const [name, list] of Object.entries(held.entries)) {
    const loaded = plainConfigured(list)
    if (!Array.isArray(loaded)) return null
    factors.push({ name, values: dictionary, loaded, location: list.at.location })
  }
  return factors.length === 0 ? null : factors
}

/**
 * `[{'lr': lr, 'bs': bs} for lr in LRS for bs in SIZES]`, `[dict(zip(keys, v)) for v in product(*grid.values())]`: each
 * item is one configuration with all values; `[(lr, bs) for lr in LRS for bs in SIZES]` as well.
 */
export function listedConfigurations(python: PythonModule, iterable: Expr): Factor[] | null {
  const made = yieldedAt(python, iterable) ?? listedAt(python, iterable)
  if (made === null) return collected(python, iterable)
  if (made.python === python) return made.factors
  const factors: Factor[] = []
  for (const { name, values, ...held } of made.factors) {
    const loaded = held.loaded ?? effective(made.python.fold(values))
    // Nobody can read the code of another module from here.
    if (!Array.isArray(loaded)) return null
    factors.push({ ...held, name, values: iterable, loaded })
  }
  return factors.length === 0 ? null : factors
}

interface Listed {
  factors: Factor[]
  /** Whose code the values stand in. */
  python: PythonModule
}

function callerOf(python: PythonModule, iterable: Expr): Caller | null {
  const call = python.definition(iterable)
  const found = call.type === 'call' ? functionAt(python, call.callee) : null
  return call.type === 'call' && found !== null ? { python, func: found.func, call } : null
}

function listedAt(python: PythonModule, iterable: Expr): Listed | null {
  const { expr, python: there } = resultAt(python, iterable)
  if (expr.type !== 'comprehension' || expr.conditions.length > 0) return null
  if (expr.kind !== 'list' && expr.kind !== 'generator') return null
  const factors = multiplied(there, expr.element, expr.clauses, callerOf(python, iterable))
  return factors && { factors, python: there }
}

/** What a function of the project yields in its loops, or puts into the list that it returns: `for lr in RATES: for bs in SIZES: yield {'lr': lr, 'bs': bs}`. */
function yieldedAt(python: PythonModule, iterable: Expr): Listed | null {
  const caller = callerOf(python, iterable)
  const found = caller === null ? null : functionAt(python, caller.call.callee)
  if (found === null) return null
  const loops: For[] = []
  let block = withoutWith(found.func.node.body)
  for (;;) {
    const inner = block.filter((one) => one.type === 'for')
    const [loop] = inner
    // What a test leaves out, or several loops make, is no product.
    const plain = loops.length === 0 ? /^(assign|expr|for|return)$/ : /^(assign|expr|for)$/
    if (inner.length > 1 || !block.every(({ type }) => plain.test(type))) return null
    if (loop === undefined) break
    loops.push(loop)
    block = withoutWith(loop.body)
  }
  const filled = returnedName(found.func.node.body)
  const yields = block.flatMap((one) =>
    one.type === 'expr' ? (yieldedBy(found.python, one.value) ?? appendedTo(filled, one.value) ?? []) : [],
  )
  const handedOn = loops.length === 0 ? yieldedFrom(found.python, block) : null
  if (handedOn !== null) return listedAt(found.python, handedOn)
  const [element] = yields
  if (element === undefined || yields.length > 1 || loops.length === 0) return null
  const factors = multiplied(found.python, found.python.definition(element), loops, caller)
  return factors && { factors, python: found.python }
}

/** With what stands in `with open(path) as file:`. */
function withoutWith(block: readonly Stmt[]): readonly Stmt[] {
  return block.flatMap((one) => (one.type === 'with' ? withoutWith(one.body) : [one]))
}

/** What a function that only looks things up hands on whole: `yield from (dict(zip(grid, v)) for v in product(*grid.values()))`. */
function yieldedFrom(python: PythonModule, block: readonly Stmt[]): Expr | null {
  const handed = block.flatMap((one) => {
    if (one.type !== 'expr' || one.value.type !== 'other') return []
    const { start, end } = one.value
    return /^\(?\s*yield\s+from\b/.test(python.text.slice(start, end)) ? childrenOf(one.value) : []
  })
  return handed.length === 1 ? handed[0]! : null
}

/** The list that a function fills and returns. */
function returnedName(body: readonly Stmt[]): string | null {
  const last = body.at(-1)
  return last?.type === 'return' && last.value?.type === 'name' ? last.value.id : null
}

/** `found.append({'lr': lr, 'bs': bs})` */
function appendedTo(name: string | null, expr: Expr): Expr | null {
  if (name === null || expr.type !== 'call' || expr.callee.type !== 'attribute') return null
  const { value, attr } = expr.callee
  const [element, other] = expr.args
  const fills = attr === 'append' && value.type === 'name' && value.id === name && other === undefined
  return fills && element?.star === 0 ? element.value : null
}

function yieldedBy(python: PythonModule, expr: Expr): Expr | null {
  const isYield =
    expr.type === 'other' && /^\(?\s*yield\b(?!\s+from)/.test(python.text.slice(expr.start, expr.end))
  return isYield ? (childrenOf(expr)[0] ?? null) : null
}

type Clause = { target: Expr; iterable: Expr }

/** The factors of what is made for each combination that the clauses go through. */
function multiplied(
  python: PythonModule,
  element: Expr,
  clauses: readonly Clause[],
  caller: Caller | null,
): Factor[] | null {
  const [first] = clauses
  if (clauses.length === 1 && first !== undefined && isZipped(python, element, first.target))
    return productOf(python, first.iterable, caller)
  return several(writtenOut(python, element, clauses))
}

/** `jobs = []`, then `jobs.append({'lr': lr, 'bs': bs})` in nested loops. */
function collected(python: PythonModule, iterable: Expr): Factor[] | null {
  if (iterable.type !== 'name') return null
  const empty = python.definition(iterable)
  if (empty.type !== 'list' || empty.items.length > 0) return null
  const fills = python.calls.filter(
    ({ expr: { callee, start } }) =>
      callee.type === 'attribute' &&
      callee.value.type === 'name' &&
      callee.value.id === iterable.id &&
      start < iterable.start &&
      python.definition(callee.value) === empty,
  )
  const [fill, ...others] = fills
  const element = fill?.expr.args[0]
  if (fill === undefined || element === undefined || others.length > 0 || fill.method !== 'append')
    return null
  if (element.star > 0 || testedInside(fill)) return null
  const clauses = fill.loops.flatMap(({ node }) => (node.type === 'for' ? [node] : []))
  return clauses.length < fill.loops.length ? null : several(writtenOut(python, element.value, clauses))
}

/** Some of the combinations are left out. */
function testedInside({ statement, loops }: Call): boolean {
  const inside = loops.at(-1)?.node.body ?? []
  return !inside.includes(statement) || loops.some(({ node }) => node.body.some(({ type }) => type === 'if'))
}

function several(factors: Factor[] | null): Factor[] | null {
  return factors === null || factors.length < 2 ? null : factors
}

/** `dict(zip(grid.keys(), combination))` */
function isZipped(python: PythonModule, element: Expr, target: Expr): boolean {
  if (element.type !== 'call' || python.nameOf(element.callee) !== 'dict') return false
  const zip = element.args[0]?.value
  if (zip?.type !== 'call' || python.nameOf(zip.callee) !== 'zip') return false
  const combination = zip.args[1]?.value
  return combination?.type === 'name' && target.type === 'name' && combination.id === target.id
}

/** One factor for each clause, or for each collection of the product that it goes through, named by the key that its value is given. */
function writtenOut(python: PythonModule, element: Expr, clauses: readonly Clause[]): Factor[] | null {
  const keys = keysIn(python, element)
  if (keys === null) return null
  const factors: Factor[] = []
  for (const { target, iterable } of clauses) {
    const product = target.type === 'tuple' ? productOf(python, iterable) : null
    const targets = target.type === 'tuple' ? target.items : [target]
    if (product === null ? target.type !== 'name' : product.length !== targets.length) return null
    for (const [index, one] of targets.entries()) {
      const name = one.type === 'name' ? keys.get(one.id) : undefined
      if (name === undefined) return null
      factors.push(product === null ? { name, values: iterable } : { ...product[index]!, name })
    }
  }
  return factors
}

/** The variables that a configuration is made of, with the keys that they are given: `{'lr': lr}`, `dict(lr=lr)`, `Job(lr=lr)`, `(lr, bs)`. */
function keysIn(python: PythonModule, element: Expr): ReadonlyMap<string, string> | null {
  const keys = new Map<string, string>()
  const add = (name: unknown, value: Expr): void => {
    if (typeof name === 'string' && value.type === 'name') keys.set(value.id, name)
  }
  if (element.type === 'tuple' || element.type === 'list')
    element.items.forEach((item, index) => {
      const flag = index === 0 ? null : flagIn(effective(python.fold(element.items[index - 1]!)))
      const [value, own] = argumentIn(item)
      add(own ?? flag ?? (value.type === 'name' ? value.id : null), value)
    })
  else if (element.type === 'dict')
    for (const { key, value } of element.entries)
      add(key === null ? null : effective(python.fold(key)), value)
  else if (element.type === 'call') for (const { name, value } of element.args) add(name, value)
  else return null
  return keys
}

/** `--weight-decay` */
const flagIn = (word: unknown): string | null =>
  typeof word === 'string' ? (/^--?([A-Za-z][\w-]*)=?$/.exec(word)?.[1]?.replaceAll('-', '_') ?? null) : null

/** `str(lr)`, and `f'--lr={lr}'` with the name of its flag. */
function argumentIn(item: Expr): [value: Expr, flag: string | null] {
  if (item.type === 'call' && item.callee.type === 'name' && item.callee.id === 'str')
    return [item.args[0]?.value ?? item, null]
  if (item.type !== 'fstring') return [item, null]
  const [first, ...others] = item.parts
  if (typeof first !== 'string') return [others.length === 0 && first !== undefined ? first : item, null]
  const [value, ...more] = others
  return value === undefined || typeof value === 'string' || more.length > 0
    ? [item, null]
    : [value, flagIn(first.trim())]
}

/** The dictionary of `keys, values = zip(*grid.items())`, where the expression is the second of them. */
function unzipped(python: PythonModule, expr: Expr): Expr | null {
  if (expr.type !== 'name') return null
  const binding = python.bindingsOf(expr).at(-1)
  const value = binding?.value
  if (binding?.unpack?.length !== 1 || binding.unpack[0] !== 1 || value?.type !== 'call') return null
  const [argument] = value.args
  const items = argument?.star === 1 ? argument.value : null
  if (python.nameOf(value.callee) !== 'zip' || items?.type !== 'call' || items.callee.type !== 'attribute')
    return null
  return items.callee.attr === 'items' ? items.callee.value : null
}

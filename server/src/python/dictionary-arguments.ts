/** The value of a key of a dictionary that is unpacked into a call, wherever the dictionary comes from. */
import type { CallExpr, Comprehension, DictExpr, Expr } from '../syntax/python-ast.js'
import type { Json } from '../text/json.js'
import { once } from '../text/once.js'
import { lookUp } from '../text/records.js'
import type { Analysis } from './analysis.js'
import { inBranches } from './branch-assignments.js'
import { search } from './call-arguments.js'
import { eitherOf } from './conditional-arguments.js'
import { configuredNode, foldFound, look } from './configured.js'
import { below, type ConfiguredPath } from './configured-path.js'
import { afterChanges, mayBe } from './dictionary-changes.js'
import { given, inConfigured } from './given-argument.js'
import { innerChange } from './inner-changes.js'
import type { ArgumentValue, Func } from './module.js'
import { bindingsOf } from './names.js'
import { holdsKeywords } from './record-classes.js'
import { certainReturn } from './returns.js'
import { isWholeLine } from './whole-line.js'
import { writtenOut } from './written-out.js'

/** `**vars(args)`: each option of the program under its name; null: it is something else. */
function parsedArgument(
  analysis: Analysis,
  { callee, args }: CallExpr,
  keyword: string,
): ArgumentValue | null {
  const [first] = args
  if (callee.type !== 'name' || callee.id !== 'vars' || first === undefined) return null
  if (!analysis.programParameters.isNamespace(first.value)) return null
  const { start, end } = first.value
  if (analysis.programArguments.some(({ name }) => name === keyword))
    return given(analysis, { type: 'attribute', value: first.value, attr: keyword, start, end })
  return isWholeLine(analysis, first.value, keyword) ? { state: 'absent' } : null
}

/** The value of a key in a dictionary: as written, then as changed by assignments and `update`. */
export function inDictionary(
  analysis: Analysis,
  expr: Expr,
  keyword: string,
  until: number = expr.start,
  depth = 0,
  /** With what is written into its values, `config['train']['lr'] = 0.1`. */
  whole = true,
): ArgumentValue {
  const opaque: ArgumentValue = { state: 'unknown', because: '**kwargs' }
  if (depth > 8) return opaque
  const changed = (before: ArgumentValue): ArgumentValue =>
    afterChanges(analysis, expr, keyword, before, until, whole)
  const inner = (part: Expr): ArgumentValue =>
    inDictionary(analysis, part, keyword, Math.max(until, part.start), depth + 1)
  const value = analysis.definition(expr)
  const written = value.type === 'subscript' ? innerChange(analysis, value, keyword, until) : null
  if (written === 'unclear') return { state: 'unknown', because: `${keyword} is changed` }
  if (written !== null && written !== 'other keys') return given(analysis, written)
  const built = writtenOut(analysis, value)
  if (built !== null) return changed(inner(built))
  const configured = configuredNode(analysis, value)
  if (configured !== null) {
    const { node, path, overridable } = configured
    if (node !== undefined) return changed(inConfigured(expr, node, keyword, overridable))
    if (path.root !== null) return opaque
    // A dictionary or an object of another module.
    const field = look(analysis, below(path, keyword))
    const folded = field === null ? null : foldFound(field)
    if (folded !== null) return changed({ state: 'given', expr, folded, span: expr })
    if (lacks(path, keyword)) return changed({ state: 'absent' })
  }
  if (value.type === 'conditional') {
    const [then, otherwise] = [inner(value.then), inner(value.otherwise)]
    if (then.state === 'absent' && otherwise.state === 'absent') return then
    return eitherOf(analysis, { ...value, holds: true }, then, otherwise, opaque)
  }
  if (value.type === 'binary' && value.op === '|') {
    const right = inner(value.right)
    return right.state === 'absent' ? inner(value.left) : right
  }
  const parsed = value.type === 'call' ? parsedArgument(analysis, value, keyword) : null
  if (parsed !== null) return parsed
  if (value.type === 'call' && holdsKeywords(analysis, value))
    return changed(search(analysis, value.args, keyword, null))
  if (value.type === 'call' && value.callee.type === 'name' && value.callee.id === 'dict') {
    const inside = search(analysis, value.args, keyword, null)
    const first = value.args[0]
    // `dict(base, lr=0.1)` starts from another dictionary.
    const copied = first !== undefined && first.name === null && first.star === 0
    const result = copied && inside.state === 'absent' ? inner(first.value) : inside
    return changed(result)
  }
  if (
    value.type === 'call' &&
    value.callee.type === 'attribute' &&
    value.callee.attr === 'copy' &&
    value.args.length === 0
  )
    return changed(inDictionary(analysis, value.callee.value, keyword, value.start, depth + 1))
  if (value.type === 'call') {
    const func = analysis.functionOf(value.callee)
    const returned = func === null ? null : certainReturn(func)
    if (func === null || returned === null) return opaque
    const filtered = returned.type === 'comprehension' ? filteredItems(returned) : null
    const passed = filtered === null ? null : passedFor(analysis, value, func, filtered)
    if (passed !== null) return changed(inner(passed))
    const made = inDictionary(analysis, returned, keyword, returned.start, depth + 1)
    return changed(made)
  }
  if (value.type === 'comprehension') {
    const source = filteredItems(value)
    return source === null ? opaque : changed(inner(source))
  }
  const constant = (): ArgumentValue => {
    const found = inConstant(analysis, expr, value, keyword)
    return found === null ? opaque : changed(found)
  }
  const branches = inBranches(analysis, value)
  if (branches !== null) {
    const [first, second] = [inner(branches.first), inner(branches.second)]
    if (first.state === 'absent' && second.state === 'absent') return changed(second)
    return changed(eitherOf(analysis, branches.guard, second, first, opaque))
  }
  if (value.type === 'name') {
    const passed = inParameter(analysis, value, keyword, depth)
    return passed.state === 'unknown' ? constant() : changed(passed)
  }
  if (value.type === 'attribute') {
    const [only, ...more] = analysis.attributeValues(value)
    return only?.type === 'dict' && more.length === 0 ? inner(only) : constant()
  }
  if (
    value.type === 'subscript' &&
    value.index.type === 'constant' &&
    typeof value.index.value === 'string'
  ) {
    const others = written === 'other keys'
    const outer = inDictionary(analysis, value.value, value.index.value, until, depth + 1, !others)
    // What is no expression of this module stands at the dictionary.
    if (outer.state === 'given' && outer.expr !== value.value) return inner(outer.expr)
    return others ? inFolded(outer, keyword) : constant()
  }
  if (value.type !== 'dict') return opaque
  let result: ArgumentValue = { state: 'absent' }
  const byKeys = entriesByKey(value)
  const entry = byKeys?.get(keyword)
  if (entry !== undefined) result = given(analysis, entry)
  for (const entry of byKeys === null ? value.entries : []) {
    if (entry.key === null) {
      const inside = inDictionary(analysis, entry.value, keyword, entry.value.start, depth + 1)
      if (inside.state !== 'absent') result = inside
      continue
    }
    const key = analysis.fold(entry.key)
    if (key.state === 'unknown') result = mayBe(key, keyword) ? opaque : result
    else if (key.value === keyword) result = given(analysis, entry.value)
  }
  return changed(result)
}

/** All keys of the dictionary are known, and this is none of them. */
function lacks({ keys, fields, under, changed, mayChange }: ConfiguredPath, key: string): boolean {
  if (fields?.all === undefined || fields.from !== keys.length || under !== undefined) return false
  return changed === undefined && mayChange === undefined && !fields.all.includes(key)
}

/** In a dictionary that another module of the project writes down: `settings.TRAINING`, shown at `expr`; null: it is something else. */
function inConstant(analysis: Analysis, expr: Expr, value: Expr, keyword: string): ArgumentValue | null {
  if (value.type !== 'name' && value.type !== 'attribute' && value.type !== 'subscript') return null
  const folded = analysis.fold(value)
  if (folded.state !== 'known' || !isRecord(folded.value)) return null
  const entry = lookUp(folded.value, keyword)
  if (entry === undefined) return { state: 'absent', overridable: folded.overridable }
  const span = { start: expr.start, end: expr.end }
  return { state: 'given', expr, folded: { ...folded, value: entry }, span }
}

/** A key of a value that is known as a whole. */
function inFolded(outer: ArgumentValue, keyword: string): ArgumentValue {
  if (outer.state !== 'given' || outer.folded.state !== 'known' || !isRecord(outer.folded.value))
    return { state: 'unknown', because: '**kwargs' }
  const value = lookUp(outer.folded.value, keyword)
  if (value === undefined) return { state: 'absent', overridable: outer.folded.overridable }
  return { ...outer, folded: { ...outer.folded, value } }
}

function isRecord(value: Json): value is { [key: string]: Json } {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

const byKey = new WeakMap<DictExpr, ReadonlyMap<string, Expr> | null>()

/** The entries of a dictionary whose keys are all written out; null: some are not. */
function entriesByKey(dictionary: DictExpr): ReadonlyMap<string, Expr> | null {
  let found = byKey.get(dictionary)
  if (found === undefined) {
    const entries = new Map<string, Expr>()
    for (const { key, value } of dictionary.entries)
      if (key?.type === 'constant') entries.set(String(key.value), value)
    const plain = dictionary.entries.every(
      ({ key }) => key?.type === 'constant' && typeof key.value === 'string',
    )
    found = plain ? entries : null
    byKey.set(dictionary, found)
  }
  return found
}

/** `{k: v for k, v in kwargs.items() if k in accepted}`: what it leaves out would not be taken anyway. */
function filteredItems({ kind, element, value, clauses }: Comprehension): Expr | null {
  const [clause] = clauses
  if (kind !== 'dict' || clauses.length !== 1 || clause === undefined) return null
  const { target, iterable } = clause
  const [key, item] = target.type === 'tuple' ? target.items : []
  const same = (a: Expr | undefined, b: Expr | undefined): boolean =>
    a?.type === 'name' && b?.type === 'name' && a.id === b.id
  const plain = same(key, element) && same(item, value)
  const called = iterable.type === 'call' && iterable.callee.type === 'attribute' ? iterable.callee : null
  return plain && called?.attr === 'items' ? called.value : null
}

/** What a call of a function passes for the parameter that a name in it stands for; null: it stands for something else. */
function passedFor(analysis: Analysis, call: CallExpr, func: Func, name: Expr): Expr | null {
  if (name.type !== 'name') return null
  const position = func.node.params.findIndex((one) => one.name === name.id && one.star === 0)
  const site = analysis.callAt(call)
  if (position < 0 || site === null) return null
  const argument = analysis.argument(site, name.id, position)
  return argument.state === 'given' ? argument.expr : null
}

/** A dictionary that the function is given: what all calls of it pass, `**kwargs` among them. */
function inParameter(
  analysis: Analysis,
  name: Expr & { type: 'name' },
  keyword: string,
  depth: number,
): ArgumentValue {
  const opaque: ArgumentValue = { state: 'unknown', because: '**kwargs' }
  const bindings = bindingsOf(analysis, name.id, name.start)
  const binding = bindings.length === 1 ? bindings[0]! : null
  const owner = binding?.kind === 'param' ? analysis.parameterOwner(binding) : null
  if (owner === null) return opaque
  const { func, position } = owner
  const sites = analysis.callSites(func)
  const outside = analysis.outsideCalls(func)
  const star = func.node.params.find((one) => one.name === name.id)?.star
  if (sites === null || sites.length + outside.length === 0) return opaque
  if (star === 2 && func.node.params.some((one) => one.name === keyword)) return { state: 'absent' }
  const fromSites = (): ArgumentValue[] =>
    sites.map((site): ArgumentValue => {
      if (star === 2) return search(analysis, site.expr.args, keyword, null, depth + 1)
      const given = star === 0 ? analysis.argument(site, name.id, position) : null
      return given?.state === 'given'
        ? inDictionary(analysis, given.expr, keyword, given.expr.start, depth + 1)
        : opaque
    })
  // Each caller that hands its own on asks the same again.
  const question = `${keyword} in ${name.id} of ${func.node.start} at depth ${depth}`
  const passed = analysis.complete ? once(analysis, question, fromSites) : fromSites()
  if (star === 2 && sites.length === 0) {
    const folded = analysis.outsideKeyword(func, keyword)
    if (folded !== null)
      return { state: 'given', expr: name, folded, span: { start: name.start, end: name.end } }
  }
  const leftOut = outside.every(
    ({ args, open }) => star === 2 && !open && args?.some((one) => one.name === keyword) === false,
  )
  const [only, another] = passed
  if (only !== undefined && another === undefined && outside.length === 0) return only
  return leftOut && passed.every(({ state }) => state === 'absent') ? { state: 'absent' } : opaque
}

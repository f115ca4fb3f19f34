/** Arguments of a call: keywords, positions, unpacked dictionaries, arguments frozen by `partial`. */
import type { Argument, CallExpr, Comprehension, DictExpr, Expr } from '../syntax/python-ast.js'
import { type Configured, configuredChild } from '../text/configured.js'
import type { Json } from '../text/json.js'
import { once } from '../text/once.js'
import { lookUp } from '../text/records.js'
import type { Analysis } from './analysis.js'
import { boundValue } from './arguments.js'
import { inBranches } from './branch-assignments.js'
import { partialBehind } from './callee-names.js'
import { conditionOf, type Guard, guardsAt } from './conditions.js'
import { configuredNode, foldConfigured, foldFound, look } from './configured.js'
import { expressionOf } from './configured-expression.js'
import { argumentOf as asWritten, below, type ConfiguredPath } from './configured-path.js'
import { chosen, known } from './folded.js'
import { innerChange } from './inner-changes.js'
import type { ArgumentValue, Call, Folded, Func, ProgramArgument } from './module.js'
import type { Mutation } from './mutations.js'
import { bindingsOf } from './names.js'
import { certainReturn } from './returns.js'
import { isWholeLine } from './whole-line.js'
import { writtenOut } from './written-out.js'

export function argumentOf(
  analysis: Analysis,
  call: Call,
  keyword: string,
  position: number | null,
): ArgumentValue {
  const made = analysis.instantiations.get(call)
  if (made !== undefined) {
    const rest = call.expr.args.slice(1)
    const own = search(analysis, rest, keyword, position)
    return own.state === 'absent' ? inConfigured(call.expr, made.node, keyword, made.overridable) : own
  }
  const parsed = parsedBy(call.expr)
  if (parsed !== null) {
    const own = search(analysis, call.expr.args.slice(1), keyword, null)
    return own.state === 'absent' ? onCommandLine(analysis, parsed, keyword) : own
  }
  const frozen = partialBehind(analysis, call.expr.callee)
  const shift = frozen === null ? 0 : frozen.expr.args.filter((argument) => argument.name === null).length - 1
  const own = search(analysis, call.expr.args, keyword, position === null ? null : position - shift)
  if (own.state !== 'absent' || frozen === null) return own
  // The first argument of `partial` is the callable itself.
  return search(analysis, frozen.expr.args.slice(1), keyword, position)
}

/** The same as it is written, for who needs no value: to find that out may take long. Null: nothing, or it is not known. */
export function argumentAsWritten(
  analysis: Analysis,
  call: Call,
  keyword: string,
  position: number,
): Expr | null {
  const { args, callee } = call.expr
  const isPlain =
    args.every(({ star }) => star === 0) &&
    !analysis.instantiations.has(call) &&
    parsedBy(call.expr) === null &&
    partialBehind(analysis, callee) === null
  if (isPlain) return asWritten(call.expr, keyword, position)
  const given = argumentOf(analysis, call, keyword, position)
  return given.state === 'given' ? given.expr : null
}

/** What `Trainer.from_argparse_args(args, …)` takes its arguments from; null: another call. */
function parsedBy({ callee, args }: CallExpr): Expr | null {
  if (callee.type !== 'attribute' || callee.attr !== 'from_argparse_args') return null
  const [first] = args
  return first === undefined || first.star > 0 || (first.name !== null && first.name !== 'args')
    ? null
    : first.value
}

/** Every argument is an option as well, be it the program that adds it or the library. */
function onCommandLine(analysis: Analysis, namespace: Expr, keyword: string): ArgumentValue {
  const written = writtenInto(analysis, namespace, keyword)
  if (written !== null) return given(analysis, written)
  if (!analysis.programParameters.isNamespace(namespace))
    return { state: 'unknown', because: 'the command line' }
  const { start, end } = namespace
  const expr: Expr = { type: 'attribute', value: namespace, attr: keyword, start, end }
  if (analysis.programArguments.some(({ name }) => name === keyword)) return given(analysis, expr)
  const { binding } = analysis
  const option: ProgramArgument = {
    name: keyword,
    flags: [keyword],
    default: null,
    kind: 'value',
    type: null,
    span: { start, end },
  }
  const folded = binding === null ? null : boundValue(option, analysis.programArguments, binding)
  if (folded === null) return { state: 'absent', overridable: binding === null || !binding.launch.complete }
  return { state: 'given', expr, folded: withNumber(folded), span: { start, end } }
}

/** `args.max_epochs = 100` above the call, here or in a function that is handed `args`; null: nowhere, or in several places. */
function writtenInto(analysis: Analysis, namespace: Expr, keyword: string): Expr | null {
  if (namespace.type !== 'name') return null
  const names = new Set([namespace.id])
  for (const { expr } of analysis.calls) {
    if (expr.end > namespace.start) continue
    const at = expr.args.findIndex(({ value }) => value.type === 'name' && value.id === namespace.id)
    const parameter = at < 0 ? undefined : analysis.functionOf(expr.callee)?.node.params[at]
    if (parameter !== undefined) names.add(parameter.name)
  }
  const [only, other] = [...names].flatMap((name) => analysis.attributeBindings(`${name}.${keyword}`))
  return only === undefined || other !== undefined || only.conditional || only.kind !== 'assign'
    ? null
    : only.value
}

/** The library gives its options the types of its parameters. */
function withNumber(folded: Folded): Folded {
  if (folded.state !== 'known' || typeof folded.value !== 'string') return folded
  const { value } = folded
  if (/^-?\d+(\.\d+)?$/.test(value)) return { ...folded, value: Number(value) }
  return /^(true|false)$/i.test(value) ? { ...folded, value: /^true$/i.test(value) } : folded
}

/** The value of a key of a configuration, shown at `expr`. */
export function inConfigured(
  expr: Expr,
  node: Configured,
  keyword: string,
  overridable: boolean,
): ArgumentValue {
  const child = configuredChild(node, keyword)
  if (child === undefined) {
    const { at } = node
    if (at.keys === null) return { state: 'absent', overridable }
    return { state: 'absent', overridable, configured: { ...at, keys: [...at.keys, keyword] } }
  }
  if (child.kind === 'unknown') return { state: 'unknown', because: child.because }
  return {
    state: 'given',
    expr: expressionOf(child, expr),
    folded: foldConfigured(child, overridable),
    span: { start: expr.start, end: expr.end },
  }
}

function given(analysis: Analysis, expr: Expr): ArgumentValue {
  return { state: 'given', expr, folded: analysis.fold(expr), span: { start: expr.start, end: expr.end } }
}

function search(
  analysis: Analysis,
  args: Argument[],
  keyword: string,
  position: number | null,
  depth = 0,
): ArgumentValue {
  let seen = 0
  let unpacked: string | null = null
  let absent: ArgumentValue & { state: 'absent' } = { state: 'absent' }
  for (const argument of args) {
    if (argument.star === 1) {
      const items = analysis.definition(argument.value)
      if (items.type === 'list' || items.type === 'tuple') {
        const index = position === null ? -1 : position - seen
        if (index >= 0 && index < items.items.length) return given(analysis, items.items[index]!)
        seen += items.items.length
      } else if (position !== null) unpacked = '*args'
    } else if (argument.star === 2) {
      const found = inDictionary(analysis, argument.value, keyword, argument.value.start, depth)
      if (found.state === 'given') return found
      if (found.state === 'unknown') unpacked = found.because
      else absent = found
    } else if (argument.name !== null) {
      if (argument.name === keyword) return given(analysis, argument.value)
    } else {
      if (position !== null && seen === position && unpacked === null) return given(analysis, argument.value)
      seen++
    }
  }
  return unpacked === null ? absent : { state: 'unknown', because: unpacked }
}

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

/** `kwargs['num_workers'] = 4` and `kwargs.update(...)` between the dictionary and the call. */
function afterChanges(
  analysis: Analysis,
  expr: Expr,
  keyword: string,
  result: ArgumentValue,
  until: number,
  whole: boolean,
): ArgumentValue {
  if (expr.type !== 'name') return result
  let current = result
  for (const change of analysis.changesOf(expr.id, expr.start, until)) {
    const changed: ArgumentValue = { state: 'unknown', because: `${expr.id} is changed` }
    const args = change.call?.args ?? []
    const first = change.target?.index ?? args[0]?.value
    const key = first === undefined || change.method === 'update' ? null : analysis.fold(first)
    if (change.method === 'append' || change.method === 'extend') continue
    if (change.method === 'update') {
      const inside = args.every((argument) => argument.name !== null || argument.star === 2)
        ? search(analysis, args, keyword, null)
        : inDictionary(analysis, args[0]!.value, keyword)
      if (inside.state === 'absent') continue
      const open: ArgumentValue = { state: 'unknown', because: `${expr.id} is updated under a condition` }
      current = change.certain ? inside : underCondition(analysis, change, expr, current, inside, open)
      continue
    }
    if (key === null) return changed
    if (key.state === 'unknown') {
      if (mayBe(key, keyword)) return changed
      continue
    }
    if (key.value !== keyword) continue
    if (change.inside !== null) {
      if (whole) current = changed
      continue
    }
    if (!change.certain) {
      const open: ArgumentValue = {
        state: 'unknown',
        because: `${expr.id}['${keyword}'] is set under a condition`,
      }
      const set = change.target === null || change.value === null ? changed : given(analysis, change.value)
      current = underCondition(analysis, change, expr, current, set, open)
      continue
    }
    if (change.target !== null) {
      current = change.value === null ? changed : given(analysis, change.value)
    } else if (change.method === 'pop') current = { state: 'absent' }
    else if (change.method === 'setdefault') {
      const fallback = args[1]
      if (current.state === 'absent')
        current = fallback === undefined ? changed : given(analysis, fallback.value)
    } else current = changed
  }
  return current
}

/** A key that cannot be told could still be this one. */
export function mayBe(key: Folded & { state: 'unknown' }, keyword: string): boolean {
  return key.options?.some(({ folded }) => folded.value === keyword) ?? true
}

/** `if args.amp: kwargs['bf16'] = True`: what was there before, or what is set. */
function underCondition(
  analysis: Analysis,
  { target, call }: Mutation,
  { start }: Expr,
  before: ArgumentValue,
  set: ArgumentValue,
  open: ArgumentValue,
): ArgumentValue {
  const around = new Set(guardsAt(analysis, start).map((guard) => guard.test))
  const guards = guardsAt(analysis, (target ?? call)?.start ?? start).filter(({ test }) => !around.has(test))
  const [guard] = guards
  return guards.length === 1 && guard !== undefined ? eitherOf(analysis, guard, set, before, open) : open
}

/** One of two, by a condition; `open` where either of them cannot be told. */
function eitherOf(
  analysis: Analysis,
  { test, holds }: Pick<Guard, 'test' | 'holds'>,
  then: ArgumentValue,
  otherwise: ArgumentValue,
  open: ArgumentValue,
): ArgumentValue {
  if (then.state === 'absent' && otherwise.state === 'given')
    return eitherOf(analysis, { test, holds: !holds }, otherwise, then, open)
  const condition = conditionOf(analysis, test)
  if (otherwise.state === 'absent' && then.state === 'given' && isTrue(then.folded))
    // A switch that only an option turns on is off without it.
    return eitherOf(analysis, { test, holds }, then, { ...then, folded: known(false) }, open)
  // What only an option brings is left out unless somebody passes it.
  if (otherwise.state === 'absent' && then.state !== 'absent' && condition.byDefault === !holds)
    return { ...otherwise, overridable: true }
  // What only an option takes away holds unless somebody passes it.
  if (otherwise.state === 'absent' && then.state === 'given' && condition.byDefault === holds)
    return { ...then, folded: replaceable(then.folded) }
  if (then.state !== 'given' || otherwise.state !== 'given') return open
  const [first, second] = holds ? [then, otherwise] : [otherwise, then]
  const because = open.state === 'unknown' ? open.because : 'a condition'
  const folded = chosen(because, [
    { folded: first.folded, when: condition.holds, byDefault: condition.byDefault === true },
    { folded: second.folded, when: condition.fails, byDefault: condition.byDefault === false },
  ])
  if (folded.state === 'unknown' && folded.options === undefined) return open
  return { ...(condition.byDefault === holds ? then : otherwise), folded }
}

/** The same value, which a launch may do without. */
function replaceable(folded: Folded): Folded {
  return folded.state === 'known' ? { ...folded, overridable: true } : folded
}

function isTrue(folded: Folded): boolean {
  return folded.state === 'known' && folded.value === true
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

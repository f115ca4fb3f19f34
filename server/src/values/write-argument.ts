/** Writes an argument where its value stands: in the call, or in the default of the option that carries it. */

import type { Change, Refusal, Write } from '../edit/write.js'
import type { ArgumentValue, Call, PythonModule } from '../python/module.js'
import type { Expr } from '../syntax/python-ast.js'
import { lastName } from '../syntax/python-children.js'
import type { Json } from '../text/json.js'
import type { SourceFragment } from '../text/source-fragment.js'
import { newDefault } from './option-value.js'

/** The fragment that holds the call; `python` is absent where it is not written in Python. */
export interface Written {
  path: string
  fragment: SourceFragment
  python?: PythonModule
}

/** The value is left out, or a constant in the call itself: an expression may take its place. */
export function isWrittenIn({ expr }: Call, argument: ArgumentValue): boolean {
  if (argument.state === 'absent') return true
  if (argument.state === 'unknown' || argument.expr.type !== 'constant') return false
  return argument.expr.start >= expr.start && argument.expr.end <= expr.end
}

/**
 * `code` becomes the value of the keyword. Where the argument is given through an option of the program, the option's
 * default is replaced, so that the option keeps working. `held`: what it is found to be, where a condition decides it. `forAll`: what
 * other calls of the same unpack may get it as well.
 */
export function writeArgument(
  facts: Written,
  call: Call,
  keyword: string,
  argument: ArgumentValue,
  code: string,
  held?: string,
  forAll = false,
): Write | Refusal {
  const { python, path, fragment } = facts
  const range = { fragment: fragment.index, start: call.expr.start, end: call.expr.end }
  if (python === undefined) return { reason: 'this is not written in Python' }
  if (argument.state === 'unknown') return { reason: `${keyword} arrives through ${argument.because}` }
  if (argument.state === 'absent') {
    const settings = settingsOf(python, call) ?? (forAll ? sharedSettings(python, call, keyword) : null)
    if (settings === null && mayArrive(python, call, keyword))
      return { reason: `${keyword} may arrive through unpacked arguments, and Python refuses it twice` }
    return settings === null
      ? { kind: 'set keyword', path, call: range, name: keyword, value: code }
      : {
          kind: 'append item',
          path,
          list: { fragment: fragment.index, start: settings.start, end: settings.end },
          value: `"${keyword}": ${code}`,
        }
  }
  if (argument.folded.state === 'known' && argument.folded.channel !== 'code') {
    const turned = turnedAround(python, argument.expr, code)
    if (turned !== null) return turned
    return { reason: 'the value comes from the launch' }
  }
  const { expr, folded } = argument
  const written = folded.state === 'known' ? folded.written : undefined
  if (written !== undefined && written.path !== path && plainLiteral.test(code))
    return {
      kind: 'replace',
      path: written.path,
      range: { fragment: 0, start: written.start, end: written.end },
      text: code,
    }
  if (expr.type === 'constant' && folded.state === 'unknown' && folded.options !== undefined)
    return { reason: `${keyword} is set under a condition: see to it that it holds` }
  const inside = (at: { start: number; end: number }) =>
    at.start >= call.expr.start && at.end <= call.expr.end
  // `bool(args.fp16)` is the option all the same.
  const option = converted(expr)
  const elsewhere = option === expr ? python.optionPlace(expr) : null
  if (elsewhere !== null && elsewhere.path !== path && number.test(code))
    return {
      kind: 'replace',
      path: elsewhere.path,
      range: { fragment: 0, start: elsewhere.start, end: elsewhere.end },
      text: code,
    }
  const options =
    option.type === 'attribute' ? python.programArguments.filter((one) => one.name === option.attr) : []
  if (option.type === 'attribute' && options.length > 0) {
    const fallback = options.length === 1 ? options[0]!.default : null
    const spelled =
      fallback?.type !== 'constant' ? null : option === expr ? code : asOption(code, fallback.value)
    if (fallback === null || spelled === null || fallback.end <= fallback.start) {
      return { reason: `the value is that of the option ${option.attr}: pass it on the launch line` }
    }
    // A switch has no default of its own in the text.
    if (options[0]!.kind !== 'value')
      return { reason: `pass --${options[0]!.flags[0] ?? option.attr} on the launch line` }
    const written = newDefault(python, options[0]!, fallback, spelled)
    return 'reason' in written
      ? written
      : { kind: 'replace', path, range: { fragment: fragment.index, ...written.at }, text: written.text }
  }
  if (!inside(expr)) {
    // A literal in the dictionary that the call unpacks.
    return expr.type === 'constant' && expr.end > expr.start
      ? {
          kind: 'replace',
          path,
          range: { fragment: fragment.index, start: expr.start, end: expr.end },
          text: code,
        }
      : { reason: `${keyword} is set in another place` }
  }
  const branch = heldBranch(expr, folded.state === 'known' ? folded.value : held)
  if (branch !== null)
    return {
      kind: 'replace',
      path,
      range: { fragment: fragment.index, start: branch.start, end: branch.end },
      text: code,
    }
  const set = writtenElsewhere(python, expr, code)
  if (set !== null) {
    return 'reason' in set
      ? set
      : {
          kind: 'replace',
          path,
          range: { fragment: fragment.index, start: set.start, end: set.end },
          text: code,
        }
  }
  const positional = call.expr.args.find((one) => one.value === expr)?.name === null
  return positional
    ? {
        kind: 'replace',
        path,
        range: { fragment: fragment.index, start: expr.start, end: expr.end },
        text: code,
      }
    : { kind: 'set keyword', path, call: range, name: keyword, value: code }
}

/** `settings = {…}`, which this call alone unpacks, and which holds all that it is given by name: the program may print or keep it. */
function settingsOf(python: PythonModule, { expr }: Call): Expr | null {
  const unpacked = expr.args.filter(({ star }) => star === 2)
  const [only] = unpacked
  if (only === undefined || unpacked.length > 1 || expr.args.some(({ name }) => name !== null)) return null
  if (only.value.type !== 'name' || python.bindingsOf(only.value).length !== 1) return null
  const made = python.definition(only.value)
  if (made.type !== 'dict' || made.end <= made.start) return null
  const { id } = only.value
  const shared = python.calls.some(
    (other) =>
      other.expr !== expr &&
      other.expr.args.some(({ star, value }) => star === 2 && value.type === 'name' && value.id === id),
  )
  return shared ? null : made
}

/** `settings = {…}`, which this call and others of the same unpack: each of them is to get what one does. */
function sharedSettings(python: PythonModule, { expr }: Call, keyword: string): Expr | null {
  const unpacked = expr.args.filter(({ star }) => star === 2)
  const [only] = unpacked
  if (only?.value.type !== 'name' || unpacked.length > 1) return null
  const { value } = only
  const made = python.definition(value)
  if (python.bindingsOf(value).length !== 1 || made.type !== 'dict' || made.end <= made.start) return null
  const users = python.calls.filter((other) =>
    other.expr.args.some(({ star, value: one }) => star === 2 && one.type === 'name' && one.id === value.id),
  )
  const name = python.nameOf(expr.callee)
  const alike = users.every(
    (one) => one.name === name && one.expr.args.every(({ name: key, star }) => key !== keyword && star !== 1),
  )
  return name !== null && users.length > 1 && alike ? made : null
}

/** What a call unpacks names the keyword, on the other side of a condition perhaps: `**({'num_workers': 1} if cuda else {})`. */
export function mayArrive(python: PythonModule, { expr }: Call, keyword: string): boolean {
  const named = new RegExp(`['"]${keyword}['"]\\s*:|\\b${keyword}\\s*=[^=]`)
  return expr.args.some(({ star, value }) => {
    if (star !== 2) return false
    const values =
      value.type === 'name' ? python.bindingsOf(value).flatMap((one) => one.value ?? []) : [value]
    return values.some(({ start, end }) => named.test(python.text.slice(start, end)))
  })
}

/** `not cfg['overwrite_cache']`: the other value in the file; null: it is no such thing. */
function turnedAround(python: PythonModule, expr: Expr, code: string): Write | Refusal | null {
  if (expr.type !== 'unary' || expr.op !== 'not' || !/^(True|False)$/.test(code)) return null
  const operand = python.fold(expr.operand)
  const configured = operand.state === 'known' ? operand.configured : undefined
  if (operand.state !== 'known' || typeof operand.value !== 'boolean' || configured?.keys == null) return null
  const { location, document, keys } = configured
  // `shuffle=not cfg.debug`: the switch decides more than this.
  const name = String(keys.at(-1))
  const uses = python.text.match(new RegExp(`\\b${name.replace(/\W/g, '.')}\\b`, 'g')) ?? []
  if (uses.length > 1) return { reason: `it follows from ${name}, which decides more` }
  return { kind: 'set key', path: location.path, fragment: 0, document, keys, value: code === 'False' }
}

/** `'flash_attention_2' if fast else 'eager'` that is 'eager': the other way is kept. */
function heldBranch(expr: Expr, held: Json | undefined): Expr | null {
  if (expr.type !== 'conditional') return null
  const { then, otherwise } = expr
  if (then.type !== 'constant' || otherwise.type !== 'constant' || then.value === otherwise.value) return null
  return [then, otherwise].find((one) => one.value === held) ?? null
}

const number = /^\d+$/
/** What reads the same in every module. */
const plainLiteral = /^(-?[\d.][\w.+-]*|True|False|None|'[^'\n]*'|"[^"\n]*")$/

/**
 * Where the value stands that somebody has set apart to be changed; a refusal where that is another file, or what callers
 * pass. Null: it stands in the call.
 */
function writtenElsewhere(python: PythonModule, expr: Expr, code: string): Expr | Refusal | null {
  const looked = fallbackIn(python, expr)
  if (looked !== null) return looked
  if (expr.type === 'subscript') return inDictionary(python, expr)
  if (expr.type !== 'name' && expr.type !== 'attribute') return computedElsewhere(python, expr, code)
  // A name of a library: `np.less`.
  if (python.nameOf(expr) !== null) return null
  const made = python.definition(expr)
  if (made.type === 'constant') return made.end > made.start ? made : null
  if (made !== expr) return writtenElsewhere(python, made, code)
  // `config.precision`: the default of the class.
  const held = expr.type === 'attribute' ? python.possible(expr) : null
  if (held?.length === 1 && held[0] !== expr && held[0]!.type === 'constant' && held[0]!.end > held[0]!.start)
    return held[0]!
  const owner = rootOf(expr)
  if (owner.type !== 'name' || expr.start === expr.end) return null
  const bindings = python.bindingsOf(owner)
  // What nobody binds here comes with a star import: `np.less`.
  if (bindings.length === 0) return null
  // A constant that another module of the project sets apart.
  const imported = bindings.every(({ kind }) => kind === 'import') && /^[A-Z][A-Z0-9_]+$/.test(owner.id)
  if (expr.type === 'name' && bindings.every(({ kind }) => kind !== 'param') && !imported) return null
  // Names that an expression needs may not be there yet where the function is defined.
  const fallback = expr.type === 'name' && plainLiteral.test(code) ? leftToDefault(python, expr) : null
  if (fallback !== null) return fallback
  return changedThere(python, expr)
}

/** `def submit(trials=32)`: the default, where nobody passes another value. */
function leftToDefault(python: PythonModule, expr: Expr & { type: 'name' }): Expr | null {
  const [binding, another] = python.bindingsOf(expr)
  const owner = binding?.kind === 'param' && another === undefined ? python.parameterOf(binding) : null
  const fallback = binding?.value ?? null
  if (owner === null || fallback?.type !== 'constant' || fallback.end <= fallback.start) return null
  const sites = python.callSites(owner.func) ?? []
  const isLeft = sites.every((site) => python.argument(site, expr.id, owner.position).state === 'absent')
  return isLeft && sites.length > 0 && python.outsideCalls(owner.func).length === 0 ? fallback : null
}

/** `config['machine']`: the entry of a dictionary of this file. */
function inDictionary(python: PythonModule, expr: Expr & { type: 'subscript' }): Expr | Refusal | null {
  const { index } = expr
  if (index.type !== 'constant' || typeof index.value !== 'string') return null
  const entry = python.entry(expr.value, index.value)
  const written = entry.state === 'given' ? python.definition(entry.expr) : null
  return written?.type === 'constant' && written.end > written.start ? written : changedThere(python, expr)
}

/** What is looked up in a configuration is set there: `int(settings.get("steps"))`. */
function computedElsewhere(python: PythonModule, expr: Expr, code: string): Expr | Refusal | null {
  const inside = converted(expr)
  if (inside !== expr) return writtenElsewhere(python, inside, code)
  if (!isLookup(expr)) return null
  const made = python.definition(expr)
  return made.type === 'constant' && made.end > made.start ? made : changedThere(python, expr)
}

/** The 50 of `int(settings.get("steps", 50))`, where that is what holds. */
function fallbackIn(python: PythonModule, expr: Expr): Expr | null {
  const lookup = converted(expr)
  const fallback = lookup.type === 'call' ? python.fallbackOf(lookup) : null
  if (fallback?.type !== 'constant' || fallback.start < lookup.start || fallback.end <= fallback.start)
    return null
  const held = python.fold(lookup)
  return held.state === 'known' && held.value === fallback.value ? fallback : null
}

function isLookup(expr: Expr): expr is Expr & { type: 'call' } {
  return (
    expr.type === 'call' && /^_*(get(attr|env)?|get_.*|pop|setdefault|environ)$/.test(lastName(expr.callee))
  )
}

/** What is true or false, as the option spells it whose default is this; null: that is a text, which is true whatever it says. */
function asOption(code: string, fallback: unknown): string | null {
  if (!/^(True|False)$/.test(code)) return code
  if (typeof fallback === 'number') return code === 'True' ? '1' : '0'
  return typeof fallback === 'string' ? null : code
}

/** `int(x)`: x. */
function converted(expr: Expr): Expr {
  if (expr.type !== 'call' || expr.args.length !== 1) return expr
  return /^(int|float|str|bool)$/.test(lastName(expr.callee)) ? converted(expr.args[0]!.value) : expr
}

function changedThere(python: PythonModule, { start, end }: Expr): Refusal {
  return { reason: `it is \`${python.text.slice(start, end)}\`: change it where that is set` }
}

function rootOf(expr: Expr): Expr {
  return expr.type === 'attribute' ? rootOf(expr.value) : expr
}

/** Why a keyword cannot be taken out: what it is given is looked up somewhere else. Null: it can. */
export function whyKept(python: PythonModule, keyword: string, argument: ArgumentValue): Refusal | null {
  if (argument.state !== 'given') return { reason: `${keyword} is set elsewhere` }
  const elsewhere = writtenElsewhere(python, argument.expr, '')
  return elsewhere === null ? null : changedThere(python, argument.expr)
}

/** A change of one argument that needs nothing else. `position`: null where it is taken by keyword only. */
export function changeArgument(
  python: PythonModule,
  call: Call,
  keyword: string,
  position: number | null,
  code: string,
  facts: Written,
): Change | Refusal {
  const written = writeArgument(facts, call, keyword, python.argument(call, keyword, position), code)
  if ('reason' in written) return written
  return { title: `Set ${keyword}=${code}`, safety: 'unsafe', writes: [written], imports: [] }
}

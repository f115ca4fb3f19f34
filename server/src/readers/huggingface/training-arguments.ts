/**
 * The arguments of a Trainer, however they come: a call of `TrainingArguments`, a dataclass of the project that
 * extends it, or a parser that fills one from the command line.
 */

import type { ArgumentFile } from '../../python/argument-files.js'
import { foldConfigured } from '../../python/configured.js'
import type { ArgumentValue, Call, ClassSummary, Folded, Klass, PythonModule } from '../../python/module.js'
import type { ClassDef, Expr } from '../../syntax/python-ast.js'
import { lastName } from '../../syntax/python-children.js'
import { type Configured, configuredChild } from '../../text/configured.js'
import type { Json } from '../../text/json.js'
import { lookUp } from '../../text/records.js'
import { knownArgument, mayBePassed, passedExpression } from '../../values/argument.js'
import type { Binding } from '../../workload/claim.js'
import { type ArgumentsFamily, argumentParsers, argumentsFamily } from './trainer-names.js'

export interface TrainerArguments {
  /** The call that makes the object, or that parses it from the command line. */
  call: Call
  family: ArgumentsFamily
  /** Canonical name of the library's class. */
  library: string
  /** From the command line: then what the code does not say, the launch does. */
  parsed: boolean
  /** Names that hold the object. */
  names: string[]
  /** The dataclass of the project that extends the library's class. */
  klass: Klass | null
  /** A class of another module extends the library's: what that module says of it. */
  foreign: ClassSummary | null
}

interface Kind {
  family: ArgumentsFamily
  library: string
  klass: Klass | null
  foreign: ClassSummary | null
}

export function trainerArguments(python: PythonModule): TrainerArguments[] {
  const found: TrainerArguments[] = []
  for (const call of python.calls) {
    const kind = kindOf(python, call.expr.callee) ?? libraryKind(call.name)
    if (kind !== null && !insideOwnClass(call, kind.klass))
      found.push({ call, ...kind, parsed: false, names: call.assignedTo === null ? [] : [call.assignedTo] })
  }
  for (const parser of python.callsTo(...argumentParsers)) found.push(...parsedArguments(python, parser))
  return found
}

function insideOwnClass(call: Call, klass: Klass | null): boolean {
  return klass !== null && call.expr.start >= klass.node.start && call.expr.end <= klass.node.end
}

/** Whether an expression names a class of arguments: the library's own, or one of the project. */
function kindOf(python: PythonModule, expr: Expr): Kind | null {
  const name = python.nameOf(expr)
  if (name !== null) return libraryKind(name)
  if (expr.type !== 'name') return null
  const klass = python.classOf(expr)
  if (klass !== null) {
    const kind = kindAmong(klass.bases)
    return kind && { ...kind, klass, foreign: foreignBase(python, klass) }
  }
  const foreign = python.importedClass(expr)
  const kind = kindAmong(foreign?.bases ?? [])
  return kind && { ...kind, foreign }
}

function libraryKind(name: string | null): Kind | null {
  const family = name === null ? null : argumentsFamily(name)
  return family === null ? null : { family, library: name!, klass: null, foreign: null }
}

/** A class between this one and the library's that is in another module. */
function foreignBase(python: PythonModule, klass: Klass, depth = 0): ClassSummary | null {
  for (const base of klass.node.bases) {
    if (base.name !== null || depth > 8) continue
    const parent = python.classOf(base.value)
    const found =
      parent === null || parent === klass
        ? python.importedClass(base.value)
        : foreignBase(python, parent, depth + 1)
    if (found !== null) return found
  }
  return null
}

function kindAmong(bases: string[]): Kind | null {
  for (const base of bases) {
    const kind = libraryKind(base)
    if (kind !== null) return kind
  }
  return null
}

/** `HfArgumentParser((ModelArguments, TrainingArguments)).parse_args_into_dataclasses()`. */
function parsedArguments(python: PythonModule, parser: Call): TrainerArguments[] {
  const given = parser.expr.args[0]
  if (given === undefined) return []
  const value = python.definition(given.value)
  const classes = value.type === 'tuple' || value.type === 'list' ? value.items : [value]
  const position = classes.findIndex((one) => kindOf(python, one) !== null)
  if (position < 0) return []
  const kind = kindOf(python, classes[position]!)!
  const parses = python.calls.filter(
    (call) =>
      parseMethods.test(call.method) &&
      (call.receiverCall === parser || call.expr.callee === parser.expr || call.receiverCall === null),
  )
  // `if sys.argv[1].endswith('.json'): parser.parse_json_file(…) else: parser.parse_args_into_dataclasses()`
  const call = parses.find((one) => /^parse_args/.test(one.method)) ?? parses[0]
  if (call === undefined) return []
  return [{ call, ...kind, parsed: true, names: unpackedNames(parses, position) }]
}

const parseMethods = /^parse_(args_into_dataclasses|args_and_config|json_file|yaml_file|dict)$/

function unpackedNames(parses: Call[], position: number): string[] {
  const names = new Set<string>()
  for (const { statement } of parses) {
    if (statement.type !== 'assign') continue
    for (const target of statement.targets) {
      const one = target.type === 'tuple' || target.type === 'list' ? target.items[position] : target
      if (one?.type === 'name') names.add(one.id)
    }
  }
  return [...names]
}

/** One field of the arguments. */
export function field(
  python: PythonModule,
  made: TrainerArguments,
  key: string,
  binding: Binding | null,
): ArgumentValue {
  return enumerated(given(python, made, key, binding))
}

/** `IntervalStrategy.EPOCH` does not fold, but says what it is. */
function enumerated(argument: ArgumentValue): ArgumentValue {
  const expr = passedExpression(argument)
  if (
    expr?.type !== 'attribute' ||
    knownArgument(argument) !== undefined ||
    !/Strategy$/.test(lastName(expr.value))
  )
    return argument
  const folded: Folded = {
    state: 'known',
    value: expr.attr.toLowerCase(),
    channel: 'code',
    overridable: false,
  }
  return { state: 'given', expr, folded, span: { start: expr.start, end: expr.end } }
}

function given(
  python: PythonModule,
  made: TrainerArguments,
  key: string,
  binding: Binding | null,
): ArgumentValue {
  const changed = changedLater(python, made, key)
  if (changed !== null) return changed
  if (made.parsed) {
    const launched = fromCommandLine(python, made, key, binding)
    const silent = launched.state === 'unknown' && binding === null && python.argumentFile() === null
    const declared = silent ? declaredHere(python, made, key) : null
    if (declared !== null) return declared
    if (mayBePassed(launched)) return launched
  }
  const own: ArgumentValue = made.parsed
    ? { state: 'absent' }
    : python.argument(made.call, key, key === 'output_dir' ? 0 : null)
  if (mayBePassed(own)) return own
  const declared = ofClass(python, made, key)
  return mayBePassed(declared) ? declared : own
}

/**
 * What a class of the project gives an argument that no launch is known to pass. Null: it does not say, and leaves the
 * whole run to the launch.
 */
function declaredHere(python: PythonModule, made: TrainerArguments, key: string): ArgumentValue | null {
  const value = ofClass(python, made, key)
  if (value.state === 'given') {
    const { folded } = value
    return folded.state === 'known' ? { ...value, folded: { ...folded, overridable: true } } : value
  }
  const settled =
    value.state === 'absent' && essentials.some((one) => ofClass(python, made, one).state === 'given')
  return settled ? { ...value, overridable: true } : null
}

/** A class that gives these describes a run that needs no launch line. */
const essentials = ['num_train_epochs', 'max_steps', 'per_device_train_batch_size']

/** What the classes of the project that extend the library's declare. */
function ofClass(
  python: PythonModule,
  { call, klass, foreign }: TrainerArguments,
  key: string,
): ArgumentValue {
  const here: ArgumentValue = klass === null ? { state: 'absent' } : classDefault(python, klass, key)
  return foreign === null || mayBePassed(here) ? here : foreignDefault(call, foreign, key)
}

/** What a class of another module declares. */
function foreignDefault(call: Call, { fields, sets }: ClassSummary, key: string): ArgumentValue {
  if (sets?.includes(key) === true || sets?.includes('*') === true)
    return { state: 'unknown', because: `a class of another module sets ${key}` }
  const field = lookUp(fields, key)
  if (field === undefined) return { state: 'absent' }
  if (field === null) return { state: 'unknown', because: 'a default of a class of another module' }
  const { start, end } = call.expr.callee
  const folded: Folded = { state: 'known', value: field.value, channel: 'code', overridable: false }
  return { state: 'given', expr: call.expr, folded, span: { start, end } }
}

/** `training_args.bf16 = True` after it was made. */
function changedLater(python: PythonModule, made: TrainerArguments, key: string): ArgumentValue | null {
  for (const name of made.names) {
    const stores = python.attributeBindings(`${name}.${key}`)
    if (stores.length === 0) continue
    const only = stores.length === 1 ? stores[0]! : null
    if (only === null || only.value === null || only.conditional || only.unpack !== null)
      return { state: 'unknown', because: `${name}.${key} is set later` }
    const { value } = only
    return {
      state: 'given',
      expr: value,
      folded: python.fold(value),
      span: { start: value.start, end: value.end },
    }
  }
  const setter = lookUp(setters, key)
  if (setter === undefined) return null
  const call = python.methodCalls(setter).find((one) => {
    const { callee } = one.expr
    return callee.type === 'attribute' && callee.value.type === 'name' && made.names.includes(callee.value.id)
  })
  return call === undefined ? null : { state: 'unknown', because: `${setter}()` }
}

/** Methods of the arguments that set several fields at once. */
const setters: Record<string, string> = {
  num_train_epochs: 'set_training',
  max_steps: 'set_training',
  eval_strategy: 'set_evaluate',
  lr_scheduler_type: 'set_lr_scheduler',
  dataloader_num_workers: 'set_dataloader',
  dataloader_pin_memory: 'set_dataloader',
  dataloader_persistent_workers: 'set_dataloader',
}

function classDefault(python: PythonModule, klass: Klass, key: string, depth = 0): ArgumentValue {
  const text = python.code.slice(klass.node.start, klass.node.end)
  if (new RegExp(`self\\.${key}\\s*=[^=]|setattr\\(`).test(text))
    return { state: 'unknown', because: `${klass.name} sets ${key}` }
  const own = fieldOf(klass.node, key)
  if (own === 'absent') {
    for (const base of depth < 8 ? klass.node.bases : []) {
      const parent = base.name === null ? python.classOf(base.value) : null
      const inherited =
        parent === null || parent === klass ? null : classDefault(python, parent, key, depth + 1)
      if (inherited !== null && mayBePassed(inherited)) return inherited
    }
    return { state: 'absent' }
  }
  if (own === 'unknown') return { state: 'unknown', because: `the default in ${klass.name}` }
  return { state: 'given', expr: own, folded: python.fold(own), span: { start: own.start, end: own.end } }
}

/** `bf16: bool = True` and `bf16: bool = field(default=True)`. */
function fieldOf(node: ClassDef, key: string): Expr | 'absent' | 'unknown' {
  for (const statement of node.body) {
    if (statement.type !== 'assign') continue
    const target = statement.targets[0]
    if (target?.type !== 'name' || target.id !== key) continue
    const { value } = statement
    if (value === null) return 'unknown'
    if (value.type === 'call') return value.args.find((one) => one.name === 'default')?.value ?? 'unknown'
    return value
  }
  return 'absent'
}

// The command line.

function fromFile(call: Call, file: Configured, key: string): ArgumentValue {
  const child = configuredChild(file, key)
  if (child === undefined) {
    const { at } = file
    return at.keys === null
      ? { state: 'absent' }
      : { state: 'absent', configured: { ...at, keys: [...at.keys, key] } }
  }
  if (child.kind === 'unknown') return { state: 'unknown', because: child.because }
  const { start, end } = call.expr.callee
  return { state: 'given', expr: call.expr, folded: foldConfigured(child, false), span: { start, end } }
}

function fromCommandLine(
  python: PythonModule,
  made: TrainerArguments,
  key: string,
  binding: Binding | null,
): ArgumentValue {
  const file = python.argumentFile()
  const readsLine = /^parse_args/.test(made.call.method)
  if (!readsLine && file !== null) return inFile(made.call, file, key)
  if (binding === null) return { state: 'unknown', because: 'the command line' }
  const { launch } = binding
  const spellings = [key, key.replaceAll('_', '-')]
  const given = spellings.map((one) => lookUp(launch.flags, one)).find((one) => one !== undefined)
  if (given !== undefined) {
    const folded: Folded =
      given.value === null
        ? { state: 'unknown', because: 'a variable on the launch line' }
        : {
            state: 'known',
            value: readFlag(given.value),
            channel: 'launch flag',
            overridable: given.overridable === true,
            location: given.location,
          }
    const { start, end } = made.call.expr.callee
    return { state: 'given', expr: made.call.expr, folded, span: { start, end } }
  }
  if (!launch.complete) return { state: 'unknown', because: 'arguments of the launch line' }
  return file === null ? { state: 'absent' } : inFile(made.call, file, key)
}

function inFile(call: Call, file: NonNullable<ArgumentFile>, key: string): ArgumentValue {
  return 'because' in file ? { state: 'unknown', because: file.because } : fromFile(call, file.root, key)
}

/** As the parser reads it by the field's type; text stays text. */
function readFlag(value: string | boolean): Json {
  if (typeof value === 'boolean') return value
  if (/^(true|yes|y|t)$/i.test(value)) return true
  if (/^(false|no|n|f)$/i.test(value)) return value === 'no' ? 'no' : false
  return /^[-+]?(\d+(?:\.\d*)?|\.\d+)(e[-+]?\d+)?$/i.test(value) ? Number(value) : value
}

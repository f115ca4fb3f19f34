/**
 * The arguments that a program takes from its command line, and what a linked launch makes of them.
 * Sources: argparse, click, absl flags, dataclasses that HfArgumentParser, simple-parsing or tyro fill.
 */
import type { CallExpr, Expr } from '../syntax/python-ast.js'
import { grouped } from '../text/grouped.js'
import type { Json } from '../text/json.js'
import type { LaunchBinding, LaunchValue } from '../text/launch.js'
import { once } from '../text/once.js'
import { lookUp } from '../text/records.js'
import type { Call, Folded, OptionType, ProgramArgument } from './module.js'

function constantText(expr: Expr | undefined): string | null {
  return expr !== undefined && expr.type === 'constant' && typeof expr.value === 'string' ? expr.value : null
}

function keyword(call: CallExpr, name: string): Expr | undefined {
  return call.args.find((argument) => argument.name === name)?.value
}

function isTrue(expr: Expr | undefined): boolean {
  return expr?.type === 'constant' && expr.value === true
}

function typeName(expr: Expr | undefined): string | null {
  if (expr === undefined) return null
  if (expr.type === 'name' || expr.type === 'attribute') {
    const name = expr.type === 'name' ? expr.id : expr.attr
    return keepsText.test(name) ? 'str' : name
  }
  return readsTruth(expr) ? 'str2bool' : 'other'
}

/** What makes a path of a text leaves it as it is. */
const keepsText = /^((Pure)?(Posix|Windows)?Path|abspath|expanduser|expandvars|realpath|normpath)$/

/** `click.INT`, `click.IntRange(1, 64)`, `click.Choice(['16', '32'])`; null: none is declared. */
function clickType(expr: Expr | undefined): string | null {
  if (expr === undefined) return null
  const callee = expr.type === 'call' ? expr.callee : expr
  const name = callee.type === 'attribute' ? callee.attr : typeName(callee)
  if (name === null) return 'other'
  if (/^(int$|INT$|IntRange$)/.test(name)) return 'int'
  if (/^(float$|FLOAT$|FloatRange$)/.test(name)) return 'float'
  if (/^(bool|BOOL)$/.test(name)) return 'bool'
  return /^(str|STRING|Choice|Path|File|UUID|DateTime)$/.test(name) ? 'str' : name
}

/** Of an option whose type its library takes from the default; null: a text, or not known. */
export function typeOfDefault(expr: Expr | null): string | null {
  if (expr?.type !== 'constant') return null
  const { value } = expr
  if (typeof value === 'number') return Number.isInteger(value) ? 'int' : 'float'
  return typeof value === 'boolean' ? 'bool' : null
}

/** `lambda text: text.lower() == 'true'`, `lambda text: text in ('1', 'true')`. */
function readsTruth(expr: Expr): boolean {
  if (expr.type !== 'lambda' || expr.body.type !== 'binary') return false
  const { op, right } = expr.body
  const words =
    right.type === 'tuple' || right.type === 'list' || right.type === 'set' ? right.items : [right]
  return /^(==|in)$/.test(op) && words.some((word) => /^(true|1)$/i.test(String(constantText(word) ?? '')))
}

/** What parsers of truth are called, if not `bool`. */
const truthName =
  /^_*((str|text|string)_?(to|2)_?bool(ean)?|strtobool|(parse|as|to|is)_?bool(ean)?|boolean|bool_?(flag|arg|type|str))$/i

/** `parser.add_argument('-j', '--workers', type=int, default=4)`. */
function fromArgparse(call: CallExpr): ProgramArgument | null {
  const spellings: string[] = []
  for (const argument of call.args) {
    if (argument.name !== null || argument.star > 0) break
    const text = constantText(argument.value)
    if (text === null) return null
    spellings.push(text)
  }
  const long = spellings.find((text) => text.startsWith('--')) ?? spellings[0]
  if (long === undefined) return null
  const positional = !long.startsWith('-')
  const name = constantText(keyword(call, 'dest')) ?? long.replace(/^-+/, '').replaceAll('-', '_')
  const action = constantText(keyword(call, 'action'))
  const actionName = action ?? typeName(keyword(call, 'action'))
  const optional = actionName === 'BooleanOptionalAction'
  let kind: ProgramArgument['kind'] = 'value'
  let fallback: Expr | null = keyword(call, 'default') ?? null
  const constant = (value: boolean): Expr => ({ type: 'constant', value, start: call.start, end: call.end })
  if (actionName === 'store_true') {
    kind = 'store true'
    fallback ??= constant(false)
  } else if (actionName === 'store_false') {
    kind = 'store false'
    fallback ??= constant(true)
  } else if (optional) kind = 'store true'
  else if (keyword(call, 'nargs') !== undefined) kind = 'list'
  else if (actionName !== null && actionName !== 'store') kind = 'other'
  // `nargs='?'`: one word, or none.
  if (positional && constantText(keyword(call, 'nargs')) === '?') kind = 'value'
  return {
    name,
    flags: positional ? [] : spellings.map((text) => text.replace(/^-+/, '')),
    ...(optional ? { negated: spellings.map((text) => `no-${text.replace(/^-+/, '')}`) } : {}),
    ...(positional ? { positional } : {}),
    ...(isTrue(keyword(call, 'required')) ? { required: true as const } : {}),
    default: fallback,
    kind,
    type: typeName(keyword(call, 'type')),
    span: { start: call.start, end: call.end },
  }
}

/** `flags.DEFINE_integer('workers', 4, 'help')`. */
function fromAbsl(call: Call): ProgramArgument | null {
  const name = constantText(call.expr.args[0]?.value)
  if (name === null) return null
  const types: Record<string, string> = {
    DEFINE_integer: 'int',
    DEFINE_float: 'float',
    DEFINE_bool: 'bool',
    DEFINE_boolean: 'bool',
  }
  const boolean = lookUp(types, call.method) === 'bool'
  return {
    name,
    flags: [name],
    ...(boolean ? { negated: [`no${name}`] } : {}),
    default: call.expr.args.find((one) => one.name === 'default')?.value ?? call.expr.args[1]?.value ?? null,
    kind: boolean ? 'store true' : /list|multi/.test(call.method) ? 'list' : 'value',
    type: lookUp(types, call.method) ?? 'str',
    span: { start: call.expr.start, end: call.expr.end },
  }
}

/** `@click.option('--workers', default=4)`, `@click.argument('root')`: also typer and plain `Option` defaults are left out. */
function fromClick(call: CallExpr, positional: boolean): ProgramArgument | null {
  const argument = fromArgparse(call)
  if (argument === null || (argument.positional === true) !== positional) return null
  argument.type = clickType(keyword(call, 'type')) ?? typeOfDefault(argument.default)
  if (positional) return argument
  const bare = call.args
    .filter((one) => one.name === null)
    .map((one) => constantText(one.value))
    .find((text) => text !== null && !text.startsWith('-'))
  if (bare !== undefined && bare !== null) argument.name = bare
  // `--amp/--no-amp`
  const spelled = argument.flags.map((flag) => flag.split('/').map((part) => part.trim().replace(/^-+/, '')))
  argument.flags = spelled.map(([on]) => on!)
  const negated = spelled.flatMap(([, off]) => off ?? [])
  if (negated.length > 0) {
    argument.negated = negated
    argument.name = argument.name.split('/')[0]!
  }
  if (negated.length > 0 || isTrue(keyword(call, 'is_flag'))) {
    argument.kind = 'store true'
    argument.default ??= { type: 'constant', value: false, start: call.start, end: call.end }
  }
  return argument
}

/** Those under one name: fields of objects are asked for by the thousand. */
export function argumentsNamed(args: readonly ProgramArgument[], name: string): readonly ProgramArgument[] {
  return once(args, 'by name', () => grouped(args, (one) => one.name)).get(name) ?? []
}

/** `optionCall`: the call of `add_argument` that a call of a function around it comes to. */
export function programArguments(
  calls: Call[],
  optionCall: (call: Call) => CallExpr | null,
): ProgramArgument[] {
  const found: ProgramArgument[] = []
  // Of several commands each has words of its own, behind its name.
  const commands = calls.filter(({ method }) => method === 'command' || method === 'group')
  const single = commands.length < 2 && commands.every(({ name }) => name === 'click.command')
  for (const call of calls) {
    let argument: ProgramArgument | null = null
    if (call.method === 'add_argument') argument = fromArgparse(call.expr)
    else if (call.method.startsWith('DEFINE_')) argument = fromAbsl(call)
    else if (call.name === 'click.option' || call.name === 'typer.Option')
      argument = fromClick(call.expr, false)
    else if (call.name === 'click.argument') argument = single ? fromClick(call.expr, true) : null
    else {
      const added = call.name === null ? optionCall(call) : null
      if (added !== null) argument = fromArgparse(added)
    }
    if (argument !== null) found.push(argument)
  }
  return found
}

/** `parser.set_defaults(workers=8)`. Commands of one parser may each set their own. */
export function withDefaults(args: readonly ProgramArgument[], calls: readonly Call[]): ProgramArgument[] {
  if (args.length === 0) return []
  const set = calls.filter(({ method }) => method === 'set_defaults').flatMap(({ expr }) => expr.args)
  return args.map((argument) => {
    const [given, other] = set.filter(({ name }) => name === argument.name)
    return given === undefined || other !== undefined ? argument : { ...argument, default: given.value }
  })
}

/** The text of a flag on a launch line as the program's parser would read it. */
function parsed(argument: OptionType, text: string | boolean): Json | undefined {
  if (argument.kind === 'store true' || argument.kind === 'store false') {
    if (typeof text === 'boolean') return argument.kind === 'store true' ? text : !text
    return /^(true|1|yes|y|on)$/i.test(text) ? true : /^(false|0|no|n|off)$/i.test(text) ? false : undefined
  }
  if (typeof text === 'boolean') return argument.type === 'bool' ? text : undefined
  if (argument.type === 'bool' || truthName.test(argument.type ?? '')) {
    return /^(true|1|yes|y|t|on)$/i.test(text)
      ? true
      : /^(false|0|no|n|f|off)$/i.test(text)
        ? false
        : undefined
  }
  const numeric = /^[-+]?(\d[\d_]*(?:\.\d*)?|\.\d+)([eE][-+]?\d+)?$/.test(text)
  if (argument.type === 'int' || argument.type === 'float')
    return numeric ? Number(text.replaceAll('_', '')) : undefined
  if (argument.type === 'str') return text
  if (argument.type === null) {
    // argparse keeps text; a dataclass field or a Hydra override without a type is read as YAML would.
    return text
  }
  return undefined
}

/** What a program makes of the word that its launches give an option; undefined: it cannot be told. */
export function wordAs({ kind, type }: OptionType, word: string | boolean): Json | undefined {
  if (kind === 'list' || kind === 'other') return undefined
  const argument = { kind, type }
  return parsed(argument, isSwitchKind(kind) && parsed(argument, word) === undefined ? true : word)
}

/** What the linked launch gives this argument; null where it leaves the default, or may do so (`"$@"`). */
export function boundValue(
  argument: ProgramArgument,
  all: readonly ProgramArgument[],
  binding: LaunchBinding,
): Folded | null {
  if (argument.positional === true) return boundPosition(argument, all, binding)
  const off = (argument.negated ?? []).map((flag) => givenAs(flag, binding)).find((one) => one !== undefined)
  for (const flag of argument.flags) {
    const given = givenAs(flag, binding)
    if (given === undefined) continue
    // The last one holds.
    if (off !== undefined && off.location.start > given.location.start) break
    if (given.value === null) return { state: 'unknown', because: 'a variable on the launch line' }
    const value = wordAs(argument, given.value)
    return value === undefined ? { state: 'unknown', because: 'the launch line' } : launched(value, given)
  }
  return off === undefined ? null : launched(false, off)
}

function givenAs(flag: string, { launch: { flags } }: LaunchBinding): LaunchValue | undefined {
  return lookUp(flags, flag) ?? lookUp(flags, flag.replaceAll('_', '-'))
}

function launched(value: Json, { overridable, location }: LaunchValue): Folded {
  return { state: 'known', value, channel: 'launch flag', overridable: overridable === true, location }
}

const isSwitchKind = (kind: OptionType['kind']): boolean => kind === 'store true' || kind === 'store false'

/** The word behind a switch, which takes none: only the program tells. */
function isSwallowed(argument: ProgramArgument, given: LaunchValue['value']): boolean {
  return typeof given === 'string' && parsed(argument, given) === undefined
}

function boundPosition(
  argument: ProgramArgument,
  all: readonly ProgramArgument[],
  binding: LaunchBinding,
): Folded | null {
  const { launch } = binding
  const open: Folded = { state: 'unknown', because: 'arguments of the launch line' }
  if (!launch.complete) return open
  if (argument.word !== undefined && Object.keys(launch.flags).length > 0) return open
  const positional = all.filter((one) => one.positional === true)
  const index = argument.word ?? positional.indexOf(argument)
  // How many words a list before it takes depends on what follows.
  if (argument.word === undefined && positional.slice(0, index + 1).some((one) => one.kind !== 'value'))
    return open
  const swallowed = all.flatMap((one) =>
    one.kind !== 'store true' && one.kind !== 'store false'
      ? []
      : [...one.flags, ...(one.negated ?? [])].flatMap((flag) => {
          const given = givenAs(flag, binding)
          return given !== undefined && isSwallowed(one, given.value) ? [given] : []
        }),
  )
  const words = [...launch.positionals, ...swallowed].sort((a, b) => a.location.end - b.location.end)
  const given = words[index]
  if (given === undefined) return null
  const value = typeof given.value === 'string' ? parsed(argument, given.value) : undefined
  return value === undefined ? open : launched(value, given)
}

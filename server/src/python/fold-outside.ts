/** Values that come from outside of the code: the command line, the environment, configuration files. */
import type { Expr } from '../syntax/python-ast.js'
import type { Json } from '../text/json.js'
import type { ProgramSwitch } from '../text/origin.js'
import { lookUp } from '../text/records.js'
import type { Analysis } from './analysis.js'
import { argumentInFile } from './argument-files.js'
import { boundValue } from './arguments.js'
import { configuredNode, foldFound } from './configured.js'
import { environmentWrites } from './environment.js'
import { agree, unknown } from './folded.js'
import type { Folded, ProgramArgument } from './module.js'
import { overlaidValue } from './overlaid-arguments.js'

/** What the command line gives for an argument of the program, or its default. */
export function programArgument(
  analysis: Analysis,
  fold: (expr: Expr) => Folded,
  name: string,
  matches: readonly ProgramArgument[],
): Folded {
  const { binding } = analysis
  if (matches.length === 0) return unknown('the command line')
  // A launch that hands on whatever it is given (`"$@"`) leaves the default as replaceable as no launch does.
  const overridable = binding === null || !binding.launch.complete
  const values = matches.map((argument): Folded => {
    const bound = binding === null ? null : boundValue(argument, analysis.programArguments, binding)
    const laid = overlaidValue(analysis, name, bound !== null)
    if (laid !== null) return laid
    if (bound !== null) return bound
    const inFile = argument.filled === true ? argumentInFile(analysis, name) : null
    if (inFile !== null) return inFile
    if (argument.required === true) return unknown('the command line')
    if (argument.default === null) {
      if (argument.kind === 'other' || argument.kind === 'list' || argument.positional === true)
        return unknown('the command line')
      // argparse gives None to an option that is left out.
      return { state: 'known', value: null, channel: 'code', overridable }
    }
    const value = fold(argument.default)
    if (value.state === 'unknown') return value
    const option = overridable ? switchOf(argument, value.value) : null
    return { ...value, overridable, ...(option === null ? {} : { option }) }
  })
  return agree(values, `several definitions of --${name}`)
}

/** Null: it takes a value, or has no name. */
function switchOf({ kind, flags }: ProgramArgument, byDefault: Json): ProgramSwitch | null {
  const name = flags.find((flag) => flag.length > 1) ?? flags[0]
  if ((kind !== 'store true' && kind !== 'store false') || name === undefined) return null
  // What is stored is not what is given: `--no-amp` stores false.
  return typeof byDefault === 'boolean'
    ? { name: name.length > 1 ? `--${name}` : `-${name}`, on: byDefault === (kind === 'store true') }
    : null
}

/** `sys.argv`, `sys.argv[1]` of a launch without options; null: something else, or no launch. */
function commandLineWord(analysis: Analysis, expr: Expr): Folded | null {
  const words = expr.type === 'subscript' ? expr.value : expr
  if (analysis.binding === null || words.type !== 'attribute' || analysis.nameOf(words) !== 'sys.argv')
    return null
  const { flags, positionals, complete, program } = analysis.binding.launch
  const given = positionals.map(({ value }) => value)
  if (!complete || Object.keys(flags).length > 0 || given.includes(null)) return unknown('the launch line')
  const from = { state: 'known', channel: 'launch flag', overridable: false } as const
  if (expr.type !== 'subscript') return { ...from, value: [program.path, ...given] }
  const index = expr.index.type === 'constant' ? expr.index.value : null
  if (typeof index !== 'number' || index < 1) return null
  const word = positionals[index - 1]
  return word === undefined
    ? unknown('the launch line')
    : { ...from, value: word.value, overridable: word.overridable === true, location: word.location }
}

/** What `len(sys.argv) > 1` is for a program that is started without arguments; null: another test. */
export function withoutWords(analysis: Analysis, test: Expr): boolean | null {
  if (test.type !== 'binary' || test.left.type !== 'call' || test.right.type !== 'constant') return null
  const { callee, args } = test.left
  const counted = args[0]?.value
  if (callee.type !== 'name' || callee.id !== 'len' || counted?.type !== 'attribute') return null
  if (analysis.nameOf(counted) !== 'sys.argv' || typeof test.right.value !== 'number') return null
  const least = test.right.value
  switch (test.op) {
    case '>':
      return 1 > least
    case '>=':
      return 1 >= least
    case '==':
      return least === 1
    case '<':
      return 1 < least
    case '<=':
      return 1 <= least
    default:
      return null
  }
}

/** A value of a configuration file, or of an object with fields; null: it is none. */
export function configuredValue(analysis: Analysis, expr: Expr): Folded | null {
  const word = commandLineWord(analysis, expr)
  if (word !== null) return word
  const found = configuredNode(analysis, expr)
  if (found === null) return null
  const folded = foldFound(found)
  // Objects of classes hold methods and more beside their fields.
  if (folded === null && found.path.root === null) return null
  return folded ?? unknown('the configuration does not hold it')
}

/** A variable of the environment: what the launch sets, else the fallback, which any launch can replace. */
export function environmentValue(analysis: Analysis, name: Folded, fallback: Folded): Folded {
  if (name.state === 'unknown' || typeof name.value !== 'string') return unknown('the environment')
  // What the program has written itself, wherever that stands.
  const written = analysis.complete ? environmentWrites(analysis).get(name.value) : undefined
  if (written !== undefined && !written.fallback) return unknown(`${name.value} is set by the program`)
  const set = lookUp(analysis.binding?.launch.environment ?? {}, name.value)
  if (set !== undefined) {
    if (typeof set.value !== 'string') return unknown('the environment')
    return {
      state: 'known',
      value: set.value,
      channel: 'launch environment',
      overridable: set.overridable === true,
      location: set.location,
    }
  }
  return fallback.state === 'unknown' ? fallback : { ...fallback, overridable: true }
}

/** `torch.cuda.is_available()`: what costs is the machine that has an accelerator, unless the launch hides it. */
export function acceleratorAvailable({ binding }: Analysis): Folded {
  const visible = binding?.launch.environment.CUDA_VISIBLE_DEVICES?.value
  const hidden = visible === '' || visible === '-1'
  return { state: 'known', value: !hidden, channel: 'code', overridable: !hidden }
}

/** Values that come from outside of the code: the command line, the environment, configuration files. */
import type { Expr } from '../syntax/python-ast.js'
import type { Json } from '../text/json.js'
import type { ProgramSwitch } from '../text/origin.js'
import { lookUp } from '../text/records.js'
import type { Analysis } from './analysis.js'
import { argumentInFile } from './argument-files.js'
import { boundValue } from './arguments.js'
import { commandLineWord } from './command-line-words.js'
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
  return fallback.state === 'unknown' || analysis.binding?.launch.contained === true
    ? fallback
    : { ...fallback, overridable: true }
}

/** `torch.cuda.is_available()`: what costs is the machine that has an accelerator, unless the launch hides it. */
export function acceleratorAvailable({ binding }: Analysis): Folded {
  const visible = binding?.launch.environment.CUDA_VISIBLE_DEVICES?.value
  const hidden = visible === '' || visible === '-1'
  return { state: 'known', value: !hidden, channel: 'code', overridable: !hidden }
}

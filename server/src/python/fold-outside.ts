/** Values that come from outside of the code: the command line, the environment, configuration files. */
import type { Expr } from '../syntax/python-ast.js'
import { lookUp } from '../text/records.js'
import type { Analysis } from './analysis.js'
import { boundValue } from './arguments.js'
import { configuredNode, foldConfigured } from './configured.js'
import { environmentWrites } from './environment.js'
import { agree, unknown } from './folded.js'
import type { Folded, ProgramArgument } from './module.js'

/** What the command line gives for an argument of the program, or its default. */
export function programArgument(
  { binding }: Analysis,
  fold: (expr: Expr) => Folded,
  name: string,
  matches: readonly ProgramArgument[],
): Folded {
  if (matches.length === 0) return unknown('the command line')
  // A launch that hands on whatever it is given (`"$@"`) leaves the default as replaceable as no launch does.
  const overridable = binding === null || !binding.launch.complete
  const values = matches.map((argument): Folded => {
    if (binding !== null) {
      const bound = boundValue(argument, binding)
      if (bound !== null) return bound
    }
    if (argument.default === null) {
      if (argument.kind === 'other' || argument.kind === 'list') return unknown('the command line')
      // argparse gives None to an option that is left out.
      return { state: 'known', value: null, channel: 'code', overridable }
    }
    const value = fold(argument.default)
    if (value.state === 'unknown') return value
    return { ...value, overridable }
  })
  return agree(values, `several definitions of --${name}`)
}

/** A value of a configuration file; null: it is none. */
export function configuredValue(analysis: Analysis, expr: Expr): Folded | null {
  const found = configuredNode(analysis, expr)
  if (found === null) return null
  if (found.node === undefined) return unknown('the configuration does not hold it')
  return foldConfigured(found.node, found.overridable)
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
      overridable: false,
      location: set.location,
    }
  }
  return fallback.state === 'unknown' ? fallback : { ...fallback, overridable: true }
}

/** Carried out item by item, as Python would. */

/**
 * Options that a launch passes to a program whose parser does not take them: it ends with a message before it has done
 * anything. Source: Python documentation, argparse (`parse_args` exits, `parse_known_args` does not; unambiguous
 * beginnings of an option count as it).
 */

import type { LaunchFlag } from '../../link/launch-parts.js'
import type { Call, PythonModule } from '../../python/module.js'
import type { Launch, LaunchValue } from '../../text/launch.js'
import { calleePlace } from '../../values/places.js'
import type { ClaimOptions } from '../../workload/builder.js'
import { claimOperation } from '../operation-claims.js'
import { defineReader } from '../reader.js'

export const refusedOptionsReader = defineReader({
  name: 'refused-options',
  languages: ['python'],
  triggers: ['parse_args'],
  read(facts, context, claims) {
    const { python } = facts
    const launch = context.binding?.launch
    if (python === undefined || launch === undefined || !starts(launch)) return
    const given = Object.entries(launch.flags).filter(([name, value]) => isWritten(name, value, launch.flags))
    const parses = given.length === 0 ? null : parsingOf(python)
    if (parses === null) return
    const refused = given.filter(
      ([name]) => !isInternal(name) && !parses.takes(name) && !isJoined(name, parses),
    )
    const [first] = refused
    // A launch that speaks of another program takes little of this one's: a sweep whose runs a function of a module makes.
    if (first === undefined || 2 * refused.length > given.length) return
    const at = calleePlace(parses.call)
    const options: ClaimOptions = { channel: 'launch flag', location: first[1].location }
    const operation = claimOperation(claims, {
      kind: 'refuse option',
      place: launch.sweep === undefined ? 'run' : 'trial',
      key: `--${first[0]}`,
      at,
      site: at,
      scope: first[0],
      evidence: python.evidence,
      options,
    })
    const places = refused.map(([name, { location }]: [string, LaunchValue]) => ({
      what: `--${name}`,
      location,
    }))
    operation.known('places', 'parse_args', places, at, { site: at })
    const near = nearest(first[0], parses.names)
    if (near !== null) operation.known('remedy', near, `--${near}`, at, { site: at })
  },
  change: () => ({ reason: 'which option is meant is for the author to say' }),
})

/** A command that is known to start the program as it is written. */
function starts({ documented, asks, assumed, serves, image }: Launch): boolean {
  return (
    documented !== true && asks !== true && assumed === undefined && serves !== true && image === undefined
  )
}

/** `-qv` for `-q -v`. */
function isJoined(name: string, { names }: Parsing): boolean {
  return name.length < 5 && [...name].every((letter) => names.includes(letter))
}

/** What a platform adds for itself, and switches that are repeated (`-vv`). */
function isInternal(name: string): boolean {
  return /^sagemaker_|^(\w)\1*$/.test(name) || !/^[A-Za-z][\w.-]*$/.test(name)
}

/** `--no-compile` also counts as `compile`, and `lr=0.1` as `lr`. */
function isWritten(name: string, value: LaunchValue, flags: Launch['flags']): boolean {
  const { written } = value as Partial<LaunchFlag>
  if (written !== undefined && !written.startsWith('-')) return false
  return !['no-', 'no_'].some((prefix) => Object.hasOwn(flags, `${prefix}${name}`))
}

interface Parsing {
  call: Call
  names: string[]
  takes(name: string): boolean
}

/** The only parser of the program, where all of its options are seen. */
function parsingOf(python: PythonModule): Parsing | null {
  const parsers = python.callsTo('argparse.ArgumentParser')
  const [made] = parsers
  if (made === undefined || parsers.length > 1 || made.assignedTo === null) return null
  // Options of a parent, other signs before an option, several programs in one, arguments that are changed or read elsewhere.
  if (
    made.expr.args.some(
      ({ name, star }) => star > 0 || /^(parents|prefix_chars|conflict_handler)$/.test(name ?? ''),
    )
  )
    return null
  if (
    /\bREMAINDER\b|nargs=['"]\.\.\.|\bsys\.argv\b|\b(add_subparsers|parse_known_\w+|parse_intermixed_args|add_argparse_args)\b/.test(
      python.code,
    )
  )
    return null
  const parsing = python.calls.filter(({ method }) => method === 'parse_args')
  const [call] = parsing
  if (call === undefined || parsing.length > 1 || call.expr.args.length > 0) return null
  const { callee } = call.expr
  const own = callee.type === 'attribute' && python.callOf(callee.value) === made
  // Whoever is handed the parser may add options to it.
  if (!own || handedOn(python, made.assignedTo)) return null
  const added = python.calls.filter(({ method }) => method === 'add_argument').length
  const seen = python.programArguments.filter(
    ({ place, filled }) => place === undefined && filled === undefined,
  )
  if (added === 0 || seen.length !== added) return null
  const names = seen.flatMap(({ flags, negated = [] }) => [...flags, ...negated])
  return { call, names, takes: (name) => name === 'help' || names.some((one) => one.startsWith(name)) }
}

/** Some call is given the parser, or a group of its options. */
function handedOn(python: PythonModule, parser: string): boolean {
  return python.calls.some(({ expr }) =>
    expr.args.some(
      ({ value }) =>
        python.code.slice(value.start, value.end) === parser ||
        groups.test(python.callOf(value)?.method ?? ''),
    ),
  )
}

const groups = /^add_(argument|mutually_exclusive)_group$/

/** The option that is written alike, but for its dashes. */
function nearest(name: string, names: readonly string[]): string | null {
  const plain = (text: string) => text.replace(/[-_.]/g, '').toLowerCase()
  const own = plain(name)
  const alike = names.filter((one) => {
    const other = plain(one)
    return (
      other === own || (other.length > 3 && own.endsWith(other)) || (own.length > 3 && other.endsWith(own))
    )
  })
  return alike.length === 1 ? alike[0]! : null
}

/** What a function hands on of what it is given beyond its own parameters: `super().__init__(**kwargs)`. */
import type { OutwardCall, PassedArguments } from '../python/module.js'
import { together } from './joined-values.js'

/** More callers than these hardly agree. */
const mostCallers = 8

/** A call as its callers see it; `args`: what they pass, resolved. */
export interface RestCaller {
  args: PassedArguments | null
  open: boolean
}

/**
 * The call with the keywords that all callers of the function around it leave to its `**kwargs`, in the place of that. As it is
 * where one of them may pass something else.
 */
export function withRest(call: OutwardCall, callersOf: (func: string) => readonly RestCaller[]): OutwardCall {
  const unpacked = call.args?.filter(({ star }) => star !== undefined) ?? []
  const rest = unpacked[0]?.rest
  if (call.args === null || rest === undefined || unpacked.some((one) => one.rest?.of !== rest.of))
    return call
  const callers = callersOf(rest.of)
  if (callers.length === 0 || callers.length > mostCallers) return call
  const given = callers.map(({ args, open }) => (open ? null : args))
  const known = given.filter((args) => args !== null)
  // Positions beyond those of the function go to its `*args`.
  if (
    known.length < given.length ||
    known.some((args) => args.some(({ position }) => position !== null && position >= rest.positions))
  )
    return call
  const own = call.args.filter(({ star }) => star === undefined)
  const names = new Set(
    known.flatMap((args) =>
      args.flatMap(({ name }) => (name === null || rest.taken.includes(name) ? [] : [name])),
    ),
  )
  const handed = [...names].flatMap((name): PassedArguments => {
    if (own.some((one) => one.name === name)) return []
    const [first, ...others] = known.map((args) => args.find((one) => one.name === name))
    if (first !== undefined && others.length === 0) return [first]
    const all = [first, ...others].flatMap((one) => (one === undefined ? [] : [one.value]))
    const value = all.length === known.length ? together(all, name) : null
    return [{ name, position: null, value: value ?? { state: 'unknown', because: 'several callers' } }]
  })
  return { ...call, args: [...own, ...handed], open: false }
}

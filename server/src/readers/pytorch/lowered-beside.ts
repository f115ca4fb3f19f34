/** Loops of a program that train in full precision beside others that lower it. */
import type { Loop, PythonModule } from '../../python/module.js'
import type { Span } from '../../text/location.js'
import { once } from '../../text/once.js'
import { offsets } from './lowering.js'

/** All that lowers the format in this module stands in other loops than this one. */
export function lowersOnlyBeside(python: PythonModule, loop: Loop): boolean {
  const owners = once(python, 'loops that lower', () => loweringLoops(python))
  return owners?.every((loops) => loops.some((one) => isApart(one, loop))) === true
}

/** More of either is no script that a reader takes in. */
const most = { places: 50, loops: 50 }

/** For each place that lowers the format the loops that hold it; null: nothing does, or there are too many. */
function loweringLoops(python: PythonModule): Loop[][] | null {
  // A scaler is made before the loop that it scales for.
  const places = offsets(python).filter((at) => !scalerCall.test(python.text.slice(at, at + longestName)))
  const loops = python.loops.filter(({ role }) => role === 'train' || role === 'evaluate')
  if (places.length === 0 || places.length > most.places || loops.length > most.loops) return null
  return places.map((at) => loops.filter(({ node }) => node.start <= at && at < node.end))
}

const scalerCall = /^[\w.]*GradScaler\(/
const longestName = 60

function isApart({ node: one }: Loop, { node: other }: Loop): boolean {
  return !holds(one, other) && !holds(other, one)
}

function holds(outer: Span, inner: Span): boolean {
  return outer.start <= inner.start && inner.end <= outer.end
}

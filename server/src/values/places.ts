/** Places of calls and of configured values, as findings show them and changes edit them. */
import type { Call } from '../python/module.js'
import type { ChangeTarget } from '../text/change-target.js'
import type { ConfiguredPlace } from '../text/configured.js'
import type { Place } from '../text/origin.js'

/** What is shown for a call: its callee, without the arguments. */
export function calleePlace(call: Call): Place {
  return { start: call.expr.start, end: call.expr.callee.end }
}

/** A method with its arguments, without what it is called on. */
export function methodPlace({ expr }: Call): Place {
  const { callee } = expr
  return { start: callee.type === 'attribute' ? callee.end - callee.attr.length : expr.start, end: expr.end }
}

/** The keys of a configuration file, as what a change edits. */
export function configuredSite(site: Place, { document, keys }: ConfiguredPlace): Place {
  const { target } = site
  const place: Place = { start: 0, end: 0, document, keys: keys ?? [] }
  // What cannot be changed in the code may be changed in the file.
  return target === undefined || target.kind === 'refused' ? place : { ...place, target }
}

/** The whole call: what a change of one of its arguments edits. */
export function callSite(call: Call, target?: ChangeTarget): Place {
  const site: Place = { start: call.expr.start, end: call.expr.end }
  if (target !== undefined) site.target = target
  return site
}

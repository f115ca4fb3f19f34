/** Settings that methods of a task give: `task.set_gpu_limit(8)`, shown and changed as a whole. */
import type { Call, PythonModule } from '../../python/module.js'
import type { Json } from '../../text/json.js'
import type { Place } from '../../text/origin.js'
import { shownAt } from '../../values/argument.js'
import { argumentValue } from '../../values/call-source.js'
import { orUnknown } from '../../values/operations.js'
import { callSite } from '../../values/places.js'
import type { Locator } from '../../values/source.js'
import type { Value } from '../../values/value.js'

/** The method with its arguments, without the task. */
export const methodPlace = (call: Call): Place => ({
  start: call.expr.callee.end - call.method.length,
  end: call.expr.end,
})

export function methodValue(
  python: PythonModule,
  call: Call,
  keyword: string,
  position: number,
  locator: Locator,
): Value<Json> {
  const place = methodPlace(call)
  const argument = shownAt(python.argument(call, keyword, position), place)
  const given = argumentValue(argument, place, callSite(call, { kind: 'call', role: 'method' }), locator)
  return orUnknown(given, 'an argument that cannot be read')
}

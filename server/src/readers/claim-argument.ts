/** From an argument to a claim: absent is the library's default, and what cannot be read is unknown. */
import type { ArgumentValue, Call, Folded, PythonModule } from '../python/module.js'
import type { Json } from '../text/json.js'
import { argumentValue } from '../values/call-source.js'
import { foldedValue } from '../values/folded-value.js'
import { convert, orDefault } from '../values/operations.js'
import { calleePlace, callSite } from '../values/places.js'
import type { Place, SubjectBuilder } from '../workload/builder.js'
import type { ResourceKind, ResourceKinds, SettingName } from '../workload/resource-kinds.js'

export interface ArgumentClaim<V> {
  /** The value of the setting for a folded argument; undefined: the value says nothing that can be judged. */
  convert(value: Json): V | undefined
  /** What the library does when the argument is left out; absent: then nothing is claimed. */
  otherwise?: V
  /** True where a launch or a configuration that is not linked could still bring the value that is left out. */
  openDefault?: boolean
}

/** Claims one argument of a call. The finding stands at the value, or at the callee where none is given. */
export function claimArgument<W extends ResourceKind, K extends SettingName<W>>(
  subject: SubjectBuilder<W>,
  setting: K,
  key: string,
  call: Call,
  argument: ArgumentValue,
  rules: ArgumentClaim<ResourceKinds[W][K]>,
): void {
  const given = argumentValue(argument, calleePlace(call), callSite(call), subject.locator)
  const value = convert(given, rules.convert)
  subject.say(
    setting,
    key,
    rules.otherwise === undefined ? value : orDefault(value, rules.otherwise, rules.openDefault),
  )
}

/** Claims a folded value that stands at `place`; `site` is what a change would edit. */
export function claimFolded<W extends ResourceKind, K extends SettingName<W>>(
  subject: SubjectBuilder<W>,
  setting: K,
  key: string,
  folded: Folded,
  place: Place,
  to: (value: Json) => ResourceKinds[W][K] | undefined,
  site: Place = place,
): void {
  subject.say(setting, key, convert(foldedValue(folded, place, site, subject.locator), to))
}

/** The call that a claim was written for; null where the text has changed since. */
export function claimedCall(
  python: PythonModule | undefined,
  site: { start: number; end: number },
): Call | null {
  return python?.callAt(site) ?? null
}

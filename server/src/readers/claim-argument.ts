/**
 * From an argument to a claim, in one way for all readers: absent is the library's default, a folded value keeps its
 * channel, what cannot be read is unknown.
 */
import type { ArgumentValue, Call, Folded, PythonModule } from '../python/module.js'
import type { ConfiguredPlace } from '../text/configured.js'
import type { Json } from '../text/json.js'
import type { Place, SubjectBuilder } from '../workload/builder.js'
import type { SettingName, Word, Words } from '../workload/words.js'

/** What is shown for a call: its callee, without the arguments. */
export function calleePlace(call: Call): Place {
  return { start: call.expr.start, end: call.expr.callee.end }
}

/** The keys of a configuration file, as what a change edits. */
export function configuredSite(site: Place, { document, keys }: ConfiguredPlace): Place {
  const { anchor } = site
  const place: Place = { start: 0, end: 0, document, keys: keys ?? [] }
  return anchor === undefined ? place : { ...place, anchor }
}

/** The whole call: what a change of one of its arguments edits. */
export function callSite(call: Call, anchor?: string): Place {
  const site: Place = { start: call.expr.start, end: call.expr.end }
  if (anchor !== undefined) site.anchor = anchor
  return site
}

export interface ArgumentClaim<V> {
  /** The value of the setting for a folded argument; undefined: the value says nothing that can be judged. */
  convert(value: Json): V | undefined
  /** What the library does when the argument is left out; absent: then nothing is claimed. */
  otherwise?: V
  /** True where a launch or a configuration that is not linked could still bring the value that is left out. */
  openDefault?: boolean
  /** Kept for the reader's `change`. */
  anchor?: string
}

/** Claims one argument of a call. The finding stands at the value, or at the callee where none is given. */
export function claimArgument<W extends Word, K extends SettingName<W>>(
  subject: SubjectBuilder<W>,
  setting: K,
  key: string,
  call: Call,
  argument: ArgumentValue,
  rules: ArgumentClaim<Words[W][K]>,
): void {
  const site = callSite(call, rules.anchor)
  if (argument.state === 'absent') {
    if (rules.otherwise === undefined) return
    const there = argument.configured
    subject.default(setting, key, rules.otherwise, calleePlace(call), {
      site: there === undefined ? site : configuredSite(site, there),
      overridable: rules.openDefault ?? argument.overridable ?? false,
      ...(there === undefined ? {} : { location: there.location }),
    })
    return
  }
  if (argument.state === 'unknown') {
    subject.unknown(setting, key, argument.because, calleePlace(call), { site })
    return
  }
  claimFolded(subject, setting, key, argument.folded, { ...argument.span }, rules.convert, site)
}

/** Claims a folded value that stands at `place`; `site` is what a change would edit. */
export function claimFolded<W extends Word, K extends SettingName<W>>(
  subject: SubjectBuilder<W>,
  setting: K,
  key: string,
  folded: Folded,
  place: Place,
  convert: (value: Json) => Words[W][K] | undefined,
  site: Place = place,
): void {
  const value = folded.state === 'known' ? convert(folded.value) : undefined
  if (folded.state === 'unknown') subject.unknown(setting, key, folded.because, place, { site })
  else if (value === undefined) {
    subject.unknown(setting, key, 'a value that is not understood', place, { site, channel: folded.channel })
  } else {
    subject.known(setting, key, value, place, {
      site: folded.configured === undefined ? site : configuredSite(site, folded.configured),
      channel: folded.channel,
      overridable: folded.overridable,
      ...(folded.location === undefined ? {} : { location: folded.location }),
    })
  }
}

/** For arguments that carry the setting's own type: a number, a flag. None and other types are not understood. */
export const asNumber = (value: Json): number | undefined => (typeof value === 'number' ? value : undefined)
export const asBoolean = (value: Json): boolean | undefined =>
  typeof value === 'boolean'
    ? value
    : typeof value === 'number'
      ? value !== 0
      : value === null
        ? false
        : undefined

/** The call that a claim was written for; null where the text has changed since. */
export function claimedCall(
  python: PythonModule | undefined,
  site: { start: number; end: number },
): Call | null {
  return python?.callAt(site) ?? null
}

/** Claims of several readers about one subject become one value for each setting. */
import { define } from '../text/records.js'
import { compareChannels } from '../values/operations.js'
import { type ChoiceClaim, settled } from './choices.js'
import type { Claim, Effective, Subject } from './claim.js'

/** How far out a reader stands: an engine around a framework has the last word on an equal channel. */
export type LayerOf = (reader: string) => number

/** True where `a` is stronger than `b`, which was said earlier. */
function stronger(a: Claim, b: Claim, layerOf: LayerOf): boolean {
  const channel = compareChannels(a, b)
  if (channel !== 0) return channel < 0
  const layer = layerOf(a.reader) - layerOf(b.reader)
  if (layer !== 0) return layer > 0
  // Two readers that stand equal and disagree: what one cannot read the other may not decide.
  if (a.reader !== b.reader && (a.state === 'unknown') !== (b.state === 'unknown'))
    return a.state === 'unknown'
  // What else stands equal is settled by name, so that the order in which readers are asked decides nothing.
  return a.reader === b.reader || a.reader < b.reader
}

export interface JoinedSettings {
  /** What holds unless somebody decides otherwise. */
  settings: Record<string, Effective<unknown>>
  /** Those of them that depend on a condition. */
  choices: ChoiceClaim[]
}

/** Settings of each subject, by subject id. Claims on `path#Word@*` reach every subject of that word in the file. */
export function joinClaims(
  subjects: readonly Subject[],
  claims: readonly Claim[],
  layerOf: LayerOf,
): Map<string, JoinedSettings> {
  const bySubject = new Map<string, Claim[]>()
  for (const claim of claims) {
    const list = bySubject.get(claim.subject)
    if (list === undefined) bySubject.set(claim.subject, [claim])
    else list.push(claim)
  }
  const result = new Map<string, JoinedSettings>()
  for (const subject of subjects) {
    const strongest = new Map<string, Claim>()
    const everywhere = `${subject.location.path}#${subject.kind}@*`
    for (const claim of [...(bySubject.get(subject.id) ?? []), ...(bySubject.get(everywhere) ?? [])]) {
      const before = strongest.get(claim.setting)
      if (before === undefined || stronger(claim, before, layerOf)) strongest.set(claim.setting, claim)
    }
    const settings: JoinedSettings['settings'] = {}
    const choices: ChoiceClaim[] = []
    for (const [setting, claim] of strongest) {
      define(settings, setting, settled(claim))
      if (claim.state === 'choice') choices.push(claim)
    }
    result.set(subject.id, { settings, choices })
  }
  return result
}

/** Claims of several readers about one subject become one value for each setting. */
import { define, lookUp } from '../text/records.js'
import { type Channel, type Claim, channels, type Subject } from './claim.js'

const rank = new Map<Channel, number>(channels.map((channel, index) => [channel, index]))

/** How far out a reader stands: an engine around a framework has the last word on an equal channel. */
export type LayerOf = (reader: string) => number

/** True where `a` is stronger than `b`, which was said earlier. */
function stronger(a: Claim, b: Claim, layerOf: LayerOf): boolean {
  const channel = rank.get(a.channel)! - rank.get(b.channel)!
  if (channel !== 0) return channel < 0
  const layer = layerOf(a.reader) - layerOf(b.reader)
  if (layer !== 0) return layer > 0
  // Two readers that stand equal and disagree: what one cannot read the other may not decide.
  if (a.reader !== b.reader && (a.state === 'unknown') !== (b.state === 'unknown'))
    return a.state === 'unknown'
  return true
}

/** Settings of each subject, by subject id. Claims on `path#Word@*` reach every subject of that word in the file. */
export function joinClaims(
  subjects: readonly Subject[],
  claims: readonly Claim[],
  layerOf: LayerOf,
): Map<string, Record<string, Claim>> {
  const bySubject = new Map<string, Claim[]>()
  for (const claim of claims) {
    const list = bySubject.get(claim.subject)
    if (list === undefined) bySubject.set(claim.subject, [claim])
    else list.push(claim)
  }
  const result = new Map<string, Record<string, Claim>>()
  for (const subject of subjects) {
    const settings: Record<string, Claim> = {}
    const everywhere = `${subject.location.path}#${subject.word}@*`
    for (const claim of [...(bySubject.get(subject.id) ?? []), ...(bySubject.get(everywhere) ?? [])]) {
      const before = lookUp(settings, claim.setting)
      if (before === undefined || stronger(claim, before, layerOf)) define(settings, claim.setting, claim)
    }
    result.set(subject.id, settings)
  }
  return result
}

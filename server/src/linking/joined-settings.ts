import type { Extraction } from '../workload/claim.js'
import { type JoinedSettings, joinClaims, type LayerOf } from '../workload/join.js'

/** Settings of an extraction, joined once for as long as the extraction lives. */
const joined = new WeakMap<Extraction, Map<string, JoinedSettings>>()

export function settingsOf(extraction: Extraction, layerOf: LayerOf): Map<string, JoinedSettings> {
  let settings = joined.get(extraction)
  if (settings === undefined) {
    settings = joinClaims(extraction.subjects, extraction.claims, layerOf)
    joined.set(extraction, settings)
  }
  return settings
}

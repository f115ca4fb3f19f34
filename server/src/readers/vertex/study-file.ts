/**
 * Hyperparameter searches of Vertex AI in YAML and JSON: the configuration of `gcloud ai hp-tuning-jobs create --config`,
 * and requests of the REST interface. Source: reference of HyperparameterTuningJob and StudySpec (v1).
 */
import { at, entry, items, map, number, text, written } from '../../config/access.js'
import type { ConfigDocument, ConfigNode } from '../../config/node.js'
import type { Change, Refusal } from '../../edit/write.js'
import { distinctCount, integerSize } from '../../estimate/dimension.js'
import { gridSize } from '../../estimate/grid.js'
import type { Json } from '../../text/json.js'
import { lookUp } from '../../text/records.js'
import type { ClaimBuilder, SubjectBuilder } from '../../workload/builder.js'
import type { Claim, Evidence } from '../../workload/claim.js'
import type { Dimension, SearchSettings } from '../../workload/words.js'
import { byHand } from '../change-answer.js'
import { type KeyWrite, keyedPlace, nodePlace, writeKeys } from '../config-change.js'
import { defineReader, type UnitFacts } from '../reader.js'

export const vertexStudyReader = defineReader({
  name: 'vertex-study',
  languages: ['yaml', 'json'],
  triggers: ['studySpec'],
  read(facts, _context, claims) {
    for (const document of facts.config?.documents ?? []) readStudy(claims, document)
  },
  change: changeStudy,
})

const strategies: Record<string, SearchSettings['strategy']> = {
  GRID_SEARCH: 'grid',
  RANDOM_SEARCH: 'random',
  ALGORITHM_UNSPECIFIED: 'bayesian',
}

/** Specifications of what stops weak trials. */
const stopping = ['medianAutomatedStoppingSpec', 'decayCurveStoppingSpec', 'convexAutomatedStoppingSpec']

function readStudy(claims: ClaimBuilder, document: ConfigDocument): void {
  const root = map(document.root)
  const said = entry(root, 'studySpec')
  const study = map(said?.value)
  if (root === undefined || said === undefined || study === undefined) return
  if (entry(study, 'parameters') === undefined) return
  const evidence: Evidence = { role: 'job', accelerator: 'maybe', small: null, notebook: false }
  const head = { start: said.keyStart, end: said.keyEnd }
  const place = keyedPlace(head, document.index, ['studySpec'])
  const search = claims.subject('Search', place, text(at(root, 'displayName')) ?? 'studySpec', evidence)
  search.known('unit', 'studySpec', 'job', place)
  search.known('folds', 'studySpec', 1, place)
  search.known('persisted', 'studySpec', true, place)
  search.known('alternatives', 'algorithm', ['bayesian'], place)
  claimAlgorithm(search, study, document.index)
  const parameters = items(at(study, 'parameters')).map(dimensionOf)
  if (parameters.length > 0)
    search.known('space', 'parameters', { grids: [parameters], ...gridSize([parameters]) }, place)
  for (const [setting, key] of [
    ['trialCap', 'maxTrialCount'],
    ['parallelism', 'parallelTrialCount'],
  ] as const) {
    const node = at(root, key)
    const shown = node === undefined ? place : nodePlace(node)
    const options = { site: keyedPlace(shown, document.index, [key]) }
    const count = number(node)
    // Without them the command line gives them.
    if (count === undefined) search.unknown(setting, key, 'the command line may say', shown, options)
    else search.known(setting, key, count, shown, options)
  }
  const stops = stopping.find((key) => entry(study, key) !== undefined)
  if (stops !== undefined) search.known('earlyTermination', stops, true, place)
}

function claimAlgorithm(search: SubjectBuilder<'Search'>, study: ConfigNode, document: number): void {
  const found = entry(study, 'algorithm')
  const keys = ['studySpec', 'algorithm']
  if (found === undefined) {
    const place = { start: search.subject.site.start, end: search.subject.site.end }
    search.default('strategy', 'algorithm', 'bayesian', place, { site: keyedPlace(place, document, keys) })
    return
  }
  const place = { start: found.keyStart, end: found.value.end }
  const site = keyedPlace(place, document, keys)
  const strategy = lookUp(strategies, written(found.value) ?? '')
  if (strategy === undefined) search.unknown('strategy', 'algorithm', 'not readable', place, { site })
  else search.known('strategy', 'algorithm', strategy, place, { site })
}

function dimensionOf(parameter: ConfigNode): Dimension {
  const name = text(at(parameter, 'parameterId')) ?? '?'
  const listed =
    at(parameter, 'categoricalValueSpec', 'values') ?? at(parameter, 'discreteValueSpec', 'values')
  if (listed !== undefined) {
    const values = items(listed).map((one): Json => (one.kind === 'scalar' ? one.value : null))
    return values.length === 0 || values.includes(null)
      ? { name, size: null }
      : { name, size: distinctCount(values), values }
  }
  const low = number(at(parameter, 'integerValueSpec', 'minValue'))
  const high = number(at(parameter, 'integerValueSpec', 'maxValue'))
  return { name, size: low === undefined || high === undefined ? null : integerSize(low, high) }
}

function changeStudy(claim: Claim, value: unknown, facts: UnitFacts): Change | Refusal {
  const root = facts.config?.documents[claim.site.document ?? 0]?.root
  const { keys } = claim.site
  if (keys === undefined) return { reason: 'the file has changed' }
  switch (claim.setting) {
    case 'strategy': {
      const { trials } = value as { trials: number }
      const writes: KeyWrite[] = [{ keys, value: undefined }]
      const counted = number(at(root, 'maxTrialCount')) !== undefined
      if (counted) writes.push({ keys: ['maxTrialCount'], value: trials })
      const parallel = number(at(root, 'parallelTrialCount'))
      const most = Math.max(2, Math.ceil(trials / 8))
      if (parallel !== undefined && parallel > most)
        writes.push({ keys: ['parallelTrialCount'], value: most })
      const title = `Search with the default algorithm (Bayesian), ${trials} trials`
      return writeKeys(claim, facts, counted ? title : `${title}: --max-trial-count=${trials}`, writes)
    }
    case 'parallelism':
      return writeKeys(claim, facts, `At most ${value} trials at once: parallelTrialCount: ${value}`, [
        { keys, value: Number(value) },
      ])
    default:
      return byHand(claim)
  }
}

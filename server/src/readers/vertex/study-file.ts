/**
 * Hyperparameter searches of Vertex AI in YAML and JSON: the configuration of `gcloud ai hp-tuning-jobs create --config`,
 * and requests of the REST interface. Source: reference of HyperparameterTuningJob and StudySpec (v1).
 */
import { at, entry, items, map, number, text } from '../../config/access.js'
import type { ConfigDocument, ConfigNode } from '../../config/node.js'
import type { Change, Refusal } from '../../edit/write.js'
import { distinctCount, integerSize } from '../../estimate/dimension.js'
import { gridSize } from '../../estimate/grid.js'
import type { Json } from '../../text/json.js'
import { lookUp } from '../../text/records.js'
import { ConfigSource } from '../../values/config-source.js'
import { orUnknown } from '../../values/operations.js'
import { asQuotedNumber } from '../../values/parse.js'
import { effective } from '../../values/value.js'
import { ClaimBuilder } from '../../workload/builder.js'
import type { Claim, Evidence } from '../../workload/claim.js'
import type { Dimension, SearchSettings } from '../../workload/resource-kinds.js'
import { changeOf } from '../change-answer.js'
import { keyedPlace } from '../config-change.js'
import { defineReader, type FragmentFacts } from '../reader.js'
import { settingTable } from '../setting-table.js'

const strategies: Record<string, SearchSettings['strategy']> = {
  GRID_SEARCH: 'grid',
  RANDOM_SEARCH: 'random',
  ALGORITHM_UNSPECIFIED: 'bayesian',
}

const algorithmSettings = settingTable('Search', {
  strategy: {
    keys: ['algorithm'],
    parse: (value) => lookUp(strategies, String(value)),
    otherwise: 'bayesian',
  },
})
const countSettings = settingTable('Search', {
  trialCap: { keys: ['maxTrialCount'], parse: asQuotedNumber },
  parallelism: {
    keys: ['parallelTrialCount'],
    parse: asQuotedNumber,
    write: Number,
    title: (count) => `At most ${count} trials at once: parallelTrialCount: ${count}`,
  },
})

export const vertexStudyReader = defineReader({
  name: 'vertex-study',
  title: 'Vertex AI, study in a file',
  settings: [algorithmSettings, countSettings],
  languages: ['yaml', 'json'],
  triggers: ['studySpec'],
  read(facts, _context, claims) {
    for (const document of facts.config?.documents ?? []) readStudy(claims, document)
  },
  change: changeStudy,
})

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
  const options = { document: document.index, shown: head, withKey: true }
  algorithmSettings.claim(search, new ConfigSource(study, claims, { ...options, keys: ['studySpec'] }))
  const parameters = items(at(study, 'parameters')).map(dimensionOf)
  if (parameters.length > 0)
    search.known('space', 'parameters', { grids: [parameters], ...gridSize([parameters]) }, place)
  const source = new ConfigSource(root, claims, { document: document.index, keys: [], shown: place })
  for (const setting of countSettings.settings) {
    const { key, value } = countSettings.read(setting, source)
    // Without them the command line gives them.
    search.say(setting, key, orUnknown(value, 'the command line may say'))
  }
  const stops = stopping.find((key) => entry(study, key) !== undefined)
  if (stops !== undefined) search.known('earlyTermination', stops, true, place)
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

function changeStudy(claim: Claim, value: unknown, facts: FragmentFacts): Change | Refusal {
  const { keys, document = 0, start, end } = claim.site
  const root = facts.config?.documents[document]?.root
  if (keys === undefined || root === undefined) return { reason: 'the file has changed' }
  if (claim.setting !== 'strategy') return countSettings.change(claim, value, facts)
  const { trials } = value as { trials: number }
  const locator = new ClaimBuilder(facts.path, facts.fragment, claim.reader)
  const source = new ConfigSource(root, locator, { document, keys: [], shown: { start, end } })
  const writes = [source.set(keys, undefined)]
  const counted = effective(source.number('maxTrialCount')) !== undefined
  if (counted) writes.push(source.set(['maxTrialCount'], trials))
  const most = Math.max(2, Math.ceil(trials / 8))
  if ((effective(source.number('parallelTrialCount')) ?? 0) > most)
    writes.push(source.set(['parallelTrialCount'], most))
  const title = `Search with the default algorithm (Bayesian), ${trials} trials`
  return changeOf(counted ? title : `${title}: --max-trial-count=${trials}`, writes)
}

/** Sweeps of Azure Machine Learning in YAML. Source: reference of the sweep job schema. */
import { at, entry, items, text } from '../../config/access.js'
import type { ConfigDocument, ConfigNode } from '../../config/node.js'
import type { Change, Refusal } from '../../edit/write.js'
import { distinctCount } from '../../estimate/dimension.js'
import { gridSize } from '../../estimate/grid.js'
import type { Json } from '../../text/json.js'
import { lookUp } from '../../text/records.js'
import { ConfigSource } from '../../values/config-source.js'
import { convert, stated } from '../../values/operations.js'
import { asQuotedNumber } from '../../values/parse.js'
import { effective } from '../../values/value.js'
import type { ClaimBuilder, SubjectBuilder } from '../../workload/builder.js'
import type { Claim, Evidence } from '../../workload/claim.js'
import type { Dimension, SearchSettings } from '../../workload/resource-kinds.js'
import { byHand } from '../change-answer.js'
import { type Keys, type KeyWrite, keyedPlace, nodePlace, writeKeys } from '../config-change.js'
import type { FragmentFacts } from '../reader.js'
import { settingTable } from '../setting-table.js'

const strategies: Record<string, SearchSettings['strategy']> = {
  grid: 'grid',
  random: 'random',
  bayesian: 'bayesian',
}

const stopping = { type: 'median_stopping', delay_evaluation: 5, evaluation_interval: 1 }

export function claimSweepFile(
  claims: ClaimBuilder,
  node: ConfigNode,
  document: ConfigDocument,
  keys: Keys,
  scope: string,
  /** The job that its trials are. */
  job: string,
): void {
  // Previews of the schema had `algorithm`, and the limits beside it.
  const preview = entry(node, 'sampling_algorithm') === undefined
  const said = entry(node, preview ? 'algorithm' : 'sampling_algorithm')
  if (said === undefined) return
  const method = said.value.kind === 'map' ? at(said.value, 'type') : said.value
  const place = nodePlace(method ?? said.value)
  const site = (...path: Keys) => keyedPlace(place, document.index, [...keys, ...path])
  const evidence: Evidence = { role: 'job', accelerator: 'maybe', small: null, notebook: false }
  const search = claims.subject('Search', { ...site(), ...place }, scope, evidence, job)
  search.known('unit', 'sweep', 'job', place)
  search.known('folds', 'sweep', 1, place)
  search.known('persisted', 'sweep', true, place)
  search.known('alternatives', 'sampling_algorithm', ['bayesian'], place)
  const sampling = stated(claims.origin(place, { site: site() }), (text(method) ?? '').toLowerCase())
  const read = convert(sampling, (name) => lookUp(strategies, name), 'the sampling cannot be read')
  search.say('strategy', 'sampling_algorithm', read)
  const strategy = effective(read)
  const dimensions = dimensionsOf(at(node, 'search_space'))
  if (dimensions === null) search.unknown('space', 'search_space', 'the choices cannot be read', place)
  else search.known('space', 'search_space', { grids: [dimensions], ...gridSize([dimensions]) }, place)
  const source = new ConfigSource(node, claims, { document: document.index, keys, shown: place })
  sweepLimits.claim(search, source, {}, preview ? ['trialCap', 'parallelism'] : undefined)
  claimStopping(search, node, strategy, site('early_termination'))
}

/** What the service does with limits that are left out. */
const limits = (key: string) => ({ keys: [['limits', key], [key]], parse: asQuotedNumber, write: Number })

export const sweepLimits = settingTable('Search', {
  trialCap: {
    ...limits('max_total_trials'),
    otherwise: 1000,
    title: (count) => `At most ${count} trials`,
  },
  timeLimit: { ...limits('timeout'), otherwise: 60 * 86_400 },
  parallelism: {
    ...limits('max_concurrent_trials'),
    otherwise: null,
    title: (count) => `At most ${count} trials at once`,
  },
})

/** Weak trials are stopped by a policy; there is none for Bayesian sampling. */
function claimStopping(
  search: SubjectBuilder<'Search'>,
  node: ConfigNode,
  strategy: SearchSettings['strategy'] | undefined,
  site: ReturnType<typeof keyedPlace>,
): void {
  if (strategy === undefined || strategy === 'bayesian') return
  const key = 'early_termination'
  const given = entry(node, key)
  const none = given === undefined || (given.value.kind === 'scalar' && given.value.value === null)
  if (!none) {
    search.known('earlyTermination', key, true, nodePlace(given.value), { site })
    return
  }
  const place = { start: site.start, end: site.end }
  search.default('earlyTermination', key, false, place, { site })
  search.known('terminationGap', key, `the sweep has no ${key}`, place)
}

function dimensionsOf(space: ConfigNode | undefined): Dimension[] | null {
  if (space?.kind !== 'map' || space.entries.length === 0) return null
  return space.entries.map(({ key, value }): Dimension => {
    const values = items(at(value, 'values')).map((one) => (one.kind === 'scalar' ? one.value : undefined))
    if (text(at(value, 'type')) !== 'choice' || values.length === 0 || values.includes(undefined))
      return { name: key, size: null }
    return { name: key, size: distinctCount(values as Json[]), values: values as Json[] }
  })
}

export function changeSweepFile(claim: Claim, value: unknown, facts: FragmentFacts): Change | Refusal {
  const { keys, document } = claim.site
  const root = facts.config?.documents[document ?? 0]?.root
  if (keys === undefined || root === undefined) return { reason: 'the file has changed' }
  switch (claim.setting) {
    case 'strategy': {
      const { trials } = value as { trials: number }
      const node = at(root, ...keys)
      const few = Math.max(2, Math.ceil(trials / 8))
      const preview = entry(node, 'sampling_algorithm') === undefined
      const sampling = [...keys, preview ? 'algorithm' : 'sampling_algorithm']
      const limits = preview ? keys : [...keys, 'limits']
      const writes: KeyWrite[] = [
        {
          keys: at(root, ...sampling)?.kind === 'map' ? [...sampling, 'type'] : sampling,
          value: 'bayesian',
        },
        { keys: [...limits, 'max_total_trials'], value: trials },
        { keys: [...limits, 'max_concurrent_trials'], value: few },
      ]
      // There are no policies for Bayesian sampling.
      if (entry(node, 'early_termination') !== undefined)
        writes.push({ keys: [...keys, 'early_termination'], value: undefined })
      return writeKeys(claim, facts, `Search by Bayesian sampling, ${trials} trials`, writes)
    }
    case 'earlyTermination':
      return writeKeys(claim, facts, 'Stop weak trials early (median stopping)', [{ keys, value: stopping }])
    case 'trialCap':
    case 'parallelism':
      return sweepLimits.change(claim, value, facts)
    default:
      return byHand(claim)
  }
}

/** `CreateHyperParameterTuningJob` as a search. Source: SageMaker API reference, HyperParameterTuningJobConfig. */

import { distinctCount } from '../../estimate/dimension.js'
import { gridSize } from '../../estimate/grid.js'
import { below, type Key, type TreeSource } from '../../values/source.js'
import { effective, isGiven } from '../../values/value.js'
import type { Dimension, DrawnDimension, SearchSettings, SearchSpace } from '../../workload/resource-kinds.js'
import { claimDrawn } from '../search/drawn.js'
import { epochwiseImages } from './names.js'
import type { Request } from './request.js'
import { tuningSettings } from './request-settings.js'
import { claimTrainingRequest } from './training-request.js'

const config = 'HyperParameterTuningJobConfig'

/** The search, and the training job of its trials. */
export function claimTuning(request: Request): void {
  const { source } = request
  const several = isGiven(source.get('TrainingJobDefinitions'))
  const prefix: Key[] = several ? ['TrainingJobDefinitions', 0] : ['TrainingJobDefinition']
  const definition = below(source, ...prefix)
  claimSearch(request, definition)
  if (isGiven(definition.get())) claimTrainingRequest(request, { prefix, trials: true, jobs: null })
}

function claimSearch(request: Request, definition: TreeSource): void {
  const { header, site, source } = request
  const search = request.claims.subject('Search', { ...site, ...header }, request.scope, {
    ...request.evidence,
    accelerator: 'maybe',
  })
  search.known('unit', config, 'job', header)
  search.known('folds', config, 1, header)
  search.known('persisted', config, true, header)
  // The service chooses strategy and early stopping where it is told to.
  if (isGiven(source.get('Autotune'))) return
  search.known('alternatives', 'Strategy', ['bayesian'], header)
  tuningSettings.claim(search, source, {}, ['strategy', 'trialCap', 'parallelism', 'timeLimit'])
  const strategy = effective(tuningSettings.read('strategy', source).value)
  if (strategy === 'grid') {
    const space = spaceOf(source)
    if (space === null) search.unknown('space', 'ParameterRanges', 'the ranges cannot be read', header)
    else search.known('space', 'ParameterRanges', space, header)
  } else claimDrawn(search, 'ParameterRanges', rangesOf(source), header)
  // Hyperband stops jobs by itself and does not accept the option.
  if (strategy === undefined || strategy === 'hyperband') return
  tuningSettings.claim(search, source, {}, ['earlyTermination'])
  const steps = stepsOf(definition, rangesOf(source))
  if (steps === null) return
  const key = 'TrainingJobEarlyStoppingType'
  search.known('trialSteps', 'TrainingJobDefinition', { what: steps, count: null }, header)
  search.known('terminationGap', key, `${key} is 'Off'`, header)
}

/** What a job does step by step; null where that cannot be seen, or it fits once. */
function stepsOf(
  definition: TreeSource,
  searched: readonly (DrawnDimension | null)[],
): SearchSettings['trialSteps']['what'] | null {
  const fixed = definition.keysOf('StaticHyperParameters') ?? []
  const names = [...fixed, ...searched.flatMap((one) => one?.name ?? [])]
  if (names.some((name) => /^((num|max|num[-_]train)[-_])?epochs$/.test(name))) return 'epochs'
  const image = definition.textOf('AlgorithmSpecification', 'TrainingImage') ?? ''
  return /xgboost/.test(image) ? 'boosting rounds' : epochwiseImages.test(image) ? 'epochs' : null
}

/** Numbers are texts in a request, and the service chooses the scale unless it is told one. */
function rangesOf(source: TreeSource): (DrawnDimension | null)[] {
  return (['ContinuousParameterRanges', 'IntegerParameterRanges'] as const).flatMap((kind) => {
    const keys: Key[] = [config, 'ParameterRanges', kind]
    const count = Math.min(source.lengthOf(...keys) ?? 0, 100)
    return Array.from({ length: count }, (_, index): DrawnDimension | null => {
      const name = source.get(...keys, index, 'Name')
      const [low, high] = ['MinValue', 'MaxValue'].map((key) =>
        Number(effective(source.get(...keys, index, key)) ?? Number.NaN),
      ) as [number, number]
      const word = effective(name)
      if (name.state !== 'known' || typeof word !== 'string' || !(low < high)) return null
      const { location } = name
      const told = effective(source.get(...keys, index, 'ScalingType'))
      const scale = told === 'Linear' || kind === 'IntegerParameterRanges' ? 'linear' : 'logarithmic'
      return { name: word, low, high, scale, location, span: { start: location.start, end: location.end } }
    })
  })
}

/** A grid accepts only choices. */
function spaceOf(source: TreeSource): SearchSpace | null {
  const keys: Key[] = [config, 'ParameterRanges', 'CategoricalParameterRanges']
  const count = source.lengthOf(...keys)
  if (count === null || count === 0 || count > 100) return null
  const dimensions = Array.from({ length: count }, (_, index): Dimension => {
    const name = String(effective(source.get(...keys, index, 'Name')) ?? index + 1)
    const values = effective(source.get(...keys, index, 'Values'))
    return Array.isArray(values) ? { name, size: distinctCount(values), values } : { name, size: null }
  })
  return { grids: [dimensions], ...gridSize([dimensions]) }
}

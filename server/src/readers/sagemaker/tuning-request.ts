/** `CreateHyperParameterTuningJob` as a search. Source: SageMaker API reference, HyperParameterTuningJobConfig. */

import { distinctCount } from '../../estimate/dimension.js'
import { gridSize } from '../../estimate/grid.js'
import { lookUp } from '../../text/records.js'
import { asCount } from '../../values/parse.js'
import type { Dimension, SearchSettings, SearchSpace } from '../../workload/words.js'
import { epochwiseImages, strategies } from './names.js'
import { claimSaid, type Key, type Request } from './request.js'

const config = 'HyperParameterTuningJobConfig'

export function claimTuningRequest(request: Request, definition: Key[]): void {
  const { header } = request
  const site = request.site(config)
  const search = request.claims.subject('Search', { ...site, ...header }, request.scope, {
    ...request.evidence,
    accelerator: 'maybe',
  })
  search.known('unit', config, 'job', header)
  search.known('folds', config, 1, header)
  search.known('persisted', config, true, header)
  // The service chooses strategy and early stopping where it is told to.
  if (request.read('Autotune').state !== 'absent') return
  search.known('alternatives', 'Strategy', ['bayesian'], header)
  const said = request.read(config, 'Strategy')
  const strategy = said.state === 'known' ? lookUp(strategies, String(said.value)) : undefined
  claimSaid(search, request, 'strategy', [config, 'Strategy'], (value) => lookUp(strategies, String(value)))
  if (strategy === 'grid') {
    const space = spaceOf(request)
    if (space === null) search.unknown('space', 'ParameterRanges', 'the ranges cannot be read', header)
    else search.known('space', 'ParameterRanges', space, header)
  }
  const limits = [config, 'ResourceLimits']
  claimSaid(search, request, 'trialCap', [...limits, 'MaxNumberOfTrainingJobs'], asCount)
  claimSaid(search, request, 'parallelism', [...limits, 'MaxParallelTrainingJobs'], asCount)
  claimSaid(search, request, 'timeLimit', [...limits, 'MaxRuntimeInSeconds'], asCount)
  // Hyperband stops jobs by itself and does not accept the option.
  if (strategy === undefined || strategy === 'hyperband') return
  const key = 'TrainingJobEarlyStoppingType'
  const stopping = (value: unknown) => (typeof value === 'string' ? value === 'Auto' : undefined)
  claimSaid(search, request, 'earlyTermination', [config, key], stopping, false)
  const steps = stepsOf(request, definition)
  if (steps === null) return
  search.known('trialSteps', 'TrainingJobDefinition', { what: steps, count: null }, header)
  search.known('terminationGap', key, `${key} is 'Off'`, header)
}

/** What a job does step by step; null where that cannot be seen, or it fits once. */
function stepsOf(request: Request, definition: Key[]): SearchSettings['trialSteps']['what'] | null {
  const fixed = request.keysOf(...definition, 'StaticHyperParameters') ?? []
  if (fixed.some((name) => /^((num_|max_|num_train_)?epochs)$/.test(name))) return 'epochs'
  const image = request.textOf(...definition, 'AlgorithmSpecification', 'TrainingImage')
  return /xgboost/.test(image) ? 'boosting rounds' : epochwiseImages.test(image) ? 'epochs' : null
}

/** A grid accepts only choices. */
function spaceOf(request: Request): SearchSpace | null {
  const keys = [config, 'ParameterRanges', 'CategoricalParameterRanges']
  const count = request.length(...keys)
  if (count === null || count === 0 || count > 100) return null
  const dimensions = Array.from({ length: count }, (_, index): Dimension => {
    const name = request.read(...keys, index, 'Name')
    const values = request.read(...keys, index, 'Values')
    const called = name.state === 'known' ? String(name.value) : `${index + 1}`
    return values.state === 'known' && Array.isArray(values.value)
      ? { name: called, size: distinctCount(values.value), values: values.value }
      : { name: called, size: null }
  })
  return { grids: [dimensions], ...gridSize([dimensions]) }
}

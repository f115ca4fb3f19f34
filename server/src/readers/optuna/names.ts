/** Names of Optuna: samplers, pruners, and what makes a study. Source: Optuna 4.1, samplers/, pruners/, study/study.py. */
import type { Call } from '../../python/module.js'
import type { SearchSettings } from '../../workload/resource-kinds.js'

const studyFactory = /^optuna\.(study\.)?(create|load)_study$/
export const studyClass = /^optuna\.(study\.)?(study\.)?Study$/
export const nopPruner = /^optuna\.pruners\.NopPruner$/

export const samplers: Record<string, SearchSettings['strategy']> = {
  GridSampler: 'grid',
  BruteForceSampler: 'grid',
  RandomSampler: 'random',
  QMCSampler: 'random',
  TPESampler: 'bayesian',
  CmaEsSampler: 'bayesian',
  GPSampler: 'bayesian',
  BoTorchSampler: 'bayesian',
  NSGAIISampler: 'other',
  NSGAIIISampler: 'other',
}

/** Callbacks of `optimize` that keep what the trials found. */
export const keepingCallback =
  /WeightsAndBiasesCallback|MLflowCallback|TensorBoardCallback|CometCallback|NeptuneCallback|AimCallback/

/** The call that made the study of `study.optimize(…)`, where it is in reach. */
export function studyOf(call: Call): Call | null {
  const { receiverCall } = call
  return receiverCall?.name != null && studyFactory.test(receiverCall.name) ? receiverCall : null
}

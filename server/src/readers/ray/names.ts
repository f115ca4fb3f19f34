/** Names of Ray Tune, old and new. Source: Ray 2.40, python/ray/tune and rllib; Ray 1.x for the older spellings. */
import type { SearchSettings } from '../../workload/resource-kinds.js'

export const runCall = /^ray\.tune\.(tune\.)?run$/
export const tunerCall = /^ray\.tune\.(tuner\.)?Tuner$/
export const tuneConfig = /^ray\.tune\.(tune_config\.)?TuneConfig$/
export const runConfig = /^ray\.(air|train|tune)\.(config\.)?RunConfig$/
export const gridSearch =
  /^ray\.tune\.(search\.variant_generator\.|suggest\.variant_generator\.)?grid_search$/
/** `tune.choice(…)` and its kin: sampled once for each of `num_samples` trials. */
export const sampling =
  /^ray\.tune\.(search\.sample\.)?(choice|uniform|loguniform|quniform|qloguniform|randn|qrandn|randint|qrandint|lograndint|sample_from)$/
/** Calls by which a trainable reports. */
export const reportCall =
  /^(ray\.(tune|train|air\.session|train\.session|air)\.(report|track\.log|session\.report)|ray\.tune\.track\.log|ray\.air\.session\.report)$/
/** Callbacks of other frameworks that report each epoch. */
export const reportCallback =
  /Tune(Report|ReportCheckpoint)Callback|RayTrainReportCallback|ReportCheckpointCallback|TuneReporterCallback|KerasReportCallback|prepare_trainer/
export const defaultScheduler = /^ray\.tune\.schedulers\.(trial_scheduler\.)?FIFOScheduler$/

/** Schedulers that stop no trial within its grace period. */
export const sparing =
  /^ray\.tune\.schedulers\.(\w+\.)?(ASHAScheduler|AsyncHyperBandScheduler|MedianStoppingRule)$/

export function searcherStrategy(method: string): SearchSettings['strategy'] | null {
  if (/BasicVariantGenerator/.test(method)) return 'random'
  if (
    /Optuna|HyperOpt|BayesOpt|Ax|BOHB|Nevergrad|Skopt|SkOpt|ZOOpt|HEBO|Dragonfly|BlendSearch|CFO|SigOpt/.test(
      method,
    )
  )
    return 'bayesian'
  return null
}

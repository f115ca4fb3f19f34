/** Callbacks in YAML files of `LightningCLI` that end a run. */
import { type Configured, configuredAt } from '../../text/configured.js'

const harmless =
  /\.(ModelCheckpoint|LearningRateMonitor|TQDMProgressBar|RichProgressBar|RichModelSummary|ModelSummary|StochasticWeightAveraging|DeviceStatsMonitor|GradientAccumulationScheduler|OnExceptionCheckpoint|WeightAveraging|EMAWeightAveraging|BatchSizeFinder|LearningRateFinder)$|^(ModelCheckpoint|LearningRateMonitor|TQDMProgressBar|RichProgressBar|RichModelSummary|ModelSummary|DeviceStatsMonitor)$/

/** What the `callbacks` of a file do to the length of the run. */
export function stoppingInFile(callbacks: Configured): 'stops' | 'goes on' | 'unknown' {
  if (callbacks.kind === 'scalar') return callbacks.value === null ? 'goes on' : 'unknown'
  if (callbacks.kind === 'unknown') return 'unknown'
  const items = callbacks.kind === 'list' ? callbacks.items : [callbacks]
  let verdict: 'goes on' | 'unknown' = callbacks.open === undefined ? 'goes on' : 'unknown'
  for (const item of items) {
    const path = item.kind === 'scalar' ? item : configuredAt(item, 'class_path')
    const name = path?.kind === 'scalar' && typeof path.value === 'string' ? path.value : ''
    if (/EarlyStop/.test(name)) return 'stops'
    if (!harmless.test(name)) verdict = 'unknown'
  }
  return verdict
}

/** Whether metrics of a run outlive it: trackers, and what a program writes down by itself. */
import type { PythonModule } from '../python/module.js'
import type { Span } from '../text/location.js'
import { once } from '../text/once.js'
import type { ClaimBuilder, SubjectBuilder } from '../workload/builder.js'
import { idAt } from './job-in-code.js'

const trackers =
  /^(wandb|mlflow|comet_ml|neptune|clearml|aim|trackio|swanlab|dvclive|sacred|guild|polyaxon|azureml|tensorboard|tensorboardX|visdom|mlflow_\w+|determined|valohai|labml|torch\.utils\.tensorboard|tensorflow\.summary|tensorboard_logger|clu\.metric_writers|flax\.metrics|lightning\.pytorch\.loggers|keras\.callbacks\.(TensorBoard|CSVLogger|RemoteMonitor)|livelossplot|fastcore|sagemaker\.experiments|smdebug|google\.cloud\.aiplatform\.(start_run|log_metrics))(\.|$)/

/** Files of metrics: tables, JSON, pictures of curves, a log with a file behind it. */
const ownRecords =
  /\.to_csv\(|csv\.writer|DictWriter|json\.dump|savefig|np\.savez?\(|FileHandler|basicConfig\([^)]*filename|pickle\.dump|\.write\(|add_scalar|log_metrics?\(|logger\.log\(|Logger\(|SummaryWriter|\bTee\b/

/** What keeps metrics by itself: reports of trials and trainers of Ray, trackers that Accelerate is told to start. */
const keeping =
  /^(ray\.(train|tune|air)\.(\w+\.)*report|ray\.(air|train|tune)\.(\w+\.)*(setup_\w+|\w*LoggerCallback))$/

function keepsByLibrary(python: PythonModule): string | null {
  const report = python.calls.find(({ name }) => keeping.test(name ?? ''))
  if (report !== undefined) return 'ray'
  const started = python.calls.some(({ method }) => method === 'init_trackers')
  return started && [...python.imports].some((name) => /^accelerate(\.|$)/.test(name)) ? 'accelerate' : null
}

/** The tracker that this module or its neighbours use; null: none. */
export function trackerOf(python: PythonModule): string | null {
  return once(python, 'tracker', () => {
    const kept = keepsByLibrary(python)
    if (kept !== null) return kept
    for (const name of python.imports) if (trackers.test(name)) return name.split('.')[0]!
    for (const module of [...python.importers, ...python.imported]) {
      const found = [...module.imports, ...module.uses].find((one) => trackers.test(one))
      if (found !== undefined) return found.split('.')[0]!
    }
    return null
  })
}

/** True where something else is written that may hold the metrics. */
function recordsItself(python: PythonModule): boolean {
  return once(python, 'records itself', () => {
    if (ownRecords.test(python.code)) return true
    // SageMaker reads the metrics of its jobs from what they print.
    if (/\bSM_(MODEL_DIR|CHANNEL_\w+|OUTPUT_DATA_DIR|HOSTS|NUM_GPUS)\b/.test(python.code)) return true
    // A trainer or logger of the project may well keep them.
    const names = [...python.imports, ...python.imported.flatMap((module) => [module.path, ...module.uses])]
    return names.some((name) =>
      /log(ger|ging)?s?(\.|_|$)|record|tracker|monitor|metrics?_?(writer|logger)/i.test(name),
    )
  })
}

/** Id of the `Training` that another reader of the same file owns, by its place. */
export function trainingId(claims: ClaimBuilder, place: Span): string {
  return idAt(claims, 'Training', place)
}

/** For training that no library logs by itself. */
export function claimTracked(
  python: PythonModule,
  training: SubjectBuilder<'Training'>,
  key: string,
  place: Span,
  site: Span,
): void {
  const tracker = trackerOf(python)
  if (tracker !== null) training.known('tracked', tracker, true, place, { site })
  else if (recordsItself(python))
    training.unknown('tracked', key, 'it writes something down by itself', place, { site })
  else training.default('tracked', key, false, place, { site })
}

/** MosaicML Composer: one `Training` for each `Trainer` that fits. */

import type { Call, PythonModule } from '../../python/module.js'
import type { Json } from '../../text/json.js'
import { lookUp } from '../../text/records.js'
import { asNumber } from '../../values/parse.js'
import { calleePlace, callSite } from '../../values/places.js'
import type { ClaimBuilder, SubjectBuilder } from '../../workload/builder.js'
import type { Evidence } from '../../workload/claim.js'
import type { Precision } from '../../workload/words.js'
import { type Callbacks, callbackList, judgeCallbacks, type Verdict } from '../callback-list.js'
import { claimArgument } from '../claim-argument.js'
import { claimVerdict } from '../claim-verdict.js'
import { claimFrom } from '../early-stopping.js'
import { codeMatches, codeText, trainingEvidence } from '../pytorch/evidence.js'
import { openEndedIn } from '../pytorch/loop-facts.js'
import { defineReader, type ReaderContext } from '../reader.js'
import { changeComposer } from './changes.js'

const trainer = /^composer\.(trainer\.)*Trainer$/
export const stopper = /^composer\.(\w+\.)*EarlyStopper$/
/** The first positional arguments of `EarlyStopper`. */
const stopperOrder = ['monitor', 'dataloader_label', 'comp', 'min_delta', 'patience']

export const composerReader = defineReader({
  name: 'composer',
  languages: ['python'],
  triggers: ['composer'],
  layer: 1,
  read(facts, context, claims) {
    const { python } = facts
    if (python === undefined) return
    for (const call of python.calls) {
      if (call.name === null || !trainer.test(call.name)) continue
      const fit = python.calls.find((one) => one.method === 'fit' && one.receiverCall === call) ?? null
      if (fit !== null || python.uses('.fit')) readTrainer(python, call, fit, context, claims)
    }
  },
  change: changeComposer,
})

const formats: Record<string, Precision> = {
  fp32: 'fp32',
  amp_fp16: 'fp16-mixed',
  amp_bf16: 'bf16-mixed',
  amp_fp8: 'fp8',
  amp: 'fp16-mixed',
  bf16: 'bf16-mixed',
}

function readTrainer(
  python: PythonModule,
  call: Call,
  fit: Call | null,
  context: ReaderContext,
  claims: ClaimBuilder,
): void {
  const place = calleePlace(call)
  const site = callSite(call)
  const evidence = evidenceOf(python, call, context)
  const training = claims.subject('Training', place, call.function?.qualified ?? '', evidence)
  training.known('managed', 'Trainer', true, place)
  training.known('automaticDevice', 'device', true, place)
  readPrecision(python, call, evidence, training)
  readDuration(python, call, fit, training)

  const data = python.argument(call, 'eval_dataloader')
  if (data.state === 'unknown')
    training.unknown('validation', 'eval_dataloader', data.because, place, { site })
  else {
    const none = data.state === 'absent' || (data.folded.state === 'known' && data.folded.value === null)
    training.known('validation', 'eval_dataloader', !none, place, { site })
  }
  claimVerdict(training, 'callbacks', stoppingOf(python, call), place, site)
  readStopping(python, call, training)
  if (python.uses('.from_pretrained')) training.known('fineTuning', 'from_pretrained', true, place)
  const schedulers = python.argument(call, 'schedulers')
  if (
    schedulers.state !== 'absent' &&
    codeMatches(python, /(Cosine|Linear|Polynomial)\w*(Scheduler|LR)|OneCycle/)
  )
    training.known('fullHorizonSchedule', 'schedulers', true, place)
  const compile = python.argument(call, 'compile_config')
  if (compile.state === 'absent') training.default('compiled', 'compile_config', false, place, { site })
  else training.unknown('compiled', 'compile_config', 'it is given', place, { site })
  const reason = openEndedIn(python, codeText(python))
  if (reason !== null) training.known('openEnded', reason, reason, place)
}

function evidenceOf(python: PythonModule, call: Call, context: ReaderContext): Evidence {
  const evidence = trainingEvidence(python)
  if (evidence.role !== 'test') evidence.role = 'training'
  const device = python.argument(call, 'device')
  const visible = context.binding?.launch.environment.CUDA_VISIBLE_DEVICES?.value
  if (visible === '' || visible === '-1') evidence.accelerator = 'cpu'
  else if (device.state === 'given' && device.folded.state === 'known' && device.folded.value !== null) {
    const word = String(device.folded.value)
    evidence.accelerator =
      word === 'gpu'
        ? 'gpu'
        : word === 'cpu'
          ? 'cpu'
          : word === 'tpu'
            ? 'tpu'
            : word === 'mps'
              ? 'mps'
              : 'maybe'
  } else evidence.accelerator = 'maybe'
  return evidence
}

/** Left out, it is fp16 under autocast on a GPU (trainer/trainer.py). */
function readPrecision(
  python: PythonModule,
  call: Call,
  evidence: Evidence,
  training: SubjectBuilder<'Training'>,
): void {
  const given = python.argument(call, 'precision')
  const named = given.state === 'given' ? python.nameOf(given.expr) : null
  const member = named === null ? null : (/\.Precision\.([A-Z0-9_]+)$/.exec(named)?.[1] ?? null)
  if (member !== null && given.state === 'given') {
    const value = lookUp(formats, member.toLowerCase())
    if (value !== undefined)
      training.known('precision', 'precision', value, { ...given.span }, { site: callSite(call) })
    return
  }
  claimArgument(training, 'precision', 'precision', call, given, {
    convert: (value: Json) =>
      value === null
        ? 'fp16-mixed'
        : typeof value === 'string'
          ? lookUp(formats, value.toLowerCase())
          : undefined,
    otherwise: evidence.accelerator === 'cpu' ? 'fp32' : 'fp16-mixed',
  })
}

/** `max_duration`: epochs as a number or as '90ep', batches as '5000ba'. */
function readDuration(
  python: PythonModule,
  call: Call,
  fit: Call | null,
  training: SubjectBuilder<'Training'>,
): void {
  const place = calleePlace(call)
  if (fit !== null && python.argument(fit, 'duration').state !== 'absent') {
    training.unknown('epochs', 'max_duration', 'fit() sets a duration of its own', place)
    return
  }
  const given = python.argument(call, 'max_duration')
  const text = given.state === 'given' && given.folded.state === 'known' ? String(given.folded.value) : ''
  if (/^\d+(ba|tok|sp|sec|iter)$/.test(text)) {
    training.known('maxSteps', 'max_duration', Number.parseInt(text, 10), place)
    return
  }
  claimArgument(training, 'epochs', 'max_duration', call, given, {
    convert: (value) => {
      const count = typeof value === 'string' ? /^(\d+)ep$/.exec(value)?.[1] : asNumber(value)
      return count === undefined ? undefined : Number(count)
    },
  })
}

const harmless =
  /^composer\.(\w+\.)*(LRMonitor|SpeedMonitor|MemoryMonitor|RuntimeEstimator|CheckpointSaver|OptimizerMonitor|ImageVisualizer|MLPerfCallback|HealthChecker|ActivationMonitor|NaNMonitor|Callback|SystemMetricsMonitor|EvalOutputLogging|FreeOutputs|Generate|MemorySnapshot|OOMObserver|PartialHparamsCallback)$/

const composerCallbacks: Callbacks = {
  library(name) {
    if (/EarlyStopper$|ThresholdStopper$/.test(name)) return 'stops'
    return harmless.test(name) ? 'goes on' : 'unknown'
  },
  stop: /stop_training|should_stop/,
}

function stoppingOf(python: PythonModule, call: Call): Verdict {
  if (codeMatches(python, /early_?stop|ThresholdStopper|stop_training/i)) return 'stops'
  const given = python.argument(call, 'callbacks')
  if (given.state === 'absent') return 'goes on'
  const list = given.state === 'given' ? callbackList(python, given.expr) : null
  return list === null ? 'unknown' : judgeCallbacks(python, list.items, composerCallbacks)
}

function readStopping(python: PythonModule, call: Call, training: SubjectBuilder<'Training'>): void {
  const given = python.argument(call, 'callbacks')
  const list = given.state === 'given' ? callbackList(python, given.expr) : null
  const made = (list?.items ?? [])
    .map((item) => python.callOf(item))
    .filter((one): one is Call => one !== null && one.name !== null && stopper.test(one.name))
  if (made.length !== 1) return
  const [only] = made
  const argument = (key: string) => python.argument(only!, key, stopperOrder.indexOf(key))
  const anchor = 'stopping'
  const metric = argument('monitor')
  claimArgument(training, 'stopMetric', 'monitor', only!, metric, {
    convert: (value) => (typeof value === 'string' ? value : undefined),
    anchor,
  })
  claimFrom(training, 'patience', 'patience', only!, argument('patience'), anchor, 1, (value) => {
    const count = typeof value === 'string' ? /^(\d+)ep$/.exec(value)?.[1] : asNumber(value)
    return count === undefined ? undefined : Number(count)
  })
  const comp = argument('comp')
  if (comp.state !== 'given' || comp.folded.state !== 'known') return
  const word = String(comp.folded.value).toLowerCase()
  const taken = /^(less|lt)$/.test(word) ? 'lower' : /^(greater|gt)$/.test(word) ? 'higher' : null
  if (taken !== null)
    training.known('stopDirection', 'comp', taken, { ...comp.span }, { site: callSite(only!, anchor) })
}

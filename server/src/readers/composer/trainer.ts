/** MosaicML Composer: one `Training` for each `Trainer` that fits. */

import type { Call, PythonModule } from '../../python/module.js'
import type { Json } from '../../text/json.js'
import {
  isLeftOut,
  knownArgument,
  mayBePassed,
  passedExpression,
  textArgument,
  whyUnreadable,
} from '../../values/argument.js'
import { CallSource } from '../../values/call-source.js'
import { convert, orDefault, stated } from '../../values/operations.js'
import { asNumber, asWord } from '../../values/parse.js'
import { calleePlace, callSite } from '../../values/places.js'
import type { ClaimBuilder, SubjectBuilder } from '../../workload/builder.js'
import type { Evidence } from '../../workload/claim.js'
import type { Precision } from '../../workload/resource-kinds.js'
import { type Callbacks, judgeCallbacks, passedCallbacks, type Verdict } from '../callback-list.js'
import { claimArgument } from '../claim-argument.js'
import { claimVerdict } from '../claim-verdict.js'
import { codeMatches, codeText, trainingEvidence } from '../pytorch/evidence.js'
import { openEndedIn } from '../pytorch/loop-facts.js'
import { readLoopMemory } from '../pytorch/loop-memory.js'
import { defineReader, type ReaderContext } from '../reader.js'
import { speaksOfStopping } from '../wanted-stopping.js'
import { changeComposer } from './changes.js'
import { claimRecords, readRhythm } from './records.js'
import { saverSettings, savingSettings, stoppingSettings } from './settings.js'

const trainer = /^composer\.(trainer\.)*Trainer$/
const stopper = /^composer\.(\w+\.)*EarlyStopper$/

export const composerReader = defineReader({
  name: 'composer',
  title: 'Composer',
  languages: ['python'],
  triggers: ['composer'],
  settings: [savingSettings, saverSettings, stoppingSettings],
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

const formats = new Map<string, Precision>([
  ['fp32', 'fp32'],
  ['amp_fp16', 'fp16-mixed'],
  ['amp_bf16', 'bf16-mixed'],
  ['amp_fp8', 'fp8'],
  ['amp', 'fp16-mixed'],
  ['bf16', 'bf16-mixed'],
])

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
  // Without `device='gpu'` it takes what there is.
  if (evidence.accelerator !== 'cpu' && textArgument(python.argument(call, 'device')) !== 'gpu')
    training.known('automaticDevice', 'device', true, place)
  readPrecision(python, call, evidence, training)
  readDuration(python, call, fit, training)

  const data = python.argument(call, 'eval_dataloader')
  if (passedExpression(data) === null && mayBePassed(data))
    training.unknown('validation', 'eval_dataloader', whyUnreadable(data) ?? '', place, { site })
  else training.known('validation', 'eval_dataloader', !isLeftOut(data), place, { site })
  claimVerdict(python, training, 'callbacks', stoppingOf(python, call), place, site)
  claimRecords(python, call, training)
  readRhythm(python, call, evidence, claims)
  readStopping(python, call, training)
  if (python.uses('.from_pretrained')) training.known('fineTuning', 'from_pretrained', true, place)
  readLoopMemory(python, context.versions, training, place)
  const schedulers = python.argument(call, 'schedulers')
  if (mayBePassed(schedulers) && codeMatches(python, /(Cosine|Linear|Polynomial)\w*(Scheduler|LR)|OneCycle/))
    training.known('fullHorizonSchedule', 'schedulers', true, place)
  const compile = python.argument(call, 'compile_config')
  if (!mayBePassed(compile)) training.default('compiled', 'compile_config', false, place, { site })
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
  else evidence.accelerator = devices.get(textArgument(device) ?? '') ?? 'maybe'
  return evidence
}

const devices = new Map<string, Evidence['accelerator']>([
  ['gpu', 'gpu'],
  ['cpu', 'cpu'],
  ['tpu', 'tpu'],
  ['mps', 'mps'],
])

const asFormat = asWord(formats)
const precisionFrom = (value: Json): Precision | undefined =>
  value === null ? 'fp16-mixed' : asFormat(value)

/** Left out, it is fp16 under autocast on a GPU (trainer/trainer.py). */
function readPrecision(
  python: PythonModule,
  call: Call,
  evidence: Evidence,
  training: SubjectBuilder<'Training'>,
): void {
  const source = new CallSource(python, call, training.locator)
  const given = source.get('precision')
  const passed = source.expression('precision')
  // `Precision.AMP_BF16`
  const member = /\.Precision\.([A-Z0-9_]+)$/.exec((passed && python.nameOf(passed)) ?? '')?.[1]
  const value = member === undefined ? given : stated(given, member)
  const otherwise = evidence.accelerator === 'cpu' ? 'fp32' : 'fp16-mixed'
  training.say('precision', 'precision', orDefault(convert(value, precisionFrom), otherwise))
}

/** `max_duration`: epochs as a number or as '90ep', batches as '5000ba'. */
function readDuration(
  python: PythonModule,
  call: Call,
  fit: Call | null,
  training: SubjectBuilder<'Training'>,
): void {
  const place = calleePlace(call)
  if (fit !== null && mayBePassed(python.argument(fit, 'duration'))) {
    training.unknown('epochs', 'max_duration', 'fit() sets a duration of its own', place)
    return
  }
  const given = python.argument(call, 'max_duration')
  const text = String(knownArgument(given) ?? '')
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
  if (speaksOfStopping(python, /early_?stop|ThresholdStopper|stop_training/i)) return 'stops'
  const list = passedCallbacks(python, python.argument(call, 'callbacks'))
  return list === null ? 'unknown' : judgeCallbacks(python, list.items, composerCallbacks)
}

function readStopping(python: PythonModule, call: Call, training: SubjectBuilder<'Training'>): void {
  const items = passedCallbacks(python, python.argument(call, 'callbacks'))?.items ?? []
  const made = items
    .map((item) => python.callOf(item))
    .filter((one): one is Call => one !== null && one.name !== null && stopper.test(one.name))
  const [only] = made
  if (only === undefined || made.length !== 1) return
  stoppingSettings.claim(training, stoppingSettings.argumentsOf(python, only, training.locator))
}

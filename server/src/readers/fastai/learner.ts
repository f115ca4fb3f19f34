/** fastai: one `Training` for each call that fits a learner, and the workers of its data loaders. */

import type { Call, PythonModule } from '../../python/module.js'
import { noteSmall } from '../../text/evidence.js'
import type { Json } from '../../text/json.js'
import { knownArgument, mayBePassed } from '../../values/argument.js'
import { asNumber } from '../../values/parse.js'
import { calleePlace, callSite } from '../../values/places.js'
import type { ClaimBuilder, SubjectBuilder } from '../../workload/builder.js'
import type { Evidence } from '../../workload/claim.js'
import { type Callbacks, judgeCallbacks, type Verdict } from '../callback-list.js'
import { claimArgument } from '../claim-argument.js'
import { claimVerdict } from '../claim-verdict.js'
import { isExplained } from '../pytorch/data-loader.js'
import { codeMatches, codeText, trainingEvidence } from '../pytorch/evidence.js'
import { openEndedIn } from '../pytorch/loop-facts.js'
import { defineReader, type ReaderContext } from '../reader.js'
import { speaksOfStopping } from '../wanted-stopping.js'
import { onWindows } from '../windows.js'
import { changeFastai } from './changes.js'
import { readStopping } from './early-stopping.js'
import {
  callbacksOf,
  doesMatrixWork,
  type Fit,
  fastaiFits,
  fastaiVersion,
  lessonData,
  plannedMethods,
} from './learners.js'
import { readRecords } from './records.js'

export const fastaiReader = defineReader({
  name: 'fastai',
  languages: ['python'],
  triggers: ['fastai'],
  read(facts, context, claims) {
    const { python } = facts
    if (python === undefined || fastaiVersion(python) === null) return
    const fits = fastaiFits(python)
    const evidence = evidenceOf(python, context)
    const first = fits.find(({ maker }) => maker !== null && doesMatrixWork(python, maker))
    for (const fit of fits) readFit(python, fit, fit === first, evidence, claims)
    if (fits.length > 0 || evidence.role === 'training') readLoaders(python, evidence, claims)
  },
  change: changeFastai,
})

function evidenceOf(python: PythonModule, context: ReaderContext): Evidence {
  const evidence = trainingEvidence(python)
  if (evidence.role !== 'test' && fastaiFits(python).length > 0) evidence.role = 'training'
  noteSmall(evidence, lessonData(python))
  const visible = context.binding?.launch.environment.CUDA_VISIBLE_DEVICES?.value
  const processor =
    visible === '' ||
    visible === '-1' ||
    codeMatches(
      python,
      /default_device\(\s*(use_cuda\s*=\s*)?(False|0)|defaults\.device\s*=\s*torch\.device\(\s*['"]cpu|\bdevice\s*=\s*(torch\.device\(\s*)?['"]cpu['"]/,
    )
  // The loaders put their batches on the accelerator that they find.
  evidence.accelerator = processor ? 'cpu' : evidence.accelerator === 'gpu' ? 'gpu' : 'maybe'
  return evidence
}

/** Words that lower the precision somewhere in the program. */
const lowering =
  /to_(native_|non_native_)?fp16|to_bf16|MixedPrecision|ModelToHalf|\bautocast\b|\.half\(|bfloat16|float16/

function readFit(
  python: PythonModule,
  fit: Fit,
  first: boolean,
  evidence: Evidence,
  claims: ClaimBuilder,
): void {
  const { call, maker } = fit
  const place = calleePlace(call)
  const site = callSite(call)
  const training = claims.subject('Training', place, call.function?.qualified ?? '', { ...evidence })
  training.known('managed', call.method, true, place)
  if (evidence.accelerator !== 'cpu') training.known('automaticDevice', 'device', true, place)
  // Said once, at the first learner that does matrix work.
  if (first && maker !== null) {
    const made = calleePlace(maker)
    const at = callSite(maker)
    if (codeMatches(python, lowering) || python.uses('.to_fp16', '.to_bf16', '.to_native_fp16'))
      training.unknown('precision', 'to_fp16', 'precision is lowered in the program', made, { site: at })
    else training.default('precision', 'to_fp16', 'fp32', made, { site: at })
  }
  readEpochs(python, call, training)
  readRecords(python, fit, training)
  if (codeMatches(python, /valid_pct\s*=\s*0(\.0*)?\s*[,)]|\bNoSplitter\b|split_none\(|no_split/))
    training.unknown('validation', 'dls', 'some data may have no validation part', place)
  else training.known('validation', 'dls', true, place)
  const verdict = stoppingOf(python, call, maker)
  claimVerdict(python, training, fastaiVersion(python) === 1 ? 'callbacks' : 'cbs', verdict, place, site)
  readStopping(python, call, maker, training)
  training.known('monitor', 'valid_loss', { name: 'valid_loss', lowerIsBetter: true }, place)
  if (plannedMethods.test(call.method)) training.known('fullHorizonSchedule', call.method, true, place)
  else if (maker !== null && startsPretrained(python, maker))
    training.known('fineTuning', maker.method, true, place)
  const reason =
    maker?.method === 'GANLearner' ? 'adversarial training' : openEndedIn(python, codeText(python))
  if (reason !== null) training.known('openEnded', reason, reason, place)
}

/** `fine_tune` trains the head first; that many epochs more. */
function readEpochs(python: PythonModule, call: Call, training: SubjectBuilder<'Training'>): void {
  const key = call.method === 'fine_tune' ? 'epochs' : fitKey(python, call)
  if (call.method === 'fit_sgdr') {
    training.unknown('epochs', key, 'cycles of growing length', calleePlace(call))
    return
  }
  const named = python.argument(call, key, 0)
  claimArgument(training, 'epochs', key, call, named, {
    convert: (value: Json) => {
      const count = asNumber(value)
      return count !== undefined && count > 0 ? count : undefined
    },
  })
}

/** The number of epochs comes first, whatever it is called. */
function fitKey(python: PythonModule, call: Call): string {
  if (fastaiVersion(python) !== 1) return call.method === 'fit_sgdr' ? 'n_cycles' : 'n_epoch'
  return call.method === 'fit_one_cycle' ? 'cyc_len' : 'epochs'
}

function startsPretrained(python: PythonModule, maker: Call): boolean {
  if (!/(vision|cnn|unet|text_classifier|language_model)_learner$/.test(maker.method)) return false
  const given = python.argument(maker, 'pretrained')
  return !mayBePassed(given) || Boolean(knownArgument(given))
}

const harmless =
  /^fastai\.(\w+\.)*(SaveModelCallback|ReduceLROnPlateau|MixedPrecision|ShowGraphCallback|CSVLogger|GradientAccumulation|GradientClip|MixUp|CutMix|LabelSmoothing\w*|Recorder|ProgressCallback|WandbCallback|TensorBoardCallback|NeptuneCallback|CometCallback|ActivationStats|ParamScheduler|RNNCallback|RNNRegularizer|BnFreeze|TerminateOnNaNCallback|Callback)$/

const fastaiCallbacks: Callbacks = {
  library(name) {
    if (/EarlyStop|PruningCallback$/i.test(name)) return 'stops'
    return harmless.test(name) ? 'goes on' : 'unknown'
  },
  stop: /CancelFitException|CancelTrainException|stop_training|stop_epoch/,
}

function stoppingOf(python: PythonModule, call: Call, maker: Call | null): Verdict {
  if (fastaiVersion(python) === 1)
    return speaksOfStopping(python, /early_?stop/i)
      ? 'stops'
      : codeMatches(python, /callback/)
        ? 'unknown'
        : 'goes on'
  if (call.loops.some((loop) => loop.hasBreak)) return 'unknown'
  const verdicts = [...callbacksOf(python, call), ...(maker === null ? [] : callbacksOf(python, maker))].map(
    (items) => (items === null ? 'unknown' : judgeCallbacks(python, items, fastaiCallbacks)),
  )
  if (verdicts.includes('stops')) return 'stops'
  // `learn.add_cb(EarlyStoppingCallback())`, and learners that another module makes.
  if (maker === null || verdicts.includes('unknown')) return 'unknown'
  return speaksOfStopping(python, /\badd_cbs?\(|\.cbs\b|early_?stop/i) ? 'unknown' : 'goes on'
}

// Data.

const loaders = /^fastai\.(Image|Segmentation|Text|Tabular|Collab)?DataLoaders(\.from_\w+)?$/

function readLoaders(python: PythonModule, evidence: Evidence, claims: ClaimBuilder): void {
  for (const call of python.calls) {
    const own = call.name !== null && loaders.test(call.name)
    const block = call.method === 'dataloaders' && call.expr.callee.type === 'attribute'
    const old =
      fastaiVersion(python) === 1 &&
      /^(from_(folder|csv|df|name_re|name_func|lists)|databunch)$/.test(call.method)
    if (!own && !block && !old) continue
    const workers = python.argument(call, 'num_workers')
    // Left out, as many as there are cores, up to 16.
    if (!mayBePassed(workers)) continue
    const place = calleePlace(call)
    const pipeline = claims.subject('InputPipeline', place, call.function?.qualified ?? '', evidence)
    claimArgument(pipeline, 'workers', 'num_workers', call, workers, {
      convert: (value) =>
        value === 0 && (isExplained(python, call) || onWindows(python)) ? undefined : asNumber(value),
    })
    pipeline.known('feeds', call.method, 'training', place)
    // An explicit 0 where all cores are the default was chosen on purpose.
    if (/Tabular|Collab/.test(python.code.slice(call.expr.start, call.expr.callee.end)))
      pipeline.known('work', 'dls', 'memory', place)
    else pipeline.unknown('work', 'num_workers', 'workers were left out on purpose', place)
  }
}

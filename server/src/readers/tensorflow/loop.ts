/** TensorFlow: one `Training` for each hand-written loop whose step records gradients on a tape. */

import type { Loop, PythonModule } from '../../python/module.js'
import { lastIdentifier } from '../../python/training-calls.js'
import type { CallExpr } from '../../syntax/python-ast.js'
import { noteSmall } from '../../text/evidence.js'
import type { ClaimBuilder, SubjectBuilder } from '../../workload/builder.js'
import type { Evidence } from '../../workload/claim.js'
import { byHand } from '../change-answer.js'
import { heavyModel, kerasEvidence } from '../keras/evidence.js'
import { usesKeras } from '../keras/fits.js'
import { changePolicy } from '../keras/policy-change.js'
import { readPrecision } from '../keras/precision.js'
import { demonstration } from '../pytorch/demonstration.js'
import { claimEndless, endlessBecause } from '../pytorch/endless.js'
import { claimRun, claimSteps, loopHeader, takesSteps, wholeRunOf } from '../pytorch/loop.js'
import { openEndedReason, paceSetter, runLoopOf } from '../pytorch/loop-facts.js'
import { isMeasurement } from '../pytorch/model-evidence.js'
import { changeOwnStopping } from '../pytorch/own-stopping.js'
import { readSaving } from '../pytorch/records.js'
import { defineReader, type ReaderContext } from '../reader.js'
import { claimExtractions, isStepCall, type StepDialect } from '../step-extraction.js'
import { claimKept } from './kept.js'

export const tensorflowLoopReader = defineReader({
  name: 'tensorflow-loop',
  languages: ['python'],
  // The step may stand in another module.
  triggers: ['tensorflow', 'GradientTape'],
  read(facts, context, claims) {
    const { python } = facts
    if (python === undefined || !usesKeras(python) || isMeasurement(python.path)) return
    const loops = python.loops.filter((loop) => takesSteps(python, loop) && isTapeLoop(loop))
    const [first] = loops
    if (first === undefined) return
    const { evidence, automatic } = kerasEvidence(python, context)
    for (const loop of loops) {
      readLoop(python, loop, loop === first, evidence, automatic, context, claims)
      claimExtractions(python, loop, dialect, evidence, heavyModel(python) === true, claims)
    }
  },
  change(claim, value, facts) {
    if (claim.setting === 'patience') return changeOwnStopping(claim, value, facts)
    if (facts.python === undefined) return { reason: 'this is not written in Python' }
    if (claim.setting !== 'precision') return byHand(claim)
    if (value === 'fp16-mixed')
      return {
        reason: 'fp16 in a loop of your own needs a LossScaleOptimizer that scales loss and gradients',
      }
    return changePolicy(facts.python, claim, value, facts, false)
  },
})

function isTapeLoop(loop: Loop): boolean {
  const { calls } = loop.effects
  return calls.has('.gradient') && (calls.has('.apply_gradients') || calls.has('.minimize'))
}

const dialect: StepDialect = {
  computes: (analysis, call) =>
    isStepCall(analysis, call) || isKerasModel(analysis, call) || isMetricResult(analysis, call),
  libraries: /^(tensorflow|keras)\./,
  readers: /^numpy\.(asarray|array|mean|float32)$/,
  attributes: null,
  readLess: 'give the values to a metric of Keras and read its result after every 50 steps',
}

/** `train_loss.result()`: a metric adds up where the step runs. TensorFlow 2 also has those of Keras as `tf.metrics`. */
function isMetricResult(analysis: PythonModule, call: CallExpr): boolean {
  const { callee } = call
  return (
    callee.type === 'attribute' &&
    callee.attr === 'result' &&
    /^(tensorflow\.)?(keras\.)?metrics\./.test(analysis.typeOf(callee.value) ?? '')
  )
}

/** `model(images, training=True)`. */
function isKerasModel(analysis: PythonModule, call: CallExpr): boolean {
  if (call.args.some((one) => one.name === 'training')) return true
  return (
    call.callee.type === 'name' &&
    /model|net$|generator|discriminator|encoder|decoder/i.test(lastIdentifier(call.callee)) &&
    analysis.callAt(call)?.name === null
  )
}

function readLoop(
  python: PythonModule,
  loop: Loop,
  first: boolean,
  common: Evidence,
  automatic: boolean,
  context: ReaderContext,
  claims: ClaimBuilder,
): void {
  const evidence = { ...common }
  noteSmall(evidence, overTensors(python) ? 'single tensors' : null)
  const training = claimLoop(python, loop, evidence, automatic, claims)
  claimKept(python, loop, training)
  if (first && heavyModel(python) !== false)
    readPrecision(
      python,
      loopHeader(loop),
      { start: loop.node.start, end: loop.node.end, target: { kind: 'loop' } },
      context,
      training,
    )
}

/** The `Training` of a loop, whatever takes its steps: how long it runs, what ends it, what it keeps. */
export function claimLoop(
  python: PythonModule,
  loop: Loop,
  evidence: Evidence,
  automatic: boolean,
  claims: ClaimBuilder,
): SubjectBuilder<'Training'> {
  const header = loopHeader(loop)
  const outer = wholeRunOf(python, loop)
  noteSmall(evidence, demonstration(python, loop, outer))
  const training = claims.subject('Training', header, loop.function?.qualified ?? '', evidence)
  if (automatic) training.known('automaticDevice', 'device', true, header)
  const reason = openEndedReason(python, loop)
  if (reason !== null) training.known('openEnded', reason, reason, header)
  const pace = paceSetter(python, reason)
  if (pace !== null) training.known('boundBy', pace, pace, header)
  const endless = endlessBecause(python, outer ?? loop)
  if (endless !== null) claimEndless(training, endless, loopHeader(outer ?? loop))
  if (outer === null) claimSteps(python, loop, training)
  else claimRun(python, outer, training)
  const run = outer ?? runLoopOf(python, loop)
  if (run !== null) readSaving(python, run, training)
  return training
}

/** `optimizer.apply_gradients([(grad, image)])`: a picture or a few numbers are made to fit, no model. */
function overTensors(python: PythonModule): boolean {
  const updates = python.calls.filter((call) => call.method === 'apply_gradients')
  return (
    updates.length > 0 &&
    updates.every((call) => {
      const pairs = call.expr.args[0]?.value
      return pairs?.type === 'list' && pairs.items.every((item) => item.type === 'tuple')
    })
  )
}

/** PyTorch-Ignite: one `Training` for each engine that trains. */

import type { Call, Func, PythonModule } from '../../python/module.js'
import type { Place } from '../../text/origin.js'
import { passedExpression } from '../../values/argument.js'
import { calleePlace, callSite } from '../../values/places.js'
import type { ClaimBuilder, SubjectBuilder } from '../../workload/builder.js'
import type { Evidence } from '../../workload/claim.js'
import { forgottenCallbacks } from '../early-stopping.js'
import { changePrecision } from '../pytorch/autocast-change.js'
import { codeMatches, codeText, trainingEvidence } from '../pytorch/evidence.js'
import { horizonSchedule, openEndedIn, paceSetter } from '../pytorch/loop-facts.js'
import { loweredElsewhere } from '../pytorch/precision.js'
import { refusedLoss } from '../pytorch/refused-losses.js'
import { defineReader } from '../reader.js'
import { changeIgnite } from './changes.js'
import { engineSettings, runSettings, stoppingSettings } from './settings.js'

const factory = 'ignite.engine.create_supervised_trainer'
const engine = /^ignite\.engine\.(engine\.)?Engine$/
const stopping = 'ignite.handlers.EarlyStopping'

export const igniteReader = defineReader({
  name: 'ignite',
  title: 'PyTorch-Ignite',
  languages: ['python'],
  triggers: ['ignite'],
  settings: [engineSettings, runSettings, stoppingSettings],
  layer: 1,
  read(facts, _context, claims) {
    const { python } = facts
    if (python === undefined) return
    for (const call of python.callsTo(factory)) {
      const training = subjectOf(python, call, claims)
      readMode(python, call, training)
      readRun(python, call, training)
    }
    for (const call of python.calls) {
      if (!makesEngine(python, call)) continue
      const step = stepOf(python, call)
      if (step === null) continue
      const training = subjectOf(python, call, claims)
      readStep(python, call, step, training)
      readRun(python, call, training)
    }
  },
  change: (claim, value, facts) =>
    claim.setting === 'precision' && claim.site.target?.kind === 'step'
      ? changePrecision(claim, value, facts)
      : changeIgnite(claim, value, facts),
})

function subjectOf(python: PythonModule, call: Call, claims: ClaimBuilder): SubjectBuilder<'Training'> {
  const evidence: Evidence = trainingEvidence(python)
  if (evidence.role !== 'test') evidence.role = 'training'
  // `idist.device()` is the GPU of this process where there is one.
  if (evidence.accelerator === 'none' && python.uses('ignite.distributed.')) evidence.accelerator = 'maybe'
  if (codeMatches(python, /xla|tpu/i) && evidence.accelerator !== 'gpu') evidence.accelerator = 'tpu'
  const place = calleePlace(call)
  const training = claims.subject('Training', place, call.function?.qualified ?? '', evidence)
  training.known('managed', call.method, true, place)
  const reason = openEndedIn(python, codeText(python))
  if (reason !== null) training.known('openEnded', reason, reason, place)
  const pace = paceSetter(python, reason)
  if (pace !== null) training.known('boundBy', pace, pace, place)
  const refused = refusedLoss(python)
  if (refused !== null) training.known('autocastRefusedBy', refused, refused, place)
  return training
}

/** `amp_mode` of the ready-made trainer: fp32 without it. */
function readMode(python: PythonModule, call: Call, training: SubjectBuilder<'Training'>): void {
  engineSettings.claim(training, engineSettings.argumentsOf(python, call, training.locator))
}

/** An engine of the library, or of a class of the project that is one. */
function makesEngine(python: PythonModule, { name, expr }: Call): boolean {
  if (name !== null) return engine.test(name)
  const bases = python.classOf(expr.callee)?.bases ?? python.importedClass(expr.callee)?.bases ?? []
  return bases.some((base) => engine.test(base))
}

/** The function that an engine calls for each batch, where it takes a step of an optimiser. */
function stepOf(python: PythonModule, call: Call): Func | 'elsewhere' | null {
  const given = passedExpression(python.argument(call, 'process_function', 0))
  // A class of the project names its parameters as it likes.
  const handed = call.name === null ? call.expr.args.map(({ value }) => value) : given === null ? [] : [given]
  for (const one of handed) {
    const step = python.functionOf(one)
    const effects = step === null ? null : python.effectsOfFunction(step)
    if (effects?.backward && effects.optimizerStep) return step
    const imported = python.importedFunction(one)
    if (imported?.backward && imported.optimizerStep) return 'elsewhere'
  }
  return null
}

function readStep(
  python: PythonModule,
  call: Call,
  step: Func | 'elsewhere',
  training: SubjectBuilder<'Training'>,
): void {
  const place = calleePlace(call)
  const site: Place =
    step === 'elsewhere'
      ? callSite(call, { kind: 'refused', reason: 'the step stands in another module' })
      : { start: step.node.start, end: step.node.end, target: { kind: 'step' } }
  const because =
    python.callsTo('torch.autocast').length > 0
      ? 'autocast is used'
      : loweredElsewhere(python, { locator: training.locator, place, site })
  if (because === null) training.default('precision', 'torch.autocast', 'fp32', place, { site })
  else training.unknown('precision', 'torch.autocast', because, place, { site })
}

const stops = [
  stopping,
  'ignite.handlers.early_stopping.EarlyStopping',
  'ignite.handlers.NoImprovementHandler',
  'ignite.contrib.engines.common.add_early_stopping_by_val_score',
]
const mayStop = [
  'ignite.handlers.TimeLimit',
  'ignite.handlers.time_limit.TimeLimit',
  '.terminate',
  '.terminate_epoch',
]

function readRun(python: PythonModule, made: Call, training: SubjectBuilder<'Training'>): void {
  const run = python.calls.find((call) => call.method === 'run' && call.receiverCall === made)
  const place = calleePlace(run ?? made)
  const site = callSite(made)
  if (run !== undefined) runSettings.claim(training, runSettings.argumentsOf(python, run, training.locator))
  // A second engine that runs without training.
  const evaluates =
    python.uses('ignite.engine.create_supervised_evaluator') ||
    codeMatches(python, /\b(\w*evaluator|val\w*_engine|validator)\.run\(/)
  training.known('validation', 'evaluator', evaluates, place)
  const schedule = horizonSchedule(python)
  if (schedule !== null) training.known('fullHorizonSchedule', schedule.method, true, place)
  const key = 'EarlyStopping'
  if (python.uses(...stops) || codeMatches(python, /early_?stop/i))
    training.known('earlyStopping', key, true, place, { site })
  else if (python.uses(...mayStop))
    training.unknown('earlyStopping', key, 'something may end the run', place, { site })
  else training.default('earlyStopping', key, false, place, { site })
  readStopping(python, made, training)
}

/** A handler that nothing attaches, or what it is told. */
function readStopping(python: PythonModule, made: Call, training: SubjectBuilder<'Training'>): void {
  const handlers = python.callsTo(stopping)
  const [handler] = handlers
  if (handler === undefined || handlers.length > 1) return
  if (forgottenCallbacks(python, stopping).includes(handler)) {
    training.known(
      'stoppingGap',
      'EarlyStopping',
      `\`${handler.assignedTo}\` is never attached to an engine`,
      calleePlace(handler),
      { site: callSite(handler) },
    )
    return
  }
  // Its patience counts runs of the evaluator: epochs only where each epoch runs it once.
  if (codeMatches(python, /\(\s*every\s*=|ITERATION_COMPLETED\s*\(/)) return
  if (made.function !== handler.function && made.function !== null) return
  stoppingSettings.claim(training, stoppingSettings.argumentsOf(python, handler, training.locator))
}

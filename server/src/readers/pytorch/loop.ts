/** Hand-written PyTorch training loops: one `Training` for each loop that steps an optimiser. */

import type { Func, Loop, PythonModule } from '../../python/module.js'
import { isBackward, lastIdentifier } from '../../python/training-calls.js'
import type { Expr } from '../../syntax/python-ast.js'
import { noteSmall } from '../../text/evidence.js'
import type { Json } from '../../text/json.js'
import { once } from '../../text/once.js'
import { fixedValue } from '../../values/argument.js'
import { asNumber } from '../../values/parse.js'
import { calleePlace, callSite } from '../../values/places.js'
import type { ClaimBuilder, Place, SubjectBuilder } from '../../workload/builder.js'
import { keepsBest } from '../best-kept.js'
import { claimFolded } from '../claim-argument.js'
import { defineReader, type ReaderContext } from '../reader.js'
import { claimUnusedOption } from '../unused-resume-option.js'
import { claimWanted } from '../wanted-stopping.js'
import { changePrecision } from './autocast-change.js'
import { claimCountedPatience, countedPatience, idleCounter } from './counted-patience.js'
import { demonstration } from './demonstration.js'
import { claimEndless, endlessBecause } from './endless.js'
import { codeText, trainingEvidence } from './evidence.js'
import { claimFadedRate } from './faded-rate.js'
import { handedEpochs } from './handed-epochs.js'
import { countsEpochs } from './hot-code.js'
import { changeProcessor, claimProcessor } from './kept-on-processor.js'
import { usesAny } from './library-uses.js'
import {
  epochLoopOf,
  epochsOf,
  onePassOf,
  openEndedIn,
  openEndedReason,
  ownStatements,
  paceSetter,
  runLoopOf,
  secondOrder,
  stepBudget,
  stepLoopOf,
  stepsOf,
  stopsEarly,
} from './loop-facts.js'
import { readLoopMemory } from './loop-memory.js'
import { claimCountedEpochs } from './loop-steps.js'
import { evidenceIn } from './on-host.js'
import { changeOwnStopping, readOwnStopping } from './own-stopping.js'
import { plannedSchedule } from './planned-schedule.js'
import { precisionOf, precisionOfStep } from './precision.js'
import { programEpochs } from './program-epochs.js'
import { refusedLoss } from './refused-losses.js'
import { resumption } from './resume.js'
import { resumeGap } from './resume-gaps.js'
import { forwardsOfStep } from './step-forwards.js'
import { stoppingOff } from './stopping-off.js'
import { validates } from './validation.js'

const backwardCalls = ['.backward', '.manual_backward']

export const pytorchLoopReader = defineReader({
  name: 'pytorch-loop',
  languages: ['python'],
  triggers: ['backward', 'torch', 'epoch'],
  read(facts, context, claims) {
    const python = facts.python
    if (python === undefined) return
    for (const loop of python.loops)
      if (isTorchLoop(python, loop)) readLoop(python, loop, context, claims)
      else if (isEpochLoop(python, loop)) readEpochs(python, loop, context, claims)
    for (const func of python.stepFunctions()) readStep(python, func, context, claims)
  },
  change: (claim, value, facts) => {
    if (claim.setting === 'device') return changeProcessor(claim, facts)
    return claim.setting === 'patience'
      ? changeOwnStopping(claim, value, facts)
      : changePrecision(claim, value, facts)
  },
})

/** Who takes its network and its optimizer from these need not import PyTorch itself. */
const computesWithTorch = /^(torch|deepspeed|accelerate|transformers|diffusers|timm|peft|colossalai)(\.|$)/

export function isTorchLoop(python: PythonModule, loop: Loop): boolean {
  if (loop.role !== 'train') return false
  if (!backwardCalls.some((name) => loop.effects.calls.has(name))) return false
  return once(
    python,
    'torch',
    () =>
      [...python.imports].some((name) => computesWithTorch.test(name)) ||
      python.uses('torch.') ||
      [...python.imported, ...python.importers].some(({ imports, brings = [] }) =>
        [...imports, ...brings].some((name) => computesWithTorch.test(name)),
      ),
  )
}

/** A loop over epochs whose training loop is in another module. */
export function isEpochLoop(python: PythonModule, loop: Loop): boolean {
  return backwardCalls.some((name) => loop.effects.calls.has(name)) && leavesSteps(python, loop)
}

/** It takes the steps of a training, or goes around those that nothing here takes. */
export function takesSteps(python: PythonModule, loop: Loop): boolean {
  return loop.role === 'train' || leavesSteps(python, loop)
}

/** The loop over epochs that a loop of steps belongs to, or is. */
export function wholeRunOf(python: PythonModule, loop: Loop): Loop | null {
  return loop.role === 'epoch' ? loop : epochLoopOf(python, loop)
}

/** A loop over epochs, the outermost, whose steps no loop of this module takes, whatever takes them. */
export function leavesSteps(python: PythonModule, loop: Loop): boolean {
  if (loop.role !== 'epoch') return false
  for (let outer = loop.parent; outer !== null; outer = outer.parent) if (outer.role === 'epoch') return false
  const around = once(
    python,
    'loops around training loops',
    () => new Set(python.loops.filter((one) => one.role === 'train').map((one) => epochLoopOf(python, one))),
  )
  return !around.has(loop) && !startsAfresh(python, loop)
}

/** `model = Net(…)`, then `train(model, …)`: each pass is a training of its own, be it of a trial, a seed or a fold. */
function startsAfresh(python: PythonModule, { calls, node }: Loop): boolean {
  if (node.type === 'for' && countsEpochs(python, node)) return false
  const made = new Set(
    calls.flatMap(({ assignedTo, expr }) => (isMade(expr.callee) ? (assignedTo ?? []) : [])),
  )
  return calls.some(
    ({ expr }) =>
      python.effects(expr).backward &&
      expr.args.some(({ value }) => value.type === 'name' && learner.test(value.id) && made.has(value.id)),
  )
}

const learner = /model|net(work)?\d*$|agent|policy|classifier/i

/** A class, by the case of its name, or a function that builds. */
function isMade(callee: Expr): boolean {
  return /^[A-Z]|^(build|create|make|get|init|load)_?/.test(lastIdentifier(callee))
}

/** Where another module takes the steps, the format is told there. */
function readEpochs(
  python: PythonModule,
  loop: Loop,
  { versions, binding }: ReaderContext,
  claims: ClaimBuilder,
): void {
  const header = loopHeader(loop)
  const training = claims.subject(
    'Training',
    header,
    loop.function?.qualified ?? '',
    evidenceIn(python, loop.function, trainingEvidence(python)),
  )
  claimProcessor(python, training.subject.evidence, header, training)
  const told = python.loops.some((one) => isTorchLoop(python, one)) || python.stepFunctions().length > 0
  if (!told && stepsHere(python)) {
    const site: Place = { start: loop.node.start, end: loop.node.end, target: { kind: 'loop' } }
    const spot = { locator: training.locator, place: header, site }
    const { key, value } = precisionOf(python, loop, versions, spot, binding)
    training.say('precision', key, value)
  }
  const reason = openEndedReason(python, loop)
  if (reason !== null) training.known('openEnded', reason, reason, header)
  // An engine of this module may still say the format.
  const pace = paceSetter(python, reason)
  if (pace !== null) training.known('boundBy', pace, pace, header)
  claimRun(python, loop, training)
  claimResumption(python, loop, training)
}

/** A function that another module calls for each batch: the loop is there, the arithmetic is here. */
function readStep(python: PythonModule, func: Func, { versions }: ReaderContext, claims: ClaimBuilder): void {
  const { node } = func
  const header: Place = { start: node.start, end: python.text.indexOf('(', node.start) }
  const evidence = trainingEvidence(python)
  const training = claims.subject('Training', header, func.qualified, evidence)
  claimProcessor(python, evidence, header, training)
  const site: Place = { start: node.start, end: node.end, target: { kind: 'step' } }
  const { key, value } = precisionOfStep(python, versions, { locator: training.locator, place: header, site })
  training.say('precision', key, value)
  const refused = refusedLoss(python)
  if (refused !== null) training.known('autocastRefusedBy', refused, refused, header)
  const reason = openEndedIn(python, codeText(python, node.start, node.end))
  if (reason !== null) training.known('openEnded', reason, reason, header)
  const pace = paceSetter(python, reason)
  if (pace !== null) training.known('boundBy', pace, pace, header)
}

/** `for x, y in loader`: what is shown of a loop. */
export function loopHeader(loop: Loop): Place {
  const { node } = loop
  return { start: node.start, end: node.type === 'for' ? node.iterable.end : node.test.end }
}

/** Also where a class has its steps from one that it extends: what it hands to them, it computes here. */
function stepsHere(python: PythonModule): boolean {
  return once(python, 'steps here', () =>
    python.calls.some((call) => isBackward(call) || python.inheritedStep(call.expr.callee) !== null),
  )
}

function readLoop(
  python: PythonModule,
  loop: Loop,
  { versions, binding }: ReaderContext,
  claims: ClaimBuilder,
): void {
  const header = loopHeader(loop)
  const evidence = evidenceIn(python, loop.function, trainingEvidence(python), loop)
  const outer = epochLoopOf(python, loop)
  noteSmall(evidence, demonstration(python, loop, outer))
  if (breaksOff(python, loop)) evidence.role = 'test'
  const training = claims.subject('Training', header, loop.function?.qualified ?? '', evidence)
  claimProcessor(python, evidence, header, training)
  const site: Place = { start: loop.node.start, end: loop.node.end, target: { kind: 'loop' } }
  // A step in another module is judged there.
  if (stepsHere(python)) {
    const spot = { locator: training.locator, place: header, site }
    const { key, value } = precisionOf(python, loop, versions, spot, binding)
    training.say('precision', key, value)
  }
  readLoopMemory(python, versions, training, header)

  const refused = refusedLoss(python, loop)
  if (refused !== null) training.known('autocastRefusedBy', refused, refused, header)
  const forwards = forwardsOfStep(python, loop)
  if (forwards !== null) training.known('forwards', 'forward', forwards, header)
  const twice = secondOrder(python, loop)
  if (twice !== null)
    training.known('secondOrder', 'create_graph', true, { start: twice.start, end: twice.end })
  const reason = openEndedReason(python, loop)
  if (reason !== null) training.known('openEnded', reason, reason, header)
  const pace = paceSetter(python, reason)
  if (pace !== null) training.known('boundBy', pace, pace, header)

  const endless = endlessBecause(python, outer ?? loop)
  if (endless !== null) claimEndless(training, endless, loopHeader(outer ?? loop))
  // An agent goes over what it has just seen a few times, again and again.
  const again = reason === 'reinforcement learning' && outer !== null && isUpdate(python, outer)
  if (outer === null) {
    claimSteps(python, loop, training)
    if (onePassOf(python, loop) !== null) training.known('epochs', 'loader', 1, header)
    else claimProgramEpochs(python, loop, training)
  }
  if (outer !== null && !again) {
    claimRun(python, outer, training)
    claimCountedEpochs(python, outer, loop, training)
  }
  const run = again ? null : runLoopOf(python, loop)
  if (run !== null) claimResumption(python, run, training)
}

function isUpdate(python: PythonModule, { function: func }: Loop): boolean {
  return func !== null && (/(^|_)(update|learn|optimi[sz]e)(_|$)/i.test(func.name) || python.isRepeated(func))
}

/** Claims the length of a run of steps without epochs: `while step < max_steps` and `for step in range(max_steps)` around them. */
export function claimSteps(python: PythonModule, loop: Loop, training: SubjectBuilder<'Training'>): void {
  const { node, horizon } = loop
  const epochs = handedEpochs(python, loop)
  if (epochs !== null) {
    const place = { start: epochs.start, end: epochs.end }
    claimFolded(training, 'epochs', 'epochs', python.fold(epochs), place, asCount)
    return
  }
  if (node.type === 'for') {
    const steps = stepLoopOf(python, loop) === null ? null : (stepBudget(python, loop) ?? epochsOf(loop))
    const key = steps?.key === 'epochs' ? 'steps' : steps?.key
    if (steps !== null) claimFolded(training, 'maxSteps', key!, steps.trips, steps.place, asCount)
    return
  }
  if (horizon === null) return
  const { limit, count } = horizon
  const key = limit.type === 'name' ? limit.id : limit.type === 'attribute' ? limit.attr : 'steps'
  claimFolded(training, 'maxSteps', key, count, { start: limit.start, end: limit.end }, asCount)
}

/** The loop over epochs stands in a module that calls this one. */
function claimProgramEpochs(python: PythonModule, loop: Loop, training: SubjectBuilder<'Training'>): void {
  const isWhole = loop.node.type === 'while' || stepLoopOf(python, loop) !== null
  const epochs = loop.function === null || isWhole ? null : programEpochs(python)
  if (epochs !== null) claimFolded(training, 'epochs', 'epochs', epochs, loopHeader(loop), asCount)
}

function claimResumption(python: PythonModule, run: Loop, training: SubjectBuilder<'Training'>): void {
  const place = loopHeader(run)
  const resumes = resumption(python)
  const gap = resumeGap(python, run)
  if (gap !== null) training.known('resumesWithout', 'checkpoint', gap.misses, gap.place)
  if (resumes === 'unknown')
    training.unknown('resumable', 'checkpoint', 'something is saved or loaded', place)
  else if (resumes === 'resumes') training.known('resumable', 'checkpoint', true, place)
  else {
    training.default('resumable', 'checkpoint', false, place)
    claimUnusedOption(python, training)
  }
}

/** A count that ends a run; -1 and the like stand for none. */
const asCount = (value: Json): number | undefined => {
  const count = asNumber(value)
  return count !== undefined && count > 0 ? count : undefined
}

function claimLength(python: PythonModule, outer: Loop, training: SubjectBuilder<'Training'>): void {
  const header = loopHeader(outer)
  const steps = stepsOf(python, outer)
  const epochs = steps === null ? epochsOf(outer) : null
  if (epochs !== null)
    claimFolded(training, 'epochs', epochs.key, epochs.trips, epochs.place, asCount, { ...header })
  else
    training.unknown('epochs', 'while', steps === null ? 'a while loop' : 'a number of steps ends it', header)
  if (steps !== null)
    claimFolded(training, 'maxSteps', steps.key, steps.trips, steps.place, asCount, { ...header })
}

/** How long a hand-written loop over epochs runs, whether it validates, and what ends it. */
export function claimRun(python: PythonModule, outer: Loop, training: SubjectBuilder<'Training'>): void {
  const outerHeader = loopHeader(outer)
  claimLength(python, outer, training)
  if (validates(python, outer)) training.known('validation', 'evaluation', true, outerHeader)
  else training.default('validation', 'evaluation', false, outerHeader)
  if (usesAny(python, ['.from_pretrained']))
    training.known('fineTuning', 'from_pretrained', true, outerHeader)
  if (keepsBest(python, outer)) training.known('keepsBest', 'best', true, outerHeader)
  const early = stopsEarly(python, outer)
  if (early === null) training.unknown('earlyStopping', 'break', 'the loop may end early', outerHeader)
  else if (early === true) {
    training.known('earlyStopping', 'early stopping', true, outerHeader)
    const counted = countedPatience(python, outer)
    if (counted === null) readOwnStopping(python, outer, training)
    else claimCountedPatience(counted, python, training)
  } else {
    training.default('earlyStopping', 'early stopping', false, outerHeader, {
      overridable: early === 'where asked to',
    })
    claimWanted(python, training)
    const idle = idleCounter(python, outer)
    if (idle !== null)
      training.known('stoppingWanted', idle.name, `\`${idle.name}\` is counted and nothing asks for it`, {
        start: idle.place.start,
        end: idle.place.end,
      })
    const off = stoppingOff(python, ownStatements(outer, 'break'), outer)
    if (off !== null) {
      const text = codeText(python, off.start, off.end)
      training.known('stoppingWanted', text, `\`${text}\` is off`, { start: off.start, end: off.end })
    }
  }
  claimFadedRate(python, outer, training)
  const schedule = plannedSchedule(python, outer)
  if (schedule !== null) {
    training.known('fullHorizonSchedule', schedule.method, true, calleePlace(schedule), {
      site: callSite(schedule),
    })
  }
}

/** So few steps try something out, as they do in a Trainer. */
const fewSteps = 50

/** `for i, batch in enumerate(loader): … if i == 3: break`. */
function breaksOff(python: PythonModule, { node }: Loop): boolean {
  if (node.type !== 'for' || node.iterable.type !== 'call' || node.target.type !== 'tuple') return false
  const [count] = node.target.items
  if (lastIdentifier(node.iterable.callee) !== 'enumerate' || count?.type !== 'name') return false
  return node.body.some((statement) => {
    if (statement.type !== 'if' || statement.body.at(-1)?.type !== 'break') return false
    const { test } = statement
    if (test.type !== 'binary' || !/^(==|>=?)$/.test(test.op)) return false
    if (test.left.type !== 'name' || test.left.id !== count.id) return false
    const most = fixedValue(python.fold(test.right))
    return typeof most === 'number' && most <= fewSteps
  })
}

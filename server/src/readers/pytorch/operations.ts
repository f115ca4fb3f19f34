/** What PyTorch code does in its steps and evaluations that costs more than it has to. */

import { usesMatch } from '../../python/library-uses.js'
import type { Call, PythonModule } from '../../python/module.js'
import type { OperationTarget } from '../../text/change-target.js'
import { noteSmall } from '../../text/evidence.js'
import type { Place } from '../../text/origin.js'
import { calleePlace, callSite } from '../../values/places.js'
import type { ClaimBuilder } from '../../workload/builder.js'
import type { Evidence } from '../../workload/claim.js'
import { claimOperation } from '../operation-claims.js'
import { defineReader } from '../reader.js'
import { runsOnce } from '../runs-once.js'
import { isBefore } from '../versions.js'
import { demonstration } from './demonstration.js'
import { needlessEvaluations } from './epoch-evaluations.js'
import { epochPreviews } from './epoch-previews.js'
import { evaluationsWithGradients } from './evaluation.js'
import { trainingEvidence } from './evidence.js'
import { isModelCall } from './forward-block.js'
import { callsIn } from './hot-code.js'
import { keptGraphs, needlessRetention } from './kept-graphs.js'
import { loopHeader } from './loop.js'
import { epochLoopOf, paceSetter } from './loop-facts.js'
import { isMeasurement, isRealModel } from './model-evidence.js'
import { evidenceIn } from './on-host.js'
import { changeOperation } from './operation-changes.js'
import { passesOutsideAutocast } from './outside-autocast.js'
import { cellLoops } from './recurrent-cells.js'
import { repeatedReads } from './repeated-reads.js'
import {
  emptiedCaches,
  evaluationSteps,
  frequentWork,
  holdsPasses,
  type Step,
  stepsOf,
} from './step-operations.js'
import { synchronisation } from './synchronisation.js'
import { unusedGradients } from './unused-gradients.js'
import { claimWastedPasses } from './wasted-pass-claims.js'

export const pytorchOperationsReader = defineReader({
  name: 'pytorch-operations',
  languages: ['python'],
  triggers: [
    'backward',
    'training_step',
    'compute_loss',
    'torch',
    '.item()',
    '.cpu()',
    'batch_end',
    'batch_begin',
  ],
  read(facts, context, claims) {
    const python = facts.python
    if (python === undefined) return
    const evidence = stepEvidence(python)
    // Whoever measures waits for the end of each step on purpose.
    if (isMeasurement(python.path)) return
    for (const step of stepsOf(python)) readStep(python, step, evidence, claims)
    for (const step of evaluationSteps(python))
      if (!holdsPasses(python, step)) {
        claimEmptied(python, step, evidence, claims)
        claimSampleReads(python, step, evidence, claims)
      }
    readEvaluations(python, evidence, claims)
    readPreviews(python, evidence, claims)
    // `volatile=True` did before what `no_grad` does since. Source: release notes of PyTorch 0.4.
    if (isBefore(context.versions, ['torch'], '0.4')) return
    readFullPasses(python, evidence, claims)
    for (const { loop, here, phase } of evaluationsWithGradients(python)) {
      claimOperation(claims, {
        kind: 'evaluate with gradients',
        place: runsOnce(python, loop) ? 'run' : 'epoch',
        key: 'torch.no_grad',
        at: calleePlace(here),
        site: {
          start: loop.node.start,
          end: loop.node.end,
          target: { kind: 'operation', name: 'gradients' },
        },
        scope: loop.function?.qualified ?? '',
        evidence: asProgram(python, loop, evidence),
        realModel: isRealModel(python),
        ...(phase === undefined ? {} : { apart: 'phase' }),
        subject: /\bvolatile\s*=\s*True/.test(python.code.slice(loop.node.start, loop.node.end))
          ? 'volatile=True'
          : (phase?.name ?? null),
      })
    }
    readUnusedGradients(python, evidence, claims)
    for (const { loop, cell } of cellLoops(python))
      claimOperation(claims, {
        kind: 'slow recurrent layer',
        place: 'step',
        key: cell,
        at: loopHeader(loop),
        site: {
          ...loopHeader(loop),
          target: {
            kind: 'refused',
            reason: `let \`${cell.replace('Cell', '')}\` take the whole sequence instead`,
          },
        },
        scope: loop.function?.qualified ?? '',
        evidence,
        weight: 'ordinary',
        realModel: isRealModel(python),
      })
  },
  change: changeOperation,
})

/** Passes with gradients that nobody asks for, outside of loops over the data of an evaluation. */
function readUnusedGradients(python: PythonModule, evidence: Evidence, claims: ClaimBuilder): void {
  for (const { call, around, acts } of unusedGradients(python)) {
    const { callee } = call.expr
    const written = python.text.slice(callee.start, callee.end).replace(/\s+/g, '')
    const [loop] = call.loops.filter(({ node }) => node.start === around.start)
    const once = loop === undefined ? call.loops.length === 0 : loop.parent === null
    claimOperation(claims, {
      kind: 'evaluate with gradients',
      place: acts
        ? 'step'
        : once && runsOnce(python, { parent: null, function: call.function })
          ? 'run'
          : 'epoch',
      key: 'torch.no_grad',
      at: calleePlace(call),
      site: { ...around, target: { kind: 'operation', name: 'gradients' } },
      scope: call.function?.qualified ?? '',
      evidence: asProgram(python, call, evidence),
      weight: acts ? 'slight' : 'ordinary',
      realModel: isRealModel(python),
      apart: `unused ${around.start}`,
      subject: `${written}(…)`,
    })
  }
}

/** What stands outside of all functions runs; where nothing trains, a network is put to use. */
function asProgram(
  python: PythonModule,
  { function: func }: Pick<Call, 'function'>,
  evidence: Evidence,
): Evidence {
  const runs = func === null || python.isEntry
  return runs && /^(library|data)$/.test(evidence.role) ? { ...evidence, role: 'inference' } : evidence
}

/** Passes between epochs over data that need not be gone over. */
function readEvaluations(python: PythonModule, evidence: Evidence, claims: ClaimBuilder): void {
  for (const { data, what, at, epochs } of needlessEvaluations(python))
    claimOperation(claims, {
      kind: 'evaluate',
      place: 'epoch',
      key: what,
      at,
      site: { ...at, target: { kind: 'operation', name: 'needless evaluation' } },
      scope: epochs.function?.qualified ?? '',
      evidence,
      realModel: isRealModel(python),
      subject: data,
      apart: 'needless evaluation',
    })
}

/** Pictures that are drawn between epochs to look at. */
function readPreviews(python: PythonModule, evidence: Evidence, claims: ClaimBuilder): void {
  for (const { what, at, epochs, passes, every } of epochPreviews(python)) {
    const operation = claimOperation(claims, {
      kind: 'evaluate',
      place: 'epoch',
      key: what,
      at,
      site: { ...at, target: { kind: 'operation', name: 'needless evaluation' } },
      scope: epochs.function?.qualified ?? '',
      evidence,
      realModel: isRealModel(python),
      subject: 'previews',
      apart: 'preview',
    })
    operation.known('times', what, passes, at)
    operation.known('every', what, every, at)
  }
}

/** Networks that run in fp32 where the training around them casts. */
function readFullPasses(python: PythonModule, evidence: Evidence, claims: ClaimBuilder): void {
  for (const { loop, call, of } of passesOutsideAutocast(python)) {
    const { callee } = call.expr
    claimOperation(claims, {
      kind: 'full precision pass',
      place: of === 'step' ? 'step' : 'epoch',
      key: python.text.slice(callee.start, callee.end),
      at: calleePlace(call),
      site: callSite(call),
      scope: loop.function?.qualified ?? '',
      evidence: evidenceIn(python, loop.function, evidence, loop),
      realModel: isRealModel(python),
      apart: 'full precision pass',
    })
  }
}

const trainers =
  /^lightning\.pytorch\.cli\.LightningCLI$|^(lightning\.pytorch|transformers|trl|sentence_transformers|detectron2|composer)\.(\w+\.)*\w*Trainer(\.|$)|^(speechbrain\.(\w+\.)*Brain|catalyst\.(\w+\.)*\w*Runner|mmengine\.(\w+\.)*Runner|fastai\.\w+\.all\..*)$/

/** A trainer takes the accelerator that it finds. */
export function stepEvidence(python: PythonModule): Evidence {
  const evidence = trainingEvidence(python)
  if (evidence.accelerator !== 'none') return evidence
  const takes =
    [...python.ownUses].some((use) => trainers.test(use)) ||
    [...python.importers, ...python.imported].some((module) => usesMatch(module, trainers))
  return takes ? { ...evidence, accelerator: 'maybe' } : evidence
}

/** A step that is over in no time: what it waits costs little. */
function isNarrow(python: PythonModule): boolean {
  const pace = paceSetter(python, null)
  return pace === 'narrow layers' || pace === 'table look-ups'
}

const generation = /^(_*generate|_generate_\w+|\w*rollouts?)$/

/** Writing texts token by token takes so much longer than the rest of the step that waits do not show. */
function generates(analysis: PythonModule, step: Step): boolean {
  const { code } = step
  if (writesByItself(analysis, step)) return true
  return code.statements.some(({ expressions }) =>
    expressions.some((expr) =>
      callsIn(analysis, expr).some(
        // A part of the network may be called so.
        ({ method, expr: { callee } }) => generation.test(method) && analysis.instanceClass(callee) === null,
      ),
    ),
  )
}

/** `for position in range(first, last): logits = model.inference(tokens[:, :position])`: a pass for each token, and none back. */
function writesByItself(analysis: PythonModule, { node, loop, func }: Step): boolean {
  return analysis.loops.some((inner) => {
    const { start, end } = inner.node
    if (inner.node === loop?.node || start < node.start || end > node.end || inner.function !== func)
      return false
    const { effects } = inner
    if (inner.node.type !== 'for' || effects.backward || effects.optimizerStep || effects.trains) return false
    const { iterable } = inner.node
    const counts = iterable.type === 'call' && analysis.nameOf(iterable.callee) === 'range'
    return counts && inner.calls.some((call) => isModelCall(analysis, call.expr))
  })
}

/** What an evaluation reads of its batches sample by sample. */
function claimSampleReads(python: PythonModule, step: Step, evidence: Evidence, claims: ClaimBuilder): void {
  const places = repeatedReads(python, step).filter(({ each }) => each === 'sample')
  const [first] = places
  if (first === undefined || generates(python, step)) return
  const operation = claimOperation(claims, {
    kind: 'synchronise',
    place: 'step',
    key: first.what,
    at: first.node,
    site: {
      start: step.node.start,
      end: step.node.end,
      target: { kind: 'operation', name: 'sample reads' },
    },
    scope: step.func?.qualified ?? '',
    evidence: { ...evidenceIn(python, step.func, evidence, step.loop) },
    places,
    weight: 'ordinary',
    realModel: isRealModel(python),
    subject: 'evaluation',
  })
  operation.known('each', first.what, 'sample', first.node)
}

/** Memory that is handed back after each batch, of the training or of an evaluation. */
function claimEmptied(python: PythonModule, step: Step, evidence: Evidence, claims: ClaimBuilder): void {
  const emptied = emptiedCaches(python, step)
  const [first] = emptied
  if (first === undefined) return
  claimOperation(claims, {
    kind: 'empty cache',
    place: 'step',
    key: first.what,
    at: callSite(first.call),
    site: {
      start: step.node.start,
      end: step.node.end,
      target: { kind: 'operation', name: 'empty cache' },
    },
    scope: step.func?.qualified ?? '',
    evidence,
    places: emptied.map((one) => ({ what: one.what, node: one.call.expr })),
    weight: generates(python, step) ? 'slight' : 'ordinary',
    realModel: isRealModel(python),
    subject: step.loop?.role === 'evaluate' ? 'evaluation' : null,
  })
}

function readStep(python: PythonModule, step: Step, common: Evidence, claims: ClaimBuilder): void {
  const { loop, func } = step
  const evidence = { ...evidenceIn(python, func, common, loop) }
  if (loop !== null) noteSmall(evidence, demonstration(python, loop, epochLoopOf(python, loop)))
  const scope = func?.qualified ?? ''
  const site = (name: OperationTarget): Place => ({
    start: step.node.start,
    end: step.node.end,
    target: { kind: 'operation', name },
  })
  const realModel = isRealModel(python)

  const { extractions, stalls, timed } = synchronisation(python, step.code, { onDevice: step.onDevice })
  const repeated = repeatedReads(python, step)
  // What is read many times in a step makes little of what is read once.
  const reads = repeated.length > 0 ? repeated : extractions
  const [first] = reads
  if (first !== undefined) {
    const operation = claimOperation(claims, {
      kind: 'synchronise',
      place: 'step',
      key: first.what,
      at: { start: first.node.start, end: first.node.end },
      site: site('synchronise'),
      scope,
      evidence,
      places: reads,
      weight: generates(python, step)
        ? 'slight'
        : !timed && (stalls > 1 || repeated.length > 0 || extractions.some((one) => one.heavy))
          ? 'severe'
          : !realModel && isNarrow(python)
            ? 'slight'
            : 'ordinary',
      realModel,
    })
    operation.known('times', 'stalls', stalls, { start: first.node.start, end: first.node.end })
    const [most] = repeated
    if (most !== undefined) operation.known('each', most.what, most.each, first.node)
  }

  claimEmptied(python, step, evidence, claims)

  for (const { what, expr } of keptGraphs(python, step)) {
    claimOperation(claims, {
      kind: 'retain graph',
      place: 'step',
      key: what,
      at: { start: expr.start, end: expr.end },
      site: { start: expr.start, end: expr.end, target: { kind: 'operation', name: 'detach' } },
      scope,
      evidence,
      weight: 'ordinary',
      realModel,
    })
  }
  const retention = needlessRetention(python, step)
  if (retention !== null) {
    const { call, value } = retention
    claimOperation(claims, {
      kind: 'retain graph',
      place: 'step',
      key: 'retain_graph=True',
      at: { start: value.start, end: value.end },
      site: callSite(call, { kind: 'operation', name: 'retain graph' }),
      scope,
      evidence,
      weight: 'slight',
      realModel,
    })
  }

  if (step.onDevice === undefined) claimWastedPasses(python, step, { scope, evidence, realModel }, claims)

  for (const { kind, what, at, call, every, share, batches } of frequentWork(python, step)) {
    const operation = claimOperation(claims, {
      kind,
      place: 'step',
      key: what,
      at,
      site: call === null ? at : callSite(call),
      scope,
      evidence,
      realModel,
      subject: share === true ? 'share of an epoch' : null,
    })
    operation.known('every', what, every, loop === null ? at : loopHeader(loop))
    if (batches !== undefined) operation.known('batches', what, batches, at)
  }
}

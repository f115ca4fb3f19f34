/** Sentence Transformers: one `Training` for each `fit()` of an embedding model or a cross-encoder. */

import type { Change, Refusal } from '../../edit/write.js'
import type { Call, PythonModule } from '../../python/module.js'
import type { Evidence } from '../../text/evidence.js'
import { isLeftOut } from '../../values/argument.js'
import { asBoolean, asNumber } from '../../values/parse.js'
import { calleePlace, callSite } from '../../values/places.js'
import type { ClaimBuilder, SubjectBuilder } from '../../workload/builder.js'
import type { Claim } from '../../workload/claim.js'
import { trainingEvidence } from '../pytorch/evidence.js'
import { defineReader, type FragmentFacts } from '../reader.js'
import { claimResuming } from '../resuming.js'
import { settingTable } from '../setting-table.js'

const models = /^sentence_transformers\.(\w+\.)*(SentenceTransformer|CrossEncoder|SparseEncoder)$/

const fitSettings = settingTable('Training', {
  precision: {
    keys: ['use_amp'],
    parse(value) {
      const on = asBoolean(value)
      return on === undefined ? undefined : on ? 'fp16-mixed' : 'fp32'
    },
    otherwise: 'fp32',
    write: () => true,
    title: () => 'Train in mixed precision (use_amp=True)',
  },
  epochs: { keys: ['epochs'], parse: asNumber, otherwise: 1 },
})

export const sentenceTransformersReader = defineReader({
  name: 'sentence-transformers',
  title: 'Sentence Transformers',
  languages: ['python'],
  triggers: ['sentence_transformers'],
  settings: [fitSettings],
  read({ python }, _context, claims) {
    if (python === undefined) return
    const own = [...python.imports].some((name) => /^sentence_transformers(\.|$)/.test(name))
    if (!own) return
    for (const call of python.calls) if (isFit(call)) readFit(python, call, claims)
  },
  change: changeFit,
})

function isFit(call: Call): boolean {
  if (call.method !== 'fit' || call.expr.callee.type !== 'attribute') return false
  if (call.receiver !== null) return models.test(call.receiver)
  // Both words are the library's own.
  return call.expr.args.some((one) => one.name === 'train_objectives')
}

function readFit(python: PythonModule, call: Call, claims: ClaimBuilder): void {
  const place = calleePlace(call)
  const evidence: Evidence = { ...trainingEvidence(python), published: true }
  if (evidence.role !== 'test') evidence.role = 'training'
  // The model goes to a GPU where there is one, unless `device=` says otherwise.
  if (evidence.accelerator === 'none') evidence.accelerator = 'maybe'
  const training = claims.subject('Training', place, call.function?.qualified ?? '', evidence)
  training.known('managed', 'fit', true, place)
  training.known('fineTuning', 'fit', true, place)
  fitSettings.claim(training, fitSettings.argumentsOf(python, call, claims))
  readSaving(python, call, training)
}

/** `fit()` writes checkpoints where it is given a folder for them, and the best model where an evaluator tells which that is. */
function readSaving(python: PythonModule, call: Call, training: SubjectBuilder<'Training'>): void {
  const place = calleePlace(call)
  const site = callSite(call)
  const given = (key: string) => !isLeftOut(python.argument(call, key))
  const folder = given('output_path')
  if (given('checkpoint_path')) training.known('saves', 'checkpoint_path', 'while it runs', place, { site })
  else if (folder && given('evaluator'))
    training.known('saves', 'output_path', 'while it runs', place, { site })
  else if (call.loops.length > 0)
    training.unknown('saves', 'output_path', 'a loop around it', place, { site })
  else {
    const kept = folder || python.calls.some(({ method }) => /^save(_pretrained|_to_hub)?$/.test(method))
    training.default('saves', 'checkpoint_path', kept ? 'at the end' : 'never', place, { site })
  }
  claimResuming(python, training, call, 'resume_from_checkpoint', [
    python.argument(call, 'resume_from_checkpoint'),
  ])
}

function changeFit(claim: Claim, value: unknown, facts: FragmentFacts): Change | Refusal {
  if (claim.setting === 'precision' && value === 'bf16-mixed')
    return { reason: 'fit() supports fp16 only (use_amp=True)' }
  return fitSettings.change(claim, value, facts)
}

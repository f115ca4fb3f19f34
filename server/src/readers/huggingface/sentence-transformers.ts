/** Sentence Transformers: one `Training` for each `fit()` of an embedding model or a cross-encoder. */

import type { Change, Refusal } from '../../edit/write.js'
import type { Call, PythonModule } from '../../python/module.js'
import type { Evidence } from '../../text/evidence.js'
import { asBoolean, asNumber } from '../../values/parse.js'
import { calleePlace } from '../../values/places.js'
import type { ClaimBuilder } from '../../workload/builder.js'
import type { Claim } from '../../workload/claim.js'
import { trainingEvidence } from '../pytorch/evidence.js'
import { defineReader, type FragmentFacts } from '../reader.js'
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
}

function changeFit(claim: Claim, value: unknown, facts: FragmentFacts): Change | Refusal {
  if (claim.setting === 'precision' && value === 'bf16-mixed')
    return { reason: 'fit() supports fp16 only (use_amp=True)' }
  return fitSettings.change(claim, value, facts)
}

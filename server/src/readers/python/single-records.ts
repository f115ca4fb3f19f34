/** Networks that are run on one record after the other, where a batch would take hardly longer than one of them. */

import type { SinglePassKind } from '../../python/function-summary.js'
import type { Call, Loop, PythonModule } from '../../python/module.js'
import { mayDifferInSize } from '../../python/record-sizes.js'
import {
  mayHoldSinglePasses,
  passHandedOver,
  type SinglePass,
  singlePassesOf,
} from '../../python/single-passes.js'
import { blocksOf } from '../../syntax/python-children.js'
import { noteSmall } from '../../text/evidence.js'
import type { Span } from '../../text/location.js'
import { calleePlace, callSite } from '../../values/places.js'
import type { ClaimBuilder, Place, SubjectBuilder } from '../../workload/builder.js'
import { usesKeras } from '../keras/fits.js'
import { claimOperation } from '../operation-claims.js'
import { evidenceAt } from '../pytorch/evidence.js'
import { fewSamples } from '../pytorch/few-samples.js'
import { usesAny } from '../pytorch/library-uses.js'
import { type SingleSampleLoader, singleSampleLoaders } from '../pytorch/single-sample-loaders.js'
import { defineReader } from '../reader.js'
import { isBusy } from './busy-passes.js'
import { elementsHandedTo, type RecordLoop, recordLoopOf } from './record-loops.js'
import { isPrinted, wantedPass } from './wanted-passes.js'

/** What to do instead. */
const remedies: Readonly<Record<SinglePassKind, string>> = {
  forward: 'stack a few dozen of them into one batch',
  generate: 'tokenise a few dozen of them together, padded on the left, and generate for all at once',
  predict: 'stack them and call it once: it makes batches itself',
  pipeline: 'hand it the whole list with `batch_size`',
  encode: 'hand it the whole list: it makes batches itself',
  engine: 'hand it the whole list: it batches itself',
  session: 'stack a few dozen of them into one batch, which a model with a free first dimension takes',
  texts: 'hand all texts to `pipe` or the like, which makes batches',
}

/** These place their network on the accelerator that they find. */
const placed: ReadonlySet<SinglePassKind> = new Set([
  'predict',
  'pipeline',
  'encode',
  'engine',
  'session',
  'texts',
])
/** An answer takes seconds; the others take a fraction of one. */
const slow: ReadonlySet<SinglePassKind> = new Set(['generate', 'engine'])

export const singleRecordsReader = defineReader({
  name: 'single-records',
  languages: ['python'],
  triggers: [
    'torch',
    'tensorflow',
    'keras',
    'transformers',
    'sentence_transformers',
    'vllm',
    'onnxruntime',
    'spacy',
    'stanza',
    'ultralytics',
    'FlagEmbedding',
    'timm',
  ],
  read({ python }, _context, claims) {
    if (python === undefined) return
    for (const found of singleSampleLoaders(python)) claimLoader(python, found, claims)
    if (mayHoldSinglePasses(python)) for (const found of recordLoops(python)) claim(python, found, claims)
  },
})

interface Found {
  around: RecordLoop
  passes: SinglePass[]
}

/** Loops that run networks on one record at a time, with what runs them. */
function recordLoops(python: PythonModule): Found[] {
  const found = new Map<number, Found>()
  for (const call of python.calls)
    for (const pass of singlePassesOf(python, call)) {
      const around = recordLoopOf(python, pass)
      if (around === null || trains(around) || isRare(python, call, around.span)) continue
      const known = found.get(around.span.start)
      if (known === undefined) found.set(around.span.start, { around, passes: [pass] })
      else known.passes.push(pass)
    }
  for (const call of python.calls) {
    const around = elementsHandedTo(python, call)
    const pass = around === null ? null : passHandedOver(python, call)
    if (around !== null && pass !== null && !found.has(around.span.start))
      found.set(around.span.start, { around, passes: [pass] })
  }
  return [...found.values()]
}

function trains({ loop }: RecordLoop): boolean {
  return loop !== null && (loop.effects.backward || loop.effects.trains || loop.effects.optimizerStep)
}

/** Behind a condition inside the loop: nobody knows how often. */
function isRare(python: PythonModule, { expr }: Call, around: Span): boolean {
  const holds = ({ start, end }: Span): boolean => start <= expr.start && expr.end <= end
  return python.statements.some(
    (one) =>
      one.type === 'if' &&
      around.start < one.start &&
      holds(one) &&
      blocksOf(one).some((block) => block.some(holds)),
  )
}

function claim(python: PythonModule, { around, passes }: Found, claims: ClaimBuilder): void {
  const [first] = [...passes].sort((a, b) => Number(slow.has(b.kind)) - Number(slow.has(a.kind)))
  const { call, kind } = first!
  const key = `${calleeText(python, call)}()`
  const at = calleePlace(call)
  const facts = factsOf(python, call)
  if (
    facts.evidence.accelerator === 'none' &&
    (placed.has(kind) || usesKeras(python) || python.uses('jax.', 'transformers.Flax'))
  )
    facts.evidence.accelerator = 'maybe'
  const isRead = facts.evidence.notebook && isPrinted(python, around.loop)
  const isSlight = isRead || isBusy(python, around, passes)
  const operation = claimOperation(claims, {
    ...facts,
    key,
    at,
    places: passes.map((one) => ({ what: `${calleeText(python, one.call)}()`, node: calleePlace(one.call) })),
    weight: slow.has(kind) ? 'severe' : isSlight ? 'slight' : 'ordinary',
    wantedFor: wantedFor(python, around, passes),
  })
  operation.known('repeatedFor', key, around.each, at)
  operation.known('remedy', key, remedies[kind], at)
  if (around.whole && around.records.bound === null) operation.known('whole', key, true, at)
  const { most, bound } = around.records
  if (most !== null) operation.known('times', key, most, at)
  else if (bound !== null) operation.unknown('times', bound, 'it bounds the number of records', at)
  else claimEnd(around.loop, operation, at)
}

/** What is said alike of every pass of one record, be it a loop's or a loader's. */
function factsOf(python: PythonModule, call: Call) {
  const evidence = { ...evidenceAt(python, call) }
  // It runs a network, whatever else the file is for.
  if (evidence.role === 'library' || evidence.role === 'data') evidence.role = 'inference'
  const kind = 'single record' as const
  const scope = call.function?.qualified ?? ''
  return { kind, place: 'sample' as const, apart: kind, site: callSite(call), scope, evidence }
}

function claimEnd(loop: Loop | null, operation: SubjectBuilder<'Operation'>, at: Place): void {
  if (loop?.hasBreak === true) operation.unknown('times', 'break', 'the loop may end early', at)
}

function calleeText(python: PythonModule, call: Call): string {
  const { start, end } = calleePlace(call)
  return python.text.slice(start, end).replace(/\s+/g, '')
}

/** Why it may be right as it is; null: nothing speaks for it. */
function wantedFor(python: PythonModule, around: RecordLoop, passes: readonly SinglePass[]): string | null {
  const wanted = wantedPass(python, around, passes[0]!.call.function)
  if (wanted !== null) return wanted
  if (usesAny(python, ['torch_geometric.', 'dgl.'])) return 'graphs differ in size'
  if (passes.every((pass) => mayDifferInSize(python, pass.record, pass.within)))
    return 'the records may differ in size'
  return null
}

/** `DataLoader(test_set, batch_size=1)`. */
function claimLoader(
  python: PythonModule,
  { call, name, dataset, size, loop }: SingleSampleLoader,
  claims: ClaimBuilder,
): void {
  const at = size ?? calleePlace(call)
  const facts = factsOf(python, call)
  noteSmall(facts.evidence, fewSamples(python, dataset))
  const operation = claimOperation(claims, {
    ...facts,
    key: 'batch_size',
    at,
    byDefault: size === null,
    subject: name,
    wantedFor: loop === null ? null : wantedPass(python, { loop, span: loop.node }, call.function),
  })
  claimEnd(loop, operation, at)
}

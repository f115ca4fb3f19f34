/** The largest models of their families that a program trains for a task of few classes, and what is tried beside them. */

import type { Call, PythonModule } from '../python/module.js'
import { fixedArgument, numberArgument, passedPlace } from '../values/argument.js'
import { effective } from '../values/value.js'
import type { ClaimBuilder, Place } from '../workload/builder.js'
import { claimedCall } from './claim-argument.js'
import { sizeOfModel } from './huggingface/model-sizes.js'
import { type Sibling, siblingByName, siblingOnHub, smallerModels } from './model-families.js'
import { codeMatches, trainingEvidence } from './pytorch/evidence.js'
import { defineReader } from './reader.js'

export const largeModelReader = defineReader({
  name: 'large-model',
  languages: ['python'],
  triggers: [
    'ForSequenceClassification',
    'ForTokenClassification',
    'ForImageClassification',
    'ForAudioClassification',
    'ForMultipleChoice',
    'resnet152',
    'ResNet152',
    'efficientnet',
    'EfficientNet',
    'NASNetLarge',
    'RegNet',
    'DenseNet',
    'resnext',
    'ForVideoClassification',
    'vit_',
    'convnext',
    'timm',
    'ultralytics',
    'sklearn',
    'xgboost',
    'lightgbm',
  ],
  read(facts, _context, claims) {
    const { python } = facts
    if (python === undefined || python.evidence.role === 'test') return
    const evidence = trainingEvidence(python)
    if (evidence.role !== 'training' && evidence.role !== 'tuning') return
    const compared = codeMatches(python, smallerModels)
    const found = compared ? [] : python.calls.flatMap((call) => largeModel(python, call) ?? [])
    // Several sizes are a comparison of their own.
    if (found.length === 1 && !chooses(python)) claimLarge(python, found[0]!, claims)
    else if (compared || found.length > 1) claimCompared(python, claims)
  },
  change(claim, _value, facts) {
    const call = claimedCall(facts.python, claim.site)
    const smaller = effective(claim) as { id: string } | undefined
    return call === null || smaller === undefined
      ? { reason: 'the call is no longer in the file' }
      : { reason: `run ${smaller.id} once as well, and keep its metric beside that of the large one` }
  },
})

interface Large {
  call: Call
  id: string
  place: Place
  sibling: Sibling
  task: string
}

const heads: [RegExp, string][] = [
  [/ForSequenceClassification\.from_pretrained$/, 'text classification'],
  [/ForTokenClassification\.from_pretrained$/, 'token classification'],
  [/ForMultipleChoice\.from_pretrained$/, 'multiple choice'],
  [/ForImageClassification\.from_pretrained$/, 'image classification'],
  [/ForAudioClassification\.from_pretrained$/, 'audio classification'],
]

function largeModel(python: PythonModule, call: Call): Large | null {
  const { name } = call
  if (name === null || call.loops.length > 0 || call.conditional) return null
  const head = heads.find(([pattern]) => name.startsWith('transformers.') && pattern.test(name))
  if (head !== undefined) {
    const named = literal(python, call, 'pretrained_model_name_or_path')
    if (named === null) return null
    const size = sizeOfModel(named.id)
    const sibling =
      siblingOnHub(named.id) ??
      (size !== null && size >= 1e9
        ? { parameters: size, smaller: { id: 'FacebookAI/roberta-base', parameters: 125e6 } }
        : null)
    return sibling === null ? null : { call, ...named, sibling, task: head[1] }
  }
  if (/^timm\.(models\.)?create_model$/.test(name)) {
    const named = literal(python, call, 'model_name')
    const sibling = named === null ? null : siblingByName(named.id)
    return named === null || sibling === null
      ? null
      : { call, ...named, sibling, task: 'image classification' }
  }
  if (/^ultralytics\.(\w+\.)*YOLO$/.test(name)) {
    const named = literal(python, call, 'model')
    const sibling = named === null ? null : siblingByName(named.id)
    return named === null || sibling === null ? null : { call, ...named, sibling, task: 'detection' }
  }
  if (!/^(torchvision\.models|keras\.applications)\./.test(name)) return null
  const sibling = siblingByName(call.method)
  const { callee } = call.expr
  const place = { start: callee.end - call.method.length, end: callee.end }
  return sibling === null ? null : { call, id: call.method, place, sibling, task: 'image classification' }
}

/** An id that is written down, and that no launch replaces. */
function literal(python: PythonModule, call: Call, keyword: string): { id: string; place: Place } | null {
  const given = python.argument(call, keyword, 0)
  const [id, place] = [fixedArgument(given), passedPlace(given)]
  return typeof id === 'string' && place !== null ? { id, place } : null
}

/** The program takes the name of the model from its command line, searches over it, or is not about a task at all. */
function chooses(python: PythonModule): boolean {
  return (
    // What measures memory or time is not after a metric.
    codeMatches(python, /dummy_?(data|dataset|input)|synthetic|benchmark/i) ||
    python.programArguments.some(({ name }) =>
      /^(model|model_name\w*|arch|backbone|checkpoint|size)$/.test(name),
    ) ||
    python.usesHere('.suggest_categorical', 'ray.tune.choice', 'ray.tune.grid_search')
  )
}

function claimLarge(python: PythonModule, large: Large, claims: ClaimBuilder): void {
  const { call, id, place, sibling, task } = large
  const model = claims.subject('Model', place, call.function?.qualified ?? '', trainingEvidence(python))
  const site = { start: call.expr.start, end: call.expr.end }
  model.known('architecture', id, id, place, { site })
  model.known('parameters', id, sibling.parameters, place, { site })
  model.known('use', id, 'trained', place, { site })
  model.known('task', id, task, place, { site })
  model.known('smaller', id, sibling.smaller, place, { site })
  for (const keyword of ['num_labels', 'num_classes', 'classes']) {
    const classes = numberArgument(python.argument(call, keyword))
    if (classes !== null) model.known('classes', keyword, classes, place, { site })
  }
}

/** Tells the project that something smaller is tried. */
function claimCompared(python: PythonModule, claims: ClaimBuilder): void {
  const first = python.tree.body[0]
  if (first === undefined) return
  const place = { start: first.start, end: first.start }
  claims
    .subject('Model', place, '', trainingEvidence(python))
    .known('compared', 'smaller models', true, place)
}

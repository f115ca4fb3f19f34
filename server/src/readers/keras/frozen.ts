/** Frozen bases of Keras models that `fit` runs over the same samples in every epoch. */

import { resultAt } from '../../python/definition-places.js'
import type { Call, PythonModule } from '../../python/module.js'
import type { Expr } from '../../syntax/python-ast.js'
import { knownArgument, mayBePassed } from '../../values/argument.js'
import { convert } from '../../values/operations.js'
import { asNumber } from '../../values/parse.js'
import { calleePlace, callSite } from '../../values/places.js'
import { effective } from '../../values/value.js'
import { claimOperation } from '../operation-claims.js'
import { defineReader } from '../reader.js'
import { kerasEvidence } from './evidence.js'
import { kerasArguments, kerasFits, usesKeras } from './fits.js'

export const kerasFrozenReader = defineReader({
  name: 'keras-frozen',
  languages: ['python'],
  // The base may be frozen in another module.
  triggers: ['trainable', '.fit('],
  read(facts, context, claims) {
    const { python } = facts
    if (python === undefined || python.evidence.role === 'test' || !usesKeras(python)) return
    const [fit, another] = kerasFits(python)
    if (fit === undefined || another !== undefined) return
    const base = frozenBase(python) ?? frozenElsewhere(python, fit)
    if (base === null) return
    const epochs = convert(kerasArguments(python, fit, claims).get('epochs'), asNumber)
    if (effective(epochs) === undefined) return
    const at = calleePlace(fit)
    const operation = claimOperation(claims, {
      kind: 'frozen features',
      place: 'epoch',
      key: base.assignedTo ?? base.method,
      at,
      site: callSite(fit),
      scope: fit.function?.qualified ?? '',
      evidence: kerasEvidence(python, context).evidence,
      subject: base.method,
    })
    operation.say('times', 'epochs', epochs)
  },
  change() {
    return { reason: 'run `predict` of the base once over the data, and fit the layers above on its results' }
  },
})

const augments =
  /\bRandom[A-Z]\w*|rotation_range|(width|height)_shift_range|zoom_range|shear_range|(horizontal|vertical)_flip|brightness_range|channel_shift|tf\.image\.random|random_(flip|crop|brightness|contrast)|augment|albumentations|imgaug|[mM]ix[uU]p|[cC]ut[mM]ix|flip_left_right|\brandom\.(randint|random|choice|uniform|sample|randrange)|np\.random\.(rand|uniform|choice|normal)/

/** The same, where a function of another module makes the model that is fitted. */
function frozenElsewhere(python: PythonModule, { expr: { callee } }: Call): Call | null {
  if (callee.type !== 'attribute' || drawsOrThaws(python)) return null
  const { python: maker } = resultAt(python, callee.value)
  const drawn = [...python.imported, ...python.importers].some(({ samples }) => samples === 'drawn')
  return maker === python || drawn ? null : frozenBase(maker)
}

function drawsOrThaws(python: PythonModule): boolean {
  const text = python.code
  return augments.test(text) || /trainable\s*=(?!\s*False)/.test(text)
}

/** The pretrained base, where all of it stays as it is and nothing draws the data anew. */
function frozenBase(python: PythonModule): Call | null {
  const text = python.code
  if (drawsOrThaws(python)) return null
  for (const call of python.calls) {
    if (call.name === null || !/^keras\.applications\./.test(call.name) || call.assignedTo === null) continue
    if (!/^[A-Z]/.test(call.method) || !isPretrained(python, call)) continue
    if (followsTrained(python, call.assignedTo)) continue
    const name = call.assignedTo.replace('.', '\\.')
    // It is run by itself before, which is what this is about.
    if (new RegExp(`${name}\\.predict|Model\\([^)]*\\)\\.predict`).test(text)) return null
    if (
      new RegExp(`(^|\\n)\\s*${name}\\.trainable\\s*=\\s*False`).test(text) ||
      freezesLayers(python, call.assignedTo)
    )
      return call
  }
  return null
}

const trained =
  /^keras\.layers\.(\w+\.)*(\w*Conv\w*|Dense|BatchNormalization|LayerNormalization|Embedding|LSTM|GRU)$/

/** `base(layers.Conv2D(3, 1)(signals))`: what it is given changes with each step. */
function followsTrained(python: PythonModule, base: string): boolean {
  const isTrained = (expr: Expr, depth: number): boolean => {
    const made = python.definition(expr)
    if (made.type !== 'call' || depth > 6) return false
    if (made.callee.type === 'call' && trained.test(python.nameOf(made.callee.callee) ?? '')) return true
    const [first] = made.args
    return first !== undefined && isTrained(first.value, depth + 1)
  }
  return python.calls.some(({ expr: { callee, args } }) => {
    const [first] = args
    return (
      first !== undefined && python.text.slice(callee.start, callee.end) === base && isTrained(first.value, 0)
    )
  })
}

function isPretrained(python: PythonModule, call: Call): boolean {
  const weights = python.argument(call, 'weights')
  return !mayBePassed(weights) || (knownArgument(weights) ?? null) !== null
}

/** `for layer in base.layers: layer.trainable = False`, over all of them. */
function freezesLayers(python: PythonModule, name: string): boolean {
  return python.loops.some(({ node }) => {
    if (node.type !== 'for' || node.body.length !== 1) return false
    const iterated = python.text.slice(node.iterable.start, node.iterable.end)
    const [only] = node.body
    return (
      iterated === `${name}.layers` &&
      only?.type === 'assign' &&
      only.targets[0]?.type === 'attribute' &&
      only.targets[0].attr === 'trainable'
    )
  })
}

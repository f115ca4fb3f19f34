/** Which calls of `fit` train a Keras model. */
import type { ArgumentValue, Call, PythonModule } from '../../python/module.js'
import { once } from '../../text/once.js'
import { lookUp } from '../../text/records.js'
import { CallSource } from '../../values/call-source.js'
import type { Locator } from '../../values/source.js'

const packages = /^(keras|tf_keras|tensorflow)(\.|$)/
const otherPackages = /^(torch|lightning|pytorch_lightning|fastai|jax|flax|sklearn|xgboost|lightgbm)(\.|$)/
/** Classes of Keras that have a `fit` of another kind: tokenisers, image generators, wrappers for scikit-learn. */
const noModel = /^keras\.(preprocessing|wrappers|utils|callbacks|layers|losses|metrics)\./
const ownModels = /^(keras\.|transformers\.TF|keras_(hub|nlp|cv)\.models\.|tensorflow_recommenders\.Model)/

export function usesKeras(python: PythonModule): boolean {
  return once(python, 'keras', () => {
    const names = [...python.imports]
    if (names.some((name) => packages.test(name))) return true
    // `from model import *`, `from model import build`: the network brings Keras along.
    return (
      !names.some((name) => otherPackages.test(name)) &&
      python.imported.some((module) => module.imports.some((name) => packages.test(name)))
    )
  })
}

/** What a module makes is fitted by one that imports it. */
export function isFittedElsewhere({ importers, programs }: PythonModule): boolean {
  return [...importers, ...programs].some(({ uses }) => uses.some((use) => /(^|\.)fit$/.test(use)))
}

/** Every call that trains a compiled model; empty where the module has nothing to do with Keras. */
export function kerasFits(python: PythonModule): Call[] {
  if (!usesKeras(python)) return []
  const compiled = new Set<string>()
  for (const call of python.calls) {
    if (call.method !== 'compile' || call.expr.callee.type !== 'attribute') continue
    if (call.expr.args.length > 0) compiled.add(receiverText(python, call))
  }
  return python.calls.filter((call) => isFit(python, call, compiled))
}

function isFit(python: PythonModule, call: Call, compiled: Set<string>): boolean {
  if (call.method !== 'fit' && call.method !== 'fit_generator') return false
  if (call.expr.callee.type !== 'attribute') return false
  // A wrapper around `super().fit(…)` only passes on what it is given.
  const { value } = call.expr.callee
  if (value.type === 'call' && value.callee.type === 'name' && value.callee.id === 'super') return false
  if (call.receiver !== null && call.receiver !== 'object') {
    if (ownModels.test(call.receiver)) return !noModel.test(call.receiver)
    // `segmentation_models.Unet(…)`: what is compiled before it is fitted is a network that a library builds on Keras.
    return compiled.has(receiverText(python, call)) && !otherPackages.test(call.receiver)
  }
  // A class of the project that is no network has a `fit` of its own.
  const own = python.instanceClass(value)
  if (own?.bases.length === 0 && own.methods.has(call.method)) return false
  const counted = call.expr.args.some((one) => one.name === 'epochs' || one.name === 'nb_epoch')
  return counted || compiled.has(receiverText(python, call))
}

export function receiverText(python: PythonModule, call: Call): string {
  const { callee } = call.expr
  return callee.type === 'attribute' ? python.text.slice(callee.value.start, callee.value.end) : ''
}

/** Positions of the arguments of `fit` and `fit_generator` (Keras 2 and 3; `fit_generator` ended with TensorFlow 2.6). */
const positions: Record<string, Record<string, number>> = {
  fit: { x: 0, batch_size: 2, epochs: 3, callbacks: 5, validation_split: 6, validation_data: 7 },
  fit_generator: { x: 0, steps_per_epoch: 1, epochs: 2, callbacks: 4, validation_data: 5 },
}

export function fitPosition(call: Call, keyword: string): number | null {
  return lookUp(lookUp(positions, call.method), keyword) ?? null
}

/** An argument of `fit` or `fit_generator`, by name or at its position. */
export function argumentOf(python: PythonModule, fit: Call, keyword: string): ArgumentValue {
  return python.argument(fit, keyword, fitPosition(fit, keyword))
}

/** All of them as values. */
export function kerasArguments(python: PythonModule, fit: Call, locator: Locator): CallSource {
  return new CallSource(python, fit, locator, { positions: lookUp(positions, fit.method) ?? {} })
}

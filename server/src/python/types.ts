/** Classes of values, as far as they can be inferred without running anything. */
import type { Expr } from '../syntax/python-ast.js'
import { lookUp } from '../text/records.js'
import type { Analysis } from './analysis.js'
import { attributeValues } from './attribute-values.js'
import { argumentAsWritten } from './call-arguments.js'
import { classOf, functionOf } from './callables.js'
import { choiceName } from './callee-names.js'
import { bindingsOf, depthLimit, nameOf } from './names.js'
import { projectMember } from './project-members.js'
import { fluent } from './same-object.js'
import type { Binding } from './scope.js'

/** Functions that make an object of a class. */
const factories: Record<string, string> = {
  'optuna.create_study': 'optuna.Study',
  'keras.models.load_model': 'keras.Model',
  'keras.Sequential': 'keras.Model',
  'datasets.load_dataset': 'datasets.Dataset',
  'datasets.load_from_disk': 'datasets.Dataset',
  'spacy.load': 'spacy.Language',
  'sklearn.pipeline.make_pipeline': 'sklearn.pipeline.Pipeline',
  'fastai.vision_learner': 'fastai.Learner',
  'fastai.cnn_learner': 'fastai.Learner',
  'fastai.unet_learner': 'fastai.Learner',
  'fastai.text_classifier_learner': 'fastai.Learner',
  'fastai.language_model_learner': 'fastai.Learner',
  'fastai.tabular_learner': 'fastai.Learner',
  'fastai.collab_learner': 'fastai.Learner',
}

/** Functions that are named for the network that they make: `resnet50()`, `timm.create_model(…)`. */
const makesNetwork =
  /^torchvision\.models\.(\w+\.)*(?!get_weight|list_)[a-z]\w*$|^timm\.(models\.)?create_model$/

/** `deepspeed.initialize(...)` and its like return a tuple. */
const tupleFactories: Record<string, (string | null)[]> = {
  'deepspeed.initialize': ['deepspeed.Engine', 'torch.optim.Optimizer', null, null],
}

/** Canonical class of a value, where it can be inferred: for classes of the project their library base. */
export function typeOf(analysis: Analysis, expr: Expr, depth = 0): string | null {
  if (depth > depthLimit) return null
  if (expr.type === 'call') return typeOfCall(analysis, expr, depth)
  if (expr.type === 'name') {
    const bindings = bindingsOf(analysis, expr.id, expr.start)
    const typeOfOne = (binding: Binding) => analysis.types.of(binding, () => typeOfBinding(analysis, binding))
    if (bindings.length < 2) return bindings[0] === undefined ? null : typeOfOne(bindings[0])
    const types = new Set<string>()
    for (const binding of bindings) {
      const type = typeOfOne(binding)
      if (type !== null) types.add(type)
    }
    return types.size === 1 ? [...types][0]! : null
  }
  if (expr.type === 'attribute') {
    const types = new Set<string>()
    for (const value of attributeValues(analysis, expr)) {
      const type = value === null ? null : analysis.types.of(value, () => typeOf(analysis, value))
      if (type !== null) types.add(type)
    }
    return types.size === 1 ? [...types][0]! : null
  }
  if (expr.type === 'conditional') {
    return typeOf(analysis, expr.then, depth + 1) ?? typeOf(analysis, expr.otherwise, depth + 1)
  }
  return null
}

function typeOfBinding(analysis: Analysis, binding: Binding): string | null {
  if (binding.kind === 'param') {
    const annotation = analysis.parameterAnnotation(binding)
    const written = annotation === null ? null : nameOf(analysis, annotation)
    return written ?? passedType(analysis, binding)
  }
  if (binding.value === null) return null
  if (binding.unpack !== null) {
    if (binding.value.type !== 'call' || binding.kind !== 'assign') return null
    const made = nameOf(analysis, binding.value.callee)
    const parts = made === null ? undefined : lookUp(tupleFactories, made)
    if (parts !== undefined) return parts[binding.unpack[0] ?? 0] ?? null
    // `model, optimizer = accelerator.prepare(model, optimizer)` keeps the types of its arguments.
    if (binding.value.callee.type === 'attribute' && /^(prepare|setup)$/.test(binding.value.callee.attr)) {
      const argument = binding.value.args[binding.unpack[0] ?? 0]
      if (argument !== undefined && argument.name === null && argument.value.start !== binding.value.start) {
        return typeOf(analysis, argument.value)
      }
    }
    return null
  }
  if (binding.kind === 'assign' || binding.kind === 'with') return typeOf(analysis, binding.value)
  return null
}

/** The class of what all calls of a function pass for a parameter; null: one of them cannot be told. */
function passedType(analysis: Analysis, binding: Binding): string | null {
  // While calls are still collected, more may be to come.
  const owner = analysis.complete ? analysis.parameterOwner(binding) : null
  const sites = owner === null ? null : analysis.callSites(owner.func)
  if (owner === null || sites === null) return null
  const types = new Set<string | null>(analysis.outside.types(owner.func, binding.name, owner.position))
  for (const site of sites) {
    if (types.size > 1) return null
    const given = argumentAsWritten(analysis, site, binding.name, owner.position)
    // A default is often None.
    types.add(given === null ? null : typeOf(analysis, given))
  }
  return types.size === 1 ? [...types][0]! : null
}

function typeOfCall(analysis: Analysis, expr: Expr & { type: 'call' }, depth: number): string | null {
  const call = analysis.instantiations.size === 0 ? undefined : analysis.callByExpr.get(expr)
  const made = call !== undefined && analysis.instantiations.has(call) ? call.name : null
  const name = made ?? nameOf(analysis, expr.callee, depth + 1) ?? choiceName(analysis, expr.callee)
  if (name !== null) {
    const factory = lookUp(factories, name)
    if (factory !== undefined) return factory
    if (makesNetwork.test(name)) return name
    const last = name.slice(name.lastIndexOf('.') + 1)
    // `BertTokenizer.from_pretrained(…)`.
    const owner = name.slice(0, -last.length - 1)
    if (/^from_/.test(last) && /\.[A-Z]\w*$/.test(owner)) return owner
    return /^[A-Z]/.test(last) ? name : null
  }
  const klass = classOf(analysis, expr.callee, depth + 1)
  if (klass !== null) return klass.bases.find((base) => base !== 'object') ?? null
  const func = functionOf(analysis, expr.callee, depth + 1)
  if (func !== null) return analysis.returnType(func)
  if (expr.callee.type === 'attribute') {
    if (fluent.has(expr.callee.attr)) return typeOf(analysis, expr.callee.value, depth + 1)
  }
  const found = projectMember(analysis, expr.callee)
  if (found !== null && found.rest !== '') {
    const known = lookUp(found.summary.classes, found.rest)
    if (known !== undefined) return known.bases[0] ?? null
    return lookUp(found.summary.functions, found.rest)?.returns ?? null
  }
  return null
}

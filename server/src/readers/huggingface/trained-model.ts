/** Which model a program trains, where its name can be read: from a hub, from torchvision, from timm. */

import { model as known } from '../../catalog/models.js'
import type { ArgumentValue, Call, PythonModule } from '../../python/module.js'
import { isPretrainedLoad, torchvisionNetwork } from '../../python/networks/published.js'
import type { Expr } from '../../syntax/python-ast.js'
import type { CountedLayers } from '../../text/counted-layers.js'
import { once } from '../../text/once.js'
import { passedExpression, textArgument } from '../../values/argument.js'
import { argumentValue } from '../../values/call-source.js'
import { absent, convert, orDefault, stated } from '../../values/operations.js'
import { calleePlace } from '../../values/places.js'
import type { Place, SubjectBuilder } from '../../workload/builder.js'
import { layersInFolder } from './configured-network.js'
import { loadedToTrain } from './loaded-to-train.js'
import { sizeOfModel } from './model-sizes.js'

export interface TrainedModel {
  id: string
  parameters: number | null
  /** Where the name is written, and the argument that gives it; null: a function of that name. */
  place: Place
  argument: ArgumentValue | null
  /** What loads it; several where branches load the same in different ways. */
  loads: Call[]
  /** What loads it in other modules. */
  elsewhere?: { load: Call; python: PythonModule }[]
  library: 'transformers' | 'torchvision' | 'timm'
  languageHead: boolean
  /** What an option of the program chooses unless a launch does. */
  byDefault?: true
  /** Its layers as the configuration in its folder tells them; absent: it is no folder of the project. */
  counted?: CountedLayers
}

export type TrainedModelResult = TrainedModel | { because: string }

const head =
  /For(CausalLM|MaskedLM|PreTraining|ConditionalGeneration|Seq2SeqLM|ImageTextToText|Vision2Seq)|LMHead|unsloth/
/** Names of models that stand beside the one that learns. */
export const beside =
  /teacher|(^|_)(ref|reference|reward|judge|frozen|old|target|ema|critic|vae|text_encoder)(_|$)|_ref$|encoder$/i

/** Everything in the module that makes a model of a known kind. */
function loads(python: PythonModule): { call: Call; library: TrainedModel['library'] }[] {
  return python.calls.flatMap((call): { call: Call; library: TrainedModel['library'] }[] => {
    const { name } = call
    if (call.assignedTo !== null && beside.test(call.assignedTo)) return []
    if (name === null)
      return tableKey(python, call) === null && handedMaker(python, call) === null
        ? []
        : [{ call, library: 'torchvision' }]
    if (call.method === 'from_pretrained') return isLoad(call) ? [{ call, library: 'transformers' }] : []
    if (name === 'timm.create_model') return [{ call, library: 'timm' }]
    return torchvisionNetwork(name) === null ? [] : [{ call, library: 'torchvision' }]
  })
}

/** It loads a model of Hugging Face's, and not what belongs to one. */
export function isLoad({ name }: Call): boolean {
  return name !== null && isPretrainedLoad(name)
}

export const isLanguageHead = ({ name }: Call): boolean => head.test(name ?? '')

interface Named {
  argument: ArgumentValue | null
  id: string
  place: Place
}

/** The `arch` of `models.__dict__[arch]()` and `getattr(models, arch)()`; null: the call takes nothing from a table of models. */
export function tableKey(python: PythonModule, { expr: { callee } }: Call): Expr | null {
  const isModels = (expr: Expr) => /^torchvision\.models(\.\w+)?$/.test(python.nameOf(expr) ?? '')
  if (callee.type === 'subscript') {
    const { value, index } = callee
    return value.type === 'attribute' && value.attr === '__dict__' && isModels(value.value) ? index : null
  }
  if (callee.type !== 'call' || python.nameOf(callee.callee) !== 'getattr') return null
  const [module, key] = callee.args
  return module !== undefined && key !== undefined && isModels(module.value) ? key.value : null
}

/** The `resnet18` of `with_head(resnet18, 10)`: a function of the project makes the network by it; null: none is handed over. */
function handedMaker(python: PythonModule, { expr }: Call): Named | null {
  for (const { value, star } of expr.args) {
    if (star > 0 || (value.type !== 'name' && value.type !== 'attribute')) continue
    const id = torchvisionNetwork(python.nameOf(value) ?? '')
    if (id !== null) return { argument: null, id, place: { start: value.start, end: value.end } }
  }
  return null
}

function nameOf(python: PythonModule, call: Call, library: TrainedModel['library']): Named | null {
  const key = tableKey(python, call)
  if (key !== null) return nameIn({ state: 'given', expr: key, span: key, folded: python.fold(key) })
  if (call.name === null) return handedMaker(python, call)
  return nameOfFunction(python, call, library)
}

function nameOfFunction(python: PythonModule, call: Call, library: TrainedModel['library']): Named | null {
  if (library === 'torchvision' && !/\.get_model$/.test(call.name!))
    return { argument: null, id: torchvisionNetwork(call.name!)!, place: calleePlace(call) }
  if (library === 'transformers') return nameIn(modelArgument(python, call))
  return nameIn(python.argument(call, library === 'timm' ? 'model_name' : 'name', 0))
}

/** What a load of Hugging Face's is given as the name. */
export function modelArgument(python: PythonModule, call: Call): ArgumentValue {
  const ofUnsloth = call.name!.startsWith('unsloth.')
  return python.argument(call, ofUnsloth ? 'model_name' : 'pretrained_model_name_or_path', 0)
}

/** A name that an argument gives, or would give unless somebody decides otherwise; null: none, or one that cannot be read. */
export function nameIn(given: ArgumentValue): Named | null {
  const argument = unlessDecided(given)
  const id = textArgument(argument)
  const expr = passedExpression(argument)
  return id === null || expr === null ? null : { argument, id, place: { start: expr.start, end: expr.end } }
}

/** Of a choice, the option that holds by default. */
function unlessDecided(given: ArgumentValue): ArgumentValue {
  if (given.state !== 'given' || given.folded.state !== 'unknown') return given
  const option = given.folded.options?.find(({ byDefault }) => byDefault)
  return option === undefined ? given : { ...given, folded: { ...option.folded, overridable: true } }
}

/** The one model that this module makes. */
export function trainedModel(python: PythonModule): TrainedModelResult | null {
  return once(python, 'trained model', () => {
    const found = loadedToTrain(python, loads(python), ({ call }) => call)
    const [first] = found
    if (first === undefined) return null
    const names = found.map(({ call, library }) => nameOf(python, call, library))
    const [name] = names
    if (name == null || names.includes(null)) return { because: 'the name of the model' }
    if (names.some((one) => one!.id !== name.id)) return { because: 'several models' }
    const counted =
      first.library === 'transformers' ? layersInFolder(python, name.id, first.call.name!) : null
    return {
      ...name,
      ...(counted === null ? {} : { counted }),
      parameters: known(name.id)?.parameters ?? counted?.parameters ?? sizeOfModel(name.id),
      loads: found.map((one) => one.call),
      library: first.library,
      languageHead: first.library === 'transformers' && found.some((one) => isLanguageHead(one.call)),
    }
  })
}

/** Claims name and size. */
export function claimModel(
  training: SubjectBuilder<'Training'>,
  found: TrainedModel,
  site: Place = found.place,
): void {
  const { argument, place } = found
  const key = found.loads[0]?.method ?? 'model'
  const { locator } = training
  const name =
    argument === null
      ? found.byDefault === true
        ? orDefault(absent(locator.origin(place, { site })), found.id, true)
        : stated(locator.origin(place, { site }), found.id)
      : argumentValue(argument, place, site, locator)
  const size = found.parameters ?? undefined
  const { counted } = found
  if (counted === undefined)
    training.say(
      'model',
      key,
      convert(name, () => found.id),
    )
  else
    training.say(
      'countedLayers',
      key,
      convert(name, () => ({ name: found.id, networks: [counted] })),
    )
  training.say(
    'parameters',
    key,
    convert(name, () => size, 'the name does not tell'),
  )
  training.say(
    'languageHead',
    key,
    convert(name, () => found.languageHead),
  )
  if (found.loads.some(({ name: callee }) => labelsWords.test(callee ?? '')))
    training.known('sentences', key, true, place)
}

/** Names of the heads that label each word of a text. */
const labelsWords = /ForTokenClassification(?=\.|$)/

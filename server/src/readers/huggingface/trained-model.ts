/** Which model a program trains, where its name can be read: from a hub, from torchvision, from timm. */

import { model as known } from '../../catalog/models.js'
import type { Call, Folded, PythonModule } from '../../python/module.js'
import { calleePlace } from '../../values/places.js'
import type { Place, SubjectBuilder } from '../../workload/builder.js'
import { once } from '../pytorch/once.js'
import { sizeOfModel } from './model-sizes.js'

export interface TrainedModel {
  id: string
  parameters: number | null
  /** Where the name is written, and whether a launch could replace it. */
  place: Place
  folded: (Folded & { state: 'known' }) | null
  /** What loads it; several where branches load the same in different ways. */
  loads: Call[]
  library: 'transformers' | 'torchvision' | 'timm'
  languageHead: boolean
}

export type TrainedModelResult = TrainedModel | { because: string }

const loader =
  /^transformers\.(\w+\.)*(Auto)?(Model\w*|\w+(Model|LMHeadModel|For[A-Z]\w+))\.from_pretrained$|^unsloth\.(\w+\.)*Fast\w*Model\.from_pretrained$/
const notTrained = /Config$|Processor$|Tokenizer|FeatureExtractor/
const head =
  /For(CausalLM|MaskedLM|PreTraining|ConditionalGeneration|Seq2SeqLM|ImageTextToText|Vision2Seq)|LMHead|unsloth/
const fromTorchvision = /^torchvision\.models\.(?:(?:\w+)\.)?([a-z]\w*)$/
/** Names of models that stand beside the one that learns. */
const beside =
  /teacher|(^|_)(ref|reference|reward|judge|frozen|old|target|ema|critic|vae|text_encoder)(_|$)|_ref$|encoder$/i

/** Everything in the module that makes a model of a known kind. */
function loads(python: PythonModule): { call: Call; library: TrainedModel['library'] }[] {
  return python.calls.flatMap((call): { call: Call; library: TrainedModel['library'] }[] => {
    const { name } = call
    if (name === null || (call.assignedTo !== null && beside.test(call.assignedTo))) return []
    if (call.method === 'from_pretrained')
      return loader.test(name) && !notTrained.test(name.replace(/\.from_pretrained$/, ''))
        ? [{ call, library: 'transformers' }]
        : []
    if (name === 'timm.create_model') return [{ call, library: 'timm' }]
    const made = fromTorchvision.exec(name)
    if (made !== null && !/^(get_model_weights|get_weight|list_models)$/.test(made[1]!))
      return [{ call, library: 'torchvision' }]
    return []
  })
}

interface Named {
  folded: (Folded & { state: 'known' }) | null
  id: string
  place: Place
}

function nameOf(python: PythonModule, call: Call, library: TrainedModel['library']): Named | null {
  if (library === 'torchvision' && !/\.get_model$/.test(call.name!))
    return { folded: null, id: fromTorchvision.exec(call.name!)![1]!, place: calleePlace(call) }
  const key =
    library === 'timm'
      ? 'model_name'
      : library === 'torchvision'
        ? 'name'
        : call.name!.startsWith('unsloth.')
          ? 'model_name'
          : 'pretrained_model_name_or_path'
  const given = python.argument(call, key, 0)
  if (given.state !== 'given' || given.folded.state !== 'known' || typeof given.folded.value !== 'string')
    return null
  return { folded: given.folded, id: given.folded.value, place: { ...given.span } }
}

/** The one model that this module makes. */
export function trainedModel(python: PythonModule): TrainedModelResult | null {
  return once(python, 'trained model', () => {
    const found = loads(python)
    const [first] = found
    if (first === undefined) return null
    const names = found.map(({ call, library }) => nameOf(python, call, library))
    const [name] = names
    if (name == null || names.includes(null)) return { because: 'the name of the model' }
    if (names.some((one) => one!.id !== name.id)) return { because: 'several models' }
    return {
      ...name,
      parameters: known(name.id)?.parameters ?? sizeOfModel(name.id),
      loads: found.map((one) => one.call),
      library: first.library,
      languageHead: first.library === 'transformers' && found.some((one) => head.test(one.call.name!)),
    }
  })
}

/** Claims name and size. */
export function claimModel(
  training: SubjectBuilder<'Training'>,
  found: TrainedModel,
  site: Place = found.place,
): void {
  const { folded } = found
  const options = {
    site,
    ...(folded === null ? {} : { channel: folded.channel, overridable: folded.overridable }),
    ...(folded?.location === undefined ? {} : { location: folded.location }),
  }
  const key = found.loads[0]?.method ?? 'model'
  training.known('model', key, found.id, found.place, options)
  if (found.parameters !== null) training.known('parameters', key, found.parameters, found.place, options)
  else training.unknown('parameters', key, 'the name does not tell', found.place, { site })
  training.known('languageHead', key, found.languageHead, found.place, options)
}

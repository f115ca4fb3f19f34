/** Networks of libraries that go by a name: how large one is, the catalogue tells. Sources: torchvision 0.20, timm 1.0, transformers 4.46, efficientnet_pytorch 0.7. */
import { argument } from './layer-sizes.js'
import type { Given } from './values.js'

const pretrained =
  /^transformers\.(\w+\.)*(Auto)?(Model\w*|\w+(Model|LMHeadModel|For[A-Z]\w+))\.from_pretrained$|^unsloth\.(\w+\.)*Fast\w*Model\.from_pretrained$/
/** What `from_pretrained` loads beside a network. */
const notNetwork = /(Config|Processor)\.from_pretrained$|Tokenizer|FeatureExtractor/

/** The name of a function that loads a model of Hugging Face's. */
export function isPretrainedLoad(name: string): boolean {
  return pretrained.test(name) && !notNetwork.test(name)
}

const fromTorchvision = /^torchvision\.models\.(?:\w+\.)?([a-z]\w*)$/
const noNetworks = /^(get_model_weights|get_weight|list_models)$/

/** The function of torchvision that makes a network, after which the network is called; null: it is none. */
export function torchvisionNetwork(name: string): string | null {
  const made = fromTorchvision.exec(name)?.[1]
  return made === undefined || noNetworks.test(made) ? null : made
}

const segmenting = /^segmentation_models_pytorch\.(?:\w+\.)*([A-Z]\w+)$/

/** The decoder that a call of segmentation_models_pytorch puts on an encoder; null: it does not. */
export function segmentationDecoder(name: string): string | null {
  return segmenting.exec(name)?.[1] ?? null
}
/** The name under which the catalogue knows what is made of both. */
export function segmentationName(decoder: string, encoder: string): string {
  return `smp.${decoder}(${encoder})`
}
/** The encoder that it has where none is named. */
export const usualEncoder = 'resnet34'

/** A network that a project builds its own around. */
export interface PublishedNetwork {
  name: string
  /** Weights that the project's own layers have beside it. */
  beside: number
  /** So many of it, each of which is computed. */
  copies: number
  /** Some of its weights may not be trained. */
  frozen: boolean
}

/** The name under which a call makes a published network; null: it makes none, or the name cannot be read. */
export function publishedName(name: string, given: Given): string | null {
  const text = (key: string): string | null => {
    const value = argument(given, key, 0)
    return typeof value === 'string' && value !== 'absent' ? value : null
  }
  const decoder = segmentationDecoder(name)
  if (decoder !== null) {
    const encoder = argument(given, 'encoder_name', 0) === 'absent' ? usualEncoder : text('encoder_name')
    return encoder === null ? null : segmentationName(decoder, encoder)
  }
  if (name === 'timm.create_model') return text('model_name')
  if (name === 'torchvision.models.get_model') return text('name')
  if (/^efficientnet_pytorch\.(\w+\.)*EfficientNet\.from_(name|pretrained)$/.test(name))
    return text('model_name')
  if (isPretrainedLoad(name))
    return text(name.startsWith('unsloth.') ? 'model_name' : 'pretrained_model_name_or_path')
  return torchvisionNetwork(name)
}

/** Networks that a program makes by a name that is known, in whichever of its modules: what the time of its training follows from. */
import type { Call, PythonModule } from '../../python/module.js'
import {
  segmentationDecoder,
  segmentationName,
  torchvisionNetwork,
  usualEncoder,
} from '../../python/networks/published.js'
import { lastName } from '../../syntax/python-children.js'
import type { CountedLayers } from '../../text/counted-layers.js'
import { textArgument, textIn } from '../../values/argument.js'
import { calleePlace } from '../../values/places.js'
import { configuredNetwork, layersInFolder } from '../huggingface/configured-network.js'
import { beside, isLoad, modelArgument, tableKey } from '../huggingface/trained-model.js'
import { defineReader } from '../reader.js'

export const namedNetworksReader = defineReader({
  name: 'python-named-networks',
  languages: ['python'],
  triggers: [
    'from_pretrained',
    'from_config',
    'transformers',
    'torchvision',
    'timm',
    'torch.hub',
    'applications',
    'ultralytics',
    'composer',
    'efficientnet_pytorch',
    'segmentation_models_pytorch',
    'sentence_transformers',
    'fastai',
  ],
  read({ python }, _context, claims) {
    if (python === undefined || python.evidence.role === 'test') return
    for (const call of python.calls) {
      if (call.assignedTo !== null && beside.test(call.assignedTo)) continue
      const place = calleePlace(call)
      const configured = configuredNetwork(python, call) ?? networkInFolder(python, call)
      if (configured !== null && 'layers' in configured) {
        const own = claims.subject('Network', place, call.function?.qualified ?? '', python.evidence)
        if (configured.layers === null)
          own.unknown('countedLayers', call.method, 'what its configuration describes', place)
        else own.known('countedLayers', call.method, configured.layers, place)
        continue
      }
      const name = configured === null ? networkMade(python, call) : configured.name
      if (name === undefined) continue
      const network = claims.subject('Network', place, call.function?.qualified ?? '', python.evidence)
      if (name === null) network.unknown('name', call.method, 'the name of the model', place)
      else network.known('name', call.method, name, place)
    }
  },
})

const keras = /^(?:tensorflow\.)?(?:keras|tf_keras)\.applications\.(?:\w+\.)?([A-Z]\w*)$/

/** What `from_pretrained` loads a network from, a name or a folder; undefined: the call loads none. Null: it cannot be read. */
function loadedFrom(python: PythonModule, call: Call): string | null | undefined {
  return isLoad(call) ? textArgument(modelArgument(python, call)) : undefined
}

/** `from_pretrained('./models/small')`, with a `config.json` there. */
function networkInFolder(python: PythonModule, call: Call): { layers: CountedLayers } | null {
  const folder = loadedFrom(python, call)
  const layers = folder == null ? null : layersInFolder(python, folder, call.name!)
  return layers && { layers }
}

/** The network that takes the noise away; what encodes pictures and texts stands beside it. */
const diffusion = /^diffusers\.(?:\w+\.)*(?:UNet\w*|\w*Transformer\w*)\.from_pretrained$/

const embedder = /^sentence_transformers\.(\w+\.)*(SentenceTransformer|CrossEncoder)$/
const embedderTrainer = /^sentence_transformers\.(\w+\.)*\w*Trainer$/
const trainsEmbedder = ({ name, method, receiver }: Call): boolean =>
  embedderTrainer.test(name ?? '') || (/^(old_)?fit$/.test(method) && embedder.test(receiver ?? ''))
const learner = /^fastai\.(\w+\.)*(vision_learner|cnn_learner|unet_learner)$/

/** A published network under the head, or the decoder, of a library. Undefined: the call makes none. Null: its name cannot be read. */
function networkWithHead(python: PythonModule, call: Call, name: string): string | null | undefined {
  const decoder = segmentationDecoder(name)
  if (decoder !== null) {
    const given = python.argument(call, 'encoder_name', 0)
    const encoder = given.state === 'absent' ? usualEncoder : textArgument(given)
    return encoder === null ? null : segmentationName(decoder, encoder)
  }
  if (embedder.test(name)) {
    // What only embeds is not trained.
    if (!python.calls.some(trainsEmbedder)) return undefined
    const given = python.argument(call, 'model_name_or_path', 0)
    return textArgument(given.state === 'absent' ? python.argument(call, 'model_name', 0) : given)
  }
  if (!learner.test(name)) return undefined
  const arch = python.argument(call, 'arch', 1)
  if (arch.state !== 'given') return null
  // `from fastai.vision.all import *` brings the functions of torchvision.
  const body = textArgument(arch) ?? lastName(arch.expr)
  if (body === '') return null
  return call.method === 'unet_learner' ? segmentationName('Unet', body) : body
}

/** Undefined: the call makes no network that a name stands for. Null: one whose name cannot be read. */
function networkMade(python: PythonModule, call: Call): string | null | undefined {
  const { name } = call
  if (name === null) {
    const key = tableKey(python, call)
    return key === null ? undefined : textIn(python.fold(key))
  }
  const ofHead = networkWithHead(python, call, name)
  if (ofHead !== undefined) return ofHead
  if (diffusion.test(name)) return textArgument(python.argument(call, 'pretrained_model_name_or_path', 0))
  if (call.method === 'from_pretrained') return loadedFrom(python, call)
  if (name === 'timm.create_model') return textArgument(python.argument(call, 'model_name', 0))
  if (name === 'torchvision.models.get_model') return textArgument(python.argument(call, 'name', 0))
  if (name === 'torch.hub.load') return textArgument(python.argument(call, 'model', 1))
  if (/^composer\.models\.(\w+\.)*composer_\w+$/.test(name)) {
    const given = python.argument(call, 'model_name')
    return textArgument(given.state === 'absent' ? python.argument(call, 'pretrained_model_name') : given)
  }
  if (/^efficientnet_pytorch\.(\w+\.)*EfficientNet\.from_(name|pretrained)$/.test(name))
    return textArgument(python.argument(call, 'model_name', 0))
  if (/^ultralytics\.(\w+\.)*YOLO$/.test(name)) {
    const weights = textArgument(python.argument(call, 'model', 0))
    return weights === null ? null : weights.replace(/^.*\//, '').replace(/\.(pt|ya?ml)$/, '')
  }
  const made = torchvisionNetwork(name)
  if (made !== null) return made
  return keras.exec(name)?.[1]
}

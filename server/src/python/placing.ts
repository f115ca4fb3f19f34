/** Modules that put nothing on an accelerator, whatever devices they speak of. */
import type { Expr } from '../syntax/python-ast.js'
import { lastName } from '../syntax/python-children.js'
import type { Call, PythonModule } from './module.js'
import { singleDevicePackages, standardLibrary } from './packages.js'

/** Libraries that put models on a device by themselves, or whose arrays lie on one. */
const placing = new Set(
  (
    'lightning pytorch_lightning lightning_fabric sentence_transformers fastai ignite ultralytics tensorflow ' +
    'keras tf_keras jax jaxlib flax haiku optax open_clip clip dgl kornia pytorch_metric_learning bitsandbytes triton xformers ' +
    'torch_ema hydra_plugins gradio streamlit'
  ).split(' '),
)
/** What else makes tensors or whole networks on a device, or may. */
const places =
  /accelerat|\bxla|\b[hn]pu\b|\.to\(|parallel|torch\.distributed|nccl|set_default|cuda\.\w*Tensor|\bexec\(|\beval\(|importlib|\bwith\b[^:\n]*\b(cuda|device)\b/i
const placingCalls = [
  '.to',
  '.cuda',
  '.xpu',
  '.to_device',
  '.to_empty',
  'torch.accelerator.',
  'torch.distributed.',
  'torch.nn.DataParallel',
  'torch.nn.parallel.',
  'torch.set_default_device',
  'torch.set_default_tensor_type',
  'torch.hub.',
]
/** `device=device`, `device_map='auto'`, `n_gpu=1` */
const placingKeyword = /device|cuda|gpu|accelerat/i
/** Trainers and pipelines take the accelerator that they find; models of other frameworks lie where these put them. */
const placingOfTransformers =
  /^(transformers|peft|trl)\.(\w+\.)*(\w*Trainer|\w*TrainingArguments|pipeline|TF[A-Z]\w*|Flax\w+)(\.|$)/

/** Neither the module nor what it imports from the project moves anything, or has a library that may. */
export function placesNothing(python: PythonModule): boolean {
  if (python.imported.some((one) => one.placesNothing !== true)) return false
  const ofProject = new Set([...python.importedByName.keys()].map(rootOf))
  const roots = [...python.imports].map(rootOf)
  if (!roots.every((root) => ofProject.has(root) || root === '' || keepsOff(root))) return false
  if (python.usesHere(...placingCalls)) return false
  // Who has no tensors has none to move.
  if (!roots.some((root) => computing.test(root))) return true
  if (places.test(python.code)) return false
  if ([...python.imports].some((name) => placingOfTransformers.test(name))) return false
  return !python.calls.some((call) => placesSomething(python, call))
}

const computing = /^(torch\w*|transformers|diffusers|timm|peft|accelerate)$/

/** `load(path, device=device)`, `transformers.pipeline(…)`, `library.load(name, device)`. */
function placesSomething(python: PythonModule, { name, expr }: Call): boolean {
  if (name !== null && placingOfTransformers.test(name)) return true
  const ofLibrary = name?.includes('.') === true && name !== 'torch.device'
  return expr.args.some(({ name: keyword, value }) => {
    if (keyword !== null) return placingKeyword.test(keyword) && !keepsOnHost(python, value)
    return ofLibrary && /^(device|dev)$/i.test(lastName(value))
  })
}

function keepsOnHost(python: PythonModule, value: Expr): boolean {
  const folded = python.fold(value)
  const device = folded.state === 'known' ? folded.value : undefined
  return device === false || device === null || device === 0 || device === 'cpu'
}

const rootOf = (name: string): string => name.split('.')[0]!

/** A module of settings that is found where the program looks for it moves nothing either. */
const settings = /^(configs?|cfg|settings|constants?|params|hparams|hyper_?params)$/i

function keepsOff(root: string): boolean {
  return (
    settings.test(root) || standardLibrary.has(root) || (singleDevicePackages.has(root) && !placing.has(root))
  )
}

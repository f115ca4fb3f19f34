/** Training loops by hand that put nothing on an accelerator: no module of the program names a device. */
import type { PythonModule } from '../../python/module.js'
import { singleDevicePackages, standardLibrary } from '../../python/packages.js'
import { once } from '../../text/once.js'

/** Libraries that put models on a device by themselves, or whose arrays lie on one. */
const placing = new Set(
  (
    'lightning pytorch_lightning lightning_fabric transformers peft sentence_transformers fastai ignite ultralytics tensorflow ' +
    'keras tf_keras jax jaxlib flax haiku optax open_clip clip dgl kornia pytorch_metric_learning bitsandbytes triton xformers ' +
    'torch_ema hydra_plugins gradio streamlit'
  ).split(' '),
)
/** Anything that has to do with where tensors lie, or with several processes. */
const places =
  /cuda|device|\bgpus?\b|accelerat|\bmps\b|xla|[hn]pu\b|\.to\(|parallel|torch\.distributed|nccl|set_default|\bexec\(|\beval\(|importlib/i
const placingCalls = [
  '.to',
  '.cuda',
  '.xpu',
  '.to_device',
  'torch.device',
  'torch.cuda.',
  'torch.accelerator.',
  'torch.distributed.',
  'torch.nn.DataParallel',
  'torch.nn.parallel.',
  'torch.set_default_device',
  'torch.set_default_tensor_type',
  'torch.hub.',
]

/** PyTorch computes where its tensors are put, and that is on the processor unless somebody says so. */
export function staysOnHost(python: PythonModule): boolean {
  return once(python, 'stays on the host', () => namesNoDevice(python))
}

function namesNoDevice(python: PythonModule): boolean {
  const { evidence, imported } = python
  if (!python.isEntry || evidence.notebook || evidence.role !== 'training' || evidence.accelerator !== 'none')
    return false
  if (!python.usesHere('torch.', 'torch') || !python.uses('.backward')) return false
  if (places.test(python.code) || python.uses(...placingCalls)) return false
  if (imported.some((one) => one.evidence?.accelerator !== 'none' || one.projectImports !== undefined))
    return false
  const ofProject = new Set([...python.importedByName.keys()].map(rootOf))
  const roots = [...python.imports, ...imported.flatMap((one) => one.imports)].map(rootOf)
  return roots.every((root) => ofProject.has(root) || root === '' || keepsOff(root))
}

const rootOf = (name: string): string => name.split('.')[0]!

function keepsOff(root: string): boolean {
  return standardLibrary.has(root) || (singleDevicePackages.has(root) && !placing.has(root))
}

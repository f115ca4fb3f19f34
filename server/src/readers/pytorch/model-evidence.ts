/** Whether the model of a program is a real one, so that what happens around it is worth a look. */
import type { PythonModule } from '../../python/module.js'

const sources = [
  'torchvision.models.',
  'timm.',
  'transformers.',
  'segmentation_models_pytorch.',
  'torch.hub.load',
  'diffusers.',
  'monai.networks.',
  'torch.nn.Transformer',
  'torch.nn.TransformerEncoder',
  'torch.nn.TransformerEncoderLayer',
  'torch.nn.TransformerDecoder',
  'detectron2.',
  'open_clip.',
  'clip.',
  'peft.',
  'trl.',
  'deepspeed.',
  'torch.nn.parallel.DistributedDataParallel',
  'torch.distributed.fsdp.',
  'torch.nn.DataParallel',
]

export function isRealModel(python: PythonModule): boolean {
  return python.uses(...sources)
}

const convolutional = ['torchvision.models.', 'timm.', 'segmentation_models_pytorch.', 'monai.networks.']
const convolution = /(^|\.)(Lazy)?Conv(Transpose)?[123]d$/

export function hasConvolutions(python: PythonModule): boolean {
  if (python.uses(...convolutional)) return true
  const around = [...python.importers, ...python.imported, ...python.programs]
  return (
    python.calls.some(({ name }) => convolution.test(name ?? '')) ||
    around.some(({ convolutional }) => convolutional === true)
  )
}

/** A script that measures (`profile_training.py`, `bench/step.py`, `scaling_laws.sh`): what it does in each step is on purpose. */
export function isMeasurement(path: string): boolean {
  return /(^|[/_-])(bench(mark)?s?|profil\w*|scaling[_-]?laws?|iso[_-]?flops?)([/_.-]|$)/i.test(path)
}

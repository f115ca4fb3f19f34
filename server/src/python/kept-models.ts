/** Which modules write what may be a trained model. */
import { holdsAny, usesOf } from './library-uses.js'
import type { ModuleSummary, PythonModule } from './module.js'

export const modelWriters = [
  'torch.save',
  '.save_pretrained',
  '.save_state',
  '.save_checkpoint',
  '.save_weights',
  '.save',
  'equinox.tree_serialise_leaves',
  'flax.serialization.to_bytes',
  'pickle.dump',
  'joblib.dump',
  'cloudpickle.dump',
  'safetensors.',
  'orbax.',
  'torch.distributed.checkpoint.',
  'torch.onnx.export',
  'torch.jit.save',
  '.save_model',
  '.log_model',
  '.push_to_hub',
]

/** A module writes what may be a model by itself. */
export function savesModels(module: ModuleSummary): boolean {
  return holdsAny(usesOf(module), modelWriters)
}

/** A module writes what may be a model, or one of the project that it imports does. */
export function writesModels(python: PythonModule): boolean {
  return python.uses(...modelWriters) || python.imported.some((one) => one.writesModels === true)
}

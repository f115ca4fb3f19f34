/** Keys that the rules of `precision/` judge. */

import type { RuleKeys } from '../rule-keys.js'

export const precision: Readonly<Record<string, RuleKeys>> = {
  'precision/float64': {
    others: [
      ['PyTorch', '`set_default_dtype(…)`, `.double()`, `.to(torch.float64)`', 'float32'],
      ['Lightning', '`precision`', '`32-true`'],
      ['Keras', '`set_floatx(…)`', '`float32`'],
      ['JAX', '`jax_enable_x64`, `JAX_ENABLE_X64`', 'false'],
    ],
  },
  'precision/full-precision': {
    settings: ['Training.precision'],
    others: [
      ['PyTorch', '`torch.autocast`', 'off'],
      ['Hugging Face Trainer', '`bf16`, `fp16`', 'false'],
      ['TRL', '`bf16`', 'true'],
      ['Accelerate', '`mixed_precision`', '`no`'],
      ['DeepSpeed', '`bf16.enabled`, `fp16.enabled`', 'false'],
      ['Keras, TensorFlow', '`mixed_precision.set_global_policy(…)`', '`float32`'],
      ['JAX and Flax', '`dtype`', 'float32'],
      ['fastai', '`to_fp16()`', 'fp32'],
      ['Composer', '`precision`', '`amp_fp16` on GPUs'],
      ['Axolotl', '`bf16`, `fp16`'],
      ['LLaMA-Factory', '`bf16`, `fp16`', 'false'],
      ['torchtune', '`dtype`'],
      ['OpenMMLab', '`optim_wrapper.type`, `fp16`', 'fp32'],
      ['detectron2', '`SOLVER.AMP.ENABLED`, `train.amp.enabled`', 'false'],
      ['NeMo', '`trainer.precision`'],
    ],
  },
  'precision/full-precision-weights': {
    others: [['Transformers, Diffusers', '`torch_dtype`, `dtype`', 'float32 before Transformers 5']],
  },
  'precision/tf32-disabled': {
    others: [
      ['PyTorch', '`cuda.matmul.allow_tf32`', 'false from 1.12 on'],
      ['PyTorch', '`cudnn.allow_tf32`', 'true'],
      ['PyTorch', '`set_float32_matmul_precision(…)`', '`highest`'],
      ['PyTorch', '`NVIDIA_TF32_OVERRIDE`', 'not set'],
      ['Hugging Face Trainer', '`tf32`'],
    ],
  },
  'precision/unsupported-format': {
    settings: ['Training.precision'],
    readers: ['lightning'],
    others: [
      ['PyTorch', '`torch.autocast(dtype=…)`'],
      ['Hugging Face Trainer', '`bf16`'],
      ['Transformers', '`attn_implementation`'],
    ],
  },
}

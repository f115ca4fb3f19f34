/** Keys that the rules of `training/` judge. */

import type { RuleKeys } from '../rule-keys.js'

export const training: Readonly<Record<string, RuleKeys>> = {
  'training/debug-mode': {
    others: [
      ['PyTorch', '`set_detect_anomaly(…)`, `cudnn.enabled`'],
      ['Lightning', '`detect_anomaly`', 'false'],
      ['Hugging Face Trainer', '`debug`', 'none'],
      [
        'Environment',
        '`CUDA_LAUNCH_BLOCKING`, `PYTORCH_NO_CUDA_MEMORY_CACHING`, `TORCH_DISTRIBUTED_DEBUG`',
        'off',
      ],
      ['Environment', '`NCCL_P2P_DISABLE`, `NCCL_SHM_DISABLE`, `NCCL_IB_DISABLE`, `PYTHONMALLOC`', 'off'],
    ],
  },
  'training/deterministic-mode': {
    others: [
      ['PyTorch', '`use_deterministic_algorithms(…)`, `cudnn.deterministic`, `cudnn.benchmark`', 'false'],
      ['Lightning', '`deterministic`, `benchmark`'],
      ['Hugging Face Trainer', '`full_determinism`', 'false'],
      ['OpenMMLab', '`randomness.deterministic`', 'false'],
    ],
  },
  'training/slow-generation': {
    settings: ['Training.generation'],
  },
  'training/slow-recurrent-layer': {
    others: [
      ['Keras', '`recurrent_dropout`', '0'],
      ['Keras', '`activation`', '`tanh`'],
      ['Keras', '`recurrent_activation`', '`sigmoid`'],
      ['Keras', '`unroll`', 'false'],
      ['Keras', '`use_bias`', 'true'],
      ['Keras', '`reset_after` of `GRU`', 'true'],
    ],
  },
  'training/eager-attention': {
    others: [
      ['Transformers', '`attn_implementation`', '`sdpa` where the model supports it'],
      ['PyTorch', '`enable_flash_sdp(…)`', 'true'],
      ['Diffusers', '`set_attn_processor(…)`'],
    ],
  },
  'training/eager-step': {
    others: [
      ['Keras', '`compile(run_eagerly=…)`', 'false'],
      ['TensorFlow', '`tf.function`, `run_functions_eagerly(…)`'],
      ['JAX', '`jax.jit`, `jax_disable_jit`'],
    ],
  },
  'training/empty-cache-in-loop': {
    others: [
      ['PyTorch, Lightning', '`torch.cuda.empty_cache()`, `gc.collect()`'],
      ['Hugging Face Trainer', '`torch_empty_cache_steps`', 'none'],
    ],
  },
  'training/eval-with-gradients': {
    others: [['PyTorch', '`torch.no_grad()`, `torch.inference_mode()`, `set_grad_enabled(False)`']],
  },
  'training/frequent-eval-or-save': {
    others: [
      ['Hugging Face Trainer', '`eval_steps`, `save_steps`', '500'],
      ['Lightning', '`val_check_interval`', 'once per epoch'],
      ['PyTorch', '`torch.save(…)`, calls of an evaluation'],
      ['OpenMMLab', '`train_cfg.val_interval`, `default_hooks.checkpoint.interval`'],
      ['detectron2', '`TEST.EVAL_PERIOD`, `SOLVER.CHECKPOINT_PERIOD`', '0, 5000'],
      ['NeMo', '`trainer.val_check_interval`'],
    ],
  },
  'training/needless-memory-saving': {
    settings: ['Training.checkpointing'],
    readers: ['huggingface-trainer'],
    others: [
      ['TRL', '`gradient_checkpointing`', 'true'],
      ['DeepSpeed', '`offload_optimizer`, `offload_param`', 'none'],
    ],
  },
  'training/not-compiled': {
    settings: ['Training.compiled'],
    others: [['Composer', '`compile_config`', 'none']],
  },
  'training/profiler-left-on': {
    others: [
      ['PyTorch', '`torch.profiler.profile(schedule=…)`, `emit_nvtx`', 'no schedule'],
      ['Lightning', '`profiler`', 'none'],
      ['Hugging Face Trainer', '`skip_memory_metrics`', 'true'],
      ['W&B', '`watch(log_freq=…)`', '1000'],
    ],
  },
  'training/retained-graph': {
    others: [['PyTorch', '`backward(retain_graph=…)`, sums and lists of losses', 'false']],
  },
  'training/sync-in-loop': {
    others: [
      [
        'PyTorch, Lightning, Transformers',
        '`.item()`, `.cpu()`, `.numpy()`, `.tolist()`, `torch.cuda.synchronize()`',
      ],
      ['JAX', '`float(…)`, `np.asarray`, `jax.device_get`, `block_until_ready()`'],
      ['TensorFlow', '`.numpy()`, `np.asarray`'],
    ],
  },
  'training/tiny-batch': {
    settings: ['Training.batchSize', 'Training.accumulation'],
    readers: ['huggingface-trainer', 'axolotl'],
    others: [['PyTorch', '`DataLoader(batch_size=…)`', '1']],
  },
  'training/unbatched-inference': {
    others: [
      ['PyTorch', 'calls of networks with `unsqueeze(0)`, `[None]`'],
      ['PyTorch', 'loops over tokens that read each by `.item()`'],
      ['PyTorch', '`DataLoader(batch_size=…)` of an evaluation', '1'],
      ['Hugging Face Transformers', '`generate(…)`, calls of networks and of a `pipeline`'],
      ['Keras', '`predict(…)`'],
      ['Sentence Transformers', '`encode(…)`'],
      ['vLLM', '`LLM.generate(…)`, `LLM.chat(…)`'],
    ],
  },
  'training/wasted-pass': {
    others: [['PyTorch', 'calls of networks in a step, `.detach()`, `torch.no_grad()`']],
  },
}

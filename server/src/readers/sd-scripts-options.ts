/**
 * Options of kohya's sd-scripts, which stand on its command line and in its files of settings under the same names. Source: sd-scripts
 * 0.8 to 0.9, library/train_util.py.
 */
import type { Precision } from '../workload/resource-kinds.js'

/** Words of `mixed_precision`. */
export const sdScriptsFormats: ReadonlyMap<string, Precision> = new Map([
  ['no', 'fp32'],
  ['fp16', 'fp16-mixed'],
  ['bf16', 'bf16-mixed'],
])

/** Keys of settings, and what holds without them. */
export const sdScriptsOptions = {
  precision: { keys: ['mixed_precision'], otherwise: 'fp32' },
  epochs: { keys: ['max_train_epochs'] },
  maxSteps: { keys: ['max_train_steps'] },
  accumulation: { keys: ['gradient_accumulation_steps'], otherwise: 1 },
  checkpointing: { keys: ['gradient_checkpointing'], otherwise: false },
} as const satisfies Record<string, { keys: readonly string[]; otherwise?: unknown }>

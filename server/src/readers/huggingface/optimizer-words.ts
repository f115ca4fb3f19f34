import type { OptimizerName } from '../../workload/resource-kinds.js'

/** Words of `optim`, and what they keep (transformers, trainer_optimizer.py). */
export const optimizerWords: Record<string, OptimizerName> = {
  adamw_torch: 'adamw',
  adamw_torch_fused: 'adamw fused',
  adamw_apex_fused: 'adamw fused',
  // Steps one parameter after the other.
  adamw_hf: 'adamw fused',
  paged_adamw: 'adamw fused',
  paged_adamw_32bit: 'adamw fused',
  adamw_8bit: 'adamw 8 bit',
  adamw_bnb_8bit: 'adamw 8 bit',
  paged_adamw_8bit: 'adamw 8 bit',
  adafactor: 'adafactor',
  sgd: 'sgd',
  lion_32bit: 'lion',
  paged_lion_32bit: 'lion',
  lion_8bit: 'lion 8 bit',
  paged_lion_8bit: 'lion 8 bit',
  rmsprop: 'rmsprop',
}

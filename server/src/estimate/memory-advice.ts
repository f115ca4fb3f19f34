/** What would make a training fit on its GPU, from the cheapest change to the dearest. */
import { type MemoryEstimate, type TrainingSetup, trainingMemory } from './memory.js'

export interface Way {
  /** Each change with what it costs. */
  changes: { change: string; cost: string }[]
  estimate: MemoryEstimate
  setup: TrainingSetup
}

interface Step {
  change: string
  cost: string
  /** Null: nothing to change. */
  apply(setup: TrainingSetup): TrainingSetup | null
}

/** In the order of what they cost in time and quality. */
const steps: Step[] = [
  {
    change: 'mixed precision',
    cost: 'faster on GPUs with matrix units',
    apply: (setup) =>
      setup.arithmetic === 'fp32' && setup.weightBits === 32 ? { ...setup, arithmetic: 'mixed' } : null,
  },
  {
    change: 'fused attention (SDPA)',
    cost: 'the same result, faster',
    apply: (setup) => (setup.attention === 'eager' ? { ...setup, attention: 'fused' } : null),
  },
  {
    change: 'AdamW with states in 8 bits',
    cost: 'about as fast',
    apply: (setup) =>
      setup.optimizer === 'adamw' || setup.optimizer === 'adamw fused'
        ? { ...setup, optimizer: 'adamw 8 bit' }
        : null,
  },
  {
    change: 'half the batch, twice the accumulation',
    cost: 'the same update, somewhat slower',
    apply: (setup) =>
      setup.batch >= 2
        ? { ...setup, batch: Math.floor(setup.batch / 2), accumulation: setup.accumulation * 2 }
        : null,
  },
  {
    change: 'gradient checkpointing',
    cost: 'the same result, about 20 % slower',
    apply: (setup) =>
      setup.checkpointing || setup.model.shape === null ? null : { ...setup, checkpointing: true },
  },
  {
    change: 'LoRA adapters over 16-bit weights',
    cost: 'trains a small part of the weights',
    apply: (setup) =>
      setup.adapters === null && setup.model.kind === 'causal-lm'
        ? {
            ...setup,
            adapters: { rank: 16, targets: 'all' },
            weightBits: Math.min(16, setup.weightBits) as TrainingSetup['weightBits'],
            arithmetic: 'short',
            sharding: null,
          }
        : null,
  },
  {
    change: '4-bit weights below the adapters (QLoRA)',
    cost: 'slower steps, coarser weights',
    apply: (setup) =>
      setup.adapters !== null && setup.weightBits > 4 ? { ...setup, weightBits: 4, sharding: null } : null,
  },
]

/** A chain of halvings is as long as this at most. */
const halvings = 10

/**
 * Every single change that suffices; where none does, the changes one after the other until they do. Empty: nothing
 * suffices. A change suffices where the high end of the estimate fits in `usable` bytes.
 */
export function waysToFit(setup: TrainingSetup, usable: number): Way[] {
  const single = steps.flatMap((step): Way[] => {
    const way = repeated(setup, step, usable)
    return way === null ? [] : [way]
  })
  if (single.length > 0) return single
  let current = setup
  const changes: Way['changes'] = []
  for (const step of steps) {
    const next = step.apply(current)
    if (next === null) continue
    current = next
    changes.push({ change: step.change, cost: step.cost })
    const estimate = trainingMemory(current)
    if (estimate !== null && estimate.high <= usable) return [{ changes, estimate, setup: current }]
  }
  return []
}

/** The batch may be halved several times. */
function repeated(setup: TrainingSetup, step: Step, usable: number): Way | null {
  let current = setup
  for (let times = 1; times <= halvings; times++) {
    const next = step.apply(current)
    if (next === null) return null
    current = next
    const estimate = trainingMemory(current)
    if (estimate !== null && estimate.high <= usable) {
      const change =
        times === 1
          ? step.change
          : `a batch of ${current.batch}, accumulation ${current.accumulation} for the same update`
      return { changes: [{ change, cost: step.cost }], estimate, setup: current }
    }
  }
  return null
}

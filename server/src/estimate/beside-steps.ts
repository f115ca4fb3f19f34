/** What a run does beside its steps: it evaluates, and writes checkpoints. */
import type { Interval } from './network.js'
import type { Speed } from './run-hours.js'

/**
 * Share of a training step that a sample takes without its backward pass, which computes twice as much; evaluation takes batches of its
 * own, and adds metrics up. An assumption.
 */
const forward: Interval = { low: 1 / 4, high: 1 / 2 }

/** Hours of so many evaluations of so many samples each. */
export function evaluationHours(times: Interval, samples: number, { samplesPerSecond }: Speed): Interval {
  return {
    low: (times.low * samples * forward.low) / samplesPerSecond.high / 3600,
    high: (times.high * samples * forward.high) / samplesPerSecond.low / 3600,
  }
}

/** Bytes of a checkpoint that are written in a second: to a network disk, to a local one. An assumption. */
const perSecond: Interval = { low: 1e8, high: 2e9 }
/** Bytes of a parameter in a file: in 16 or in 32 bits, with two moments of the optimiser or without. */
const ofParameter = { weights: { low: 2, high: 4 }, 'training state': { low: 10, high: 12 } }

/** Hours of so many checkpoints of a network with so many parameters. */
export function checkpointHours(
  times: Interval,
  parameters: number,
  holds: keyof typeof ofParameter | undefined,
): Interval {
  const { low } = ofParameter[holds ?? 'weights']
  const { high } = ofParameter[holds ?? 'training state']
  return {
    low: (times.low * parameters * low) / perSecond.high / 3600,
    high: (times.high * parameters * high) / perSecond.low / 3600,
  }
}

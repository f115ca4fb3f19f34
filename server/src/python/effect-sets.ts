/** Effects of several pieces of code as one, and as other modules are told. */
import type { Effects, Running } from './module.js'

export function emptyEffects(): Effects {
  return {
    backward: false,
    optimizerStep: false,
    trains: false,
    epochs: false,
    secondOrder: false,
    calls: new Set(),
  }
}

/** The same as other modules are told. */
export function running(effects: Effects | Running): Running {
  const { backward, optimizerStep, trains, epochs, secondOrder, calls } = effects
  return {
    backward,
    optimizerStep,
    trains,
    ...(secondOrder ? { secondOrder: true as const } : {}),
    ...(epochs ? { epochs: true as const } : {}),
    calls: [...calls],
  }
}

/** What a step of the project does where it is called to evaluate: nothing is propagated back without gradients. */
export function withoutBackward(effects: Effects): void {
  if (effects.calls.has('torch.enable_grad') || effects.calls.has('torch.set_grad_enabled')) return
  // An update by itself may go with a backward pass before it.
  if (effects.backward) effects.optimizerStep = false
  effects.backward = false
  effects.trains = false
  effects.epochs = false
  for (const name of ['.backward', '.manual_backward']) effects.calls.delete(name)
}

export function mergeEffects(into: Effects, from: Effects): void {
  into.backward ||= from.backward
  into.optimizerStep ||= from.optimizerStep
  into.trains ||= from.trains
  into.epochs ||= from.epochs
  into.secondOrder ||= from.secondOrder
  for (const name of from.calls) into.calls.add(name)
}

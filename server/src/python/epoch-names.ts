/** Names by which loops say that they go through epochs. */

/** `step_in_epoch`, `steps_per_epoch`: steps, however they are counted. */
const within = /[a-z0-9_]*(in|of|per|within)_?(an_?|the_?|each_?|one_?)?epoch/gi

/** `epoch`, `num_epochs`, `ep_epoch`; not `step_in_epoch`. */
export function namesEpochs(text: string): boolean {
  return /epoch/i.test(text) && /epoch/i.test(text.replace(within, ''))
}

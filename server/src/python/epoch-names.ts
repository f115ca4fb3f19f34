/** Names by which loops say that they go through epochs. */

/** `step_in_epoch`, `steps_per_epoch`, `stepsPerEpoch`, `batch_of_epoch`, `epoch_iters`, `len_epoch`: steps, however they are counted. */
const steps =
  /(?<![a-zA-Z])(in|per|within|len|length)_?(an_|the_|each_|one_)?epoch(?!s)|(step|batch|iter|sample|update)(es|s)?_of_(the_)?epoch|epoch_(iter(ation)?s?|steps|batches|len(gth)?|size)(?![a-z])/gi
const joined = /(Per|In)Epoch/g

/** `epoch`, `num_of_epochs`, `ep_epoch`; not `step_in_epoch`. */
export function namesEpochs(text: string): boolean {
  return /epoch/i.test(text) && /epoch/i.test(text.replace(steps, '').replace(joined, ''))
}

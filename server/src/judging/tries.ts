/** Programs that show whether something runs at all, as what they are called tells. */

const named =
  /(^|[/_.-])(smoke|sanity|over[-_]?fit\w*|debug\w*|dry[-_]?run|toys?|dummy|demos?|quick)([/_.-]|$)/i

/** 'overfit_small_batch.py', 'train_dummy.py', 'smoke/run.py'. */
export function isTry(path: string): boolean {
  return named.test(path)
}

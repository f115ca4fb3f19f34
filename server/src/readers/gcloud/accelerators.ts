/** `--accelerator type=nvidia-l4,count=1`: accelerators that are attached to a machine. Without a count it is one. */
import { both, convert, derived, orDefault, orUnknown } from '../../values/operations.js'
import { asCount } from '../../values/parse.js'
import type { Given, Value } from '../../values/value.js'
import type { OptionSource } from '../command-lines/option-source.js'
import { attachedModel } from '../machine-claims.js'

export interface Attached {
  gpus: Value<number>
  model: Given<string>
}

/** Null: the option is not given. */
export function attachedOf(source: OptionSource): Attached | null {
  if (source.option('accelerator') === undefined) return null
  const card = source.text('accelerator', 'type')
  const count = orDefault(convert(source.get('accelerator', 'count'), asCount, 'a variable'), 1)
  // A topology of TPUs is no number of GPUs.
  const gpus = both(count, orUnknown(card, 'a variable'), (many, name) =>
    /tpu/i.test(name) ? undefined : many,
  )
  return { gpus, model: derived(card, attachedModel) }
}

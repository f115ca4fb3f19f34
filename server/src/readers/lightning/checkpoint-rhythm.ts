/** How many checkpoints a callback of a Trainer writes. */
import type { Json } from '../../text/json.js'
import { both, convert, unreadable } from '../../values/operations.js'
import { asNumber } from '../../values/parse.js'
import type { Source } from '../../values/source.js'
import { effective, type Given, isGiven } from '../../values/value.js'
import type { Place, SubjectBuilder } from '../../workload/builder.js'

const rhythms = [
  ['every_n_train_steps', 'max_steps'],
  ['every_n_epochs', 'max_epochs'],
] as const

/** Claims the number of checkpoints, where they come in another rhythm than one for each epoch. */
export function claimRhythm(
  callback: Source,
  trainer: Source,
  place: Place,
  training: SubjectBuilder<'Training'>,
): void {
  if (isGiven(callback.get('train_time_interval'))) {
    training.unknown('checkpointCount', 'train_time_interval', 'a time', place)
    return
  }
  for (const [key, length] of rhythms) {
    const every = callback.get(key)
    if (isGiven(every) && effective(every) !== null)
      training.say('checkpointCount', key, countOf(every, trainer.get(length)))
  }
}

/** Checkpoints of a run of so many steps or epochs, with so many from one to the next. */
function countOf(every: Given<Json>, length: Given<Json>): Given<number> {
  const unknown = length.state === 'absent' ? unreadable(every, 'a rhythm of its own') : length
  return both(convert(every, asNumber), convert(unknown, asNumber), (each, all) =>
    each >= 1 && all > 0 ? Math.floor(all / each) : undefined,
  )
}

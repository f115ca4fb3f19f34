/** Epochs of hand-written loops that count their steps. */
import type { Folded, Loop, PythonModule } from '../../python/module.js'
import { foldedValue } from '../../values/folded-value.js'
import { convert } from '../../values/operations.js'
import { asNumber } from '../../values/parse.js'
import type { Place, SubjectBuilder } from '../../workload/builder.js'
import { countedEpochs } from '../counted-epochs.js'
import { epochsOf } from './loop-facts.js'

/** `for step in range(200)` in a loop over epochs: something hands out batches without end. */
export function claimCountedEpochs(
  python: PythonModule,
  outer: Loop,
  { node, trips, parent }: Loop,
  training: SubjectBuilder<'Training'>,
): void {
  const epochs = epochsOf(outer)
  if (epochs === null || node.type !== 'for' || (parent !== null && parent !== outer)) return
  const { iterable } = node
  if (!/^\s*t?range\(/.test(python.code.slice(iterable.start, iterable.end))) return
  const value = (folded: Folded, place: Place) =>
    convert(foldedValue(folded, place, place, training.locator), asNumber)
  const steps = value(trips, { start: iterable.start, end: iterable.end })
  training.say('countedEpochs', 'range', countedEpochs(value(epochs.trips, epochs.place), steps))
}

/** Data sets that a launch names. */
import { effective, type Given, isGiven } from '../../values/value.js'
import type { LaunchSource } from './launch-source.js'
import type { Around } from './published-script.js'

export function claimDataset(
  source: LaunchSource,
  name: Given<string>,
  { claims, evidence, job }: Around,
): void {
  if (!isGiven(name) || effective(name) === undefined) return
  const set = claims.subject('Dataset', source.place, 'launch', { ...evidence }, job)
  set.subject.location = source.launch.location
  set.say('name', 'dataset_name', name)
  set.known('part', 'do_train', 'training', source.place, { location: source.launch.location })
  set.say('rows', 'max_train_samples', source.number('max_train_samples'))
}

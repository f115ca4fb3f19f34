/** What the rules about searches ask of a search. */

import type { SubjectView } from '../../workload/claim.js'
import type { SearchSettings } from '../../workload/resource-kinds.js'
import { couldHide } from '../../workload/unseen.js'
import { type Silence, unless } from '../silence.js'
import { subjectIn } from '../subject-view.js'

/** The value of a setting that is certain; undefined where nothing is claimed or it cannot be read. */
export function known<K extends keyof SearchSettings & string>(
  search: SubjectView<'Search'>,
  setting: K,
): SearchSettings[K] | undefined {
  const claim = search.settings[setting]
  return claim === undefined || claim.state === 'unknown' ? undefined : claim.value
}

/** Why a rule about grids does not apply. */
export function noGrid(search: SubjectView<'Search'>): Silence {
  return unless(search, 'strategy', `the search is no grid: ${known(search, 'strategy')}`)
}

export const repeatsOnly = 'every dimension only repeats an experiment, on other seeds or data'

/** Dimensions that repeat an experiment rather than search for something. */
export const repetition =
  /(^|[._])(seed|random_state|random_seed|fold|split|repeat|repetition|run|trial|dataset|subset|fraction)s?(_?id|_?idx|_?index|_?name)?$/i

/** All trials are wanted: they run one setting on several seeds or folds, for a mean and its deviation. */
export function onlyRepeats(search: SubjectView<'Search'>): boolean {
  const varying =
    known(search, 'space')
      ?.grids.flat()
      .filter(({ size }) => size !== 1) ?? []
  const whole = known(search, 'strategy') === 'grid' || varying.every(({ repeats }) => repeats === true)
  return varying.length > 0 && whole && varying.every((one) => one.repeats === true || isRepetition(one))
}

/** Trials of the search: null where nothing limits them, undefined where their number cannot be known. */
export function trialCount(search: SubjectView<'Search'>): number | null | undefined {
  const cap = known(search, 'trialCap')
  if (known(search, 'strategy') !== 'grid') return cap
  const space = known(search, 'space')
  if (space === undefined || space.configurations === null) return cap ?? undefined
  return cap == null ? space.configurations : Math.min(cap, space.configurations)
}

/** Trials of which there are at least so many; null: they may be few. */
export function leastTrials(search: SubjectView<'Search'>): number | null {
  const claim = search.settings.trialCap
  return claim?.state === 'unknown' ? (claim.bounds?.low ?? null) : null
}

/** The program of a trial is known, and has only libraries that fit on the processor: a support vector machine, a forest. */
export function fitsAtOnce(search: SubjectView<'Search'>): boolean {
  if (couldHide(search.run, 'accelerator') !== undefined) return false
  const acceleratorLibrary = subjectIn(search.run, 'Program')?.settings.acceleratorLibrary
  return acceleratorLibrary?.state === 'known' && acceleratorLibrary.value === null
}

/** Seconds as people say them. */
export function formatDuration(seconds: number): string {
  const units: [number, string][] = [
    [86_400, 'day'],
    [3600, 'hour'],
    [60, 'minute'],
    [1, 'second'],
  ]
  const [size, name] = units.find(([one]) => seconds >= one) ?? [1, 'second']
  const count = Math.round((seconds / size) * 10) / 10
  return `${count} ${name}${count === 1 ? '' : 's'}`
}

/** Which data are used (`data.variant`), unlike how they are fed (`data.batch_size`). */
const dataChoice =
  /^data(set)?[._](?!.*(batch|size|worker|aug|crop|mix|len|transform|ratio|drop|shuffle|window))/i

/** True for a dimension that repeats an experiment, on other seeds or data, rather than searches for something. */
export function isRepetition({ name }: { name: string }): boolean {
  if (/(^|[._])(n|num|count)_(?!samples?$)/i.test(name)) return false
  return repetition.test(name) || /(^|[._])(seed_everything|data)$/i.test(name) || dataChoice.test(name)
}

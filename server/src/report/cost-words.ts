/** Machines, hours and dollars of a bill in words, for every format that people read. */

import { hoursWords, usdWords } from '../estimate/bill-words.js'
import { count } from '../estimate/figures.js'
import { rhythm } from '../estimate/schedule.js'
import type { Sum } from '../estimate/total.js'
import type { CostEntry } from '../linter.js'

/** `2 × p4d.24xlarge, spot`, `8×A100-40GB`, 'not known'. */
export function machineText({
  instanceType,
  gpuModel,
  gpus,
  machines,
  spot,
  usdPerHour,
  kind,
}: CostEntry): string {
  const devices =
    gpuModel === null
      ? gpus === null || gpus === 0
        ? null
        : count(gpus, 'GPU')
      : `${gpus ?? ''}×${gpuModel}`
  const each = instanceType ?? devices
  if (each === null && gpus === 0) return 'processors'
  if (each === null)
    return usdPerHour === null ? 'not known' : kind === 'training' ? 'a usual GPU' : 'not named'
  const many = machines === null || machines === 1 ? each : `${machines} × ${each}`
  return spot ? `${many}, spot` : many
}

/** '6–11 h', 'at most 24 h', 'always on'. */
export function hoursText({ hours, per, state }: CostEntry): string {
  if (per === 'month') return 'always on'
  if (hours === null) return 'not known'
  return hoursWords(hours, state === 'bounded')
}

/** '$150–280 a run', '$2,300 or more a month'. */
export function usdText({ usd, per, state }: CostEntry): string {
  if (usd === null) return 'not known'
  return `${usdWords(usd, state === 'bounded')} a ${per}`
}

/** 'every day: $620–1,200 a month'; null: somebody starts it. */
export function scheduleText({ schedule, state }: Pick<CostEntry, 'schedule' | 'state'>): string | null {
  if (schedule === null) return null
  const often = rhythm(schedule.seconds)
  return schedule.usd === null ? often : `${often}: ${usdWords(schedule.usd, state === 'bounded')} a month`
}

/** Null: nothing is saved that is worth a word. */
export function savingText({ saving }: Pick<CostEntry, 'saving'>): string | null {
  if (saving === null || saving.high < 0.005) return null
  return usdWords(saving)
}

/** '$150–280, of which $40–90 can be saved'. */
export function sumText(sum: Sum): string {
  const saved = savingText(sum)
  return `${usdWords(sum.usd)}${saved === null ? '' : `, of which ${saved} can be saved`}`
}

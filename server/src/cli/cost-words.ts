/** Machines, hours and dollars of a bill in words, for every format that people read. */
import { roughUsd } from '../estimate/hourly.js'
import type { Sum } from '../estimate/total.js'
import type { CostEntry } from '../linter.js'
import { between, count, duration } from './format/figures.js'

type Open = { low: number; high: number | null }

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
  if (each === null)
    return usdPerHour === null ? 'not known' : kind === 'training' ? 'a usual GPU' : 'not named'
  const many = machines === null || machines === 1 ? each : `${machines} × ${each}`
  return spot ? `${many}, spot` : many
}

/** '6–11 h', 'at most 24 h', 'always on'. */
export function hoursText({ hours, per, state }: CostEntry): string {
  if (per === 'month') return 'always on'
  if (hours === null) return 'not known'
  if (state === 'bounded' || hours.low === 0) return `at most ${duration(hours.high!)}`
  if (hours.high === null) return `at least ${duration(hours.low)}`
  const [low, high] = [duration(hours.low), duration(hours.high)]
  return low === high ? low : between(low, high)
}

/** '$150–280 a run', '$2,300 or more a month'. */
export function usdText({ usd, per, state }: CostEntry): string {
  if (usd === null) return 'not known'
  return `${intervalText(usd, state === 'bounded')} a ${per}`
}

export function intervalText({ low, high }: Open, limit = false): string {
  if (high === null) return `${roughUsd(low)} or more`
  if (limit) return `at most ${roughUsd(high)}`
  if (low < 0.005) return `up to ${roughUsd(high)}`
  const [from, to] = [roughUsd(low), roughUsd(high)]
  return from === to ? from : `${from}–${to.slice(1)}`
}

/** Null: nothing is saved that is worth a word. */
export function savingText({ saving }: Pick<CostEntry, 'saving'>): string | null {
  if (saving === null || saving.high < 0.005) return null
  return intervalText(saving)
}

/** '$150–280, of which $40–90 can be saved'. */
export function sumText(sum: Sum): string {
  const saved = savingText(sum)
  return `${intervalText(sum.usd)}${saved === null ? '' : `, of which ${saved} can be saved`}`
}

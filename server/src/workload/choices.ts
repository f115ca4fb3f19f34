/**
 * Settings that depend on a condition, as rules see them: one world for each way in which the conditions of a subject
 * can turn out. Conditions that are spelled alike turn out alike.
 */

import type { Origin } from '../text/origin.js'
import { define } from '../text/records.js'
import { originOf } from '../values/operations.js'
import type { Choice, Option } from '../values/value.js'
import type { Claim, ClaimHead, Effective } from './claim.js'

export type ChoiceClaim = ClaimHead & Origin & Choice<unknown>

export interface World {
  /** The settings that depend on a condition. */
  settings: Record<string, Effective<unknown>>
  /** Nobody has to decide anything for it. */
  byDefault: boolean
  /** The conditions, as clauses. */
  when: string[]
}

/** More are not worth judging one by one. */
const mostWorlds = 16

function headOf({ subject, setting, reader, key }: ClaimHead): ClaimHead {
  return { subject, setting, reader, key }
}

/** The claim where nobody decides anything, or unknown where that is not known. */
export function settled(claim: Claim): Effective<unknown> {
  if (claim.state === 'range') {
    const { low, high } = claim
    const head = { ...headOf(claim), ...originOf(claim) }
    return { ...head, state: 'unknown', because: 'only its bounds are known', bounds: { low, high } }
  }
  if (claim.state !== 'choice') return claim
  const usual = claim.options.find((option) => option.byDefault)
  if (usual !== undefined) return { ...headOf(claim), ...usual.value, overridable: true }
  const because = `it depends on whether ${claim.options[0]?.when ?? 'a condition holds'}`
  return { ...headOf(claim), ...originOf(claim), state: 'unknown', because }
}

/** Every way in which the choices can turn out, but for searches of no trials; empty where there is no choice, or too many. */
export function worldsOf(choices: readonly ChoiceClaim[]): World[] {
  if (choices.length === 0) return []
  const groups = new Map<string, ChoiceClaim[]>()
  for (const choice of choices) {
    const spelled = choice.options.map((option) => option.when).join('\0')
    const group = groups.get(spelled)
    if (group === undefined) groups.set(spelled, [choice])
    else group.push(choice)
  }
  let worlds: World[] = [{ settings: {}, byDefault: true, when: [] }]
  for (const group of groups.values()) {
    const { length } = group[0]!.options
    if (worlds.length * length > mostWorlds) return []
    worlds = worlds.flatMap((world) =>
      group[0]!.options.map((option, index) => withOption(world, group, option, index)),
    )
  }
  return worlds.filter(({ settings: { trialCap } }) => trialCap?.state !== 'known' || trialCap.value !== 0)
}

function withOption(
  world: World,
  group: readonly ChoiceClaim[],
  { when, byDefault }: Option<unknown>,
  index: number,
): World {
  const settings = { ...world.settings }
  for (const choice of group)
    define(settings, choice.setting, { ...headOf(choice), ...choice.options[index]!.value })
  return { settings, byDefault: world.byDefault && byDefault, when: [...world.when, when] }
}

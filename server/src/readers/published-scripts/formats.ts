/** Number formats of scripts that leave them to Accelerate, and how they are asked for another one. */
import type { Change, Refusal } from '../../edit/write.js'
import { convert, type Keyed, orDefault, unreadable } from '../../values/operations.js'
import { asBoolean } from '../../values/parse.js'
import { effective, isGiven } from '../../values/value.js'
import type { Claim } from '../../workload/claim.js'
import type { Precision } from '../../workload/resource-kinds.js'
import { byHand, changeOf } from '../change-answer.js'
import { asLaunchFormat, launchPrecision } from '../huggingface/launch-precision.js'
import { isOnLaunchLine, isSetByLaunch, writeLaunchFlag } from '../launch-flag.js'
import type { FragmentFacts } from '../reader.js'
import { writeLaunchValue } from '../write-launch-value.js'
import type { LaunchSource } from './launch-source.js'

/** `--bf16`, or another word behind `--mixed_precision`, which may stand in front of the script. */
export function changeFormat(claim: Claim, value: unknown, facts: FragmentFacts): Change | Refusal {
  const word = value === 'bf16-mixed' ? 'bf16' : value === 'fp16-mixed' ? 'fp16' : null
  if (word === null) return byHand(claim)
  const title = `Train in ${word}`
  const isSwitch = /^(bf16|fp16)$/.test(claim.key)
  if (isSetByLaunch(claim)) {
    // `--bf16 False`
    if (isSwitch && claim.key !== word) return byHand(claim)
    return changeOf(title, [writeLaunchValue(claim, isSwitch ? 'True' : word, facts)])
  }
  if (!isOnLaunchLine(claim)) return byHand(claim)
  const flag = claim.key === 'amp' ? '--amp' : isSwitch ? `--${word}` : `--mixed_precision ${word}`
  return changeOf(title, [writeLaunchFlag(claim, flag, facts)])
}

const formats = { bf16: 'bf16-mixed', fp16: 'fp16-mixed' } as const

/** The one of `--bf16` and `--fp16` that is on; else fp32, where one of them is switched off or both are left out. */
export function switchedFormat(source: LaunchSource): Keyed<Precision> {
  const switches = (['bf16', 'fp16'] as const).map((key) => ({
    key,
    on: convert(source.get(key), asBoolean),
  }))
  const decides =
    switches.find(({ on }) => isGiven(on) && effective(on) !== false) ??
    switches.find(({ on }) => isGiven(on))
  const { key, on } = decides ?? switches[0]!
  return { key, value: convert(orDefault(on, false), (is): Precision => (is ? formats[key] : 'fp32')) }
}

/** `--mixed_precision` of the script, else of the launcher; what neither says stands in the settings of whoever starts it. */
export function acceleratedFormat(source: LaunchSource): Keyed<Precision> {
  const key = 'mixed_precision'
  const own = { key, value: convert(source.get(key), asLaunchFormat) }
  if (isGiven(own.value)) return own
  const launched = launchPrecision({ launch: source.launch, settings: [] }, source.left)
  if (launched !== null && launched.value.channel !== 'user configuration') return launched
  return { key, value: unreadable(source.left, 'the settings of Accelerate') }
}

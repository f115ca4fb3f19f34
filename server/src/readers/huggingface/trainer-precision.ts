/** The number format that a Trainer computes in. */

import type { ArgumentValue, PythonModule } from '../../python/module.js'
import type { Json } from '../../text/json.js'
import { isLeftOut, passedPlace } from '../../values/argument.js'
import {
  absent,
  convert,
  type Keyed,
  orDefault,
  originOf,
  stated,
  unreadable,
} from '../../values/operations.js'
import { asBoolean } from '../../values/parse.js'
import { effective, type Given, isGiven } from '../../values/value.js'
import type { Place, SubjectBuilder } from '../../workload/builder.js'
import type { Precision } from '../../workload/resource-kinds.js'
import { sectionsOf, verdictOf } from '../deepspeed/configuration.js'
import { ownVariable } from '../launched-value.js'
import type { ReaderContext } from '../reader.js'
import { isBefore } from '../versions.js'
import type { ArgumentsSource } from './arguments-source.js'
import { deepspeedSource } from './deepspeed-argument.js'
import { asLaunchFormat, launchPrecision, precisionVariable, userDefault } from './launch-precision.js'
import { firstBf16 } from './trainer-changes.js'
import { isHalfByDefault } from './trainer-names.js'
import { transformersVersion, weightsOf } from './weights.js'

const formats = { bf16: 'bf16-mixed', fp16: 'fp16-mixed' } as const

interface Switch {
  key: keyof typeof formats
  given: Given<Json>
  on: Given<boolean>
}

export function readPrecision(
  source: ArgumentsSource,
  context: ReaderContext,
  training: SubjectBuilder<'Training'>,
): void {
  const { key, value } = fromDeepSpeed(source) ?? fromSwitches(source, context)
  training.say('precision', key, value)
  const { python, place } = source
  const weights = weightsOf(python, transformersVersion(python, context.versions)?.major ?? null)
  if (weights !== null && 'value' in weights && weights.byCard === true)
    training.known('formatByCard', weights.key, true, place)
}

function fromSwitches(source: ArgumentsSource, context: ReaderContext): Keyed<Precision> {
  const switches = (['bf16', 'fp16'] as const).map((key): Switch => {
    const given = source.get(key)
    return { key, given, on: convert(given, asBoolean) }
  })
  const decides =
    switches.find(({ on }) => effective(on) === true) ??
    switches.find(({ on }) => isGiven(on) && effective(on) === undefined)
  if (decides === undefined) return withoutSwitches(source, context, switches)
  const { key, on } = decides
  const alone = switches.every((one) => one === decides || !isGiven(one.on) || effective(one.on) === false)
  // Where it turns out to be off, others decide.
  const otherwise =
    on.state === 'choice' && alone ? effective(withoutSwitches(source, context, switches).value) : undefined
  return { key, value: convert(on, (value) => (value ? formats[key] : otherwise)) }
}

/** The format where neither switch is on. */
function withoutSwitches(
  source: ArgumentsSource,
  context: ReaderContext,
  switches: readonly Switch[],
): Keyed<Precision> {
  const { python, made, binding, place, site, locator } = source
  if (isHalfByDefault(made.family, context.versions) && isLeftOut(source.argument('bf16'))) {
    // The library says so in its code, whatever a launch or a user's settings bring.
    const origin = locator.origin(place, { site, channel: 'code' })
    return { key: 'bf16', value: { ...origin, state: 'default', value: 'bf16-mixed' } }
  }
  const left = locator.origin(place, { site, channel: 'library default' })
  const own = convert(ownVariable(python, precisionVariable, binding, left, locator), asLaunchFormat)
  // Both switches off leave it to the variable; fp32 is what holds without it too.
  if (isGiven(own) && effective(own) !== 'fp32') return { key: precisionVariable, value: own }
  const key = isBefore(context.versions, ['transformers'], firstBf16) ? 'fp16' : 'bf16'
  const written = switches[0]!.given
  const leftOut = isGiven(written) ? absent(left) : written
  const launched = binding === null ? null : launchPrecision(binding, left)
  if (launched?.value.channel === 'user configuration') return { key: 'bf16', value: userDefault(leftOut) }
  // `--mixed_precision no` is what holds without it too: the Trainer's own switch is what is missing.
  if (launched !== null && effective(launched.value) !== 'fp32')
    return { key: launched.key, value: { ...launched.value, site: left.site } }
  const weights = weightsOf(python, transformersVersion(python, context.versions)?.major ?? null)
  const inCode = (at: Place) => locator.origin(at, { site, channel: 'code' })
  if (weights !== null && 'because' in weights)
    return { key: 'bf16', value: unreadable(inCode(place), weights.because) }
  if (weights !== null) return { key: weights.key, value: stated(inCode(weights.place), weights.value) }
  const off = switches.find(({ given }) => (effective(given) ?? null) !== null)
  if (off === undefined)
    return {
      key,
      value: orDefault(
        leftOut,
        'fp32',
        besideAccelerate(python, context) || switches.some(({ given }) => given.overridable),
      ),
    }
  if (isExplained(python, source.argument(off.key)))
    return { key: off.key, value: unreadable(off.given, 'its comment') }
  return { key: off.key, value: convert(off.given, () => 'fp32') }
}

/** `fp16=False,  # no GPU here`: the reason stands beside the switch. */
function isExplained(python: PythonModule, argument: ArgumentValue): boolean {
  const place = passedPlace(argument)
  if (place === null) return false
  const { start, end } = place
  const line = python.text.indexOf('\n', end)
  return python.tree.comments.some(
    (one) =>
      one.start >= start &&
      one.end <= (line < 0 ? python.text.length : line) &&
      /\b(cpu|mps|mac|metal|no gpu|nans?|overflow\w*|(in|un)?stab\w*|diverge\w*|precision|accura\w*)\b/i.test(
        one.text,
      ),
  )
}

/**
 * A DeepSpeed configuration that switches a format on decides; without one, or with `auto`, the Trainer's own arguments
 * do: Accelerate writes the section that they ask for (accelerate, utils/dataclasses.py, DeepSpeedPlugin).
 */
function fromDeepSpeed(source: ArgumentsSource): Keyed<Precision> | null {
  const given = source.get('deepspeed')
  const value = effective(given)
  if (!isGiven(given) || (value !== undefined && !value)) return null
  const sections = sectionsOf(source.python, deepspeedSource(source, value))
  const { format, section } = sections === null ? { format: null, section: null } : verdictOf(sections)
  if (format === 'auto' || format === 'fp32') return null
  if (format === null || section === null)
    return { key: 'bf16', value: unreadable(given, 'the DeepSpeed configuration') }
  const { key, at, overridable } = section
  const origin = at === undefined ? given : { ...given, location: at.location }
  return { key: `${key}.enabled`, value: stated({ ...originOf(origin), overridable }, format) }
}

/** Without a launch line in the project, code around Accelerate is likely to be started by its launcher. */
function besideAccelerate(python: PythonModule, context: ReaderContext): boolean {
  return context.binding === null && python.usesHere('accelerate.', 'accelerate.Accelerator')
}

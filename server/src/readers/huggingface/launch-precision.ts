/** The number format that a launch brings: through `accelerate launch`, its file, or the environment. */
import type { Json } from '../../text/json.js'
import type { Origin } from '../../text/origin.js'
import { convert, type Keyed, originOf, unreadable } from '../../values/operations.js'
import { asWord } from '../../values/parse.js'
import { effective, type Value } from '../../values/value.js'
import type { Binding, Claim } from '../../workload/claim.js'
import type { Precision } from '../../workload/resource-kinds.js'
import { launchedValue } from '../launched-value.js'

/** Words of `ACCELERATE_MIXED_PRECISION` and `--mixed_precision`. */
const launchFormats = new Map<string, Precision>([
  ['no', 'fp32'],
  ['fp16', 'fp16-mixed'],
  ['bf16', 'bf16-mixed'],
  ['fp8', 'fp8'],
])
export const asLaunchFormat: (value: Json) => Precision | undefined = asWord(launchFormats)

export const precisionVariable = 'ACCELERATE_MIXED_PRECISION'

/** Null: the launch brings none. `left`: where the format would stand if it were written in the code. */
export function launchPrecision(binding: Binding, left: Origin): Keyed<Precision> | null {
  const { launch, settings } = binding
  const key = 'mixed_precision'
  const throughAccelerate = launch.launcher.startsWith('accelerate')
  const flag = launch.launcherFlags[key] ?? launch.launcherFlags['mixed-precision']
  if (flag !== undefined)
    return { key: `--${key}`, value: convert(launchedValue(flag, 'launch flag', left), asLaunchFormat) }
  if (launch.launcherFlags.fp16 !== undefined || launch.launcherFlags.use_deepspeed !== undefined)
    return { key, value: unreadable(left, 'another flag of the launch line') }
  const claim = settings.find((one) => one.setting === 'precision')
  const variable = launch.environment[precisionVariable]
  // `accelerate launch` writes the variable itself where it has a file.
  if (variable !== undefined && (!throughAccelerate || claim === undefined)) {
    const value = convert(launchedValue(variable, 'launch environment', left), asLaunchFormat)
    return { key: precisionVariable, value }
  }
  if (!throughAccelerate) return null
  if (claim !== undefined) return { key: claim.key, value: inFile(claim) }
  if (namesFile(binding)) return { key, value: unreadable(left, 'the configuration of the launch') }
  return { key, value: userDefault(left) }
}

export function namesFile({ launch }: Binding): boolean {
  return launch.files.some((one) => one.flag.replaceAll('-', '_') === 'config_file')
}

/** Only the user's own `accelerate config` could bring one. */
export function userDefault(left: Origin): Value<Precision> {
  const origin: Origin = { ...originOf(left), channel: 'user configuration', overridable: true }
  return { ...origin, state: 'default', value: 'fp32' }
}

/** The file's own claim, now certain, since this launch uses it. */
function inFile(claim: Claim): Value<Precision> {
  const from: Origin = { ...originOf(claim), channel: 'named file', overridable: false }
  const asFormat = (value: unknown) => [...launchFormats.values()].find((one) => one === value)
  if (effective(claim) === undefined) return unreadable(from, 'its configuration')
  return { ...convert<unknown, Precision>(claim, asFormat, 'its configuration'), ...from }
}

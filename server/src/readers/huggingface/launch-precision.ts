/** The number format that a launch brings to a Trainer: through `accelerate launch`, its file, or the environment. */
import { lookUp } from '../../text/records.js'
import type { Binding, Claim, LaunchValue } from '../../workload/claim.js'
import type { Precision } from '../../workload/words.js'

export type LaunchPrecision =
  | { state: 'none' }
  /** Only the user's own `accelerate config` could bring one. */
  | { state: 'user configuration' }
  | { state: 'unknown'; because: string }
  | {
      state: 'known'
      key: string
      value: Precision
      channel: 'launch flag' | 'launch environment'
      from: LaunchValue
    }
  | { state: 'file'; claim: Claim }

/** Words of `ACCELERATE_MIXED_PRECISION` and `--mixed_precision`. */
export const launchFormats: Record<string, Precision> = {
  no: 'fp32',
  fp16: 'fp16-mixed',
  bf16: 'bf16-mixed',
  fp8: 'fp8',
}

export function launchPrecision(binding: Binding): LaunchPrecision {
  const { launch, settings } = binding
  const throughAccelerate = launch.launcher.startsWith('accelerate')
  const flag = launch.launcherFlags.mixed_precision ?? launch.launcherFlags['mixed-precision']
  if (flag !== undefined) return given('--mixed_precision', flag, 'launch flag')
  if (launch.launcherFlags.fp16 !== undefined || launch.launcherFlags.use_deepspeed !== undefined)
    return { state: 'unknown', because: 'another flag of the launch line' }
  const claim = settings.find((one) => one.setting === 'precision')
  const variable = launch.environment.ACCELERATE_MIXED_PRECISION
  // `accelerate launch` writes the variable itself where it has a file.
  if (variable !== undefined && (!throughAccelerate || claim === undefined))
    return given('ACCELERATE_MIXED_PRECISION', variable, 'launch environment')
  if (!throughAccelerate) return { state: 'none' }
  if (claim !== undefined)
    return claim.state === 'unknown'
      ? { state: 'unknown', because: claim.because ?? 'the configuration of the launch' }
      : { state: 'file', claim }
  const named = launch.files.some((one) => one.flag.replaceAll('-', '_') === 'config_file')
  return named
    ? { state: 'unknown', because: 'the configuration of the launch' }
    : { state: 'user configuration' }
}

function given(
  key: string,
  from: LaunchValue,
  channel: 'launch flag' | 'launch environment',
): LaunchPrecision {
  const value = typeof from.value === 'string' ? lookUp(launchFormats, from.value.toLowerCase()) : undefined
  return value === undefined
    ? { state: 'unknown', because: 'a value of the launch' }
    : { state: 'known', key, value, channel, from }
}

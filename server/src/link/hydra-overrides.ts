/** What a launch line overrides in a configuration that Hydra composes, by the grammar of overrides. */
import type { Configured } from '../text/configured.js'
import type { Json } from '../text/json.js'
import type { LaunchValue } from '../workload/claim.js'

/** @param multirun a list stands for several runs */
export function overridden(given: LaunchValue, multirun: boolean): Configured {
  const at = { location: given.location, document: 0, keys: null }
  const { value } = given
  if (typeof value !== 'string') return { kind: 'unknown', because: 'a value of the launch', at }
  if (multirun && isSweep(value)) return { kind: 'unknown', because: 'several values of the launch', at }
  const parsed = overrideValue(value)
  return parsed === undefined
    ? { kind: 'unknown', because: 'a value of the launch', at }
    : { kind: 'scalar', value: parsed, at }
}

function isSweep(text: string): boolean {
  return /^(choice|range|interval|glob)\(/.test(text) || (text.includes(',') && !/^[[{'"]/.test(text))
}

/** A value as the grammar of overrides reads it; undefined: not a plain one. */
export function overrideValue(text: string): Json | undefined {
  if (/^(true|false)$/i.test(text)) return text.toLowerCase() === 'true'
  if (/^null$/i.test(text)) return null
  if (/^[-+]?\d+$/.test(text) || /^[-+]?(\d+(?:\.\d*)?|\.\d+)([eE][-+]?\d+)?$/.test(text)) return Number(text)
  const quoted = /^(['"])(.*)\1$/.exec(text)
  if (quoted !== null) return quoted[2]!
  if (/^\[.*\]$/.test(text)) {
    const items = text
      .slice(1, -1)
      .split(',')
      .map((one) => one.trim())
      .filter((one) => one !== '')
      .map((one) => (/[[\]{}]/.test(one) ? undefined : overrideValue(one)))
    return items.includes(undefined) ? undefined : (items as Json[])
  }
  return /[{}[\]$(),]/.test(text) ? undefined : text
}

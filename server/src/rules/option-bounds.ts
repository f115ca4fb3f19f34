/** Bounds of numbers of a training that a condition decides. */
import { effective } from '../values/value.js'
import type { SubjectView } from '../workload/claim.js'

type Settings = SubjectView<'Training'>['settings']

/**
 * Numbers that follow from a condition which nobody decides lie between those of its branches. Where it is several calls of the function
 * that trains which pass them, all of these may be made, one after the other.
 */
export function withOptions({ settings, choices = [] }: SubjectView<'Training'>): Settings {
  const found: Settings = { ...settings }
  for (const { setting, options } of choices) {
    if (setting !== 'epochs' && setting !== 'batchSize') continue
    const claim = found[setting]
    const values = options.flatMap(({ value }) => effective(value) ?? [])
    const numbers = values.filter((one) => typeof one === 'number')
    if (claim?.state !== 'unknown' || numbers.length < options.length) continue
    const passed = setting === 'epochs' && options.every(({ when }) => /^`\w+` is /.test(when))
    const high = passed ? numbers.reduce((sum, one) => sum + one, 0) : Math.max(...numbers)
    const bounds = { low: Math.min(...numbers), high }
    found[setting] = { ...claim, bounds }
  }
  return found
}

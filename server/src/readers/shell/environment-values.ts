/** Variables that a job sets around the text of its script: `$EPOCHS` of a command, `EPOCHS: "30"` beside it. */
import type { LaunchValue } from '../../workload/claim.js'

/** What needs no quotes, and stands for itself in any of them. */
const plain = /^[\w@%+=:,./-]+$/

/**
 * Lines that give the variables their values, to be read before a text that uses them; empty where it uses none. What a
 * launch may replace is a default there as well.
 */
export function linesBefore(text: string, environment: Readonly<Record<string, LaunchValue>>): string {
  let lines = ''
  for (const [name, { value, overridable }] of Object.entries(environment)) {
    if (typeof value !== 'string' || !plain.test(value) || !/^[A-Za-z_]\w*$/.test(name)) continue
    if (!new RegExp(`\\$(${name}\\b|\\{${name}\\b)`).test(text)) continue
    lines += `export ${name}=${overridable === true ? `\${${name}:-${value}}` : value}\n`
  }
  return lines
}

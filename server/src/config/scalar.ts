/** What a plain (unquoted) YAML scalar stands for. */

// YAML 1.2 and the words that PyYAML takes for booleans. `y` and `n` are strings in both.
const truths = /^(?:true|True|TRUE|yes|Yes|YES|on|On|ON)$/
const falsehoods = /^(?:false|False|FALSE|no|No|NO|off|Off|OFF)$/
const nothing = /^(?:|~|null|Null|NULL)$/
const decimal = /^[-+]?(?:0|[1-9][0-9_]*)$/
const octal = /^([-+]?)0o?([0-7_]+)$/
const hexadecimal = /^([-+]?)0x([0-9a-fA-F_]+)$/
const binary = /^([-+]?)0b([01_]+)$/
// `1e-4` is a string to PyYAML and a number to YAML 1.2; whoever wrote it meant the number.
const float = /^[-+]?(?:[0-9][0-9_]*\.[0-9_]*|\.[0-9][0-9_]*|[0-9][0-9_]*)(?:[eE][-+]?[0-9]+)?$/

/**
 * Value of a plain scalar. Sexagesimal numbers (`24:00:00`) stay strings, as do numbers that JavaScript cannot hold
 * exactly, `.inf` and `.nan`.
 */
export function plainValue(source: string): string | number | boolean | null {
  if (nothing.test(source)) return null
  if (truths.test(source)) return true
  if (falsehoods.test(source)) return false
  const first = source.charCodeAt(0)
  // Numbers start with a digit, a sign or a point; most scalars are words.
  if (!((first >= 48 && first <= 57) || first === 43 || first === 45 || first === 46)) return source
  if (decimal.test(source)) return whole(Number(source.replace(/_/g, '')), source)
  for (const [pattern, base] of [
    [octal, 8],
    [hexadecimal, 16],
    [binary, 2],
  ] as const) {
    const match = pattern.exec(source)
    if (match !== null) {
      const value = Number.parseInt(match[2]!.replace(/_/g, ''), base)
      return Number.isNaN(value) ? source : whole(match[1] === '-' ? -value : value, source)
    }
  }
  // A leading zero without being octal ('0123456789', an account number) is a string in YAML 1.1.
  if (/^[-+]?0[0-9_]+$/.test(source)) return source
  if (float.test(source)) return Number(source.replace(/_/g, ''))
  return source
}

function whole(value: number, source: string): number | string {
  return Number.isSafeInteger(value) ? value : source
}

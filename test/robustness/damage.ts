/** Random damage to a text, of the kind that typing and careless merging do. */
import type { Random } from './random.js'

const token = /\s+|[\p{L}\p{N}_]+|[^\s\p{L}\p{N}_]/gu

export const odd = [
  '(',
  ')',
  '[',
  ']',
  '{',
  '}',
  '"',
  "'",
  '"""',
  '\\',
  '\n',
  '\r\n',
  '\t',
  '    ',
  ':',
  ',',
  '=',
  '*',
  '**',
  '@',
  '#',
  '$',
  '`',
  '%%bash\n',
  '!',
  '<<EOF\n',
  '|',
  '>-\n',
  '&a',
  '*a',
  '---\n',
  '${',
  '$(',
  '😀',
  'é',
  '\u2028',
  '\ufeff',
  '\0',
  '\ud800',
  'lambda: ',
  'if ',
  'for x in ',
  'async ',
  'await ',
  'yield ',
  'class A(A): ',
  'def f(f): ',
  'import ',
  'from . import ',
  'None',
  '-1',
  '0',
  '1e999',
  '10**10**10',
  '0x',
  'range(10**15)',
  '[0]*10**9',
  'f"{',
  "f'{x!r:{",
  'x = x\n',
  '__proto__',
  'constructor',
  'toString',
  '# costlint: ignore',
  '# costlint: ignore[',
  '# %%\n',
]

/** One small damage; `other` is a text to take pieces from, `strange` what else may be put in. */
export function damage(
  text: string,
  other: string,
  random: Random,
  strange: readonly string[] = odd,
): string {
  const tokens = text.match(token) ?? []
  const at = random.below(tokens.length + 1)
  const count = 1 + random.below(4)
  switch (random.below(8)) {
    case 0:
      tokens.splice(at, count)
      break
    case 1:
      tokens.splice(at, 0, ...tokens.slice(at, at + count))
      break
    case 2:
      tokens.splice(at, 0, random.pick(strange))
      break
    case 3:
      tokens.splice(at, count, random.pick(strange))
      break
    case 4: {
      const words = other.match(token) ?? ['x']
      const from = random.below(words.length)
      tokens.splice(at, random.below(2), ...words.slice(from, from + 1 + random.below(12)))
      break
    }
    case 5: {
      const lines = text.split('\n')
      const from = random.below(lines.length)
      const moved = lines.splice(from, 1 + random.below(3))
      if (random.below(2) === 0) lines.splice(random.below(lines.length + 1), 0, ...moved)
      return lines.join('\n')
    }
    case 6: {
      const to = random.below(tokens.length + 1)
      const moved = tokens.splice(at, count)
      tokens.splice(to, 0, ...moved)
      break
    }
    default:
      return random.below(2) === 0
        ? text.slice(0, random.below(text.length + 1))
        : `${text}${other.slice(random.below(other.length))}`
  }
  return tokens.join('')
}

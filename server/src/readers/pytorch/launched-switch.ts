/** Switches of a program that its launch turns off: `--dtype fp32` where the program asks for `args.dtype == 'bf16'`. */
import type { Change, Refusal } from '../../edit/write.js'
import type { Expr } from '../../syntax/python-ast.js'
import type { Given } from '../../values/value.js'
import type { Claim } from '../../workload/claim.js'
import { refuse } from '../change-answer.js'
import { isSetByLaunch } from '../launch-flag.js'
import type { FragmentFacts } from '../reader.js'
import { writeLaunchValue } from '../write-launch-value.js'

/** The value where the launch gives it, with the word that would turn it on; null: something else decides. */
export function launchedOff<T>(off: Given<T>, enabled: Expr | null): Given<T> | null {
  if (off.state !== 'known' || !isSetByLaunch(off)) return null
  const word = enabled === null ? null : wordFor(enabled)
  const target =
    word === null
      ? ({ kind: 'refused', reason: 'the launch turns it off: change it there' } as const)
      : ({ kind: 'launch value', text: word } as const)
  return { ...off, overridable: false, site: { ...off.site, target } }
}

/** What the option has to be for the test to hold. */
function wordFor(test: Expr): string | null {
  if (test.type !== 'binary') return null
  const { op, left, right } = test
  const other = left.type === 'constant' ? left : right
  if (op === '==') return textOf(other)
  if (op !== 'in' || !('items' in right)) return null
  const words = right.items.map(textOf)
  return words.find((word) => word !== null && /bf16|bfloat16/.test(word)) ?? words[0] ?? null
}

const textOf = (expr: Expr): string | null =>
  expr.type === 'constant' && typeof expr.value === 'string' ? expr.value : null

/** Undefined: the claim is none of these. */
export function turnOnByLaunch(
  claim: Claim,
  format: 'bf16' | 'fp16',
  facts: FragmentFacts,
): Change | Refusal | undefined {
  const { target } = claim.site
  if (!isSetByLaunch(claim) || target?.kind !== 'launch value') return undefined
  if (format === 'fp16' && /bf16|bfloat16/.test(target.text))
    return refuse(`the program only casts to bf16, which the accelerator does not compute in`)
  const written = writeLaunchValue(claim, target.text, facts)
  if ('reason' in written) return written
  return { title: `Launch it with ${target.text}`, safety: 'unsafe', writes: [written], imports: [] }
}

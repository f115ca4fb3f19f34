/** How a configuration of OpenMMLab spells a change: an entry of a dictionary, in whichever file it is written. */
import type { Change, Refusal, Write } from '../../edit/write.js'
import type { Call, PythonModule } from '../../python/module.js'
import type { Claim } from '../../workload/claim.js'
import { byHand, unsafeChange } from '../change-answer.js'
import type { FragmentFacts } from '../reader.js'

/** The innermost `dict(…)` around an offset; null: it is written in another way. */
function dictionaryAt(python: PythonModule, { start, end }: { start: number; end: number }): Call | null {
  let found: Call | null = null
  for (const call of python.calls) {
    const { expr } = call
    if (expr.start > start || expr.end < end) continue
    if (found === null || expr.end - expr.start <= found.expr.end - found.expr.start) found = call
  }
  return found !== null &&
    /(^|\.)(dict|ConfigDict)$/.test(python.code.slice(found.expr.callee.start, found.expr.callee.end))
    ? found
    : null
}

export function changeConfig(claim: Claim, value: unknown, facts: FragmentFacts): Change | Refusal {
  const { fragment, start, end, target } = claim.site
  const { python, path } = facts
  if (python === undefined) return { reason: 'the launch line sets this: change it there' }
  const replaced = (title: string, text: string): Change =>
    unsafeChange(title, [{ kind: 'replace', path, range: { fragment, start, end }, text }])
  const call = dictionaryAt(python, { start, end })
  const keyword = (name: string, text: string): Write => ({
    kind: 'set keyword',
    path,
    call: { fragment, start: call!.expr.start, end: call!.expr.end },
    name,
    value: text,
  })
  switch (claim.setting) {
    case 'workers':
      if (call === null) return { reason: 'the dictionary has changed' }
      return unsafeChange(`Load with ${value ?? 4} workers`, [keyword(claim.key, String(value ?? 4))])
    case 'precision':
      if (claim.key === 'fp16' || call === null)
        return { reason: 'mixed precision is an assignment of its own here: fp16 = dict(loss_scale=…)' }
      if (value !== 'fp16-mixed' && value !== 'bf16-mixed')
        return { reason: 'only 16-bit formats are offered' }
      return unsafeChange(`Train in ${value === 'bf16-mixed' ? 'bf16' : 'fp16'} (AmpOptimWrapper)`, [
        keyword('type', "'AmpOptimWrapper'"),
        keyword('dtype', value === 'bf16-mixed' ? "'bfloat16'" : "'float16'"),
      ])
    case 'findsUnused':
      return replaced('Do not look for unused parameters', 'False')
    case 'kind':
      return target?.kind === 'interval'
        ? replaced(`Do it every ${target.steps} steps`, String(target.steps))
        : replaced('Allow faster kernels', 'False')
    case 'keptCheckpoints':
      return claim.key === 'max_keep_ckpts' && claim.state === 'known'
        ? replaced(`Keep ${String(value)} checkpoints`, String(value))
        : byHand(claim)
    default:
      return byHand(claim)
  }
}

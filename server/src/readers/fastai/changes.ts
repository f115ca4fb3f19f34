/** How fastai spells a change. */
import { nameFor } from '../../edit/imports.js'
import type { Change, Import, Refusal } from '../../edit/write.js'
import type { Call, PythonModule } from '../../python/module.js'
import { changeArgument, writeArgument } from '../../values/write-argument.js'
import type { Claim } from '../../workload/claim.js'
import { addCallback } from '../add-callback.js'
import { byHand } from '../change-answer.js'
import { claimedCall } from '../claim-argument.js'
import type { FragmentFacts } from '../reader.js'
import { fastaiVersion, importsEverything, plannedMethods } from './learners.js'

export function changeFastai(claim: Claim, value: unknown, facts: FragmentFacts): Change | Refusal {
  const { python, path, fragment } = facts
  const call = claimedCall(python, claim.site)
  if (python === undefined || call === null) return { reason: 'the call is no longer in the file' }
  const range = { fragment: fragment.index, start: call.expr.start, end: call.expr.end }
  switch (claim.setting) {
    case 'precision':
      return {
        title: 'Train in mixed precision (.to_fp16())',
        safety: 'unsafe',
        writes: [{ kind: 'replace', path, range: { ...range, start: range.end }, text: '.to_fp16()' }],
        imports: [],
      }
    case 'workers': {
      if (typeof value !== 'number')
        return {
          title: 'Load with worker processes (remove num_workers=0)',
          safety: 'unsafe',
          writes: [{ kind: 'remove keyword', path, call: range, name: 'num_workers' }],
          imports: [],
        }
      return changeArgument(python, call, 'num_workers', null, String(value), facts)
    }
    case 'earlyStopping':
      return addEarlyStopping(python, call, value, facts)
    case 'stoppingGap': {
      const { target } = claim.site
      if (target?.kind !== 'callback') return byHand(claim)
      const write = addCallback(python, call, target.name, facts, null, 'cbs')
      return 'reason' in write
        ? write
        : { title: `Pass ${target.name} to ${call.method}()`, safety: 'unsafe', writes: [write], imports: [] }
    }
    case 'patience':
      return changeArgument(python, call, 'patience', 3, String(value), facts)
    case 'stopDirection':
      return changeDirection(python, call, value, facts)
    default:
      return byHand(claim)
  }
}

function changeDirection(
  python: PythonModule,
  call: Call,
  value: unknown,
  facts: FragmentFacts,
): Change | Refusal {
  const { path, fragment } = facts
  const wanted = value === 'higher' ? 'greater' : 'less'
  const name = nameFor(python.tree, 'numpy', wanted, {
    path,
    fragment: fragment.index,
    offset: call.expr.start,
  })
  // The library's own star import brings `np`.
  const open = name.import !== null && importsEverything(python)
  const written = writeArgument(
    facts,
    call,
    'comp',
    python.argument(call, 'comp', 1),
    open ? `np.${wanted}` : name.text,
  )
  if ('reason' in written) return written
  return {
    title: `Take ${value === 'higher' ? 'higher' : 'lower'} values as better (comp)`,
    safety: 'unsafe',
    writes: [written],
    imports: open || name.import === null ? [] : [name.import],
  }
}

function addEarlyStopping(
  python: PythonModule,
  call: Call,
  value: unknown,
  facts: FragmentFacts,
): Change | Refusal {
  if (fastaiVersion(python) !== 2)
    return {
      reason: 'version 1 makes the callback from the learner: callback_fns=partial(EarlyStoppingCallback, …)',
    }
  const { path, fragment } = facts
  const name = importsEverything(python)
    ? { text: 'EarlyStoppingCallback', import: null }
    : nameFor(python.tree, 'fastai.callback.tracker', 'EarlyStoppingCallback', {
        path,
        fragment: fragment.index,
        offset: call.expr.start,
      })
  const imports: Import[] = name.import === null ? [] : [name.import]
  const patience = (value as { patience?: number }).patience ?? 5
  const code = `${name.text}(monitor="valid_loss", patience=${patience})`
  const write = addCallback(python, call, code, facts, null, 'cbs')
  if ('reason' in write) return write
  return {
    title: 'End the run when valid_loss stalls (EarlyStoppingCallback)',
    // One cycle ends in small steps, which do most of the work: a stop before them may be too early.
    safety: plannedMethods.test(call.method) ? 'display' : 'unsafe',
    writes: [write],
    imports,
  }
}

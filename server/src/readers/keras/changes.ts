/** How Keras spells a change. */
import { at, text } from '../../config/access.js'
import { nameFor } from '../../edit/imports.js'
import type { Change, Import, Refusal } from '../../edit/write.js'
import type { Call, PythonModule } from '../../python/module.js'
import { passedExpression } from '../../values/argument.js'
import { writeArgument } from '../../values/write-argument.js'
import type { Claim } from '../../workload/claim.js'
import { addCallback } from '../add-callback.js'
import { byHand } from '../change-answer.js'
import { claimedCall } from '../claim-argument.js'
import { isTestSet, ofTestSet, patienceFor, withPatience } from '../early-stopping.js'
import { handOverCallback } from '../hand-over-callback.js'
import { isOnLaunchLine, isSetByLaunch, passOption } from '../launch-flag.js'
import type { FragmentFacts } from '../reader.js'
import { changeStoppingSwitch } from '../stopping-switch.js'
import { changeGraphPrecision } from '../tensorflow/graph-precision.js'
import { isBefore } from '../versions.js'
import { isConfigured, writeConfigured } from '../write-configured.js'
import { fitPosition } from './fits.js'
import { validatedLoss } from './own-steps.js'
import { changePolicy, kerasPackage, policyNamed } from './policy-change.js'
import { rewriteKey } from './precision.js'
import { fitForKernel } from './recurrent.js'
import { asPolicy, stoppingSettings } from './settings.js'

export function changeKeras(claim: Claim, value: unknown, facts: FragmentFacts): Change | Refusal {
  const switched = changeStoppingSwitch(claim, facts)
  if (switched !== null) return switched
  if (isSetByLaunch(claim)) return { reason: 'the value comes from the launch' }
  if (isOnLaunchLine(claim)) return passOption(claim, facts)
  if (isConfigured(claim, facts) && claim.setting === 'precision') return changeInFile(claim, value, facts)
  const { python } = facts
  if (python === undefined) return { reason: 'this is not written in Python' }
  if (claim.setting === 'precision')
    return claim.key === rewriteKey
      ? changeGraphPrecision(python, value, facts)
      : changePolicy(python, claim, value, facts)
  const call = claimedCall(python, claim.site)
  if (call === null) return { reason: 'the call is no longer in the file' }
  if (claim.setting === 'kind' && claim.site.target?.kind === 'argument') return fitForKernel(python, facts)
  if (claim.site.target?.kind === 'switch') {
    const keyword = call.method === 'set_floatx' ? 'value' : 'policy'
    const given = python.argument(call, keyword, 0)
    const quote = python.text[passedExpression(given)?.start ?? 0] === "'" ? "'" : '"'
    const written = writeArgument(facts, call, keyword, given, `${quote}float32${quote}`)
    return 'reason' in written
      ? written
      : { title: 'Compute in float32', safety: 'unsafe', writes: [written], imports: [] }
  }
  switch (claim.setting) {
    case 'earlyStopping':
      return addEarlyStopping(python, call, value, facts)
    case 'stoppingGap':
      return handOverCallback(python, claim, call, facts, `${call.method}()`, fitPosition(call, 'callbacks'))
    case 'patience':
      return withPatience(python, value, (patience) => stoppingSettings.change(claim, patience, facts))
    case 'stopDirection':
    case 'stopMetric':
      return stoppingSettings.change(claim, value, facts)
    default:
      return byHand(claim)
  }
}

/** A switch of the program, or the name of the policy itself. */
function changeInFile(claim: Claim, value: unknown, facts: FragmentFacts): Change | Refusal {
  const root = facts.config?.documents[claim.site.document ?? 0]?.root
  const named = text(at(root, ...(claim.site.keys ?? [])))
  if (named === undefined) return writeConfigured(claim, true, facts)
  if (asPolicy(named) === undefined) return byHand(claim)
  const policy = policyNamed(value)
  if (policy === null) return { reason: 'only mixed precision is offered' }
  const written = writeConfigured(claim, policy, facts)
  return 'reason' in written
    ? written
    : { ...written, title: `${written.title}; the last layer needs dtype="float32" then` }
}

function addEarlyStopping(
  python: PythonModule,
  call: Call,
  value: unknown,
  facts: FragmentFacts,
): Change | Refusal {
  const monitor = validatedLoss(python)
  if (monitor === null)
    return {
      reason: 'its test_step returns metrics of its own: which one tells when to stop is yours to say',
    }
  const { path, fragment } = facts
  const name = nameFor(python.tree, kerasPackage(python, 'callbacks'), 'EarlyStopping', {
    path,
    fragment: fragment.index,
    offset: call.expr.start,
  })
  const imports: Import[] = name.import === null ? [] : [name.import]
  const { patience, safety } = patienceFor(python, (value as { patience?: number }).patience ?? 5)
  const best = isBefore(facts.versions, ['keras'], '2.2.3') ? '' : ', restore_best_weights=True'
  const code = `${name.text}(monitor="${monitor}", patience=${patience}${best})`
  const write = addCallback(python, call, code, facts, fitPosition(call, 'callbacks'))
  if ('reason' in write) return write
  const tests = isTestSet(
    python,
    python.argument(call, 'validation_data', fitPosition(call, 'validation_data')),
  )
  return {
    title: `End the run when ${monitor} stalls (EarlyStopping)${tests ? ofTestSet : ''}`,
    safety: tests ? 'display' : safety,
    writes: [write],
    imports,
  }
}

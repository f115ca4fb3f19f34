/** How the SageMaker SDK spells a change of a training job. */
import type { Change, Import, Refusal } from '../../edit/write.js'
import type { Call, PythonModule } from '../../python/module.js'
import { whereWritten } from '../../python/where-written.js'
import { passedExpression, textArgument } from '../../values/argument.js'
import { writeArgument } from '../../values/write-argument.js'
import type { Claim } from '../../workload/claim.js'
import { changeOf } from '../change-answer.js'
import { claimedCall } from '../claim-argument.js'
import type { FragmentFacts } from '../reader.js'
import { frameworkSettings, settingsOf } from './estimator-settings.js'

export function changeEstimator(claim: Claim, value: unknown, facts: FragmentFacts): Change | Refusal {
  const { python } = facts
  // The file that the call takes the value from.
  if (python === undefined) return frameworkSettings.change(claim, value, facts)
  const call = claimedCall(python, claim.site)
  if (call === null) return { reason: 'the estimator is no longer there' }
  if (claim.setting !== 'checkpointStore') return settingsOf(call).change(claim, value, facts)
  const { code, imports } = checkpointFolder(python, call, facts.path, claim.site.fragment)
  const write = writeArgument(facts, call, claim.key, python.argument(call, claim.key), code)
  return changeOf(`Keep checkpoints in a bucket: ${claim.key}=…`, [write], { imports })
}

/** A folder in the bucket that the file already uses, else in the session's default bucket. */
function checkpointFolder(
  python: PythonModule,
  call: Call,
  path: string,
  fragment: number,
): { code: string; imports: Import[] } {
  const named = textArgument(python.argument(call, 'base_job_name'))
  const job =
    named !== null && /^[\w.-]+$/.test(named) ? named : (call.assignedTo ?? 'training').replace(/\W+/g, '-')
  let bucket: string | null = null
  const { function: where } = whereWritten(call)
  for (const candidate of python.calls) {
    if (candidate.expr.start >= call.expr.start) break
    const { function: made } = whereWritten(candidate)
    const visible = made === null || made === where
    if (candidate.method === 'default_bucket' && visible && !candidate.conditional) {
      if (candidate.assignedTo !== null && /^[A-Za-z_]\w*$/.test(candidate.assignedTo))
        bucket = candidate.assignedTo
    }
  }
  if (bucket !== null) return { code: `f"s3://{${bucket}}/checkpoints/${job}"`, imports: [] }
  const session = passedExpression(python.argument(call, 'sagemaker_session'))
  if (session?.type === 'name')
    return { code: `f"s3://{${session.id}.default_bucket()}/checkpoints/${job}"`, imports: [] }
  return {
    code: `f"s3://{sagemaker.Session().default_bucket()}/checkpoints/${job}"`,
    imports: [{ path, fragment, module: 'sagemaker', name: null }],
  }
}

/** How the SageMaker SDK spells a change of a training job. */
import type { Change, Import, Refusal } from '../../edit/write.js'
import type { Call, PythonModule } from '../../python/module.js'
import { writeArgument } from '../../values/write-argument.js'
import type { Claim } from '../../workload/claim.js'
import { byHand } from '../change-answer.js'
import { claimedCall } from '../claim-argument.js'
import type { UnitFacts } from '../reader.js'
import { containerEstimators, trainingFamilies } from './names.js'

export function changeEstimator(claim: Claim, value: unknown, facts: UnitFacts): Change | Refusal {
  const { python, path } = facts
  const call = claimedCall(python, claim.site)
  if (python === undefined || call === null) return { reason: 'the estimator is no longer there' }
  const target = { unit: claim.site.unit, start: call.expr.start, end: call.expr.end }
  const change = (title: string, code: string, imports: Import[] = []): Change | Refusal => {
    const position = claim.setting === 'instanceType' && containerEstimators.has(call.name ?? '') ? 3 : null
    const argument = python.argument(call, claim.key, position)
    const write = writeArgument(facts, call, claim.key, argument, code)
    return 'reason' in write ? write : { title, safety: 'unsafe', writes: [write], imports }
  }
  switch (claim.setting) {
    case 'spot':
      return value === true
        ? change('Run on managed spot capacity', 'True')
        : change('Run on demand', 'False')
    case 'maxWait':
      return change(`Set ${claim.key}=${value}`, String(value))
    case 'timeLimit':
      return change(`Set ${claim.key}=${value}`, String(value))
    case 'keepAlive':
      return value === null
        ? {
            title: `Remove ${claim.key}`,
            safety: 'unsafe',
            writes: [{ kind: 'remove keyword', call: target, name: claim.key, path }],
            imports: [],
          }
        : change(`Set ${claim.key}=${value}`, String(value))
    case 'instanceType': {
      const type = `ml.${String(value).replace(/^ml\./, '')}`
      if (!trainingFamilies.has(type.split('.')[1]!)) {
        return { reason: `training jobs do not offer ${type}` }
      }
      const quote = /["']/.exec(facts.unit.text.slice(target.start, target.end))?.[0] ?? '"'
      return change(`Use ${type}`, `${quote}${type}${quote}`)
    }
    case 'tagged': {
      const argument = python.argument(call, claim.key)
      const quote = /["']/.exec(facts.unit.text.slice(target.start, target.end))?.[0] ?? "'"
      const tag = (key: string) =>
        `{${quote}Key${quote}: ${quote}${key}${quote}, ${quote}Value${quote}: ${quote}TODO${quote}}`
      const write = writeArgument(facts, call, claim.key, argument, `[${tag('team')}, ${tag('project')}]`)
      return 'reason' in write
        ? write
        : {
            title: 'Tag the job with its team and project (fill them in)',
            safety: 'display',
            writes: [write],
            imports: [],
          }
    }
    case 'nodes': {
      const position = containerEstimators.has(call.name ?? '') ? 2 : null
      const argument = python.argument(call, claim.key, position)
      const write = writeArgument(facts, call, claim.key, argument, String(value))
      return 'reason' in write
        ? write
        : {
            title: `Start ${value} machine: ${claim.key}=${value}`,
            safety: 'unsafe',
            writes: [write],
            imports: [],
          }
    }
    case 'checkpointStore': {
      const { code, imports } = checkpointFolder(python, call, path, claim.site.unit)
      return change(`Keep checkpoints in a bucket: ${claim.key}=…`, code, imports)
    }
    default:
      return byHand(claim)
  }
}

/** A folder in the bucket that the file already uses, else in the session's default bucket. */
function checkpointFolder(
  python: PythonModule,
  call: Call,
  path: string,
  unit: number,
): { code: string; imports: Import[] } {
  const given = python.argument(call, 'base_job_name')
  const named = given.state === 'given' && given.folded.state === 'known' ? given.folded.value : null
  const job =
    typeof named === 'string' && /^[\w.-]+$/.test(named)
      ? named
      : (call.assignedTo ?? 'training').replace(/\W+/g, '-')
  let bucket: string | null = null
  for (const candidate of python.calls) {
    if (candidate.expr.start >= call.expr.start) break
    const visible = candidate.function === null || candidate.function === call.function
    if (candidate.method === 'default_bucket' && visible && !candidate.conditional) {
      if (candidate.assignedTo !== null && /^[A-Za-z_]\w*$/.test(candidate.assignedTo))
        bucket = candidate.assignedTo
    }
  }
  if (bucket !== null) return { code: `f"s3://{${bucket}}/checkpoints/${job}"`, imports: [] }
  return {
    code: `f"s3://{sagemaker.Session().default_bucket()}/checkpoints/${job}"`,
    imports: [{ path, unit, module: 'sagemaker', name: null }],
  }
}

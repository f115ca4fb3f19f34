/** How the SageMaker API spells a change of a request, in Python and in files. */
import { at, text } from '../../config/access.js'
import type { Change, Refusal, Safety, Write } from '../../edit/write.js'
import type { Json } from '../../text/json.js'
import { lookUp } from '../../text/records.js'
import type { Claim } from '../../workload/claim.js'
import { byHand } from '../change-answer.js'
import { claimedCall } from '../claim-argument.js'
import { writeKeys } from '../config-change.js'
import type { UnitFacts } from '../reader.js'
import { processingFamilies, trainingFamilies, transformFamilies } from './names.js'
import { valueAt, writePythonRequest } from './python-request.js'
import { between, type Key } from './request.js'
import { requestOf } from './request-calls.js'

interface KeyValue {
  keys: Key[]
  value: Json | undefined
}

export function changeRequest(claim: Claim, value: unknown, facts: UnitFacts): Change | Refusal {
  const keys = (claim.site.anchor ?? '')
    .split(between)
    .filter((one) => one !== '')
    .map((one): Key => (/^\d+$/.test(one) ? Number(one) : one))
  const set = (title: string, writes: KeyValue[], safety: Safety = 'unsafe') =>
    write(claim, facts, keys, title, writes, safety)
  const beside = (...path: Key[]): Key[] => [...keys.slice(0, -path.length), ...path]
  switch (claim.setting) {
    case 'spot':
      return set(value === true ? 'Run on managed spot capacity' : 'Run on demand', [
        { keys, value: value === true },
      ])
    case 'maxWait':
    case 'timeLimit':
      return set(`Set ${claim.key} to ${value}`, [{ keys, value: Number(value) }])
    case 'keepAlive':
      return value === null
        ? set(`Remove ${claim.key}`, [{ keys, value: undefined }])
        : set(`Set ${claim.key} to ${value}`, [{ keys, value: Number(value) }])
    case 'instanceType': {
      const type = `ml.${String(value).replace(/^ml\./, '')}`
      const family = type.split('.')[1]!
      const [kind, families] = lookUp(offers, String(keys[0])) ?? ['training', trainingFamilies]
      return families.has(family)
        ? set(`Use ${type}`, [{ keys, value: type }])
        : { reason: `${kind} jobs do not offer ${type}` }
    }
    case 'nodes':
      return set(`Start ${value} machine: InstanceCount: ${value}`, [{ keys, value: Number(value) }])
    case 'tagged': {
      const tags = ['team', 'project'].map((key) => ({ Key: key, Value: 'TODO' }))
      return set('Tag the job with its team and project (fill them in)', [{ keys, value: tags }], 'display')
    }
    case 'checkpointStore': {
      // The role may write to where the model goes; another bucket is not in the request. Trials need one each.
      const isTrial = String(keys[0]).startsWith('TrainingJobDefinition')
      const output = isTrial ? null : outputOf(claim, facts, keys)
      if (output !== null) {
        // Without the slash at the end it would stand for `checkpoints-old` as well.
        const value = `${output}/checkpoints/`
        return set('Keep checkpoints beside the output: CheckpointConfig', [{ keys, value }])
      }
      const title = 'Keep checkpoints in a bucket (fill it in): CheckpointConfig'
      return set(title, [{ keys, value: 's3://TODO/checkpoints/' }], 'display')
    }
    case 'retries': {
      const title = `Start it again ${value} time at most: ${claim.key}: ${value}`
      return writeKeys(claim, facts, title, [{ keys: claim.site.keys ?? [], value: Number(value) }])
    }
    case 'strategy': {
      const { trials } = value as { trials: number }
      return set(`Search by Bayesian optimisation, ${trials} jobs, weak ones stopped early`, [
        { keys, value: 'Bayesian' },
        { keys: beside('ResourceLimits').concat('MaxNumberOfTrainingJobs'), value: trials },
        { keys: beside('ResourceLimits').concat('MaxParallelTrainingJobs'), value: 2 },
        { keys: beside('TrainingJobEarlyStoppingType'), value: 'Auto' },
      ])
    }
    case 'earlyTermination':
      return set("Stop weak jobs early (TrainingJobEarlyStoppingType: 'Auto')", [{ keys, value: 'Auto' }])
    case 'parallelism':
      return set(`At most ${value} jobs at once (${claim.key})`, [{ keys, value: Number(value) }])
    default:
      return byHand(claim)
  }
}

/** What jobs can run on, by the key at the top of the request. */
const offers: Record<string, [kind: string, families: Set<string>]> = {
  ProcessingResources: ['processing', processingFamilies],
  TransformResources: ['transform', transformFamilies],
}

/** The folder of the output, where it is written out. */
function outputOf(claim: Claim, facts: UnitFacts, keys: Key[]): string | null {
  const path = [...keys.slice(0, -2), 'OutputDataConfig', 'S3OutputPath']
  const { python } = facts
  let value: unknown
  if (python === undefined) {
    const base = (claim.site.keys ?? []).slice(0, (claim.site.keys ?? []).length - keys.length)
    value = text(at(facts.config?.documents[claim.site.document ?? 0]?.root, ...base, ...path))
  } else {
    const call = claimedCall(python, claim.site)
    const base = call === null ? null : requestOf(python, call)
    const given = base === null ? null : valueAt(python, call!, [...base.base, ...path])
    if (given?.state === 'given' && given.folded.state === 'known') value = given.folded.value
  }
  return typeof value === 'string' && /^s3:\/\/[\w.-]+/.test(value) ? value.replace(/\/+$/, '') : null
}

function write(
  claim: Claim,
  facts: UnitFacts,
  keys: Key[],
  title: string,
  wanted: KeyValue[],
  safety: Safety,
): Change | Refusal {
  const { python } = facts
  if (python === undefined) {
    const base = (claim.site.keys ?? []).slice(0, (claim.site.keys ?? []).length - keys.length)
    const all = wanted.map((one) => ({ keys: [...base, ...one.keys], value: one.value }))
    return writeKeys(claim, facts, title, all, safety)
  }
  const call = claimedCall(python, claim.site)
  const base = call === null ? null : requestOf(python, call)
  if (call === null || base === null) return { reason: 'the request is no longer there' }
  const writes: Write[] = []
  for (const one of wanted) {
    const made = writePythonRequest(facts, call, [...base.base, ...one.keys], one.value)
    if ('reason' in made) return made
    writes.push(made)
  }
  return { title, safety, writes, imports: [] }
}

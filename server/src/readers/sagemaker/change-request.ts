/** How the SageMaker API spells a change of a request, in Python and in files. */
import type { Change, Refusal } from '../../edit/write.js'
import type { Json } from '../../text/json.js'
import { CallSource } from '../../values/call-source.js'
import { ConfigSource } from '../../values/config-source.js'
import type { Key, TreeSource } from '../../values/source.js'
import { ClaimBuilder } from '../../workload/builder.js'
import type { Claim } from '../../workload/claim.js'
import { byHand, changeOf, refuse } from '../change-answer.js'
import { claimedCall } from '../claim-argument.js'
import type { FragmentFacts } from '../reader.js'
import { textAt } from './request.js'
import {
  jobSettings,
  processingSettings,
  trainingSettings,
  transformSettings,
  tuningSettings,
} from './request-settings.js'

export function changeRequest(claim: Claim, value: unknown, facts: FragmentFacts): Change | Refusal {
  const path = claim.site.keys ?? [claim.key]
  switch (claim.setting) {
    case 'drawn':
      return refuse("let the service choose the scale: leave out ScalingType, or 'Logarithmic'")
    case 'checkpointStore':
    case 'retries':
    case 'strategy': {
      const source = sourceOf(claim, facts)
      return source === null
        ? { reason: 'the request is no longer there' }
        : changeWhole(claim, value, source, path)
    }
    case 'tagged':
      return jobSettings.change(claim, value, facts)
    case 'earlyTermination':
    case 'parallelism':
      return tuningSettings.change(claim, value, facts)
  }
  const table = path.includes('ProcessingResources')
    ? processingSettings
    : path.includes('TransformResources')
      ? transformSettings
      : trainingSettings
  return table.change(claim, value, facts)
}

/** All that holds the request: the call, or the document. */
function sourceOf(claim: Claim, { path, fragment, python, config }: FragmentFacts): TreeSource | null {
  const locator = new ClaimBuilder(path, fragment, claim.reader)
  if (python !== undefined) {
    const call = claimedCall(python, claim.site)
    return call === null ? null : new CallSource(python, call, locator)
  }
  const { document = 0, start, end } = claim.site
  const root = config?.documents[document]?.root
  return root === undefined
    ? null
    : new ConfigSource(root, locator, { document, keys: [], shown: { start, end } })
}

/** What takes more than one key, or looks at others. */
function changeWhole(claim: Claim, value: unknown, source: TreeSource, path: Key[]): Change | Refusal {
  const beside = (...keys: Key[]): Key[] => [...path.slice(0, -1), ...keys]
  if (claim.setting === 'retries')
    return changeOf(`Retry at most ${value} time: ${claim.key}: ${value}`, [source.set(path, Number(value))])
  if (claim.setting === 'strategy') {
    const { trials } = value as { trials: number }
    const set = (to: Json, ...keys: Key[]) => source.set(beside(...keys), to)
    return changeOf(`Search by Bayesian optimisation, ${trials} jobs, weak ones stopped early`, [
      source.set(path, 'Bayesian'),
      set(trials, 'ResourceLimits', 'MaxNumberOfTrainingJobs'),
      set(2, 'ResourceLimits', 'MaxParallelTrainingJobs'),
      set('Auto', 'TrainingJobEarlyStoppingType'),
    ])
  }
  if (claim.setting !== 'checkpointStore') return byHand(claim)
  // The role may write to where the model goes; another bucket is not in the request. Trials need one each.
  const isTrial = path.some((key) => /^TrainingJobDefinition/.test(String(key)))
  const output = textAt(source, ...path.slice(0, -2), 'OutputDataConfig', 'S3OutputPath')
  if (isTrial || output === null || !/^s3:\/\/[\w.-]+/.test(output)) {
    const title = 'Keep checkpoints in a bucket (fill it in): CheckpointConfig'
    return changeOf(title, [source.set(path, 's3://TODO/checkpoints/')], { safety: 'display' })
  }
  // Without the slash at the end it would stand for `checkpoints-old` as well.
  const folder = `${output.replace(/(?<!\/)\/+$/, '')}/checkpoints/`
  return changeOf('Keep checkpoints beside the output: CheckpointConfig', [source.set(path, folder)])
}

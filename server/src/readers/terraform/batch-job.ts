/** Definitions of AWS Batch jobs. Source: provider hashicorp/aws 5, `aws_batch_job_definition`; no time limit and one attempt by default. */
import { at, entry, items, text } from '../../config/access.js'
import type { ConfigEntry, ConfigNode } from '../../config/node.js'
import { orDefault, stated, unreadable } from '../../values/operations.js'
import { asQuotedNumber } from '../../values/parse.js'
import { effective, type Given } from '../../values/value.js'
import { claimContainer } from '../kubernetes/containers.js'
import type { ReaderContext } from '../reader.js'
import { settingTable } from '../setting-table.js'
import { machineOfJob } from '../shell/job-operations.js'
import type { Block } from './block.js'
import { startJob } from './machines.js'

/** Whoever sends a job may set both as well, and hardly anybody does. */
export const batchJobSettings = settingTable('Compute', {
  timeLimit: {
    keys: [['timeout', 0, 'attempt_duration_seconds']],
    parse: asQuotedNumber,
    otherwise: null,
  },
  retries: {
    keys: [['retry_strategy', 0, 'attempts']],
    parse: (value) => {
      const attempts = asQuotedNumber(value)
      return attempts === undefined ? undefined : Math.max(0, attempts - 1)
    },
    otherwise: 0,
  },
})

const properties = 'container_properties'

export function readBatchJob(block: Block, context: ReaderContext): void {
  const container = block.at(properties)?.node
  if (container?.kind !== 'map') return
  const gpus = gpusOf(block)
  const count = effective(gpus)
  const accelerator = count === undefined ? 'maybe' : count > 0 ? 'gpu' : 'cpu'
  const { compute, id } = startJob(block, accelerator)
  compute.known('name', 'name', effective(block.text('name')) ?? block.name, block.header)
  // The environment of the queue decides on spot.
  compute.known('choosesCapacity', 'aws_batch_job_definition', false, block.header)
  compute.known('poolKind', 'aws_batch_job_definition', 'Batch compute environment', block.header)
  compute.known('nodes', 'aws_batch_job_definition', 1, block.header)
  compute.say('gpus', 'resourceRequirements', gpus)
  batchJobSettings.claim(compute, block)
  if (block.has('retry_strategy', 0, 'evaluate_on_exit'))
    compute.known('retryFilter', 'evaluate_on_exit', 'evaluate_on_exit', block.header)
  if (block.value.path === block.module.claims.path)
    claimContainer(
      block.module.claims,
      context,
      asContainer(container),
      id,
      `${id}:0`,
      1,
      machineOfJob(count, 1, compute.subject.evidence),
    )
}

/** `resourceRequirements = [{ type = "GPU", value = "4" }]`. */
function gpusOf(block: Block): Given<number> {
  const keys = [properties, 'resourceRequirements'] as const
  const listed = block.at(...keys)?.node
  const none = block.absent(...keys)
  if (listed !== undefined && listed.kind !== 'list') return unreadable(none, 'a number that is not readable')
  const index = items(listed).findIndex((one) => text(at(one, 'type')) === 'GPU')
  return index < 0 ? stated(none, 0) : orDefault(block.number(...keys, index, 'value'), 1)
}

/** The container as Kubernetes writes one, so that one extraction serves both. */
function asContainer(node: ConfigNode & { kind: 'map' }): ConfigNode {
  const named = (key: string, as: string): ConfigEntry[] => {
    const found = entry(node, key)
    return found === undefined ? [] : [{ ...found, key: as }]
  }
  return {
    ...node,
    entries: [...named('image', 'image'), ...named('command', 'args'), ...named('environment', 'env')],
  }
}

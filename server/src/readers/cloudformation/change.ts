/** How CloudFormation spells what rules ask for. */
import { at, entry, number, text } from '../../config/access.js'
import type { Change, Refusal } from '../../edit/write.js'
import { ClaimBuilder } from '../../workload/builder.js'
import type { Claim } from '../../workload/claim.js'
import { byHand } from '../change-answer.js'
import { type Keys, type KeyWrite, writeKeys } from '../config-change.js'
import { acceleratorResource } from '../pool-claims.js'
import type { FragmentFacts } from '../reader.js'
import { type Resource, templateOf } from './template.js'

/** Minutes; the service accepts no less for apps. */
const leastIdle = 60

export function changeTemplate(claim: Claim, value: unknown, facts: FragmentFacts): Change | Refusal {
  const resource = resourceOf(claim, facts)
  const { keys } = claim.site
  if (resource === null || keys === undefined) return { reason: 'the resource has changed' }
  const properties: Keys = ['Resources', resource.name, 'Properties']
  const set = (title: string, ...writes: KeyWrite[]) => writeKeys(claim, facts, title, writes)
  switch (claim.setting) {
    case 'minimum':
      return changeMinimum(claim, facts, keys)
    case 'capacity':
      if (claim.key === 'CapacityType')
        return set('Buy spot machines: CapacityType: SPOT', {
          keys: [...properties, claim.key],
          value: 'SPOT',
        })
      if (claim.key === 'Type') {
        // The default strategy of spot machines asks for a role of its own.
        const strategy = {
          keys: [...keys.slice(0, -1), 'AllocationStrategy'],
          value: 'SPOT_PRICE_CAPACITY_OPTIMIZED',
        }
        return keys.at(-1) === 'Type'
          ? set('Buy spot machines: Type: SPOT', { keys, value: 'SPOT' }, { ...strategy, after: 'Type' })
          : { reason: 'the type is a parameter of the stack' }
      }
      return { reason: 'give the group a MixedInstancesPolicy, or its launch template InstanceMarketOptions' }
    case 'taints':
      return set('Keep other work away with a taint', {
        keys: [...properties, 'Taints'],
        value: [
          {
            Key: acceleratorResource(resource.at('InstanceTypes')?.node),
            Value: 'true',
            Effect: 'NO_SCHEDULE',
          },
        ],
      })
    case 'blockedBy':
      return set('Release idle machines', { keys, value: false })
    case 'instanceType': {
      const before = text(at(facts.config?.documents[claim.site.document ?? 0]?.root, ...keys))
      if (before === undefined) return { reason: 'the type is not written here' }
      const type = `${/^ml\./.exec(before)?.[0] ?? ''}${String(value).replace(/^ml\./, '')}`
      return set(`Use ${type}`, { keys, value: type })
    }
    case 'gpus':
      return Number(value) >= 1
        ? set(`Request ${value} GPU`, { keys, value: String(value) })
        : { reason: 'take the GPU out of ResourceRequirements, and send the job to a queue without them' }
    case 'timeLimit':
      return set(`End each attempt after ${Number(value) / 3600} hours: AttemptDurationSeconds`, {
        keys,
        value: Number(value),
      })
    case 'retries':
      return set(`Retry at most ${value} time: Attempts: ${Number(value) + 1}`, {
        keys,
        value: Number(value) + 1,
      })
    case 'minReplicas':
      return {
        reason:
          'a scaling policy is a resource of its own: add an AWS::ApplicationAutoScaling::ScalableTarget for the variant',
      }
    case 'leastReplicas':
    case 'mostReplicas':
    case 'utilization':
    case 'idleDelay':
      return set(`${claim.key}: ${Number(value)}`, { keys, value: Number(value) })
    case 'metrics':
      return {
        reason:
          'scale on the requests that wait for a replica: PredefinedMetricType: SageMakerVariantInvocationsPerInstance, with a value from a load test',
      }
    case 'idleStop':
      return changeIdleStop(claim, facts, keys, Number(value))
    default:
      return byHand(claim)
  }
}

function resourceOf(claim: Claim, facts: FragmentFacts): Resource | null {
  const document = facts.config?.documents[claim.site.document ?? 0]
  const template =
    document === undefined
      ? null
      : templateOf(document, new ClaimBuilder(facts.path, facts.fragment, claim.reader))
  const { target } = claim.site
  if (target?.kind !== 'resource') return null
  for (const one of template?.resources() ?? []) if (one.name === target.name) return one
  return null
}

/** What the group starts with must not lie below nor keep it above its new minimum. */
function changeMinimum(claim: Claim, facts: FragmentFacts, keys: Keys): Change | Refusal {
  const root = facts.config?.documents[claim.site.document ?? 0]?.root
  const writes: KeyWrite[] = [{ keys, value: 0 }]
  const last = String(keys.at(-1))
  const base = keys.slice(0, -1)
  for (const name of ['DesiredSize', 'DesiredCapacity', 'DesiredvCpus']) {
    const given = entry(at(root, ...base), name)
    if (last !== 'Default' && (number(given?.value) ?? 0) > 0)
      writes.push({ keys: [...base, name], value: 0 })
  }
  const title = last === 'Default' ? `the default of ${String(keys.at(-2))} is 0` : `${last}: 0`
  return writeKeys(claim, facts, `Scale to zero: ${title}`, writes)
}

function changeIdleStop(claim: Claim, facts: FragmentFacts, keys: Keys, seconds: number): Change | Refusal {
  if (claim.key === 'LifecycleConfigName')
    return {
      reason:
        'a script of a lifecycle configuration must stop it: add an AWS::SageMaker::NotebookInstanceLifecycleConfig and name it in LifecycleConfigName',
    }
  if (!keys.includes('AppLifecycleManagement'))
    return { reason: 'nothing in this resource stops it when it is idle: a schedule or an alarm has to' }
  const minutes = Math.max(leastIdle, Math.round(seconds / 60))
  return writeKeys(claim, facts, `Stop apps after ${minutes} idle minutes`, [
    { keys, value: 'ENABLED' },
    { keys: [...keys.slice(0, -1), 'IdleTimeoutInMinutes'], value: minutes, after: 'LifecycleManagement' },
  ])
}

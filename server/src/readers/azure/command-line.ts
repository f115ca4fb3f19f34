/**
 * Clusters that command lines make: `az ml compute create`, `az aks nodepool add`, the first pool of `az aks create`. Source: reference of the Azure CLI
 * (`--node-count` is 3, `--min-instances` 0, `--idle-time-before-scale-down` 120 seconds). `az ml computetarget create` is the command of the
 * first version of the service (`--agent-count` is 3).
 */

import type { Change, Refusal } from '../../edit/write.js'
import { define } from '../../text/records.js'
import { stated } from '../../values/operations.js'
import { effective } from '../../values/value.js'
import type { ClaimBuilder, Place } from '../../workload/builder.js'
import type { Claim } from '../../workload/claim.js'
import { byHand } from '../change-answer.js'
import { addOptions, commandSite, replaceValue } from '../command-lines/change.js'
import {
  besideMatching,
  type CloudCommand,
  cloudCommands,
  isOn,
  numberOf,
  optionOf,
  valuePlace,
} from '../command-lines/cloud-command.js'
import { doesSay } from '../command-lines/printed-text.js'
import { claimPool, claimPoolMachine, type Pool } from '../pool-claims.js'
import { defineReader, type FragmentFacts } from '../reader.js'
import { idleKey, readWorkstation } from './command-line-instance.js'
import { forTolerating } from './spot-taint.js'

export const azureCommandLineReader = defineReader({
  name: 'azure-command-line',
  languages: ['shell', 'yaml'],
  triggers: ['az ml compute create', 'az ml computetarget create', 'az aks nodepool add', 'az aks create'],
  read(facts, context, claims) {
    // A notebook that makes a cluster is a lesson, which takes it away in another cell.
    if (facts.fragment.origin !== 'file') return
    // Another step of the pipeline gives it back.
    if (facts.fragment.language === 'yaml' && doesSay(facts.fragment.text, deletes)) return
    const seen = new Set<string>()
    for (const one of cloudCommands(
      'az',
      facts,
      context,
      /^(ml compute create|ml computetarget create (amlcompute|aks)|aks nodepool add|aks create)\b/,
    )) {
      // One that is made where it is not there yet, at several places of the script.
      const what = one.options.map(({ name, value }) => `${name}=${value}`).join(' ')
      if (besideMatching(one, deletes) !== null || seen.has(what)) continue
      if (optionOf(one, 'name', 'n')?.value != null) seen.add(what)
      if (one.verb === 'ml computetarget create aks') readAttachedCluster(claims, one)
      else if (/^computeinstance$/i.test(optionOf(one, 'type', 't')?.value ?? ''))
        readWorkstation(claims, one)
      else if (one.verb.startsWith('ml')) readCluster(claims, one)
      else readNodePool(claims, one)
    }
  },
  change: changePool,
})

/** The same script takes it, or all around it, away again. */
const deletes =
  /\baz (ml (compute|computetarget|workspace) delete|aks (nodepool )?(delete|scale)|group delete)\b/

/** A pool of machines that are named. */
function start(claims: ClaimBuilder, one: CloudCommand, kind: string, size: string[]): Pool | null {
  const type = optionOf(one, ...size)
  if (typeof type?.value !== 'string') return null
  const first = one.verb === 'aks create'
  const given = first ? optionOf(one, 'nodepool-name') : optionOf(one, 'name', 'n')
  const name = first && given === undefined ? 'nodepool1' : (given?.value ?? null)
  const region = optionOf(one, 'location', 'l')?.value
  const pool = claimPool(claims, {
    kind,
    provider: 'azure',
    name,
    place: one.head,
    scope: name ?? given?.raw ?? kind,
    words: [name ?? given?.raw ?? '', optionOf(one, 'labels', 'node-taints')?.outline ?? ''],
    ...(region == null ? {} : { region: region.toLowerCase() }),
  })
  claimPoolMachine(pool, type.name, stated(claims.origin(valuePlace(type)), type.value))
  return pool
}

function claimNumber(
  pool: Pool,
  one: CloudCommand,
  setting: 'minimum' | 'maximum' | 'idleDelay',
  key: string[],
  otherwise: number | null,
): void {
  const option = optionOf(one, ...key)
  const value = numberOf(option)
  const site = commandSite(one)
  const [name] = key as [string]
  if (option === undefined) {
    if (!one.complete) pool.unknown(setting, name, 'more may be given', one.head, { site })
    else if (otherwise !== null) pool.default(setting, name, otherwise, one.head, { site })
  } else if (value == null) pool.unknown(setting, name, 'a variable', option.place, { site })
  else {
    const place = valuePlace(option)
    // Without autoscaling, a number of 0 would be a pool without machines.
    pool.known(setting, name, value, place, {
      site: name === 'node-count' ? site : { ...place, target: { kind: 'option', part: 'value' } },
    })
  }
}

function readCluster(claims: ClaimBuilder, one: CloudCommand): void {
  // A file may say anything; a workstation is no cluster.
  if (optionOf(one, 'file', 'f', 'set') !== undefined) return
  const first = one.verb.startsWith('ml computetarget')
  if (!first && !/^amlcompute$/i.test(optionOf(one, 'type', 't')?.value ?? '')) return
  const pool = start(claims, one, 'compute cluster', first ? ['vm-size', 's'] : ['size'])
  if (pool === null) return
  claimNumber(pool, one, 'minimum', [first ? 'min-nodes' : 'min-instances'], 0)
  claimNumber(pool, one, 'maximum', [first ? 'max-nodes' : 'max-instances'], null)
  const idle = first ? 'idle-seconds-before-scaledown' : 'idle-time-before-scale-down'
  claimNumber(pool, one, 'idleDelay', [idle], 120)
  pool.known('fixed', 'type', false, one.head)
  const key = first ? 'vm-priority' : 'tier'
  const tier = optionOf(one, key)
  claimCapacity(pool, one, key, tier === undefined ? null : /^low_?priority$/i.test(tier.value ?? ''))
}

/** A cluster of Kubernetes for deployments, always of the same size. */
function readAttachedCluster(claims: ClaimBuilder, one: CloudCommand): void {
  const pool = start(claims, one, 'node pool', ['vm-size', 's'])
  if (pool === null) return
  claimNumber(pool, one, 'minimum', ['agent-count', 'a'], 3)
  if (one.complete) pool.known('fixed', 'agent-count', true, one.head)
}

function readNodePool(claims: ClaimBuilder, one: CloudCommand): void {
  const pool = start(claims, one, 'node pool', ['node-vm-size', 's'])
  if (pool === null) return
  const scales = isOn(one, 'enable-cluster-autoscaler') || optionOf(one, 'e') !== undefined
  claimNumber(pool, one, 'minimum', scales ? ['min-count'] : ['node-count', 'c'], scales ? null : 3)
  if (scales) claimNumber(pool, one, 'maximum', ['max-count'], null)
  if (one.complete) pool.known('fixed', 'enable-cluster-autoscaler', !scales, one.head)
  // The first pool of a cluster is no spot pool, and keeps a machine at least.
  if (one.verb === 'aks create') return
  const priority = optionOf(one, 'priority', 'p')
  claimCapacity(pool, one, 'priority', priority === undefined ? null : /^spot$/i.test(priority.value ?? ''))
  const name = optionOf(one, 'name', 'n')?.value
  const labels: Record<string, string> =
    name == null ? {} : { agentpool: name, 'kubernetes.azure.com/agentpool': name }
  // `--labels a=b c=d`
  const words = [optionOf(one, 'labels')?.outline ?? '', ...one.positionals.map((word) => word.text ?? '')]
  for (const word of words) {
    const match = /^([\w./-]+)=([\w.-]*)$/.exec(word)
    if (match !== null) define(labels, match[1]!, match[2]!)
  }
  pool.known('labels', 'labels', labels, one.head)
}

/** `spot`: null: not given. */
function claimCapacity(pool: Pool, one: CloudCommand, key: string, spot: boolean | null): void {
  const site: Place = commandSite(one)
  const option = optionOf(one, key)
  if (option !== undefined && option.value === null)
    pool.unknown('capacity', key, 'a variable', option.place, { site })
  else if (spot !== null)
    pool.known('capacity', key, spot ? 'spot' : 'on-demand', option?.place ?? one.head, { site })
  else if (!one.complete) pool.unknown('capacity', key, 'more may be given', one.head, { site })
  else pool.default('capacity', key, 'on-demand', one.head, { site })
}

function changePool(claim: Claim, value: unknown, facts: FragmentFacts): Change | Refusal {
  if (claim.setting === 'idleStop') {
    const minutes = Math.max(15, Math.round(Number(value) / 60))
    return addOptions(claim, facts, `Stop after ${minutes} idle minutes`, [`--set ${idleKey}=${minutes}`])
  }
  if (claim.setting === 'minimum' && isFirstPool(claim, facts))
    return {
      reason:
        'the first pool of a cluster keeps machines: put the GPUs in one of their own (az aks nodepool add)',
    }
  if (claim.setting === 'minimum' && claim.key === 'agent-count')
    return {
      reason: 'this command makes clusters of a fixed size: make one with az aks create and attach it',
    }
  if (claim.setting === 'capacity' && claim.channel === 'library default')
    return claim.key === 'tier'
      ? addOptions(claim, facts, 'Use low-priority machines: --tier low_priority', ['--tier low_priority'])
      : claim.key === 'vm-priority'
        ? addOptions(claim, facts, 'Use low-priority machines: --vm-priority lowpriority', [
            '--vm-priority lowpriority',
          ])
        : forTolerating(
            addOptions(claim, facts, 'Buy spot machines: --priority Spot', [
              '--priority Spot',
              '--eviction-policy Delete',
            ]),
          )
  if (claim.site.target?.kind === 'option') {
    const title =
      claim.setting === 'idleDelay'
        ? `Release machines after ${Number(value) / 60} idle minutes: --${claim.key} ${value}`
        : `Scale to zero: --${claim.key} ${value}`
    return replaceValue(claim, facts, title, String(value))
  }
  if (claim.setting === 'minimum' && claim.key === 'node-count')
    return addOptions(claim, facts, 'Scale to zero: autoscaling with a minimum of 0', [
      '--enable-cluster-autoscaler',
      '--min-count 0',
      `--max-count ${Math.max(1, Number(effective(claim) ?? 1))}`,
    ])
  return byHand(claim)
}

/** The claim is about a pool that its cluster cannot be without. */
function isFirstPool({ site }: Claim, { shell }: FragmentFacts): boolean {
  const command = shell?.commands.find((one) => one.start <= site.start && site.end <= one.end)
  return /\baks\s+create\b/.test(command?.words.map((word) => word.raw).join(' ') ?? '')
}

/**
 * Node pools of Google Kubernetes Engine that a command line makes: `gcloud container node-pools create`, and the first
 * pool of `gcloud container clusters create`. Defaults: reference of the Google Cloud CLI (`--num-nodes` is 3, in each
 * zone of the cluster, so that what is claimed is the least).
 */

import { gpu } from '../../catalog/gpus.js'
import { instance } from '../../catalog/instances.js'
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
  type CloudOption,
  cloudCommands,
  isOn,
  numberOf,
  optionOf,
  pieceOf,
  piecesOf,
  valuePlace,
} from '../command-lines/cloud-command.js'
import { claimPool, claimPoolMachine, type Pool } from '../pool-claims.js'
import { defineReader, type UnitFacts } from '../reader.js'

export const gcloudPoolsReader = defineReader({
  name: 'gcloud-pools',
  languages: ['shell', 'yaml'],
  triggers: ['gcloud container', 'gcloud beta container', 'gcloud alpha container'],
  read(facts, context, claims) {
    // A notebook that makes a cluster is a lesson, which takes it away in another cell.
    if (facts.unit.origin !== 'file') return
    // Another step of the pipeline gives it back.
    if (facts.unit.language === 'yaml' && deletes.test(facts.unit.text)) return
    for (const one of cloudCommands(
      'gcloud',
      facts,
      context,
      /^container (node-pools|clusters) create\b(?!-)/,
    ))
      if (besideMatching(one, deletes) === null) readPool(claims, one)
  },
  change: changePool,
})

/** The same script takes the pool, or its cluster, away again. */
const deletes = /\bcontainer (node-pools|clusters) (delete|resize)\b/

const defaultNodes = 3

function readPool(claims: ClaimBuilder, one: CloudCommand): void {
  const { head } = one
  const type = optionOf(one, 'machine-type', 'm')
  const attached = optionOf(one, 'accelerator')
  // A pool without accelerators has nothing to say; most clusters begin with one.
  if (attached === undefined && (instance(type?.value ?? '')?.gpuCount ?? 0) === 0) return
  const given = one.positionals.find((word) => !word.raw.startsWith('-'))
  const written = given?.text ?? null
  const first = /clusters/.test(one.verb)
  const name = first ? 'default-pool' : written !== null && !/[{}<>]/.test(written) ? written : 'gpu'
  const labels = labelsOf(one, first || written !== null ? name : null)
  const region = optionOf(one, 'region', 'zone', 'location')?.value ?? undefined
  const pool = claimPool(claims, {
    kind: 'node pool',
    provider: 'gcp',
    name,
    place: head,
    scope: name,
    words: [
      name,
      given?.raw ?? '',
      ...Object.entries(labels).flat(),
      optionOf(one, 'node-taints')?.outline ?? '',
    ],
    ...(region === undefined ? {} : { region: region.replace(/-[a-z]$/, '') }),
  })
  pool.known('labels', 'node-labels', labels, head)
  claimMachine(pool, one, type, attached)
  claimSize(pool, one)
  claimCapacity(pool, one)
  // GKE taints pools with accelerators by itself.
}

/** What GKE puts on every node, and what the command adds. */
function labelsOf(one: CloudCommand, name: string | null): Record<string, string> {
  const labels: Record<string, string> = name === null ? {} : { 'cloud.google.com/gke-nodepool': name }
  const attached = optionOf(one, 'accelerator')
  const card = attached === undefined ? undefined : pieceOf(piecesOf(attached), 'type')?.value
  if (card != null) labels['cloud.google.com/gke-accelerator'] = card
  if (isOn(one, 'spot')) labels['cloud.google.com/gke-spot'] = 'true'
  for (const part of optionOf(one, 'node-labels')?.outline?.split(',') ?? []) {
    const match = /^([\w./-]+)=([\w.-]*)$/.exec(part)
    if (match !== null) define(labels, match[1]!, match[2]!)
  }
  return labels
}

function claimMachine(
  pool: Pool,
  one: CloudCommand,
  type: CloudOption | undefined,
  attached: CloudOption | undefined,
): void {
  const machine = instance(type?.value ?? '')
  if (type !== undefined && (attached === undefined || (machine?.gpuCount ?? 0) > 0)) {
    claimPoolMachine(pool, 'machine-type', stated(pool.locator.origin(valuePlace(type)), type.value!))
    return
  }
  if (typeof type?.value === 'string') pool.known('machine', 'machine-type', type.value, valuePlace(type))
  if (attached === undefined) return
  const pieces = piecesOf(attached)
  const count = pieceOf(pieces, 'count')
  const card = pieceOf(pieces, 'type')
  const many = count === undefined ? 1 : /^\d+$/.test(count.value ?? '') ? Number(count.value) : null
  // A topology of TPUs is no number of GPUs.
  if (many === null || card?.value == null || /tpu/i.test(card.value))
    pool.unknown('gpus', 'accelerator', 'a variable', one.head)
  else pool.known('gpus', 'accelerator', many, attached.place)
  const model =
    card?.value == null ? undefined : (gpu(card.value) ?? gpu(card.value.replace(/^nvidia-(tesla-)?/, '')))
  if (model !== undefined) pool.known('gpuModel', 'accelerator', model.name, attached.place)
}

function claimSize(pool: Pool, one: CloudCommand): void {
  const site = commandSite(one)
  const scales =
    isOn(one, 'enable-autoscaling') || isOn(one, 'enable-queued-provisioning') || isOn(one, 'flex-start')
  const key = scales
    ? optionOf(one, 'total-min-nodes') === undefined
      ? 'min-nodes'
      : 'total-min-nodes'
    : 'num-nodes'
  const option = optionOf(one, key)
  const count = numberOf(option)
  const otherwise = scales ? 0 : defaultNodes
  if (option === undefined) {
    if (one.complete) pool.default('minimum', key, otherwise, one.head, { site })
    else pool.unknown('minimum', key, 'more may be given', one.head, { site })
  } else if (count == null) pool.unknown('minimum', key, 'a variable', option.place, { site })
  else {
    const place = valuePlace(option)
    pool.known('minimum', key, count, place, { site: scales ? { ...place, anchor: 'value' } : site })
  }
  if (one.complete) pool.known('fixed', 'enable-autoscaling', !scales, one.head)
  const most = optionOf(one, 'total-max-nodes', 'max-nodes')
  const ceiling = numberOf(most)
  if (scales && ceiling != null) pool.known('maximum', most!.name, ceiling, most!.place)
}

function claimCapacity(pool: Pool, one: CloudCommand): void {
  const site: Place = commandSite(one)
  const reserved = optionOf(one, 'reservation', 'reservation-affinity')
  const queued = optionOf(one, 'enable-queued-provisioning', 'flex-start')
  if (reserved !== undefined && reserved.value !== 'none')
    pool.known('capacity', reserved.name, 'reserved', reserved.place)
  else if (queued !== undefined) pool.unknown('capacity', queued.name, 'it waits for capacity', queued.place)
  else if (isOn(one, 'spot') || isOn(one, 'preemptible')) {
    const option = optionOf(one, 'spot', 'preemptible')!
    pool.known('capacity', option.name, 'spot', option.place)
  } else if (!one.complete) pool.unknown('capacity', 'spot', 'more may be given', one.head, { site })
  else pool.default('capacity', 'spot', 'on-demand', one.head, { site })
}

function changePool(claim: Claim, value: unknown, facts: UnitFacts): Change | Refusal {
  if (claim.setting === 'capacity') return addOptions(claim, facts, 'Buy spot machines: --spot', ['--spot'])
  if (claim.setting !== 'minimum') return byHand(claim)
  if (isFirstPool(claim, facts))
    return {
      reason:
        'the first pool of a cluster runs its system pods: put the GPUs in one of their own (gcloud container node-pools create)',
    }
  if (claim.site.anchor === 'value')
    return replaceValue(claim, facts, `Let it shrink to nothing: --${claim.key}=${value}`, String(value))
  if (claim.key !== 'num-nodes') return byHand(claim)
  const most = Math.max(1, Number(effective(claim) ?? 1))
  return addOptions(claim, facts, 'Let it shrink to nothing: autoscaling with a minimum of 0', [
    '--enable-autoscaling',
    '--min-nodes=0',
    `--max-nodes=${most}`,
  ])
}

function isFirstPool({ site }: Claim, { shell }: UnitFacts): boolean {
  const command = shell?.commands.find((one) => one.start <= site.start && site.end <= one.end)
  return /\bclusters\s+create\b/.test(command?.words.map((word) => word.raw).join(' ') ?? '')
}

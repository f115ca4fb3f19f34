/**
 * Node pools of Google Kubernetes Engine that a command line makes: `gcloud container node-pools create`, and the first
 * pool of `gcloud container clusters create`. Defaults: reference of the Google Cloud CLI (`--num-nodes` is 3, in each
 * zone of the cluster).
 */

import { instance } from '../../catalog/instances.js'
import type { Change, Refusal } from '../../edit/write.js'
import { define } from '../../text/records.js'
import { convert, orDefault } from '../../values/operations.js'
import { asCount } from '../../values/parse.js'
import { effective } from '../../values/value.js'
import type { ClaimBuilder } from '../../workload/builder.js'
import type { Claim } from '../../workload/claim.js'
import { byHand } from '../change-answer.js'
import { addOptions, replaceValue } from '../command-lines/change.js'
import {
  besideMatching,
  type CloudCommand,
  cloudCommands,
  isOn,
  optionOf,
  pieceOf,
  piecesOf,
} from '../command-lines/cloud-command.js'
import { OptionSource } from '../command-lines/option-source.js'
import { doesSay } from '../command-lines/printed-text.js'
import { claimPool, claimPoolMachine, type Pool } from '../pool-claims.js'
import { defineReader, type FragmentFacts } from '../reader.js'
import { attachedOf } from './accelerators.js'

export const gcloudPoolsReader = defineReader({
  name: 'gcloud-pools',
  languages: ['shell', 'yaml'],
  triggers: ['node-pools create', 'clusters create'],
  read(facts, context, claims) {
    // A notebook that makes a cluster is a lesson, which takes it away in another cell.
    if (facts.fragment.origin !== 'file') return
    // Another step of the pipeline gives it back.
    if (facts.fragment.language === 'yaml' && doesSay(facts.fragment.text, deletes)) return
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
const zonesOfRegion = 3

function readPool(claims: ClaimBuilder, one: CloudCommand): void {
  const { head } = one
  const source = new OptionSource(one, claims, { aliases })
  const type = source.text('machine-type')
  const attached = attachedOf(source)
  // A pool without accelerators has nothing to say; most clusters begin with one.
  if (attached === null && (instance(effective(type) ?? '')?.gpuCount ?? 0) === 0) return
  const given = one.positionals.find((word) => !word.raw.startsWith('-'))
  const written = given?.text ?? null
  const first = /clusters/.test(one.verb)
  const name = first ? 'default-pool' : written !== null && !/[{}<>]/.test(written) ? written : 'gpu'
  const labels = labelsOf(one, first || written !== null ? name : null)
  const region = effective(source.text('region'))
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
  const held = claimPoolMachine(pool, 'machine-type', type)
  if (!held && attached !== null) {
    pool.say('gpus', 'accelerator', attached.gpus)
    pool.say('gpuModel', 'accelerator', attached.model)
  }
  claimSize(pool, source)
  claimZones(pool, source, region)
  claimCapacity(pool, source)
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

const aliases = {
  'machine-type': ['m'],
  region: ['zone', 'location'],
  'min-nodes': ['total-min-nodes'],
  'max-nodes': ['total-max-nodes'],
  reservation: ['reservation-affinity'],
}

function claimSize(pool: Pool, source: OptionSource): void {
  const { command } = source
  const scales = ['enable-autoscaling', 'enable-queued-provisioning', 'flex-start'].some(
    (name) => effective(source.switch(name)) === true,
  )
  const key = scales ? 'min-nodes' : 'num-nodes'
  const least = orDefault(convert(source.get(key), asCount), scales ? 0 : defaultNodes)
  // The number of a pool that nothing scales becomes its ceiling.
  const site = scales ? least.site : source.atCommand().site
  pool.say('minimum', source.option(key)?.name ?? key, { ...least, site })
  if (command.complete) pool.known('fixed', 'enable-autoscaling', !scales, command.head)
  if (scales) pool.say('maximum', 'max-nodes', convert(source.get('max-nodes'), asCount))
}

/** What is asked for is had in each zone; a region has three where none is named. */
function claimZones(pool: Pool, source: OptionSource, location: string | undefined): void {
  if (source.option('min-nodes')?.name.startsWith('total-') === true) return
  const named = effective(source.text('node-locations'))?.split(',').length
  const regional = location !== undefined && /^[a-z]+-[a-z]+\d+$/.test(location)
  if (source.has('node-locations') && named === undefined) return
  if (named !== undefined || regional)
    pool.known('zones', 'node-locations', named ?? zonesOfRegion, source.command.head)
}

function claimCapacity(pool: Pool, source: OptionSource): void {
  const spot = [source.switch('spot'), source.switch('preemptible')]
  const bought = convert(spot.find((one) => effective(one) === true) ?? spot[0]!, (on) =>
    on ? 'spot' : 'on-demand',
  )
  pool.say('capacity', 'spot', orDefault(bought, 'on-demand'))
  const queued = source.option('enable-queued-provisioning') ?? source.option('flex-start')
  if (queued !== undefined) pool.unknown('capacity', queued.name, 'it waits for capacity', queued.place)
  const reserved = source.option('reservation')
  if (reserved !== undefined && reserved.value !== 'none')
    pool.known('capacity', reserved.name, 'reserved', reserved.place)
}

function changePool(claim: Claim, value: unknown, facts: FragmentFacts): Change | Refusal {
  if (claim.setting === 'capacity') return addOptions(claim, facts, 'Buy spot machines: --spot', ['--spot'])
  if (claim.setting !== 'minimum') return byHand(claim)
  if (isFirstPool(claim, facts))
    return {
      reason:
        'the first pool of a cluster runs its system pods: put the GPUs in one of their own (gcloud container node-pools create)',
    }
  if (claim.site.target?.kind === 'option')
    return replaceValue(claim, facts, `Scale to zero: --${claim.key}=${value}`, String(value))
  if (claim.key !== 'num-nodes') return byHand(claim)
  const most = Math.max(1, Number(effective(claim) ?? 1))
  return addOptions(claim, facts, 'Scale to zero: autoscaling with a minimum of 0', [
    '--enable-autoscaling',
    '--min-nodes=0',
    `--max-nodes=${most}`,
  ])
}

function isFirstPool({ site }: Claim, { shell }: FragmentFacts): boolean {
  const command = shell?.commands.find((one) => one.start <= site.start && site.end <= one.end)
  return /\bclusters\s+create\b/.test(command?.words.map((word) => word.raw).join(' ') ?? '')
}

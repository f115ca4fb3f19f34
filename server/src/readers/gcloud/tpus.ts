/**
 * TPU machines that a command line makes: `gcloud compute tpus tpu-vm create`, also by way of a queue. They stay until
 * somebody deletes them. Source: reference of the Google Cloud CLI.
 */
import { namedGpu } from '../../catalog/spellings.js'
import { derived } from '../../values/operations.js'
import { effective } from '../../values/value.js'
import type { ClaimBuilder } from '../../workload/builder.js'
import { commandSite } from '../command-lines/change.js'
import { type CloudCommand, isOn, optionOf } from '../command-lines/cloud-command.js'
import { OptionSource } from '../command-lines/option-source.js'
import { doesSay } from '../command-lines/printed-text.js'
import { claimSetUpAtStart, startScriptMayEnd } from '../command-lines/start-script.js'
import { claimMachineRequest } from '../machine-claims.js'
import type { ReaderContext } from '../reader.js'

export const tpuVerbs = /^compute tpus ((tpu-vm|queued-resources|execution-groups) )?create\b(?!-)/

/** What ends the machine in the same script. */
const endings = /\btpus\s+((tpu-vm|queued-resources|execution-groups)\s+)?(delete|stop|reset)\b/

/** What would: nothing that is written in the request. */
export const deletion = 'tpu-vm delete'

export function readTpu(claims: ClaimBuilder, context: ReaderContext, one: CloudCommand, text: string): void {
  const { head } = one
  const site = commandSite(one)
  const name = one.positionals.find((word) => word.text !== null && !word.raw.startsWith('-'))?.text ?? 'tpu'
  const compute = claimMachineRequest(claims, null, {
    provider: 'gcp',
    // The smallest slice has several chips, also where somebody only tries things.
    interactive: false,
    accelerator: 'tpu',
    place: head,
    site,
    scope: name,
  })
  const region = optionOf(one, 'zone')?.value
  if (typeof region === 'string') compute.known('region', 'zone', region.replace(/-[a-z]$/, ''), head)
  const key = 'accelerator-type'
  const slice = derived(new OptionSource(one, claims).text(key), (type) =>
    namedGpu(`TPU ${type.replace(/litepod/, 'e')}`),
  )
  const chips = derived(slice, ({ count }) => count ?? undefined)
  if (chips.state === 'known') {
    compute.say('gpus', key, chips)
    compute.say(
      'gpuModel',
      key,
      derived(slice, ({ gpu }) => gpu.name),
    )
  } else compute.say('gpus', key, { ...claims.origin(head, { site }), state: 'range', low: 1, high: null })
  if (isOn(one, 'spot')) compute.known('spot', 'spot', true, head)
  const machine = {
    holder: `"${name}"`,
    gpus: effective(chips) ?? null,
    model: effective(slice)?.gpu.name ?? null,
    evidence: compute.subject.evidence,
  }
  // A slice that is taken back is made anew.
  claimSetUpAtStart(claims, context, one, machine, 'metadata-from-file', 'metadata')
  // What is preemptible ends after a day.
  const ends = optionOf(one, 'max-run-duration', 'preemptible', 'best-effort')
  const scripted = startScriptMayEnd(claims, context, one, 'metadata-from-file', 'metadata')
  if (ends !== undefined || !one.complete || doesSay(text, endings) || scripted)
    compute.unknown('idleStop', deletion, 'it may stop by itself', head, { site })
  // What is taken back by the platform hardly runs on for weeks.
  else compute.default('idleStop', deletion, null, head, { site, overridable: isOn(one, 'spot') })
}

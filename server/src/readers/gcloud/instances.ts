/**
 * Machines of Compute Engine that a command line makes: `gcloud compute instances create`. They stay until something
 * stops them. Source: reference of the Google Cloud CLI.
 */
import { instance } from '../../catalog/instances.js'
import type { Change, Refusal } from '../../edit/write.js'
import { effective } from '../../values/value.js'
import type { ClaimBuilder, SubjectBuilder } from '../../workload/builder.js'
import type { Claim } from '../../workload/claim.js'
import { byHand } from '../change-answer.js'
import { addOptions, commandSite, replaceValue } from '../command-lines/change.js'
import {
  alternativesOf,
  type CloudCommand,
  cloudCommands,
  isOn,
  mayGive,
  optionOf,
  spelledText,
} from '../command-lines/cloud-command.js'
import { OptionSource } from '../command-lines/option-source.js'
import { doesSay } from '../command-lines/printed-text.js'
import { claimStartScript, startScriptMayEnd, trainingScript } from '../command-lines/start-script.js'
import {
  acceleratorModel,
  acceleratorsInType,
  claimBought,
  claimChosenType,
  claimMachineRequest,
  claimType,
  servesByName,
  trainsByName,
  workstation,
} from '../machine-claims.js'
import { defineReader, type FragmentFacts, type ReaderContext } from '../reader.js'
import { attachedOf } from './accelerators.js'
import { machineName, type OwnMachine, ownMachines } from './own-machine.js'
import { deletion, readTpu, tpuVerbs } from './tpus.js'

/** A program makes machines by the command line, written as one text or as a list of words. */
const makesMachines = /instances (create|bulk)|["']instances["'],\s*["']create["']|tpu-vm|queued-resources/

export const gcloudInstancesReader = defineReader({
  name: 'gcloud-instances',
  leads: ({ text }) => makesMachines.test(text),
  languages: ['shell', 'yaml', 'python'],
  triggers: [
    'instances create',
    '"instances", "create"',
    "'instances', 'create'",
    'tpu-vm create',
    'queued-resources create',
    'tpus create',
    'execution-groups create',
  ],
  read(facts, context, claims) {
    // What a notebook makes, another of its cells takes away.
    if (facts.fragment.origin !== 'file') return
    const text = spelledText(facts)
    const machines = ownMachines(facts, context)
    for (const one of cloudCommands('gcloud', facts, context, /^compute instances create\b(?!-)/))
      readInstance(claims, context, one, text, machines.get(machineName(one) ?? '') ?? null)
    for (const one of cloudCommands('gcloud', facts, context, tpuVerbs)) readTpu(claims, context, one, text)
  },
  change: changeInstance,
})

/** What ends the machine: from outside in the same script, or from inside by a start script. */
const endings =
  /instances\s+(delete|stop|suspend|add-resource-policies|set-scheduling)|shutdown|poweroff|\bhalt\b|resource-policies|scheduler\s+jobs/

function readInstance(
  claims: ClaimBuilder,
  context: ReaderContext,
  one: CloudCommand,
  text: string,
  own: OwnMachine | null,
): void {
  const source = new OptionSource(one, claims)
  const type = source.text('machine-type')
  const attached = attachedOf(source)
  const chosen = effective(type) === undefined ? alternativesOf(one, source.option('machine-type')) : null
  const several = attached === null && chosen !== null && mayAllHold(one, chosen.texts)
  const held = several || (instance(effective(type) ?? '')?.gpuCount ?? 0) > 0
  // Machines without accelerators are cheap, and mostly servers.
  if (attached === null && !held) return
  const { head } = one
  const name =
    one.positionals.find((word) => word.text !== null && !word.raw.startsWith('-'))?.text ?? 'instance'
  const site = commandSite(one)
  const script = own === null ? trainingScript(claims, context, one, 'metadata-from-file', 'metadata') : null
  const job = own?.job ?? (script === null ? undefined : `${claims.path}#gcloud-machine:${head.start}`)
  const interactive = job === undefined && workstation.test(name)
  const compute = claimMachineRequest(claims, null, {
    provider: 'gcp',
    interactive,
    place: head,
    site,
    scope: name,
    ...(job === undefined ? {} : { job }),
  })
  if (own !== null) claimJob(compute, one, own.besides)
  else if (script !== null) {
    const { sharing } = claimStartScript(claims, context, script, job!, {
      holder: `"${name}"`,
      gpus:
        (attached === null ? instance(effective(type) ?? '')?.gpuCount : effective(attached.gpus)) ?? null,
      model:
        (attached === null ? acceleratorModel(effective(type) ?? '') : effective(attached.model)) ?? null,
      evidence: compute.subject.evidence,
    })
    claimJob(compute, one, sharing)
  }
  const spot = isSpot(one)
  if (job !== undefined || isForTraining(one, name, interactive))
    claimBought(compute, {
      key: 'provisioning-model',
      spot: spot || (isPlain(one) ? false : null),
      reserved: optionOf(one, 'reservation', 'reservation-affinity') !== undefined,
      place: head,
      site,
    })
  else if (spot && !isPreemptible(one)) compute.known('spot', 'provisioning-model', true, head)
  const region = optionOf(one, 'zone')?.value
  if (typeof region === 'string') compute.known('region', 'zone', region.replace(/-[a-z]$/, ''), head)
  if (several)
    claimChosenType(compute, 'machine-type', { ...chosen, texts: chosen.texts.filter(holdsAny) }, head)
  else claimType(compute, 'machine-type', type)
  if (attached !== null && !held) {
    compute.say('gpus', 'accelerator', attached.gpus)
    compute.say('gpuModel', 'accelerator', attached.model)
  }
  const key = 'max-run-duration'
  const maySpot = mayGive(one, 'provisioning-model', 'preemptible')
  const limit = optionOf(one, ...limits)
  if (
    limit !== undefined ||
    (spot && isPreemptible(one)) ||
    mayGive(one, ...limits, 'metadata', 'metadata-from-file') ||
    doesSay(text, endings) ||
    startScriptMayEnd(claims, context, one, 'metadata-from-file', 'metadata')
  )
    compute.unknown('idleStop', key, 'it may stop by itself', head, { site })
  // What is taken back by the platform hardly runs on for weeks.
  else compute.default('idleStop', key, null, head, { site, overridable: spot || maySpot })
}

/** What ends it at a time. */
const limits = ['max-run-duration', 'termination-time', 'resource-policies', 'request-valid-for-duration']

const holdsAny = (type: string): boolean => (acceleratorsInType(type) ?? 0) > 0

/** Each machine type that the script chooses from holds accelerators, or gets them by an option that it adds (`ACC="--accelerator=…"`). */
function mayAllHold(one: CloudCommand, types: readonly string[]): boolean {
  return types.every(holdsAny) || (types.some(holdsAny) && !one.complete && mayGive(one, 'accelerator'))
}

function isSpot(one: CloudCommand): boolean {
  const model = optionOf(one, 'provisioning-model')?.value ?? ''
  return isOn(one, 'spot') || isOn(one, 'preemptible') || /^spot$/i.test(model)
}

/** Neither a template nor what cannot be read asks for other capacity. */
function isPlain(one: CloudCommand): boolean {
  const model = optionOf(one, 'provisioning-model')
  const named = model === undefined || /^standard$/i.test(model.value ?? '')
  const others = ['provisioning-model', 'preemptible', 'spot', 'source-instance-template']
  return named && !mayGive(one, ...others) && optionOf(one, 'source-instance-template') === undefined
}

/** It ends after a day; spot capacity is billed until others want it. */
function isPreemptible(one: CloudCommand): boolean {
  return isOn(one, 'preemptible') && !/^spot$/i.test(optionOf(one, 'provisioning-model')?.value ?? '')
}

/** As far as its name, its labels and those of the script tell. */
function isForTraining(one: CloudCommand, name: string, interactive: boolean): boolean {
  const words = [name, optionOf(one, 'labels')?.outline ?? '', optionOf(one, 'tags')?.outline ?? ''].join(' ')
  return !interactive && trainsByName.test(words) && !servesByName.test(words)
}

/** What only a machine has whose programs are known. */
function claimJob(compute: SubjectBuilder<'Compute'>, { head }: CloudCommand, besides: string | null): void {
  compute.default('nodes', 'instances create', 1, head)
  compute.known('trials', 'instances create', false, head)
  if (besides !== null) compute.known('sharing', 'compute ssh', besides, head)
}

function changeInstance(claim: Claim, value: unknown, facts: FragmentFacts): Change | Refusal {
  if (claim.setting === 'instanceType')
    return replaceValue(claim, facts, `Take ${value}: --machine-type`, String(value))
  if (claim.setting === 'spot')
    return addOptions(claim, facts, 'Buy spot capacity: --provisioning-model=SPOT', [
      '--provisioning-model=SPOT',
      '--instance-termination-action=STOP',
    ])
  if (claim.setting !== 'idleStop') return byHand(claim)
  if (claim.key === deletion)
    return { reason: 'delete it by a command behind the work, which also runs where that fails' }
  // There is no idle shutdown of a plain machine; a day's work ends in the evening.
  const hours = Math.max(8, Math.round(Number(value) / 3600))
  if (facts.shell === undefined) return { reason: 'the command is inside a string' }
  const { start, end } = claim.site
  const ends = /--instance-termination-action\b/.test(facts.fragment.text.slice(start, end))
  return addOptions(claim, facts, `Stop it after ${hours} hours: --max-run-duration`, [
    `--max-run-duration=${hours}h`,
    ...(ends ? [] : ['--instance-termination-action=STOP']),
  ])
}

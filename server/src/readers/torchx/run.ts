/**
 * Machines that `torchx run` asks a scheduler for. Sources: torchx/components/dist.py, torchx/schedulers (kubernetes,
 * aws_batch, gcp_batch, slurm, lsf), torchx/specs/named_resources_aws.py of TorchX 0.7.
 */
import { instance } from '../../catalog/instances.js'
import type { ShellCommand } from '../../config/shell-facts.js'
import type { Change, Refusal } from '../../edit/write.js'
import { type TorchxOption, type TorchxRun, torchxRun, torchxScheduler } from '../../link/torchx.js'
import { optionValue } from '../../text/change-target.js'
import { lookUp } from '../../text/records.js'
import type { SourceFragment } from '../../text/source-fragment.js'
import { absent, orDefault, readAs, stated, unreadable } from '../../values/operations.js'
import type { Given, Value } from '../../values/value.js'
import type { ClaimBuilder, Place, SubjectBuilder } from '../../workload/builder.js'
import type { Claim, Evidence } from '../../workload/claim.js'
import type { ComputeSettings } from '../../workload/resource-kinds.js'
import { byHand } from '../change-answer.js'
import { claimType } from '../machine-claims.js'
import { defineReader, type FragmentFacts } from '../reader.js'
import { launchesOf, shellLaunchId, workOf } from '../shell/launches.js'
import { secondsOf } from '../slurm/job.js'
import { withTorchxDefaults } from './defaults.js'

export const providers: Record<string, ComputeSettings['provider']> = {
  kubernetes: 'kubernetes',
  kubernetes_mcad: 'kubernetes',
  aws_batch: 'aws',
  gcp_batch: 'gcp',
  slurm: 'own cluster',
  lsf: 'own cluster',
}

export const torchxReader = defineReader({
  name: 'torchx',
  languages: ['shell'],
  triggers: ['torchx run'],
  read(facts, _context, claims) {
    const { fragment } = facts
    const shell = withTorchxDefaults(facts, claims)
    if (shell === undefined) return
    for (const command of shell.commands) {
      const asked = command.unreachable ? null : torchxAsked(command)
      if (asked === null) continue
      const job = jobOf(claims, fragment, command)
      const launches = launchesOf([command], (span) => claims.locate(span))
      const { sharing } = workOf({ ...shell, commands: [command] }, launches)
      readRun(claims, command, asked.run, asked.provider, job, command.background ? null : sharing)
    }
  },
  change: changeRun,
})

const jobOf = (claims: ClaimBuilder, fragment: SourceFragment, command: ShellCommand): string =>
  shellLaunchId(claims, fragment, command)

/** The `torchx run` of a command, where a scheduler that is known gives it machines of its own; else null. */
export function torchxAsked(
  command: ShellCommand,
): { run: TorchxRun; provider: ComputeSettings['provider'] } | null {
  const at = command.words.findIndex((word) => /(^|\/)torchx$/.test(word.text ?? ''))
  const run = at < 0 ? null : torchxRun(command.words.slice(at))
  const scheduler = run === null ? null : torchxScheduler(run)
  const provider = scheduler === null ? undefined : lookUp(providers, scheduler)
  return run === null || provider === undefined ? null : { run, provider }
}

export function readRun(
  claims: ClaimBuilder,
  command: ShellCommand,
  run: TorchxRun,
  provider: ComputeSettings['provider'],
  job: string,
  sharing: string | null,
): void {
  const { options, place, component } = run
  const [gpus, host] = [options.gpu, options.h]
  const shown: Place = (gpus ?? host)?.span ?? place
  const evidence: Evidence = {
    role: 'job',
    accelerator: gpus === undefined && host === undefined ? 'maybe' : 'gpu',
    small: null,
    notebook: false,
  }
  const compute = claims.subject('Compute', shown, '', evidence, job)
  compute.known('provider', 'scheduler', provider, shown)
  compute.known('choosesCapacity', 'scheduler', false, shown)
  compute.known('trials', 'torchx run', command.loops.length > 0, shown)
  compute.known('service', 'torchx run', false, shown)
  if (sharing !== null) compute.known('sharing', 'torchx run', sharing, shown)
  const name = options.name?.value
  if (typeof name === 'string' && /[\w]$/.test(name))
    compute.known('name', '--name', name.slice(name.lastIndexOf('/') + 1), options.name!.span)
  claimHost(compute, run, shown)
  if (component === 'utils.python') {
    // Copies that know nothing of each other.
    if (options['num-replicas'] === undefined) compute.default('nodes', '--num_replicas', 1, shown)
    else compute.unknown('nodes', '--num_replicas', 'copies', options['num-replicas'].span)
  } else claimSize(compute, run, shown)
  claimEnd(compute, run, provider, shown)
}

/** A number; where the option is left out, what TorchX takes. */
function countOf(
  compute: SubjectBuilder<'Compute'>,
  { options, complete }: TorchxRun,
  name: string,
  shown: Place,
): Given<number> {
  const option = lookUp(options, name)
  if (option !== undefined) {
    const origin = compute.locator.origin(option.span, { site: siteOf(option) })
    return readAs(origin, numberOf(option), 'a variable')
  }
  const none = absent(compute.locator.origin(shown, { channel: 'library default' }))
  return complete ? none : unreadable(none, 'options in a variable')
}

function claimHost(compute: SubjectBuilder<'Compute'>, run: TorchxRun, shown: Place): void {
  const { h } = run.options
  if (h !== undefined) {
    const type = typeof h.value === 'string' ? h.value.replace(/^aws_/, '') : null
    const place = h.valueSpan ?? h.span
    if (type !== null && instance(type) !== undefined)
      claimType(compute, '-h', stated(compute.locator.origin(place), type))
    else compute.unknown('gpus', '-h', 'a resource of its own', place)
    return
  }
  compute.say('gpus', '--gpu', orDefault(countOf(compute, run, 'gpu', shown), 0))
  compute.say('cpus', '--cpu', countOf(compute, run, 'cpu', shown))
}

function claimSize(compute: SubjectBuilder<'Compute'>, { options, nodes }: TorchxRun, shown: Place): void {
  const { j } = options
  if (j === undefined) {
    compute.default('nodes', '-j', 1, shown)
    return
  }
  const origin = compute.locator.origin(j.span, { site: siteOf(j) })
  compute.say('nodes', '-j', readAs(origin, nodes, 'a number that is not readable'))
  const each = typeof j.value === 'string' ? /x(\d+)$/.exec(j.value)?.[1] : undefined
  if (each !== undefined) compute.say('processes', '-j', stated(origin, Number(each)))
}

function claimEnd(
  compute: SubjectBuilder<'Compute'>,
  command: TorchxRun,
  provider: ComputeSettings['provider'],
  shown: Place,
): void {
  const retries = countOf(compute, command, 'max-retries', shown)
  compute.say('retries', '--max_retries', orDefault(retries, 0))
  if (provider !== 'own cluster') return
  // Files of the project (`.torchxconfig`) may give it as well.
  const settings = command.run['scheduler-args']
  const given = typeof settings?.value === 'string' ? settings.value : ''
  const time = /(?:^|[,;])time=([\d:-]+)/.exec(given)?.[1]
  const seconds = time === undefined ? undefined : secondsOf(time)
  compute.known('limitedBy', 'partition', 'the partition', shown)
  const origin = compute.locator.origin(settings?.span ?? shown)
  const limit: Value<number | null> =
    seconds === undefined ? unreadable(origin, 'configuration beside it') : stated(origin, seconds)
  compute.say('timeLimit', 'time', limit)
}

function numberOf(option: TorchxOption | undefined): number | null {
  return typeof option?.value === 'string' && /^\d+$/.test(option.value) ? Number(option.value) : null
}

/** Only a value of its own is replaced: not a part of what a variable holds. */
function siteOf(option: TorchxOption): Place {
  return option.valueSpan === null ? option.span : { ...option.valueSpan, target: optionValue }
}

export function changeRun(claim: Claim, value: unknown, facts: FragmentFacts): Change | Refusal {
  const { start, end, target } = claim.site
  if (target?.kind !== 'option' || typeof value !== 'number') return byHand(claim)
  const quoted = /^(["'])(.*)\1$/.exec(facts.fragment.text.slice(start, end))
  return changeOption(
    claim,
    value,
    facts,
    quoted === null ? { start, end } : { start: start + 1, end: end - 1 },
  )
}

/** The bare value stands at `start`. */
function changeOption(
  claim: Claim,
  value: number,
  facts: FragmentFacts,
  { start, end }: { start: number; end: number },
): Change | Refusal {
  const { fragment } = claim.site
  const written = facts.fragment.text.slice(start, end)
  const change = (title: string, from: number, to: number): Change => ({
    title: `${title}: ${claim.key}`,
    safety: 'unsafe',
    writes: [{ kind: 'replace text', path: facts.path, fragment, start: from, end: to, text: String(value) }],
    imports: [],
  })
  const size = /^(\d+)x(\d+)$/.exec(written)
  switch (claim.setting) {
    case 'gpus':
      if (value < 1 || !/^\d+$/.test(written)) return byHand(claim)
      return change(`Request ${value === 1 ? 'one GPU' : `${value} GPUs`}`, start, end)
    case 'retries':
      if (!/^\d+$/.test(written)) return byHand(claim)
      return change(`Start it again ${value === 1 ? 'once' : `${value} times`} at most`, start, end)
    case 'nodes':
      if (size === null) return byHand(claim)
      return change(`Request ${value} node`, start, start + size[1]!.length)
    case 'processes':
      if (size === null) return byHand(claim)
      return change(`Start ${value} processes on each node`, end - size[2]!.length, end)
    default:
      return byHand(claim)
  }
}

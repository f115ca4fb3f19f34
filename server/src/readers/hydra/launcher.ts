/**
 * Jobs of SLURM that Hydra's submitit launcher starts for the runs of a sweep, as the launch line asks for them:
 * `python train.py -m hydra/launcher=submitit_slurm hydra.launcher.gpus_per_node=4`. Source: config.py of
 * hydra-submitit-launcher 1.2 (one node, one task, an hour).
 */
import { gpu } from '../../catalog/gpus.js'
import type { Change, Refusal } from '../../edit/write.js'
import type { LaunchFlag, LaunchParts } from '../../link/launch-parts.js'
import { lookUp } from '../../text/records.js'
import { absent, orDefault, readAs } from '../../values/operations.js'
import type { Value } from '../../values/value.js'
import type { ClaimBuilder, Place, SubjectBuilder } from '../../workload/builder.js'
import type { Claim, Evidence } from '../../workload/claim.js'
import { byHand } from '../change-answer.js'
import { defineReader, type FragmentFacts } from '../reader.js'
import { launchesOf, shellLaunchId } from '../shell/launches.js'
import { gpusNamed } from '../slurm/job.js'

export const hydraLauncherReader = defineReader({
  name: 'hydra-launcher',
  languages: ['shell'],
  triggers: ['hydra.launcher.', 'hydra/launcher'],
  read(facts, _context, claims) {
    const { shell, fragment } = facts
    if (shell === undefined) return
    for (const launch of launchesOf(shell.commands, (span) => claims.locate(span)))
      if (hydraSteps(launch.parts) !== null)
        readLine(claims, launch.parts, shellLaunchId(claims, fragment, launch.command))
  },
  change: changeLine,
})

/** Processes per node and nodes of each run; null: the runs are no jobs of their own. */
export function hydraSteps(parts: LaunchParts): { processes: number | null; nodes: number | null } | null {
  const { flags } = parts
  if (flags.m?.value !== true && flags.multirun?.value !== true) return null
  const chosen = flags['hydra/launcher']
  // Without a word on the line, the configuration chooses; only jobs of a scheduler have a partition.
  const asks =
    chosen === undefined
      ? ['partition', 'account', 'gres', 'qos'].some((name) => optionOf(parts, name) !== undefined)
      : /slurm/.test(String(chosen.value ?? ''))
  if (!asks || parts.launcher !== 'python') return null
  return { processes: countOf(parts, 'tasks_per_node', 1), nodes: countOf(parts, 'nodes', 1) }
}

const optionOf = ({ flags }: LaunchParts, name: string): LaunchFlag | undefined =>
  lookUp(flags, `hydra.launcher.${name}`)

/** The plugin's own launcher, so that what the line leaves out is known. */
const isPlain = ({ flags, complete }: LaunchParts): boolean =>
  complete && flags['hydra/launcher']?.value === 'submitit_slurm'

/** Null: not readable, or up to a configuration. */
function countOf(parts: LaunchParts, name: string, otherwise: number): number | null {
  const option = optionOf(parts, name)
  if (option === undefined) return isPlain(parts) ? otherwise : null
  return numberIn(option)
}

function numberIn({ value }: LaunchFlag): number | null {
  return typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : null
}

function readLine(claims: ClaimBuilder, parts: LaunchParts, job: string): void {
  const [gpus, each, gres] = ['gpus_per_node', 'gpus_per_task', 'gres'].map((name) => optionOf(parts, name))
  const asked = gpus ?? each ?? gres
  const shown = asked ?? parts.flags['hydra/launcher'] ?? optionOf(parts, 'partition')
  const place: Place = shown?.span ?? parts.programSpan
  const evidence: Evidence = {
    role: 'job',
    accelerator: asked === undefined ? 'maybe' : 'gpu',
    small: null,
    notebook: false,
  }
  const compute = claims.subject('Compute', place, '', evidence, job)
  compute.known('provider', 'hydra/launcher', 'own cluster', place)
  compute.known('choosesCapacity', 'hydra/launcher', false, place)
  compute.known('limitedBy', 'partition', 'the partition', place)
  compute.known('reserved', 'hydra/launcher', false, place)
  compute.known('service', 'hydra/launcher', false, place)
  compute.known('trials', '--multirun', true, place)
  const name = optionOf(parts, 'name')
  if (typeof name?.value === 'string' && /^[\w.-]+$/.test(name.value))
    compute.known('name', 'hydra.launcher.name', name.value, name.span)
  claimGpus(compute, parts, place)
  const given = <T>(name: string, value: T | null): [string, Value<T>] => {
    const option = optionOf(parts, name)
    const site = option === undefined ? {} : { site: siteOf(option) }
    const read = readAs(claims.origin(option?.span ?? place, site), value, 'up to the configuration')
    return [
      option?.written ?? name,
      option === undefined && value !== null ? orDefault(absent(read), value) : read,
    ]
  }
  const count = countOf(parts, 'nodes', 1)
  compute.say('nodes', ...given('nodes', count))
  const cpus = optionOf(parts, 'cpus_per_task')
  const [perTask, tasks] = [cpus === undefined ? null : numberIn(cpus), countOf(parts, 'tasks_per_node', 1)]
  if (cpus !== undefined && perTask !== null && tasks !== null)
    compute.known('cpus', cpus.written, perTask * tasks, cpus.span)
  const limit = optionOf(parts, 'timeout_min')
  const minutes = limit === undefined ? (isPlain(parts) ? 60 : null) : numberIn(limit)
  compute.say('timeLimit', ...given('timeout_min', minutes === null ? null : minutes * 60))
}

function claimGpus(compute: SubjectBuilder<'Compute'>, parts: LaunchParts, place: Place): void {
  const perNode = optionOf(parts, 'gpus_per_node')
  const perTask = optionOf(parts, 'gpus_per_task')
  const gres = optionOf(parts, 'gres')
  const option = perNode ?? perTask ?? gres
  if (option === undefined || option.value === 'null') {
    compute.unknown('gpus', 'gpus_per_node', 'not given', place)
    return
  }
  const text = typeof option.value === 'string' ? option.value : '$'
  const read = /^[\w:]+$/.test(text) ? gpusNamed(text) : { count: null, model: null }
  const factor = option === perTask ? countOf(parts, 'tasks_per_node', 1) : 1
  const count = read.count === null || factor === null ? null : read.count * factor
  const site = option === perNode ? siteOf(option) : { ...option.span }
  const origin = compute.locator.origin(option.span, { site })
  compute.say('gpus', option.written, readAs(origin, count, 'a number that is not readable'))
  const model = read.model === null ? undefined : gpu(read.model)
  if (model !== undefined) compute.known('gpuModel', option.written, model.name, option.span)
}

function siteOf({ valueSpan, span }: LaunchFlag): Place {
  return valueSpan === null ? { ...span } : { ...valueSpan, target: { kind: 'option', part: 'value' } }
}

function changeLine(claim: Claim, value: unknown, facts: FragmentFacts): Change | Refusal {
  const { fragment, start, end, target } = claim.site
  if (
    target?.kind !== 'option' ||
    typeof value !== 'number' ||
    !/^\d+$/.test(facts.fragment.text.slice(start, end))
  )
    return byHand(claim)
  const change = (title: string, number: number): Change => ({
    title: `${title}: ${claim.key}=${number}`,
    safety: 'unsafe',
    writes: [{ kind: 'replace text', path: facts.path, fragment, start, end, text: String(number) }],
    imports: [],
  })
  switch (claim.setting) {
    case 'gpus':
      return change(`Request ${value === 1 ? 'one GPU' : `${value} GPUs`}`, value)
    case 'nodes':
      return change(`Request ${value} node`, value)
    case 'timeLimit':
      return change(`End the job after ${Math.round(value / 3600)} hours`, Math.round(value / 60))
    default:
      return byHand(claim)
  }
}

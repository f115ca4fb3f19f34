/** PBS (Pro, OpenPBS, Torque), LSF and Grid Engine: the machines that the header of a batch script asks for. */
import { gpu } from '../../catalog/gpus.js'
import type { Directive, ShellFacts } from '../../config/shell-facts.js'
import type { Change, Refusal, Write } from '../../edit/write.js'
import { convert, orDefault, readAs } from '../../values/operations.js'
import type { Given } from '../../values/value.js'
import type { ClaimBuilder, Place, SubjectBuilder } from '../../workload/builder.js'
import type { Claim, Evidence } from '../../workload/claim.js'
import { byHand } from '../change-answer.js'
import { defineReader, type FragmentFacts, type ReaderContext } from '../reader.js'
import { changeJobOperation, claimJobOperations, isJobOperation } from '../shell/job-operations.js'
import { launchesOf, shellLaunchId, type Work, workOf } from '../shell/launches.js'
import { namesGpus, withoutLines } from '../slurm/directive-lines.js'
import { DirectiveSource } from '../slurm/directive-source.js'
import { claimBatchScripts } from '../slurm/scripts.js'
import {
  type BatchScheduler,
  batchJobId,
  batchScheduler,
  gpusAsked,
  limitOf,
  nodesAsked,
  option,
} from './job.js'
import { submittedToLsf } from './submitted.js'

const placeOf = (one: Directive): Place => ({ start: one.start, end: one.end })

const limitNames = { PBS: 'walltime', BSUB: 'W', SGE: 'h_rt' } as const
const nameNames = { PBS: 'N', BSUB: 'J', SGE: 'N' } as const

export const batchReader = defineReader({
  name: 'batch',
  languages: ['shell'],
  triggers: ['#PBS', '#BSUB', 'bsub', '#$'],
  read(facts, context, claims) {
    const { shell, path, fragment } = facts
    if (shell === undefined) return
    for (const command of shell.commands) {
      const directives = submittedToLsf(command)
      // What it starts belongs to the job of its command.
      const job = shellLaunchId(claims, fragment, command)
      if (directives !== null && shell.directives.length === 0)
        readJob(claims, context, { ...shell, commands: [command], directives }, 'BSUB', job, fragment.text)
    }
    const scheduler = batchScheduler(shell)
    const job = batchJobId(path, fragment, shell)
    if (scheduler === null || job === null) return
    readJob(claims, context, shell, scheduler, job, fragment.text)
  },
  change(claim, value, facts) {
    return isJobOperation(claim) ? changeJobOperation(claim, facts) : changeJob(claim, value, facts)
  },
})

function readJob(
  claims: ClaimBuilder,
  context: ReaderContext,
  shell: ShellFacts,
  scheduler: BatchScheduler,
  job: string,
  text: string,
): void {
  const asked = gpusAsked(shell, scheduler)
  const first = shell.directives.find((one) => one.scheduler === scheduler)!
  const place = placeOf(asked?.directive ?? first)
  const evidence: Evidence = {
    role: 'job',
    accelerator: asked === null || asked.gpus === 0 ? 'none' : 'gpu',
    small: null,
    notebook: false,
  }
  const launches = launchesOf(shell.commands, (span) => claims.locate(span))
  const work = workOf(shell, launches)
  const compute = claims.subject('Compute', place, '', evidence, job)
  // A batch system of somebody's own machines: its scripts run on the first node, as those of SLURM do.
  compute.known('provider', scheduler, 'own cluster', place)
  compute.known('choosesCapacity', scheduler, false, place)
  const name = option(shell, nameNames[scheduler])
  const plain = name?.value?.replace(/\[.*$/, '')
  if (name !== undefined && plain !== undefined && plain !== '' && !plain.includes('$'))
    compute.known('name', `-${nameNames[scheduler]}`, plain, placeOf(name))
  const array =
    scheduler !== 'BSUB'
      ? (option(shell, 'J') ?? option(shell, 't'))
      : /\[/.test(name?.value ?? '')
        ? name
        : undefined
  compute.known('trials', 'array', array !== undefined, place)
  const model = asked?.model == null ? null : (gpu(asked.model.replace(/^Tesla/, ''))?.name ?? null)
  if (asked !== null) {
    const key = spelled(asked.directive)
    compute.say('gpus', key, readAs(claims.origin(place), asked.gpus, 'a number that is not readable'))
    if (model !== null) compute.known('gpuModel', key, model, place)
  }
  const nodes = nodesAsked(shell, scheduler)
  const nodesPlace = nodes.directive === undefined ? place : placeOf(nodes.directive)
  const nodesKey = nodes.directive === undefined ? 'nodes' : spelled(nodes.directive)
  compute.say(
    'nodes',
    nodesKey,
    readAs(claims.origin(nodesPlace), nodes.count, 'a number that is not readable'),
  )
  claimLimit(compute, shell, scheduler, place, work)
  compute.known('reserved', scheduler, false, place)
  compute.known('limitedBy', '-q', 'the queue', place)
  compute.known('service', 'command', work.service, place)
  if (work.sharing !== null) compute.known('sharing', 'command', work.sharing, place)
  claimBatchScripts(claims, shell, job)
  if (asked === null || asked.gpus === 0) return
  const machine = {
    holder: 'the job',
    gpus: asked.gpus === null || nodes.count === null ? null : asked.gpus * nodes.count,
    model,
    evidence,
    keepsDisk: true,
  }
  claimJobOperations(claims, context, shell, launches, machine, text, ({ start, end }) => ({ start, end }))
}

/** `-l select`, `-gpu`. */
const spelled = (one: Directive): string =>
  one.scheduler !== 'BSUB' && one.name.length > 2 ? `-l ${one.name}` : `-${one.name}`

function claimLimit(
  compute: SubjectBuilder<'Compute'>,
  shell: ShellFacts,
  scheduler: BatchScheduler,
  place: Place,
  work: Work,
): void {
  const key = { PBS: 'walltime', BSUB: 'run limit (-W)', SGE: 'h_rt' }[scheduler]
  const source = new DirectiveSource(shell.directives, scheduler, compute.locator, place)
  const written = source.text(limitNames[scheduler])
  const seconds: Given<number | null> = convert(
    written,
    (value) => limitOf(value, scheduler),
    'a time that is not readable',
  )
  compute.say('timeLimit', key, orDefault(seconds, null))
  if (work.timeout !== null)
    compute.known('timeLimit', 'timeout', work.timeout.seconds, work.timeout.word, { channel: 'launch flag' })
}

function changeJob(claim: Claim, value: unknown, facts: FragmentFacts): Change | Refusal {
  const { shell, fragment, path } = facts
  const scheduler = shell === undefined ? null : batchScheduler(shell)
  if (shell === undefined) return { reason: 'the script has changed' }
  if (scheduler === null || scheduler === 'SGE') return byHand(claim)
  const write = (title: string, name: string, text: string): Change => {
    const one: Write = { kind: 'set directive', path, fragment: fragment.index, scheduler, name, value: text }
    return { title, safety: 'unsafe', writes: [one], imports: [] }
  }
  if (claim.setting === 'timeLimit' && typeof value === 'number') {
    const hours = String(Math.round(value / 3600)).padStart(2, '0')
    const text = scheduler === 'PBS' ? `${hours}:00:00` : `${hours}:00`
    const said = scheduler === 'PBS' ? `walltime=${text}` : `-W ${text}`
    return write(`End the job after ${Number(hours)} hours: ${said}`, limitNames[scheduler], text)
  }
  if (claim.setting === 'gpus' && value === 0) return noGpus(facts, shell, scheduler)
  if (claim.setting === 'gpus' && typeof value === 'number' && value > 0) {
    const asked = gpusAsked(shell, scheduler)
    const text = asked?.rewritten(value) ?? null
    return asked === null || text === null
      ? { reason: 'the request for GPUs is not readable' }
      : write(`Request ${value === 1 ? 'one GPU' : `${value} GPUs`}: ${text}`, asked.directive.name, text)
  }
  return byHand(claim)
}

/** What asks for GPUs, and the queue that is named after them: the one that the scheduler takes by default remains. */
function noGpus(
  facts: FragmentFacts,
  shell: ShellFacts,
  scheduler: Exclude<BatchScheduler, 'SGE'>,
): Change | Refusal {
  const asked = gpusAsked(shell, scheduler)
  if (asked === null) return { reason: 'the request for GPUs has changed' }
  const queue = option(shell, 'q')
  const lines = queue !== undefined && namesGpus(queue.value) ? [queue] : []
  const left = asked.withoutGpus
  if (left === null) return { reason: 'the request for GPUs is not readable' }
  const names = [spelled(asked.directive), ...lines.map((one) => `-${one.name} ${one.value}`)]
  if (left === '')
    return withoutLines(
      facts,
      scheduler,
      [asked.directive, ...lines],
      `Ask for no GPU: remove ${names.join(', ')}`,
    )
  const rest = withoutLines(
    facts,
    scheduler,
    lines,
    `Ask for no GPU: ${[left, ...names.slice(1).map((one) => `without ${one}`)].join(', ')}`,
  )
  if ('reason' in rest) return rest
  const one: Write = {
    kind: 'set directive',
    path: facts.path,
    fragment: facts.fragment.index,
    scheduler,
    name: asked.directive.name,
    value: left,
  }
  return { ...rest, writes: [one, ...rest.writes] }
}

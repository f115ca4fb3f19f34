/** SLURM batch scripts: the machines that `#SBATCH` lines ask for. */
import { gpu } from '../../catalog/gpus.js'
import type { Directive } from '../../config/shell-facts.js'
import type { Change } from '../../edit/write.js'
import type { Place, SubjectBuilder } from '../../workload/builder.js'
import type { Evidence } from '../../workload/claim.js'
import { defineReader } from '../reader.js'
import { launchesOf, workOf } from '../shell/launches.js'
import {
  directive,
  directiveNumber,
  type GpuRequest,
  gpuRequest,
  nodesOf,
  secondsOf,
  slurmJobId,
  tasksPerNode,
} from './job.js'

const optionPlace = (one: Directive): Place => ({ start: one.start, end: one.end })

export const slurmReader = defineReader({
  name: 'slurm',
  languages: ['shell'],
  triggers: ['#SBATCH'],
  read(facts, _context, claims) {
    const { shell, path } = facts
    if (shell === undefined) return
    const job = slurmJobId(path, facts.unit, shell)
    if (job === null) return
    const { directives } = shell
    const wanted = gpuRequest(directives)
    const first = directives.find((one) => one.scheduler === 'SBATCH')!
    // What costs is the request for GPUs; without one, the job as a whole.
    const place = optionPlace(wanted?.directive ?? first)
    const evidence: Evidence = {
      role: 'job',
      accelerator: wanted === null ? 'none' : 'gpu',
      small: null,
      notebook: false,
    }
    const compute = claims.subject('Compute', place, '', evidence, job)
    compute.known('provider', 'SLURM', 'slurm', place)
    compute.known('choosesCapacity', 'SLURM', false, place)
    const name = directive(directives, 'job-name')
    if (name?.value != null && !name.value.includes('$'))
      compute.known('name', '--job-name', name.value, optionPlace(name))
    if (wanted !== null) claimGpus(compute, wanted)
    const nodes = nodesOf(directives)
    const nodesAt = directive(directives, 'nodes')
    if (nodes === null) compute.unknown('nodes', '--nodes', 'a number that is not readable', place)
    else compute.known('nodes', '--nodes', nodes, nodesAt === undefined ? place : optionPlace(nodesAt))
    const perTask = directiveNumber(directives, 'cpus-per-task')
    const tasks = tasksPerNode(directives)
    if (perTask != null && tasks !== null) {
      compute.known(
        'cpus',
        '--cpus-per-task',
        perTask * tasks,
        optionPlace(directive(directives, 'cpus-per-task')!),
      )
    }
    const launches = launchesOf(shell.commands, (span) => claims.locate(span))
    const work = workOf(shell, launches)
    claimTime(compute, directive(directives, 'time'), place)
    if (work.timeout !== null) {
      compute.known('timeLimit', 'timeout', work.timeout.seconds, work.timeout.word, {
        channel: 'launch flag',
      })
    }
    const array = directive(directives, 'array')
    compute.known('trials', '--array', array !== undefined, array === undefined ? place : optionPlace(array))
    const reservation = directive(directives, 'reservation')
    compute.known('reserved', '--reservation', reservation !== undefined, place)
    const quality = directive(directives, 'qos') === undefined ? '' : ' or the QOS'
    compute.known('limitedBy', '--partition', `the partition${quality}`, place)
    compute.known('service', 'command', work.service, place)
    if (work.sharing !== null) compute.known('sharing', 'command', work.sharing, place)
  },
  change(claim, value, facts): Change | { reason: string } {
    const set = (title: string, name: string, text: string): Change => ({
      title,
      safety: 'unsafe',
      writes: [
        {
          kind: 'set directive',
          unit: claim.site.unit,
          scheduler: 'SBATCH',
          name,
          value: text,
          path: facts.path,
        },
      ],
      imports: [],
    })
    if (claim.setting === 'timeLimit' && typeof value === 'number') {
      const hours = Math.floor(value / 3600)
      const rest = (seconds: number) => String(seconds).padStart(2, '0')
      const text = `${rest(hours)}:${rest(Math.floor((value % 3600) / 60))}:${rest(value % 60)}`
      return set(`End the job after ${hours} hours: --time=${text}`, 'time', text)
    }
    if (claim.setting === 'gpus' && value === 1) {
      const wanted = facts.shell === undefined ? null : gpuRequest(facts.shell.directives)
      if (wanted === null || wanted.single === '') return { reason: 'the request for GPUs is not readable' }
      if (wanted.directive.name === 'gpus' && nodesOf(facts.shell!.directives) !== 1) {
        return { reason: '--gpus counts over all nodes' }
      }
      return set(
        `Ask for one GPU: --${wanted.directive.name}=${wanted.single}`,
        wanted.directive.name,
        wanted.single,
      )
    }
    return { reason: `no change is known for ${claim.key}` }
  },
})

function claimGpus(compute: SubjectBuilder<'Compute'>, wanted: GpuRequest): void {
  const at = optionPlace(wanted.directive)
  const key = `--${wanted.directive.name}`
  if (wanted.count === null) compute.unknown('gpus', key, 'a number that is not readable', at)
  else compute.known('gpus', key, wanted.count, at)
  const model = wanted.model === null ? undefined : gpu(wanted.model)
  if (model !== undefined) compute.known('gpuModel', key, model.name, at)
}

function claimTime(compute: SubjectBuilder<'Compute'>, time: Directive | undefined, place: Place): void {
  if (time === undefined) {
    compute.default('timeLimit', '--time', null, place)
    return
  }
  const seconds = time.value === null ? undefined : secondsOf(time.value)
  if (seconds === undefined)
    compute.unknown('timeLimit', '--time', 'a time that is not readable', optionPlace(time))
  else compute.known('timeLimit', '--time', seconds, optionPlace(time))
}

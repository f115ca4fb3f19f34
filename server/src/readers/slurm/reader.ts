/** SLURM: the machines that `#SBATCH` lines, or `srun` by itself, ask for. */
import { gpu } from '../../catalog/gpus.js'
import { schedulerVariables } from '../../config/scheduler-variables.js'
import type { Directive, ShellCommand, ShellFacts } from '../../config/shell-facts.js'
import { parseScriptCall } from '../../link/launch-line.js'
import { flagOf } from '../../link/launch-parts.js'
import type { ChangeTarget } from '../../text/change-target.js'
import type { SourceFragment } from '../../text/source-fragment.js'
import { convert, orDefault, orUnknown, readAs } from '../../values/operations.js'
import type { Value } from '../../values/value.js'
import type { ClaimBuilder, Place, SubjectBuilder } from '../../workload/builder.js'
import type { Evidence } from '../../workload/claim.js'
import { defineReader, type ReaderContext } from '../reader.js'
import { changeJobOperation, claimJobOperations, isJobOperation } from '../shell/job-operations.js'
import { type FoundLaunch, launchesOf, shellLaunchId, type Work, workOf } from '../shell/launches.js'
import { claimScriptCalls } from '../shell/script-calls.js'
import { changeArray, claimArray, claimArrayGrid } from './array.js'
import { changeJob } from './change.js'
import { gpusOfConstraint } from './constraint.js'
import { fillsInOptions } from './directive-lines.js'
import { DirectiveSource } from './directive-source.js'
import {
  directive,
  directiveNumber,
  type GpuRequest,
  gpuRequest,
  gpusAllowed,
  gpusOfNodes,
  gpusOfPartition,
  limitByName,
  nodesOf,
  preemptible,
  secondsOf,
  slurmJobId,
  tasksPerNode,
} from './job.js'
import { claimBatchScripts } from './scripts.js'
import { isSubmitted, srunOptions } from './srun.js'
import { type StepRequest, widestStep } from './step-request.js'
import { slurmSteps } from './steps.js'
import { asksForAll, claimSubmission, isSubmission, type Submission, submission } from './submission.js'

const optionPlace = (one: Directive): Place => ({ start: one.start, end: one.end })

export const slurmReader = defineReader({
  name: 'slurm',
  languages: ['shell'],
  triggers: ['#SBATCH', 'srun', 'sbatch'],
  read(facts, context, claims) {
    const { shell, path, fragment } = facts
    if (shell === undefined) return
    for (const command of shell.commands) {
      const submitted = submission(command)
      if (submitted === null) continue
      const asks = asksForAll(claims, context, submitted)
      if (asks !== null) claimAllocation(claims, fragment, submitted, asks === 'plain')
      if (asks !== 'plain') claimSubmission(claims, fragment, submitted)
    }
    const found = launchesOf(shell.commands, (span) => claims.locate(span))
    const launches = found.filter(({ parts }) => !isSubmitted(parts))
    const job = slurmJobId(path, fragment, shell)
    if (job !== null) {
      const work = workOf(shell, launches)
      const step = widestStep(shell.directives, launches)
      const wanted = gpuRequest(shell.directives) ?? step?.gpus ?? null
      claimJob(claims, {
        job,
        directives: shell.directives,
        work,
        moreOptions: fillsInOptions(fragment.text),
        command: null,
        launches,
        step,
      })
      claimOperations(claims, context, shell, launches, fragment.text, wanted)
      claimBatchScripts(claims, shell, job)
      claimArrayGrid(claims, shell, fragment.text, launches, job)
      if (wanted !== null && wanted.count !== 0)
        claimArray(claims, shell.directives, launches, jobEvidence(true), job)
    }
    if (job === null) for (const command of shell.commands) claimAllocatedScript(claims, fragment, command)
    for (const launch of job === null ? found : found.filter(({ parts }) => isSubmitted(parts))) {
      const directives = srunOptions(launch.parts)
      if (directives === null) continue
      const { sharing, timeout } = workOf({ ...shell, commands: [launch.command] }, [launch])
      const options = fragment.text.slice(launch.command.start, launch.parts.programSpan.start)
      claimJob(claims, {
        job: shellLaunchId(claims, fragment, launch.command),
        directives,
        work: { ...alone, sharing: launch.command.background ? null : sharing, timeout },
        moreOptions: slot.test(options),
        command: launch.command,
        launches: [launch],
      })
    }
  },
  change(claim, value, facts) {
    if (claim.site.target?.kind === 'directive') return changeArray(claim, value, facts)
    return isJobOperation(claim) ? changeJobOperation(claim, facts) : changeJob(claim, value, facts)
  },
})

/** What runs in an allocation for one command. */
const alone: Work = {
  sharing: null,
  sharedByScript: false,
  service: false,
  workbench: false,
  probes: false,
  timeout: null,
}

/** `srun -p gpu --gres=gpu:4 bash train.sh`: an allocation for a script. */
function claimAllocatedScript(claims: ClaimBuilder, fragment: SourceFragment, command: ShellCommand): void {
  const { words, environment, unreachable } = command
  const parts = unreachable ? null : parseScriptCall(words, environment, (span) => claims.locate(span))
  const directives = parts === null || isSubmitted(parts) ? null : srunOptions(parts)
  if (directives !== null) claimAllocation(claims, fragment, { command, call: command, directives }, true)
}

/** The job that runs one script of the project. */
function claimAllocation(
  claims: ClaimBuilder,
  fragment: SourceFragment,
  { command, call, directives }: Submission,
  /** What the script starts belongs to the job; else its header makes a job of its own of that. */
  called: boolean,
): void {
  const { start, end } = command
  const job = shellLaunchId(claims, fragment, command)
  claimJob(claims, { job, directives, work: alone, command, launches: [] })
  if (!called) return
  claimScriptCalls(
    claims,
    [call],
    { job, id: job, place: { start, end }, variables: schedulerVariables(directives) },
    (span) => claims.locate(span),
    (one) => slurmSteps(one, directives),
  )
}

/** What the batch script does with its GPUs beside its programs. */
function claimOperations(
  claims: ClaimBuilder,
  context: ReaderContext,
  shell: ShellFacts,
  launches: FoundLaunch[],
  text: string,
  wanted: GpuRequest | null,
): void {
  const brought = wanted === null ? broughtBy(shell.directives) : null
  if (wanted === null ? brought === null : wanted.count === 0) return
  const nodes = nodesOf(shell.directives)
  const [only, ...others] = gpusOfConstraint(brought?.value ?? '')
  const count = wanted?.count ?? null
  const model = wanted?.model ?? (others.length === 0 ? only : null) ?? null
  const machine = {
    holder: 'the job',
    gpus: count === null || nodes === null ? null : count * nodes,
    model: model === null ? null : (gpu(model)?.name ?? null),
    evidence: jobEvidence(true),
    keepsDisk: true,
  }
  claimJobOperations(claims, context, shell, launches, machine, text, ({ start, end }) => ({ start, end }))
}

const jobEvidence = (gpu: boolean): Evidence => ({
  role: 'job',
  accelerator: gpu ? 'gpu' : 'none',
  small: null,
  notebook: false,
})

interface Job {
  job: string
  directives: Directive[]
  work: Work
  /** Its options end in a variable that whoever starts it may fill. */
  moreOptions?: boolean
  /** The `srun` that asks by itself; null: a batch script. */
  command: ShellCommand | null
  launches: FoundLaunch[]
  /** Of a batch script. */
  step?: StepRequest | undefined
}

/** `srun … ${SRUN_ARGS} python train.py`: empty by itself. */
const slot = /\$\{?\w*(ARGS|OPTS|OPTIONS|FLAGS|EXTRA)\w*\}?/i

function claimJob(
  claims: ClaimBuilder,
  { job, directives, work, moreOptions, command, launches, step }: Job,
): void {
  const inHeader = gpuRequest(directives)
  const wanted = inHeader ?? step?.gpus ?? null
  const brought = wanted === null ? broughtBy(directives) : null
  const asked = step?.directives ?? directives
  const first = directives.find((one) => one.scheduler === 'SBATCH')!
  // What costs is the request for GPUs; without one, the job as a whole.
  const place = optionPlace(wanted?.directive ?? brought ?? first)
  const evidence = jobEvidence(wanted !== null || brought !== null)
  const compute = claims.subject('Compute', place, '', evidence, job)
  compute.known('provider', 'SLURM', 'own cluster', place)
  compute.known('choosesCapacity', 'SLURM', false, place)
  const source = new DirectiveSource(directives, 'SBATCH', claims, place)
  compute.say('name', '--job-name', source.text('job-name'))
  if (wanted !== null)
    claimGpus(compute, wanted, directives, inHeader === null ? (step?.command ?? command) : command)
  else if (brought !== null) {
    compute.say('gpus', '--constraint', { ...claims.origin(place), state: 'range', low: 1, high: null })
    claimAllowed(compute, directives)
  } else if (processorsOnly(directives)) compute.known('gpus', '--partition', 0, place)
  const nodes = nodesOf(directives)
  const { location, site } = source.get('nodes')
  const at = { ...claims.origin(place), location, site }
  compute.say('nodes', '--nodes', readAs(at, nodes, 'a number that is not readable'))
  const perTask = directive(asked, 'cpus-per-task')
  const cpus = directiveNumber(asked, 'cpus-per-task')
  const tasks = step === undefined ? tasksPerNode(directives) : step.tasks
  if (perTask !== undefined && cpus != null && tasks !== null) {
    compute.known('cpus', '--cpus-per-task', cpus * tasks, optionPlace(perTask))
  }
  claimCoresOfGpus(compute, asked, wanted)
  const isBatch = command === null || isSubmission(command)
  if (isBatch && wanted !== null && tasks !== null && moreOptions !== true && !asksForCores(asked))
    compute.default('unaskedCores', '--cpus-per-task', tasks, place, { site: place })
  const time = convert(source.text('time'), secondsOf, 'a time that is not readable')
  const limit = moreOptions === true ? orUnknown(time, 'options in a variable') : time
  // What only looks at the machine ends by itself.
  if (directive(directives, 'time') !== undefined || moreOptions === true || !work.probes)
    compute.say(
      'timeLimit',
      '--time',
      withOption(compute, orDefault(limit, limitByName(directives)), command),
    )
  if (work.timeout !== null) {
    compute.known('timeLimit', 'timeout', work.timeout.seconds, work.timeout.word, { channel: 'launch flag' })
  }
  const requeue = directive(directives, 'requeue')
  const taken =
    requeue ?? (directive(directives, 'no-requeue') === undefined ? preemptible(directives) : null)
  if (taken !== null) {
    const written = taken === requeue ? '--requeue' : `--${taken.name}=${taken.value}`
    compute.known('retries', written, null, optionPlace(taken), { site: optionPlace(taken) })
  }
  const array = directive(directives, 'array')
  compute.known('trials', '--array', array !== undefined, array === undefined ? place : optionPlace(array))
  const exclusive = directive(directives, 'exclusive')
  // `--exclusive=user` shares the node with other jobs of the same person.
  if (exclusive !== undefined && exclusive.value === null)
    compute.known('exclusive', '--exclusive', true, optionPlace(exclusive))
  const machines = gpusOfNodes(directives)
  if (machines !== null)
    compute.known('gpusOnNode', `--${machines.option.name}`, machines.count, optionPlace(machines.option))
  claimProcesses(compute, launches)
  for (const { command: started } of launches) claimRank(compute, started, nodes, tasks)
  const reservation = directive(directives, 'reservation')
  compute.known('reserved', '--reservation', reservation !== undefined, place)
  const quality = directive(directives, 'qos') === undefined ? '' : ' or the QOS'
  compute.known('limitedBy', '--partition', `the partition${quality}`, place)
  compute.known('service', 'command', work.service, place)
  if (work.sharing !== null) compute.known('sharing', 'command', work.sharing, place)
}

/** `--cpus-per-gpu=8`. */
function claimCoresOfGpus(
  compute: SubjectBuilder<'Compute'>,
  directives: Directive[],
  wanted: GpuRequest | null,
): void {
  const given = directive(directives, 'cpus-per-gpu')
  const each = directiveNumber(directives, 'cpus-per-gpu')
  if (given !== undefined && each != null && wanted?.count != null)
    compute.known('cpus', '--cpus-per-gpu', each * wanted.count, optionPlace(given))
}

/** By any option that brings cores, a whole node included. */
function asksForCores(directives: Directive[]): boolean {
  return (
    directive(
      directives,
      'cpus-per-task',
      'cpus-per-gpu',
      'exclusive',
      'mincpus',
      'cores-per-socket',
      'extra-node-info',
    ) !== undefined
  )
}

/** `srun launcher --machine_rank=$SLURM_NODEID`: the script fills it in on its first node, before `srun` starts anything. */
function claimRank(
  compute: SubjectBuilder<'Compute'>,
  { words }: ShellCommand,
  nodes: number | null,
  tasks: number | null,
): void {
  const srun = words.findIndex(({ text }) => text !== null && /(^|\/)srun$/.test(text))
  if (srun < 0) return
  for (const { raw, start, end } of words.slice(srun + 1)) {
    const [variable] = raw.startsWith("'")
      ? []
      : (/(?<!\\)\$(SLURM_(NODEID|PROCID|LOCALID)\b|\{SLURM_(NODEID|PROCID|LOCALID)\})/.exec(raw) ?? [])
    if (variable === undefined) continue
    const several = /NODEID/.test(variable) ? nodes : nodes === null || tasks === null ? null : nodes * tasks
    if (several !== null && several > 1) compute.known('rankOfFirst', 'srun', variable, { start, end })
  }
}

/** The flag that tells the only launch how many processes to start. */
function claimProcesses(compute: SubjectBuilder<'Compute'>, launches: FoundLaunch[]): void {
  const [only] = launches
  if (only === undefined || launches.length > 1 || only.parts.processes === null) return
  const flag = flagOf(only.parts.launcherFlags, 'nproc-per-node', 'num-gpus', 'num-processes')
  const word = only.command.words.find(({ text }) => /(^|\/)torchrun$/.test(text ?? ''))
  if (flag === undefined && only.parts.launcher === 'torchrun' && word !== undefined) {
    const { end } = word
    compute.default('processes', '--nproc_per_node', only.parts.processes, word, {
      site: { start: end, end, target: { kind: 'option', part: 'behind' } },
    })
    return
  }
  if (flag?.valueSpan == null || flag.value !== String(only.parts.processes)) return
  const { start, end } = flag.valueSpan
  compute.known('processes', flag.written, only.parts.processes, flag.span, {
    site: { start, end, target: { kind: 'option', part: 'value' } },
  })
}

/** `--partition=cpu`, `--account=abc@cpu`, `--partition=amd-512`: centres that part their machines say so in the name. */
function processorsOnly(directives: Directive[]): boolean {
  const named = (option: string) => directive(directives, option)?.value ?? ''
  if (['partition', 'account', 'constraint', 'qos'].some((option) => processors.test(named(option))))
    return true
  return processorFamily.test(named('partition')) && !/gpu/i.test(named('partition'))
}

const processors = /(^|[^a-z])cpu([^a-z]|$)/i
/** Of machines that are told apart by their processor or by their memory. */
const processorFamily =
  /(^|[^a-z])(amd|intel|epyc|xeon|skylake|icelake|cascade_?lake|haswell|broadwell|rome|milan|genoa|(big|high?|large|hi|huge)_?mem(ory)?|fat|smp|serial)([^a-z]|$)/i

function claimGpus(
  compute: SubjectBuilder<'Compute'>,
  wanted: GpuRequest,
  directives: Directive[],
  command: ShellCommand | null,
): void {
  const at = optionPlace(wanted.directive)
  const text = `--${wanted.directive.name}=${wanted.single}`
  // `--gpus` counts over all nodes, which is the same on one node only.
  const single = wanted.single !== '' && wanted.directive.value !== null
  const target: ChangeTarget = { kind: 'option', part: 'whole', forOne: single ? text : null }
  const site = command === null ? at : { ...at, target }
  const key = `--${wanted.directive.name}`
  const origin = compute.locator.origin(at, { site })
  compute.say('gpus', key, readAs(origin, wanted.count, 'a number that is not readable'))
  const model = wanted.model === null ? undefined : gpuNamed(wanted.model, wanted.directive)
  if (model !== undefined) compute.known('gpuModel', key, model, at)
  else if (wanted.model === null) claimAllowed(compute, directives)
}

/** `gpu:a100:1`; the memory beside it says which of its name: `gpu:a100:1,VRAM:80G`. */
function gpuNamed(model: string, { value }: Directive): string | undefined {
  const beside = (value ?? '').split(',').filter((one) => !/^\s*gpu\b/.test(one) && one.includes(':'))
  const [only, ...more] = beside.length === 0 ? [] : gpusOfConstraint([model, ...beside].join('&'))
  return more.length === 0 && only !== undefined ? only : gpu(model)?.name
}

/**
 * `--constraint=a100` alone: where accelerators are no resource that is counted, a node is given with what it has. A feature may be
 * a mere preference for some of the nodes, so every alternative has to name one.
 */
function broughtBy(directives: Directive[]): Directive | null {
  const option = directive(directives, 'constraint')
  const alternatives = (option?.value ?? '').split('|')
  const all = alternatives.every((one) => gpusOfConstraint(one).length > 0)
  return option !== undefined && all && !processorsOnly(directives) ? option : null
}

/** `--constraint=a100`, `--constraint="a40|l40"`, `--partition=gpu_a100`. */
function claimAllowed(compute: SubjectBuilder<'Compute'>, directives: Directive[]): void {
  const found = gpusAllowed(directives) ?? gpusOfPartition(directives)
  if (found === null) return
  const { option, models } = found
  const key = `--${option.name}`
  if (models.length === 1) compute.known('gpuModel', key, models[0]!, optionPlace(option))
  else compute.known('gpuChoices', key, models, optionPlace(option))
}

/** Where `srun` asks by itself, its option is replaced, or a new one stands behind it. */
function withOption<T>(
  compute: SubjectBuilder<'Compute'>,
  limit: Value<T>,
  command: ShellCommand | null,
): Value<T> {
  if (command === null) return limit
  const srun = command.words.find((word) => /(^|\/)(srun|sbatch)$/.test(word.text ?? ''))
  const given = limit.state !== 'default'
  if (!given && srun === undefined) return limit
  const place: Place = given
    ? { ...limit.site, target: { kind: 'option', part: 'whole' } }
    : { start: srun!.end, end: srun!.end, target: { kind: 'option', part: 'behind' } }
  return { ...limit, site: compute.locator.origin(place).site }
}

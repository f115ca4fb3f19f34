/**
 * What the `#PBS`, `#BSUB` and `#$` lines of a batch script ask for. Sources: qsub(1B) and pbs_resources(7B) of PBS Pro 2022,
 * qsub of Torque 6; bsub of LSF 10.1; qsub(1) and complex(5) of Grid Engine, whose sites name their GPUs themselves.
 */
import type { Directive, ShellFacts } from '../../config/shell-facts.js'
import type { SourceFragment } from '../../text/source-fragment.js'

export type BatchScheduler = 'PBS' | 'BSUB' | 'SGE'

export function batchScheduler(shell: ShellFacts): BatchScheduler | null {
  const found = shell.directives.find((one) => one.scheduler !== 'SBATCH')?.scheduler
  return found === undefined || found === 'SBATCH' ? null : found
}

/** The job that everything in a batch script belongs to; null: not a batch script of these schedulers. */
export function batchJobId(path: string, fragment: SourceFragment, shell: ShellFacts): string | null {
  const scheduler = batchScheduler(shell)
  return scheduler === null ? null : `${path}#${scheduler}${fragment.index === 0 ? '' : `@${fragment.index}`}`
}

/** The last directive of that name, as the scheduler takes it. */
export function option(shell: ShellFacts, name: string): Directive | undefined {
  return shell.directives.filter((one) => one.scheduler !== 'SBATCH' && one.name === name).at(-1)
}

export interface BatchRequest {
  directive: Directive
  /** On each node; null: not readable. */
  gpus: number | null
  model: string | null
  /** The value of the directive for so many GPUs on each node; null: not to be written. */
  rewritten(count: number): string | null
  /** What else the directive asks for; '': nothing; null: not to be told apart. */
  withoutGpus: string | null
}

/** GPUs on each node; null: the job names none (a queue may still bring some). */
export function gpusAsked(shell: ShellFacts, scheduler: BatchScheduler): BatchRequest | null {
  if (scheduler === 'SGE') return gridGpus(shell)
  return scheduler === 'PBS' ? pbsGpus(shell) : lsfGpus(shell)
}

/** `-l gpu=2`, `-l gpus=1`, `-l gpu=true`, `-l gpu,h_rt=1:00:00`: as the sites call them. A part of one goes with each slot. */
function gridGpus(shell: ShellFacts): BatchRequest | null {
  const names = ['gpu', 'gpus', 'ngpus', 'gpu_card', 'gpu_cards', 'cuda']
  const directive = names.map((name) => option(shell, name)).find((one) => one !== undefined)
  if (directive === undefined) return null
  const value = directive.value ?? 'true'
  const model = option(shell, 'gpu_type')?.value ?? null
  const gpus = /^\d+$/.test(value) ? Number(value) : /^true$/i.test(value) ? 1 : null
  return { directive, gpus, model, rewritten: () => null, withoutGpus: null }
}

const ofModel = /(?:^|:)(?:gpu_model|gpu_type|accelerator_model)=([\w.-]+)/
const inChunk = /(^|:)(ngpus|gpus)=(\d+)(?=:|$)/

function pbsGpus(shell: ShellFacts): BatchRequest | null {
  for (const name of ['select', 'nodes']) {
    const directive = option(shell, name)
    const value = directive?.value
    if (directive === undefined || value == null || !/gpus/.test(value)) continue
    const chunks = value.split('+')
    const match = inChunk.exec(value)
    const model = ofModel.exec(value)?.[1] ?? null
    if (chunks.length > 1 || match === null)
      return { directive, gpus: null, model, rewritten: () => null, withoutGpus: null }
    return {
      directive,
      gpus: Number(match[3]),
      model,
      rewritten: (count) => value.replace(inChunk, `$1$2=${count}`),
      withoutGpus: value.replace(inChunk, '').replace(ofModel, '').replace(/^:/, ''),
    }
  }
  const whole = option(shell, 'ngpus') ?? option(shell, 'gpus')
  if (whole === undefined) return null
  const gpus = whole.value !== null && /^\d+$/.test(whole.value) ? Number(whole.value) : null
  return { directive: whole, gpus, model: null, rewritten: String, withoutGpus: '' }
}

/** `-gpu "num=4:mode=exclusive_process:gmodel=TeslaV100"`: on each host; "-" is the default of one. */
function lsfGpus(shell: ShellFacts): BatchRequest | null {
  const directive = option(shell, 'gpu')
  if (directive !== undefined) {
    const value = directive.value ?? ''
    const written = /(^|:)num=(\d+)(\/task)?(?=:|$)/.exec(value)
    const model = /(?:^|:)gmodel=([A-Za-z]\w*)/.exec(value)?.[1] ?? null
    const readable = directive.value !== null && written?.[3] === undefined && !value.includes('$')
    return {
      directive,
      gpus: !readable ? null : written === null ? 1 : Number(written[2]),
      model,
      rewritten: (count) => (written === null ? null : value.replace(/(^|:)num=\d+/, `$1num=${count}`)),
      withoutGpus: '',
    }
  }
  const requirement = option(shell, 'R')
  const match = /ngpus(?:_excl_p|_physical)?=(\d+)/.exec(requirement?.value ?? '')
  if (requirement === undefined || match === null) return null
  return {
    directive: requirement,
    gpus: Number(match[1]),
    model: null,
    rewritten: () => null,
    withoutGpus: null,
  }
}

/** Nodes of the job; null: not readable. */
export function nodesAsked(
  shell: ShellFacts,
  scheduler: BatchScheduler,
): { count: number | null; directive?: Directive } {
  if (scheduler === 'SGE') {
    const directive = option(shell, 'pe')
    const spread = directive !== undefined && /mpi|orte|node|dist|rr/i.test(directive.value ?? '$')
    return { count: spread ? null : 1, ...(directive === undefined ? {} : { directive }) }
  }
  if (scheduler === 'PBS') {
    const directive = option(shell, 'select') ?? option(shell, 'nodes')
    if (directive === undefined) return { count: 1 }
    // `nodes=gpu01:ppn=8` names a host.
    const counts = (directive.value ?? '$')
      .split('+')
      .map((chunk) => /^(\d+)(?=:|$)/.exec(chunk)?.[1] ?? (/^[A-Za-z]\w*=/.test(chunk) ? '1' : undefined))
    if (counts.some((one) => one === undefined)) return { count: null, directive }
    return { count: counts.reduce((sum, one) => sum + Number(one), 0), directive }
  }
  const slots = option(shell, 'n')
  const spread = shell.directives
    .filter((one) => one.name === 'R')
    .map((one) => one.value ?? '')
    .join(' ')
  const nodes = option(shell, 'nnodes')
  if (nodes !== undefined) return { count: Number(nodes.value) || null, directive: nodes }
  if (/span\[hosts=1\]/.test(spread) || slots === undefined || slots.value === '1') return { count: 1 }
  const each = /span\[ptile=(\d+)\]/.exec(spread)?.[1]
  const total = Number(slots.value)
  return {
    count: each === undefined || !Number.isInteger(total / Number(each)) ? null : total / Number(each),
  }
}

/** Seconds of `walltime=HH:MM:SS` (or seconds alone) and of `-W HH:MM` (or minutes alone); undefined: not readable. */
export function limitOf(value: string, scheduler: BatchScheduler): number | undefined {
  const text = value.trim().replace(/\/.*$/, '')
  if (!/^\d+(:\d+){0,3}$/.test(text)) return undefined
  const parts = text.split(':').map(Number)
  if (scheduler === 'BSUB') return parts.length === 1 ? parts[0]! * 60 : parts[0]! * 3600 + parts[1]! * 60
  const units = [1, 60, 3600, 86_400]
  return parts.reverse().reduce((sum, part, index) => sum + part * units[index]!, 0)
}

/** How rules about jobs speak of them. */
import { effective } from '../../values/value.js'
import type { Effective, SubjectView } from '../../workload/claim.js'
import { handedOut, onlyTells, runsOthers } from '../../workload/sharing.js'
import { atLeast } from '../bounds.js'
import { hidden, type Silence, unless } from '../silence.js'
import { subjectIn } from '../subject-view.js'

/** What a job's accelerators are called, and one of them: by the resource that it asks for, where that tells the make. */
function makeOf({ subject, settings }: SubjectView<'Compute'>): { make: string; unit: string } {
  const asked = settings.gpus?.key ?? ''
  if (subject.evidence.accelerator === 'tpu') return { make: 'TPU', unit: 'TPU chip' }
  if (/(^|\/)neuron/.test(asked)) return { make: 'Neuron', unit: 'Neuron device' }
  return /(^|\/)gaudi$/.test(asked) ? { make: 'Gaudi', unit: 'Gaudi card' } : { make: 'GPU', unit: 'GPU' }
}

/** The resource that it asks for is no other maker's. */
export function mayBeNvidia(view: SubjectView<'Compute'>): boolean {
  return makeOf(view).make === 'GPU' && !/^(amd|gpu\.intel)\.com\//.test(view.settings.gpus?.key ?? '')
}

/** `GPU job "finetune"`, `This GPU job`; of a job on processors `Job "finetune"`. */
export function jobName(view: SubjectView<'Compute'>, onProcessors = false): string {
  const kind = onProcessors ? 'job' : `${makeOf(view).make} job`
  const name = effective(view.settings.name)
  return name === undefined ? `This ${kind}` : `${onProcessors ? 'Job' : kind} "${name}"`
}

/** All of the job's: `8×A100-40GB`, `16 GPUs (2 × 8)`; undefined: no accelerators are known. */
export function acceleratorsOf(view: SubjectView<'Compute'>): string | undefined {
  const { gpus, gpuModel, nodes } = view.settings
  const count = effective(gpus)
  if (count === undefined || count <= 0) return undefined
  const model = effective(gpuModel)
  const { unit } = makeOf(view)
  const machines = effective(nodes) ?? 1
  const total = count * machines
  const all = model === undefined ? `${total} ${unit}${total === 1 ? '' : 's'}` : `${total}×${model}`
  return machines > 1 ? `${all} (${machines} × ${count})` : all
}

/** Some, of which only the machine tells how many there are. */
export function allOfThem(gpus: Effective<number> | undefined): string | undefined {
  const least = atLeast(gpus)
  return least === null || least.exact || least.value < 1 ? undefined : 'all GPUs of its machine'
}

/** Why no accelerators of the job are known, where `acceleratorsOf` has none. */
export function withoutAccelerators(view: SubjectView<'Compute'>): Silence {
  return unless(view, 'gpus', 'no accelerators are asked for')
}

/** What else runs in the job and may use what it holds. */
export function sharedWith(sharing: Effective<string>): Silence {
  return unless({ settings: { sharing } }, 'sharing', `others may use its machines: ${effective(sharing)}`)
}

/** What would tell its processes of one another is read by none of its programs: each of them is alone. */
export function readsNothingOfOthers({ run, settings }: SubjectView<'Compute'>): boolean {
  if (!onlyTells(effective(settings.sharing) ?? '')) return false
  return run.siblings.every((one) => {
    const program = subjectIn(one, 'Program')?.settings
    return (
      effective(program?.parallelism) === 'none' &&
      effective(program?.readsRank) === null &&
      hidden(one, 'devices') === undefined
    )
  })
}

/** All that hands out its accelerators is there for programs of its own, and none of them gives it any work. */
export function handsNothingOut({ run, settings }: SubjectView<'Compute'>): boolean {
  if (effective(settings.sharing) !== handedOut) return false
  return run.siblings.every(
    (one) =>
      effective(subjectIn(one, 'Program')?.settings.handsOut) === false &&
      hidden(one, 'devices') === undefined,
  )
}

/** What hands out its accelerators is asked for none by any of its programs. */
function asksForNone({ run, settings }: SubjectView<'Compute'>): boolean {
  if (effective(settings.sharing) !== handedOut) return false
  return run.siblings.every(
    (one) => effective(subjectIn(one, 'Program')?.settings.asksForAccelerators) === false,
  )
}

/** What might use accelerators beside the code of the job's own program. */
export function otherPrograms(view: SubjectView<'Compute'>): Silence | undefined {
  const { sharing, work, acceleratorLibrary } = view.settings
  const library = effective(acceleratorLibrary)
  if (work === undefined && acceleratorLibrary !== undefined && library !== null)
    return unless(view, 'acceleratorLibrary', `${library} computes on the accelerator`)
  if (sharing === undefined || asksForNone(view) || handsNothingOut(view)) return undefined
  return runsOthers(effective(sharing) ?? '') ? sharedWith(sharing) : undefined
}

/** `90 minutes`, `24 hours`, `14 days`. */
export function duration(seconds: number): string {
  const [amount, unit] =
    seconds >= 172_800
      ? [seconds / 86_400, 'day']
      : seconds >= 7200
        ? [seconds / 3600, 'hour']
        : seconds >= 120
          ? [seconds / 60, 'minute']
          : [seconds, 'second']
  const rounded = Math.round(amount * 10) / 10
  return `${rounded} ${unit}${rounded === 1 ? '' : 's'}`
}

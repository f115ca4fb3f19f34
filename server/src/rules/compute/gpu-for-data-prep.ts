import { generalMachine } from '../../catalog/cpu-families.js'
import { instance } from '../../catalog/instances.js'
import { effective } from '../../values/value.js'
import type { SubjectView } from '../../workload/claim.js'
import type { StepWork } from '../../workload/resource-kinds.js'
import { acceleratorsOf, otherPrograms, withoutAccelerators } from '../lifecycle/job-words.js'
import type { FixRequest } from '../rule.js'
import { defineRule } from '../rule.js'
import { hidden, isSilence, type Silence, unless } from '../silence.js'
import { subjectIn } from '../subject-view.js'

export default defineRule({
  name: 'compute/gpu-for-data-prep',
  judges: 'Compute',
  checklist: ['rightsize/separate-environments', 'baseline/utilization', 'bottleneck/repeated-preprocessing'],
  severity: 'warning',
  summary: 'A step that only prepares data pays for accelerators that its code cannot use.',
  check(view, { report, silent }) {
    const { gpus, instanceType, interactive, name } = view.settings
    const accelerators = acceleratorsOf(view)
    if (gpus === undefined || accelerators === undefined) return silent(withoutAccelerators(view))
    const others = otherPrograms(view)
    if (others !== undefined) return silent(others)
    const code = codeOf(view)
    if (isSilence(code)) return silent(code)
    if (!isPreparation(code.work))
      return silent(
        code.work.length === 0
          ? 'what its code does is not known'
          : `its code does more: ${code.work.join(', ')}`,
      )
    const title = effective(name)
    const byHand = effective(interactive) === true
    const what = title !== undefined ? `"${title}"` : byHand ? 'This notebook' : 'This job'
    const set = change(view)
    report({
      at: gpus,
      ...(byHand ? { severity: 'information' as const } : {}),
      message: `${what} holds ${accelerators}, but its code only ${verb(code.work)} and imports nothing that could use ${/^1\D/.test(accelerators) ? 'it' : 'them'}.`,
      saving: {
        fraction: [0.5, 0.9],
        usd: null,
        basis: 'a machine with as many processors and no accelerator costs 50 to 90 % less',
      },
      fixes: set === null ? [] : [{ set }],
      ...(code.location === undefined
        ? {}
        : { related: [{ location: code.location, message: 'the code that runs on it' }] }),
    })

    function change(one: SubjectView<'Compute'>): FixRequest['set'] | null {
      if (instanceType === undefined) return [{ claim: gpus!, value: 0 }]
      const vcpus = effective(one.settings.cpus) ?? instance(effective(instanceType) ?? '')?.vcpus
      const type = vcpus === undefined ? undefined : generalMachine(vcpus)
      return type === undefined || effective(one.settings.provider) !== 'aws'
        ? null
        : [{ claim: instanceType, value: type }]
    }
  },
})

interface Code {
  work: readonly StepWork[]
  location?: SubjectView['subject']['location']
}

/** What runs on the machine, where it cannot use the accelerator; else why it could, or is not known. */
function codeOf(view: SubjectView<'Compute'>): Code | Silence {
  const { work, acceleratorLibrary } = view.settings
  if (work !== undefined) {
    const own = effective(work)
    return own !== undefined && effective(acceleratorLibrary) === null
      ? { work: own }
      : unless(view, ['work', 'acceleratorLibrary'], `its code uses ${effective(acceleratorLibrary)}`)
  }
  const all = new Set<StepWork>()
  let location: SubjectView['subject']['location'] | undefined
  for (const run of view.run.siblings) {
    const unseen = hidden(run, 'accelerator')
    if (unseen !== undefined) return unseen
    const program = subjectIn(run, 'Program')
    if (program === undefined) return { text: `nothing is known of what ${run.script ?? 'it'} imports` }
    const library = effective(program.settings.acceleratorLibrary)
    if (library !== null) return unless(program, 'acceleratorLibrary', `${run.script} uses ${library}`)
    for (const one of effective(program.settings.work) ?? []) all.add(one)
    location ??= program.subject.location
  }
  return location === undefined ? { text: 'no program of the job is known' } : { work: [...all], location }
}

function isPreparation(work: readonly StepWork[]): boolean {
  return work.length > 0 && work.every((one) => one === 'download' || one === 'prepare' || one === 'evaluate')
}

function verb(work: readonly StepWork[]): string {
  const prepares = work.includes('prepare')
  const evaluates = work.includes('evaluate')
  if (prepares && evaluates) return 'prepares and evaluates data'
  if (prepares) return 'prepares data'
  return evaluates ? 'computes metrics' : 'fetches data'
}

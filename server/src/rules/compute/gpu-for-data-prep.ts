import { generalMachine } from '../../catalog/cpu-families.js'
import { effective } from '../../values/value.js'
import type { Judged } from '../../workload/claim.js'
import { couldHide } from '../../workload/unseen.js'
import type { StepWork } from '../../workload/words.js'
import { subjectIn } from '../judged.js'
import { acceleratorsOf } from '../lifecycle/job-words.js'
import type { FixRequest } from '../rule.js'
import { defineRule } from '../rule.js'

export default defineRule({
  name: 'compute/gpu-for-data-prep',
  judges: 'Compute',
  checklist: ['rightsize/separate-environments', 'baseline/utilization', 'bottleneck/repeated-preprocessing'],
  severity: 'warning',
  summary: 'A step that only prepares data pays for accelerators that its code cannot use.',
  check(judged, { report }) {
    const { gpus, instanceType, interactive, name } = judged.settings
    const accelerators = acceleratorsOf(judged)
    if (gpus === undefined || accelerators === undefined || judged.settings.sharing !== undefined) return
    const code = codeOf(judged)
    if (code === null || !isPreparation(code.work)) return
    const title = effective(name)
    const byHand = effective(interactive) === true
    const what = title !== undefined ? `"${title}"` : byHand ? 'This notebook' : 'This job'
    const set = change(judged)
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

    function change(one: Judged<'Compute'>): FixRequest['set'] | null {
      if (instanceType === undefined) return [{ claim: gpus!, value: 0 }]
      const vcpus = effective(one.settings.cpus)
      const type = vcpus === undefined ? undefined : generalMachine(vcpus)
      return type === undefined || effective(one.settings.provider) !== 'aws'
        ? null
        : [{ claim: instanceType, value: type }]
    }
  },
})

interface Code {
  work: readonly StepWork[]
  location?: Judged['subject']['location']
}

/** What runs on the machine, where it cannot use the accelerator; null: it could, or it is not known. */
function codeOf(judged: Judged<'Compute'>): Code | null {
  const { work, acceleratorLibrary } = judged.settings
  if (work !== undefined) {
    const own = effective(work)
    return own !== undefined && effective(acceleratorLibrary) === null ? { work: own } : null
  }
  const all = new Set<StepWork>()
  let location: Judged['subject']['location'] | undefined
  for (const run of judged.run.siblings) {
    if (couldHide(run, 'accelerator') !== undefined) return null
    const program = subjectIn(run, 'Program')
    if (program === undefined || effective(program.settings.acceleratorLibrary) !== null) return null
    for (const one of effective(program.settings.work) ?? []) all.add(one)
    location ??= program.subject.location
  }
  return location === undefined ? null : { work: [...all], location }
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

import { instance } from '../../catalog/instances.js'
import { effective } from '../../values/value.js'
import type { SubjectView } from '../../workload/claim.js'
import { acceleratorsOf, allOfThem, otherPrograms, withoutAccelerators } from '../lifecycle/job-words.js'
import { preparationMachine, processorsInstead, savedOnProcessors } from '../processors-instead.js'
import { defineRule, type RuleContext } from '../rule.js'
import { isSilence } from '../silence.js'
import { codeOf, isPreparation, verb, type Waiting, waitingFor } from './preparation.js'

/** From so many accelerators on minutes of waiting are worth a step of their own. */
const manyGpus = 4

export default defineRule({
  name: 'compute/gpu-for-data-prep',
  judges: 'Compute',
  checklist: ['rightsize/separate-environments', 'baseline/utilization', 'bottleneck/repeated-preprocessing'],
  overlaps: 'machine',
  severity: 'warning',
  finds: 'accelerators for steps that only prepare data',
  supersedes: ['compute/unsuitable-accelerator', 'compute/oversized-instance'],
  summary: 'A step that only prepares data pays for accelerators that its code cannot use.',
  check(view, { report, silent, options }) {
    const { gpus, instanceType, interactive, name, service } = view.settings
    const accelerators = acceleratorsOf(view) ?? allOfThem(gpus)
    if (gpus === undefined || accelerators === undefined) return silent(withoutAccelerators(view))
    if (effective(service) === true && effective(interactive) !== true) return silent('it is a service')
    const others = otherPrograms(view)
    if (others !== undefined) return silent(others)
    const code = codeOf(view)
    const waiting = isSilence(code) ? waitingFor(view) : undefined
    if (waiting !== undefined) return reportWaiting(view, waiting, accelerators, report)
    if (isSilence(code)) return silent(code)
    // Of a step whose code is here it is certain that it cannot use them, whatever it does.
    const plain = code.work.length === 0 && view.settings.work !== undefined
    if (!plain && !isPreparation(code.work))
      return silent(
        code.work.length === 0
          ? 'what its code does is not known'
          : `its code does more: ${code.work.join(', ')}`,
      )
    const title = effective(name)
    const byHand = effective(interactive) === true
    const what = title !== undefined ? `"${title}"` : byHand ? 'This notebook' : 'This job'
    const merges = code.work.includes('merge')
    const type = effective(instanceType)
    const vcpus = effective(view.settings.cpus) ?? instance(type ?? '')?.vcpus
    const provider = instance(type ?? '')?.provider ?? effective(view.settings.provider)
    const other =
      vcpus === undefined || provider === undefined ? undefined : preparationMachine(vcpus, provider)
    const fixes = processorsInstead(view, other)
    report({
      at: gpus,
      // Weights are merged in minutes.
      ...(byHand || merges ? { severity: 'information' as const } : {}),
      message: `${what} holds ${accelerators}, but its code ${plain ? '' : `only ${verb(code.work)}${merges ? '' : ' and '}`}${merges ? '' : `runs nothing that could use ${/^1\D/.test(accelerators) ? 'it' : 'them'}`}.`,
      saving: savedOnProcessors(view, other, options),
      fixes,
      ...(code.location === undefined
        ? {}
        : { related: [{ location: code.location, message: 'the code that runs on it' }] }),
    })
  },
})

/** Programs of the job that get things ready while its accelerators wait for the one that trains. */
function reportWaiting(
  view: SubjectView<'Compute'>,
  { preparation, code, training }: Waiting,
  accelerators: string,
  report: RuleContext['report'],
): void {
  const count = (effective(view.settings.gpus) ?? 0) * (effective(view.settings.nodes) ?? 1)
  report({
    at: preparation.job.launch!.location,
    ...(count >= manyGpus ? {} : { severity: 'information' as const }),
    message: `${accelerators} ${count === 1 ? 'waits' : 'wait'} at every start while ${preparation.script ?? preparation.job.launch!.launcher} ${verb(code.work)}: run it in a job of its own, on a machine without accelerators.`,
    saving: {
      fraction: [0, 0.3],
      usd: null,
      basis: 'assumes that getting ready takes up to 30 % of the job; measure it',
    },
    related: [{ location: training.job.launch!.location, message: 'uses the accelerators' }],
  })
}

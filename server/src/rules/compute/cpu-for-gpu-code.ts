import { smallestSingleGpu } from '../../catalog/instances.js'
import { effective } from '../../values/value.js'
import type { Judged, Run } from '../../workload/claim.js'
import { subjectIn, subjectsOf } from '../judged.js'
import { defineRule } from '../rule.js'

/** Below this many parameters a processor may do. */
const large = 20_000_000

export default defineRule({
  name: 'compute/cpu-for-gpu-code',
  judges: 'Compute',
  checklist: ['rightsize/match-instance', 'observability/failed-jobs'],
  severity: 'warning',
  summary: 'Training a large model on a machine without an accelerator takes days and usually costs more.',
  check(judged, { report }) {
    const { gpus, instanceType, provider } = judged.settings
    const type = effective(instanceType)
    if (gpus === undefined || effective(gpus) !== 0 || effective(judged.settings.service) === true) return
    const trainer = judged.run.siblings.map(largeTraining).find((one) => one !== null)
    if (trainer === undefined || trainer === null) return
    const { run, training, program } = trainer
    const machine = type ?? 'a machine without a GPU'
    const needs = program.subject.evidence.accelerator === 'gpu'
    const better = effective(provider) === 'aws' ? smallestSingleGpu('aws', 16) : undefined
    report({
      at: type === undefined || instanceType === undefined ? gpus : instanceType,
      message: needs
        ? `${run.script} asks for CUDA, and ${machine} has none: it fails, or takes many times as long.`
        : `${run.script} trains a large model on the CPU of ${machine}: hours become days, and usually cost more than a GPU.`,
      confidence: 'medium',
      fixes:
        better === undefined || instanceType === undefined
          ? []
          : [{ set: [{ claim: instanceType, value: better.type }] }],
      related: [{ location: training.subject.location, message: 'trains here' }],
    })
  },
})

interface Trainer {
  run: Run
  program: Judged<'Program'>
  training: Judged
}

/** A launch that trains a model that is known to be large, and would use an accelerator. */
function largeTraining(run: Run): Trainer | null {
  const program = subjectIn(run, 'Program')
  if (program === undefined) return null
  if (program.subject.evidence.small !== null || program.subject.evidence.accelerator === 'mps') return null
  const training = subjectsOf(run, 'Training')[0]
  if (training === undefined || training.subject.evidence.small !== null) return null
  // A library's own loop takes an accelerator where there is one.
  const managed = effective(training.settings.managed) === true
  if ((effective(program.settings.usesAccelerator) ?? managed) !== true) return null
  const models = subjectsOf(run, 'Model')
  const known =
    (effective(training.settings.parameters) ?? 0) >= large ||
    models.some(({ settings }) => (effective(settings.parameters) ?? 0) >= large)
  return known || effective(training.settings.fineTuning) === true ? { run, program, training } : null
}

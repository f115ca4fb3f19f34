import { smallestSingleGpu } from '../../catalog/instances.js'
import { effective } from '../../values/value.js'
import type { Run, SubjectView } from '../../workload/claim.js'
import { usesAccelerator } from '../accelerator-use.js'
import { defineRule } from '../rule.js'
import { isSilence, type Silence, unless, unlessUnread } from '../silence.js'
import { subjectIn, subjectsOf } from '../subject-view.js'
import { parametersOf } from '../trained-model.js'

/** Below this many parameters a processor may do. */
const large = 20_000_000

export default defineRule({
  name: 'compute/cpu-for-gpu-code',
  judges: 'Compute',
  checklist: ['rightsize/match-instance', 'observability/failed-jobs'],
  severity: 'warning',
  finds: 'large models that train on a CPU',
  summary: 'Training a large model on a machine without an accelerator takes days and usually costs more.',
  check(view, { report, silent }) {
    const { gpus, instanceType, provider } = view.settings
    const type = effective(instanceType)
    if (gpus === undefined || effective(gpus) !== 0)
      return silent(unless(view, 'gpus', 'the machine has accelerators'))
    if (effective(view.settings.service) === true) return silent('it is a service')
    const launched = view.run.siblings.map(largeTraining)
    const trainer = launched.find((one) => !isSilence(one))
    if (trainer === undefined || isSilence(trainer)) return silent(launched.find(isSilence)!)
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
  program: SubjectView<'Program'>
  training: SubjectView
}

/** A launch that trains a model that is known to be large, and would use an accelerator; else why it is none. */
function largeTraining(run: Run): Trainer | Silence {
  const program = subjectIn(run, 'Program')
  if (program === undefined) return { text: 'no program with an accelerator library is launched' }
  const training = subjectsOf(run, 'Training')[0]
  const small = program.subject.evidence.small ?? training?.subject.evidence.small ?? null
  if (small !== null) return { text: `the run is small: ${small}` }
  if (program.subject.evidence.accelerator === 'mps') return { text: 'it runs on Apple silicon' }
  if (training === undefined) return { text: 'no training was recognized in the program' }
  if (usesAccelerator(run, program) !== true)
    return unlessUnread(program, 'usesAccelerator', 'the program asks for no accelerator')
  const models = subjectsOf(run, 'Model')
  const known =
    (parametersOf({ ...training, run }) ?? 0) >= large ||
    models.some(({ settings }) => (effective(settings.parameters) ?? 0) >= large)
  return known || effective(training.settings.fineTuning) === true
    ? { run, program, training }
    : unlessUnread(training, ['parameters', 'fineTuning'], 'the model is not known to be large')
}

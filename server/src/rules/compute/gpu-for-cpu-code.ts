import { generalMachine } from '../../catalog/cpu-families.js'
import { instance } from '../../catalog/instances.js'
import { effective } from '../../values/value.js'
import type { Judged } from '../../workload/claim.js'
import { couldHide } from '../../workload/unseen.js'
import { subjectIn } from '../judged.js'
import { acceleratorsOf } from '../lifecycle/job-words.js'
import { defineRule, type FixRequest } from '../rule.js'

export default defineRule({
  name: 'compute/gpu-for-cpu-code',
  judges: 'Compute',
  checklist: ['rightsize/match-instance', 'baseline/utilization'],
  severity: 'error',
  summary: 'A job pays for accelerators, and none of its code can use them.',
  check(judged, { report }) {
    const { gpus, instanceType } = judged.settings
    const accelerators = acceleratorsOf(judged)
    if (gpus === undefined || accelerators === undefined || effective(judged.settings.service) === true)
      return
    // Another program of the job may use them.
    if (judged.settings.sharing !== undefined) return
    const code = trainerOnProcessors(judged)
    if (code === null) return
    const type = effective(instanceType)
    const machine = type === undefined ? undefined : instance(type)
    const cheaper = type === undefined || machine === undefined ? undefined : processorMachine(machine.vcpus)
    const aws = effective(judged.settings.provider) === 'aws'
    const other =
      aws && cheaper !== undefined && machine !== undefined
        ? ` ${type!.startsWith('ml.') ? 'ml.' : ''}${cheaper} has ${machine.vcpus} vCPUs as well.`
        : ''
    const fixes: FixRequest[] =
      instanceType === undefined
        ? [{ set: [{ claim: gpus, value: 0 }] }]
        : aws && cheaper !== undefined
          ? [{ set: [{ claim: instanceType, value: cheaper }] }]
          : []
    report({
      at: type === undefined || instanceType === undefined ? gpus : instanceType,
      message: `${type === undefined ? 'The job' : type} is paid for ${type === undefined ? '' : 'its '}${accelerators}, but ${code.name} uses only libraries that compute on the CPU.${other}`,
      saving: {
        fraction: [0.6, 0.9],
        usd: null,
        basis: 'a machine with as many vCPUs and no accelerator costs 60 to 90 % less',
      },
      fixes,
      ...(code.location === undefined
        ? {}
        : { related: [{ location: code.location, message: 'trains on the CPU' }] }),
    })
  },
})

/** The sixth generation is offered for training jobs in all sizes. */
function processorMachine(vcpus: number): string | undefined {
  return generalMachine(vcpus)?.replace(/^m5\./, 'm6i.')
}

interface Trainer {
  name: string
  location?: Judged['subject']['location']
}

/** What trains on the machine without being able to use its accelerators; null: something could, or it is not known. */
function trainerOnProcessors(judged: Judged<'Compute'>): Trainer | null {
  const { work, acceleratorLibrary } = judged.settings
  if (work !== undefined) {
    const trains = effective(work)?.includes('train') === true
    return trains && effective(acceleratorLibrary) === null ? { name: work.key } : null
  }
  let trainer: Trainer | null = null
  for (const run of judged.run.siblings) {
    const { launch } = run.job
    if (run.script === null || launch === null || couldHide(run, 'accelerator') !== undefined) return null
    const program = subjectIn(run, 'Program')
    if (program === undefined || effective(program.settings.acceleratorLibrary) !== null) return null
    // `tree_method=gpu_hist` on the launch line.
    if (Object.values(launch.flags).some(({ value }) => /gpu|cuda/i.test(String(value)))) return null
    if (effective(program.settings.work)?.includes('train') === true)
      trainer ??= { name: run.script, location: program.subject.location }
  }
  return trainer
}

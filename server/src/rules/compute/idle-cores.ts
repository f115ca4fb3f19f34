import { cpuMachine } from '../../catalog/cpu-families.js'
import { instance } from '../../catalog/instances.js'
import { effective } from '../../values/value.js'
import type { SubjectView } from '../../workload/claim.js'
import { defineRule } from '../rule.js'
import { type Silence, unless } from '../silence.js'
import { operationOf } from '../training/operation.js'

/** Fewer are hardly taken for the sake of cores. */
const several = 8
const many = 16

export default defineRule({
  name: 'compute/idle-cores',
  judges: 'Operation',
  checklist: ['rightsize/match-instance', 'bottleneck/distributed-setup'],
  severity: 'warning',
  finds: 'many cores for a program that computes on one',
  summary: 'A job pays for many cores, and its program computes on one.',
  check(view, { report, silent }) {
    const found = operationOf(view, 'single core')
    if (found === null) return silent('it is nothing that one core does')
    const cores = coresOf(view)
    if (typeof cores !== 'number') return silent(cores)
    if (cores < several) return silent(`the job has ${cores} cores`)
    const others = view.run.siblings.some(({ script }) => script !== view.run.script)
    if (others) return silent('the job runs other programs as well')
    const what = effective(view.settings.subject)
    const state = found.state === 'default' ? 'is not set' : 'is 1'
    report({
      at: found,
      severity: view.subject.evidence.small !== null ? 'hint' : cores >= many ? 'warning' : 'information',
      message: `\`${what}\` computes on one of the ${cores} cores that the job asks for: \`${found.key}\` ${state}.`,
      saving: {
        fraction: [0.5, (cores - 1) / cores],
        usd: null,
        basis: `${cores - 1} of ${cores} cores have nothing to do while it fits; the rest of the program may use them`,
      },
      fixes: [{ set: [{ claim: found, value: null }] }],
      related: [{ location: view.run.job.compute!.subject.location, message: `asks for ${cores} cores` }],
    })
  },
})

/** Cores of one machine of the job that runs it. */
function coresOf(view: SubjectView<'Operation'>): number | Silence {
  const { compute } = view.run.job
  if (compute === null) return { text: 'no job that runs it is in sight' }
  const { cpus, instanceType } = compute.settings
  const type = effective(instanceType)
  return (
    effective(cpus) ??
    (type === undefined ? undefined : (instance(type)?.vcpus ?? cpuMachine(type)?.vcpus)) ??
    unless(compute, 'cpus', 'how many cores the job has is not known')
  )
}

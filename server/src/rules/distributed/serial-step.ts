import { effective } from '../../values/value.js'
import type { Run, SubjectView } from '../../workload/claim.js'
import { couldHide } from '../../workload/unseen.js'
import { usesAccelerator } from '../accelerator-use.js'
import { acceleratorsOf, withoutAccelerators } from '../lifecycle/job-words.js'
import { defineRule } from '../rule.js'
import { subjectIn } from '../subject-view.js'

/** Fewer accelerators may as well wait for a test set. */
const many = 4

export default defineRule({
  name: 'distributed/serial-step',
  judges: 'Compute',
  checklist: ['bottleneck/distributed-setup', 'baseline/utilization', 'baseline/evaluation-time'],
  severity: 'warning',
  finds: 'a step for one GPU at the end of a job that holds many',
  summary: 'What runs on one accelerator after a distributed training keeps all the others waiting.',
  check(view, { report, silent }) {
    const { gpus, nodes, sharing } = view.settings
    const each = effective(gpus)
    if (each === undefined || each < 1) return silent(withoutAccelerators(view))
    const machines = effective(nodes) ?? 1
    const total = each * machines
    if (total < many) return silent(`the job holds ${total === 1 ? 'one GPU' : `${total} GPUs`}`)
    if (/background/.test(effective(sharing) ?? '')) return silent('commands of the job run at the same time')
    const wide = view.run.siblings.find(({ job }) => usesAll(job.launch))
    if (wide === undefined) return silent('no step of the job is known to use its GPUs')
    const serial = view.run.siblings.find((run) => used(run, each) < total && comesAfter(run, wide))
    const launch = serial?.job.launch
    if (serial === undefined || launch == null)
      return silent('no step for fewer GPUs comes after the one that uses them')
    const taken = used(serial, each)
    const program = subjectIn(serial, 'Program')!
    const first = wide.script === null ? 'the training' : nameOf(wide.script)
    report({
      at: launch.location,
      severity: machines > 1 && launch.conditional !== true ? 'warning' : 'information',
      confidence: 'medium',
      message: `${nameOf(serial.script!)} runs on one ${taken === 1 ? 'GPU' : 'machine'} after ${first}, while the job holds ${acceleratorsOf(view)}: ${total - taken} of them wait until it ends. Start it as a job of its own.`,
      related: [
        { location: wide.job.launch!.location, message: 'uses all of them' },
        { location: program.subject.location, message: 'one process' },
      ],
    })
  },
})

/** Several processes, or a launcher that starts one for each device. */
function usesAll(launch: Run['job']['launch']): boolean {
  return launch !== null && launch.processes !== null && (launch.processes === 0 || launch.processes > 1)
}

/** GPUs that a plain `python` uses at most: one, or those of its machine; infinite where it may be anything. */
function used(run: Run, each: number): number {
  const { launch } = run.job
  if (launch === null || run.script === null || launch.launcher !== 'python' || launch.processes !== 1)
    return Number.POSITIVE_INFINITY
  const program: SubjectView<'Program'> | undefined = subjectIn(run, 'Program')
  if (program === undefined || usesAccelerator(run, program) !== true) return Number.POSITIVE_INFINITY
  const parallelism = effective(program.settings.parallelism)
  if (parallelism === 'none' && couldHide(run, 'devices') === undefined) return 1
  return parallelism === undefined || parallelism === 'distributed' ? Number.POSITIVE_INFINITY : each
}

/** Both stand in one script, which runs them in turn. */
function comesAfter({ job }: Run, { job: before }: Run): boolean {
  const [one, other] = [job.launch!.location, before.launch!.location]
  return one.path === other.path && one.cell === other.cell && one.start > other.start
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1)
}

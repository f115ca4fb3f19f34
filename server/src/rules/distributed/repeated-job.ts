import { sameLocation } from '../../text/location.js'
import { effective } from '../../values/value.js'
import type { Judged, Run } from '../../workload/claim.js'
import { couldHide } from '../../workload/unseen.js'
import { subjectIn, subjectsOf } from '../judged.js'
import { defineRule } from '../rule.js'

export default defineRule({
  name: 'distributed/repeated-job',
  judges: 'Compute',
  checklist: ['waste/duplicate-jobs', 'bottleneck/distributed-setup'],
  severity: 'error',
  summary: 'Several machines each train the same model from the beginning, since nothing divides the work.',
  check(judged, { report }) {
    const { nodes, provider, instanceType, sharing } = judged.settings
    const count = effective(nodes)
    if (nodes === undefined || count === undefined || count < 2 || sharing !== undefined) return
    const { siblings } = judged.run
    if (siblings.length === 0 || !siblings.every((run) => worksAlone(run))) return
    const trainer = siblings.map(trainerOf).find((one) => one !== null)
    if (trainer === undefined || trainer === null) return
    const { run, program } = trainer
    // A batch script runs on the first node; some launchers and the services run the program on each of them.
    const first = effective(provider) === 'own cluster' && run.job.launch!.everyNode !== true
    const share = (count - 1) / count
    const type = effective(instanceType)
    const machines = type === undefined ? `${count} nodes` : `${count} × ${type}`
    report({
      at: nodes,
      message: first
        ? `The job holds ${machines}, and ${run.script} runs on the first of them only: ${percent(share)} of what it pays for is idle.`
        : `${nodes.key}=${count} starts ${count} independent copies of ${run.script}, which all train the same: ${percent(share)} is paid twice over.`,
      saving: { fraction: [share, share], usd: null, basis: `${count - 1} of ${count} machines add nothing` },
      fixes: [{ set: [{ claim: nodes, value: 1 }] }],
      related: sameLocation(program.subject.location, nodes.location)
        ? []
        : [{ location: program.subject.location, message: 'knows nothing of other machines' }],
    })
  },
})

const percent = (share: number) => `${Math.round(share * 100)} %`

/** True where a launch is certain to know nothing of the other machines. */
function worksAlone(run: Run): boolean {
  const { launch } = run.job
  if (launch === null || couldHide(run, 'devices') !== undefined) return false
  if (launch.launcher !== 'python' && launch.everyNode !== true) return false
  const program = subjectIn(run, 'Program')
  if (program === undefined) return subjectsOf(run, 'Program').length === 0
  const { parallelism, readsRank } = program.settings
  const method = effective(parallelism)
  return (method === 'none' || method === 'data-parallel') && effective(readsRank) === null
}

function trainerOf(run: Run): { run: Run; program: Judged<'Program'> } | null {
  const program = subjectIn(run, 'Program')
  return program !== undefined && effective(program.settings.trains) === true ? { run, program } : null
}

import { gpu } from '../../catalog/gpus.js'
import { effective } from '../../values/value.js'
import type { Run } from '../../workload/claim.js'
import { couldHide } from '../../workload/unseen.js'
import { subjectIn, subjectsOf } from '../judged.js'
import { defineRule, type FixRequest } from '../rule.js'

export default defineRule({
  name: 'distributed/process-mismatch',
  judges: 'Compute',
  checklist: ['bottleneck/distributed-setup', 'rightsize/match-instance'],
  severity: 'error',
  summary: 'A launcher starts fewer processes than the node has accelerators, and the rest stay idle.',
  check(judged, { report }) {
    const { gpus, gpuModel, sharing, service, processes } = judged.settings
    const count = effective(gpus)
    if (gpus === undefined || count === undefined || count < 1) return
    if (sharing !== undefined || effective(service) === true || judged.subject.evidence.accelerator !== 'gpu')
      return
    const model = effective(gpuModel)
    if (model !== undefined && !['nvidia', 'amd'].includes(gpu(model)?.vendor ?? '')) return
    const launched = judged.run.siblings.map((run) => ({ run, used: devicesUsed(run, count) }))
    if (launched.length === 0 || launched.some((one) => one.used === null)) return
    const trainers = launched.filter((one) => one.run.job.launch?.perDevice === true)
    const most = trainers.reduce((a, b) => (b.used! > a.used! ? b : a), trainers[0]!)
    if (most === undefined || most.used === null || most.used === count) return
    // The widest launch decides what the job needs.
    if (launched.some((one) => one.used! >= count) && most.used < count) return
    const { launch } = most.run.job
    const used = most.used
    const fixes: FixRequest[] = []
    if (processes !== undefined && effective(processes) === used)
      fixes.push({ set: [{ claim: processes, value: count }] })
    if (used < count) fixes.push({ set: [{ claim: gpus, value: used }] })
    const node = `the node has ${count} ${model ?? (count === 1 ? 'GPU' : 'GPUs')}`
    report({
      at: processes !== undefined && effective(processes) === used ? processes : gpus,
      severity: used < count ? (most.run.script === null ? 'warning' : 'error') : 'warning',
      message:
        used < count
          ? `${launch!.launcher} starts ${used} process${used === 1 ? '' : 'es'}, and ${node}: ${count - used} stay${count - used === 1 ? 's' : ''} idle.`
          : `${launch!.launcher} starts ${used} processes, and ${node}: more than one on a GPU makes them wait for each other, or fail.`,
      ...(used < count
        ? {
            saving: {
              fraction: [(count - used) / count, (count - used) / count] as [number, number],
              usd: null,
              basis: `${count - used} of ${count} GPUs are idle`,
            },
          }
        : {}),
      fixes,
      related: [
        {
          location: launch!.location,
          message: `starts ${used} process${used === 1 ? '' : 'es'} on each node`,
        },
      ],
    })
  },
})

/** Accelerators of a node that a launch uses; null: not known. */
function devicesUsed(run: Run, count: number): number | null {
  const { launch } = run.job
  if (launch === null) return null
  if (launch.perDevice === true) {
    if (launch.processes === null) return null
    const program = subjectIn(run, 'Program')
    const parallelism = program === undefined ? undefined : effective(program.settings.parallelism)
    // One process may drive several devices, or start others.
    if (program !== undefined && parallelism !== 'distributed' && parallelism !== 'none') return null
    if (run.script !== null && parallelism !== 'distributed' && couldHide(run, 'devices') !== undefined)
      return null
    const visible = visibleDevices(run)
    return launch.processes === 0 ? (visible ?? count) : launch.processes
  }
  if (launch.processes !== 1 || couldHide(run, 'devices') !== undefined) return null
  const program = subjectIn(run, 'Program')
  if (program === undefined) return subjectsOf(run, 'Program').length > 0 ? null : 0
  if (effective(program.settings.trains) !== true) return 1
  return effective(program.settings.parallelism) === 'none' ? 1 : null
}

function visibleDevices(run: Run): number | null {
  const value = run.job.launch?.environment.CUDA_VISIBLE_DEVICES?.value
  return typeof value === 'string' && /^\d+(,\d+)*$/.test(value) ? value.split(',').length : null
}

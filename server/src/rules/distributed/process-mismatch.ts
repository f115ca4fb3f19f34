import { effective } from '../../values/value.js'
import type { Run } from '../../workload/claim.js'
import { withoutAccelerators } from '../lifecycle/job-words.js'
import { defineRule, type FixRequest } from '../rule.js'
import { hidden, type Silence, unless } from '../silence.js'
import { subjectIn, subjectsOf } from '../subject-view.js'
import { otherDevices } from './idle-gpus.js'

export default defineRule({
  name: 'distributed/process-mismatch',
  judges: 'Compute',
  checklist: ['bottleneck/distributed-setup', 'rightsize/match-instance'],
  severity: 'error',
  finds: 'fewer processes than GPUs, or more',
  summary: 'A launcher starts fewer processes than the node has accelerators, and the rest stay idle.',
  supersedes: ['compute/oversized-instance', 'distributed/needless-multi-node'],
  check(view, { report, silent }) {
    const { gpus, gpuModel, processes } = view.settings
    const count = effective(gpus)
    if (gpus === undefined || count === undefined || count < 1) return silent(withoutAccelerators(view))
    const { rankOfFirst, nodes } = view.settings
    if (rankOfFirst !== undefined && effective(rankOfFirst) !== undefined) {
      const machines = effective(nodes)
      report({
        at: rankOfFirst,
        message: `\`${effective(rankOfFirst)}\` is filled in by the batch script on its first node, before ${rankOfFirst.key} starts anything: ${machines === undefined || machines < 2 ? 'all tasks' : `all ${machines} nodes`} take themselves for the first, and their GPUs wait for the others until the job is ended.`,
        related: [],
      })
      return
    }
    const other = otherDevices(view)
    if (other !== undefined) return silent(other)
    const model = effective(gpuModel)
    const launched: Launched[] = []
    for (const run of view.run.siblings) {
      const used = devicesUsed(run, count)
      if (typeof used !== 'number') return silent(used)
      launched.push({ run, used })
    }
    const trainers = launched.filter((one) => one.run.job.launch?.perDevice === true)
    const [first, ...rest] = trainers
    if (first === undefined) return silent('no launcher starts processes that train together')
    const most = rest.reduce((a, b) => (b.used > a.used ? b : a), first)
    if (most.used === count) return silent(`as many processes are started as the node has GPUs: ${count}`)
    // The widest launch decides what the job needs.
    if (launched.some((one) => one.used >= count) && most.used < count)
      return silent(`another launch of the job uses all ${count} GPUs`)
    const { launch } = most.run.job
    const used = most.used
    const total = launch!.total
    const machines = effective(nodes)
    if (total !== undefined && machines !== undefined && used < count) {
      // With several launches each may have nodes of its own.
      if (rest.length > 0) return silent('its launches may share its nodes among them')
      const all = machines * count
      report({
        at: nodes!,
        message: `${launch!.launcher} starts ${total} processes in all, and ${machines} nodes have ${all} ${model ?? 'GPUs'}: ${all - total} stay idle.`,
        saving: {
          fraction: [(all - total) / all, (all - total) / all],
          usd: null,
          basis: `${all - total} of ${all} GPUs are idle`,
        },
        fixes: total % count === 0 ? [{ set: [{ claim: nodes!, value: total / count }] }] : [],
        related: [{ location: launch!.location, message: `starts ${total} processes` }],
      })
      return
    }
    const fixes: FixRequest[] = []
    if (processes !== undefined && effective(processes) === used)
      fixes.push({ set: [{ claim: processes, value: count }] })
    if (used < count) fixes.push({ set: [{ claim: gpus, value: used }] })
    const node = `the node has ${count} ${model ?? (count === 1 ? 'GPU' : 'GPUs')}`
    report({
      at: processes?.state === 'known' && effective(processes) === used ? processes : gpus,
      severity: used < count ? (most.run.script === null ? 'warning' : 'error') : 'warning',
      message:
        used < count
          ? `${launch!.launcher} starts ${used} process${used === 1 ? '' : 'es'}, and ${node}: ${count - used} stay${count - used === 1 ? 's' : ''} idle.`
          : `${launch!.launcher} starts ${used} processes, and ${node}: processes that share a GPU wait for each other, or fail.`,
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
          location: launch!.countedAt ?? launch!.location,
          message: `starts ${used} process${used === 1 ? '' : 'es'} on each node`,
        },
      ],
    })
  },
})

interface Launched {
  run: Run
  /** Accelerators of a node. */
  used: number
}

/** Accelerators of a node that a launch uses; else why that is not known. */
function devicesUsed(run: Run, count: number): number | Silence {
  const { launch } = run.job
  if (launch === null) return { text: 'what it launches is not known' }
  if (launch.perDevice === true) {
    if (launch.processes === null)
      return { text: `how many processes ${launch.launcher} starts is not known` }
    const program = subjectIn(run, 'Program')
    const parallelism = program === undefined ? undefined : effective(program.settings.parallelism)
    // One process may drive several devices, or start others.
    if (program !== undefined && parallelism !== 'distributed' && parallelism !== 'none')
      return unless(program, 'parallelism', `each process may drive several devices: ${parallelism}`)
    // A file that a framework's own program trains by: its launcher starts a process for each device.
    const ofFramework = program === undefined && run.script !== null && !/\.(py|ipynb)$/.test(run.script)
    const unseen =
      run.script === null || ofFramework || parallelism === 'distributed' ? undefined : hidden(run, 'devices')
    if (unseen !== undefined) return unseen
    const visible = visibleDevices(run)
    return launch.processes === 0 ? (visible ?? count) : launch.processes
  }
  const unseen = hidden(run, 'devices')
  if (unseen !== undefined) return unseen
  if (launch.processes !== 1) return { text: `how many devices ${launch.launcher} uses is not known` }
  const program = subjectIn(run, 'Program')
  if (program === undefined)
    return subjectsOf(run, 'Program').length === 0
      ? 0
      : { text: `a module that ${run.script} imports may use the devices` }
  if (effective(program.settings.trains) !== true) return 1
  const parallelism = effective(program.settings.parallelism)
  return parallelism === 'none'
    ? 1
    : unless(program, 'parallelism', `${run.script} spreads its work: ${parallelism}`)
}

function visibleDevices(run: Run): number | null {
  const value = run.job.launch?.environment.CUDA_VISIBLE_DEVICES?.value
  return typeof value === 'string' && /^\d+(,\d+)*$/.test(value) ? value.split(',').length : null
}

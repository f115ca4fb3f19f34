import { effective } from '../../values/value.js'
import type { SubjectView } from '../../workload/claim.js'
import { defineRule } from '../rule.js'
import { notTraining, offAccelerator, unless } from '../silence.js'

export default defineRule({
  name: 'distributed/no-sampler',
  judges: 'InputPipeline',
  checklist: ['bottleneck/distributed-setup', 'waste/duplicate-jobs'],
  severity: 'error',
  finds: 'processes that each read the whole data set, and epochs in the same order',
  summary: 'Processes that all read the whole data set do the same epoch several times over.',
  check(view, { report, silent }) {
    const { sharded, reshuffled, shuffled, feeds } = view.settings
    const stopped = notTraining(view)
    if (stopped !== undefined) return silent(stopped)
    if (effective(feeds) !== 'training') return silent(unless(view, 'feeds', 'it feeds an evaluation'))
    if (reshuffled !== undefined && effective(reshuffled) === false) {
      report({
        at: reshuffled,
        severity: 'information',
        message: `\`${reshuffled.key}\` is never called, so every epoch uses the same order.`,
        fixes: [{ set: [{ claim: reshuffled, value: true }] }],
      })
      return
    }
    if (sharded === undefined && shuffled !== undefined && effective(shuffled) === false) {
      if (effective(view.settings.passes) === 1) return silent('the data are gone through once')
      // More epochs cost time on a processor as well.
      const idle = view.subject.evidence.accelerator === 'cpu' ? undefined : offAccelerator(view)
      if (idle !== undefined) return silent(idle)
      report({
        at: shuffled,
        severity: 'information',
        message: `The training goes through its samples in the same order in every epoch (\`${shuffled.key}\` is off), which usually takes more epochs to the same loss.`,
        fixes: [{ set: [{ claim: shuffled, value: true }] }],
      })
      return
    }
    if (sharded === undefined || effective(sharded) !== false)
      return silent(unless(view, 'sharded', 'each process has a share of the data'))
    const count = processesOf(view)
    if (count === 1) return silent('one process is launched')
    const ordered = effective(shuffled) === false
    report({
      at: sharded,
      severity: ordered ? 'error' : 'warning',
      message: messageOf(count, ordered),
      ...(count === null
        ? {}
        : {
            saving: {
              fraction: [(count - 1) / count, (count - 1) / count] as [number, number],
              usd: null,
              basis: `${count} processes do the same epoch: ${count - 1} of ${count} parts of the work`,
            },
          }),
      fixes: [{ set: [{ claim: sharded, value: true }] }],
    })
  },
})

/** Null: how many processes there are is not known. */
function processesOf(view: SubjectView<'InputPipeline'>): number | null {
  const { launch, compute } = view.run.job
  const { madeBy } = view.settings
  if (madeBy !== undefined) return effective(madeBy) ?? null
  if (launch === null) return null
  // A batch script runs on the first node alone; elsewhere each machine of the job runs the program.
  const first = effective(compute?.settings.provider) === 'own cluster' && launch.everyNode !== true
  const nodes = Math.max(launch.nodes ?? 1, first ? 1 : (effective(compute?.settings.nodes) ?? 1))
  if (launch.processes === null) return null
  if (launch.processes > 0) return launch.processes * nodes
  const gpus = effective(compute?.settings.gpus)
  return gpus === undefined || gpus === 0 ? null : gpus * nodes
}

function messageOf(count: number | null, ordered: boolean): string {
  const who = count === null ? 'Every process reads' : `Each of ${count} processes reads`
  const times = count === null ? 'as many times as there are processes' : `${count} times over`
  return ordered
    ? `${who} the whole data set in the same order: all compute the same gradients, and an epoch is done ${times}. Give the loader a distributed sampler.`
    : `${who} the whole data set: one epoch is done ${times}. Give the loader a distributed sampler.`
}

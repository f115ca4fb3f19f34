import { effective } from '../../values/value.js'
import type { SubjectView } from '../../workload/claim.js'
import { machineOf } from '../hardware.js'
import { defineRule, type Severity } from '../rule.js'
import { notTraining, offAccelerator, unless } from '../silence.js'

/** Share of a run that preparing the data takes, and that batches save of it. An assumption. */
const preparing: [number, number] = [0.02, 0.1]

export default defineRule({
  name: 'data/unbatched-map',
  judges: 'Preprocessing',
  checklist: ['baseline/preprocessing-time', 'waste/cache-features'],
  severity: 'warning',
  finds: 'data sets that are tokenised row by row, or prepared in one process',
  summary: 'Preparing row by row in one process takes many times as long as in batches or several processes.',
  check(work, { report, silent, options }) {
    const { batched, processes, transformation } = work.settings
    const does = effective(transformation)
    const claim = batched ?? processes
    if (does === undefined || transformation === undefined) return silent(unless(work, 'transformation', ''))
    const given = effective<boolean | number>(claim)
    if (claim === undefined || (given !== false && given !== 1))
      return silent(
        unless(
          work,
          batched === undefined ? 'processes' : 'batched',
          batched === undefined ? `it runs in ${given} processes` : 'it works on batches',
        ),
      )
    const stopped = notTraining(work) ?? offAccelerator(work)
    if (stopped !== undefined) return silent(stopped)
    const machine = machineOf(work, options)
    const what = `\`${transformation.key}\` ${does}`
    const idle = waiting(work)
    report({
      at: claim,
      severity: severityOf(work),
      message:
        claim === batched
          ? `${what} per call: in batches a fast tokenizer uses all cores and avoids the overhead of a call per row${idle}.`
          : `${what} after the other in a single process${idle}: spread them over several with \`${claim.key}\`.`,
      saving: {
        fraction: preparing,
        usd: null,
        basis:
          'assumes that preparing the data takes 2 to 10 % of a run; the result is cached for later runs',
      },
      fixes: [
        {
          set: [
            {
              claim,
              value: claim === batched ? true : machine.cpus === null ? null : shares(machine.cpus),
            },
          ],
        },
      ],
    })
  },
})

/** One core in two: the others decode and write. */
function shares(cpus: number): number {
  return Math.min(16, Math.max(2, Math.floor(cpus / 2)))
}

function severityOf(work: SubjectView<'Preprocessing'>): Severity {
  // A function that would have to be rewritten first, or few rows.
  if (effective(work.settings.light) === true || effective(work.settings.demonstration) === true)
    return 'hint'
  // Several processes already share the rows.
  const shared = work.settings.batched !== undefined && work.settings.processes !== undefined
  return gpusOf(work) > 0 && !shared ? 'warning' : 'information'
}

function gpusOf(work: SubjectView<'Preprocessing'>): number {
  const compute = work.run.job.compute?.settings
  return effective(compute?.gpus) ?? 0
}

function waiting(work: SubjectView<'Preprocessing'>): string {
  const gpus = gpusOf(work)
  if (gpus === 0) return ''
  const nodes = effective(work.run.job.compute?.settings.nodes) ?? 1
  const count = gpus * nodes
  return `, while ${count} ${count === 1 ? 'GPU is' : 'GPUs are'} paid for`
}

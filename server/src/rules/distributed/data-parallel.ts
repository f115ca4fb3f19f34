import { effective } from '../../values/value.js'
import { machineOf } from '../hardware.js'
import { oversized } from '../oversized-training.js'
import { defineRule } from '../rule.js'
import { isSilence, notTraining, unless } from '../silence.js'

/** What one process per device typically gains: a third of the time, more with many devices. An assumption. */
const gain: [number, number] = [0.23, 0.33]
const gainOfMany: [number, number] = [0.33, 0.5]

export default defineRule({
  name: 'distributed/data-parallel',
  judges: 'Parallelism',
  checklist: ['bottleneck/distributed-setup'],
  severity: 'warning',
  finds: 'several GPUs driven by one Python process',
  summary: 'One process that drives several GPUs spends its time copying the model and waiting for Python.',
  check(view, { report, silent, options }) {
    const { settings } = view
    const { method } = settings
    if (method === undefined || effective(method) !== 'data-parallel')
      return silent(unless(view, 'method', `the work is spread by ${effective(method)}`))
    // Without an accelerator the wrapper does nothing.
    if (view.subject.evidence.accelerator === 'cpu') return silent('it runs on the CPU')
    const restricted = effective(settings.devices)
    if (restricted !== undefined && restricted <= 1) return silent('it uses one device')
    const machine = machineOf(view, options)
    const job = view.run.job.compute === null ? null : machine.gpus
    // A list that whoever starts it gives: of a job with several GPUs more than one of them.
    if (settings.devices?.state === 'unknown' && job === null) return silent(unless(view, 'devices', ''))
    // On a node with one GPU the wrapper does nothing, or is not reached.
    if (job !== null && job < 2) return silent(`the job has ${job === 1 ? 'one GPU' : 'no GPU'}`)
    if (effective(settings.implicit) === true && job === null)
      return silent('how many GPUs the library finds is not known')
    const predicts = effective(settings.purpose) === 'inference'
    if (predicts && notTraining(view) !== undefined) return silent('it only predicts')
    const count = restricted ?? job
    const request = view.run.job.compute
    const size = request === null || restricted !== undefined ? undefined : oversized(request, options)
    // One GPU is the better advice.
    if (size !== undefined && !isSilence(size) && size.fewest === 1)
      return silent('one GPU would hold the whole step')
    const many = count !== null && count >= 4
    const instead = effective(settings.instead)
    report({
      at: method,
      // Beside the better way it is only taken where that was not chosen.
      severity:
        predicts || effective(settings.fallback) === true || instead !== undefined
          ? 'information'
          : 'warning',
      message:
        `\`${method.key}\` drives ${count === null ? 'all GPUs' : `${count} GPUs`} from one Python process: every step it copies the model to each of them and ` +
        `gathers on the first. ${instead ?? 'One process per GPU (distributed data parallel) is usually 1.3 to 2 times faster.'}`,
      saving: {
        fraction: many ? gainOfMany : gain,
        usd: null,
        basis: 'assumes 1.3 to 1.5 times faster steps, 1.5 to 2 times with four GPUs or more',
      },
      savedFrom: 2,
      fixes: [{ set: [{ claim: method, value: 'distributed' }] }],
    })
  },
})

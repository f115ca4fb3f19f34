import { effective } from '../../values/value.js'
import type { SubjectView } from '../../workload/claim.js'
import type { FixRequest, Severity } from '../rule.js'
import { defineRule } from '../rule.js'
import { isSilence, unless } from '../silence.js'
import { subjectIn } from '../subject-view.js'
import { startsOver } from './blind-retries.js'
import { costOf } from './job-price.js'
import { duration, withoutAccelerators } from './job-words.js'
import { missingForStore } from './store-in-use.js'

/** Seconds: what a short job loses is less than checkpoints cost. */
const short = 1800
/** Seconds: the most that one interruption costs, where the job may not run longer. */
const modest = 3600
/** Accelerators of a machine that is dear whatever it is called. */
const wholeMachine = 8

export default defineRule({
  name: 'lifecycle/spot-without-checkpoint',
  judges: 'Compute',
  checklist: ['rightsize/spot', 'observability/failed-jobs', 'observability/retry-count'],
  severity: 'error',
  measuredBy: 'failures',
  finds: 'spot jobs without a checkpoint to resume from',
  summary: 'A spot job that cannot resume pays again for all its work after each interruption.',
  supersedes: ['lifecycle/on-demand-interruptible'],
  check(view, { report, silent, options, today }) {
    const { spot, maxWait, timeLimit, checkpointStore, keepAlive, gpus, trials } = view.settings
    if (spot === undefined || effective(spot) !== true)
      return silent(unless(view, 'spot', 'it does not run on spot capacity'))
    const limit = effective(timeLimit)
    const wait = effective(maxWait)

    const fixes: FixRequest['set'] = []
    const longer = typeof limit === 'number' ? limit * 2 : undefined
    const waitMissing = maxWait !== undefined && wait === null
    const waitTooShort = typeof wait === 'number' && typeof limit === 'number' && wait < limit
    if (maxWait !== undefined && longer !== undefined && (waitMissing || waitTooShort)) {
      fixes.push({ claim: maxWait, value: longer })
    }

    const nowhere = checkpointStore !== undefined && effective(checkpointStore) === null
    const isShort = typeof limit === 'number' && limit <= short
    // However often it is interrupted, each start loses less than a whole run may cost.
    const most = typeof limit === 'number' ? costOf(view, limit, options.prices, today)?.high : undefined
    const { money } = options
    const little: Severity | undefined =
      most === undefined || most >= money.warning
        ? undefined
        : most < money.information
          ? 'hint'
          : 'information'
    if (nowhere && !isShort) {
      const isModest = typeof limit === 'number' && limit <= modest
      const devices = effective(gpus)
      const losesLittle = (most === undefined || most < money.error) && (devices ?? 0) < wholeMachine
      // An hour of a machine that nobody knows may cost cents.
      const cheap = devices === 0 || (isModest && (devices ?? 0) < 1)
      const besides = waitMissing
        ? ` Without ${maxWait!.key} the request is refused as well.`
        : waitTooShort
          ? ` The request is refused as well: ${maxWait!.key} is shorter than ${timeLimit!.key}.`
          : ''
      report({
        at: checkpointStore,
        // A search loses one trial, and runs it again; a job of an hour loses less than that hour.
        severity:
          besides !== ''
            ? 'error'
            : little !== undefined
              ? little
              : cheap
                ? 'information'
                : effective(trials) === true || isModest || losesLittle
                  ? 'warning'
                  : 'error',
        message: `Spot training without ${checkpointStore.key}: each interruption starts again from step 0, and the lost work is paid for twice.${besides}`,
        fixes: [{ set: [{ claim: checkpointStore, value: 'default' }, ...fixes], ...ifUsed(view) }],
      })
    } else if (waitMissing || waitTooShort) {
      const problem = waitMissing
        ? `Spot training without ${maxWait!.key}`
        : `${maxWait!.key} (${wait} s) is shorter than ${timeLimit!.key} (${limit} s)`
      const least = typeof limit === 'number' && waitMissing ? ` (${limit} s)` : ''
      report({
        at: maxWait!,
        message: `${problem}: the request is refused, since waiting and running together may not take less than ${timeLimit?.key ?? 'the time limit'}${least}.`,
        fixes: fixes.length > 0 ? [{ set: fixes }] : [],
      })
    } else if (maxWait !== undefined && typeof wait === 'number' && wait === limit && !isShort) {
      report({
        at: maxWait,
        severity: 'information',
        message: `${maxWait.key} equals ${timeLimit!.key} (${duration(limit)}): every minute of waiting for capacity is taken from the run.`,
        fixes: [{ set: [{ claim: maxWait, value: limit * 2 }] }],
      })
    }

    const held = effective(keepAlive)
    if (keepAlive !== undefined && typeof held === 'number' && held > 0) {
      report({
        at: keepAlive,
        message: `${keepAlive.key} cannot be combined with ${spot.key}: spot capacity is given back when the job ends.`,
        fixes: [{ set: [{ claim: keepAlive, value: null }] }],
      })
    }

    if (isShort) return silent(`the job is short: at most ${duration(limit)}`)
    if (nowhere) return
    if ((effective(gpus) ?? 0) < 1) return silent(withoutAccelerators(view))
    // What an interruption halfway through loses is hardly worth writing code against.
    const losesCents = most !== undefined && most / 2 < money.information
    const severity = losesCents
      ? 'hint'
      : (little ?? (effective(trials) === true ? 'information' : 'warning'))
    for (const run of view.run.siblings) {
      const saves = subjectIn(run, 'Training')?.settings.saves
      // Said in so many words, this counts whatever the program could load.
      if (saves?.state === 'known' && saves.value === 'never') {
        report({
          at: spot,
          // Whoever turns them off may know that the run is short.
          severity: 'information',
          message: `Spot training, but ${run.script} saves no checkpoint (${saves.key}): each interruption starts again from step 0, and the lost work is paid for twice.`,
          related: [{ location: saves.location, message: 'saves nothing while it trains' }],
        })
        return
      }
      const program = startsOver(run)
      if (isSilence(program)) {
        silent(program)
        continue
      }
      report({
        at: spot,
        severity,
        message: `Spot training, but ${run.script} does not continue from a checkpoint: each interruption starts again from step 0, and the lost work is paid for twice.`,
        related: [{ location: program.subject.location, message: 'trains without loading a checkpoint' }],
      })
      return
    }
    const { retries } = view.settings
    if (effective(trials) === true || retries === undefined || effective(retries) !== 0) return
    const more = { claim: retries, value: 1 }
    report({
      at: retries,
      severity: 'information',
      message: `An interruption ends this spot job for good (${retries.key} gives it no second attempt): its work is lost, or waits until somebody sends it again.`,
      fixes: [{ set: [more], onlyIf: 'it can be started twice' }],
    })
  },
})

/** A store that the program does not write to saves nothing. */
function ifUsed(view: SubjectView<'Compute'>): Pick<FixRequest, 'onlyIf'> {
  const missing = missingForStore(view)
  return missing === undefined ? {} : { onlyIf: missing }
}

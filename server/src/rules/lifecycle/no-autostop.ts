import { month } from '../../estimate/bill.js'
import { hourlyCost } from '../../estimate/hourly.js'
import { effective } from '../../values/value.js'
import type { SubjectView } from '../../workload/claim.js'
import { atLeast } from '../bounds.js'
import { requestOf } from '../machine-request.js'
import { defineRule, type RuleOptions } from '../rule.js'
import { unless } from '../silence.js'
import { acceleratorsOf } from './job-words.js'

/** Seconds without use that a fix proposes: people come back after lunch, a cluster waits for its next task. */
const people = 3600
const tasks = 600
/** Accelerators of a whole machine, which others wait for whoever owns it. */
const node = 8
/** Share of a week in which nobody works at a machine. */
const idle: [number, number] = [0.3, (168 - 40) / 168]

export default defineRule({
  name: 'lifecycle/no-autostop',
  judges: 'Compute',
  checklist: ['baseline/idle-time', 'bottleneck/autoscaling-idle', 'cadence/daily'],
  severity: 'error',
  finds: 'machines that nothing stops',
  summary: 'A machine that nothing stops is billed through nights and weekends.',
  check(view, { report, silent, options, today }) {
    const { idleStop, endedBy, interactive, instanceType, gpus, choosesCapacity, spot } = view.settings
    if (idleStop === undefined || effective(idleStop) !== null)
      return silent(unless(view, 'idleStop', 'it stops when it is idle'))
    const ended = effective(endedBy)
    const skipped = effective(view.settings.endSkipped)
    if (ended !== undefined && skipped === undefined) return silent(`it is ended by ${ended}`)
    const known = atLeast(gpus)?.value
    // What is not known may stand in another file, with the time after which it stops.
    if (known === undefined && idleStop.state !== 'known') return silent(unless(view, 'gpus', ''))
    const count = known ?? 0
    const accelerators = acceleratorsOf(view)
    const type = effective(instanceType)
    const machine = [
      type,
      accelerators === undefined ? null : type === undefined ? accelerators : `(${accelerators})`,
    ]
      .filter((one) => one != null)
      .join(' ')
    const byHand = effective(interactive) === true
    const kind = view.subject.evidence.accelerator === 'tpu' ? 'TPU' : 'GPU machine'
    const name = machine === '' ? (count < 1 ? 'The machine' : `The ${kind}`) : machine
    if (skipped !== undefined)
      return report({
        at: idleStop,
        severity: 'information',
        message: `A failure before \`${skipped}()\` leaves ${machine === '' ? 'the GPU machine' : machine} running, billed until somebody notices. Call it whatever happens, in a \`finally\`.`,
        fixes: [],
      })
    // A command that ends it, rather than a setting.
    const missing = /[\s(]/.test(idleStop.key) ? 'is never called' : 'is not set'
    const elsewhere = effective(view.settings.endedElsewhere)
    const state =
      idleStop.state === 'known'
        ? 'is off'
        : elsewhere === undefined
          ? missing
          : `stands in ${elsewhere.path}`
    const end =
      effective(spot) === true ? 'its capacity is taken back or somebody notices' : 'somebody notices'
    // It may be on a machine of somebody's own, which costs the same at night.
    const given = effective(choosesCapacity) === false && idleStop.state !== 'known'
    report({
      at: idleStop,
      // Turned off in so many words; a machine without accelerators is mostly cheap.
      severity:
        known === undefined
          ? 'information'
          : count < 1
            ? plainSeverity(view, byHand, options, today)
            : (given && count < node) || elsewhere !== undefined
              ? 'information'
              : idleStop.state === 'known'
                ? 'error'
                : 'warning',
      message: given
        ? `Nothing takes this down once nobody uses it (\`${idleStop.key}\` ${state}): it keeps ${machine === '' ? 'its accelerators' : machine} from others until somebody notices.`
        : byHand
          ? `${name}: this workstation never stops by itself (\`${idleStop.key}\` ${state}), so it is billed through every night and weekend.`
          : `${name}: nothing stops this once its work is done (\`${idleStop.key}\` ${state}), so it is billed until ${end}.`,
      ...(byHand && !given
        ? {
            saving: {
              fraction: idle,
              usd: null,
              basis:
                'somebody who works 40 to 60 of the 168 hours of a week, and stops it now and then by hand',
            },
          }
        : {}),
      fixes: [{ set: [{ claim: idleStop, value: byHand ? people : tasks }] }],
    })
  },
})

/** What a machine without accelerators costs in the hours in which nobody works at it. */
function plainSeverity(
  view: SubjectView<'Compute'>,
  byHand: boolean,
  options: RuleOptions,
  today: string,
): 'hint' | 'information' {
  const cost = byHand ? hourlyCost(requestOf(view), options.prices, today) : undefined
  const wasted = idle[0] * month * (cost?.onDemand ?? 0)
  return wasted < options.money.warning ? 'hint' : 'information'
}

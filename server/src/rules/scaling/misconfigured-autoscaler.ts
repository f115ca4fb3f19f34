import { lookUp } from '../../text/records.js'
import { effective } from '../../values/value.js'
import type { SubjectView } from '../../workload/claim.js'
import { defineRule, type RuleContext } from '../rule.js'
import { unless, unlessUnread } from '../silence.js'
import { acceleratorsPerMachine, plainMachines, poolName, reserved } from './pool-words.js'

/** Per cent; below it three of four replicas are a reserve. */
const lowAim = 30
/** What a fix proposes. */
const proposedAim = 70
const proposedWindow = 300
/** Seconds; a machine that starts and loads a model takes longer. */
const leastWindow = 60
const proposedMost = 8
/** Machines; from so many on a ceiling bounds no mistake. */
const manyMachines = 50

export default defineRule({
  name: 'scaling/misconfigured-autoscaler',
  judges: 'Scaling',
  checklist: ['waste/scale-down', 'bottleneck/autoscaling-idle', 'cadence/monthly'],
  severity: 'warning',
  finds: 'GPU autoscalers that follow the wrong metric, cannot act, or have no upper limit',
  // Of an endpoint that cannot scale at all the floor is no news yet.
  supersedes: ['scaling/idle-floor'],
  summary: 'An autoscaler of GPUs follows the wrong metric, cannot act, or has no upper limit.',
  check(view, context) {
    const { silent } = context
    if (acceleratorsPerMachine(view) === undefined) return silent(plainMachines(view))
    if (view.settings.target === undefined) {
      checkCeiling(view, context)
      return
    }
    silent(
      unlessUnread(
        view,
        ['metrics', 'utilization', 'leastReplicas', 'mostReplicas', 'idleDelay', 'rivals'],
        'it goes by a measure that follows the load, and has bounds',
      ),
    )
    checkRivals(view, context)
    if (!checkFixed(view, context)) checkMeasure(view, context)
    checkHaste(view, context)
    checkMost(view, context)
  },
})

type Pool = SubjectView<'Scaling'>

/** Machines that are started for pods that wait. */
function checkCeiling(view: Pool, { report, silent }: RuleContext) {
  const { maximum, capacity } = view.settings
  if (maximum === undefined) return silent(unless(view, 'maximum', ''))
  if (effective(capacity) === 'reserved') return silent(reserved)
  if (maximum.state === 'known' && typeof maximum.value === 'number' && maximum.value >= manyMachines) {
    checkHeight(view, maximum.value, report, silent)
    return
  }
  if (maximum.state !== 'default' || maximum.value !== null)
    return silent(unless(view, 'maximum', `it has a ceiling: ${effective(maximum) ?? 'none, on purpose'}`))
  report({
    at: maximum,
    severity: 'information',
    confidence: 'medium',
    message: `${poolName(view)} has no \`${maximum.key}\`: pods started by mistake get as many GPU machines as the quota of the account allows.`,
    fixes: [{ set: [{ claim: maximum, value: 16 }] }],
  })
}

/** A ceiling that nobody would ever mean. */
function checkHeight(view: Pool, most: number, report: RuleContext['report'], silent: RuleContext['silent']) {
  const { maximum, fixed } = view.settings
  if (effective(fixed) === true) return silent('it always has the same number of machines')
  const devices = (acceleratorsPerMachine(view) ?? 1) * most
  report({
    at: maximum!,
    // A quota of the account may well be the bound that its author relies on.
    severity: 'hint',
    confidence: 'medium',
    message: `${poolName(view)} may grow to ${most} machines (${devicesText(view, devices)}): one job that asks for too much gets them all, and nothing but this number stops it.`,
    fixes: [],
  })
}

function checkRivals(view: Pool, { report }: RuleContext): void {
  const { rivals, target } = view.settings
  const others = effective(rivals)
  if (rivals === undefined || others === undefined || others.length === 0) return
  const names = others.map((one) => `the ${one}`).join(' and ')
  report({
    at: rivals,
    message: `${poolName(view)} and ${names} scale the same ${effective(target)}: each undoes what the other decides, and GPU replicas come and go.`,
  })
}

/** True: it cannot change anything. */
function checkFixed(view: Pool, { report }: RuleContext): boolean {
  const { leastReplicas, mostReplicas, schedule } = view.settings
  // What holds by day is another number at night.
  if (schedule !== undefined) return false
  const [least, most] = [effective(leastReplicas), effective(mostReplicas)]
  if (leastReplicas === undefined || least === undefined || least !== most) return false
  if (least < 2) return true
  const devices = (acceleratorsPerMachine(view) ?? 1) * least
  report({
    at: leastReplicas,
    severity: 'information',
    message: `${poolName(view)} cannot scale: at least ${least} replicas and at most ${most} (${devicesText(view, devices)} at all hours).`,
    fixes: [{ set: [{ claim: leastReplicas, value: 1 }] }],
  })
  return true
}

function devicesText({ settings }: Pool, count: number): string {
  const model = effective(settings.gpuModel)
  return model === undefined ? `${count} ${count === 1 ? 'GPU' : 'GPUs'}` : `${count}×${model}`
}

const measures: Record<string, string> = {
  cpu: 'a server on accelerators leaves its processors idle while it works, so replicas come too late and leave while requests still wait',
  memory:
    'a model server takes its memory when it starts and keeps it, so its number of replicas says nothing about the load',
}

function checkMeasure(view: Pool, { report }: RuleContext): void {
  const { metrics, unmeasured, utilization, target } = view.settings
  const names = effective(metrics)
  if (metrics === undefined || names === undefined || names.length === 0) return
  const missing = effective(unmeasured)
  if (unmeasured !== undefined && missing !== undefined && missing.length > 0) {
    const what = missing.join(' and ')
    report({
      at: unmeasured,
      confidence: 'medium',
      message: `${poolName(view)} aims at a share of the requested ${what}, but a container of ${effective(target)} requests no ${what}: there is nothing to measure, and it never scales.`,
      fixes: [{ set: [{ claim: metrics, value: null }] }],
    })
    return
  }
  const own = names.filter((one) => lookUp(measures, one) !== undefined)
  const aim = effective(utilization)
  if (own.length === names.length) {
    // Each of several has an aim of its own.
    const per = aim === undefined || names.length > 1 ? '' : ` (${utilization!.key}: ${aim})`
    report({
      at: metrics,
      severity: 'information',
      confidence: 'medium',
      message: `${poolName(view)} scales replicas that hold ${devicesText(view, acceleratorsPerMachine(view)!)} each by ${[...new Set(own)].join(' and ')}${per}: ${lookUp(measures, own[0]!)}.`,
      fixes: [{ set: [{ claim: metrics, value: null }] }],
    })
  } else if (utilization !== undefined && aim !== undefined && aim > 0 && aim <= lowAim) {
    report({
      at: utilization,
      severity: 'information',
      confidence: 'medium',
      message: `${poolName(view)} aims at ${aim} % of what its replicas could do: about ${Math.round(100 / aim)} replicas with accelerators do the work of one.`,
      saving: {
        fraction: [0, 1 - aim / proposedAim],
        usd: null,
        basis: `${proposedAim} % rather than ${aim} % of the same load, while there are more replicas than the minimum`,
      },
      fixes: [{ set: [{ claim: utilization, value: proposedAim }] }],
    })
  }
}

function checkHaste(view: Pool, { report }: RuleContext): void {
  const { idleDelay } = view.settings
  const wait = idleDelay?.state === 'known' ? idleDelay.value : undefined
  if (idleDelay === undefined || typeof wait !== 'number' || wait >= leastWindow) return
  const when = wait === 0 ? 'at the first quiet moment' : 'before a minute is over'
  report({
    at: idleDelay,
    severity: 'information',
    confidence: 'medium',
    message: `${poolName(view)} takes replicas away ${when} (\`${idleDelay.key}: ${wait}\`): the next request waits for a machine and for the model to load, and both are paid for again.`,
    fixes: [{ set: [{ claim: idleDelay, value: proposedWindow }] }],
  })
}

/** A ceiling that nobody wrote. */
function checkMost(view: Pool, { report }: RuleContext): void {
  const { mostReplicas } = view.settings
  const most = effective(mostReplicas)
  if (mostReplicas === undefined || mostReplicas.state !== 'default' || most === undefined) return
  const devices = (acceleratorsPerMachine(view) ?? 1) * most
  report({
    at: mostReplicas,
    severity: 'information',
    confidence: 'medium',
    message: `${poolName(view)} may start ${most} replicas (${mostReplicas.key} is ${most} by default): ${devicesText(view, devices)} in all.`,
    fixes: [{ set: [{ claim: mostReplicas, value: proposedMost }] }],
  })
}

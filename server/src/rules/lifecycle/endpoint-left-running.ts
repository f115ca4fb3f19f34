import { effective } from '../../values/value.js'
import type { SubjectView } from '../../workload/claim.js'
import { defineRule, type Report, type RuleOptions } from '../rule.js'
import { costText, priceOf } from '../scaling/endpoint-price.js'
import { isSilence, type Silence, unless } from '../silence.js'

export default defineRule({
  name: 'lifecycle/endpoint-left-running',
  judges: 'Serving',
  checklist: ['rightsize/separate-environments', 'baseline/idle-time', 'observability/cost-per-deployment'],
  severity: 'warning',
  finds: 'endpoints that a program starts and nothing deletes',
  summary: 'An endpoint that a program starts is billed until somebody deletes it.',
  check(view, { report, silent, options, today }) {
    const { tornDown, minReplicas, gpus, purpose, tearDownComment, endSkipped } = view.settings
    const skipped = effective(endSkipped)
    if (tornDown !== undefined && skipped !== undefined && (effective(gpus) ?? 0) > 0) {
      const usd = costText(priceOf(view, options, today), effective(minReplicas) ?? 1)
      report({
        at: tornDown,
        severity: 'information',
        message: `A failure before \`${skipped}()\` leaves ${endpointOf(view)} running${usd === null ? '' : `: ${usd}`}. Call it in a \`finally\`.`,
        fixes: [],
      })
      return
    }
    if (tornDown === undefined || effective(tornDown) !== false)
      return silent(unless(view, 'tornDown', 'it is deleted again'))
    const reason = effective(purpose)
    if (reason === undefined) return silent(unless(view, 'purpose', ''))
    if (effective(minReplicas) === 0) return silent('it goes down to no replica by itself')
    if (reason === 'deployment') {
      const found = deployedForGood(view, options, today)
      return isSilence(found) ? silent(found) : report(found)
    }
    if (reason === 'repeated') {
      report({
        at: tornDown,
        severity: 'warning',
        message: `\`${tornDown.key}\` deploys another model in each scheduled run, and nothing undeploys the one before: each run leaves ${endpointOf(view)} more, billed by the hour.`,
        together: `repeated in ${view.subject.location.path}`,
      })
      return
    }
    const offered = effective(view.settings.endedElsewhere)
    if (offered !== undefined) return silent(`${offered.path} ends endpoints where somebody asks for it`)
    const comment = effective(tearDownComment)
    const accelerated = (effective(gpus) ?? 0) > 0
    const cost = costText(priceOf(view, options, today), effective(minReplicas) ?? 1)
    const bill = cost === null ? ', billed by the hour' : `: ${cost},`
    const seen = `\`${tornDown.key}()\` starts ${endpointOf(view)}${bill} until somebody deletes it`
    report({
      at: tornDown,
      severity: accelerated && comment === undefined && reason === 'trial' ? 'warning' : 'information',
      message:
        comment === undefined
          ? `${seen}, and nothing here does.`
          : `${seen}, and the call that would do so is commented out.`,
      fixes: [{ set: [{ claim: tornDown, value: true }] }],
      ...(comment === undefined
        ? {}
        : { related: [{ location: comment, message: 'deletes nothing while it is a comment' }] }),
    })
  },
})

/** Whoever deploys by a program or a command has to end it in the same way, where the project knows of none. */
function deployedForGood(
  view: SubjectView<'Serving'>,
  options: RuleOptions,
  today: string,
): Report | Silence {
  const { tornDown, minReplicas, endsBy, anew, endedElsewhere, machine, autoscaled } = view.settings
  const ending = effective(endsBy)
  if (ending === undefined) return unless(view, 'endsBy', 'it is deployed to stay')
  // Whoever gives it a policy looks after it.
  if (effective(autoscaled) === true && anew === undefined) return { text: 'something scales it' }
  const elsewhere = effective(endedElsewhere)
  if (elsewhere !== undefined) return { text: `${elsewhere.path} ends endpoints` }
  if (effective(machine) === undefined) return unless(view, 'machine', 'what it runs on is not known')
  const cost = costText(priceOf(view, options, today), effective(minReplicas) ?? 1)
  const bill = cost === null ? ', billed by the hour' : `: ${cost}`
  const why = effective(anew)
  if (tornDown === undefined) return unless(view, 'tornDown', '')
  const { key } = tornDown
  return {
    at: tornDown,
    // Where the bill is known, so is that nothing ends it.
    severity: why === undefined && cost === null ? 'information' : 'warning',
    message:
      why === undefined
        ? `\`${key}\` leaves ${endpointOf(view)} running${bill}, and nothing in this project ends it (\`${ending}\`).`
        : `Each run leaves ${endpointOf(view).replace(/^an /, 'another ')}, since ${why}${bill} for each, and nothing in this project ends any (\`${ending}\`).`,
  }
}

/** `an endpoint on 2 × ml.g5.2xlarge (A10G)`. */
export function endpointOf({ settings, subject }: SubjectView<'Serving'>): string {
  const machine = effective(settings.machine)
  const count = effective(settings.minReplicas)
  const model = effective(settings.gpuModel)
  const gpus = effective(settings.gpus) ?? 0
  const object = effective(settings.object)
  if (machine === undefined && object !== undefined) {
    const unit = subject.evidence.accelerator === 'tpu' ? 'TPU chip' : 'GPU'
    const each = model === undefined ? `${gpus} ${unit}${gpus === 1 ? '' : 's'}` : `${gpus}×${model}`
    return `${object} (${each} each)`
  }
  if (machine === undefined) return `an endpoint (${effective(settings.platform) ?? 'serving'})`
  const devices = gpus < 1 ? '' : ` (${gpus > 1 ? `${gpus} × ` : ''}${model ?? (gpus > 1 ? 'GPUs' : 'GPU')})`
  return `an endpoint on ${count === undefined || count < 2 ? '' : `${count} × `}${machine}${devices}`
}

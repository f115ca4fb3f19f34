import { effective } from '../../values/value.js'
import type { SubjectView } from '../../workload/claim.js'
import { defineRule, type Report } from '../rule.js'
import { isSilence, type Silence, unless } from '../silence.js'
import { isViewOf } from '../subject-view.js'

/** Accelerators that come by fours and eights, so that a request for fewer leaves some of the node to others. */
const inLargeNodes = /^(A100|H100|H200|B200|GH200|V100|MI250|MI300)/

/** From so many on, they may be all that the node has. */
const whole = 4

export default defineRule({
  name: 'compute/exclusive-node',
  judges: ['Compute', 'Scaling'],
  checklist: ['rightsize/match-instance', 'baseline/idle-time'],
  severity: 'warning',
  finds: 'whole nodes reserved for some of their GPUs',
  summary: 'A job that reserves a whole node but uses only some of its accelerators pays for the rest.',
  check(view, { report, silent }) {
    if (isViewOf(view, 'Scaling')) {
      const said = sharedOut(view)
      return isSilence(said) ? silent(said) : report(said)
    }
    if (!isViewOf(view, 'Compute')) return silent('it is neither a job nor a pool')
    const { exclusive, gpus, gpuModel, gpuChoices, gpusOnNode, nodes } = view.settings
    if (exclusive === undefined || effective(exclusive) !== true)
      return silent(unless(view, 'exclusive', 'it shares its node with others'))
    const count = effective(gpus)
    const all = effective(gpusOnNode)
    if (count === undefined || count < 1 || count >= (all ?? whole))
      return silent(
        unless(
          view,
          'gpus',
          count === 0
            ? 'no accelerators are asked for'
            : `${count} GPUs ${count === all ? 'are' : 'may be'} all that the node has`,
        ),
      )
    const name = effective(view.settings.name)
    if (name !== undefined && /bench|profil|perf|scaling/i.test(name))
      return silent(`"${name}" measures performance, which others on the node would disturb`)
    const model = effective(gpuModel)
    const models = model === undefined ? (effective(gpuChoices) ?? []) : [model]
    const large = all !== undefined || (models.length > 0 && models.every((one) => inLargeNodes.test(one)))
    const machines = effective(nodes) ?? 1
    report({
      at: exclusive,
      severity: large ? 'warning' : 'information',
      confidence: 'medium',
      message: `\`${exclusive.key}\` reserves ${machines > 1 ? `${machines} whole nodes` : 'the whole node'} for ${count} ${all === undefined ? '' : `of ${all} `}${model ?? 'GPU'}${model === undefined && (all ?? count) > 1 ? 's' : ''}${machines > 1 ? ' each' : ''}: ${large ? 'the' : 'any'} other GPUs stay idle.`,
      fixes: [{ set: [{ claim: exclusive, value: false }] }],
    })
  },
})

/** A queue that gives each job whole machines with several accelerators, whatever the job asks for. */
function sharedOut({ settings }: SubjectView<'Scaling'>): Report | Silence {
  const { exclusive, gpus, machine } = settings
  if (exclusive === undefined || effective(exclusive) !== true)
    return unless({ settings }, 'exclusive', 'its jobs share machines')
  const count = effective(gpus)
  if (count === undefined || count < 2)
    return unless({ settings }, 'gpus', `its machines have ${count === 1 ? 'one GPU' : 'no GPUs'}`)
  return {
    at: exclusive,
    severity: 'information',
    confidence: 'medium',
    message: `\`${exclusive.key}\` gives each job whole machines${machine === undefined ? '' : ` (${effective(machine)})`}: a job for one of their ${count} GPUs pays for all of them.`,
    fixes: [{ set: [{ claim: exclusive, value: false }] }],
  }
}

import { effective } from '../../values/value.js'
import { defineRule } from '../rule.js'
import { unless } from '../silence.js'

/** Accelerators that come by fours and eights, so that a request for fewer leaves some of the node to others. */
const inLargeNodes = /^(A100|H100|H200|B200|GH200|V100|MI250|MI300)/

/** From so many on, they may be all that the node has. */
const whole = 4

export default defineRule({
  name: 'compute/exclusive-node',
  judges: 'Compute',
  checklist: ['rightsize/match-instance', 'baseline/idle-time'],
  severity: 'warning',
  finds: 'whole nodes reserved for some of their GPUs',
  summary: 'A job that reserves a whole node but uses only some of its accelerators pays for the rest.',
  check(view, { report, silent }) {
    const { exclusive, gpus, gpuModel, nodes } = view.settings
    if (exclusive === undefined || effective(exclusive) !== true)
      return silent(unless(view, 'exclusive', 'it shares its node with others'))
    const count = effective(gpus)
    if (count === undefined || count < 1 || count >= whole)
      return silent(
        unless(
          view,
          'gpus',
          count === 0 ? 'no accelerators are asked for' : `${count} GPUs may be all that the node has`,
        ),
      )
    const name = effective(view.settings.name)
    if (name !== undefined && /bench|profil|perf|scaling/i.test(name))
      return silent(`"${name}" measures performance, which others on the node would disturb`)
    const model = effective(gpuModel)
    const large = model !== undefined && inLargeNodes.test(model)
    const machines = effective(nodes) ?? 1
    report({
      at: exclusive,
      severity: large ? 'warning' : 'information',
      confidence: 'medium',
      message: `\`${exclusive.key}\` reserves ${machines > 1 ? `${machines} whole nodes` : 'the whole node'} for ${count} ${model ?? 'GPU'}${model === undefined && count > 1 ? 's' : ''}${machines > 1 ? ' each' : ''}: ${large ? 'the' : 'any'} other GPUs stay idle.`,
      fixes: [{ set: [{ claim: exclusive, value: false }] }],
    })
  },
})

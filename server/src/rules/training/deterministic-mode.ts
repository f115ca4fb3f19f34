import { effective } from '../../values/value.js'
import { defineRule } from '../rule.js'
import { notTraining, offAccelerator, otherOperation } from '../silence.js'
import { operationOf } from './operation.js'

export default defineRule({
  name: 'training/deterministic-mode',
  judges: 'Operation',
  checklist: ['baseline/training-time'],
  severity: 'information',
  finds: 'slower kernels for bitwise reproducibility',
  summary: 'Deterministic kernels are slower, and a long run rarely needs them.',
  check(view, { report, silent }) {
    const kind = operationOf(view, 'deterministic kernels')
    if (kind === null) return silent(otherOperation)
    const stopped = notTraining(view) ?? offAccelerator(view)
    if (stopped !== undefined) return silent(stopped)
    const wanted = effective(view.settings.wantedFor)
    if (wanted !== undefined) return silent(`it is there for ${wanted}`)
    const weight = effective(view.settings.weight)
    const slowed = effective(view.settings.subject)
    if (weight !== 'severe' && slowed === undefined)
      return silent('no convolutions are known here, which it would slow down')
    report({
      at: kind,
      severity: weight === 'slight' ? 'hint' : 'information',
      message: messageOf(kind.key, weight === 'severe', slowed),
      saving: {
        fraction: weight === 'severe' ? [0.1, 0.4] : [0.05, 0.2],
        usd: null,
        basis:
          weight === 'severe'
            ? 'assumes 10 to 40 % of a step'
            : `assumes 5 to 20 % of a step of ${slowed === 'convolutions' ? 'a convolutional network' : 'a network that scatters, gathers or embeds'}`,
      },
      fixes: [{ set: [{ claim: kind, value: null }] }],
    })
  },
})

function messageOf(key: string, severe: boolean, slowed: string | undefined): string {
  if (severe)
    return `\`${key}\` makes every kernel deterministic and launches them one by one; the transformers documentation recommends it for debugging only.`
  return slowed === 'convolutions'
    ? `\`${key}\` keeps convolutions on their slower kernels; networks with inputs of one size usually run 5 to 20 % faster without it.`
    : `\`${key}\` keeps ${slowed} on slower kernels in every step; seeds alone make runs comparable.`
}

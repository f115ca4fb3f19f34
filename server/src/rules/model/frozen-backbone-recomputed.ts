import { effective } from '../../values/value.js'
import type { SubjectView } from '../../workload/claim.js'
import { defineRule } from '../rule.js'
import { offAccelerator, otherOperation, unless } from '../silence.js'
import { subjectsOf } from '../subject-view.js'
import { operationOf } from '../training/operation.js'

/** Fewer epochs save little for the trouble of keeping features. */
const severalEpochs = 5
/** From so many on, a large network takes most of what the training costs. */
const manyEpochs = 20

export default defineRule({
  name: 'model/frozen-backbone-recomputed',
  judges: 'Operation',
  checklist: ['waste/cache-features', 'waste/unchanged-transformations', 'bottleneck/repeated-preprocessing'],
  severity: 'information',
  finds: 'frozen backbones that are run over the same samples in every epoch',
  summary: 'A frozen backbone computes the same features for the same samples in every epoch.',
  check(view, { report, silent }) {
    const kind = operationOf(view, 'frozen features')
    const times = view.settings.times
    const epochs = effective(times)
    if (kind === null) return silent(otherOperation)
    if (times !== undefined && (epochs === undefined || epochs < severalEpochs))
      return silent(unless(view, 'times', `the loop is short: ${epochs} epochs`))
    const stopped = offAccelerator(view)
    if (stopped !== undefined) return silent(stopped)
    if (saidWhereDefined(view)) return silent('it is said where the network is defined')
    const what = effective(view.settings.subject) ?? kind.key
    const small = view.subject.evidence.small !== null
    report({
      at: kind,
      severity: small ? 'hint' : 'information',
      dear: effective(view.settings.weight) === 'severe' && (epochs ?? 0) >= manyEpochs,
      confidence: 'medium',
      message: `The frozen ${what} computes the same features for the same samples in ${epochs === undefined ? 'every epoch' : `each of ${epochs} epochs`}: compute them once, and train the layers above on them.`,
      ...(epochs === undefined
        ? {}
        : {
            saving: {
              fraction: [0.5, 1 - 1 / epochs],
              usd: null,
              basis: `${epochs - 1} of ${epochs} passes through the frozen part; assumes that it is at least half of the work of a step`,
            },
          }),
      fixes: [{ set: [{ claim: kind, value: null }] }],
    })
  },
})

/** The module that defines the network runs its frozen part, of which more is known there. */
function saidWhereDefined(view: SubjectView<'Operation'>): boolean {
  const path = effective(view.settings.definedIn)
  return (
    path !== undefined &&
    subjectsOf(view.run, 'Operation').some(
      (one) => operationOf(one, 'frozen features')?.location.path === path,
    )
  )
}

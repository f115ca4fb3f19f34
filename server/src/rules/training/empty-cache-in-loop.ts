import { effective } from '../../values/value.js'
import { defineRule } from '../rule.js'
import { notTraining, otherOperation } from '../silence.js'
import { listed, operationOf, otherPlaces } from './operation.js'

export default defineRule({
  name: 'training/empty-cache-in-loop',
  judges: 'Operation',
  checklist: ['baseline/training-time'],
  severity: 'warning',
  measuredBy: 'waiting',
  finds: 'memory that is released in every step and allocated again in the next',
  summary: 'Memory released in each step has to be allocated again in the next.',
  check(view, { report, silent }) {
    const kind = operationOf(view, 'empty cache')
    if (kind === null) return silent(otherOperation)
    const untrained = notTraining(view)
    if (untrained !== undefined) return silent(untrained)
    const { accelerator } = view.subject.evidence
    const names = (effective(view.settings.places) ?? []).map((one) => one.what)
    const argument = /=(\d+)$/.exec(kind.key)
    const collects = names.length > 0 && names.every((name) => name === 'gc.collect()')
    // Without an accelerator there is no cache to empty.
    if (!collects && accelerator === 'cpu') return silent('it runs on the CPU')
    const evaluates = effective(view.settings.subject) === 'evaluation'
    const each = evaluates ? 'batch of an evaluation' : 'step'
    const rhythm =
      argument === null || argument[1] === '1' ? `in every ${each}` : `every ${argument[1]} steps`
    report({
      at: kind,
      // A step that also writes texts gives their cache back before it trains.
      severity:
        collects || evaluates || effective(view.settings.weight) === 'slight' ? 'information' : 'warning',
      message: collects
        ? `gc.collect() ${rhythm} walks all objects of the interpreter while the accelerator waits; Python collects by itself.`
        : `\`${names.length === 0 ? kind.key : listed(names)}\` ${rhythm} returns memory that the next ${evaluates ? 'one' : 'step'} has to request again: about 10 % slower, according to the transformers documentation.`,
      ...(evaluates
        ? {}
        : {
            saving: {
              fraction: collects ? [0.01, 0.1] : [0.05, 0.1],
              usd: null,
              basis: collects
                ? 'assumes 1 to 10 % of a step'
                : 'about 10 %, according to the transformers documentation of torch_empty_cache_steps',
            },
          }),
      fixes: [{ set: [{ claim: kind, value: null }] }],
      related: otherPlaces(view, 'in the same step'),
    })
  },
})

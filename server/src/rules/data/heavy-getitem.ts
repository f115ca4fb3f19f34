import { effective } from '../../values/value.js'
import type { OperationKind } from '../../workload/resource-kinds.js'
import { defineRule } from '../rule.js'
import { otherOperation, otherRole, unless } from '../silence.js'
import { operationOf } from '../training/operation.js'
import { epochsAround, makes } from './sample.js'

/** Share of a run that goes into it where the loader cannot keep up. An assumption. */
const repeated: [number, number] = [0.05, 0.4]

export default defineRule({
  name: 'data/heavy-getitem',
  judges: 'Operation',
  checklist: ['bottleneck/repeated-preprocessing', 'waste/cache-features', 'baseline/preprocessing-time'],
  overlaps: 'loading',
  severity: 'warning',
  measuredBy: 'waiting',
  finds: 'work with the same result for every sample, repeated for each',
  summary: 'Work with the same result for every sample needs to be done only once.',
  check(view, { report, silent }) {
    const kind =
      operationOf(view, 'constant work') ??
      operationOf(view, 'repeated work') ??
      operationOf(view, 'single pass') ??
      operationOf(view, 'several files') ??
      operationOf(view, 'shared file') ??
      operationOf(view, 'font') ??
      operationOf(view, 'table row') ??
      operationOf(view, 'whole scan') ??
      operationOf(view, 'sample again') ??
      operationOf(view, 'sample on device')
    const what = effective(view.settings.subject)
    if (kind === null) return silent(otherOperation)
    if (what === undefined) return silent(unless(view, 'subject', ''))
    const { role } = view.subject.evidence
    if (role === 'test' || role === 'inference') return silent(otherRole(view))
    const each = effective(view.settings.each) ?? 'sample'
    const maker = view.settings.each
    const slight = effective(view.settings.weight) === 'slight'
    report({
      at: kind,
      severity: slight ? 'information' : 'warning',
      message:
        effective(kind) === 'whole scan'
          ? `This goes through all of \`${what}\` for every ${each}: make an index of it once, when the data set is made.`
          : `\`${kind.key}\` ${what} ${adviceFor(effective(kind) as OperationKind, each, slight, epochsAround(view.run))}`,
      ...(slight
        ? {}
        : {
            saving: {
              fraction: repeated,
              usd: null,
              basis: `assumes that it takes 5 to 40 % of the time for a ${each}, and that loading sets the pace`,
            },
          }),
      fixes: [{ set: [{ claim: kind, value: null }] }],
      related: makes(maker, each),
      // One helper is to blame, wherever samples are made with it.
      ...(effective(kind) === 'constant work' ? { together: `${kind.key} ${what}` } : {}),
    })
  },
})

function adviceFor(kind: OperationKind, each: string, slight: boolean, epochs: number | undefined): string {
  if (kind === 'repeated work')
    return `for every ${each} in ${epochs === undefined ? 'every epoch' : `each of ${epochs} epochs`}, with the same result each time: keep its results on disk, or run it on whole batches.`
  if (kind === 'single pass')
    return `for one ${each} after the other, mostly on a processor: run it on whole batches, where the loop takes them.`
  if (kind === 'several files')
    return `for every ${each}, again in every epoch: store what belongs to one ${each} in one file.`
  if (kind === 'font')
    return `for every ${each}, though a few of them write all: open each once, when the data set is made.`
  if (kind === 'shared file')
    return `for every ${each}, though many of them lie in the same file: keep it open or in memory, or store each ${each} by itself.`
  if (kind === 'table row')
    return `for every ${each}, which takes longer than the arithmetic on it: turn the table into one array when the data set is made.`
  if (kind === 'sample again') return `for every ${each}: take it once, and use its parts.`
  if (kind === 'sample on device')
    return `at a time, which worker processes cannot do: copy whole batches in the training loop.`
  const where = slight ? 'in each process that loads' : 'when the data set is made'
  return `for every ${each}, though that does not depend on the ${each}: do it once ${where}.`
}

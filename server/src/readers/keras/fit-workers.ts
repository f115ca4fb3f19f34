/** `workers` of `fit`, which Keras 3 does without. Sources: Keras 2.15, `Model.fit`; Keras 3, migration guide. */
import type { Change, Refusal } from '../../edit/write.js'
import { writeArgument } from '../../values/write-argument.js'
import type { Claim } from '../../workload/claim.js'
import { upToCores } from '../core-count.js'
import type { FragmentFacts } from '../reader.js'
import { isBefore } from '../versions.js'
import { kerasFits } from './fits.js'

const elsewhere: Refusal = {
  reason:
    'give Keras `workers`, read the samples through a data set with workers, or make batches ahead in processes of their own',
}

/** At the call of `fit` that is the site of the claim; a plain generator cannot be drawn from by several. */
export function fitWithWorkers(claim: Claim, value: unknown, facts: FragmentFacts): Change | Refusal {
  const { python, path, fragment, versions } = facts
  const fit =
    python === undefined ? undefined : kerasFits(python).find(({ expr }) => expr.start === claim.site.start)
  if (python === undefined || fit === undefined) return elsewhere
  const isOld =
    fit.method === 'fit_generator' ||
    isBefore(versions, ['keras'], '3') ||
    isBefore(versions, ['tensorflow', 'tensorflow-gpu'], '2.16')
  if (!isOld)
    return {
      reason:
        'Keras 3 has no `workers` in `fit`: read the pictures with tf.data, or in a PyDataset with workers',
    }
  const call = { fragment: fragment.index, start: fit.expr.start, end: fit.expr.end }
  const { code, imports } =
    typeof value === 'number'
      ? { code: String(value), imports: [] }
      : upToCores(python, facts, fit.expr.start)
  const written = writeArgument(facts, fit, 'workers', python.argument(fit, 'workers'), code)
  if ('reason' in written) return written
  return {
    title: `Load with ${typeof value === 'number' ? value : 'up to 8'} worker processes`,
    safety: 'unsafe',
    // Threads share the interpreter, in which pictures are turned.
    writes: [written, { kind: 'set keyword', path, call, name: 'use_multiprocessing', value: 'True' }],
    imports,
  }
}

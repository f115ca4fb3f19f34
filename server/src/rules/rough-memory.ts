/** Memory of a training whose model is on record by what it computes only: an interval, as for a question without a file. */

import type { ReadQuestion } from '../estimate/question.js'
import { type MemoryRange, memoryOfQuestion } from '../estimate/question-memory.js'
import type { Precision } from '../estimate/training-words.js'
import { effective } from '../values/value.js'
import type { SubjectView } from '../workload/claim.js'
import { machineOf } from './hardware.js'
import type { RuleOptions } from './rule.js'
import { type Format, formatOf, type NoEstimate, type TrainingMemory, usableOf } from './training-memory.js'
import { questionOf } from './training-question.js'

/** Parameters. */
const counted = 10_000

/**
 * Null: more lacks than what the layers keep.
 * @param bound the setup is to be the one that needs most, rather than the one that is expected
 */
export function roughMemory(
  view: SubjectView<'Training'>,
  options: RuleOptions,
  exact: NoEstimate,
  bound = false,
): TrainingMemory | null {
  const { settings, run } = view
  // What is not loaded by a name is made in 32 bits.
  const bits = effective(settings.weightBits) ?? (exact.model === null ? 32 : undefined)
  const arithmetic = formatOf(settings, bits)
  if (!exact.onlyLayers || arithmetic === null || effective(settings.sharding) != null) return null
  const machine = machineOf(view, options)
  const question = questionOf(view, machine.gpu, { fast: 1, slow: 1 })
  if ('missing' in question) return null
  const precision = precisionOf(arithmetic)
  const ranges = [question.slow, question.fast].map((read) => memoryOfQuestion({ ...read, precision }))
  const known = ranges.filter((one): one is MemoryRange => !('missing' in one))
  const [first] = known
  if (first === undefined || known.length < ranges.length) return null
  const { named, network } = question.slow
  const processes = run.job.launch?.processes
  // What had to be guessed bounds nothing, and so little is hardly all that is trained.
  if (bound && (network === null || (network.assumptions?.length ?? 0) > 0 || network.parameters < counted))
    return null
  const largest = known.reduce((a, b) => (b.high > a.high ? b : a))
  return {
    id: exact.model ?? named.name,
    setup: {
      ...(bound ? largest.most : first.setup),
      replicas: typeof processes === 'number' && processes !== 1,
    },
    estimate: {
      ...first.estimate,
      low: Math.min(...known.map(({ low }) => low)),
      expected: first.expected,
      high: Math.max(...known.map(({ high }) => high)),
    },
    machine,
    usable: usableOf(machine),
    inputs: [...exact.inputs, { name: 'layers', value: layersText(question.slow), claim: null }],
    overridable: exact.inputs.some(({ claim }) => claim?.overridable === true),
    longest: false,
    assumed: new Set(network === null ? [] : ['layers']),
  }
}

function layersText({ network, size }: ReadQuestion): string {
  const of =
    size === null || network === null
      ? ''
      : `, samples of up to ${size.high} ${network.unit === 'coco' ? 'pixels' : network.unit}`
  return `by what they compute${of}`
}

function precisionOf({ arithmetic, format, bits }: Format): Precision {
  const product = arithmetic === 'fp32' ? 'fp32' : format
  return {
    formats: [product, product],
    weightBits: bits,
    mixed: arithmetic === 'mixed',
    pure: arithmetic === 'short' && bits === 16,
  }
}

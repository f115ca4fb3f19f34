import { dataset } from '../../catalog/datasets.js'
import { effective } from '../../values/value.js'
import type { Claim, Run } from '../../workload/claim.js'
import type { InputPipelineSettings } from '../../workload/resource-kinds.js'
import { defineRule, type Report } from '../rule.js'
import { notTraining, offAccelerator, unlessUnread } from '../silence.js'
import { subjectsAround, subjectsOf } from '../subject-view.js'

/** Shorter than this, there is little to save. */
const shortest = 128
/** Many a text fills fewer tokens, where it is cut to them. */
const seldomFilled = 256
/** Share of the arithmetic that goes into padding. An assumption. */
const padded: [number, number] = [0.2, 0.6]
/** The same where a batch is padded to its own longest text. An assumption. */
const paddedInBatch: [number, number] = [0.1, 0.4]
const remedy = 'Pad each batch to its longest text.'
const remedyForArrays = 'Put texts of like length into a batch, or cut them to what most of them fill.'
const basisInBatch =
  'assumes that padding is 10 to 40 % of a batch; the exact share is 1 − mean / maximum length'

export default defineRule({
  name: 'data/padding-waste',
  judges: 'InputPipeline',
  checklist: ['baseline/training-time', 'bottleneck/compute-bound'],
  severity: 'warning',
  finds: 'padding beyond the longest text of a batch',
  summary: 'Padding beyond the longest text of a batch is computed for nothing.',
  check(view, { report, silent }) {
    const { settings } = view
    const stored = effective(settings.paddedInStore) === true
    const stopped = stored ? undefined : (notTraining(view) ?? offAccelerator(view))
    if (stopped !== undefined) return silent(stopped)
    const { paddedTo, paddedAmong, packed, groupedByLength } = settings
    const inArray = effective(settings.paddedInArray) === true
    // How long its texts are, only its author knows.
    const byHand = effective(settings.paddedByHand) === true
    const advice = inArray ? remedyForArrays : remedy
    if (groupedByLength !== undefined && effective(groupedByLength) === false) {
      const off = groupedByLength.state === 'default' ? 'is not used' : 'is off'
      return report({
        at: groupedByLength,
        severity: 'information',
        message: `Recordings of any length share a batch (\`${groupedByLength.key}\` ${off}) and are padded to its longest: the padding is computed for nothing. Put recordings of like length together.`,
        saving: { fraction: paddedInBatch, usd: null, basis: basisInBatch },
      })
    }
    if (packed !== undefined) {
      const found = unpacked(packed, effective(settings.packable) ?? true)
      if (found !== null) report(found)
    }
    const shared = effective(paddedAmong)
    if (paddedAmong !== undefined && shared !== undefined) {
      const found = amongRows(paddedAmong, shared, advice)
      return typeof found === 'string' ? silent(found) : report(found)
    }
    const length = effective(paddedTo)
    if (paddedTo !== undefined && length === undefined && effective(settings.paddedAlike) === true)
      return report({
        at: paddedTo,
        severity: 'information',
        confidence: 'medium',
        message: `Every text is padded to one length (\`${inArray || byHand ? paddedTo.key : 'max_length'}\`, which is not known here), whatever its own: the padding is computed for nothing. ${advice}`,
        fixes: [{ set: [{ claim: paddedTo, value: 'batch' }] }],
      })
    if (paddedTo === undefined || length === undefined)
      return silent(
        unlessUnread(
          view,
          ['paddedTo', 'packed'],
          effective(packed) === true ? 'texts are packed' : 'texts are not padded to one length',
        ),
      )
    if (length !== null && length < shortest) return silent(`texts are short: at most ${length} tokens`)
    const mean = length === null ? undefined : meanTokens(view.run)
    if (mean !== undefined && mean >= cut * length!)
      return silent(`most texts are cut, not padded: they have some ${mean} tokens on average`)
    // What a picture or a sound costs beside its text, the code does not say.
    const beside = subjectsOf(view.run, 'InputPipeline').some((one) => effective(one.settings.media) === true)
    const to = length === null ? 'the longest input of the model' : `${length} tokens`
    report({
      at: paddedTo,
      message: `Every text is padded to ${to}, whatever its length${stored ? ', and stored so' : ''}: the padding is computed for nothing. ${stored ? 'Store them as they are, and pad each batch to its longest text.' : advice}`,
      ...(beside || stored || inArray || byHand || (length !== null && length < seldomFilled)
        ? {
            severity:
              inArray && length !== null && length < seldomFilled
                ? ('hint' as const)
                : ('information' as const),
            confidence: 'medium' as const,
          }
        : {
            saving: {
              fraction: padded,
              usd: null,
              basis:
                'assumes that padding is 20 to 60 % of the tokens; the exact share is 1 − mean / maximum length',
            },
          }),
      fixes: [{ set: [{ claim: paddedTo, value: 'batch' }] }],
    })
  },
})

/** Of texts that are so many times as long on average, hardly any is padded. */
const cut = 2

/** Of all data sets of the run that are named, where each is known; the shortest counts. */
function meanTokens(run: Run): number | undefined {
  const means = subjectsAround(run, 'Dataset').flatMap(({ settings: { name } }) =>
    name === undefined ? [] : (dataset(effective(name) ?? '')?.meanTokens ?? 0),
  )
  const least = Math.min(...means)
  return means.length === 0 || least === 0 ? undefined : least
}

type PaddedAmong = InputPipelineSettings['paddedAmong']

/** So few rows are about a batch. */
const fewRows = 256

/** What is kept is padded before it is known which texts share a batch. */
function amongRows(claim: Claim<unknown>, { rows, tokens }: PaddedAmong, advice: string): Report | string {
  if (rows !== 'all' && rows < fewRows) return `only ${rows} rows are padded to one length`
  if (tokens !== null && tokens < shortest) return `texts are short: at most ${tokens} tokens`
  return {
    at: claim,
    severity: 'information',
    message: `Texts are padded to the longest of ${rows === 'all' ? 'all' : `each ${rows}`} rows, not of their batch: the padding is computed for nothing. ${advice}`,
    saving: {
      fraction: padded,
      usd: null,
      basis: 'assumes that padding is 20 to 60 % of the tokens; the exact share is 1 − mean / maximum length',
    },
    fixes: [{ set: [{ claim, value: 'batch' }] }],
  }
}

/**
 * Packing changes which texts make up a step, so it is worth a thought rather than a warning. `packable`: the texts of a
 * row would not see each other.
 */
function unpacked(packed: Claim<boolean>, packable: boolean): Report | null {
  if (effective(packed) !== false) return null
  const seen = packed.state === 'default' ? `\`${packed.key}\` is not used` : `\`${packed.key}\` is off`
  return {
    at: packed,
    severity: packed.state === 'default' && !packable ? 'hint' : 'information',
    message: `${seen}: each batch is padded to its longest text, and the padding is computed for nothing. Packing fills rows with several texts${packable ? '' : ', which only FlashAttention and similar kernels keep apart'}.`,
    saving: {
      fraction: paddedInBatch,
      usd: null,
      basis:
        'assumes that padding is 10 to 40 % of the tokens of a batch; the exact share is 1 − mean / maximum length',
    },
    fixes: packable ? [{ set: [{ claim: packed, value: true }] }] : [],
  }
}

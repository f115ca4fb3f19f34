/** Texts that Keras pads into one array: to a length that it is given, or to the longest of all. Source: keras 3.5, utils/sequence_utils.py. */
import type { Call, PythonModule } from '../../python/module.js'
import { isLeftOut, numberArgument, passedPlace } from '../../values/argument.js'
import { calleePlace, callSite } from '../../values/places.js'
import { storesTrainingData } from '../huggingface/padded-lists.js'
import { codeMatches } from '../pytorch/evidence.js'
import { feedsByName } from '../pytorch/loader-use.js'
import { defineReader } from '../reader.js'
import { kerasEvidence } from './evidence.js'
import { kerasFits } from './fits.js'

const pads = /^(keras|keras_preprocessing)\.(\w+\.)*pad_sequences$/
/** What is padded may be anything else: measurements of patients, paths of cars. */
const ofWords = /texts_to_sequences|[tT]okeni[sz]|vocab|\bwords?\b|captions?\b|sentences?\b/
/** They go through every place of a text. */
const throughTexts = /LSTM|GRU|SimpleRNN|RNN\(|Attention|Transformer|Conv1D|Bert/
/** Not for a training. */
const ofOthers = /predict|infer|serv|eval|test|generat|beam|translate|respond|api/i

export const kerasPaddedSequencesReader = defineReader({
  name: 'keras-padded-sequences',
  languages: ['python'],
  triggers: ['pad_sequences'],
  read({ python }, context, claims) {
    if (python === undefined || python.evidence.role === 'test') return
    const calls = python.calls.filter((call) => pads.test(call.name ?? '') && isForTraining(call))
    // Several columns of the same rows, and the parts of a data set: one decision.
    const [call] = calls
    if (call === undefined || !codeMatches(python, ofWords) || !goesThroughTexts(python)) return
    const stored = storesTrainingData(python)
    const evidence = { ...kerasEvidence(python, context).evidence }
    if (!stored && !trainsNearby(python)) return
    evidence.role = 'training'
    const length = python.argument(call, 'maxlen', 1)
    const place = passedPlace(length) ?? calleePlace(call)
    const pipeline = claims.subject('InputPipeline', place, call.function?.qualified ?? '', evidence)
    const site = callSite(call, {
      kind: 'refused',
      reason: 'a training has to take texts of like length together',
    })
    pipeline.known('paddedInArray', 'maxlen', true, place, { site })
    if (stored) pipeline.known('paddedInStore', 'maxlen', true, place, { site })
    const tokens = numberArgument(length)
    if (isLeftOut(length))
      pipeline.known('paddedAmong', 'maxlen', { rows: 'all', tokens: null }, place, { site })
    else if (tokens !== null) pipeline.known('paddedTo', 'maxlen', tokens, place, { site })
    else {
      pipeline.unknown('paddedTo', 'maxlen', 'the length cannot be read', place)
      pipeline.known('paddedAlike', 'maxlen', true, place, { site })
    }
  },
})

function isForTraining({ assignedTo, function: func, expr }: Call): boolean {
  const [texts] = expr.args
  // One text, for which a program waits.
  if (texts === undefined || texts.value.type === 'list') return false
  if (expr.args.some(({ name }) => name === 'dtype')) return false
  if (ofOthers.test(func?.name ?? '') || ofOthers.test(func?.class?.name ?? '')) return false
  return feedsByName(assignedTo ?? '') !== 'evaluation'
}

function trainsNearby(python: PythonModule): boolean {
  if (kerasFits(python).length > 0 || python.uses('tensorflow.GradientTape')) return true
  return [...python.importers, ...python.programs].some(
    ({ evidence, trainsOn, uses }) =>
      evidence?.role === 'training' ||
      trainsOn !== undefined ||
      (uses.includes('.fit') && uses.includes('.compile')),
  )
}

/** A network whose layers are seen, and that only counts or averages words, hardly minds their number. */
function goesThroughTexts(python: PythonModule): boolean {
  if (codeMatches(python, throughTexts)) return true
  const around = [...python.importers, ...python.imported, ...python.programs].flatMap(({ uses }) => uses)
  const layers = around.filter((use) => /^keras\.layers\./.test(use))
  const own = python.code.includes('.add(') || /\blayers\.|\bDense\(/.test(python.code)
  return layers.some((use) => throughTexts.test(use)) || (layers.length === 0 && !own)
}

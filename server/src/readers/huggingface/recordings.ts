/** Collators that pad recordings: their rows hold long lists of numbers, and are of all lengths. */
import type { Call, PythonModule } from '../../python/module.js'
import type { Expr } from '../../syntax/python-ast.js'
import { codeMatches } from '../pytorch/evidence.js'
import { type Trainers, trainerArgument } from './trainers.js'

/** `waves` are as long as the recording; `features` fill a window of one length. */
export type PaddedRecordings = 'waves' | 'features'

const ofWaves = /Wav2Vec2|Hubert|WavLM|UniSpeech|SEW|Data2VecAudio|MMS/
const ofWindows = /Whisper|AST|SpeechT5|Seamless|Speech2Text|Clap/
const speech = /^transformers\.(\w+\.)*(\w*)(Processor|FeatureExtractor)$/

/** `DataCollatorCTCWithPadding(processor=processor)` of the project, with the processor of a speech model; null: no such thing. */
export function paddedRecordings(python: PythonModule, trainers: Trainers): PaddedRecordings | null {
  for (const call of trainers.calls) {
    const found = paddedBy(python, call)
    if (found !== null) return found
  }
  return null
}

function paddedBy(python: PythonModule, trainer: Call): PaddedRecordings | null {
  const given = trainerArgument(python, trainer, 'data_collator')
  if (given === 'missing' || given === 'unknown') return null
  const made = python.definition(given)
  if (made.type !== 'call') return null
  const klass = python.classOf(made.callee)
  const method = klass?.methods.get('__call__')
  const calls =
    method === undefined ? python.importedClass(made.callee)?.calls : python.effectsOfFunction(method).calls
  if (![...(calls ?? [])].some((name) => /(^|\.)pad$/.test(name))) return null
  // One length for all of them, which is said by hand.
  if (made.args.some(({ name, value }) => name === 'padding' && isMaximum(value))) return null
  for (const { value } of made.args) {
    const words = speech.exec(python.typeOf(value) ?? '')?.[2]
    if (words === undefined) continue
    if (ofWaves.test(words)) return 'waves'
    if (ofWindows.test(words)) return 'features'
    if (words !== 'Auto') continue
    if (codeMatches(python, ofWaves) || codeMatches(python, /ModelForCTC\b/)) return 'waves'
    if (codeMatches(python, ofWindows) || codeMatches(python, /SpeechSeq2Seq/)) return 'features'
  }
  return null
}

function isMaximum(value: Expr): boolean {
  return value.type === 'constant' && value.value === 'max_length'
}

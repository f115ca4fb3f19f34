/** Preparation of one sample, or of one batch, that gives the same in every epoch. */
import type { Call, PythonModule } from '../../python/module.js'
import { effective } from '../../values/value.js'
import { codeText, trainsAnywhere } from '../pytorch/evidence.js'
import { hotCode } from '../pytorch/hot-code.js'
import { makersOf } from '../pytorch/sample-work.js'
import { plainCalls } from '../repeated-code.js'
import { passesOf, type Repetition } from './preprocessing.js'
import { isTokenizing, tokenizing } from './preprocessing-costs.js'

/** Slow for one sample, and the same for it in every epoch. */
const slowSample =
  /^(librosa\.(stft|cqt|pyin|yin|resample|feature\.\w+|effects\.(hpss|harmonic|percussive))|python_speech_features\.\w+|skimage\.feature\.\w+|rdkit\.Chem\.AllChem\.\w+|torchaudio\.(functional\.resample|compliance\.kaldi\.(fbank|mfcc|spectrogram))|cv2\.fastNlMeans\w+|skimage\.(restoration|segmentation)\.\w+|scipy\.(ndimage\.zoom|signal\.(resample|spectrogram|stft)))$/
/** Objects that are called with a sample. */
const slowTransform =
  /^torchaudio\.transforms\.(Resample|MelSpectrogram|Spectrogram|MFCC|LFCC)$|^transformers\.(\w+\.)*\w*(FeatureExtractor|Processor)$/
/** What makes a picture of a camera small, after it was read from its file. */
const shrinks = /^(cv2\.resize|skimage\.transform\.(resize|rescale))$/
const readsPicture =
  /^(cv2\.imread|PIL\.Image\.open|imageio\.(v2\.|v3\.)?imread|skimage\.io\.imread|pydicom\.dcmread|nibabel\.load)$/

/** A text that is not the same each time. */
const drawnText = /random|augment|noise|shuffle|mask_?token|mlm|dropout|\bsample\(|choice/i
const drawn = /random|augment|noise|jitter|shift|stretch|SpecAug|mask|crop|pitch/i
/** Whatever it does, it may be drawn anew. */
const anyTransform = /transform|\baug|compose/i

/** The code keeps results, or reads what was kept. */
const keeps =
  /lru_cache|functools\.cache|\bmemory\.cache|Memory\(|joblib\.load|pickle\.load|np\.load\(|numpy\.load|torch\.load|read_(pickle|parquet|feather|hdf)|load_from_disk|exists\(|isfile\(|is_file\(|\bcache/i

export function repeatedSamples(python: PythonModule): Repetition[] {
  return makersOf(python).flatMap(({ func, each, kept }) => {
    const whole = func.class?.node ?? func.node
    if (each === 'row' || kept || (each === 'sample' && func.class === null)) return []
    const text = codeText(python, whole.start, whole.end)
    if (keeps.test(text)) return []
    const same = !drawn.test(text)
    const tokens = !drawnText.test(text) && trainsAnywhere(python)
    const steps = hotCode(python, func.node.body, func).statements.flatMap((hot) =>
      hot.guarded || hot.conditional || hot.exceptional
        ? []
        : hot.expressions.flatMap((expr) =>
            plainCalls(python, expr).flatMap((call) => {
              const slow =
                each === 'sample' && (same || isBeforeDraws(python, func.node.start, call))
                  ? slowFor(python, call)
                  : null
              const what = slow ?? (tokens ? tokenizesSample(python, call) : null)
              if (what === null) return []
              const cost = { what, weight: 'heavy' as const, single: true, inputs: [] }
              return [{ call, cost, statement: hot.statement }]
            }),
          ),
    )
    const epochs = python.loops.find((loop) => loop.role === 'epoch' && effective(loop.trips) !== undefined)
    const times = epochs === undefined ? null : passesOf(python, epochs)
    return times === 1 ? [] : [{ per: 'epoch' as const, times, steps, around: func }]
  })
}

/** Nothing is drawn in the function before this call. */
function isBeforeDraws(python: PythonModule, start: number, call: Call): boolean {
  if (call.expr.start < start) return false
  const before = codeText(python, start, call.expr.end)
  return !drawn.test(before) && !anyTransform.test(before)
}

/** What is slow for one sample, here or in a function of another module. */
function slowFor(python: PythonModule, call: Call): string | null {
  const { name, expr } = call
  if (name !== null)
    return slowSample.test(name) || (shrinks.test(name) && isReadHere(python, call)) ? name : null
  const type = python.typeOf(expr.callee)
  if (type !== null && slowTransform.test(type)) {
    const written = python.text.slice(expr.callee.start, expr.callee.end)
    return /^[\w.]{1,40}$/.test(written) ? written : type.slice(type.lastIndexOf('.') + 1)
  }
  const imported = python.importedFunction(expr.callee)
  return imported?.calls.some((one) => slowSample.test(one)) === true ? call.method : null
}

/** The function that shrinks the picture reads it from its file as well. */
function isReadHere(python: PythonModule, call: Call): boolean {
  return python.calls.some(
    (one) => one.function === call.function && one.name !== null && readsPicture.test(one.name),
  )
}

function tokenizesSample(python: PythonModule, call: Call): string | null {
  const own = tokenizing(python, call)
  if (own !== null) return own.what
  const imported = call.name === null ? python.importedFunction(call.expr.callee) : null
  return imported?.calls.some(isTokenizing) === true ? call.method : null
}

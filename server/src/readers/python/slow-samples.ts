/** Calls that take long for one sample, and whose result for it is the same in every epoch. Canonical names. */

import type { Call, PythonModule } from '../../python/module.js'
import { ofPart, tellsOfParts } from '../../python/partial-reads.js'
import type { Expr, Stmt } from '../../syntax/python-ast.js'
import { childrenOf, lastName } from '../../syntax/python-children.js'
import { numberIn, passedExpression } from '../../values/argument.js'
import { effective } from '../../values/value.js'
import { pictureReader } from '../pytorch/datasets.js'
import { codeText } from '../pytorch/evidence.js'
import { sampleWork } from '../pytorch/sample-work.js'
import { takesLong } from './slow-libraries.js'

export interface SlowWork {
  /** As a message calls it. */
  what: string
  /** It unpacks, parses or resamples a file: whatever is drawn beside it, the file holds the same. */
  reads: boolean
  /** Done with tensors, which may lie on the accelerator. */
  tensors: boolean
  /** It changes the sampling rate, which stands under a test of what a file has. */
  resamples: boolean
}

/** Files that are unpacked or parsed as a whole: volumes, scenes, recordings, films, molecules, scores, tables of text. */
const slowFile =
  /^(nibabel\.(\w+\.)?load|SimpleITK\.ReadImage|itk\.imread|nrrd\.read|pydicom\.(dcmread|read_file)|rasterio\.open|skimage\.io\.MultiImage|scipy\.io\.loadmat|librosa\.(core\.)?load|pydub\.AudioSegment\.from_(file|mp3|ogg|flv)|mne\.io\.read_raw\w*|mne\.read_epochs\w*|wfdb\.(rdsamp|rdrecord)|pyedflib\.\w+|trimesh\.load\w*|open3d\.io\.read_\w+|plyfile\.PlyData\.read|laspy\.(read|open)|pretty_midi\.PrettyMIDI|music21\.converter\.parse|mido\.MidiFile|miditoolkit\.(\w+\.)*MidiFile|Bio\.PDB\.(\w+\.)*(PDBParser|MMCIFParser)\.get_structure|pdfplumber\.open|pandas\.read_(csv|excel|json|xml|html|table|fwf)|numpy\.(loadtxt|genfromtxt))$/
/** The same of films, of which a part may have been drawn. */
const film =
  /^(decord\.VideoReader|cv2\.VideoCapture|av\.open|torchvision\.io\.(read_video|VideoReader)|torchcodec\.decoders\.\w+|imageio\.(v[23]\.)?(get_reader|mimread|imiter)|skvideo\.io\.\w*read\w*|moviepy\.(\w+\.)*VideoFileClip)$/
/** Arithmetic of milliseconds and more. */
const slowArithmetic =
  /^(librosa\.(stft|cqt|pyin|yin|vqt|resample|feature\.\w+|effects\.(hpss|harmonic|percussive|trim|split)|beat\.\w+|onset\.\w+)|(python_speech_features|opensmile|parselmouth|pyworld)\.(\w+\.)*\w+|torch\.stft|whisper\.(audio\.)?log_mel_spectrogram|torchaudio\.(functional\.resample|sox_effects\.apply_effects_\w+|compliance\.kaldi\.(fbank|mfcc|spectrogram))|scipy\.signal\.(resample|resample_poly|decimate|spectrogram|stft|cwt|filtfilt|sosfiltfilt)|pywt\.(wavedec|wavedec2|wavedecn|swt|cwt)|scipy\.ndimage\.(zoom|gaussian_filter|median_filter|distance_transform_\w+)|skimage\.(feature|restoration|segmentation)\.\w+|skimage\.exposure\.equalize_adapthist|cv2\.(fastNlMeans\w+|calcOpticalFlowFarneback|inpaint)|mahotas\.features\.\w+|rdkit\.Chem\.AllChem\.\w+|ogb\.utils\.(mol\.)?smiles2graph|torch_geometric\.utils\.(smiles\.)?from_smiles|dgllife\.utils\.\w*(smiles|mol)_to_\w+|nltk\.(\w+\.)?(word_tokenize|sent_tokenize|pos_tag)|jieba\.(\w+\.)?(l?cut|tokenize)|bs4\.BeautifulSoup|(pytesseract\.)+image_to_\w+|spacy\.Language\.(__call__|pipe)|textblob\.TextBlob|langdetect\.detect|(torch_geometric\.nn\.(pool\.)?|torch_cluster\.|dgl\.)(radius_graph|knn_graph|segmented_knn_graph)|sklearn\.neighbors\.(kneighbors_graph|radius_neighbors_graph)|scipy\.spatial\.(cKDTree|KDTree|Delaunay)|scipy\.(fft|fftpack)\.i?(dct|dst|fft)n?2?)$/
/** With a library that takes long for anything, rather than by a function that is known to. */
export const isOfSlowLibrary = (name: string): boolean => takesLong(name) && !slowArithmetic.test(name)
/** Arithmetic of milliseconds and more for one sample, by whatever library. */
export const isSlow = (name: string): boolean => slowArithmetic.test(name) || takesLong(name)
/** Objects that are called with a sample. */
const slowTransform =
  /^torchaudio\.transforms\.(Resample|MelSpectrogram|Spectrogram|MFCC|LFCC)$|^transformers\.(\w+\.)*\w*(FeatureExtractor|Processor)$/
/** Of these, those that read the words of a page by themselves, unless they are told otherwise or are given them. */
const readsPages = /^transformers\.(\w+\.)*Layout(LMv[23]|XLM)\w+$/
const ofTensors = /^torch(audio|_cluster)?\.|^torch_geometric\.nn\.|^dgl\./
/** Networks that take the wave itself: all that their processors do to it is a mean and a variance, or letters to ids. */
const ofWaves = /(wav2vec2(?!-?bert)|hubert|wavlm|unispeech|xls-?r|data2vec-?audio|\bsew|\bmms-)/i
/** A part of a file, rather than all of it. */
const partly = /^(window|nrows|chunksize|offset|duration|start_frame|mmap)$/
/** Names of what makes something else of the same sample each time. */
export const draws = /random|augment|noise|jitter|shuffle|choice|permutation|uniform|\.sample$/i
/** Layers that learn: what such an object makes of a sample changes. */
const learns = /^torch\.nn\.(Conv|Linear|LSTM|GRU|Embedding|Transformer|MultiheadAttention)/

/** Words by their stems, looked up or worked out one by one. */
const stemmer = /^nltk\.(\w+\.)*(WordNetLemmatizer|\w*Stemmer)$/

export function slowFor(python: PythonModule, call: Call): SlowWork | null {
  const { name, expr } = call
  if (stemmer.test(call.receiver ?? '') && /^(lemmatize|stem)$/.test(call.method))
    return arithmetic(call.method)
  const { callee } = expr
  const volume = readsVolume(python, call)
  if (volume !== null) return reading(volume)
  const called = lastName(callee)
  const has = (argument: string) => expr.args.some((one) => one.name === argument)
  const written = python.text.slice(callee.start, callee.end)
  if (/^(\w+_)?resampler?$/i.test(called) && !/^torch/.test(name ?? '')) return arithmetic(written, true)
  if (name !== null) {
    if (slowFile.test(name)) return readsWhole(python, call, name) ? reading(written) : null
    if (film.test(name) || isSlow(name))
      return { ...arithmetic(name, /resample$/.test(name)), tensors: ofTensors.test(name) }
    return null
  }
  // `Resample(rate, 16_000)(wave)`
  const made = callee.type === 'call' ? python.nameOf(callee.callee) : null
  const type = made ?? python.typeOf(callee)
  const pages = type !== null && readsPages.test(type)
  if (pages && (has('boxes') || /\bapply_ocr["']?\s*[=:]\s*False\b/.test(python.code))) return null
  const pads = type?.startsWith('transformers.') === true && has('padding') && !pages
  if (type !== null && slowTransform.test(type) && !pads && !takesWaves(python, type, callee)) {
    const short = type.slice(type.lastIndexOf('.') + 1)
    const what = made === null && /^[\w.]{1,40}$/.test(written) ? written : short
    return { ...arithmetic(what, short === 'Resample'), tensors: ofTensors.test(type) }
  }
  const recoded = recodesPicture(python, callee)
  return recoded ? arithmetic(written) : madeElsewhere(python, call)
}

/** `self.images[index].get_fdata()`, `np.array(self.images[index].dataobj)`: an image of nibabel is a file until it is asked for its voxels. */
function readsVolume(python: PythonModule, { method, name, expr: { callee, args } }: Call): string | null {
  const array = /^numpy\.(array|asarray|asanyarray)$/.test(name ?? '') ? args[0]?.value : undefined
  const image =
    method === 'get_fdata' && callee.type === 'attribute'
      ? callee.value
      : array?.type === 'attribute' && array.attr === 'dataobj'
        ? array.value
        : null
  // Where it is opened here, that is what is told.
  return image === null || python.definition(image).type === 'call'
    ? null
    : method === 'get_fdata'
      ? method
      : 'dataobj'
}

const arithmetic = (what: string, resamples = false): SlowWork => ({
  what,
  resamples,
  reads: false,
  tensors: false,
})

const reading = (what: string): SlowWork => ({ ...arithmetic(what), reads: true })

/** By its class, or by the checkpoint that an `AutoProcessor` was made for. */
function takesWaves(python: PythonModule, type: string, callee: Expr): boolean {
  const made = python.definition(callee)
  const [from] = made.type === 'call' ? made.args : []
  const checkpoint = from === undefined ? undefined : effective(python.fold(from.value))
  return ofWaves.test(type) || (typeof checkpoint === 'string' && ofWaves.test(checkpoint))
}

/** A function that goes over a whole picture of labels once for each class: `for old in classes: mask[mask == old] = new`. */
function recodesPicture(python: PythonModule, callee: Expr): boolean {
  const func = python.functionOf(callee)
  if (func === null) {
    const imported = python.importedFunction(callee)
    return imported?.repeats === true && imported.calls.includes('numpy.all') && readsPictures(python)
  }
  const inside = python.loops.filter(
    (loop) =>
      loop.function === func &&
      loop.node.type === 'for' &&
      (numberIn(loop.trips) ?? fewClasses) >= fewClasses,
  )
  return (
    readsPictures(python) &&
    inside.some(
      (loop) =>
        loop.calls.some(
          ({ name, expr }) => name === 'numpy.all' && expr.args.some((one) => one.name === 'axis'),
        ) || loop.node.body.some(assignsWhereEqual),
    )
  )
}

/** So many classes and more take a while. */
const fewClasses = 5

/** `mask[mask == old] = new`. */
function assignsWhereEqual(statement: Stmt): boolean {
  return (
    statement.type === 'assign' &&
    statement.targets.some(
      (target) => target.type === 'subscript' && target.index.type === 'binary' && target.index.op === '==',
    )
  )
}

function readsPictures(python: PythonModule): boolean {
  return python.calls.some(({ name }) => name !== null && pictureReader.test(name))
}

/** What takes long among the calls of a function, whose result is the same for a sample each time; none where something is drawn. */
function slowCalls(calls: readonly string[]): string[] {
  if (calls.some((one) => draws.test(one) || learns.test(one))) return []
  return calls.filter((one) => isSlow(one) || film.test(one) || slowTransform.test(one))
}

/** A function of another module, or an object of its classes that is called. */
function madeElsewhere(python: PythonModule, call: Call): SlowWork | null {
  const { callee } = call.expr
  const calls = python.importedCalls(callee) ?? callsOfObject(python, callee) ?? callsHanded(python, callee)
  if (calls === null || calls.some((one) => keepsMade.test(one))) return null
  const drawn =
    calls.some((one) => draws.test(one) || learns.test(one)) ||
    call.expr.args.some(({ value }) => isDrawnElsewhere(python, value))
  const slow = drawn ? [] : slowCalls(calls)
  if (slow.length > 0)
    return { ...arithmetic(call.method), tensors: slow.every((one) => ofTensors.test(one)) }
  // What is drawn there may be the part of the file that is read, unless that is seen to be all of it.
  const reads = calls.some(
    (one) => slowFile.test(one) && !calls.includes(`${one}${ofPart}`) && (!drawn || tellsOfParts.test(one)),
  )
  if (!reads || calls.some((one) => /^rasterio\.windows\.|memmap/.test(one))) return null
  return call.expr.args.length > 0 && !isSharedFile(python, call) ? reading(call.method) : null
}

/** What it has made is kept until the next epoch. */
const keepsMade =
  /^functools\.(lru_)?cache$|^(joblib\.Memory|diskcache|cachetools|cachier)\b|^(torch|numpy|joblib|pickle)\.(save\w*|dump)$/

/** `wave[self.begin(wave):]`: a function that the data set is given draws what it is passed. */
function isDrawnElsewhere(python: PythonModule, expr: Expr): boolean {
  if (expr.type === 'call' && callsHanded(python, expr.callee)?.some((one) => draws.test(one)) === true)
    return true
  return childrenOf(expr).some((child) => isDrawnElsewhere(python, child))
}

/** What `self.transform(path)` calls, which the data set is given. */
function callsHanded(python: PythonModule, callee: Expr): readonly string[] | null {
  if (python.functionOf(callee) !== null) return null
  const run = python.effectsOfCalled(callee)
  return run === null ? null : [...run.calls]
}

/** What `self.spectrum(wave)` calls, whose class is of another module. */
function callsOfObject(python: PythonModule, callee: Expr): readonly string[] | null {
  if (callee.type !== 'name' && callee.type !== 'attribute') return null
  const made = python.definition(callee)
  const klass = made.type === 'call' ? python.importedClass(made.callee) : null
  return klass?.methods.some((one) => one === '__call__' || one === 'forward') === true ? klass.calls : null
}

/** The whole of a file, which belongs to the sample. */
function readsWhole(python: PythonModule, call: Call, name: string): boolean {
  const { args } = call.expr
  if (args.length === 0 || args.some((one) => partly.test(one.name ?? ''))) return false
  // Without a change of its rate, a recording is soon read.
  if (/^librosa\./.test(name) && isNothing(python, call, 'sr')) return false
  if (name === 'rasterio.open') {
    const node = call.function?.node ?? call.statement
    if (!/\.read\(/.test(codeText(python, node.start, node.end))) return false
    if (/window/i.test(codeText(python, node.start, node.end))) return false
  }
  return !isSharedFile(python, call)
}

/** The same file for each sample is another kind of waste. */
function isSharedFile(python: PythonModule, call: Call): boolean {
  return sampleWork(python).some(
    ({ kind, call: own }) => own === call && /^(constant work|shared file|font)$/.test(kind),
  )
}

function isNothing(python: PythonModule, call: Call, keyword: string): boolean {
  const given = passedExpression(python.argument(call, keyword, 1))
  return given?.type === 'constant' && given.value === null
}

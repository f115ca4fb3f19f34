/**
 * Samples of which each takes a tenth of a second and more: recordings that are decoded, brought to another rate and turned
 * into spectra, and volumes that are unpacked and brought to another spacing. Canonical names.
 */
import type { Call, PythonModule } from '../../python/module.js'
import { passedExpression } from '../../values/argument.js'

const decodes =
  /^(librosa\.(core\.)?load|torchaudio\.load|soundfile\.read|pydub\.AudioSegment\.from_\w+|audioread\.audio_open|scipy\.io\.wavfile\.read)$/
const resamples =
  /^(librosa\.(core\.)?resample|torchaudio\.(transforms\.Resample|functional\.resample)|scipy\.signal\.(resample|resample_poly|decimate)|resampy\.resample|soxr\.resample)$/
const loadsAtRate = /^librosa\.(core\.)?load$/
const spectra =
  /^(librosa\.(core\.)?(stft|cqt|vqt|pyin|yin|feature\.\w+)|(python_speech_features|opensmile|parselmouth|pyworld)\.(\w+\.)*\w+|torch\.stft|whisper\.(audio\.)?log_mel_spectrogram|torchaudio\.(transforms\.(MelSpectrogram|Spectrogram|MFCC|LFCC)|compliance\.kaldi\.(fbank|mfcc|spectrogram))|scipy\.signal\.(spectrogram|stft|cwt)|pywt\.cwt|transformers\.(\w+\.)*\w*FeatureExtractor(\.from_pretrained)?)$/
const unpacks =
  /^(nibabel\.(\w+\.)?load|SimpleITK\.ReadImage|itk\.imread|nrrd\.read|torchio\.(ScalarImage|Subject))$/
const respaces =
  /^(scipy\.ndimage\.(zoom|affine_transform|map_coordinates)|skimage\.transform\.(resize|rescale|warp)|SimpleITK\.(Resample|ResampleImageFilter)(\.Execute)?|nibabel\.processing\.\w+|nilearn\.image\.resample\w*|torchio\.(transforms\.)?(Resample|Resize))$/

/** `all` is what one sample takes, `same` those of it that give the same each time. */
export function isDear(python: PythonModule, all: readonly Call[], same: readonly Call[]): boolean {
  const names = all.flatMap((one) => namesFor(python, one))
  const fixed = same.flatMap((one) => namesFor(python, one))
  const among = (kind: RegExp, some: readonly string[]) => some.some((one) => kind.test(one))
  if (among(unpacks, names)) return among(respaces, fixed)
  if (!among(decodes, names) || !among(spectra, fixed)) return false
  return among(resamples, names) || all.some((one) => changesRate(python, one))
}

/** What it calls: by itself, as an object, or in a function of another module. */
function namesFor(python: PythonModule, { name, receiver, method, expr: { callee } }: Call): string[] {
  const own = [name, python.typeOf(callee), receiver === null ? null : `${receiver}.${method}`]
  const made = callee.type === 'call' ? [python.nameOf(callee.callee)] : []
  const imported = python.importedCalls(callee) ?? []
  return [...own, ...made, ...imported].filter((one) => one !== null)
}

/** `librosa.load` brings a recording to 22,050 Hz unless `sr` is None. */
function changesRate(python: PythonModule, call: Call): boolean {
  if (!loadsAtRate.test(call.name ?? ''))
    return python.importedCalls(call.expr.callee)?.some((one) => loadsAtRate.test(one)) === true
  const rate = passedExpression(python.argument(call, 'sr', 1))
  return !(rate?.type === 'constant' && rate.value === null)
}

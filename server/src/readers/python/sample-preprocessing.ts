/** Preparation of one sample, or of one batch, that gives the same in every epoch. */
import type { Call, Func, Loop, PythonModule } from '../../python/module.js'
import type { ModuleSummary } from '../../python/module-summary.js'
import { lastName } from '../../syntax/python-children.js'
import { effective } from '../../values/value.js'
import { pictureReader } from '../pytorch/datasets.js'
import { codeText, trainsAnywhere } from '../pytorch/evidence.js'
import { hotCode } from '../pytorch/hot-code.js'
import { makersOf, sampleWork } from '../pytorch/sample-work.js'
import { plainCalls } from '../repeated-code.js'
import { isReadPicture, shrinkingStep, shrunkByDataSet } from './picture-sizes.js'
import { passesOf, type Repetition } from './preprocessing.js'
import { isTokenizing, tokenizing } from './preprocessing-costs.js'

/** Slow for one sample, and the same for it in every epoch. */
const slowSample =
  /^(librosa\.(stft|cqt|pyin|yin|resample|feature\.\w+|effects\.(hpss|harmonic|percussive|trim|split))|python_speech_features\.\w+|skimage\.feature\.\w+|rdkit\.Chem\.AllChem\.\w+|torchaudio\.(functional\.resample|compliance\.kaldi\.(fbank|mfcc|spectrogram))|cv2\.fastNlMeans\w+|skimage\.(restoration|segmentation)\.\w+|scipy\.(ndimage\.zoom|signal\.(resample|spectrogram|stft))|decord\.VideoReader|cv2\.VideoCapture|av\.open|torchvision\.io\.read_video|torchcodec\.decoders\.\w+)$/
/** Objects that are called with a sample. */
const slowTransform =
  /^torchaudio\.transforms\.(Resample|MelSpectrogram|Spectrogram|MFCC|LFCC)$|^transformers\.(\w+\.)*\w*(FeatureExtractor|Processor)$/
/** What makes a picture of a camera small, after it was read from its file. */
const shrinks =
  /^(cv2\.resize|skimage\.transform\.(resize|rescale)|torchvision\.transforms(\.v2)?\.functional\.resize)$/
/** Tables of text, whose every number is parsed. */
const parses = /^(pandas\.read_(csv|excel|json|xml|html|table|fwf)|numpy\.(loadtxt|genfromtxt))$/

/** A text that is not the same each time. */
const drawnText = /random|augment|noise|shuffle|mask_?token|mlm|dropout|\bsample\(|choice/i
const drawn =
  /random(?!_?(seed|state))|augment|noise|jitter|shift|stretch|SpecAug|Masking|(time|freq\w*|span|token|patch)_?mask|mask_?(prob|ratio|span|token|param)|crop|pitch/i
/** Whatever it does, it may be drawn anew. */
const anyTransform = /transform|\baug|compose/i

/** The code keeps results, or looks for them; what it reads and then prepares again is not the result. */
const keeps =
  /lru_cache|functools\.cache|\bmemory\.cache|Memory\(|load_from_disk|exists\(|isfile\(|is_file\(|\bcache/i
/** The same for a change of the sampling rate, which stands under a test of what a file has. */
const resamples = /resample$/i

export function repeatedSamples(python: PythonModule): Repetition[] {
  if (evaluatesOnce(python) || goesOnce(python)) return []
  const times = timesOf(python)
  const found: Repetition[] = makersOf(python).flatMap(({ func, each, kept }) => {
    const whole = func.class?.node ?? func.node
    if (each === 'row' || kept || (each === 'sample' && func.class === null)) return []
    if (func.class !== null && onlyEvaluates(python, func.class.name)) return []
    const text = codeText(python, whole.start, whole.end)
    const hot = hotCode(python, func.node.body, func)
    // What its constructor looks for on disk is no result.
    const makers = [...new Set([func, ...hot.statements.map((one) => one.func)])]
    if (makers.some((one) => one !== null && keeps.test(ownCode(python, one)))) return []
    const same = !drawn.test(text)
    const tokens = !drawnText.test(text) && trainsAnywhere(python)
    const steps = hot.statements.flatMap((hot) =>
      hot.guarded || hot.exceptional
        ? []
        : hot.expressions.flatMap((expr) =>
            plainCalls(python, expr).flatMap((call) => {
              if (hot.conditional && !changesRate(python, call)) return []
              const early = same || isBeforeDraws(python, func, call)
              const smaller = shrinksPicture(python, func, call, same)
              const slow = early ? slowFor(python, call) : null
              const what = smaller ?? slow ?? (tokens ? tokenizesSample(python, call) : null)
              if (what === null) return []
              const picture = smaller !== null
              const cost = { what, weight: 'heavy' as const, single: true, inputs: [], picture }
              return [{ call, cost, statement: hot.statement }]
            }),
          ),
    )
    return times === 1 ? [] : [{ per: 'epoch' as const, times, steps, around: func, samples: true as const }]
  })
  for (const loop of python.loops) {
    const steps = loop.role === 'train' && times !== 1 ? stepsOfBatches(python, loop) : []
    if (steps.length > 0) found.push({ per: 'epoch', times, steps, around: loop, samples: true })
  }
  // One word for a program: a data set whose own code does it comes first.
  const small =
    found.some(({ steps }) => steps.some(({ cost }) => cost.picture)) || times === 1
      ? null
      : shrunkByDataSet(python)
  if (small !== null) {
    const cost = {
      what: writtenName(python, small),
      weight: 'heavy' as const,
      single: true,
      inputs: [],
      picture: true,
    }
    const steps = [{ call: small, cost, statement: small.statement }]
    found.push({ per: 'epoch', times, steps, around: null, samples: true })
  }
  return found
}

/** What a training loop itself prepares of each batch of recordings, of which nothing is drawn. */
function stepsOfBatches(python: PythonModule, loop: Loop): Repetition['steps'] {
  return hotCode(python, loop.node.body, loop.function).statements.flatMap((hot) => {
    const code = hot.func === null || hot.func === loop.function ? loop.node : hot.func.node
    const text = codeText(python, code.start, code.end)
    if (hot.guarded || hot.conditional || hot.exceptional || keeps.test(text) || drawn.test(text)) return []
    return hot.expressions.flatMap((expr) =>
      plainCalls(python, expr).flatMap((call) => {
        const what = /^torch/.test(call.name ?? '') ? null : slowFor(python, call)
        if (what === null) return []
        const cost = { what, weight: 'heavy' as const, single: true, inputs: [] }
        return [{ call, cost, statement: hot.statement }]
      }),
    )
  })
}

/** A program that evaluates and has nothing train goes through its data once, whatever the modules that it imports could do. */
function evaluatesOnce(python: PythonModule): boolean {
  if (python.importers.length > 0 || python.evidence.role === 'training') return false
  if (python.stepFunctions().length > 0) return false
  const trains = python.calls.some(({ method, expr: { callee } }) => {
    const steps = Object.values(python.importedClass(callee)?.steps ?? {})
    const called = python.importedFunction(callee)?.trains === true || steps.some((step) => step.trains)
    return called || /^(fit|train)/.test(method)
  })
  return !trains && python.calls.some(({ method }) => /^(eval(uate)?|validate|test|predict)$/.test(method))
}

/** Only programs that evaluate take samples of this class, each of which goes through its data once. */
function onlyEvaluates(python: PythonModule, name: string): boolean {
  const own = new Set([...python.classes, ...python.functions].map((one) => one.name))
  const takers = [...python.importers, ...python.programs].filter(({ imports }) => {
    const named = imports.map(lastOf).filter((one) => own.has(one))
    return named.length === 0 || named.includes(name)
  })
  return takers.length > 0 && takers.every(evaluates) && !python.calls.some(({ method }) => method === name)
}

function evaluates({ isEntry, evidence, epochs, uses, trainsOn }: ModuleSummary): boolean {
  // The loop may be that of a module which it calls.
  const trains = evidence?.role === 'training' || (epochs?.length ?? 0) > 0 || trainsOn !== undefined
  return (
    isEntry && !trains && !uses.some((used) => /\.(backward|fit|train_step|optimi[sz]e|minimize)$/.test(used))
  )
}

function lastOf(target: string): string {
  return target.slice(target.lastIndexOf('.') + 1)
}

/** The program, or each that takes its data from this module, trains without a loop over epochs. */
function goesOnce(python: PythonModule): boolean {
  if (python.importers.length > 0) return python.importers.every(({ onePass }) => onePass === true)
  return python.trainsInOnePass()
}

function timesOf(python: PythonModule): number | null {
  const epochs = python.loops.find((loop) => loop.role === 'epoch' && effective(loop.trips) !== undefined)
  return epochs === undefined ? null : passesOf(python, epochs)
}

function writtenName(python: PythonModule, { expr, name }: Call): string {
  const written = python.text.slice(expr.callee.start, expr.callee.end)
  return /^[\w.]{1,40}$/.test(written) ? written : (name ?? '')
}

/** With its decorators; a cache of few results keeps none of them until the next epoch. */
function ownCode(python: PythonModule, { node }: Func): string {
  const start = Math.min(node.start, ...node.decorators.map((one) => one.start))
  return codeText(python, start, node.end).replace(/\blru_cache\(\s*(maxsize\s*=\s*)?\d{1,3}\s*\)/g, '')
}

/** Nothing is drawn before this call: in the function that makes a sample, or in one that it calls. */
function isBeforeDraws(python: PythonModule, { node }: Func, call: Call): boolean {
  const inside = node.start <= call.expr.start && call.expr.end <= node.end
  const own = call.function?.node ?? node
  const before = inside
    ? codeText(python, node.start, call.expr.end)
    : codeText(python, node.start, node.end) + codeText(python, own.start, call.expr.end)
  return !drawn.test(before) && !anyTransform.test(before)
}

/** `Resample(rate, 16_000)(wave)`, `torchaudio.functional.resample(…)`. */
function changesRate(python: PythonModule, call: Call): boolean {
  return resamples.test(slowFor(python, call) ?? '')
}

/** What is slow for one sample, here or in a function of another module. */
function slowFor(python: PythonModule, call: Call): string | null {
  const { name, expr } = call
  const { callee } = expr
  const called = lastName(callee)
  const has = (argument: string) => expr.args.some((one) => one.name === argument)
  if (/^(\w+_)?resampler?$/i.test(called) && !/^torch/.test(name ?? ''))
    return python.text.slice(callee.start, callee.end)
  // Whoever is told the rate makes features of a recording; what also pads only scales a batch.
  if (/(extractor|processor)$/i.test(called) && has('sampling_rate') && !has('padding'))
    return python.text.slice(callee.start, callee.end)
  if (name !== null) {
    if (parses.test(name)) return isConstant(python, call) ? null : name.replace(/^pandas/, 'pd')
    return slowSample.test(name) ? name : null
  }
  // `Resample(rate, 16_000)(wave)`
  const made = callee.type === 'call' ? python.nameOf(callee.callee) : null
  if (made !== null && slowTransform.test(made)) return made.slice(made.lastIndexOf('.') + 1)
  const type = python.typeOf(callee)
  if (type !== null && slowTransform.test(type) && !(type.startsWith('transformers.') && has('padding'))) {
    const written = python.text.slice(expr.callee.start, expr.callee.end)
    return /^[\w.]{1,40}$/.test(written) ? written : type.slice(type.lastIndexOf('.') + 1)
  }
  const imported = python.importedFunction(expr.callee)
  return imported?.calls.some((one) => slowSample.test(one)) === true ? call.method : null
}

/** It makes a picture smaller, with the same result each time. */
function shrinksPicture(python: PythonModule, maker: Func, call: Call, same: boolean): string | null {
  const { name, expr, method } = call
  const [first] = expr.args
  if (name !== null)
    return shrinks.test(name) && isReadHere(python, call) && (same || isBeforeDraws(python, maker, call))
      ? name
      : null
  const { callee } = expr
  if (
    callee.type === 'attribute' &&
    /^(resize|thumbnail)$/.test(method) &&
    isReadPicture(python, callee.value)
  )
    return `Image.${method}`
  if (first === undefined || !isReadPicture(python, first.value)) return null
  const step = shrinkingStep(python, callee)
  return step === null ? null : writtenName(python, step)
}

/** The same file for each sample, which is another kind of waste. */
function isConstant(python: PythonModule, call: Call): boolean {
  return sampleWork(python).some((work) => work.kind === 'constant work' && work.call === call)
}

/** The function that shrinks the picture reads it from its file as well. */
function isReadHere(python: PythonModule, call: Call): boolean {
  return python.calls.some(
    (one) => one.function === call.function && one.name !== null && pictureReader.test(one.name),
  )
}

function tokenizesSample(python: PythonModule, call: Call): string | null {
  const own = tokenizing(python, call)
  if (own !== null) return own.what
  const imported = call.name === null ? python.importedFunction(call.expr.callee) : null
  return imported?.calls.some(isTokenizing) === true ? call.method : null
}

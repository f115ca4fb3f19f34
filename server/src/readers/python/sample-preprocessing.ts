/** Preparation of one sample, or of one batch, that gives the same in every epoch. */

import { isGenerator } from '../../python/generators.js'
import type { Call, Func, Loop, PythonModule } from '../../python/module.js'
import type { Expr, Stmt } from '../../syntax/python-ast.js'
import { lastName, someExpression } from '../../syntax/python-children.js'
import { mayBePassed, numberArgument, passedExpression } from '../../values/argument.js'
import { effective } from '../../values/value.js'
import { argumentOf, kerasFits } from '../keras/fits.js'
import { pictureReader } from '../pytorch/datasets.js'
import { evaluatesOnce, onlyEvaluates } from '../pytorch/evaluated-once.js'
import { codeText, trainsAnywhere } from '../pytorch/evidence.js'
import { countsEpochs, type HotStatement, hotCode } from '../pytorch/hot-code.js'
import { feedsByName } from '../pytorch/loader-use.js'
import { type Maker, makersOf, stepsOf } from '../pytorch/sample-work.js'
import { plainCalls } from '../repeated-code.js'
import { isDear } from './dear-samples.js'
import { isDrawn } from './drawn-samples.js'
import { elementLoop } from './element-loops.js'
import { hasOtherWays, keepsResults, keptWays, ownCode } from './kept-samples.js'
import {
  isReadPicture,
  namesSmallPictures,
  type ShrinkingStep,
  shrinkingStep,
  shrinks,
  shrunkByDataSet,
} from './picture-sizes.js'
import type { PreparationCost } from './preparation-cost.js'
import { passesOf, type Repetition } from './preprocessing.js'
import { isOfSlowLibrary, type SlowWork, slowFor } from './slow-samples.js'
import { isTokenizing, slowTokenizer, tokenizing } from './tokenizer-costs.js'

/** A text that is not the same each time. */
const drawnText = /random|augment|noise|shuffle|mask_?token|mlm|dropout|\bsample\(|choice/i
/** Whatever it does, it may be drawn anew. */
const anyTransform = /transform|\baug|compose/i
/** These give the same each time. */
const fixedTransforms =
  /\btorchaudio\.(transforms|functional)\.\w+|\bT\.(Resample|MelSpectrogram|Spectrogram|MFCC|AmplitudeToDB)\b/g

const heavy = { weight: 'heavy' as const, single: true, inputs: [] }

export function repeatedSamples(python: PythonModule): Repetition[] {
  if (evaluatesOnce(python) || goesOnce(python)) return []
  const times = epochsOf(python)
  const isSmall = namesSmallPictures(python)
  const makers = [...makersOf(python), ...generatorsOf(python)]
  const found: Repetition[] = makers.flatMap(({ func, each, kept, handed }) => {
    // A method that puts batches together may stand in a class that does all else as well.
    const whole = (func.name.startsWith('__') ? func.class?.node : undefined) ?? func.node
    if (each === 'row' || kept || (each === 'sample' && func.class === null && handed !== true)) return []
    if (func.class !== null && isOfEvaluation(python, func.class.name)) return []
    if (isBehindDraws(python, func)) return []
    const text = codeText(python, whole.start, whole.end)
    const code = hotCode(python, func.node.body, func)
    // What its constructor looks for on disk is no result.
    const reached = [...new Set([func, ...code.statements.flatMap((one) => one.func ?? [])])]
    const isKept = keptWays(python, code)
    const otherWays = reached.some((one) => hasOtherWays(python, one))
    // What puts a batch together takes samples of which something may have been drawn elsewhere.
    const collates = each === 'batch' && func.name !== '__getitem__'
    const same = !isDrawn(collates ? python.code : text + codeOfCalled(python, code.followed))
    // Texts of a stream without an end are mostly taken once.
    const tokens =
      !drawnText.test(text + codeOfCalled(python, code.followed)) &&
      trainsAnywhere(python) &&
      !isEndless(python, func)
    const all = code.statements.flatMap((hot) =>
      hot.guarded || hot.exceptional || isKept(hot)
        ? []
        : hot.expressions.flatMap((expr) =>
            plainCalls(python, expr).flatMap((call) => {
              const work = slowFor(python, call) ?? loopsWork(python, hot.statement, call)
              const smaller = isSmall
                ? null
                : shrinksPicture(python, { func, followed: code.followed }, call, same)
              // A change of the rate stands under a test of what a file has, reading under one of whether it is there.
              const taken = work?.resamples === true || (work?.reads === true && !otherWays)
              const either = () =>
                smaller !== null && isInBothBranches(code.statements, hot.statement, call.method)
              if (hot.differs && !taken && !either()) return []
              const early = same || (!collates && isBeforeDraws(python, func, call, code.followed))
              const slow = work !== null && (work.reads || early)
              const what =
                smaller ?? (slow ? work.what : null) ?? (tokens ? tokenizesSample(python, call) : null)
              if (what === null) return []
              const made: PreparationCost['made'] =
                smaller !== null
                  ? 'picture'
                  : !slow
                    ? tokenizesFast(python, call)
                      ? 'text'
                      : undefined
                    : work.reads
                      ? 'file'
                      : undefined
              return [{ call, cost: { ...heavy, what, ...(made && { made }) }, statement: hot.statement }]
            }),
          ),
    )
    // What is computed of a file takes reading it along.
    const computed = all.filter(({ cost }) => cost.made !== 'file')
    const among = computed.length > 0 ? computed : all
    const isLesser = ({ call }: (typeof all)[number]) => Number(isOfSlowLibrary(call.name ?? ''))
    const first = [...among].sort((a, b) => isLesser(a) - isLesser(b))
    const calls = code.statements
      .flatMap((one) => one.expressions)
      .flatMap((expr) => plainCalls(python, expr))
    const told = all.map(({ call }) => call)
    const dear = told.length > 0 && isDear(python, calls, told)
    const steps = dear
      ? first.map((step) => ({ ...step, cost: { ...step.cost, weight: 'dear' as const } }))
      : first
    return times === 1 ? [] : [{ per: 'epoch' as const, times, steps, around: func, samples: true as const }]
  })
  for (const loop of python.loops) {
    const steps = loop.role === 'train' && times !== 1 ? stepsOfBatches(python, loop) : []
    if (steps.length > 0) found.push({ per: 'epoch', times, steps, around: loop, samples: true })
  }
  // One word for a program: a data set whose own code does it comes first.
  const small =
    isSmall || times === 1 || found.some(({ steps }) => steps.some(({ cost }) => cost.made === 'picture'))
      ? null
      : shrunkByDataSet(python)
  if (small !== null) {
    const { at, step } = small
    const cost = { ...heavy, what: writtenName(step), made: 'picture' as const }
    const steps = [{ call: at, cost, statement: at.statement }]
    found.push({ per: 'epoch', times, steps, around: null, samples: true })
  }
  return found
}

const isOfEvaluation = (python: PythonModule, name: string): boolean =>
  feedsByName(name) === 'evaluation' || onlyEvaluates(python, name)

/** A step of a pipeline that gets what an earlier step has drawn. */
function isBehindDraws(python: PythonModule, func: Func): boolean {
  const codeOfStep = (step: Expr): string => {
    const { node } = python.instanceClass(step) ?? python.functionOf(step) ?? { node: step }
    return codeText(python, node.start, node.end)
  }
  const isOwn = (step: Expr): boolean =>
    python.functionOf(step) === func || (func.class !== null && python.instanceClass(step) === func.class)
  return python.calls.some((call) => {
    const steps = stepsOf(python, call) ?? []
    const at = steps.findIndex(isOwn)
    return at > 0 && steps.slice(0, at).some((step) => isDrawn(codeOfStep(step)))
  })
}

/** `if box is None: … picture.resize(size) … else: … part.resize(size)`: whatever a sample has, it happens to it. */
function isInBothBranches(statements: readonly HotStatement[], one: Stmt, method: string): boolean {
  const calls = (block: readonly Stmt[]) =>
    someExpression([...block], (expr) => expr.type === 'call' && lastName(expr.callee) === method)
  const holds = (block: readonly Stmt[]) =>
    block.some(({ start, end }) => start <= one.start && one.end <= end)
  return statements.some(
    ({ statement }) =>
      statement.type === 'if' &&
      ((holds(statement.body) && calls(statement.orelse)) ||
        (holds(statement.orelse) && calls(statement.body))),
  )
}

/** The call that an outer loop goes through stands for both. */
function loopsWork(python: PythonModule, statement: Stmt, call: Call): SlowWork | null {
  const over = statement.type === 'for' ? statement.iterable : null
  const what = over?.start === call.expr.start && over.end === call.expr.end && elementLoop(python, statement)
  return what ? { what, reads: false, tensors: false, resamples: false } : null
}

/** Functions that yield the batches of a `fit` of Keras, or the elements of a pipeline that keeps none of them. */
function generatorsOf(python: PythonModule): Maker[] {
  const batches = kerasFits(python).flatMap((fit) => {
    const given = passedExpression(argumentOf(python, fit, 'x'))
    const made = given === null ? null : python.definition(given)
    return made?.type === 'call' ? [made.callee] : []
  })
  const elements = keepsElements.test(python.code)
    ? []
    : python.calls.flatMap((call) => {
        const given = fromGenerator.test(call.name ?? '')
          ? passedExpression(python.argument(call, 'generator', 0))
          : null
        // `lambda: samples(files)`
        const made = given?.type === 'lambda' && given.body.type === 'call' ? given.body.callee : given
        return made === null ? [] : [made]
      })
  const funcs = [...batches, ...elements].flatMap((made) => {
    const func = python.functionOf(made)
    return func !== null && isGenerator(python, func) ? [func] : []
  })
  return [...new Set(funcs)].map((func) => ({ func, each: 'batch', kept: false, generates: true }))
}

const fromGenerator = /^tensorflow\.(compat\.v\d\.)?data\.Dataset\.from_generator$/
const keepsElements = /\.(cache|snapshot|save)\(/

/** What a training loop itself prepares of each batch of recordings, of which nothing is drawn. */
function stepsOfBatches(python: PythonModule, loop: Loop): Repetition['steps'] {
  return hotCode(python, loop.node.body, loop.function).statements.flatMap((hot) => {
    const code = hot.func === null || hot.func === loop.function ? loop : hot.func
    const { start, end } = code.node
    if (hot.guarded || hot.conditional || hot.exceptional) return []
    if (keepsResults(python, code.node) || isDrawn(codeText(python, start, end))) return []
    return hot.expressions.flatMap((expr) =>
      plainCalls(python, expr).flatMap((call) => {
        const slow = slowFor(python, call)
        // Games that are played and graphs that grow are others in each step.
        return slow === null || slow.tensors || isOfSlowLibrary(call.name ?? '')
          ? []
          : [{ call, cost: { ...heavy, what: slow.what }, statement: hot.statement }]
      }),
    )
  })
}

/** The program, or each that takes its data from this module, trains without a loop over epochs. */
export function goesOnce(python: PythonModule): boolean {
  if (python.importers.length > 0) return python.importers.every(({ onePass }) => onePass === true)
  return python.trainsInOnePass()
}

/** How many epochs the module trains for; null: it is not known. */
export function epochsOf(python: PythonModule): number | null {
  const all = python.loops.filter(({ role }) => role === 'epoch')
  // A loop over folds or seeds goes through epochs as well.
  const named = all.filter(({ node }) => node.type === 'for' && countsEpochs(python, node))
  const epochs = (named.length > 0 ? named : all).find(({ trips }) => effective(trips) !== undefined)
  return epochs === undefined ? null : passesOf(python, epochs)
}

function isEndless(python: PythonModule, func: Func): boolean {
  return isGenerator(python, func) && /\bwhile\s+(True|1)\s*:/.test(ownCode(python, func.node))
}

function writtenName({ python, call: { expr, name } }: ShrinkingStep): string {
  const written = python.text.slice(expr.callee.start, expr.callee.end)
  return /^[\w.]{1,40}$/.test(written) ? written : (name ?? '')
}

/** Nothing is drawn before this call: in the function that makes a sample, or in one that it calls. */
function isBeforeDraws(
  python: PythonModule,
  { node }: Func,
  call: Call,
  followed: ReadonlyMap<Func, Call>,
): boolean {
  const holds = ({ expr }: Call) => node.start <= expr.start && expr.end <= node.end
  const own = call.function
  const site = own === null ? undefined : followed.get(own)
  // What the maker does before it calls the function, and what that does before.
  const end = holds(call) ? call.expr.end : site !== undefined && holds(site) ? site.expr.start : node.end
  const before =
    codeText(python, node.start, end) +
    codeOfCalled(python, followed, (one) => !holds(one) || one.expr.end <= end, own) +
    (holds(call) ? '' : codeText(python, (own?.node ?? node).start, call.expr.end))
  return !isDrawn(before) && !anyTransform.test(before.replace(fixedTransforms, ''))
}

/** Of the functions that make a sample; `but`: not of this one. */
function codeOfCalled(
  python: PythonModule,
  followed: ReadonlyMap<Func, Call>,
  counts: (site: Call) => boolean = () => true,
  but: Func | null = null,
): string {
  return [...followed]
    .filter(([func, site]) => func !== but && counts(site))
    .map(([{ node }]) => codeText(python, node.start, node.end))
    .join('\n')
}

/** It makes a picture smaller, with the same result each time. */
function shrinksPicture(
  python: PythonModule,
  maker: { func: Func; followed: ReadonlyMap<Func, Call> },
  call: Call,
  same: boolean,
): string | null {
  const { name, expr, method } = call
  const [first] = expr.args
  const early = () => same || isBeforeDraws(python, maker.func, call, maker.followed)
  if (name !== null)
    return shrinks.test(name) && !mayEnlarge(python, call) && isReadHere(python, call) && early()
      ? name
      : null
  const { callee } = expr
  if (
    callee.type === 'attribute' &&
    /^(resize|thumbnail)$/.test(method) &&
    (isReadPicture(python, callee.value) || (early() && isReadPicture(python, callee.value, true)))
  )
    return `Image.${method}`
  if (first === undefined) return null
  if (shrinksElsewhere(python, call)) return python.text.slice(expr.callee.start, expr.callee.end)
  if (same && fitsPictures(python, call)) return python.text.slice(expr.callee.start, expr.callee.end)
  if (!isReadPicture(python, first.value)) return null
  const step = shrinkingStep(python, callee)
  return step === null ? null : writtenName(step)
}

/** A function of another module that reads a picture from its file and makes it smaller. */
function shrinksElsewhere(python: PythonModule, { expr: { callee } }: Call): boolean {
  const calls = python.functionOf(callee) === null ? python.importedCalls(callee) : null
  return (
    calls?.some((one) => pictureReader.test(one)) === true &&
    calls.some((one) => shrinks.test(one)) &&
    !calls.some((one) => isDrawn(one))
  )
}

/** `processor(images)`: pictures of a folder at the size that a network takes. */
function fitsPictures(python: PythonModule, { expr, receiver, method }: Call): boolean {
  const called = receiver ?? python.typeOf(expr.callee)
  if (called === null || !imageProcessor.test(called)) return false
  if (receiver !== null && method !== 'preprocess') return false
  return python
    .callsTo('datasets.load_dataset')
    .some((one) =>
      one.expr.args.some(({ value }) => value.type === 'constant' && value.value === 'imagefolder'),
    )
}

const imageProcessor =
  /^transformers\.(\w+\.)*\w*(ImageProcessor(Fast)?|FeatureExtractor)(\.from_pretrained)?$/

/** `cv2.resize(image, None, fx=scale, fy=scale)`: by a factor that is not known to be below one. */
function mayEnlarge(python: PythonModule, call: Call): boolean {
  const factor =
    call.method === 'rescale'
      ? python.argument(call, 'scale', 1)
      : call.name === 'cv2.resize'
        ? python.argument(call, 'fx', 3)
        : null
  if (factor === null || !mayBePassed(factor)) return false
  const known = numberArgument(factor)
  return known === null || known >= 1
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
  if (call.method === wordByWord) return wordByWord
  const calls = call.name === null ? python.importedCalls(call.expr.callee) : null
  return calls?.some(isTokenizing) === true ? call.method : null
}

/** Of Keras, in Python. */
const wordByWord = 'texts_to_sequences'

/** In compiled code, which takes a millisecond for a text. */
function tokenizesFast(python: PythonModule, call: Call): boolean {
  if (call.method === wordByWord) return false
  const called = call.receiver ?? python.typeOf(call.expr.callee)
  if (called !== null) return !slowTokenizer.test(called)
  const names = call.name === null ? python.importedCalls(call.expr.callee) : null
  return names?.some((name) => slowTokenizer.test(name)) !== true
}

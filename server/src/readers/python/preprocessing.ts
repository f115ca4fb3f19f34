/**
 * Preparation of data that a program does again and again though it gives the same: in each fold, trial or epoch, for
 * each sample of each epoch, or at each start.
 */

import { leavesBefore } from '../../python/each-call.js'
import { isGenerator } from '../../python/generators.js'
import type { Call, Func, Loop, PythonModule } from '../../python/module.js'
import { isNetworkType } from '../../python/network-types.js'
import type { Expr, Stmt } from '../../syntax/python-ast.js'
import {
  blocksOf,
  childrenOf,
  comprehensionsAround,
  expressionsOf,
  namesIn,
} from '../../syntax/python-children.js'
import { mayBePassed, numberArgument, numberIn } from '../../values/argument.js'
import { calleePlace, callSite } from '../../values/places.js'
import type { ClaimBuilder } from '../../workload/builder.js'
import type { Evidence } from '../../workload/claim.js'
import { isJaxLoop, jaxEvidence } from '../jax/loop.js'
import { kerasEvidence } from '../keras/evidence.js'
import { kerasFits } from '../keras/fits.js'
import { codeText, trainingEvidence } from '../pytorch/evidence.js'
import { hotCode } from '../pytorch/hot-code.js'
import { defineReader, type ReaderContext } from '../reader.js'
import { alwaysRun, inTry, plainCalls, Varying } from '../repeated-code.js'
import { selectsRows } from './fold-rows.js'
import { preparedByNetworks } from './network-preparation.js'
import { atStart } from './prepared-at-start.js'
import { hoistSteps } from './preprocessing-change.js'
import { isTeaching } from './preprocessing-costs.js'
import { costOf, inComprehension, type Repetition, type Step, training, trainsInside } from './repetition.js'
import { epochsOf, goesOnce, repeatedSamples } from './sample-preprocessing.js'
import { trialPasses } from './trial-passes.js'

export type { Repetition, Step } from './repetition.js'

export const preprocessingReader = defineReader({
  name: 'python-preprocessing',
  languages: ['python'],
  triggers: [
    'pandas',
    'Resize',
    'PIL',
    'librosa',
    'torchaudio',
    'FeatureExtractor',
    'ImageProcessor',
    'spacy',
    'cv2',
    'fit_transform',
    'skimage',
    'python_speech_features',
    'nltk',
    'rdkit',
    'gensim',
    'radius_graph',
    'knn_graph',
    'Tokenizer',
    'tokenizer',
    'SentenceTransformer',
    'pydicom',
    'decord',
    'torchcodec',
    'read_video',
    'av.open',
    'tsfresh',
    'keras',
    'jax',
    'timm',
    'torchvision',
    'clip',
    'pywt',
    'mne',
    'featuretools',
    'loadtxt',
    'genfromtxt',
    'scipy',
    'nibabel',
    'svmlight',
    'polars',
    // What is repeated may be prepared in another module.
    '__getitem__',
    'collate',
    'from_generator',
    'fit(',
    'backward(',
    'cross_val_',
    'lightgbm',
    'xgboost',
    'catboost',
    'optuna',
    'hyperopt',
  ],
  read(facts, context, claims) {
    const { python } = facts
    if (python === undefined || python.evidence.role === 'test') return
    const found = repetitionsOf(python)
    if (found.length === 0) return
    const evidence = evidenceOf(python, context)
    for (const repetition of found) claimRepetition(repetition, { ...evidence }, claims)
  },
  change(claim, _value, facts) {
    return hoistSteps(claim, facts)
  },
})

/** What a library trains with places itself on the accelerator that it finds. */
function evidenceOf(python: PythonModule, context: ReaderContext): Evidence {
  const evidence = trainingEvidence(python)
  if (evidence.accelerator !== 'none' || evidence.role === 'test') return evidence
  if (kerasFits(python).length > 0) return { ...kerasEvidence(python, context).evidence, role: evidence.role }
  return python.loops.some(isJaxLoop) ? { ...jaxEvidence(python, context), role: evidence.role } : evidence
}

function claimRepetition(
  { per, times, steps, samples, saved }: Repetition,
  evidence: Evidence,
  claims: ClaimBuilder,
): void {
  const ordered = [...steps].sort((a, b) => weights.indexOf(b.cost.weight) - weights.indexOf(a.cost.weight))
  const [first] = ordered
  if (first === undefined) return
  if (per === 'trial' && evidence.role !== 'test') evidence.role = 'tuning'
  const at = calleePlace(first.from ?? first.call)
  const what = shownAs(first)
  const { weight } = first.cost
  const work = claims.subject('Preprocessing', at, first.call.function?.qualified ?? '', evidence)
  const site = callSite(first.call)
  // What makes a sample runs in workers.
  if (samples === true) work.known('overlapped', what, true, at)
  if (saved === true) work.known('transformation', what, 'saved data', at)
  if (first.cost.made === 'picture') work.known('transformation', what, 'smaller pictures', at)
  if (first.cost.made === 'text' || (per === 'run' && first.cost.quick === true && weight !== 'dear'))
    work.known('transformation', what, 'tokens', at)
  if (first.cost.made === 'file') work.known('transformation', what, 'unpacked files', at)
  work.known('cached', what, false, at, { site })
  work.known('weight', what, weight, at, { site })
  work.known('again', what, { per, times }, at, { site })
  work.known(
    'steps',
    what,
    ordered.map((step) => ({ what: shownAs(step), location: claims.locate(calleePlace(step.call)) })),
    at,
    { site },
  )
}

const weights = ['ordinary', 'heavy', 'dear']

const shownAs = ({ from, cost }: Step): string => (from === undefined ? cost.what : `${from.method}()`)

export function repetitionsOf(python: PythonModule): Repetition[] {
  const seen = new Set<Call>()
  const found: Repetition[] = []
  const add = (repetition: Repetition): void => {
    repetition.steps = repetition.steps.filter(({ call }) => !seen.has(call))
    for (const { call } of repetition.steps) seen.add(call)
    if (repetition.steps.length > 0) found.push(repetition)
  }
  for (const { func, times, names } of trialPasses(python)) {
    if (remembers(python, func.node)) continue
    add({ per: 'trial', times, steps: stepsIn(python, func.node.body, func, names), around: func })
  }
  for (const loop of python.loops) {
    const whole = loop.role === 'train' && kindOf(python, loop) === 'epoch'
    // What is done once is done at the start.
    if (numberIn(loop.trips) === 1) continue
    if (!(trainsInside(loop) || whole) || remembers(python, loop.node) || isDataset(loop.function)) continue
    const names = loop.node.type === 'for' ? boundBy(loop.node.target) : []
    const per = kindOf(python, loop)
    const steps = stepsIn(python, loop.node.body, loop.function, names, per === 'fold')
    add({ per, times: passesOf(python, loop), steps, around: loop })
  }
  for (const repetition of repeatedSamples(python)) add(repetition)
  if (!goesOnce(python))
    for (const repetition of preparedByNetworks(python, epochsOf(python))) add(repetition)
  const ofSamples = new Set(found.flatMap(({ samples, around }) => (samples === true ? [around] : [])))
  const start = atStart(python, seen, ofSamples)
  if (start !== null) add(start)
  return found
}

// Passes.

/** The function of this module that a call runs trains a model, or may. */
function trainsWhen(python: PythonModule, { expr }: Call): boolean {
  const func = python.functionOf(expr.callee)
  if (func === null) return false
  const effects = python.effectsOfFunction(func)
  return (
    training(effects) ||
    effects.backward ||
    [...effects.calls].some((name) => /^\.(fit|fit_generator|train)$/.test(name))
  )
}

function kindOf(python: PythonModule, { node }: Loop): Repetition['per'] {
  if (node.type !== 'for') return 'pass'
  const text = python.text.slice(node.target.start, node.iterable.end)
  if (/fold|split|\b\w*kf\b/i.test(text)) return 'fold'
  if (/epoch/i.test(text)) return 'epoch'
  return /trial|seed|\brun/i.test(text) ? 'trial' : 'pass'
}

export function passesOf(python: PythonModule, loop: Loop): number | null {
  const counted = numberIn(loop.trips)
  if (counted !== null) return counted
  if (loop.node.type !== 'for') return null
  // `for train, test in folds.split(X, y)`, counted or not.
  let { iterable } = loop.node
  if (
    iterable.type === 'call' &&
    iterable.callee.type === 'name' &&
    iterable.callee.id === 'enumerate' &&
    iterable.args[0] !== undefined
  )
    iterable = iterable.args[0].value
  const split = iterable.type === 'call' ? python.callAt(iterable) : null
  const made = split?.method === 'split' ? split.receiverCall : null
  if (made == null || !/Fold$|ShuffleSplit$|TimeSeriesSplit$/.test(made.name ?? '')) return null
  const count = python.argument(made, 'n_splits', 0)
  if (!mayBePassed(count)) return 5
  return numberArgument(count)
}

/** The code keeps results, or looks whether they are there. */
const remembering = /lru_cache|functools\.cache|\bmemory\.cache|Memory\(|exists\(|isfile\(|is_file\(|\bcache/i
/** What it reads may be results that were kept. */
const reading =
  /joblib\.load|pickle\.load|np\.load\(|numpy\.load|torch\.load|read_(pickle|parquet|feather|hdf)|load_from_disk/i

/** What is prepared again stands beside what is read; only what is written as well is kept. */
const writing =
  /joblib\.dump|pickle\.dump|np\.savez?|torch\.save|to_(pickle|parquet|feather|hdf)|save_to_disk/

function remembers(python: PythonModule, node: { start: number; end: number }): boolean {
  const text = codeText(python, node.start, node.end)
  return remembering.test(text) || (reading.test(text) && writing.test(text))
}

function isDataset(func: Func | null): boolean {
  return func !== null && /^__(getitem|iter|next)__$/.test(func.name)
}

function boundBy(target: Expr): string[] {
  if (target.type === 'name') return [target.id]
  return childrenOf(target).flatMap(boundBy)
}

/** Names that carry something over from one pass to the next. */
function carried(body: Stmt[]): string[] {
  const names = new Set<string>()
  const assigned = new Set<string>()
  const visit = (statement: Stmt): void => {
    if (statement.type === 'assign' && statement.value !== null) {
      const read = new Set(namesIn(statement.value))
      for (const name of statement.targets.flatMap((target) =>
        target.type === 'subscript' ? [] : boundBy(target),
      )) {
        if (read.has(name) && !assigned.has(name)) names.add(name)
        assigned.add(name)
      }
    } else if (statement.type === 'augassign')
      for (const name of boundBy(statement.target)) if (!assigned.has(name)) names.add(name)
    if (statement.type === 'function' || statement.type === 'class') return
    for (const block of blocksOf(statement)) block.forEach(visit)
  }
  body.forEach(visit)
  return [...names]
}

// Steps.

/** `wandb.Image(picture, …)`, `plt.imshow(picture)`: read to be looked at. */
function isShown(python: PythonModule, { assignedTo, function: func, statement }: Call): boolean {
  if (assignedTo === null) return false
  return python.calls.some(({ method, expr, function: where }) => {
    const [first] = expr.args
    return (
      where === func &&
      expr.start > statement.start &&
      first?.value.type === 'name' &&
      first.value.id === assignedTo &&
      /^(Image|imshow|add_images?|log_image|matshow)$/.test(method)
    )
  })
}

/** What each pass through the code prepares again though it gives the same. */
function stepsIn(
  python: PythonModule,
  body: Stmt[],
  func: Func | null,
  names: string[],
  folds = false,
): Step[] {
  const { statements, followed } = hotCode(python, body, func)
  const inOrder = [...statements].sort((a, b) => a.statement.start - b.statement.start)
  const source = { func, names: [...names, ...carried(body)], passes: 'whole' as const }
  const costly = inOrder.flatMap((hot) => {
    if (hot.guarded || hot.conditional || hot.exceptional) return []
    return hot.expressions.flatMap((expr) =>
      plainCalls(python, expr).flatMap((call) => {
        const cost = isShown(python, call) ? null : costOf(python, call)
        return cost === null ? [] : [{ hot, call, cost }]
      }),
    )
  })
  if (costly.length === 0) return []
  const varying = new Varying(python, source, inOrder, followed)
  // Each fold takes other items of the same collection: what is made of one of them is the same.
  const areItemsOfOne = (statement: Stmt, call: Call, inputs: Expr[], owner: Func | null) => {
    const items = comprehensionsAround(statement, call.expr).at(-1)
    const clause = items?.clauses.length === 1 ? items.clauses[0]! : null
    return (
      clause?.target.type === 'name' &&
      clause.iterable.type === 'subscript' &&
      !varying.has(clause.iterable.value, owner) &&
      inputs.every((input) => input.type === 'name' && input.id === (clause.target as typeof input).id)
    )
  }
  const runsAlways = alwaysRun(followed)
  const pass = { start: body[0]?.start ?? 0, func, followed }
  return costly.flatMap(({ hot, call, cost }) => {
    const owner = hot.func
    if (owner !== null && owner !== func && (!runsAlways(owner) || leavesBefore(owner, call.expr.start)))
      return []
    if (owner !== null && (inTry(owner, hot.statement) || streams(python, owner, call))) return []
    if (cost.single && !goesThroughMany(call, pass)) return []
    const changing = cost.inputs.filter((input) => varying.has(input, owner))
    const areRows = () =>
      cost.byRow === true && changing.every((one) => selectsRows(python, varying, one, owner))
    if (
      changing.length > 0 &&
      !(folds && ((cost.single && areItemsOfOne(hot.statement, call, changing, owner)) || areRows()))
    )
      return []
    // A batch at a time, what a tokenizer takes is little beside the step.
    const inner = cost.quick === true && goesThroughMany(call, pass)
    const step = {
      call,
      cost: inner ? { ...cost, weight: 'ordinary' as const } : cost,
      statement: hot.statement,
    }
    const from = owner === null || owner === func ? undefined : siteIn(pass, owner)
    if (cost.network === true && from !== undefined && isTeaching(from)) return []
    // What trains beside does not give the same: the advice is about the step inside it.
    const same =
      from?.expr.callee.type === 'name' &&
      // What a network does beside is not the same while it learns.
      python.instanceClass(from.expr.callee)?.bases.some(isNetworkType) !== true &&
      from.expr.args.every(({ value }) => !varying.has(value, func)) &&
      !trainsWhen(python, from)
    return [from !== undefined && same ? { ...step, from } : step]
  })
}

/** A generator that never ends gives each pass as much as it asks for. */
function streams(python: PythonModule, owner: Func, { loops }: Call): boolean {
  const endless = loops.some(
    ({ node, function: func }) =>
      func === owner && node.type === 'while' && node.test.type === 'constant' && Boolean(node.test.value),
  )
  return endless && isGenerator(python, owner)
}

/** Inside a loop or comprehension of one pass through the code, or in a function that such a loop calls. */
function goesThroughMany(call: Call, pass: Pass, depth = 0): boolean {
  const from = call.function === pass.func || call.function === null ? pass.start : call.function.node.start
  if (call.loops.some((loop) => loop.node.start >= from)) return true
  if (expressionsOf(call.statement).some((expr) => inComprehension(expr, call.expr))) return true
  const site =
    call.function === null || call.function === pass.func ? undefined : pass.followed.get(call.function)
  return site !== undefined && site !== call && depth < 3 && goesThroughMany(site, pass, depth + 1)
}

/** The call in the repeated code itself by which a function is reached. */
function siteIn(pass: Pass, owner: Func): Call | undefined {
  let site = pass.followed.get(owner)
  for (let depth = 0; site !== undefined && site.function !== pass.func && depth < 4; depth++)
    site = site.function === null ? undefined : pass.followed.get(site.function)
  return site?.function === pass.func && site.expr.start >= pass.start ? site : undefined
}

/** One pass through code that is repeated: where it starts, and the functions that it reaches. */
interface Pass {
  start: number
  func: Func | null
  followed: ReadonlyMap<Func, Call>
}

/** What a hand-written training loop does beside its arithmetic: epochs, validation, when it ends, what it keeps. */

import type { Call, Folded, Func, Loop, PythonModule } from '../../python/module.js'
import { createdGraph } from '../../python/training-calls.js'
import type { Expr, Stmt } from '../../syntax/python-ast.js'
import { blocksOf } from '../../syntax/python-children.js'
import type { Span } from '../../text/location.js'
import { once } from '../../text/once.js'
import { numberIn } from '../../values/argument.js'
import type { Place } from '../../workload/builder.js'
import { speaksOfStopping } from '../wanted-stopping.js'
import { countedPatience } from './counted-patience.js'
import { catchesEnd, mayEndEarly } from './ends-early.js'
import { codeMatches, codeText } from './evidence.js'
import { handedEpochs } from './handed-epochs.js'
import { usesAny } from './library-uses.js'
import { hasOnlyNarrowLayers } from './network-size.js'
import { breakingAt, runBreakingAt } from './step-budget.js'
import { stoppingOff } from './stopping-off.js'

/** The loop over epochs around a training loop: in the same function, or around a call of its function. */
export function epochLoopOf(python: PythonModule, loop: Loop): Loop | null {
  for (let outer = loop.parent; outer !== null; outer = outer.parent) if (outer.role === 'epoch') return outer
  if (loop.function === null) return null
  for (const call of callersOf(python).get(loop.function) ?? []) {
    const outer = [...call.loops].reverse().find((one) => one.role === 'epoch')
    if (outer !== undefined) return outer
  }
  return null
}

/** So many passes over what is no data set are the steps of a whole run. */
const manySteps = 1000
const partOfRun = /epoch|one_|(^|_)(step|batch|inner|update|task|fold|episode)(_|$)/i

/** A loop whose passes are all the steps of a run: nothing goes around it, and it counts them, or goes on until it breaks off; null: it is part of something. */
export function stepLoopOf(python: PythonModule, loop: Loop): Loop | null {
  const { node, function: own } = loop
  if (loop.parent !== null || epochLoopOf(python, loop) !== null) return null
  if (own !== null && (partOfRun.test(own.name) || python.isRepeated(own))) return null
  if (node.type === 'while') return loop.horizon === null || !loop.horizon.inner ? loop : null
  const counts = /\b(range|trange|count)\(/.test(textIn(python, node.iterable))
  const { trips } = loop
  const limit = counts ? null : breakingAt(python, loop)
  if (limit !== null) return (numberIn(python.fold(limit)) ?? 0) >= manySteps ? loop : null
  if (trips.state === 'known') return counts && Number(trips.value) >= manySteps ? loop : null
  return counts && /iter|step/i.test(textIn(python, node.iterable)) ? loop : null
}

/** The loop that is the whole run which a loop of steps belongs to: over epochs, or over all its steps; null: it is not seen. */
export function runLoopOf(python: PythonModule, loop: Loop): Loop | null {
  const handed = handedEpochs(python, loop) === null ? null : loop
  return epochLoopOf(python, loop) ?? stepLoopOf(python, loop) ?? onePassOf(python, loop) ?? handed
}

/** A loop that goes through a loader of its module, where nothing goes around it; null: it is part of something. */
export function onePassOf(python: PythonModule, loop: Loop): Loop | null {
  const { function: own, role } = loop
  if (role !== 'train' || !python.trainsInOnePass()) return null
  return own !== null && (partOfRun.test(own.name) || python.isRepeated(own)) ? null : loop
}

const textIn = (python: PythonModule, { start, end }: Expr) => python.code.slice(start, end)

/** Calls of the functions of this module. */
function callersOf(python: PythonModule): Map<Func, Call[]> {
  return once(python, 'callers', () => {
    const callers = new Map<Func, Call[]>()
    for (const call of python.calls) {
      const func = python.functionOf(call.expr.callee)
      if (func === null) continue
      const list = callers.get(func)
      if (list === undefined) callers.set(func, [call])
      else list.push(call)
    }
    return callers
  })
}

export interface Epochs {
  key: string
  trips: Folded
  place: Place
}

export function epochsOf(outer: Loop): Epochs | null {
  const { node, horizon } = outer
  if (node.type === 'for' && (outer.trips.state === 'known' || horizon === null)) {
    const { iterable } = node
    const last =
      iterable.type === 'call' ? iterable.args.filter((one) => one.name === null).at(-1)?.value : undefined
    return counted(last ?? iterable, outer.trips)
  }
  return horizon === null || horizon.inner ? null : counted(horizon.limit, horizon.count)
}

/** `epochs`, `args.epochs`, `params['epochs']`. */
function nameOf(shown: Expr): string {
  if (shown.type === 'name') return shown.id
  if (shown.type === 'attribute') return shown.attr
  const key = shown.type === 'subscript' && shown.index.type === 'constant' ? shown.index.value : null
  return typeof key === 'string' ? key : 'epochs'
}

/** A loop that ends at a number of steps, however many epochs these are. */
export function stepsOf(python: PythonModule, outer: Loop): Epochs | null {
  const { node, horizon } = outer
  const limit = runBreakingAt(python, outer)
  if (limit !== null) return counted(limit, python.fold(limit))
  return node.type === 'while' && horizon?.inner === true ? counted(horizon.limit, horizon.count) : null
}

/** Steps after which a loop over batches breaks off. */
export function stepBudget(python: PythonModule, loop: Loop): Epochs | null {
  const limit = breakingAt(python, loop)
  return limit === null ? null : { ...counted(limit, python.fold(limit)), key: 'steps' }
}

function counted(shown: Expr, trips: Folded): Epochs {
  return { key: nameOf(shown), trips, place: { start: shown.start, end: shown.end } }
}

const stopsByName = /early_?stop/i
const countsBadEpochs = /patience|no_improve|epochs_since|bad_epochs|wait_count/i
const patience = /stop|patience/i
const lowersOnPlateau = /ReduceLROnPlateau/

/** Something ends the run when the metric stalls; null: the loop may end early, but it is not clear why. */
export function stopsEarly(python: PythonModule, outer: Loop): boolean | 'where asked to' | null {
  if (outer.effects.calls.has('.should_prune')) return true
  if (reportsToTuner(python, outer)) return null
  // `if 0 < patience < bad_epochs: break`, with a patience of -1.
  const off = python.dead.some(
    ({ start, end }) =>
      outer.node.start < start && end <= outer.node.end && /\bbreak\b/.test(python.text.slice(start, end)),
  )
  if (off && !outer.hasBreak) return false
  // The same where a launch could give another patience.
  const ends = ownStatements(outer, 'break').map(({ start }) => python.reach(start))
  const asked = ends.flatMap((one) =>
    one.state === 'sometimes' && one.byDefault === false ? [one.conditions] : [],
  )
  const ofStopping = asked.some((all) => all.some(({ condition }) => patience.test(condition.holds)))
  if (ofStopping && asked.length === ends.length) return 'where asked to'
  if (stoppingOff(python, ownStatements(outer, 'break'), outer) !== null) return 'where asked to'
  if (countedPatience(python, outer) !== null) return true
  if (!mayEndEarly(python, outer)) return false
  if (speaksOfStopping(python, stopsByName)) return true
  const counts = speaksOfStopping(python, countsBadEpochs)
  const leaves = outer.hasBreak || catchesEnd(python, outer) || (counts && mayLeave(python, outer))
  // Who counts and leaves the loop nowhere does so for the log, or for a schedule.
  if (!leaves) return false
  return counts && !codeMatches(python, lowersOnPlateau) ? true : null
}

/** What it tells of each epoch has a scheduler or a limit of the search end it, wherever that stands. */
function reportsToTuner(python: PythonModule, { effects: { calls } }: Loop): boolean {
  if (calls.has('nni.report_intermediate_result') || calls.has('ray.tune.report')) return true
  // The same is called where no search is.
  const reports = calls.has('ray.train.report') || calls.has('ray.air.session.report')
  const searches = (uses: readonly string[]) => uses.some((one) => one.startsWith('ray.tune.'))
  return reports && (python.uses('ray.tune.') || python.importers.some(({ uses }) => searches(uses)))
}

/** Its own condition, an exception or the end of the program may end it, or it may skip its passes. */
function mayLeave(python: PythonModule, loop: Loop): boolean {
  const { node } = loop
  if (node.type === 'while' || ownStatements(loop, 'continue').length > 0) return true
  // What it goes through may end by itself.
  if (epochsOf(loop) === null || !/range|tqdm/.test(codeText(python, node.iterable.start, node.iterable.end)))
    return true
  const counting = python.functions.map(({ node }) => codeText(python, node.start, node.end))
  const parts = [
    codeText(python, loop.node.start, loop.node.end),
    ...counting.filter((text) => countsBadEpochs.test(text)),
  ]
  return parts.some((text) => endsProgram.test(text) || raisesSignal(text))
}

const endsProgram = /\b(exit|_exit|quit)\s*\(/

/** `raise StopTraining`: an error is raised for what went wrong, as for a loss that is no number. */
function raisesSignal(code: string): boolean {
  return [...code.matchAll(/\braise\s+([\w.]+)/g)].some(([, name = '']) => {
    const last = name.slice(name.lastIndexOf('.') + 1)
    return !/(Error|Exception|Warning)$/.test(last) || /stop|early|patience|done|finish/i.test(last)
  })
}

/** What ends the loop itself, or one pass of it. */
export function ownStatements({ node }: Loop, type: 'break' | 'continue'): Stmt[] {
  const found: Stmt[] = []
  const visit = (statement: Stmt): void => {
    if (/^(for|while|function|class)$/.test(statement.type)) return
    if (statement.type === type) found.push(statement)
    for (const block of blocksOf(statement)) block.forEach(visit)
  }
  node.body.forEach(visit)
  return found
}

/** Schedules whose shape is laid out over the whole run: ending early ends it in the middle. */
export const horizonSchedules = [
  'torch.optim.lr_scheduler.CosineAnnealingLR',
  'torch.optim.lr_scheduler.OneCycleLR',
  'torch.optim.lr_scheduler.LinearLR',
  'torch.optim.lr_scheduler.PolynomialLR',
  'transformers.get_scheduler',
  'transformers.get_cosine_schedule_with_warmup',
  'transformers.get_linear_schedule_with_warmup',
  'transformers.get_polynomial_decay_schedule_with_warmup',
  'timm.scheduler.CosineLRScheduler',
  'timm.scheduler.create_scheduler',
  'optax.cosine_decay_schedule',
  'optax.warmup_cosine_decay_schedule',
  'optax.schedules.warmup_cosine_decay_schedule',
  'optax.cosine_onecycle_schedule',
  'optax.linear_onecycle_schedule',
  'optax.linear_schedule',
  'optax.polynomial_schedule',
  'keras.optimizers.schedules.CosineDecay',
  'keras.optimizers.schedules.PolynomialDecay',
]

export function horizonSchedule(python: PythonModule): Call | null {
  return once(
    python,
    'horizon schedule',
    () => python.calls.find((call) => call.name !== null && horizonSchedules.includes(call.name)) ?? null,
  )
}

const reinforcement = [
  'gym.',
  'gymnasium.',
  'stable_baselines3.',
  'dm_control.',
  'pettingzoo.',
  'minigrid.',
  'procgen.',
  'atari_py.',
  'ale_py.',
  'ptan.',
  'torchrl.',
  'tianshou.',
  'brax.',
  'gymnax.',
  'envpool.',
  'pyspiel.',
  'open_spiel.',
  'vizdoom.',
  'retro.',
  'minerl.',
  'isaacgym.',
  'isaaclab.',
  'kaggle_environments.',
]
const reinforcementRoots = new Set(reinforcement.map((name) => name.slice(0, -1)))

/** Steps over what an agent has seen, and the words of its game: continual learning replays without them. */
const replayed = /replay_?(buffer|memory)/i
const selfPlay = /\bself_?play\w*\(|mcts\w*\(/i
/** `next_state, reward, done, info = env.step(action)`, of whatever environment. */
const stepped = /\benv\w*\.step\(/i
const played = /\b(rewards?|actions?|episodes?)\b/i
/** An update from what an agent has done, wherever it acted: `ratio * advantages`, of observations and actions. */
const weighed = /\badvantages?\b/i
const observed = /\b(obs|observations?|states?)\b/i
const acted = /\bactions?\b/i

const selfSupervised =
  /simclr|byol|\bmoco\b|barlow|vicreg|\bdino\b|contrastive|info_?nce|self_?supervised|masked_autoencoder|\bmae\b/i
const diffusion = /diffusion|ddpm|noise_scheduler|add_noise|q_sample/i

/** Not the `electra-base-discriminator` of a hub, which is trained like any other network. */
const adversaries = /(?<!-)\b(discriminator|critic)\b/i
/** `loss_d` may also be the loss of a density or a depth: the second network has an optimiser of its own. */
const secondNetwork = /\b(d_loss|d_optimizer|(net|loss|err|optimizer|optim|opt)_?D(_\w+|\d*))\b/i

/** Optimisers that a piece of code steps, as they are called. */
function steppedIn(body: string): Set<string> {
  const found = new Set<string>()
  for (const [, receiver, argument] of body.matchAll(/\b([\w.]+)\.step\(\s*([\w.]*)/g)) {
    if (/scaler/i.test(receiver!) && argument !== '') found.add(argument!)
    else if (!/sched|prof|env|ema/i.test(receiver!)) found.add(receiver!)
  }
  return found
}

function importsAny(python: PythonModule, roots: ReadonlySet<string>): boolean {
  for (const name of python.imports) if (roots.has(name.split('.')[0]!)) return true
  return false
}

/** Why the validation loss does not tell when to stop; null where it does. */
export function openEndedReason(python: PythonModule, loop: Loop): string | null {
  return openEndedIn(python, codeText(python, loop.node.start, loop.node.end))
}

/** An agent learns from what it does. */
export function learnsByDoing(python: PythonModule): boolean {
  return once(
    python,
    'reinforcement',
    () =>
      usesAny(python, reinforcement) ||
      importsAny(python, reinforcementRoots) ||
      codeMatches(python, selfPlay) ||
      (codeMatches(python, stepped) && codeMatches(python, played)) ||
      [weighed, observed, acted].every((words) => codeMatches(python, words)) ||
      (codeMatches(python, replayed) && codeMatches(python, played)),
  )
}

/** The same for the code of one training step. */
export function openEndedIn(python: PythonModule, body: string): string | null {
  if (learnsByDoing(python)) return 'reinforcement learning'
  if (adversaries.test(body) || (secondNetwork.test(body) && steppedIn(body).size !== 1))
    return 'adversarial training'
  const text = once(python, 'text without labels', () => withoutLabels(python))
  if (once(python, 'self-supervised', () => selfSupervised.test(text))) return 'self-supervised learning'
  if (once(python, 'diffusion', () => diffusion.test(text))) return 'diffusion'
  return null
}

/** What a run is called and what is told of it says nothing of what it does. */
const label =
  /^(project|project_name|experiment_name|run_name|name|group|entity|tags|notes|description|help|title|job_type)$/
const tellers =
  /^(print|logging\.\w+|loguru\.logger\.\w+|argparse\.ArgumentParser|wandb\.init|mlflow\.set_experiment)$/

/** The module's code without the texts that are labels to a library. */
function withoutLabels(python: PythonModule): string {
  const spans = python.calls.flatMap(({ name, expr }) =>
    name === null
      ? []
      : expr.args.filter(
          ({ name: keyword, value }) =>
            /^(constant|fstring)$/.test(value.type) && (tellers.test(name) || label.test(keyword ?? '')),
        ),
  )
  let text = ''
  let at = 0
  for (const { value } of spans.sort((a, b) => a.start - b.start)) {
    if (value.start < at) continue
    text += codeText(python, at, value.start)
    at = value.end
  }
  return text + codeText(python, at)
}

const sparse = [
  'torch_geometric.',
  'torch_sparse.',
  'torch_scatter.',
  'dgl.',
  'ogb.',
  'graphlearn_torch.',
  'MinkowskiEngine.',
  'spconv.',
  'torch.sparse.',
  'torch.sparse_coo_tensor',
  'torch.sparse_csr_tensor',
]
const sparseRoots = new Set(sparse.map((name) => name.slice(0, -1)))

/** What sets the pace of a step instead of matrix work; null where nothing says so. */
export function paceSetter(python: PythonModule, reason: string | null): string | null {
  if (reason === 'reinforcement learning') return 'an environment'
  const roots = once(python, 'imports sparse', () => importsAny(python, sparseRoots))
  if (roots || usesAny(python, sparse)) return 'sparse operations'
  if (hasOnlyNarrowLayers(python)) return 'narrow layers'
  if (solvesEquations(python)) return 'steps of a solver'
  return once(python, 'table look-ups', () => hasOnlyTables(python)) ? 'table look-ups' : null
}

/** Why mixed precision is not written where sparse operations set the pace; null: they do not. */
export function sparseRefusal(python: PythonModule): string | null {
  return paceSetter(python, null) === 'sparse operations'
    ? 'sparse operations gain nothing from 16 bits, and many have no kernel for them'
    : null
}

const elementwise =
  /\.(\w*(Dropout\w*|ReLU6?|ELU|SiLU|Norm1d|Loss)|GELU|Sigmoid|Tanh|Softmax|LogSoftmax|LayerNorm|Sequential|ModuleList|Flatten|Identity)$/

function layersHere(python: PythonModule): Call[] {
  return python.calls.filter((call) => /^torch\.nn\.(modules\.(\w+\.)+)?[A-Z]\w*$/.test(call.name ?? ''))
}

/** What brings a network of its own, or products with weights that no layer holds. */
const libraries = ['torchvision.models.', 'transformers.', 'timm.', 'torch.hub.', 'torch.nn.Parameter']

/** What holds layers, or measures what they give. */
const holder = /\.(Module\w*|Sequential|ParameterList|\w*(Similarity|Distance))$/

/** Vectors of words or items and nothing behind them, here or in the module that makes them: a step gathers rows and adds to them. */
function hasOnlyTables(python: PythonModule): boolean {
  if (python.uses(...libraries) || convolves(python)) return false
  const layers = [
    ...layersHere(python).map((call) => call.name!),
    ...python.imported.flatMap(({ uses }) => uses.filter((name) => /^torch\.nn\.[A-Z]\w*$/.test(name))),
  ]
  const table = /\.Embedding(Bag)?$/
  return (
    layers.some((name) => table.test(name)) &&
    layers.every((name) => table.test(name) || elementwise.test(name) || holder.test(name))
  )
}

/** Solvers of differential equations, each of whose many steps runs a network that is mostly small. */
export const solvers = ['torchdiffeq.', 'torchsde.', 'torchode.', 'torchdyn.', 'torchcde.']

function solvesEquations(python: PythonModule): boolean {
  return usesAny(python, solvers) && !convolves(python)
}

function convolves(python: PythonModule): boolean {
  return (
    python.calls.some(({ name }) => name !== null && /^torch\.nn\.Conv(Transpose)?[23]d$/.test(name)) ||
    python.imported.some(({ convolutional }) => convolutional === true)
  )
}

/** Where gradients of gradients are taken, which lose more in a short format than plain ones; null: nowhere. */
export function secondOrder(python: PythonModule, loop: Loop): Span | null {
  const here = createdHere(python)
  if (here !== undefined) return here
  return loop.effects.secondOrder || createdElsewhere(python)
    ? { start: loop.node.start, end: headerEnd(loop) }
    : null
}

/** The same for whatever trains in the module. */
export function takesSecondOrder(python: PythonModule): boolean {
  return createdHere(python) !== undefined || createdElsewhere(python)
}

function createdHere(python: PythonModule): Span | undefined {
  return (
    once(python, 'second order', () => python.calls.map(createdGraph).find((one) => one !== null)) ??
    undefined
  )
}

function createdElsewhere(python: PythonModule): boolean {
  return python.imported.some((module) => module.secondOrder === true)
}

function headerEnd({ node }: Loop): number {
  return node.type === 'for' ? node.iterable.end : node.test.end
}

/** What each loop is for: an epoch, the steps of a training, an evaluation. */
import type { Expr, Stmt } from '../syntax/python-ast.js'
import { blocksOf, forEachExpression } from '../syntax/python-children.js'
import type { Analysis } from './analysis.js'
import type { EffectFinder } from './effects.js'
import { namesEpochs } from './epoch-names.js'
import type { Loop, PythonModule } from './module.js'
import { isBackward } from './training-calls.js'

/** Sets the role of every loop: from the inside out, since an epoch is a loop around a training loop. */
export function assignRoles(analysis: Analysis, finder: EffectFinder, loops: Loop[]): void {
  const innermostFirst = [...loops].reverse()
  for (const loop of innermostFirst) loop.effects = finder.ofLoop(loop.node)
  const inner = new Map<Loop, Loop[]>()
  const repeating = new Set<Loop>()
  for (const loop of innermostFirst) {
    const children = inner.get(loop) ?? []
    if (loop.parent !== null) {
      const siblings = inner.get(loop.parent)
      if (siblings === undefined) inner.set(loop.parent, [loop])
      else siblings.push(loop)
    }
    const steps = loop.effects.backward && loop.effects.optimizerStep
    const holdsTraining = children.some(
      (child) => child.role === 'train' || child.role === 'epoch' || repeating.has(child),
    )
    // `for fold in folds:`, `for i in range(n_members):` around whole trainings.
    const repeats =
      (loop.effects.epochs && repeatsTrainings(finder.headerOf(loop.node))) ||
      (holdsTraining && startsAnew(analysis, loop) && !namesEpochs(finder.headerOf(loop.node)))
    const phases = holdsTraining && goesThroughPhases(finder.headerOf(loop.node))
    const counts = holdsTraining && countsSteps(finder, loop)
    const again = steps ? children.filter((child) => repeatsPartOfStep(finder, loop, child)) : []
    const named = steps && !holdsTraining && trainsEachNamed(analysis, loop)
    if (repeats || phases || (named && !goesThroughPhases(finder.headerOf(loop.node)))) repeating.add(loop)
    else if (counts && children.every((child) => child.role !== 'epoch')) {
      for (const child of children) if (child.role === 'train') child.role = 'other'
      loop.role = 'train'
    } else if (again.length > 0 && children.every((child) => child.role !== 'epoch')) {
      for (const child of again) child.role = 'other'
      loop.role = 'train'
    } else if (holdsTraining || (loop.effects.trains && callsTraining(finder, loop))) loop.role = 'epoch'
    else if (steps) loop.role = 'train'
  }
}

/**
 * Batches have no names: what is called for each of these trains it whole. Steps that are written out, or within a loop over batches,
 * are those of several networks that are trained together.
 */
export function trainsEachNamed(python: Pick<PythonModule, 'definition'>, loop: Loop): boolean {
  if (loop.calls.some(({ method }) => method === 'backward')) return false
  for (let one: Loop | null = loop; one !== null; one = one.parent)
    if (!goesThroughNames(python, one)) return false
  return true
}

/** Each turn makes an optimiser before it trains: whatever is learned by it, it is a training of its own. */
export function startsAnew(analysis: Analysis, { node }: Pick<Loop, 'node'>): boolean {
  return node.body.some(
    (statement) =>
      statement.type === 'assign' &&
      statement.value?.type === 'call' &&
      isOptimizerClass.test(analysis.nameOf(statement.value.callee) ?? ''),
  )
}

const isOptimizerClass = /^torch\.optim\.(?!lr_scheduler)\w*\.?[A-Z]\w*$/

/** What it goes through is written there, as names: `for arch in ['small', 'large']:`. */
function goesThroughNames(python: Pick<PythonModule, 'definition'>, { node }: Loop): boolean {
  const source = node.type === 'for' ? python.definition(node.iterable) : null
  return (
    (source?.type === 'list' || source?.type === 'tuple') &&
    source.items.length > 1 &&
    source.items.every((one) => one.type === 'constant' && typeof one.value === 'string')
  )
}

/** `for _ in range(5):` around the update of a critic, beside which the loop around it updates the generator: both are one step. */
function repeatsPartOfStep(finder: EffectFinder, loop: Loop, child: Loop): boolean {
  if (child.role !== 'train' || child.node.type !== 'for') return false
  if (!fewTimes.test(finder.headerOf(child.node))) return false
  const { start, end } = child.node
  const rest = loop.node.body.filter((one) => !(one.start <= start && end <= one.end))
  const { backward, optimizerStep } = finder.ofStatements(rest)
  return backward && optimizerStep
}

/** `for step in range(steps_per_epoch):` in a loop over epochs: what goes round in it again belongs to one step. */
function countsSteps(finder: EffectFinder, { node, parent }: Loop): boolean {
  return (
    parent !== null && ofOneEpoch.test(finder.headerOf(node)) && namesEpochs(finder.headerOf(parent.node))
  )
}

const ofOneEpoch =
  /\bin\b.*\b(range|trange)\([\w.]*((steps|iters|iterations|batches|updates)_(per|in)_epoch|n_?batches|num_batches)\s*\)/i

const fewTimes =
  /\bin\s+range\(\s*([1-9]|1\d|20|[\w.]*(critic|disc|_dis?\b|n_d\b|d_(steps?|iters?|updates)|k_steps?)[\w.]*)\s*\)/i

/** `for phase in ['train', 'val']:`: a pass to learn and one to validate belong to one epoch. */
function goesThroughPhases(header: string): boolean {
  // `config['train']['epochs']` names no phase.
  const written = header.replace(/(?<=[\w\])])\[['"]\w+['"]\]/g, '')
  return /^\s*(phase|mode|stage|split|subset|partition)\b|\bin\b.*['"]train(ing)?['"]/i.test(written)
}

function repeatsTrainings(header: string): boolean {
  // `for model, epochs in zip(models, stages):` says for how many epochs each is trained.
  const [target = '', ...source] = header.split(/\bin\b/)
  if (/(^|[^a-z])epochs\b/.test(target) && !/\brange\b/.test(source.join())) return true
  return !namesEpochs(header) && repeated.test(header)
}

/** What whole trainings are repeated for. */
const repeated =
  /(^|[^a-z])(folds?|members?|ensembles?|seeds?|trials?|runs?|repeats?|repetitions?|restarts?|experiments?|splits?|models?|nets?|networks?|archs?|architectures?|configs?|params?|lrs?|datasets?|subjects?|teachers?|kf|skf|kfold|n_splits)([^a-z]|$)/i

/** True when the body calls a function that holds a whole training loop. */
function callsTraining(finder: EffectFinder, loop: Loop): boolean {
  const visit = (statement: Stmt): boolean => {
    if (statement.type === 'function' || statement.type === 'class') return false
    let found = false
    forEachExpression(statement, (expr) => {
      found ||= finder.ofExpression(expr).trains
    })
    return found || blocksOf(statement).some((block) => block.some(visit))
  }
  return loop.node.body.some(visit)
}

/** A loop that only looks at batches: after `.eval()`, under `no_grad`, or in a function named for it. */
export function markEvaluation(analysis: Analysis, finder: EffectFinder): void {
  const { loops, text } = analysis
  for (const loop of loops) {
    if (loop.role !== 'other' || loop.node.type !== 'for') continue
    // It trains: folds of a data set, members of an ensemble, batches whose gradients add up to one step.
    if (loop.effects.trains || loop.effects.backward || loop.effects.calls.has('.fit')) continue
    const { start, iterable } = loop.node
    const written = writtenOf(analysis, iterable)
    const isLoader = /loader|batches|dl\b|_iter|dataset/i.test(written)
    if (!isLoader && !runsEvaluated(analysis, loop)) continue
    const { calls } = loop.effects
    if (
      !isLoader ||
      /eval|valid|test|predict|infer|accura|metric|score|perplex|confusion/i.test(
        loop.function?.name ?? '',
      ) ||
      calls.has('torch.no_grad') ||
      calls.has('torch.inference_mode') ||
      finder.isWithoutGradients(loop.node) ||
      /(^|[^a-z])(val(?!ue)|test|eval)/i.test(`${text.slice(start, iterable.start)} ${written}`)
    ) {
      loop.role = 'evaluate'
    }
  }
}

/** After `model.eval()` in the same function it calls `model(…)`, whatever the batches are called. */
function runsEvaluated(analysis: Analysis, { node, function: owner, parent }: Loop): boolean {
  const { calls, text } = analysis
  const evaluations = analysis.methodCalls('eval')
  if (evaluations.length === 0 || node.type !== 'for') return false
  if (/^\s*range\(/.test(text.slice(node.iterable.start, node.iterable.end))) return false
  const written = ({ start, end }: Expr) => text.slice(start, end)
  const before = [...evaluations, ...analysis.methodCalls('train')]
    .filter((call) => call.function === owner && call.expr.end <= node.start)
    .sort((a, b) => a.index - b.index)
  const modes = new Map(
    before.map(({ method, expr: { callee, args } }) => [
      callee.type === 'attribute' ? written(callee.value) : '',
      method === 'eval' && args.length === 0,
    ]),
  )
  if (![...modes.values()].includes(true)) return false
  // What it adds up is propagated back behind it: an attack on a network whose weights stay.
  const goesBack = calls.some(
    (call) =>
      call.function === owner &&
      call.expr.start >= node.end &&
      (call.loops.at(-1) ?? null) === parent &&
      isBackward(call),
  )
  if (goesBack) return false
  return calls.some(
    ({ expr: { callee, args, start, end } }) =>
      node.start <= start && end <= node.end && args.length > 0 && modes.get(written(callee)) === true,
  )
}

/** What a loop goes through, as it is written: `progress` of `progress = tqdm(val_loader)` with what it stands for. */
function writtenOf(analysis: Analysis, iterable: Expr): string {
  const here = analysis.text.slice(iterable.start, iterable.end)
  if (iterable.type !== 'name') return here
  const { start, end, type } = analysis.definition(iterable)
  if (type !== 'call') return here
  // The name of the variable last: some loaders are told by how it ends.
  return `${analysis.text.slice(start, end)} ${here}`
}

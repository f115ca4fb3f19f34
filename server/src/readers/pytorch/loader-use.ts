/** What a loader feeds: a training loop, or an evaluation. */
import type { Call, Loop, PythonModule } from '../../python/module.js'
import { returnsOf } from '../../python/returns.js'
import type { Expr } from '../../syntax/python-ast.js'
import { childrenOf, forEachChild, lastName } from '../../syntax/python-children.js'
import { once } from '../../text/once.js'
import { asArgument, knownArgument, passedExpression, textIn } from '../../values/argument.js'
import { effective } from '../../values/value.js'
import { callAround } from './call-around.js'
import { isLeftUnused, onlyFirstTaken, onlyPeeked, onlyTriedOut } from './peeked-loader.js'

export type Feeds = 'training' | 'evaluation'

const evaluationName =
  /(^|[_\W])(val|valid|validation|test|testing|eval|evaluation|dev|holdout|inference|infer|predict|query|gallery|calib\w*)([_\W\d]|$)|^(Val|Test|Eval)|(Val(id(ation)?)?|Test|Eval)(Loader|Data|Set|Dataset)/i
const trainingName = /(^|[_\W])(train|training|trn|fit|pretrain|finetune)([_\W\d]|$)|train/i

/** By what a loader or data set is called. */
export function feedsByName(text: string): Feeds | null {
  const training = trainingName.test(text)
  if (evaluationName.test(text)) return training ? null : 'evaluation'
  return training ? 'training' : null
}

/** `super().__init__(…)` in a class of the program that is a loader itself: the class of the library behind it. */
export function loaderBase(python: PythonModule, { expr: { callee }, function: func }: Call): string | null {
  if (callee.type !== 'attribute' || callee.attr !== '__init__' || func?.name !== '__init__') return null
  // Whoever makes it decides what is passed on.
  if (func.node.params.some(({ star }) => star > 0)) return null
  const { value } = callee
  if (value.type !== 'call' || value.callee.type !== 'name' || value.callee.id !== 'super') return null
  const [base, ...others] = func.class?.node.bases.filter(({ name }) => name === null) ?? []
  return base === undefined || others.length > 0 ? null : python.nameOf(base.value)
}

/** Null: it cannot be told; `nothing`: nobody takes batches from it. */
export function feedsOf(python: PythonModule, call: Call): Feeds | 'nothing' | null {
  // One class for all loaders makes that of the training too.
  if (loaderBase(python, call) !== null) return feedsByName(call.function?.class?.name ?? '') ?? 'training'
  if (onlyTriedOut(python, call) || onlyFirstTaken(python, call)) return 'nothing'
  if (call.assignedTo !== null) {
    if (onlyPeeked(python, call, call.assignedTo) || isLeftUnused(python, call, call.assignedTo))
      return 'nothing'
    const named = feedsByName(call.assignedTo)
    // A function that counts classes: nothing learns from what it calls its training data.
    if (named === 'training' && keepsNoGradients(python, call) && onlyGoneOver(python, call)) return null
    if (named === 'training' && onlyHandedOver(python, call)) return null
    if (named !== null) return named
    if (onlyMeasured(python, call, call.assignedTo)) return 'nothing'
  }
  const key = dictionaryKey(python, call)
  if (key !== null) {
    const named = feedsByName(key)
    if (named !== null) return named
  }
  const used = call.assignedTo === null ? byCallAround(python, call) : byUse(python, call, call.assignedTo)
  if (used !== null) return used
  if (onlyGoneOver(python, call)) return null
  const func = call.function?.name
  if (func !== undefined) {
    const named = feedsByName(func)
    if (named !== null && !/^(train|fit|training|main)$/.test(func)) return named
  }
  const asked = byCallers(python, call)
  if (asked !== null) return asked
  const dataset = call.expr.args.find((one) => one.name === 'dataset' || one.name === null)
  if (dataset !== undefined) {
    const named = feedsByName(python.text.slice(dataset.start, Math.min(dataset.end, dataset.start + 200)))
    if (named !== null) return named
  }
  if (mayShuffle(python, call)) return 'training'
  // `{split: DataLoader(data[split]) for split in ('train', 'val')}` makes both.
  if (comprehensionAround(python, call)) return 'training'
  return null
}

/** Always or for some of its callers, which are the training: `shuffle=split == 'train'`. */
function mayShuffle(python: PythonModule, call: Call): boolean {
  const shuffle = python.argument(call, 'shuffle', 2)
  if (knownArgument(shuffle) !== undefined) return knownArgument(shuffle) === true
  const expr = passedExpression(shuffle)
  if (expr === null) return false
  return (
    feedsByName(python.text.slice(expr.start, expr.end)) === 'training' ||
    (python.possible(expr) ?? []).some((one) => knownArgument(asArgument(python, one)) === true)
  )
}

/** `'train'` of `{'train': DataLoader(…)}`, of `dict(train=DataLoader(…))` or of `loaders['train'] = DataLoader(…)`. */
function dictionaryKey(python: PythonModule, call: Call): string | null {
  const { statement } = call
  if (statement.type === 'assign' && statement.targets[0]?.type === 'subscript') {
    const key = statement.targets[0].index
    if (key.type === 'constant' && typeof key.value === 'string') return key.value
  }
  if (statement.type !== 'assign' && statement.type !== 'return') return null
  let found: string | null = null
  const visit = (expr: Expr): void => {
    if (expr.start > call.expr.start || expr.end < call.expr.end) return
    if (expr.type === 'dict') {
      for (const entry of expr.entries) {
        if (entry.key !== null && entry.value.start <= call.expr.start && entry.value.end >= call.expr.end) {
          found = textIn(python.fold(entry.key)) ?? found
        }
      }
    }
    if (expr.type === 'call' && expr.callee.type === 'name' && expr.callee.id === 'dict') {
      for (const { name, value } of expr.args)
        if (name !== null && value.start <= call.expr.start && value.end >= call.expr.end) found = name
    }
    forEachChild(expr, visit)
  }
  if (statement.value !== null) visit(statement.value)
  return found
}

function comprehensionAround(python: PythonModule, call: Call): boolean {
  const { statement } = call
  const value = statement.type === 'assign' || statement.type === 'return' ? statement.value : null
  if (value === null || value.type !== 'comprehension') return false
  return /train/.test(python.code.slice(value.start, value.end))
}

/** What the callers of a function that returns the loader call it: `train_loader = make_loader(train)`. */
function byCallers(python: PythonModule, call: Call): Feeds | null {
  const { function: func, statement } = call
  if (func === null) return null
  const isLoader = (value: Expr): boolean =>
    value === call.expr ||
    (value.type === 'name' && value.id === call.assignedTo) ||
    (value.type === 'tuple' && value.items.some(isLoader))
  const returned = returnsOf(func).some(isLoader)
  if (!returned || (statement.type !== 'return' && call.assignedTo === null)) return null
  const uses = [
    // `return self.loader(data)` in `train_dataloader`.
    ...(python.callSites(func) ?? []).map(
      (site) => site.assignedTo ?? (site.statement.type === 'return' ? (site.function?.name ?? null) : null),
    ),
  ]
  const named = [
    ...uses.map((use) => (use === null ? null : feedsByName(use))),
    ...python.outsideCalls(func).map(({ usedAs, goneOverTo }): Feeds | null => {
      const said = usedAs === null ? null : feedsByName(usedAs)
      if (said !== null || goneOverTo === undefined) return said
      return goneOverTo === 'train' ? 'training' : 'evaluation'
    }),
  ]
  // One function for all parts makes the loader of the training too.
  if (named.includes('training')) return 'training'
  return named.length > 0 && named.every((one) => one === 'evaluation') ? 'evaluation' : null
}

/** Where a name is iterated over, and which calls it is handed to. */
interface Uses {
  loops: Loop[]
  handed: { call: Call; position: number }[]
}

/** Names and `self.x` in an expression. */
function namesIn(expr: Expr, into: Set<string>): void {
  if (expr.type === 'name') into.add(expr.id)
  else if (expr.type === 'attribute' && expr.value.type === 'name') into.add(`${expr.value.id}.${expr.attr}`)
  for (const child of childrenOf(expr)) namesIn(child, into)
}

/** `loader` of `batches = tqdm(loader)` before `for step, batch in enumerate(batches)`. */
function namesBehind(python: PythonModule, iterable: Expr, into: Set<string>): void {
  let over = iterable
  while (over.type === 'call' && shows.test(lastName(over.callee)) && over.args[0] !== undefined)
    over = over.args[0].value
  const made = over.type === 'name' ? python.definition(over) : over
  if (made.type === 'call' && shows.test(lastName(made.callee)))
    for (const { name, value } of made.args) if (name === null || name === 'iterable') namesIn(value, into)
}

const shows = /^(enumerate|tqdm\w*|track|iter|islice|cycle|zip)$/

function usesOf(python: PythonModule): Map<string, Uses> {
  return once(python, 'uses of names', () => {
    const found = new Map<string, Uses>()
    const of = (name: string): Uses => {
      let uses = found.get(name)
      if (uses === undefined) {
        uses = { loops: [], handed: [] }
        found.set(name, uses)
      }
      return uses
    }
    for (const loop of python.loops) {
      if (loop.node.type !== 'for') continue
      const names = new Set<string>()
      namesIn(loop.node.iterable, names)
      namesBehind(python, loop.node.iterable, names)
      for (const name of names) of(name).loops.push(loop)
    }
    for (const call of python.calls) {
      call.expr.args.forEach((argument, position) => {
        const names = new Set<string>()
        // `train(model, tqdm(loader))`: one wrapper is looked through.
        const { value } = argument
        if (value.type !== 'call') namesIn(value, names)
        else for (const inner of value.args) if (inner.value.type !== 'call') namesIn(inner.value, names)
        for (const name of names) of(name).handed.push({ call, position })
      })
    }
    return found
  })
}

/** `len(loader)` and nothing else: it is made for its number of batches. */
function onlyMeasured(python: PythonModule, made: Call, name: string): boolean {
  const { loops, handed } = usesOf(python).get(name) ?? { loops: [], handed: [] }
  if (made.function === null || loops.length > 0 || handed.length === 0) return false
  const measures = ({ call }: { call: Call }): boolean =>
    call.expr.callee.type === 'name' && call.expr.callee.id === 'len' && call.function === made.function
  if (!handed.every(measures)) return false
  const { start, end } = made.function.node
  const mentions = python.code.slice(start, end).match(new RegExp(`\\b${name}\\b`, 'g'))?.length ?? 0
  return mentions === handed.length + 1
}

/** The function that makes it goes over it and does nothing else with it, and nothing learns there: statistics, features. */
function onlyGoneOver(python: PythonModule, made: Call): boolean {
  const { assignedTo: name, function: func } = made
  if (name === null || func === null || name.includes('.')) return false
  const { loops, handed } = usesOf(python).get(name) ?? { loops: [], handed: [] }
  const own = loops.filter((loop) => loop.function === func)
  if (
    own.length === 0 ||
    own.some(({ effects }) => effects.backward || effects.optimizerStep || effects.trains)
  )
    return false
  const wraps = ({ call }: { call: Call }): boolean =>
    call.function !== func || /^(len|tqdm|trange|enumerate|iter|zip|track)$/.test(call.method)
  return handed.every(wraps) && !returnsOf(func).some((value) => namesAt(value).has(name))
}

/** All that happens to it is that functions of the project take it which learn nothing: `save_features(train_loader, model)`. */
function onlyHandedOver(python: PythonModule, made: Call): boolean {
  const { assignedTo: name, function: func } = made
  if (name === null || name.includes('.')) return false
  const { loops, handed } = usesOf(python).get(name) ?? { loops: [], handed: [] }
  const own = handed.filter(
    ({ call, position }) => call.function === func && call.expr.args[position]!.value.type !== 'call',
  )
  if (own.length === 0 || loops.some((loop) => loop.function === func)) return false
  const learnsNothing = ({ call: { expr } }: { call: Call }): boolean => {
    if (/^(len|print)$/.test(lastName(expr.callee))) return true
    const called = python.functionOf(expr.callee)
    const effects = called === null ? python.importedFunction(expr.callee) : python.effectsOfFunction(called)
    return (
      effects !== null &&
      !effects.trains &&
      !effects.backward &&
      !effects.optimizerStep &&
      !runsSteps(effects)
    )
  }
  const { start, end } = func?.node ?? { start: 0, end: python.code.length }
  const mentions = python.code.slice(start, end).match(new RegExp(`\\b${name}\\b`, 'g'))?.length ?? 0
  return (
    mentions === own.length + 1 &&
    own.every(learnsNothing) &&
    !own.every(({ call }) => lastName(call.expr.callee) === 'len')
  )
}

/** A trainer of a library, or of another module, may be behind it. */
const runsSteps = ({ calls }: { calls: Iterable<string> }): boolean =>
  [...calls].some((name) =>
    /(^|\.)(fit(_generator)?|train(?!ing)\w*|run|step|backward|prepare|setup)$/.test(name),
  )

/** `@torch.no_grad()` above the function. */
function keepsNoGradients(python: PythonModule, { function: func }: Call): boolean {
  return (func?.node.decorators ?? []).some((one) =>
    /^torch\.(no_grad|inference_mode)$/.test(python.nameOf(one.type === 'call' ? one.callee : one) ?? ''),
  )
}

function namesAt(expr: Expr): Set<string> {
  const names = new Set<string>()
  namesIn(expr, names)
  return names
}

/** `batches = iter(loader)`, and `next(batches)` in a training loop of the same function. */
function isNext(python: PythonModule, call: Call): boolean {
  const name = call.assignedTo
  if (call.expr.callee.type !== 'name' || call.expr.callee.id !== 'iter' || name === null) return false
  return python.calls.some((one) => {
    const from = one.expr.args[0]?.value
    return (
      one.expr.callee.type === 'name' &&
      one.expr.callee.id === 'next' &&
      one.function === call.function &&
      from !== undefined &&
      python.text.slice(from.start, from.end) === name &&
      one.loops.some((loop) => loop.role === 'train')
    )
  })
}

/** Loops that iterate over the name, and functions that it is handed to. */
function byUse(python: PythonModule, made: Call, name: string): Feeds | null {
  const seen = new Set<Feeds>()
  const uses = usesOf(python).get(name) ?? { loops: [], handed: [] }
  for (const loop of uses.loops) {
    if (name.indexOf('.') < 0 && loop.function !== made.function && made.function !== null) continue
    if (loop.role === 'train') seen.add('training')
    else if (loop.role === 'evaluate') seen.add('evaluation')
  }
  for (const { call, position } of uses.handed) {
    if (call === made || call.function !== made.function) continue
    if (isNext(python, call)) seen.add('training')
    const given = byCallee(python, call, position)
    if (given !== null) seen.add(given)
  }
  if (seen.has('training')) return 'training'
  return seen.has('evaluation') ? 'evaluation' : null
}

/** What a function does with a loader that it is handed. */
function byCallee(python: PythonModule, call: Call, position: number): Feeds | null {
  const keyword = call.expr.args[position]!.name
  if (isToldNotToTrain(python, call)) return 'evaluation'
  const func = python.functionOf(call.expr.callee)
  if (func !== null) {
    const effects = python.effectsOfFunction(func)
    if (effects.trains || (effects.backward && effects.optimizerStep)) return 'training'
    return /eval|valid|test|infer|predict/i.test(func.name) ? 'evaluation' : null
  }
  const imported = python.importedFunction(call.expr.callee)
  if (imported?.trains === true) return feedsByName(keyword ?? imported.params[position] ?? '') ?? 'training'
  // `trainer.fit(model, train, val)`
  if (keyword === null && position === 2 && call.receiver === 'lightning.pytorch.Trainer') return 'evaluation'
  if (/^(fit|train|train_epoch|fit_generator)$/.test(call.method))
    return keyword === null ? 'training' : (feedsByName(keyword) ?? 'training')
  if (/^(train\w*|run_training|do_train)$/.test(call.method)) return 'training'
  return /^(test|validate|evaluate|eval|predict)\w*$/.test(call.method) ? 'evaluation' : null
}

/** `run_epoch(model, loader, train=False)`, `run_epoch(model, loader, optimizer=None)`. */
function isToldNotToTrain(python: PythonModule, { expr: { args } }: Call): boolean {
  return args.some(({ name, value }) => {
    if (name === null || !/^((is_)?train(ing)?|optim(izer)?)$/.test(name)) return false
    const told = effective(python.fold(value))
    return /^optim/.test(name) ? told === null : told === false
  })
}

/** `fit(model, DataLoader(…))`. */
function byCallAround(python: PythonModule, made: Call): Feeds | null {
  const around = callAround(python, made)
  if (around === undefined) return null
  const { call, position } = around
  // `Trainer(train_dataloader=DataLoader(…))`
  const keyword = call.expr.args[position]?.name
  const named = keyword == null ? null : feedsByName(keyword)
  if (named !== null) return named
  const called = byCallee(python, call, position)
  if (called !== null || call.assignedTo === null) return called
  // `train_loader = prepare(DataLoader(…))`: what is given back is used in its place.
  return feedsByName(call.assignedTo) ?? byUse(python, call, call.assignedTo)
}

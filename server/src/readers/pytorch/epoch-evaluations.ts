/** Evaluations between epochs that go over data which has been, or need not be, gone over. */

import type { Call, Loop, PythonModule } from '../../python/module.js'
import { lastIdentifier } from '../../python/training-calls.js'
import type { CallExpr, Expr, Stmt } from '../../syntax/python-ast.js'
import { expressionsOf } from '../../syntax/python-children.js'
import type { Span } from '../../text/location.js'
import { passedExpression } from '../../values/argument.js'
import { isModelCall } from './forward-block.js'
import { callsIn, hotCode } from './hot-code.js'
import { networkText, optimizedNetworks } from './optimized-networks.js'

export interface EpochEvaluation {
  /** Which data it goes over. */
  data: 'the training data' | 'the test data' | 'the same data twice'
  /** As the code writes it: `evaluate(model, train_loader)`, `for x, y in train_loader`. */
  what: string
  /** What is shown. */
  at: { start: number; end: number }
  epochs: Loop
}

interface Source {
  /** A loader or a data set, as the code calls it. */
  name: string
  /** The data set behind it; null: it is not seen. */
  data: string | null
}

interface Pass {
  loaders: Source[]
  trains: boolean
  what: string
  at: { start: number; end: number }
}

export function needlessEvaluations(python: PythonModule): EpochEvaluation[] {
  const found: EpochEvaluation[] = []
  for (const epochs of python.loops) {
    if (epochs.role !== 'epoch' || !epochs.effects.calls.has('.backward')) continue
    const passes = passesOf(python, epochs)
    const sources = passes.filter((one) => one.trains).flatMap((one) => one.loaders)
    const trained = new Set(sources.flatMap(({ name, data }) => (data === null ? [name] : [name, data])))
    const evaluating = passes.filter((one) => !one.trains)
    const validated = evaluating.some((one) => one.loaders.some(({ name }) => /val|dev/i.test(name)))
    const seen = new Set<string>()
    for (const { loaders, what, at } of evaluating) {
      const [loader] = loaders
      if (loader === undefined || loaders.length > 1) continue
      const { name } = loader
      const data =
        trained.has(name) || trainingName.test(name) || (loader.data !== null && trained.has(loader.data))
          ? 'the training data'
          : seen.has(name)
            ? 'the same data twice'
            : validated && /test/i.test(name)
              ? 'the test data'
              : null
      seen.add(name)
      // Of a function that goes over several, the first tells what there is to tell.
      if (data !== null && found.at(-1)?.at !== at) found.push({ data, what, at, epochs })
    }
  }
  return found
}

const loaderName =
  /(loader|_dl|_iter|dataloader|generator|batches)s?$|^(train|test|val|valid|dev)(_?(data(set)?|set|ds|dl))?$/i
/** `train_subset_loader`, whatever the steps themselves go through. */
const trainingName = /^(self\.)?train(ing)?_/i
const evaluator = /(^|_)(eval\w*|valid\w*|test\w*|accuracy|metrics|score|predict)(_|$)/i
const trainer = /(^|_)(train|fit|optimi[sz]e)(_|$)/i

/** What goes over a whole loader in each pass of the loop, in order. */
function passesOf(python: PythonModule, epochs: Loop): Pass[] {
  const passes: Pass[] = []
  const code = hotCode(python, epochs.node.body, epochs.function)
  const gone = new Set(
    python.loops
      .filter(({ parent, role }) => parent === epochs && (role === 'train' || role === 'evaluate'))
      .flatMap(({ node }) => (node.type === 'for' ? textOf(python, plainLoader(python, node.iterable)) : [])),
  )
  for (const { statement, expressions, func, guarded, conditional, exceptional } of code.statements) {
    if (func !== epochs.function || guarded || exceptional) continue
    if (statement.type === 'for' && !conditional) {
      const loop = python.loops.find((one) => one.node === statement)
      const loader = loaderOf(python, statement.iterable, gone)
      if (loop === undefined || loader === null || loop.hasBreak) continue
      const again = loop.role === 'other' && runsNetwork(python, loop)
      if (loop.parent === epochs && (loop.role === 'train' || loop.role === 'evaluate' || again)) {
        const at = { start: statement.start, end: statement.iterable.end }
        passes.push({ loaders: [loader], trains: loop.role === 'train', what: textOf(python, at), at })
      }
      continue
    }
    for (const expr of expressions) {
      // From the inside out: `score(predict(dev), dev)` compares what has been computed.
      const inner: Call[] = []
      for (const call of [...callsIn(python, expr)].reverse()) {
        if (call.loops.at(-1) !== epochs || inner.some((one) => holds(call.expr, one.expr))) continue
        const given = call.expr.args.flatMap(({ value }) => loaderOf(python, value, gone) ?? [])
        if (conditional && !asksForData(python, epochs, call, given)) continue
        const loaders = given.length > 0 ? given : ownLoaders(python, call)
        const does = loaders.length === 0 ? null : workOf(python, call)
        if (does === null) continue
        const { callee } = call.expr
        inner.push(call)
        const pass = { trains: does === 'train', what: `${textOf(python, callee)}(…)`, at: callee }
        const apart = does === 'evaluate' && loaders.length > 1 ? goneOver(python, call, gone) : []
        if (apart.length === 0) passes.push({ ...pass, loaders })
        for (const loader of apart) passes.push({ ...pass, loaders: [loader] })
      }
    }
  }
  return passes
}

/** A network goes through what the loop goes through: `fid.update(generator(noise))`. */
function runsNetwork(python: PythonModule, { calls }: Loop): boolean {
  const networks = new Set([...optimizedNetworks(python).values()].flatMap((one) => [...one]))
  return calls.some(({ expr }) => isModelCall(python, expr) || networks.has(networkText(python, expr.callee)))
}

/** The loaders that a function of this module goes through, of all that it is given. */
function goneOver(python: PythonModule, call: Call, gone: ReadonlySet<string>): Source[] {
  const func = python.functionOf(call.expr.callee)
  if (func === null) return []
  const iterated = new Set(
    python.loops.flatMap(({ function: owner, node, hasBreak }) =>
      owner === func && node.type === 'for' && !hasBreak
        ? textOf(python, plainLoader(python, node.iterable))
        : [],
    ),
  )
  const self = func.class === null ? 0 : 1
  return func.node.params.flatMap(({ name }, index) => {
    if (!iterated.has(name)) return []
    const given = passedExpression(python.argument(call, name, index - self))
    return given === null ? [] : (loaderOf(python, given, gone) ?? [])
  })
}

function workOf(python: PythonModule, call: Call): 'train' | 'evaluate' | null {
  const { callee } = call.expr
  const own = python.functionOf(callee)
  const effects = own === null ? python.importedFunction(callee) : python.effectsOfFunction(own)
  if (effects?.optimizerStep === true || effects?.backward === true) return 'train'
  // A helper may go over a few batches only.
  if (own !== null && python.loops.some((loop) => loop.function === own && loop.hasBreak)) return null
  if (evaluator.test(call.method)) return 'evaluate'
  return effects === null && trainer.test(call.method) ? 'train' : null
}

/**
 * Every test around a call asks whether the data that it is given are there (`if val_set is not None:`), or goes over them either way
 * (`if is_last: evaluate(net, val_loader, keep=True)`, `else: evaluate(net, val_loader)`).
 */
function asksForData(python: PythonModule, epochs: Loop, { expr }: Call, given: readonly Source[]): boolean {
  const names = given.map(({ name }) => name)
  return python.statements
    .filter(({ start, end }) => epochs.node.start < start && start <= expr.start && expr.end <= end)
    .every((one) => {
      if (one.type !== 'if') return one.type !== 'match'
      const { test, body, orelse } = one
      if (orelse.length > 0)
        return names.length > 0 && holdsIt(body, expr) && repeats(python, orelse, expr, names)
      const asked = test.type === 'binary' && test.op === 'is not' ? test.left : test
      return names.includes(textOf(python, asked))
    })
}

function holdsIt(block: readonly Stmt[], { start, end }: Span): boolean {
  return block.some((one) => one.start <= start && end <= one.end)
}

/** A block itself hands the same data to the same function. */
function repeats(
  python: PythonModule,
  block: readonly Stmt[],
  { callee }: CallExpr,
  names: readonly string[],
): boolean {
  const isTwin = ({ expr }: Call): boolean =>
    textOf(python, expr.callee) === textOf(python, callee) &&
    names.every((name) => expr.args.some(({ value }) => textOf(python, value) === name))
  return block.some((one) => expressionsOf(one).some((expr) => callsIn(python, expr).some(isTwin)))
}

/** What `train_epoch()` goes through by itself: `self.train_loader`, a loader of the module. */
function ownLoaders(python: PythonModule, { expr: { callee } }: Call): Source[] {
  const func = python.functionOf(callee)
  if (func === null) return []
  return python.loops.flatMap(({ function: owner, role, node }) => {
    if (owner !== func || node.type !== 'for' || (role !== 'train' && role !== 'evaluate')) return []
    const loader = loaderOf(python, node.iterable)
    const shared = loader?.name.startsWith('self.') === true || python.moduleBindings.has(loader?.name ?? '')
    return loader !== null && shared ? [loader] : []
  })
}

/** A loader by what makes it or by its name; `gone`: what loops of the epoch go through, whatever it is called. */
function loaderOf(python: PythonModule, expr: Expr, gone: ReadonlySet<string> = new Set()): Source | null {
  const loader = plainLoader(python, expr)
  if (loader.type !== 'name' && loader.type !== 'attribute') return null
  const made = python.definition(loader)
  const name = textOf(python, loader)
  const loads = made.type === 'call' && python.nameOf(made.callee) === 'torch.utils.data.DataLoader'
  if (!loads && !gone.has(name) && !loaderName.test(lastIdentifier(loader))) return null
  return { name, data: dataBehind(python, loader) }
}

/** `train_loader` of `tqdm(enumerate(train_loader))`, and of a name that was last given to that: `with tqdm(train_loader) as bar`. */
function plainLoader(python: PythonModule, expr: Expr): Expr {
  const inner = insideProgress(expr.type === 'name' ? (givenAbove(python, expr) ?? expr) : expr)
  return inner === null ? expr : plainLoader(python, inner)
}

/** What a name was last given above it: each pass may give it to one bar after the other. */
function givenAbove(python: PythonModule, name: Expr & { type: 'name' }): Expr | null {
  const last = python
    .bindingsOf(name)
    .filter(({ at }) => at <= name.start)
    .at(-1)
  return last !== undefined && last.unpack === null && /^(assign|with)$/.test(last.kind) ? last.value : null
}

/** What a call goes through that only counts or shows its passes; null: it is another call. */
function insideProgress(expr: Expr): Expr | null {
  if (expr.type !== 'call' || !/^(tqdm|trange|enumerate|track|iter)$/.test(lastIdentifier(expr.callee)))
    return null
  return expr.args.find(({ name }) => name === null || name === 'iterable')?.value ?? null
}

/** The data set of a loader: the call that makes it, or the entry of a configuration that it is. */
function dataBehind(python: PythonModule, expr: Expr): string | null {
  const made = python.definition(expr)
  if (made.type === 'subscript')
    return made.index.type === 'constant' ? entry(python, made.value, made.index.value) : null
  if (made.type !== 'call') return made.type === 'attribute' ? textOf(python, made) : null
  const { callee, args } = made
  const [first] = args
  if (first !== undefined && python.nameOf(callee) === 'torch.utils.data.DataLoader')
    return dataBehind(python, first.value)
  if (callee.type === 'attribute' && callee.attr === 'get' && first?.value.type === 'constant')
    return entry(python, callee.value, first.value.value)
  return `${made.start}`
}

/** `conf['train_set']`, `conf.get('train_set')`. */
function entry(python: PythonModule, object: Expr, key: unknown): string {
  return `${textOf(python, object)}[${String(key)}]`
}

function holds(outer: Expr, inner: Expr): boolean {
  return outer.start <= inner.start && inner.end <= outer.end
}

function textOf(python: PythonModule, { start, end }: { start: number; end: number }): string {
  return python.text.slice(start, end)
}

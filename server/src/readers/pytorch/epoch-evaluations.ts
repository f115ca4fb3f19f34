/** Evaluations between epochs that go over data which has been, or need not be, gone over. */
import { lastIdentifier } from '../../python/effects.js'
import type { Call, Loop, PythonModule } from '../../python/module.js'
import type { Expr } from '../../syntax/python-ast.js'
import { callsIn, hotCode } from './hot-code.js'

export interface EpochEvaluation {
  /** Which data it goes over. */
  data: 'the training data' | 'the test data' | 'the same data twice'
  /** As the code writes it: `evaluate(model, train_loader)`, `for x, y in train_loader`. */
  what: string
  /** What is shown. */
  at: { start: number; end: number }
  epochs: Loop
}

interface Pass {
  /** Loaders, as the code calls them. */
  loaders: string[]
  trains: boolean
  what: string
  at: { start: number; end: number }
}

export function needlessEvaluations(python: PythonModule): EpochEvaluation[] {
  const found: EpochEvaluation[] = []
  for (const epochs of python.loops) {
    if (epochs.role !== 'epoch' || !epochs.effects.calls.has('.backward')) continue
    const passes = passesOf(python, epochs)
    const trained = new Set(passes.filter((one) => one.trains).flatMap((one) => one.loaders))
    const evaluating = passes.filter((one) => !one.trains)
    const validated = evaluating.some((one) => one.loaders.some((loader) => /val|dev/i.test(loader)))
    const seen = new Set<string>()
    for (const { loaders, what, at } of evaluating) {
      const [loader] = loaders
      if (loader === undefined || loaders.length > 1) continue
      const data = trained.has(loader)
        ? 'the training data'
        : seen.has(loader)
          ? 'the same data twice'
          : validated && /test/i.test(loader)
            ? 'the test data'
            : null
      seen.add(loader)
      if (data !== null) found.push({ data, what, at, epochs })
    }
  }
  return found
}

const loaderName =
  /(loader|_dl|_iter|dataloader|generator|batches)s?$|^(train|test|val|valid|dev)(_?(data|set|ds|dl))?$/i
const evaluator = /(^|_)(eval\w*|valid\w*|test\w*|accuracy|metrics|score|predict)(_|$)/i
const trainer = /(^|_)(train|fit|optimi[sz]e)(_|$)/i

/** What goes over a whole loader in each pass of the loop, in order. */
function passesOf(python: PythonModule, epochs: Loop): Pass[] {
  const passes: Pass[] = []
  const code = hotCode(python, epochs.node.body, epochs.function)
  for (const { statement, expressions, func, guarded, conditional, exceptional } of code.statements) {
    if (func !== epochs.function || guarded || conditional || exceptional) continue
    if (statement.type === 'for') {
      const loop = python.loops.find((one) => one.node === statement)
      const loader = loaderOf(python, statement.iterable)
      if (loop === undefined || loader === null || loop.hasBreak) continue
      if (loop.parent === epochs && (loop.role === 'train' || loop.role === 'evaluate')) {
        const at = { start: statement.start, end: statement.iterable.end }
        passes.push({ loaders: [loader], trains: loop.role === 'train', what: textOf(python, at), at })
      }
      continue
    }
    for (const expr of expressions)
      for (const call of callsIn(python, expr)) {
        if (call.loops.at(-1) !== epochs) continue
        const loaders = call.expr.args.flatMap(({ value }) => loaderOf(python, value) ?? [])
        const does = loaders.length === 0 ? null : workOf(python, call)
        if (does === null) continue
        const { callee } = call.expr
        passes.push({ loaders, trains: does === 'train', what: `${textOf(python, callee)}(…)`, at: callee })
      }
  }
  return passes
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

/** `train_loader` of `tqdm(enumerate(train_loader))`. */
function loaderOf(python: PythonModule, expr: Expr): string | null {
  if (expr.type === 'call') {
    const first = expr.args[0]?.value
    return first !== undefined && /^(tqdm|trange|enumerate|track|iter)$/.test(lastIdentifier(expr.callee))
      ? loaderOf(python, first)
      : null
  }
  if (expr.type !== 'name' && expr.type !== 'attribute') return null
  return loaderName.test(lastIdentifier(expr)) ? textOf(python, expr) : null
}

function textOf(python: PythonModule, { start, end }: { start: number; end: number }): string {
  return python.text.slice(start, end)
}
